"""The application document: one case with all its parties and evidence."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from functools import cached_property
from operator import attrgetter
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType
from msgspec.structs import astuple

from risk_engine.application import evidence_business as business
from risk_engine.application import evidence_credit as credit
from risk_engine.application import request


class Application(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True, omit_defaults=True, dict=True):
    """One application with all its parties and evidence.

    A section left out was *not obtained*; an empty list was obtained, and there was *none*.
    """

    application: request.Request
    fees: list[request.Fee] | UnsetType = UNSET
    applicant: request.Applicant
    parties: list[request.Party] | UnsetType = UNSET
    relations: list[request.Relation] | UnsetType = UNSET
    related_firms: list[request.RelatedFirm] | UnsetType = UNSET
    linked_applications: list[request.LinkedApplication] | UnsetType = UNSET
    consents: list[request.Consent] | UnsetType = UNSET
    sources: list[request.Source] | UnsetType = UNSET
    identity_checks: list[business.IdentityCheck] | UnsetType = UNSET
    registry_events: list[business.RegistryEvent] | UnsetType = UNSET
    legal_events: list[business.LegalEvent] | UnsetType = UNSET
    tax_filings: list[business.TaxFiling] | UnsetType = UNSET
    tax_grades: list[business.TaxGrade] | UnsetType = UNSET
    tax_events: list[business.TaxEvent] | UnsetType = UNSET
    invoices: list[business.Invoice] | UnsetType = UNSET
    utility_bills: list[business.UtilityBill] | UnsetType = UNSET
    premises: list[business.Premises] | UnsetType = UNSET
    accounts: list[credit.Account] | UnsetType = UNSET
    ledger: list[credit.Posting] | UnsetType = UNSET
    payables: list[credit.OpenItem] | UnsetType = UNSET
    receivables: list[credit.OpenItem] | UnsetType = UNSET
    credit_lines: list[credit.CreditLine] | UnsetType = UNSET
    credit_history: list[credit.CreditMonth] | UnsetType = UNSET
    credit_enquiries: list[credit.CreditEnquiry] | UnsetType = UNSET
    guarantees: list[credit.Guarantee] | UnsetType = UNSET
    guarantees_given: list[credit.GuaranteeGiven] | UnsetType = UNSET
    financials: list[business.FinancialStatement] | UnsetType = UNSET
    social_insurance: list[business.SocialInsuranceMonth] | UnsetType = UNSET
    incomes: list[credit.Income] | UnsetType = UNSET
    outgoings: list[credit.Outgoing] | UnsetType = UNSET
    facilities: list[credit.Facility] | UnsetType = UNSET
    site_visits: list[business.SiteVisit] | UnsetType = UNSET
    attributes: list[business.Attribute] | UnsetType = UNSET

    @cached_property
    def listed(self) -> Mapping[str, list[Any]]:
        """The rows of each list that was obtained, in the contract's order."""
        return {name: rows for name, rows in zip(LISTS, _lists(self), strict=True) if rows is not UNSET}

    def rows(self, section: str) -> list[Any] | None:
        """The rows of a section; None where the section was not obtained."""
        return self.listed.get(section)

    def columns(self, section: str) -> Mapping[str, Sequence[Any]]:
        """The values of a section by the rows' attributes, turned over once; without those that are null throughout.

        Checks and features both read columns, and one pass over many rows costs less than one for each column.
        """
        turned: Mapping[str, Sequence[Any]] | None = self.__dict__.get(section)
        if turned is None:
            turned = self.__dict__[section] = by_column(self.rows(section) or ())
        return turned


SINGLES = ("application", "applicant")
"""The sections that stand once."""

LISTS = tuple(name for name in Application.__struct_fields__ if name not in SINGLES)
"""The sections that are lists of rows."""

_lists = attrgetter(*LISTS)


def by_column(rows: Sequence[msgspec.Struct]) -> Mapping[str, Sequence[Any]]:
    """Rows of one section turned over: the values of each attribute that is not null throughout."""
    if not rows:
        return {}
    names = rows[0].__struct_fields__
    values: list[Any] = []  # of one row after the other: to zip a tuple for each row costs a tenth more
    for row in rows:
        values += astuple(row)
    nulls = [None] * len(rows)
    return {name: held for at, name in enumerate(names) if (held := values[at :: len(names)]) != nulls}


def decided_at(asked: request.Request, now: dt.datetime) -> dt.datetime:
    """When a request is decided: as it says itself, else now, in the offset it was submitted in.

    A decision's calendar date is read in its offset: late in the evening in UTC it is the next day in China.
    """
    return asked.as_of or now.astimezone(asked.submitted_at.tzinfo)


def fill_as_of(application: Application, as_of: dt.datetime) -> Application:
    """The same application, decided as of this moment unless it says another itself.

    Args:
        application: Any.
        as_of: With an offset from UTC, in whose calendar its day is counted.

    >>> from pathlib import Path
    >>> from risk_engine.batch import document
    >>> told, moment = document(Path("data/sample"), "F00018"), dt.datetime(2026, 1, 31, 9, tzinfo=dt.UTC)
    >>> unsaid = msgspec.structs.replace(told, application=msgspec.structs.replace(told.application, as_of=None))
    >>> fill_as_of(unsaid, moment).application.as_of == moment, fill_as_of(told, moment) is told
    (True, True)
    """
    if application.application.as_of is not None:
        return application
    asked = msgspec.structs.replace(application.application, as_of=as_of)
    return msgspec.structs.replace(application, application=asked)
