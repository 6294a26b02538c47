"""Files are whole or absent."""

from __future__ import annotations

import pytest

from risk_engine.batch import replacing
from risk_engine.errors import DataError


def write_half(path):
    with replacing(path) as temporary:
        temporary.write_text("half")
        raise KeyError


def test_a_block_that_fails_leaves_the_earlier_file(tmp_path):
    path = tmp_path / "summary.json"
    path.write_text("before")
    with pytest.raises(KeyError):
        write_half(path)
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_a_place_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="cannot be written"):
        write_half(tmp_path / "file" / "summary.json")
