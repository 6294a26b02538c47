"""Identifiers of companies and persons: check digits where the issuer publishes them, else length and characters.

An identifier is checked by the scheme of the application's jurisdiction. One that another country issued, or that was
replaced before the data left the lender, says so in front: ``HK:1234567``, ``pseudonym:E123``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from operator import mul

from stdnum.cn import ric

PSEUDONYM = "pseudonym"
"""Issuer of an identifier that replaces the real one, as in data given to a study."""

_issuer = re.compile(rf"([A-Z]{{2}}|{PSEUDONYM}):")
_written = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ./_()-]{0,63}")
_resident_number = re.compile(r"[0-9]{17}[0-9X]")

# GB 32100-2015, here in one line because stdnum takes longer over it than all other checks of a document together.
_CHARACTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_WEIGHTS = (*(pow(3, place, 31) for place in range(17)), 1)
_credit_code = re.compile(rf"[0-9]{{8}}[{_CHARACTERS}]{{10}}")

HINT = "one issued elsewhere is written with its country (HK:1234567), a replaced one as pseudonym:E123"


def expected_identifier(kind: str, identifier: str, jurisdiction: str) -> str:
    """Say what should stand there, or nothing where the identifier is good.

    Args:
        kind: ``company``, ``sole_trader`` (either scheme) or ``person``.
        identifier: As written.
        jurisdiction: ISO 3166 code of the application, with or without a region.

    >>> expected_identifier("company", "91110000600037341L", "CN")
    ''
    >>> expected_identifier("company", "91110000600037341X", "CN")
    'a unified social credit code with its check digit'
    >>> expected_identifier("company", "pseudonym:E123", "CN")
    ''
    """
    issued = _issuer.match(identifier)
    issuer, number = (issued[1], identifier[issued.end() :]) if issued else (jurisdiction[:2], identifier)
    scheme = _SCHEMES.get((issuer, kind))
    if scheme is None:
        return "" if _written.fullmatch(number) else "an identifier of at most 64 letters, digits and ./_()-"
    is_good, expected = scheme
    return "" if is_good(number) else expected


def _is_company(number: str) -> bool:
    if not _credit_code.fullmatch(number):
        return False
    weighted: int = sum(map(mul, map(_CHARACTERS.index, number), _WEIGHTS))
    return weighted % 31 == 0


def _is_person(number: str) -> bool:
    if not _resident_number.fullmatch(number):
        return False
    try:
        return bool(ric.is_valid(number))
    except (
        KeyError
    ):  # stdnum 2.2: check digit and birth date are good, the province is known, its list lacks the county
        return True


def _is_either(number: str) -> bool:
    return _is_company(number) or _is_person(number)


_SCHEMES: dict[tuple[str, str], tuple[Callable[[str], bool], str]] = {
    ("CN", "company"): (_is_company, "a unified social credit code with its check digit"),
    ("CN", "person"): (_is_person, "a resident identity number with its check digit"),
    ("CN", "sole_trader"): (_is_either, "a unified social credit code or resident identity number"),
}
