"""When a decision is made, and what must not lie after it."""

from __future__ import annotations

import datetime as dt

import pytest

from risk_engine.application import decode, encode
from risk_engine.errors import InputFaults
from tests.application.documents import as_bytes, minimal_document, person_document, sme_document


def faults_of(document, now=None):
    try:
        decode(as_bytes(document), now=now and dt.datetime.fromisoformat(now))
    except InputFaults as told:
        return told.faults
    return ()


def test_without_as_of_the_clock_given_or_the_request_itself_bounds_the_future():
    document = minimal_document()
    del document["application"]["as_of"]
    document["applicant"]["established_on"] = "2020-02-29"
    (fault,) = faults_of(document)
    assert fault.path == "$.applicant.established_on"
    assert faults_of(document, now="2020-03-01T00:00:00+00:00") == ()


@pytest.mark.parametrize(
    ("now", "submitted_at", "today", "tomorrow"),
    [
        ("2020-02-29T20:00:00+00:00", "2020-03-01T03:59:00+08:00", "2020-03-01", "2020-03-02"),
        ("2020-03-02T02:00:00+00:00", "2020-03-01T20:59:00-05:00", "2020-03-01", "2020-03-02"),
    ],
    ids=["east", "west"],
)
@pytest.mark.parametrize("channel", ["branch", 4], ids=["typed checks", "second walk"])
def test_without_as_of_the_day_is_the_applicant_s(now, submitted_at, today, tomorrow, channel):
    document = person_document()
    del document["application"]["as_of"]
    document["application"] |= {"submitted_at": submitted_at, "channel": channel}
    told = {}
    for day in (today, tomorrow):
        document["applicant"]["residence_since"] = day
        told[day] = [fault for fault in faults_of(document, now=now) if fault.path != "$.application.channel"]
    assert told[today] == []
    (fault,) = told[tomorrow]
    local = dt.datetime.fromisoformat(now).astimezone(dt.datetime.fromisoformat(submitted_at).tzinfo)
    assert (fault.path, fault.expected) == ("$.applicant.residence_since", f"nothing after {local.isoformat()}")


def test_no_day_is_judged_where_the_moment_cannot_be_read():
    document = minimal_document()
    document["application"]["as_of"] = "2020-03-01"
    document["applicant"]["established_on"] = "2020-02-29"
    (fault,) = faults_of(document)
    assert fault.path == "$.application.as_of"


def test_no_day_is_judged_where_the_offset_cannot_be_read():
    document = minimal_document()
    del document["application"]["as_of"]
    document["application"]["submitted_at"] = "2020-03-01T04:30:00"
    document["applicant"]["established_on"] = "2020-03-01"
    (fault,) = faults_of(document, now="2020-02-29T20:30:00+00:00")
    assert fault.path == "$.application.submitted_at"


def test_a_clock_that_runs_a_little_ahead_is_forgiven():
    document = minimal_document()
    document["application"]["submitted_at"] = "2020-03-01T09:09:00+08:00"
    assert faults_of(document) == ()


@pytest.mark.parametrize("as_of", ["0001-01-01T00:00:00+10:00", "9999-12-31T23:59:59-10:00", "2200-01-01T00:00:00Z"])
def test_a_decision_is_made_in_a_year_that_has_a_calendar_around_it(as_of):
    document = minimal_document()
    document["application"] |= {"as_of": as_of, "submitted_at": "0001-01-01T00:00:00+10:00"}
    (fault,) = faults_of(document)
    assert (fault.path, fault.expected) == ("$.application.as_of", "a moment of the years 1970 to 2199")


def test_a_stated_moment_bounds_the_future_before_the_clock():
    document = minimal_document()
    document["applicant"]["established_on"] = "2020-03-02"
    (fault,) = faults_of(document, now="2026-01-01T00:00:00+00:00")
    assert fault.path == "$.applicant.established_on"


def test_the_day_of_decision_is_not_the_future():
    document = minimal_document()
    document["applicant"]["established_on"] = "2020-03-01"
    assert decode(as_bytes(document)).applicant.established_on == dt.date(2020, 3, 1)


@pytest.mark.parametrize("known_at", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
def test_the_ends_of_the_calendar_are_read(known_at):
    document = sme_document(1)
    document["invoices"][0]["known_at"] = known_at
    application = decode(as_bytes(document))
    assert decode(encode(application)) == application
