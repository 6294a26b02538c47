"""One decision per ``Idempotency-Key``, also among requests that arrive together."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import NamedTuple

from risk_engine.decision.record import Draft, Record, sha256
from risk_engine.errors import KeyConflict
from risk_engine.store.writer import running


class Slot(NamedTuple):
    """What one idempotent request is known by: the key is the caller's, so another caller may use the same."""

    key_id: str
    idempotency_key: str


class Answered(NamedTuple):
    """A record that is or will be committed, and whether this request is the one that made it."""

    record: Future[Record]
    first: bool


class Once:
    """Remembers which slots are being decided; the store remembers which were.

    Args:
        recall: Looks a slot up in the store.
        submit: Hands a draft to the writer with the future to resolve.
    """

    def __init__(
        self, recall: Callable[[Slot], Record | None], submit: Callable[[Draft, Future[Record]], object]
    ) -> None:
        self._recall = recall
        self._submit = submit
        self._deciding: dict[Slot, tuple[str, Future[Record]]] = {}
        self._lock = threading.Lock()

    def __call__(self, slot: Slot, request: bytes, decide: Callable[[], Draft]) -> Answered:
        """Decide unless the slot has an answer, or is getting one at this moment.

        An attempt that fails (a faulty document, a full disk) leaves the slot free: nothing was recorded.

        Raises:
            KeyConflict: The slot belongs to another body.
        """
        digest = sha256(request)
        with self._lock:
            earlier = self._earlier(slot, digest)
            if earlier is not None:
                return Answered(earlier, first=False)
            promise: Future[Record] = running()
            self._deciding[slot] = (digest, promise)
            promise.add_done_callback(lambda _: self._deciding.pop(slot))
        try:
            self._submit(decide(), promise)
        except BaseException as error:
            promise.set_exception(error)
            raise
        return Answered(promise, first=True)

    def _earlier(self, slot: Slot, digest: str) -> Future[Record] | None:
        deciding = self._deciding.get(slot)  # once: the writer's thread takes it away when it has committed
        if deciding is not None:
            known, promise = deciding
        else:
            record = self._recall(slot)
            if record is None:
                return None
            known, promise = record.request_sha256, running()
            promise.set_result(record)
        if known != digest:
            raise KeyConflict(
                f"Idempotency-Key {slot.idempotency_key!r} was used before with another body",
                hint="send the same body to get the same answer, or choose a new key for a new request",
            )
        return promise
