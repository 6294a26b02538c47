"""The backtest itself: decide, measure, write."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from risk_engine.backtest.cases import decide_cases
from risk_engine.backtest.report import report
from risk_engine.backtest.results import results
from risk_engine.backtest.tables import write_tables, written_json
from risk_engine.batch import replacing
from risk_engine.bundle import Release
from risk_engine.errors import Fault, TableFaults, UsageError
from risk_engine.progress import Progress, unwatched
from risk_engine.study import Study, write_sections
from risk_engine.study.dataset import load_labels
from risk_engine.study.labels import LABELS

RESULTS, REPORT = "results.json", "report.html"


def backtest(study: Study, release: Release, out: Path, *, threads: int = 1, progress: Progress = unwatched) -> Any:
    """Decide a study's applications with a release, each as of its own moment, and hold that against the outcomes.

    Args:
        study: Whose applications and outcomes.
        release: What decides; it need not be trained on this study.
        out: Receives ``results.json``, ``report.html`` and tables as Parquet, each whole or not at all. The same study,
            release and software write the same bytes.
        threads: Threads of database and batch; the bytes do not depend on it.
        progress: Is told how many sections are selected, then how many applicants are checked and decided.

    Returns:
        What ``results.json`` holds: the waterfall and the warnings first.

    Raises:
        StudyFaults: Anything wrong with the selects, their tables or the labels; outcomes all alike.
        TableFaults: Rows that cannot be decided, such as on a day that the release's policy does not cover.
        UsageError: ``out`` is a file.
        DataError: ``out`` cannot be written.
    """
    if out.exists() and not out.is_dir():  # before minutes of work, not after
        raise UsageError(f"{out} is a file", hint="name a folder")
    labelled = load_labels(study, threads=threads)
    with tempfile.TemporaryDirectory(prefix="risk-engine-") as folder:
        sections = Path(folder) / "sections"
        sections.mkdir()
        written = write_sections(study, sections, threads=threads, progress=progress)
        try:
            cases = decide_cases(
                release, sections, Path(folder) / "decided", labelled, threads=threads, progress=progress
            )
        except TableFaults as error:
            raise TableFaults(_of_study(error.faults, study, sections)) from error
    told = results(study, release, labelled, cases, written.sha256 | {LABELS: labelled.sha256})
    page = report(told, cases)
    # Results say what the other files belong to: they go first and come last.
    (out / RESULTS).unlink(missing_ok=True)
    write_tables(out, told, cases)
    with replacing(out / REPORT) as temporary:
        temporary.write_text(page, encoding="utf-8")
    with replacing(out / RESULTS) as temporary:
        temporary.write_text(written_json(told), encoding="utf-8")
    return told


def _of_study(faults: Iterable[Fault], study: Study, sections: Path) -> list[Fault]:
    """Faults of files that are gone by now, told as the study's."""
    return [replace(one, path=one.path.replace(f"{sections}/", f"{study.path.name}: ")) for one in faults]
