"""Bytes to :class:`Application` and back."""

from __future__ import annotations

import datetime as dt
from itertools import islice
from typing import Any

import msgspec

from risk_engine.application.checks import Seen, check
from risk_engine.application.document import Application
from risk_engine.application.faults import list_faults
from risk_engine.application.kinds import describe_custom, read_custom, write_custom
from risk_engine.application.repeats import may_repeat
from risk_engine.errors import BrokenJson, Fault, InputFaults

_decoder = msgspec.json.Decoder(Application, dec_hook=read_custom)
_encoder = msgspec.json.Encoder(enc_hook=write_custom)


def decode(body: bytes, *, max_faults: int = 100, now: dt.datetime | None = None) -> Application:
    """Read one application document.

    The fast path is a typed decode and the whole-document checks; where it says no, a second walk lists every fault.

    Args:
        body: UTF-8 JSON, without byte order mark.
        max_faults: At most so many faults are listed.
        now: Moment of decision where the document gives no ``as_of``, read in the offset of ``submitted_at``;
            left out, the latest moment the request names.

    Raises:
        InputFaults: Every fault with path, found, expected and hint. Names and identifiers are never told in full.
        BrokenJson: The bytes are not JSON: one fault with its position.

    >>> decode(b'{"application": {}, "applicant": []}', max_faults=1)
    Traceback (most recent call last):
    risk_engine.errors.InputFaults: the application document has faults: $.application.application_id: found nothing, \
expected text of 1 to 200 characters
    """
    try:
        application = _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as told:
        raise _refusal(body, told, max_faults, now) from None
    if may_repeat(body, application):
        faults = list_faults(body, max_faults=max_faults, now=now)
    else:
        faults = list(islice(check(Seen.whole(application, now)), max_faults))
    if faults:
        raise InputFaults(faults)
    return application


def _refusal(body: bytes, told: Exception, max_faults: int, now: dt.datetime | None) -> InputFaults:
    faults = list_faults(body, max_faults=max_faults, now=now)
    if faults:
        return InputFaults(faults)
    # The two readers are tested to agree; should they ever differ, the typed decode's word stands.
    kind = InputFaults if isinstance(told, msgspec.ValidationError) else BrokenJson
    return kind([Fault("$", str(told)[:80], "a document both readers accept")])


def encode(application: Application) -> bytes:
    """Write the document: sections and columns in the contract's order; what is null or default stays out.

    ``decode(encode(application)) == application``, and equal applications give equal bytes.
    """
    return _encoder.encode(application)


def schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of the document.

    >>> schema()["$defs"]["Invoice"]["properties"]["direction"]
    {'enum': ['in', 'out']}
    """
    told = msgspec.json.schema(Application, schema_hook=describe_custom)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Application document", **told}
