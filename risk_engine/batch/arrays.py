"""Arrow columns as numpy arrays."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Floats = npt.NDArray[np.float64]
Truths = npt.NDArray[np.bool_]


def places_in(values: pa.ChunkedArray, book: pa.Array) -> Floats:
    """The place of each text in a book; NaN where it is null or not there."""
    if not pa.types.is_dictionary(values.type):
        return as_floats(pc.index_in(as_texts(values), value_set=book))
    coded = values.combine_chunks()
    found = np.append(as_floats(pc.index_in(coded.dictionary.cast(pa.string()), value_set=book)), np.nan)
    codes: npt.NDArray[np.int64] = pc.fill_null(coded.indices, len(found) - 1).to_numpy()
    return found[codes]


def nulls(values: pa.ChunkedArray) -> Truths:
    """Where nothing stands."""
    return np.asarray(pc.is_null(values).to_numpy(), dtype=np.bool_)


def as_texts(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """As texts, however they are stored."""
    return values.cast(pa.string())


def as_decimal_texts(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Decimals as texts, where Arrow would write the smallest with an exponent: 0E-8."""
    texts = as_texts(values)
    if not pa.types.is_decimal(values.type) or not pc.any(pc.match_substring(texts, "E")).as_py():
        return texts
    plain = [None if value is None else f"{value:f}" for value in values.to_pylist()]
    return pa.chunked_array([pa.array(plain, pa.string())])


def as_floats(values: pa.ChunkedArray | pa.Array) -> Floats:
    """As float64; Arrow's null becomes NaN."""
    return np.asarray(values.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False), dtype=np.float64)
