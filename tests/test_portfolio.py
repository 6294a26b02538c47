"""Portfolios: which release decides which case, and what happens where none does."""

from __future__ import annotations

import shutil
from decimal import Decimal

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from risk_engine.batch import decide_batch, documents
from risk_engine.batch.chunks import read_chunks
from risk_engine.bundle import load_release
from risk_engine.decision.case_file import open_case
from risk_engine.decision.underwrite import underwrite
from risk_engine.errors import DefinitionFaults, PortfolioFaults, ReleaseError, UsageError
from risk_engine.portfolio import load_portfolio, load_release_or_portfolio, read_routes
from tests.conftest import SAMPLE
from tests.persons import write_portfolio

TEXT = """\
name: retail and small business
routes:
  - {product: [sme_term_loan], applicant_kind: [company, sole_trader], customer_kind: [new, existing], release: sme}
  - {product: [consumer_loan], applicant_kind: [person], release: consumer}
"""


@pytest.fixture(scope="module")
def file(release_dir, persons, tmp_path_factory):
    """A portfolio of both releases, in a folder with copies of them."""
    return write_portfolio(tmp_path_factory.mktemp("portfolio"), TEXT, sme=release_dir, consumer=persons.folder)


@pytest.fixture(scope="module")
def portfolio(file):
    return load_portfolio(file)


@pytest.fixture(scope="module")
def mixed(persons, tmp_path_factory):
    """Section files of twenty persons and a few firms, sorted by applicant as the contract has it."""
    folder = tmp_path_factory.mktemp("mixed")
    firms = pq.read_table(SAMPLE / "application.parquet", filters=[("product", "==", "sme_term_loan")])
    wanted = sorted(firms.column("application_id").to_pylist())[:4]
    wanted += sorted(pq.read_table(persons.sections / "application.parquet").column("application_id").to_pylist())[:20]
    names = {path.name for place in (SAMPLE, persons.sections) for path in place.glob("*.parquet")}
    for name in sorted(names - {"outcomes.parquet", "performance.parquet", "protected.parquet"}):
        parts = []
        for place in (SAMPLE, persons.sections):
            mine = [key for key in wanted if key.startswith("P") == (place != SAMPLE)]
            if (place / name).exists():
                parts.append(pq.read_table(place / name, filters=[("application_id", "in", mine)]))
        whole = pa.concat_tables(parts, promote_options="permissive").combine_chunks()
        pq.write_table(whole.sort_by("application_id"), folder / name)
    return folder


@pytest.fixture(scope="module")
def cases(mixed):
    return list(documents(mixed))


def decided(application, release):
    return underwrite(application, release, as_of=application.application.as_of, decision_id="d")


def with_request(application, **fields):
    return msgspec.structs.replace(application, application=msgspec.structs.replace(application.application, **fields))


def test_each_case_is_decided_by_its_release_as_if_it_stood_alone(portfolio, cases):
    sme, consumer = portfolio.releases
    told = set()
    for one in cases:
        release = consumer if one.applicant.kind == "person" else sme
        answer = decided(one, portfolio)
        assert answer.to_json() == decided(one, release).to_json()
        told.add(answer.versions.release)
    assert told == {sme.id, consumer.id}


OUTSIDE = [
    {"product": "credit_card"},
    {"product": "sme_term_loan"},  # a person on the firms' product
    {"customer_kind": "renewal", "product": "sme_term_loan"},
]


@pytest.mark.parametrize("fields", OUTSIDE)
def test_a_case_outside_every_route_is_referred_and_not_scored(portfolio, cases, fields):
    person = with_request(next(one for one in cases if one.applicant.kind == "person"), **fields)
    answer = decided(person, portfolio)
    assert (answer.outcome, answer.refer_kind) == ("refer", "judgement")
    assert (answer.default_probability, answer.score, answer.grade, answer.limit, answer.price) == (None,) * 5
    assert [reason.code for reason in answer.reasons] == ["outside_portfolio"]
    assert answer.reasons[0].says.zh
    assert answer.versions.release == portfolio.id
    assert (answer.versions.model, answer.versions.policy, answer.features) == ("", "", {})
    (rule,) = answer.rules
    assert (rule.id, rule.result, len(rule.clauses)) == ("portfolio_routes", "refer", 3 * len(portfolio.routes))
    assert all("false" in {str(one.truth) for one in rule.clauses[at : at + 3]} for at in (0, 3))
    assert "no route of the portfolio retail and small business holds for this case" in answer.notes[0]
    assert decided(person, portfolio).to_json() == answer.to_json()


def test_a_route_without_customer_kind_holds_for_all(portfolio, cases):
    person = next(one for one in cases if one.applicant.kind == "person")
    firm = next(one for one in cases if one.applicant.kind != "person")
    for kind in ("new", "existing", "renewal", "top_up"):
        assert decided(with_request(person, customer_kind=kind), portfolio).versions.model
    assert decided(with_request(firm, customer_kind="renewal"), portfolio).versions.release == portfolio.id


def test_what_the_model_was_not_built_for_is_referred_inside_its_route(portfolio, cases):
    person = next(one for one in cases if one.applicant.kind == "person")
    answer = decided(with_request(person, amount=Decimal("900000.00")), portfolio)
    assert answer.outcome != "approve"
    assert answer.score is None
    assert next(rule for rule in answer.rules if rule.id == "model_scope").result == "refer"


def test_batch_decides_each_applicant_as_the_portfolio_does_alone(portfolio, mixed, cases, tmp_path):
    other = tmp_path / "sections"
    shutil.copytree(mixed, other)
    table = pq.read_table(other / "application.parquet")
    products = table.column("product").to_pylist()
    products[-1] = "credit_card"
    place = table.schema.get_field_index("product")
    pq.write_table(table.set_column(place, "product", pa.array(products)), other / "application.parquet")
    summary = decide_batch(portfolio, other, tmp_path / "out", applicants=7).to_json()
    rows = pq.read_table(tmp_path / "out" / "decisions.parquet").to_pylist()
    assert [row["application_id"] for row in rows] == [key for chunk in read_chunks(other) for key in chunk.ids]
    expected = [*cases[:-1], with_request(cases[-1], product="credit_card")]
    for row, one in zip(rows, expected, strict=True):
        alone = msgspec.structs.replace(decided(one, portfolio), decision_id=row["decision_id"])
        assert row["decision_json"].encode() == alone.to_json()
    assert rows[-1]["reasons"] == ["outside_portfolio"]
    assert summary["release"] == portfolio.id
    assert summary["model"] == "sample_sme, persons"
    assert summary["applications"] == len(rows)


def test_the_id_says_what_the_file_says_wherever_it_stands(file, portfolio, tmp_path):
    shutil.copytree(file.parent, tmp_path / "elsewhere")
    moved = tmp_path / "elsewhere" / "other.yaml"
    (tmp_path / "elsewhere" / "portfolio.yaml").rename(moved)
    assert read_routes(moved).id == portfolio.id == load_portfolio(moved).id
    moved.write_text(TEXT.replace("retail", "private"), encoding="utf-8")
    assert read_routes(moved).id != portfolio.id
    moved.write_text(TEXT.replace("release: consumer", "release: sme"), encoding="utf-8")
    assert read_routes(moved).id != portfolio.id


def test_a_directory_is_a_release_and_a_file_a_portfolio(file, portfolio):
    assert load_release_or_portfolio(file.parent / "sme").id == load_release(file.parent / "sme").id
    assert load_release_or_portfolio(file).id == portfolio.id
    assert load_release(file.parent / "sme").releases[0].id == portfolio.releases[0].id
    with pytest.raises(ReleaseError, match="no release at"):
        load_release_or_portfolio(file.parent / "nothing")
    with pytest.raises(DefinitionFaults, match="no such file"):
        load_release_or_portfolio(file.parent / "nothing.yaml")


ROUTE = "{product: [loan], applicant_kind: [person], release: one}"
BROKEN = [
    ("- a", "expected a portfolio: a mapping with name, routes"),
    ("name: p\n", "p.yaml:1: found no routes"),
    ("name: p\nroutes: []\n", "p.yaml:2: routes: found nothing, expected a list of routes"),
    (f"name: p\nroutes:\n  - {ROUTE}\nowner: me\n", "p.yaml:4: owner: found the key owner"),
    (f"name: 3\nroutes:\n  - {ROUTE}\n", "p.yaml:1: name: found 3, expected text"),
    ("name: p\nroutes:\n  - {product: [loan], release: one}\n", r"p.yaml:3: routes\[0\]: found no applicant_kind"),
    ("name: p\nroutes:\n  - loan\n", r"p.yaml:3: routes\[0\]: found str, expected a route: a mapping"),
    (f"name: p\nroutes:\n  - {ROUTE}\n".replace("[person]", "[persons]"), r"found persons.*did you mean 'person'\?"),
    (
        f"name: p\nroutes:\n  - {ROUTE}\n".replace("[loan]", "loan"),
        r"p.yaml:3: routes\[0\].product: found loan, expected a list of words",
    ),
    (
        f"name: p\nroutes:\n  - {ROUTE}\n".replace("[loan]", ""),
        r"p.yaml:3: routes\[0\].product: found nothing, expected a list of words",
    ),
    (
        "name: p\nroutes:\n  - {product: [loan], applicant_kind: [person], customer_kind: [old], release: one}\n",
        r"p.yaml:3: routes\[0\].customer_kind: found old, expected one of new, existing, renewal, top_up",
    ),
    (
        f"name: p\nroutes:\n  - {ROUTE}\n".replace("one}", "ones}"),
        r"p.yaml:3: routes\[0\].release: found ones, expected the directory",
    ),
    (
        f"name: p\nroutes:\n  - {ROUTE}\n".replace("one}", "7}"),
        r"p.yaml:3: routes\[0\].release: found 7, expected text",
    ),
    (f"name: p\nroutes:\n  - {ROUTE}\n  - {ROUTE}\n", r"p.yaml:4: found loan, person, new, as in .*p.yaml:3.*overlap"),
    ("name: p\nname: q\n", "the key name again"),
]


@pytest.mark.parametrize(("text", "expected"), BROKEN)
def test_one_broken_portfolio_for_each_way_of_being_wrong(tmp_path, text, expected):
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "release.json").write_text("{}")
    (tmp_path / "p.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(DefinitionFaults, match=expected) as refused:
        read_routes(tmp_path / "p.yaml")
    assert len(refused.value.faults) == 1


def test_every_fault_comes_at_once(tmp_path):
    text = "name: p\nroutes:\n  - {product: [loan], applicant_kind: [people], release: two}\n  - {product: [x]}\n"
    (tmp_path / "p.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(PortfolioFaults) as refused:
        read_routes(tmp_path / "p.yaml")
    assert [fault.path for fault in refused.value.faults] == [
        "p.yaml:3: routes[0].release",
        "p.yaml:3: routes[0].applicant_kind",
        "p.yaml:4: routes[1]",
        "p.yaml:4: routes[1]",
    ]


def test_releases_that_cannot_decide_their_routes_are_all_named(file, tmp_path):
    shutil.copytree(file.parent, tmp_path / "spoiled")
    card = tmp_path / "spoiled" / "sme" / "model" / "model_card.md"
    card.write_text(card.read_text(encoding="utf-8") + "!", encoding="utf-8")
    place = tmp_path / "spoiled" / "portfolio.yaml"
    place.write_text(TEXT.replace("[consumer_loan]", "[consumer_loan, credit_card]"), encoding="utf-8")
    with pytest.raises(PortfolioFaults) as refused:
        load_portfolio(place)
    broken, misled = (str(fault) for fault in refused.value.faults)
    assert "portfolio.yaml:3: found sme" in broken
    assert "model/model_card.md was changed" in broken
    assert "portfolio.yaml:4: found credit_card, expected consumer_loan" in misled


def test_a_case_is_opened_by_the_release_that_decides_it_and_asked_anew_where_another_would(portfolio, cases):
    sme, consumer = portfolio.releases
    for one in (cases[0], cases[-1]):
        opened = open_case(one, portfolio)
        alone = open_case(one, sme if opened.application.applicant.kind != "person" else consumer)
        assert (opened.release, opened.decision) == (alone.release, alone.decision)
        assert (
            opened.what_if(request={"amount": "30000.00"}).decision
            == alone.what_if(request={"amount": "30000.00"}).decision
        )
        with pytest.raises(UsageError, match="no route of portfolio retail and small business holds for mortgage"):
            opened.what_if(request={"product": "mortgage"})
