"""Commands as a script meets them: exit code, standard output, lines of standard error."""

from __future__ import annotations

import msgspec
import pytest

from risk_engine.application import encode
from risk_engine.batch import documents
from risk_engine.decision.record import Draft
from risk_engine.decision.underwrite import underwrite
from risk_engine.store import open_store
from tests.batch.conftest import FIRMS, first_of_sample
from tests.conftest import ROOT, SAMPLE

POLICY = ROOT / "risk_engine" / "rules" / "library" / "sme_term_loan"


@pytest.fixture
def refused(run):
    """Run a command that fails; returns its one line, or all of them where several faults are expected."""

    def command(*words, code=2, lines=1):
        ended, out, err = run(*words)
        assert (ended, out) == (code, ""), err
        assert len(err) == lines, err
        assert all(line.startswith("risk-engine: ") for line in err)
        return err[0] if lines == 1 else err

    return command


@pytest.fixture(scope="module")
def decided(release):
    """Three recorded-to-be firms, one of each outcome: document and decision."""
    found = {}
    for one in documents(SAMPLE):
        answer = underwrite(one, release, as_of=one.application.as_of, decision_id="d")
        found.setdefault(answer.outcome.value, (one, answer))
        if len(found) == 3:
            return found
    pytest.fail("the sample lacks an outcome")


@pytest.fixture(scope="module")
def firms(tmp_path_factory):
    """Section files of the sample's first firms."""
    folder = tmp_path_factory.mktemp("firms")
    first_of_sample(folder, FIRMS)
    return folder


@pytest.fixture
def written(decided, tmp_path):
    """The three documents as files."""
    for outcome, (one, _) in decided.items():
        (tmp_path / f"{outcome}.json").write_bytes(encode(one))
    return tmp_path


@pytest.fixture
def database(decided, tmp_path):
    """The three decisions on record."""
    with open_store(f"sqlite:///{tmp_path}/decisions.db", write=True) as store:
        for number, (one, answer) in enumerate(decided.values()):
            told = msgspec.structs.replace(answer, decision_id=f"d{number}")
            store.append(draft(told, encode(one)))
    return tmp_path / "decisions.db"


def draft(decision, request):
    return Draft(
        decision_id=decision.decision_id,
        application_id=decision.application_id,
        key_id="k",
        idempotency_key=None,
        recorded_at="2026-01-01T00:00:00+00:00",
        request=request,
        answer=decision.to_json(),
    )
