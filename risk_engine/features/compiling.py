"""The one place that knows numba: how kernels are compiled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., Any])


def kernel(function: F) -> F:
    """Compile a kernel once per machine; with ``NUMBA_DISABLE_JIT=1`` it stays plain Python and gives the same bits.

    No fast-math: sums run in order. Kernels guard their divisions, so the error model never shows.
    """
    return cast("F", numba.njit(cache=True, nogil=True, error_model="numpy")(function))


JIT_IS_OFF = bool(numba.config.DISABLE_JIT)
