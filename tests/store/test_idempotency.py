"""One decision per API key and Idempotency-Key, whatever arrives together."""

from __future__ import annotations

import itertools
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from risk_engine.errors import InputFaults, KeyConflict
from risk_engine.store import open_store


@pytest.fixture
def decider(draft):
    class Decider:
        """Counts how often it decides; every decision is another one."""

        def __init__(self):
            self.count = itertools.count(1)
            self.made = 0

        def __call__(self, request, key="once", key_id="key_1"):
            def decide():
                self.made = next(self.count)
                return draft(self.made, request=request, idempotency_key=key, key_id=key_id)

            return decide

    return Decider()


def ask(store, decider, request, key="once", key_id="key_1"):
    answered = store.answer(decider(request, key, key_id), key_id=key_id, idempotency_key=key, request=request)
    return answered.record.result(), answered.first


def test_the_same_key_and_body_get_the_stored_answer(store, decider):
    made, first = ask(store, decider, b"body")
    again, second = ask(store, decider, b"body")
    assert (first, second) == (True, False)
    assert again == made
    assert decider.made == 1


def test_it_is_remembered_over_a_restart(url, decider):
    with open_store(url, write=True) as store:
        made, _ = ask(store, decider, b"body")
    with open_store(url, write=True) as store:
        assert ask(store, decider, b"body") == (made, False)


def test_another_body_is_a_conflict(store, decider):
    ask(store, decider, b"body")
    with pytest.raises(KeyConflict, match="used before with another body"):
        ask(store, decider, b"body ")
    assert store.verify_chain() == 1


def test_two_callers_may_use_the_same_key(store, decider):
    assert ask(store, decider, b"body", key_id="key_1")[1]
    assert ask(store, decider, b"other", key_id="key_2")[1]


def test_without_a_key_each_request_is_decided(store, decider):
    assert [ask(store, decider, b"body", key=None)[1] for _ in range(3)] == [True] * 3
    assert store.verify_chain() == 3


def test_a_failed_attempt_leaves_the_key_free(store, decider):
    def faulty():
        raise InputFaults([])

    with pytest.raises(InputFaults):
        store.answer(faulty, key_id="key_1", idempotency_key="once", request=b"body")
    assert ask(store, decider, b"corrected")[1]


def test_an_interrupted_attempt_leaves_the_key_free(store, decider):
    def interrupted():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.answer(interrupted, key_id="key_1", idempotency_key="once", request=b"body")
    again = store.answer(decider(b"body"), key_id="key_1", idempotency_key="once", request=b"body")
    assert again.first


def test_requests_that_arrive_together_are_decided_once(store, decider):
    rounds, threads = 20, 8
    for number in range(rounds):
        together = threading.Barrier(threads)

        def one(_, number=number, together=together):
            together.wait()
            return ask(store, decider, b"body", key=f"key {number}")

        with ThreadPoolExecutor(threads) as pool:
            answers = list(pool.map(one, range(threads)))
        assert sum(first for _, first in answers) == 1
        assert len({record.decision_id for record, _ in answers}) == 1
    assert decider.made == rounds
    assert store.verify_chain() == rounds


def test_of_two_bodies_that_arrive_together_one_is_refused(store, decider):
    for number in range(20):
        together = threading.Barrier(2)

        def one(request, number=number, together=together):
            together.wait()
            try:
                return ask(store, decider, request, key=f"key {number}")[0].request
            except KeyConflict:
                return None

        with ThreadPoolExecutor(2) as pool:
            answers = set(pool.map(one, [b"left", b"right"]))
        assert None in answers
        assert len(answers) == 2
    assert store.verify_chain() == 20


def test_while_one_decides_the_others_wait_for_its_commit(store, decider):
    deciding, go_on = threading.Event(), threading.Event()
    decide = decider(b"body")

    def slow():
        deciding.set()
        go_on.wait()
        return decide()

    with ThreadPoolExecutor(1) as pool:
        made = pool.submit(store.answer, slow, key_id="key_1", idempotency_key="once", request=b"body")
        deciding.wait()
        waiting = store.answer(decide, key_id="key_1", idempotency_key="once", request=b"body")
        assert not waiting.first
        assert not waiting.record.done()
        with pytest.raises(KeyConflict):
            store.answer(decide, key_id="key_1", idempotency_key="once", request=b"other")
        go_on.set()
        assert waiting.record.result() == made.result().record.result()
    assert decider.made == 1
