"""Work on chunks by several threads; what comes out stands in the order of the files, as with one thread."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NoReturn, TypeVar

from risk_engine.progress import Progress

T = TypeVar("T")
R = TypeVar("R")


def in_order(items: Iterable[T], work: Callable[[T], R], threads: int = 1) -> Iterator[R]:
    """Work on each item and yield the results in the items' order.

    Args:
        items: Taken one at a time by the caller's thread.
        work: Runs in ``threads`` threads at once; with one thread, in the caller's.
        threads: At least 1. At most ``threads + 1`` items are held at a time.

    Raises:
        Exception: Of all that went wrong, in ``items`` or in ``work``, what comes first in order.

    >>> list(in_order("abc", str.upper, threads=2))
    ['A', 'B', 'C']
    """
    if threads == 1:
        yield from map(work, items)
        return
    waiting: deque[Future[R]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        try:
            for item in _kept(items, pool, waiting):
                waiting.append(pool.submit(work, item))
                if len(waiting) > threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def counted(
    what: str, items: Iterable[T], size: Callable[[T], int], of: Callable[[], int], progress: Progress, *, done: int = 0
) -> Iterator[T]:
    """Pass items on and tell how far they are, each as soon as it was made use of.

    Args:
        what: What is counted, for ``progress``.
        items: Passed on in their order.
        size: How many there are in an item.
        of: How many there are in all; asked once, when there is a first item, so that faults of ``items`` come first.
        progress: Is told.
        done: How many were done before.

    >>> list(counted("letters", ["ab", "c"], len, lambda: 3, print))
    letters 0 3
    letters 2 3
    letters 3 3
    ['ab', 'c']
    """
    total = None
    for item in items:
        if total is None:
            total = of()
            progress(what, done, total)
        yield item
        done += size(item)
        progress(what, done, total)


def _kept(items: Iterable[T], pool: ThreadPoolExecutor, waiting: deque[Future[R]]) -> Iterator[T]:
    """The items; trouble in reading them waits its turn behind the work that is under way."""
    try:
        yield from items
    except Exception as error:  # noqa: BLE001 - raised again in its place
        waiting.append(pool.submit(_again, error))


def _again(error: Exception) -> NoReturn:
    raise error
