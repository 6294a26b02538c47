"""A section file is its rows, however the stream that carried them was cut."""

from __future__ import annotations

from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from risk_engine.batch import sha256_of, write_section
from risk_engine.batch.section_writing import ROWS_A_GROUP

ROWS = 2 * ROWS_A_GROUP + 5


@pytest.mark.parametrize("rows", [0, 3, ROWS])
def test_the_cut_of_the_stream_does_not_show(tmp_path, rows):
    table = pa.table({
        "application_id": [f"A{row // 4:06d}" for row in range(rows)],
        "name": ["turnover"] * rows,
        "value": [row % 89 / 7 for row in range(rows)],
    }, schema=pa.schema([("application_id", pa.string()), ("name", pa.string()), ("value", pa.float64())]))  # fmt: skip
    found = set()
    for size in (1000, ROWS_A_GROUP - 1, 10 * ROWS_A_GROUP):
        stream = pa.RecordBatchReader.from_batches(table.schema, table.to_batches(max_chunksize=size))
        assert write_section(tmp_path / "attributes.parquet", "attributes", stream) == rows
        found.add(sha256_of(tmp_path / "attributes.parquet"))
    assert len(found) == 1
    assert pq.read_table(tmp_path / "attributes.parquet").equals(table)


def test_a_decimal_is_written_without_exponent(tmp_path):
    amounts = [Decimal(0), Decimal("0.0000001"), None, Decimal("12.5")]
    table = pa.table({"application_id": list("ABCD"), "amount": pa.array(amounts, pa.decimal128(18, 8))})
    write_section(tmp_path / "fees.parquet", "fees", table.to_reader())
    written = pq.read_table(tmp_path / "fees.parquet")["amount"].to_pylist()
    assert written == ["0.00000000", "0.00000010", None, "12.50000000"]
