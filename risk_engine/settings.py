"""What a service is told from outside: flags of ``risk-engine serve``, else ``RISK_ENGINE_*``, else defaults."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from risk_engine.errors import UsageError

MEBIBYTE = 1 << 20


class Settings(BaseSettings):
    """Settings of the service; each is also an environment variable, e.g. ``RISK_ENGINE_PORT=9000``.

    Attributes:
        release: Directory of the release, or file of the portfolio, to decide with.
        database: Where decisions are recorded, ``sqlite:///FILE``.
        host: Address to listen on; the default is reached from this machine only.
        port: Port to listen on; 0 takes a free one.
        workers: Processes; SQLite allows one.
        max_body_bytes: Longest request body that is read.
        max_in_flight: Requests worked on at once; more are sent away with 503. Bounds memory together with the body.
        body_seconds: How long a caller may take to send a body.
    """

    model_config = SettingsConfigDict(env_prefix="RISK_ENGINE_", frozen=True, extra="ignore")

    release: Path
    database: str = "sqlite:///decisions.db"
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    workers: int = Field(default=1, ge=1)
    max_body_bytes: int = Field(default=8 * MEBIBYTE, ge=1)
    max_in_flight: int = Field(default=64, ge=1)
    body_seconds: float = Field(default=30.0, gt=0)


def read_settings(**given: Any) -> Settings:
    """Settings from what was given, then the environment, then defaults; a None counts as not given.

    Raises:
        UsageError: Names every setting that is wrong.

    >>> read_settings(release="release", port=9000, host=None).host
    '127.0.0.1'
    >>> read_settings(release="release", port="many")
    Traceback (most recent call last):
        ...
    risk_engine.errors.UsageError: setting port: found 'many', input should be a valid integer, \
unable to parse string as an integer (set RISK_ENGINE_PORT, or the flag of the same name)
    """
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        wrong = error.errors(include_url=False)
        names = [str(entry["loc"][0]) for entry in wrong]
        told = "; ".join(_told(name, entry) for name, entry in zip(names, wrong, strict=True))
        variables = ", ".join(f"RISK_ENGINE_{name.upper()}" for name in names)
        raise UsageError(told, hint=f"set {variables}, or the flag of the same name") from None


def _told(name: str, entry: Mapping[str, Any]) -> str:
    if entry["type"] == "missing":
        return f"setting {name} is missing"
    said = entry["msg"]
    return f"setting {name}: found {entry['input']!r}, {said[0].lower()}{said[1:]}"
