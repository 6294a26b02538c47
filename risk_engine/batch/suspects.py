"""Which applicants of a chunk may break a check of the whole document, found by columns.

A screen may suspect too many, never too few: the document of a suspect is built whole, and the checks themselves decide
and word what is wrong with it, as they do for the service. Request, applicant, parties and fees need no screen: batch
builds them of everybody.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from risk_engine.application import APPLICANT, LISTS
from risk_engine.application.checks import MONTHLY, PARTY_COLUMNS, PERIODS
from risk_engine.application.currencies import CURRENCIES
from risk_engine.batch.arrays import Floats, Truths, as_texts, nulls, places_in
from risk_engine.batch.arrow_kinds import LARGEST, NUMBER, WORD
from risk_engine.batch.chunks import Chunk, Part
from risk_engine.features.tables import SectionTable

Ints = npt.NDArray[np.int64]


def suspects(chunk: Chunk, tables: Mapping[str, SectionTable]) -> frozenset[int]:
    """Positions of the applicants whose lists of evidence may break a check.

    Args:
        chunk: Applicants whose values were found good one by one.
        tables: The same in neutral form.
    """
    parties = _Parties(chunk)
    found = np.zeros(len(chunk), np.bool_)
    for name, part in chunk.parts.items():
        for owners in _screens(name, part, tables[name], parties):
            found[owners] = True
    return frozenset(np.flatnonzero(found).tolist())


def _screens(name: str, part: Part, table: SectionTable, parties: _Parties) -> Iterator[Ints]:
    """Whose rows of one section may be wrong, a screen after the other."""
    owner = _owner(part)
    columns = {column: part.rows.column(column) for column in part.rows.column_names}
    if "row_id" in columns:
        yield _repeated(owner, table.columns["row_id"])
    if "original_currency" in columns:
        yield owner[_outside(columns["original_currency"], CURRENCIES)]
    if name == "sources":
        yield owner[_outside(columns["section"], LISTS)]
    for column in (told.rstrip("_") for told in PARTY_COLUMNS.get(name, ("party",))):
        if column in columns:
            yield owner[parties.strangers(owner, columns[column])]
    if name in PERIODS:
        start, end = (_numbers(table, column) for column in PERIODS[name])
        yield owner[end < start]
    if name in MONTHLY:
        day = _numbers(table, "month").astype("datetime64[D]")
        yield owner[day.astype("datetime64[M]") == (day + 1).astype("datetime64[M]")]
    if name == "tax_filings":
        yield owner[~np.isnan(_numbers(table, "filed_on")) & np.isnan(_numbers(table, "tax_due"))]
    if name == "attributes":
        yield owner[np.isnan(_numbers(table, NUMBER)) & np.isnan(_numbers(table, WORD))]
    for column, values in columns.items():
        told = part.file.columns[column]
        if told.kind == "text" and told.high < LARGEST:
            yield owner[_ill_sized(values, told.low, told.high)]


class _Parties:
    """Whom each case of a chunk lists, the applicant among them."""

    def __init__(self, chunk: Chunk) -> None:
        part = chunk.parts.get("parties")
        listed = as_texts(part.rows.column("party")) if part else pa.chunked_array([], pa.string())
        self._book = pc.unique(pa.chunked_array([pa.array([APPLICANT]), *listed.chunks]))
        owner = np.arange(len(chunk)) if part is None else np.append(np.arange(len(chunk)), _owner(part))
        place = np.append(np.zeros(len(chunk)), places_in(listed, self._book))
        self._pairs = pa.array(owner * len(self._book) + place)

    def strangers(self, owner: Ints, values: pa.ChunkedArray) -> Truths:
        """Where a party stands that the case does not list."""
        pairs = pa.array(owner * len(self._book) + places_in(values, self._book))
        return _truths(pc.invert(pc.is_in(pairs, value_set=self._pairs))) & ~nulls(values)


def _owner(part: Part) -> Ints:
    """Whose each row is."""
    return np.repeat(np.arange(len(part.offsets) - 1), np.diff(part.offsets))


def _numbers(table: SectionTable, column: str) -> Floats:
    """A column; one that the file leaves out is null throughout."""
    return table.columns.get(column, np.full(int(table.offsets[-1]), np.nan))


def _repeated(owner: Ints, codes: Floats) -> Ints:
    """Who has a key twice."""
    size = codes.max(initial=0.0, where=~np.isnan(codes)) + 1
    pairs: Floats = np.sort(owner * size + codes)  # NaN, which is no key and equals none, comes last
    return np.asarray(pairs[1:][pairs[1:] == pairs[:-1]] // size, np.int64)


def _outside(values: pa.ChunkedArray, words: Collection[str]) -> Truths:
    return np.isnan(places_in(values, pa.array(words, pa.string()))) & ~nulls(values)


def _ill_sized(values: pa.ChunkedArray, low: float, high: float) -> Truths:
    length = pc.utf8_length(as_texts(values))
    return _truths(pc.fill_null(pc.or_(pc.less(length, low), pc.greater(length, high)), fill_value=False))


def _truths(values: pa.Array | pa.ChunkedArray) -> Truths:
    return np.asarray(values, np.bool_)
