"""Application documents rebuilt from section files."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from risk_engine.application import APPLICANT, LISTS, Application, decode
from risk_engine.batch.arrow_kinds import KEY, NUMBER, WORD
from risk_engine.batch.chunk_faults import ChunkFaults
from risk_engine.batch.chunks import Chunk, Part, read_chunks
from risk_engine.batch.neutral import check_chunk
from risk_engine.errors import InputFaults, UnknownName


def documents(folder: Path, ids: Collection[str] | None = None) -> Iterator[Application]:
    """Rebuild the documents of a folder of section files, in the order of their ids.

    A section with rows stands as a list. One without rows stands as an empty list where a look-up in ``sources``
    says that it was obtained, and is left out otherwise: an empty table cannot tell nothing from not looked.

    Args:
        folder: The section files.
        ids: Application ids; None rebuilds all.

    Raises:
        UnknownName: An id that the files do not have; told after the last document.
        TableFaults: Rows that do not make a valid document.
    """
    wanted = None if ids is None else set(ids)
    seen: set[str] = set()
    for chunk in read_chunks(folder):
        seen.update(chunk.ids)
        positions = [position for position, key in enumerate(chunk.ids) if wanted is None or key in wanted]
        if positions:
            check_chunk(chunk, positions)
        for position in positions:
            yield chunk_documents(chunk, {position: None})[position]
    for missing in sorted((wanted or set()) - seen):
        raise UnknownName.nearest("application", missing, seen)


def document(folder: Path, application_id: str) -> Application:
    """Rebuild one applicant's document; see :func:`documents`.

    Args:
        folder: The section files.
        application_id: As the files write it.

    Raises:
        UnknownName: The files do not have the id.
        TableFaults: The applicant's rows do not make a valid document.

    >>> document(Path("data/sample"), "F00018").application.product
    'sme_term_loan'
    """
    return next(documents(folder, [application_id]))


def chunk_documents(chunk: Chunk, sections: Mapping[int, Collection[str] | None]) -> dict[int, Application]:
    """The documents of some applicants of a chunk.

    Args:
        chunk: Applicants.
        sections: Of each position the sections to tell; None tells all.

    Raises:
        TableFaults: Rows that do not make a valid document: every one of them, by file and row.
    """
    faults = ChunkFaults(chunk)
    made = {}
    for position, only in sections.items():
        try:
            made[position] = _document(chunk, position, only)
        except InputFaults as error:
            faults.of_document(position, error.faults)
    faults.tell()
    return made


def _document(chunk: Chunk, position: int, only: Collection[str] | None) -> Application:
    """The document of one applicant of a chunk; with ``only``, no other sections than these.

    Raises:
        InputFaults: Rows that do not make a valid document.
    """
    rows_of = {name: _rows(part, position) for name, part in chunk.parts.items() if only is None or name in only}
    request = {KEY: chunk.ids[position], **rows_of["application"][0]}
    told: dict[str, Any] = {"application": request, "applicant": rows_of["applicant"][0]}
    obtained = {row["section"] for row in rows_of.get("sources", []) if _obtained(row, request.get("as_of"))}
    for name in LISTS:
        if rows_of.get(name) or (name in obtained and (only is None or name in only)):
            told[name] = rows_of.get(name, [])
    return decode(msgspec.json.encode(told))


def _obtained(source: Mapping[str, Any], as_of: str | None) -> bool:
    """Whether a look-up about the applicant had been made by ``as_of`` and returned the section."""
    known_at = source.get("known_at", source["retrieved_at"])
    in_time = as_of is None or msgspec.convert(known_at, dt.datetime) < msgspec.convert(as_of, dt.datetime)
    return bool(in_time and source["status"] == "obtained" and source.get("party", APPLICANT) == APPLICANT)


def _rows(part: Part, position: int) -> list[dict[str, Any]]:
    first, last = part.offsets[position], part.offsets[position + 1]
    rows = part.rows.slice(first, last - first)
    columns = [[_plain(part, name, value) for value in rows.column(name).to_pylist()] for name in rows.column_names]
    names = [NUMBER if name == WORD else name for name in rows.column_names]
    return [
        {name: value for name, value in zip(names, row, strict=True) if value is not None}
        for row in (zip(*columns, strict=True) if columns else [() for _ in range(last - first)])
    ]


def _plain(part: Part, name: str, value: Any) -> object:
    """A value as JSON writes it; a decimal stays text."""
    if isinstance(value, dt.date):
        return value.isoformat()
    if value is not None and part.file.columns[name].kind == "decimal":
        return f"{value:f}" if isinstance(value, Decimal) else str(value)
    if value is not None and part.file.columns[name].kind in {"money", "number", "fraction"}:
        return float(value)  # a decimal of the file among them
    return value
