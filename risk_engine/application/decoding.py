"""Bytes to :class:`Application` and back."""

from __future__ import annotations

import msgspec

from risk_engine.application.document import Application
from risk_engine.application.kinds import read_custom, write_custom
from risk_engine.errors import BrokenJson, Fault, InputFaults

_decoder = msgspec.json.Decoder(Application, dec_hook=read_custom)
_encoder = msgspec.json.Encoder(enc_hook=write_custom)


def decode(body: bytes, *, max_faults: int = 100) -> Application:
    """Read one application document."""
    try:
        return _decoder.decode(body)
    except msgspec.ValidationError as told:
        raise InputFaults([Fault("$", "a document", str(told))][:max_faults]) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as told:
        raise BrokenJson([Fault("$", "bytes", str(told))]) from None


def encode(application: Application) -> bytes:
    """Write the document: sections and columns in the contract's order, what is left out stays out."""
    return _encoder.encode(application)
