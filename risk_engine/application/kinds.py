"""Column kinds: what one value of the data contract may look like, checked while it is decoded.

Each kind carries its contract word (``money``, ``fraction`` ...) in its metadata, so that
:mod:`risk_engine.application.contract` reads the kind of a column off the row's own annotation.
"""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

LARGEST = 1e15
"""Money and numbers beyond this are faults: sums of a million rows stay exact to a hundredth below it."""

PLAIN_DECIMAL = r"^-?((0|[1-9][0-9]{0,12})(\.[0-9]{1,2}0*)?|[1-9][0-9]{13}(\.[0-9]0*)?|[1-9][0-9]{14}(\.0+)?)$"
"""At most 15 digits, to the cent, as rules compare; zeros behind it, as columns of a larger scale have, are none."""

DECIMAL_TOLD = 'decimal text of at most 15 digits and at most 2 decimals such as "250000.00"'

_plain_decimal = re.compile(PLAIN_DECIMAL[:-1] + r"\Z")


class DecimalText(Decimal):
    """An amount that was written as text, so that no binary fraction ever stood between sender and engine.

    >>> DecimalText.read("250000.00")
    DecimalText('250000.00')
    >>> DecimalText.read("2.5e5")
    Traceback (most recent call last):
    ValueError: decimal text of at most 15 digits and at most 2 decimals such as "250000.00"
    """

    __slots__ = ()

    @classmethod
    def read(cls, given: object) -> DecimalText:
        """Take plain decimal text of at most 15 digits, to the cent; exponents, infinity and numbers are refused."""
        if not isinstance(given, str) or not _plain_decimal.match(given):
            raise ValueError(DECIMAL_TOLD)
        return cls(given)

    def __repr__(self) -> str:
        return f"DecimalText({str(self)!r})"


def read_custom(kind: type, given: object) -> object:
    """Build the one kind msgspec does not know (its ``dec_hook``)."""
    if kind is DecimalText:
        return DecimalText.read(given)
    raise TypeError(f"the data contract has no kind {kind.__name__}")


def write_custom(given: object) -> object:
    """Write the one kind msgspec does not know (its ``enc_hook``)."""
    if isinstance(given, Decimal):
        return f"{given:f}"
    raise TypeError(f"the data contract has no kind {type(given).__name__}")


def describe_custom(kind: type) -> dict[str, Any]:
    """JSON Schema of the one kind msgspec does not know (its ``schema_hook``)."""
    if kind is DecimalText:
        told = "Decimal text of at most 15 digits, at most 2 decimals; zeros may follow them."
        return {"type": "string", "pattern": PLAIN_DECIMAL, "description": told}
    raise TypeError(f"the data contract has no kind {kind.__name__}")


Text = str
Key = Annotated[str, Meta(min_length=1, max_length=200)]
"""Text that something is found by: never empty."""

Texts = list[str]
Date = dt.date
MonthEnd = Annotated[dt.date, Meta(description="The last day of the month that the row is about.")]
Timestamp = Annotated[dt.datetime, Meta(tz=True)]
Money = Annotated[float, Meta(ge=-LARGEST, le=LARGEST, extra={"kind": "money"})]
Number = Annotated[float, Meta(ge=-LARGEST, le=LARGEST, extra={"kind": "number"})]
Fraction = Annotated[float, Meta(ge=0.0, le=1.0, extra={"kind": "fraction"})]
Integer = Annotated[int, Meta(ge=-(2**53), le=2**53)]
Count = Annotated[int, Meta(ge=0, le=2**53)]
Heads = Annotated[int, Meta(ge=1, le=2**53)]
"""Persons of a household, the one whose it is among them."""

Year = Annotated[int, Meta(ge=1900, le=2200)]
Term = Annotated[int, Meta(ge=1, le=600)]
Value = bool | Number | str

ApplicantKind = Literal["company", "sole_trader", "person"]
Repayment = Literal["equal_instalment", "equal_principal", "interest_only", "bullet", "on_demand"]
Verified = Literal["tax", "bank", "document", "none"]


class Row(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """What every row of evidence may carry.

    Attributes:
        row_id: The sender's key of the row; unique within its section.
        party: Whom the row is about; left out, the applicant.
        known_at: When the row could first be known; left out, the date that made it public.
        provider: Where it came from.
    """

    row_id: Key | None = None
    party: Key | None = None
    known_at: Timestamp | None = None
    provider: Text | None = None


class MoneyRow(Row, frozen=True, kw_only=True):
    """A row that holds money, converted to the application's currency before it was sent.

    Attributes:
        original_currency: ISO 4217 code of what it was converted from.
    """

    original_currency: Text | None = None


class Single(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A section that stands once in a document, or a row outside the document: no row_id, party or known_at."""
