"""A service over a portfolio: firms and persons at one address, and what no route covers referred and recorded."""

from __future__ import annotations

import json
from contextlib import contextmanager

import msgspec
import pytest

from risk_engine.application import encode
from risk_engine.batch import documents
from risk_engine.portfolio import load_portfolio
from risk_engine.service import create_app
from risk_engine.service.warm_up import warm_up
from risk_engine.settings import Settings
from risk_engine.store import Role, open_store
from risk_engine.store.replay import ReleaseShelf, replay, replay_records
from tests.persons import write_portfolio
from tests.service.conftest import DOCUMENT, NOW, Service, running

TEXT = """\
name: firms and persons
routes:
  - {product: [sme_term_loan], applicant_kind: [company, sole_trader], release: firms}
  - {product: [consumer_loan], applicant_kind: [person], release: persons}
"""


@pytest.fixture(scope="module")
def file(release_dir, persons, tmp_path_factory):
    return write_portfolio(tmp_path_factory.mktemp("portfolio"), TEXT, firms=release_dir, persons=persons.folder)


@pytest.fixture(scope="module")
def portfolio(file):
    return load_portfolio(file)


@contextmanager
def started(portfolio, folder):
    url = f"sqlite:///{folder}/decisions.db"
    with open_store(url, write=True) as store:
        keys = {role: store.create_key(role, now=NOW)[1] for role in Role}
        app = create_app(portfolio, store, Settings(release=folder, database=url), clock=lambda: NOW)
        with running(app) as base_url:
            yield Service(base_url, store, keys)


@pytest.fixture(scope="module")
def service(portfolio, tmp_path_factory):
    with started(portfolio, tmp_path_factory.mktemp("service")) as one:
        yield one


def person_body(persons, **fields):
    """A person decided now; income and bureau report are then two years old, so the answer is refer."""
    one = next(documents(persons.sections))
    request = msgspec.structs.replace(one.application, as_of=None, **fields)
    return encode(msgspec.structs.replace(one, application=request))


def bodies(persons):
    firm = json.dumps(DOCUMENT).encode()
    return [firm, person_body(persons), person_body(persons, product="credit_card")]


def test_one_address_decides_firms_persons_and_what_no_route_holds_for(service, persons, portfolio):
    firms, consumer = portfolio.releases
    answers = [service.post(body) for body in bodies(persons)]
    assert [answer.status_code for answer in answers] == [201, 201, 201]
    told = [answer.json() for answer in answers]
    assert [one["versions"]["release"] for one in told] == [firms.id, consumer.id, portfolio.id]
    assert [one["versions"]["policy"] for one in told] == [firms.policy_id, consumer.policy_id, ""]
    assert told[2]["outcome"] == "refer"
    assert [reason["code"] for reason in told[2]["reasons"]] == ["outside_portfolio"]
    for answer in answers:
        again = service.get(answer.headers["location"])
        assert (again.status_code, again.content) == (200, answer.content)


def test_the_same_key_gets_the_same_bytes_outside_every_route_too(service, persons):
    body = person_body(persons, product="credit_card")
    first, second = (service.post(body, Idempotency_Key="outside") for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.content == second.content
    assert service.post(person_body(persons), Idempotency_Key="outside").status_code == 409


def test_readiness_says_which_portfolio_and_which_releases(service, portfolio):
    told = service.get("/readyz", role=None).json()
    releases = [one.id for one in portfolio.releases]
    assert told == {"status": "ready", "portfolio": portfolio.id, "releases": releases}


def test_every_release_of_it_can_be_warmed_up(portfolio):
    for release in portfolio.releases:
        warm_up(release)


@pytest.mark.parametrize("place", ["portfolio.yaml", "."])
def test_what_was_decided_comes_out_again(portfolio, persons, file, tmp_path, place):
    """Each decision finds its own release, and those outside every route the portfolio; other files do not disturb."""
    (file.parent / "study.yaml").write_text("name: no portfolio\n", encoding="utf-8")
    with started(portfolio, tmp_path) as service:
        for body in bodies(persons):
            assert service.post(body).status_code == 201
        report = replay_records(service.store, file.parent / place)
        assert (report.replayed, report.drifted) == (3, ())
        other = file.parent / "firms"
        drifted = list(replay(service.store, ReleaseShelf(other).find))
        assert [bool(one.differences) for one in drifted] == [False, True, True]
        assert "no release" in str(drifted[2].differences[0])
