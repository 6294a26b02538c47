"""How far long work is: the work tells it, who started the work shows it or does not."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str, int, int], None]
"""Is told what is counted (``folds``), how many are done and of how many, by the thread that started the work."""


def unwatched(what: str, done: int, of: int) -> None:
    """Tell nobody.

    >>> unwatched("folds", 1, 5)
    """
