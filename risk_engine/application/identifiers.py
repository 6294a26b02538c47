"""Identifiers of companies and persons: check digits where the issuer publishes them, else length and characters.

An identifier is checked by the scheme of the application's jurisdiction. One that another country issued, or that was
replaced before the data left the lender, says so in front: ``HK:1234567``, ``pseudonym:E123``.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from stdnum.cn import ric, uscc

PSEUDONYM = "pseudonym"
"""Issuer of an identifier that replaces the real one, as in data given to a study."""

_issuer = re.compile(rf"([A-Z]{{2}}|{PSEUDONYM}):")
_written = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ./_()-]{0,63}")
_eighteen = re.compile(r"[0-9A-Z]{18}")

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
    return bool(_eighteen.fullmatch(number) and uscc.is_valid(number))


def _is_person(number: str) -> bool:
    try:
        return bool(_eighteen.fullmatch(number) and ric.is_valid(number))
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
