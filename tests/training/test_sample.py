"""The committed sample is what its generator writes, says that it is synthetic, and holds together."""

from __future__ import annotations

import ast
import hashlib
import inspect
import json
from pathlib import Path

import duckdb
import numpy as np
import pyarrow.parquet as pq
import pytest
from stdnum.cn import uscc

from risk_engine.batch import compute_features, documents
from risk_engine.features.catalogue import CATALOGUE
from risk_engine.features.declaration import Feature
from risk_engine.features.leaves import attribute
from risk_engine.features.plan import Plan
from risk_engine.study import Study, evaluate
from risk_engine.vocabulary import Cause, RiskDirection, State
from tests.conftest import ROOT, SAMPLE, STUDIES
from training import sample_latents, sample_loans
from training.make_sample import SEED, write_sample
from training.sample_columns import COLUMNS
from training.sample_latents import draw_applicants, stream
from training.sample_loans import Terms, decide, draw_loans, walk

MANIFEST = json.loads((SAMPLE / "manifest.json").read_text(encoding="utf-8"))
ATTRIBUTES = json.loads((SAMPLE / "truth" / "attributes.json").read_text(encoding="utf-8"))
FIRMS = "application_id like 'F%'"


def ask(sql: str) -> list[tuple]:
    """Rows of a question; a table's name in braces is its file."""
    files = {path.stem: f"'{path}'" for path in SAMPLE.rglob("*.parquet")}
    return duckdb.sql(sql.format(**files)).fetchall()


def truth(fault: str) -> list[str]:
    return [key for (key,) in ask(f"select application_id from {{faults}} where fault = '{fault}' order by all")]


def test_every_file_has_the_checksum_the_manifest_says() -> None:
    for file, digest in MANIFEST["sha256"].items():
        assert hashlib.sha256((SAMPLE / file).read_bytes()).hexdigest() == digest, file
    written = {str(path.relative_to(SAMPLE)) for path in SAMPLE.rglob("*") if path.is_file()}
    assert written == {*MANIFEST["sha256"], "manifest.json"}


def test_the_generator_writes_the_committed_bytes(tmp_path: Path) -> None:
    assert write_sample(tmp_path) == MANIFEST


def test_another_seed_writes_another_sample_and_the_same_one_the_same_bytes(tmp_path: Path) -> None:
    first, second, other = (
        write_sample(tmp_path / name, firms=60, persons=60, seed=seed) for name, seed in (("a", 1), ("b", 1), ("c", 2))
    )
    assert first == second
    assert first["sha256"]["ledger.parquet"] != other["sha256"]["ledger.parquet"]


def test_it_says_that_it_is_synthetic_and_stays_small() -> None:
    assert MANIFEST["synthetic"] is True
    assert "**Synthetic.**" in (SAMPLE / "README.md").read_text(encoding="utf-8")
    assert sum(path.stat().st_size for path in SAMPLE.rglob("*") if path.is_file()) <= 12_000_000


@pytest.mark.parametrize("name", COLUMNS)
def test_rows_are_counted_and_sorted(name: str) -> None:
    table = pq.read_table(SAMPLE / f"{name}.parquet", columns=["application_id"])
    keys = table["application_id"].to_numpy(zero_copy_only=False)
    assert len(keys) == MANIFEST["rows"][name]
    assert np.all(keys[1:] >= keys[:-1])
    assert pq.read_schema(SAMPLE / f"{name}.parquet").names == ["application_id", *COLUMNS[name]]


def test_some_of_each_are_documents_the_contract_takes() -> None:
    ids = [f"{letter}{number:05d}" for letter in "FP" for number in (*range(1, 2500, 50), 2500)]
    assert [one.application.application_id for one in documents(SAMPLE, ids)] == ids


def test_identifiers_are_made_up() -> None:
    firms = ask("select identifier from {applicant} where kind <> 'person'")
    assert all(uscc.is_valid(identifier) and identifier[2:12] == "990000FAKE" for (identifier,) in firms)
    people = ask("select identifier from {applicant} where kind = 'person' union all select identifier from {parties}")
    assert all(identifier.startswith("119999") for (identifier,) in people)


# --- outcomes


def imports(module: object) -> set[str | None]:
    tree = ast.walk(ast.parse(inspect.getsource(module)))  # type: ignore[arg-type]
    return {node.module for node in tree if isinstance(node, ast.ImportFrom)}


def test_the_hazard_reads_no_evidence() -> None:
    plain = {"__future__", "dataclasses", "typing", "training.sample_calendar", "training.sample_tables"}
    assert imports(sample_latents) <= plain
    assert imports(sample_loans) <= {*plain, "training.sample_latents"}


def test_what_is_asked_for_changes_no_default() -> None:
    """The same people with other amounts: the same loans go bad in the same month."""
    who = draw_applicants("firm", 400, 7, stream(SEED, "firm", "traits"))
    fallen = []
    for amount in (100_000, 900_000):
        rng = stream(SEED, "firm", "loans")
        terms = Terms(np.full(400, amount), np.full(400, 12), np.full(400, "equal_instalment"))
        loans = draw_loans(who, terms, decide(who, rng), rng)
        fallen.append(walk(loans, np.arange(400).astype(str)).bad_on)
    assert np.array_equal(*fallen, equal_nan=True)
    assert 0.05 < np.mean(~np.isnat(fallen[0])) < 0.5


def test_bookings_bads_and_words() -> None:
    """About 60% booked, about 200 bad of each, every word of a decision there."""
    for letter in "FP":
        [(booked, bad)] = ask(
            "select avg((booked_on is not null)::int), count(*) filter (label = 'bad') from {outcomes}"
            f" where application_id like '{letter}%'"
        )
        assert 0.57 <= booked <= 0.63
        assert 180 <= bad <= 240
    words = ask("select distinct decision from {outcomes} order by all")
    assert [word for (word,) in words] == ["approved", "declined", "not_taken_up", "withdrawn"]
    assert ask("select count(*) from {outcomes} where probe and booked_on is null") == [(0,)]
    assert ask("select count(*) > 10 from {outcomes} where probe") == [(True,)]


def test_labels_are_those_of_the_months() -> None:
    wrong = ask("""
        with bad as (
            select application_id, min(month) as first from {performance}
            where dpd >= 90 or event in ('restructured', 'written_off') group by all)
        select count(*) from {outcomes} left join bad using (application_id)
        where bad_on is distinct from first
           or (label = 'bad') <> coalesce(label <> 'immature' and first <= booked_on + interval 12 month, false)
    """)
    assert wrong == [(0,)]


def test_months_follow_one_another() -> None:
    """Overdue adds up, days past due grow by the days of a month or fall to none, nothing follows an end."""
    wrong = ask("""
        with walked as (
            select *, lag(overdue) over w as overdue_before, lag(dpd) over w as dpd_before,
                lag(event) over w as event_before, lag(month) over w as month_before
            from {performance} window w as (partition by application_id order by month))
        select
            count(*) filter (event not in ('restructured', 'prepaid')
                and overdue <> overdue_before + scheduled - paid),
            count(*) filter (dpd > 0 and dpd_before > 0 and dpd <> dpd_before + datediff('day', month_before, month)),
            count(*) filter (event_before not in ('none', 'restructured')),
            count(*) filter ((dpd > 0) <> (overdue > 0) and day(month) > 28),
            count(*) filter (event in ('closed', 'prepaid') and balance <> 0),
            count(*) filter (datediff('month', month_before, month) <> 1)
        from walked
    """)
    assert wrong == [(0, 0, 0, 0, 0, 0)]
    events = ask("select distinct event from {performance} order by all")
    assert [word for (word,) in events] == ["closed", "none", "prepaid", "restructured", "written_off"]


def test_the_latents_know_more_than_any_evidence() -> None:
    told = ask("""
        with seen as (select chance_to_go_bad as chance, label = 'bad' as is_bad
                      from {outcomes} join {latents} using (application_id) where label in ('good', 'bad'))
        select avg(case when bad.chance > good.chance then 1.0 else 0.0 end)
        from seen as bad, seen as good where bad.is_bad and not good.is_bad
    """)
    assert 0.85 <= told[0][0] <= 0.95


# --- evidence

YEAR = """
    with asked as (
        select application_id, date_trunc('month', left(as_of, 10)::date) as month from {application}),
    invoiced as (
        select application_id, sum(net_amount) as net, sum(net_amount + tax) as gross, max(month) as month
        from {invoices} join asked using (application_id)
        where direction = 'out' and voided_on is null
            and issued_on >= month - interval 12 month and issued_on < month group by all),
    invoiced_before as (
        select application_id, sum(net_amount) as net from {invoices} join asked using (application_id)
        where direction = 'out' and voided_on is null
            and issued_on >= month - interval 24 month and issued_on < month - interval 12 month group by all),
    declared as (
        select application_id, sum(declared_sales) as net from {tax_filings} join asked using (application_id)
        where period_start >= month - interval 12 month and period_end < month
        group by all having count(*) = 12 and count(filed_on) = 12),
    received as (
        select application_id, sum(amount) as gross from {ledger} join asked using (application_id)
        where category in ('sales', 'cash') and amount > 0
            and booked_on >= month - interval 12 month and booked_on < month group by all),
    used as (
        select application_id, sum(consumption) filter (period_start >= month - interval 12 month) as now,
            sum(consumption) filter (period_start < month - interval 12 month
                and period_start >= month - interval 24 month) as before
        from {utility_bills} join asked using (application_id) group by all),
    firm as (
        select inflates_invoices, inflates_tax, inflates_bank, invoiced.net / declared.net as to_tax,
            received.gross / invoiced.gross as to_bank,
            (used.now / invoiced.net) / (used.before / invoiced_before.net) as to_power
        from invoiced join {latents} using (application_id) left join declared using (application_id)
        left join received using (application_id) left join used using (application_id)
        left join invoiced_before using (application_id)
        where invoiced_before.net > 0.2 * invoiced.net)
"""


@pytest.mark.parametrize(("ratio", "tolerance"), [("to_tax", 0.05), ("to_bank", 0.08), ("to_power", 0.25)])
def test_the_views_of_an_honest_firm_agree(ratio: str, tolerance: float) -> None:
    [(count, within)] = ask(f"""{YEAR} select count({ratio}), avg((abs({ratio} - 1) <= {tolerance})::int)
        from firm where not inflates_invoices and {ratio} is not null""")
    assert count > 500
    assert within >= 0.98


def test_the_views_of_a_dishonest_firm_do_not_where_it_inflates_one_alone() -> None:
    [(tax, both, bank, circled, power)] = ask(f"""{YEAR} select
        median(to_tax) filter (not inflates_tax), median(to_tax) filter (inflates_tax),
        median(to_bank) filter (not inflates_bank), median(to_bank) filter (inflates_bank), median(to_power)
        from firm where inflates_invoices""")
    assert tax > 1.15
    assert both < tax - 0.1
    assert bank < 0.85
    assert circled > bank + 0.1
    assert power < 0.85


def test_evidence_was_known_when_it_was_asked_for_but_for_what_came_late() -> None:
    for name, day in (("invoices", "issued_on"), ("ledger", "booked_on"), ("tax_filings", "filed_on"),
                      ("utility_bills", "period_end"), ("incomes", "month")):  # fmt: skip
        late = f"""select count(*) from {{{name}}} join {{application}} using (application_id)
            where {day} >= left(as_of, 10)::date"""
        assert ask(late) == [(0,)], name
    came = ask("""select distinct application_id from {invoices} where known_at is not null
        union select application_id from {ledger} where known_at is not null""")
    assert {*truth("known_late")} <= {key for (key,) in came}


def test_balances_add_up_and_payments_return_to_what_they_paid() -> None:
    told = ask("""
        with walked as (
            select *, lag(balance) over (partition by application_id, account order by seq) as before from {ledger})
        select distinct application_id from walked where balance <> coalesce(before, balance - amount) + amount
        order by all""")
    assert [key for (key,) in told] == truth("broken_balance")
    wrong = ask("""
        select count(*) from {ledger} as back
        left join {ledger} as sent on (sent.application_id, sent.account, sent.seq)
            = (back.application_id, back.account, back.reverses)
        where back.reverses is not null
            and (sent.amount is distinct from -back.amount or sent.returned_on is distinct from back.booked_on)""")
    assert wrong == [(0,)]
    assert ask("select count(*) > 1000 from {ledger} where return_reason = 'insufficient_funds'") == [(True,)]


def test_the_integrity_checks_find_the_faults_and_nothing_else(tmp_path: Path) -> None:
    """On the applicants with a fault and as many without: which sections are invalid."""
    broken, doubled = truth("broken_balance"), truth("doubled_invoice")
    sound = [f"{letter}{number:05d}" for letter in "FP" for number in range(1, 60)]
    ids = {*broken, *doubled, *sound}
    for file in SAMPLE.glob("*.parquet"):
        table = pq.read_table(file)
        keep = np.isin(table["application_id"].to_numpy(zero_copy_only=False).astype(str), sorted(ids))
        pq.write_table(table.filter(keep), tmp_path / file.name)
    plan = Plan([CATALOGUE["operating_inflow_log_12m"], CATALOGUE["sales_invoiced_log_12m"]])
    keys, matrix = compute_features(tmp_path, plan)
    invalid = matrix.causes == int(Cause.INVALID)
    assert {key for key, found in zip(keys, invalid[:, 0], strict=True) if found} == {*broken}
    assert {key for key, found in zip(keys, invalid[:, 1], strict=True) if found} == {*doubled}


def test_kinds_of_missing_evidence_occur_and_leave_no_rows() -> None:
    told = ask("""select status, count(*) from {sources} where section = 'ledger' group by all order by all""")
    assert [status for status, _ in told] == ["not_requested", "obtained", "refused", "unavailable"]
    for name in ("invoices", "tax_filings", "utility_bills", "ledger", "accounts", "credit_lines"):
        rows = ask(f"""select count(*) from {{{name}}} join {{sources}} using (application_id)
            where section = '{name}' and status <> 'obtained'""")
        assert rows == [(0,)], name
    [(refusing, others)] = ask("""select avg(honesty) filter (status = 'refused'), avg(honesty)
        from {sources} join {latents} using (application_id) where section = 'ledger'""")
    assert refusing < others - 0.5
    [(weeks,)] = ask("""select count(distinct date_trunc('week', left(as_of, 10)::date)) from {sources}
        join {application} using (application_id) where section = 'ledger' and status = 'unavailable'""")
    assert weeks == 4


def test_other_marks_of_real_life() -> None:
    [(voided, red, private, quarterly, twice)] = ask("""select
        (select count(*) from {invoices} where voided_on is not null),
        (select count(*) from {invoices} where reverses is not null and net_amount < 0),
        (select count(*) from {invoices} where counterparty is null),
        (select count(*) from {tax_filings} where date_diff('month', period_start, period_end) = 2),
        (select count(*) from {application} where previous_application_id is not null)""")
    assert min(voided, red, private, quarterly) > 1000
    assert twice == 100
    assert ask("select count(*) > 200 from {parties} where role = 'co_borrower'") == [(True,)]


# --- attributes and truth


def test_the_planted_attribute_gives_the_outcome_away_unless_read_at_its_moment() -> None:
    planted = ATTRIBUTES["known_after_the_outcome"]
    [(strength, early)] = ask(f"""
        with seen as (
            select value, label = 'bad' as is_bad, known_at < as_of as early
            from {{attributes}} join {{outcomes}} using (application_id) join {{application}} using (application_id)
            where name = '{planted}' and label in ('good', 'bad'))
        select (select avg(case when bad.value > good.value then 1.0 when bad.value = good.value then 0.5 else 0 end)
                from seen as bad, seen as good where bad.is_bad and not good.is_bad),
            (select count(*) from seen where early)""")
    assert strength > 0.9
    assert early == 0
    calls = Feature(
        attribute(planted), says=(planted, planted), unit="count", decimals=0, range=(0, 1e6), risk=RiskDirection.NONE,
        group="attributes", reason="", why="a test", source="a test", if_none="not known",
    )  # fmt: skip
    _, matrix = compute_features(SAMPLE, Plan(calls.named(planted)))
    assert {int(state) for state in np.unique(matrix.states)} == {int(State.NONE)}


@pytest.mark.parametrize("letter", "FP")
def test_noise_says_nothing_and_wrong_signs_say_the_contrary(letter: str) -> None:
    told = dict(
        ask(f"""
        with seen as (
            select name, rank() over (partition by name order by value) as place, label = 'bad' as is_bad
            from {{attributes}} join {{outcomes}} using (application_id)
            where label in ('good', 'bad') and application_id like '{letter}%')
        select name, corr(place, is_bad::int) from seen group by all""")
    )
    assert all(abs(told[name]) < 0.08 for name in ATTRIBUTES["noise"])
    for name, signs in ATTRIBUTES["wrong_signs"].items():
        assert signs["expected"] != signs["data"]
        assert told[name] > 0.05 if signs["data"] == "rising" else told[name] < -0.05, name


@pytest.mark.parametrize("study", ["sample_sme", "sample_consumer"])
def test_a_scorecard_ranks_rows_it_was_not_fitted_on_as_stated(study: str) -> None:
    found = evaluate(Study.load(STUDIES / f"{study}.yaml"), folds=3)
    assert 0.75 < found["models"]["scorecard"]["auc"]["mean"] < 0.85
    assert 180 < found["bads"] < 250


def test_nothing_in_the_engine_or_a_study_reads_the_truth() -> None:
    read = [*(ROOT / "risk_engine").rglob("*.py"), *(ROOT / "training" / "studies").glob("*.yaml")]
    code = "\n".join(line for path in read for line in path.read_text(encoding="utf-8").splitlines()
                     if not line.lstrip().startswith("#"))  # fmt: skip
    assert "sample/truth" not in code
    assert "latents.parquet" not in code
    latents = pq.read_schema(SAMPLE / "truth" / "latents.parquet").names
    evidence = {name for columns in COLUMNS.values() for name in columns}
    assert not evidence & {*latents[1:]}
