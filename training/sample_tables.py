"""Tables of the sample as plain columns, and how they are written: small, and the same bytes for the same rows.

A table is a dict of numpy columns of one length. ``who`` holds the position of the applicant. A text is empty, a
number NaN and a date NaT where nothing is known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from training.sample_calendar import Ints, Truths

Table = dict[str, npt.NDArray[Any]]

TEXT, DAY, MONEY, WHOLE, TRUTH = "text", "day", "money", "whole", "truth"
RUNNING = frozenset({"seq", "balance", "invoice_no", "booked_on", "issued_on"})
"""Columns whose differences are shorter than a dictionary."""

_ARROW = {TEXT: pa.string(), DAY: pa.date32(), MONEY: pa.float64(), WHOLE: pa.int64(), TRUTH: pa.bool_()}


def table(who: Ints, **columns: Any) -> Table:
    """A table of the given applicants; single values stand in every row."""
    return {"who": who, **{name: np.broadcast_to(np.asarray(held), who.shape) for name, held in columns.items()}}


def pick(rows: Table, chosen: Truths | Ints) -> Table:
    """Some rows, in the order asked for."""
    return {name: held[chosen] for name, held in rows.items()}


def stack(parts: Sequence[Table]) -> Table:
    """Tables one after the other; a column that a part lacks is unknown there."""
    names = list(dict.fromkeys(name for part in parts for name in part))
    return {name: np.concatenate([_column(part, name, parts) for part in parts]) for name in names}


def _column(part: Table, name: str, parts: Sequence[Table]) -> npt.NDArray[Any]:
    if name in part:
        return part[name]
    kind = next(other[name].dtype for other in parts if name in other)
    empty: Any = "" if kind.kind == "U" else np.datetime64("NaT") if kind.kind == "M" else np.nan
    return np.full(len(part["who"]), empty, "U1" if kind.kind == "U" else kind if kind.kind == "M" else np.float64)


def ordered(rows: Table, *keys: str) -> Table:
    """Rows by applicant, then by the keys."""
    return pick(rows, np.lexsort([*(rows[key] for key in reversed(keys)), rows["who"]]))


def places(*keys: npt.NDArray[Any]) -> Ints:
    """The place of each row among the rows with the same keys, from 0; such rows must stand together.

    >>> places(np.array([4, 4, 7, 7, 7]))
    array([0, 1, 0, 1, 2])
    """
    n = len(keys[0])
    new = np.ones(n, np.bool_)
    new[1:] = np.logical_or.reduce([key[1:] != key[:-1] for key in keys])
    starts = np.flatnonzero(new)
    return np.arange(n) - np.repeat(starts, np.diff(np.append(starts, n)))


def repeated(rows: Table, original: Ints) -> Table:
    """The same rows once more for the applicants who apply again."""
    again = np.flatnonzero(original != np.arange(len(original)))
    parts = [rows]
    for who in again:
        copy = pick(rows, rows["who"] == original[who])
        parts.append({**copy, "who": np.full(len(copy["who"]), who)})
    return stack(parts)


def write_table(path: Path, rows: Table, ids: npt.NDArray[np.str_], columns: Mapping[str, str]) -> int:
    """One Parquet file, sorted by application; the number of its rows is returned.

    Args:
        path: The file.
        rows: The table, in the order wanted within an applicant.
        ids: Application id of each position.
        columns: Kind of each column that is written, after the application's id.
    """
    rows = pick(rows, np.argsort(rows["who"], kind="stable"))
    key = pa.DictionaryArray.from_arrays(rows["who"].astype(np.int32), pa.array(ids)).cast(pa.string())
    arrays = {"application_id": key, **{name: _arrow(rows[name], kind) for name, kind in columns.items()}}
    written = pa.table(arrays)
    running = {
        name: "DELTA_BYTE_ARRAY" if columns[name] == TEXT else "DELTA_BINARY_PACKED"
        for name in columns
        if name in RUNNING and not pa.types.is_floating(written.schema.field(name).type)
    }
    pq.write_table(
        written,
        path,
        compression="zstd",
        compression_level=19,
        use_dictionary=[name for name in written.column_names if name not in running],
        column_encoding=running,
        dictionary_pagesize_limit=1 << 22,
        row_group_size=1 << 20,
        write_statistics=False,
        store_schema=False,
    )
    return len(rows["who"])


def _arrow(held: npt.NDArray[Any], kind: str) -> pa.Array:
    if kind == TEXT:
        return pa.array(held, pa.string(), mask=held == "")
    if kind == DAY:
        return pa.array(held.astype("M8[D]"), pa.date32())
    if kind == TRUTH:
        return pa.array(held.astype(np.bool_))
    unknown = np.isnan(held.astype(np.float64))
    whole = kind == WHOLE or not np.any(np.mod(held[~unknown], 1))
    if whole:
        return pa.array(np.where(unknown, 0, held).astype(np.int64), mask=unknown)
    return pa.array(held.astype(np.float64), mask=unknown)
