# ruff: noqa: E501 - the tables of loans read better on long lines
"""Labels told from months of performance: a table of loans with the step in which each shall end."""

from __future__ import annotations

import json
from dataclasses import replace

import duckdb
import pytest

from risk_engine.pages import evaluation_page
from risk_engine.study import Study, evaluate, train
from risk_engine.study.dataset import load_dataset, load_labels
from tests.conftest import ROOT
from tests.study.loans import STUDY, Loan, Month, write_tables

LATE = Month(dpd=95)
"""A month 95 days past due, CNY 1000 of 50000 overdue: material."""

# Booked on 15 January 2023, the horizon of 12 months ends on 15 January 2024; month 11 is the last month's end in it.
GOLDEN = [
    (Loan("good"), "good"),
    (Loan("bad-in-month-3", months={3: LATE}), "bad"),
    (Loan("cured", months={3: LATE, 4: Month()}), "bad"),
    (Loan("bad-in-last-month", months={11: LATE}), "bad"),
    (Loan("bad-after-horizon", months={12: LATE}), "good"),
    (Loan("89-days", months={3: Month(dpd=89)}), "indeterminate"),
    (Loan("90-days", months={3: Month(dpd=90)}), "bad"),
    (Loan("30-days", months={5: Month(dpd=30)}), "indeterminate"),
    (Loan("29-days", months={5: Month(dpd=29)}), "good"),
    (Loan("overdue-500", months={3: Month(95, 500.0, 20_000.0)}), "good"),
    (Loan("overdue-500.01", months={3: Month(95, 500.01, 20_000.0)}), "bad"),
    (Loan("share-1-percent", months={3: Month(95, 1000.0, 100_000.0)}), "good"),
    (Loan("share-above", months={3: Month(95, 1000.01, 100_000.0)}), "bad"),
    (Loan("nothing-left", months={3: Month(95, 501.0, 0.0)}), "bad"),
    (Loan("written-off", months={4: Month(event="written_off")}, rows=4, observed_until="2023-05-31"), "bad"),
    (Loan("sold", months={4: Month(event="sold")}, rows=4), "bad"),
    (Loan("restructured", months={4: Month(event="restructured")}), "bad"),
    (Loan("written-off-after", months={12: Month(event="written_off")}), "good"),
    (Loan("prepaid", months={4: Month(event="prepaid")}, rows=4, observed_until="2023-05-31"), "good"),
    (Loan("closed-late", months={3: LATE, 5: Month(event="closed")}, rows=5), "bad"),
    (Loan("no-more-rows-after-bad", months={3: LATE}, rows=3), "bad"),
    (Loan("no-more-rows", rows=7), "immature"),
    (Loan("no-rows", rows=-1), "immature"),
    (Loan("lost-sight-of", observed_until="2023-08-31"), "immature"),
    (Loan("lost-sight-of-bad", months={3: LATE}, observed_until="2023-08-31"), "immature"),
    (Loan("fraud", months={3: LATE}, exclusion="fraud"), "excluded"),
    (Loan("policy", None, decision="declined", declined_by="policy"), "policy_declines"),
    (Loan("score", None, decision="declined", declined_by="score"), "score_declines"),
    (Loan("reviewer", None, decision="declined", declined_by="reviewer"), "reviewer_declines"),
    (Loan("declined", None, decision="declined"), "unexplained_declines"),
    (Loan("withdrawn", None, decision="withdrawn"), "withdrawn"),
    (Loan("not-taken-up", None, decision="not_taken_up"), "not_taken_up"),
    (Loan("approved-only", None), "not_taken_up"),
    (Loan("asked-first", None, decision="declined", obligor="twice"), "duplicates"),
    (Loan("asked-again", None, decision="declined", obligor="twice", as_of="2023-02-09"), "unexplained_declines"),
    (Loan("asked-much-later", None, decision="declined", obligor="twice", as_of="2023-03-12"), "unexplained_declines"),
    (Loan("got-it", obligor="greedy"), "good"),
    (Loan("asked-for-more", None, decision="declined", obligor="greedy", as_of="2023-01-20"), "duplicates"),
    (Loan("other-product", None, decision="declined", obligor="greedy", product="overdraft"), "unexplained_declines"),
    (Loan("second-loan", obligor="greedy", as_of="2023-01-14"), "good"),
    (Loan("named-as-previous", None, decision="withdrawn", obligor="slow"), "duplicates"),
    (
        Loan(
            "names-previous",
            None,
            decision="declined",
            obligor="slow",
            as_of="2023-06-01",
            previous="named-as-previous",
        ),
        "unexplained_declines",
    ),
]


@pytest.fixture
def study_of(tmp_path):
    """A study over loans; pairs of texts replace parts of it, a statement of SQL is run over one table before."""

    def make(loans, *changes, table="", sql=""):
        write_tables(tmp_path, loans)
        if table:
            path = tmp_path / f"{table}.parquet"
            connection = duckdb.connect()
            connection.execute(
                f"create table {table} as from '{path}'; {sql}; copy {table} to '{path}' (format parquet)"
            )
        text = STUDY
        for before, after in changes:
            assert before in text, before
            text = text.replace(before, after)
        path = tmp_path / "loans.yaml"
        path.write_text(text, encoding="utf-8")
        return Study.load(path, tmp_path)

    return make


def test_each_loan_ends_where_it_shall(study_of):
    labelled = load_labels(study_of([loan for loan, _ in GOLDEN]))
    assert dict(labelled.steps) == {loan.id: step for loan, step in GOLDEN}


def test_a_vintage_is_the_quarter_of_booking_else_of_the_request(study_of):
    asked = {"as_of": "2023-03-30"}
    loans = [
        Loan("A", "2023-04-02", observed_until="2024-04-30", **asked),
        Loan("B", None, decision="declined", **asked),
    ]
    bad = Loan("C", months={3: LATE})
    labelled = load_labels(study_of([*loans, bad]))
    assert labelled.vintages == {"A": "2023Q2", "B": "2023Q1", "C": "2023Q1"}
    assert {name: sum(counts.values()) for name, counts in labelled.waterfall.counts.items()} == {
        "2023Q1": 2, "2023Q2": 1,
    }  # fmt: skip


def test_with_a_month_less_observed_nobody_has_a_label(study_of, faults_of):
    """The same loans seen to the end of December 2023, eleven months: immature all of them, the bads too."""
    booked = [loan for loan, _ in GOLDEN if loan.booked_on]
    seen = [replace(one, observed_until=min(one.observed_until, "2023-12-31")) for one in booked]
    [fault] = faults_of(load_labels, study_of(seen))
    assert "0 rows, all alike" in fault
    assert "1 excluded, 27 immature" in fault


def test_cohorts_mature_whole(study_of):
    """Seen until 20 January 2024, a booking of the 25th makes January's whole cohort wait; December's has its labels."""
    december = [
        Loan("D1", "2022-12-15", as_of="2022-12-10"),
        Loan("D2", "2022-12-20", {3: LATE}, as_of="2022-12-10"),
    ]
    january = [Loan("J1"), Loan("J2", months={3: LATE}), Loan("J3", "2023-01-25")]
    loans = [replace(one, observed_until="2024-01-20") for one in (*december, *january)]
    labelled = load_labels(study_of(loans))
    assert labelled.steps == {"D1": "good", "D2": "bad", "J1": "immature", "J2": "immature", "J3": "immature"}
    [told] = labelled.warnings[:1]
    assert told == "Immature cohorts, not observed for 12 months and so without goods and bads: 2023Q1 2023-01: 3."
    loans = [replace(one, observed_until="2024-01-25") for one in loans]
    assert load_labels(study_of(loans)).steps["J1"] == "good"


@pytest.mark.parametrize(
    ("booked_on", "horizon", "month", "step"),
    [
        ("2023-01-15", 12, 11, "bad"), ("2023-01-15", 12, 12, "good"),  # ends on 15 January
        ("2023-01-31", 12, 12, "bad"), ("2023-01-31", 12, 13, "good"),  # ends on 31 January
        ("2023-02-28", 12, 12, "bad"),  # from a month's last day to a month's last day: 29 February 2024
        ("2024-02-29", 12, 12, "bad"), ("2024-02-29", 12, 13, "good"),  # to 28 February 2025
        ("2023-06-30", 6, 6, "bad"),  # to 31 December, though a 30th would be six months on
        ("2023-08-30", 6, 6, "bad"),  # there is no 30 February: to 29 February 2024
        ("2023-08-29", 6, 6, "bad"), ("2023-08-28", 6, 6, "good"),
    ],
)  # fmt: skip
def test_the_horizon_ends_on_the_day_it_began(study_of, booked_on, horizon, month, step):
    loans = [
        Loan("late", booked_on, {month: LATE}, 24, "2026-12-31", as_of=booked_on),
        Loan("late-at-once", booked_on, {1: LATE}, 24, "2026-12-31", as_of=booked_on),
        Loan("never", booked_on, {}, 24, "2026-12-31", as_of=booked_on),
    ]
    labelled = load_labels(study_of(loans, ("horizon_months: 12", f"horizon_months: {horizon}")))
    assert labelled.steps == {"late": step, "late-at-once": "bad", "never": "good"}


def test_a_month_may_be_told_by_any_of_its_days(study_of):
    loans = [Loan("A", months={11: LATE}), Loan("B")]
    study = study_of(loans, table="performance", sql="update performance set month = date_trunc('month', month)")
    assert load_labels(study).steps == {"A": "bad", "B": "good"}


def test_without_materiality_every_day_past_due_counts(study_of):
    loans = [Loan("A", months={3: Month(95, 1.0)}), Loan("B")]
    study = study_of(loans, ("  materiality: {overdue: 500, share_of_balance: 0.01}\n", ""))
    assert load_labels(study).steps["A"] == "bad"


def test_which_events_are_bad_is_the_lenders_choice(study_of):
    loans = [Loan("A", months={3: Month(event="restructured")}), Loan("B", months={3: LATE}),
             Loan("C", months={3: Month(event="sold")}, rows=3)]  # fmt: skip
    study = study_of(loans, ("  dpd: 90\n", "  dpd: 90\n  bad_events: [written_off]\n"))
    assert load_labels(study).steps == {"A": "good", "B": "bad", "C": "immature"}  # sold: what became of it is not seen


def test_the_steps_add_up_to_the_applications(study_of):
    waterfall = load_labels(study_of([loan for loan, _ in GOLDEN])).waterfall.to_json()
    assert waterfall["steps"] == [
        "applications", "duplicates", "without_outcome", "policy_declines", "score_declines", "reviewer_declines",
        "unexplained_declines", "withdrawn", "not_taken_up", "excluded", "immature", "indeterminate", "good", "bad",
    ]  # fmt: skip
    assert waterfall["vintages"] == ["2023Q1", "2023Q2"]
    for counts in (*waterfall["counts"].values(), waterfall["total"]):
        assert list(counts) == waterfall["steps"]
        assert counts["applications"] == sum(counts.values()) - counts["applications"]
    assert waterfall["total"]["applications"] == len(GOLDEN)
    assert waterfall["counts"]["2023Q2"]["unexplained_declines"] == 1  # by application, for it was not booked


def test_an_application_without_outcome_is_counted(study_of):
    study = study_of([Loan("A", months={3: LATE}), Loan("B"), Loan("C", None)], table="outcomes",
                     sql="delete from outcomes where application_id = 'C'")  # fmt: skip
    assert load_labels(study).steps["C"] == "without_outcome"


PAIR = [Loan("A", months={3: LATE}), Loan("B"), Loan("C", None, decision="declined")]
TOLD = {
    "lost": ([*PAIR, Loan("D", rows=7)], {}, "1 applications booked in mature cohorts are immature", "2023Q1: 1; such as D."),
    "gap": ([*PAIR, Loan("D", months={4: None, 5: None})], {}, "2 months have no row in the performance of 1 applications, such as D"),
    "rows after": (PAIR, {"table": "outcomes", "sql": "update outcomes set observed_until = '2024-01-15' where application_id = 'A'"},
                   "1 performance rows of months ending after observed_until were not read."),
    "one class": ([*PAIR, Loan("D", "2022-12-15", as_of="2022-12-01")], {}, "Vintages of one class: 2022Q4 (1 good, 0 bad)."),
}  # fmt: skip


@pytest.mark.parametrize("way", TOLD)
def test_what_a_reader_must_know_is_told(study_of, way):
    loans, more, *words = TOLD[way]
    [told] = load_labels(study_of(loans, **more)).warnings
    for each in words:
        assert each in told


def on(table, sql):
    return {"table": table, "sql": sql}


WRONG = {
    "performance before booking": (on("performance", "insert into performance values ('B', 'B', '2022-12-31', 0, 0, 0, 'none')"),
                                   "target.performance: found 1 rows of a month that ended before booking: B"),
    "bad before booking": (on("outcomes", "update outcomes set bad_on = '2023-01-14' where application_id = 'A'"),
                           "target.outcomes: found 1 applications bad before booking: A"),
    "observed until before booking": (on("outcomes", "update outcomes set observed_until = '2023-01-14' where application_id = 'B'"),
                                      "found 1 applications observed until before booking: B"),
    "stranger's performance": (on("performance", "insert into performance values ('X', 'X', '2023-03-31', 0, 0, 0, 'none')"),
                               "found 1 rows of an unknown application: X, expected applications of section application"),
    "performance of a declined one": (on("performance", "insert into performance values ('C', 'C', '2023-03-31', 0, 0, 0, 'none')"),
                                      "found 1 rows of an application that was not booked: C"),
    "stranger's outcome": (on("outcomes", "update outcomes set application_id = 'X' where application_id = 'C'"),
                           "target.outcomes: found 1 rows of an unknown application: X"),
    "an outcome twice": (on("outcomes", "insert into outcomes from outcomes where application_id = 'C'"), "found 2 rows of an application told before: C"),
    "a month twice": (on("performance", "insert into performance from performance where application_id = 'B' and dpd = 0 limit 1"),
                      "found 2 rows of a month told before: B"),
    "negative days": (on("performance", "update performance set dpd = -3 where application_id = 'A'"), "found 13 rows of a negative dpd: A"),
    "no days": (on("performance", "update performance set dpd = null where application_id = 'A'"), "column dpd: found nothing in 13 rows"),
    "unknown exclusion": (on("outcomes", "update outcomes set exclusion = 'froud' where application_id = 'A'"),
                          "column exclusion: found 'froud' in 1 rows, expected one of fraud, deceased (did you mean 'fraud'?)"),
    "unknown decision": (on("outcomes", "update outcomes set decision = 'aproved' where application_id = 'B'"), "did you mean 'approved'?"),
    "unknown event": (on("performance", "update performance set event = 'none?' where application_id = 'B'"), "column event: found 'none?' in 13 rows"),
    "booked though declined": (on("outcomes", "update outcomes set decision = 'declined' where application_id = 'B'"),
                               "found 1 applications booked that were not approved: B"),
    "booked before the decision": (on("outcomes", "update outcomes set decided_on = '2023-01-16' where application_id = 'B'"),
                                   "found 1 applications booked before the decision: B"),
    "booked before as_of": (on("requests", "update requests set as_of = '2023-01-16' where id = 'B'"), "found 1 applications booked before as_of: B"),
    "declined by nobody": (on("outcomes", "update outcomes set declined_by = 'score' where application_id = 'B'"),
                           "found 1 applications with declined_by that were not declined: B"),
    "no balance": (on("performance", "alter table performance drop balance"), "column balance: found no such column"),
    "a moment": (on("performance", "alter table performance alter month type timestamp"), "column month: found timestamp[us], expected a date"),
    "a column too many": (on("outcomes", "alter table outcomes add rating int"), "column rating: found an unknown column"),
}  # fmt: skip


@pytest.mark.parametrize("way", WRONG)
def test_each_way_of_being_wrong_is_one_line_with_its_count(study_of, faults_of, way):
    change, words = WRONG[way]
    faults = faults_of(load_labels, study_of(PAIR, **change))
    assert len(faults) == 1, faults
    assert faults[0].startswith(("loans.yaml:17: target.performance", "loans.yaml:20: target.outcomes"))
    assert words in faults[0]


KEYS = {
    "neither form": ("  performance: |\n    select *\n    from '${DATA}/performance.parquet'\n", "", "target: found neither of them, expected labels or performance"),
    "no outcomes": ("  outcomes: |\n    select *\n    from '${DATA}/outcomes.parquet'\n", "", "target.performance: found no outcomes"),
    "no dpd": ("  dpd: 90\n", "", "target.performance: found no dpd"),
    "dpd": ("dpd: 90", "dpd: 0", "target.dpd: found 0, expected a number from 1 to 3650"),
    "materiality": ("share_of_balance: 0.01", "share_of_balance: 1.5", "share_of_balance: found 1.5, expected a number from 0 to 1"),
    "half a materiality": (", share_of_balance: 0.01", "", "target.materiality: found no share_of_balance"),
    "band": ("from_dpd: 30", "from_dpd: 90", "indeterminate.from_dpd: found 90, expected a number from 1 to 89"),
    "start": ("start: booking", "start: application", "target.start: found 'application', expected one of booking"),
    "event": ("  dpd: 90\n", "  dpd: 90\n  bad_events: [closed]\n", "target.bad_events[0]: found 'closed', expected one of restructured, written_off, sold"),
    "days": ("within_days: 30", "within_days: many", "duplicates.within_days: found 'many'"),
    "unknown key": ("exclusions:", "exclusion:", "target.exclusion: found an unknown key"),
}  # fmt: skip


@pytest.mark.parametrize("way", KEYS)
def test_each_wrong_key_is_one_line(study_of, faults_of, way):
    before, after, words = KEYS[way]
    faults = faults_of(lambda: study_of(PAIR, (before, after)))
    assert len(faults) == 1, faults
    assert words in faults[0]


def test_rows_know_their_vintage_and_come_by_id(study_of):
    loans = [
        Loan("B", months={3: LATE}, turnover=5.0),
        Loan("C"),
        Loan("A", "2022-12-15", as_of="2022-12-01", turnover=7.0),
    ]
    dataset = load_dataset(study_of(loans))
    assert dataset.ids == ("A", "B", "C")
    assert dataset.is_bad.tolist() == [False, True, False]
    assert dataset.vintages == ("2022Q4", "2023Q1", "2023Q1")
    assert [str(day) for day in dataset.as_of] == ["2022-12-01", "2023-01-10", "2023-01-10"]
    assert [str(day) for day in dataset.booked_on] == ["2022-12-15", "2023-01-15", "2023-01-15"]
    assert dataset.matrix.values[:, 0].tolist() == [7.0, 5.0, 1.0]
    assert dataset.waterfall.total["bad"] == 1
    assert dataset.warnings == ("Vintages of one class: 2022Q4 (1 good, 0 bad).",)


def portfolio():
    """240 applications of four quarters, the last of them not observed for 12 months; the lower the turnover, the worse."""
    loans = []
    for i in range(240):
        month = 1 + i % 12
        turnover = float((i * 37) % 101)
        as_of, booked_on = f"2023-{month:02}-03", f"2023-{month:02}-15"
        if i % 5 == 0:
            reason = "score" if i % 2 else "policy"
            loans.append(Loan(f"L{i:03}", None, as_of=as_of, decision="declined", declined_by=reason))
        else:
            months = {3: LATE} if turnover + (i * 53) % 47 < 45 else {}
            loans.append(Loan(f"L{i:03}", booked_on, months, 12, "2024-09-30", as_of=as_of, turnover=turnover))
    return loans


def test_evaluate_opens_with_the_waterfall(study_of):
    found = evaluate(study_of(portfolio()), folds=2)
    assert json.loads(json.dumps(found)) == found
    waterfall = found["waterfall"]
    assert waterfall["total"]["applications"] == 240
    assert waterfall["counts"]["2023Q4"]["immature"] == 48
    assert (found["rows"], found["bads"]) == (144, waterfall["total"]["bad"])
    assert found["models"]["scorecard"]["auc"]["mean"] > 0.75
    assert found["warnings"][0].endswith("2023Q4 2023-10: 16, 2023Q4 2023-11: 16, 2023Q4 2023-12: 16.")
    page = evaluation_page(found).splitlines()
    assert page[0].split("  ")[:2] == ["vintage", "applications"]
    assert page[4].split() == ["2023Q4", "60", "4", "8", "48", "0", "0", "-"]


def test_the_model_card_opens_with_the_waterfall(study_of, tmp_path):
    changes = (
        ("master_scale:\n", f"policy: {ROOT}/risk_engine/rules/library/sme_term_loan\nmaster_scale:\n"),
        ("{A: 0.1, B: 0.3, C: 1.0}", "{A: 0.1, B: 0.2, C: 0.3, D: 0.4, E: 0.5, F: 0.7, G: 1.0}"),
    )
    release = train(study_of(portfolio(), *changes), tmp_path / "release")
    assert release.terms.target.bad.startswith("90 days past due, above CNY 500")
    card = (tmp_path / "release" / "model" / "model_card.md").read_text(encoding="utf-8").splitlines()
    assert card.index("```") < 6
    assert card[card.index("```") + 1].startswith("vintage  applications")
    assert any(line.startswith("- Immature cohorts") for line in card)
