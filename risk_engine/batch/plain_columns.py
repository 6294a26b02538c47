"""Parquet files as plain Python columns, for rooms that know no Arrow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from risk_engine.batch.arrow_kinds import KINDS
from risk_engine.batch.section_files import open_parquet
from risk_engine.batch.writing import write_tables


def read_columns(path: Path, names: Sequence[str]) -> dict[str, list[Any]]:
    """Some columns of a Parquet file, None where null.

    Args:
        path: The file.
        names: Its columns to read.

    Raises:
        DataError: The file cannot be read.
    """
    table = open_parquet(path).read(columns=list(names))
    return {name: table.column(name).to_pylist() for name in names}


def write_columns(path: Path, columns: Mapping[str, tuple[str, Sequence[Any]]]) -> int:
    """Write columns of one length as a Parquet file, whole or not at all.

    Args:
        path: The file.
        columns: Name -> kind of the data contract (``text``, ``texts``, ``number``, ``integer``, ``boolean``) and
            values, None where null.

    Returns:
        The number of rows written.

    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "grades.parquet"
    >>> write_columns(file, {"grade": ("text", ["A", "B"]), "rate": ("number", [0.01, None])})
    2
    >>> read_columns(file, ["rate"])
    {'rate': [0.01, None]}
    """
    schema = pa.schema([(name, KINDS[kind].written) for name, (kind, _) in columns.items()])
    arrays = [pa.array(values, field.type) for (_, values), field in zip(columns.values(), schema, strict=True)]
    return write_tables(path, schema, [pa.Table.from_arrays(arrays, schema=schema)])
