"""The one place that knows numba: how kernels are compiled and where the compiled code is kept."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
import numpy as np

F = TypeVar("F", bound=Callable[..., Any])

HERE = Path(__file__).parent
KERNEL_FILES = (
    "compiling.py", "opcodes.py", "days.py", "kernels.py", "cell_kernels.py", "reduce_kernels.py", "one_values.py",
    "machine.py", "section_kernels.py", "coverage_kernels.py", "integrity_kernels.py", "../vocabulary.py",
)  # fmt: skip
"""Every file whose code or numbers end up in compiled kernels, but for row kernels, whose features have versions."""


def _digest() -> str:
    told = hashlib.sha256()
    for name in KERNEL_FILES:
        told.update((HERE / name).read_bytes())
    told.update(f"{numba.__version__} {np.__version__}".encode())
    return told.hexdigest()


KERNELS = _digest()
"""What the kernels say: sha256 of their files and of the libraries that compile them."""


def _cache() -> Path:
    """Where compiled kernels are kept.

    numba renews a compiled function when its own file changes, not when a kernel it calls does: the
    directory is named after all of them, so that old code is never run in place of new.
    """
    given = os.environ.get("NUMBA_CACHE_DIR")
    beside = HERE / "__pycache__"
    if given:
        root = Path(given)
    elif os.access(beside if beside.exists() else HERE, os.W_OK):
        root = beside
    else:
        root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "risk-engine"
    return root / f"kernels-{KERNELS[:16]}"


def kernel(function: F) -> F:
    """Compile a kernel once per machine; with ``NUMBA_DISABLE_JIT=1`` it stays plain Python and gives the same bits.

    No fast-math: sums run in order. Kernels guard their divisions, so the error model never shows.
    """
    return _compiled(function)


def inner(function: F) -> F:
    """A kernel that only kernels call: no way into it from Python is compiled."""
    return _compiled(function, no_cpython_wrapper=True, no_cfunc_wrapper=True)


def _compiled(function: F, **options: bool) -> F:
    held, numba.config.CACHE_DIR = numba.config.CACHE_DIR, str(_cache())
    try:
        return cast("F", numba.njit(cache=True, nogil=True, error_model="numpy", **options)(function))
    finally:
        numba.config.CACHE_DIR = held


JIT_IS_OFF = bool(numba.config.DISABLE_JIT)
