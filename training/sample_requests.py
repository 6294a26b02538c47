"""Who asks for what: request, applicant, parties, consents, and what became of each look-up."""

from __future__ import annotations

import numpy as np
from stdnum.cn import ric, uscc

from training.sample_calendar import Days, Ints, Reals, Texts, Truths, clock, few_digits, first_days
from training.sample_credit import NOT
from training.sample_firms import INDUSTRIES, Trade
from training.sample_latents import Applicants
from training.sample_ledgers import covers_from
from training.sample_loans import Terms
from training.sample_persons import Household, residence_since
from training.sample_tables import Table, stack, table

CHANNELS = ("online", "branch", "partner")
OUTAGES = {
    "synthetic_tax_platform": ("2022-05-09", "2023-02-20", "2024-07-08"),
    "synthetic_bank_gateway": ("2022-09-19", "2023-06-05", "2024-03-18", "2024-10-14"),
    "synthetic_bureau": ("2022-11-07", "2024-05-20"),
    "synthetic_power_company": ("2022-07-11", "2023-10-09", "2024-08-19"),
}
"""Mondays of the weeks in which a provider did not answer."""

PROVIDERS = {
    "synthetic_tax_platform": ("tax", {"firm": ("invoices", "tax_filings"), "person": ("incomes",)}),
    "synthetic_bank_gateway": ("bank", {"firm": ("accounts", "ledger"), "person": ("accounts", "ledger")}),
    "synthetic_bureau": (
        "bureau", {"firm": ("credit_lines", "credit_enquiries"), "person": ("credit_lines", "credit_enquiries")}
    ),
    "synthetic_power_company": ("tax", {"firm": ("utility_bills",), "person": ()}),
}  # fmt: skip
"""Of each provider: the scope of the consent it needs, and the sections it gives."""

NOT_REQUESTED = {"branch": "synthetic_power_company", "partner": "synthetic_bank_gateway"}
"""What a channel does not ask for: the branch has no form for it, the partner no right to it."""

REFUSAL = {"synthetic_tax_platform": 4.6, "synthetic_bank_gateway": 3.4, "synthetic_bureau": 5.0,
           "synthetic_power_company": 3.8}  # fmt: skip
"""The logit against refusing at average honesty."""


def draw_terms(who: Applicants, means: Reals, rng: np.random.Generator) -> Terms:
    """Those in debt ask for more; firms in shares of a year's sales, persons in months of income."""
    n = len(who)
    wish = np.exp(0.40 * rng.standard_normal(n) + 0.15 * who.now("leverage") - 0.08 * who.now("capacity"))
    if who.population == "firm":
        amount = np.clip(np.rint(0.11 * 12 * means * wish / 1e4) * 1e4, 50_000, 3_000_000)
        months = rng.choice([6, 12, 18, 24, 36], n, p=[0.08, 0.47, 0.15, 0.20, 0.10])
        ways = rng.choice(["equal_instalment", "equal_principal", "interest_only"], n, p=[0.65, 0.2, 0.15])
    else:
        amount = np.clip(np.rint(2.2 * means * wish / 1e3) * 1e3, 3_000, 300_000)
        months = rng.choice([6, 12, 18, 24, 36], n, p=[0.08, 0.32, 0.15, 0.25, 0.20])
        ways = np.full(n, "equal_instalment")
    return Terms(amount.astype(np.int64), months, ways)


def draw_application(who: Applicants, terms: Terms, ids: Texts, rng: np.random.Generator) -> Table:
    """The request."""
    n = len(who)
    firm = who.population == "firm"
    again = who.original != np.arange(n)
    purposes = ("working_capital", "equipment", "inventory") if firm else ("consumption", "renovation", "education")
    return table(
        np.arange(n),
        obligor_id=obligors(who, ids),
        previous_application_id=np.where(again, ids[who.original], ""),
        submitted_at=clock(who.as_of - rng.integers(20, 1_500, n)),
        as_of=clock(who.as_of),
        jurisdiction="CN",
        lender_kind="bank" if firm else "consumer_finance",
        product="sme_term_loan" if firm else "consumer_loan",
        customer_kind=np.where(rng.random(n) < 0.2, "existing", "new"),
        amount=np.char.add(terms.amount.astype(np.str_), ".00"),
        currency="CNY",
        term_months=terms.months,
        revolving=False,
        repayment=terms.repayment,
        purpose=rng.choice(purposes, n, p=[0.75, 0.15, 0.10]),
        channel=rng.choice(CHANNELS, n, p=[0.60, 0.28, 0.12]),
        test=False,
    )


def obligors(who: Applicants, ids: Texts) -> Texts:
    """The customer behind each application."""
    return np.char.add("O-", ids[who.original])


def draw_firms(who: Applicants, trade: Trade, ids: Texts, rng: np.random.Generator) -> Table:
    """Registry facts; names and identifiers say that they are made up (region 990000 does not exist)."""
    n = len(who)
    industry = np.array([held.code for held in INDUSTRIES])[who.trade]
    scope = np.array([f"{held.scope}|{held.name}" for held in INDUSTRIES])[who.trade]
    company = rng.random(n) < 0.86
    capital = few_digits(np.maximum(np.median(trade.true, axis=1) * np.exp(0.4 * rng.standard_normal(n)), 1e4), 1)
    paid_in = capital * rng.choice([0.0, 0.2, 0.5, 1.0], n)
    staff = np.exp(2.0 + 0.4 * who.now("capacity") + 0.5 * rng.standard_normal(n))
    names = [_firm_name(one, told) for one, told in zip(ids[who.original], scope, strict=True)]
    return table(
        np.arange(n),
        kind=np.where(company, "company", "sole_trader"),
        name=np.array(names),
        identifier=np.array([firm_identifier(int(at), company=bool(company[at])) for at in who.original]),
        entity_kind=np.where(company, "limited", "individual_business"),
        registry_status=np.where(rng.random(n) < 0.005, "suspended", "active"),
        established_on=first_days(who.month - who.months_known) + rng.integers(0, 28, n),
        industry=industry,
        industry_scheme="gbt4754",
        region="CN-990000",
        taxpayer_kind=np.where(trade.general, "general", "small_scale"),
        vat_frequency=np.where(trade.quarterly, "quarter", "month"),
        registered_capital=capital,
        paid_in_capital=np.where(company, paid_in, np.nan),
        employees=np.maximum(np.rint(staff), 1),
    )


def _firm_name(code: str, scope: str) -> str:
    zh, _, en = scope.partition("|")
    return f"合成{zh}{code} (synthetic {en} {code})"


def firm_identifier(at: int, *, company: bool) -> str:
    """A unified social credit code with a right check digit in a region, 990000, that does not exist.

    >>> uscc.is_valid(firm_identifier(7, company=True))
    True
    """
    body = f"9{1 if company else 2}990000FAKE{at:05d}"
    return body + str(uscc.calc_check_digit(body))


def person_identifier(birth: Days, at: int) -> str:
    """A resident identity number with a right check digit in a county, 119999, that does not exist.

    >>> person_identifier(np.datetime64("1990-01-01"), 12)
    '119999199001010127'
    """
    body = f"119999{str(birth).replace('-', '')}{at % 1000:03d}"
    return body + str(ric.calc_check_digit(body + "0"))


def draw_persons(who: Applicants, household: Household, ids: Texts, rng: np.random.Generator) -> Table:
    """Who the person is, as far as an application says it."""
    n = len(who)
    birth = births(who, rng)
    return table(
        np.arange(n),
        kind="person",
        name=np.array([f"合成个人{code} (synthetic person {code})" for code in ids[who.original]]),
        identifier=np.array([person_identifier(day, int(at)) for day, at in zip(birth, who.original, strict=True)]),
        birth_date=birth,
        region="CN-110000",
        household_size=household.size,
        dependants=household.dependants,
        housing=household.housing,
        residence_since=np.minimum(residence_since(who, rng), who.day - 1),
    )


def births(who: Applicants, rng: np.random.Generator) -> Days:
    """Birthdays of grown-ups; no trait follows them."""
    return first_days(who.month - 12 * 21) - rng.integers(0, 365 * 38, len(who))


def draw_parties(who: Applicants, partner: Truths, rng: np.random.Generator) -> Table:
    """A legal representative of every firm; a co-borrower of some persons."""
    firm = who.population == "firm"
    row = np.arange(len(who)) if firm else np.flatnonzero(partner)
    birth = births(who, rng)[row]
    since = np.minimum(rng.integers(4, 90, len(row)), who.months_known[row])
    skilled = since + rng.integers(0, 120, len(row))
    numbers = [person_identifier(day, 500 + int(at)) for day, at in zip(birth, row, strict=True)]
    return table(
        row,
        party="lr" if firm else "co1",
        role="legal_representative" if firm else "co_borrower",
        kind="person",
        name=np.char.add("合成人员 (synthetic person) ", row.astype(np.str_)),
        identifier=np.array(numbers, "U18"),
        birth_date=birth,
        role_since=np.where(firm, first_days(who.month[row] - since), NOT),
        industry_since=np.where(firm, first_days(who.month[row] - skilled), NOT),
    )


def draw_sources(who: Applicants, application: Table, begins: Days, partner: Truths, rng: np.random.Generator) -> Table:
    """What each look-up returned: an outage strikes anyone, a channel asks the same of all, the dishonest refuse."""
    parts = []
    for provider, (_, sections) in PROVIDERS.items():
        status = _status(who, application["channel"], provider, rng)
        asked_at = clock(who.as_of - rng.integers(1, 19, len(who)))
        for section in sections[who.population]:
            since = begins if section in ("invoices", "tax_filings", "utility_bills") else covers_from(who)
            told = status
            if section == "incomes":
                told = np.full(len(who), "obtained")  # the applicant states them in any case
            parts.append(_looked(np.arange(len(who)), section, provider, told, asked_at, since, who.day))
            if section in ("incomes", "credit_lines", "credit_enquiries") and partner.any():
                row = np.flatnonzero(partner)
                parts.append(_looked(row, section, provider, told[row], asked_at[row], since[row], who.day[row], "co1"))
    stated = ("attributes", "consents", "parties") + (("outgoings",) if who.population == "person" else ())
    for section in stated:
        everyone, moment = np.arange(len(who)), clock(who.as_of - 20)
        parts.append(_looked(everyone, section, "lender", np.full(len(who), "obtained"), moment, begins, who.day))
    row = np.flatnonzero(partner)
    told = np.full(len(row), "obtained")
    parts.append(
        _looked(row, "outgoings", "lender", told, clock(who.as_of[row] - 20), begins[row], who.day[row], "co1")
    )
    return stack(parts)


def counted(sources: Table, sections: dict[str, Table]) -> Table:
    """The look-ups with the number of rows each returned about its party; rows known late were not among them."""
    count = np.full(len(sources["who"]), np.nan)
    for section, rows in sections.items():
        asked = np.flatnonzero((sources["section"] == section) & (sources["status"] == "obtained"))
        # a party's own row is about the case
        party = (
            np.full(len(rows["who"]), "") if section == "parties" else rows.get("party", np.full(len(rows["who"]), ""))
        )
        known = rows.get("known_at", np.full(len(rows["who"]), "")) == ""
        held = np.bincount(2 * rows["who"][known] + (party[known] != ""), minlength=2 * int(sources["who"].max()) + 2)
        count[asked] = held[2 * sources["who"][asked] + (sources["party"][asked] != "")]
    return {**sources, "row_count": count}


def _looked(
    row: Ints, section: str, provider: str, status: Texts, asked_at: Texts, since: Days, until: Days, party: str = ""
) -> Table:
    there = status == "obtained"
    timed = section not in ("attributes", "parties", "outgoings", "credit_lines")
    return table(
        row, section=section, party=party, provider=provider, status=status, retrieved_at=asked_at,
        covers_from=np.where(there & timed, since, NOT), covers_until=np.where(there & timed, until, NOT),
        complete=there,
    )  # fmt: skip


def _status(who: Applicants, channel: Texts, provider: str, rng: np.random.Generator) -> Texts:
    mondays = np.array(OUTAGES[provider], "M8[D]")
    since = (who.day[:, None] - mondays).astype(np.int64)
    out = ((since >= 0) & (since < 7)).any(axis=1)
    left = np.isin(channel, [name for name, not_asked in NOT_REQUESTED.items() if not_asked == provider])
    refuses = rng.random(len(who)) < 1.0 / (1.0 + np.exp(REFUSAL[provider] + 1.1 * who.now("honesty")))
    return np.select([left, refuses, out], ["not_requested", "refused", "unavailable"], "obtained")


def draw_consents(who: Applicants, sources: Table, partner: Truths) -> Table:
    """A permission for every provider that was asked and not refused, and for the automated decision."""
    parts = []
    granted = clock(who.as_of - 25)
    for scope in ("tax", "bank", "bureau"):
        named = [name for name, (needs, _) in PROVIDERS.items() if needs == scope]
        asked = np.isin(sources["provider"], named) & (sources["party"] == "")
        given = asked & np.isin(sources["status"], ["obtained", "unavailable", "no_record"])
        parts.append(_consented(np.unique(sources["who"][given]), scope, granted))
    parts.append(_consented(np.arange(len(who)), "automated_decision", granted))
    both = np.flatnonzero(partner)
    parts += [_consented(both, scope, granted, "co1") for scope in ("tax", "bureau")]
    return stack(parts)


def _consented(row: Ints, scope: str, granted: Texts, party: str = "") -> Table:
    return table(row, party=party, scope=scope, granted_on=granted[row], evidence="signed in the form")
