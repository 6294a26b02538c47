"""A lender's raw tables turned into section files by the selects of a study."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from risk_engine.batch import check_rows, read_columns, replacing, section_faults, sha256_of, write_section
from risk_engine.errors import Fault, StudyFaults, TableFaults, UsageError, nearest_hint
from risk_engine.progress import Progress, unwatched
from risk_engine.study.attributes import Attribute, attributes_select
from risk_engine.study.definition import Study
from risk_engine.study.protected import protected_ground
from risk_engine.study.reading import Query
from risk_engine.study.warehouse import Warehouse, open_warehouse
from risk_engine.vocabulary import FactType

MANIFEST = "manifest.json"
SELECTED = "sections"
NUMERIC = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT",
           "FLOAT", "DOUBLE", "DECIMAL")  # fmt: skip


@dataclass(frozen=True, slots=True)
class SectionFiles:
    """What was written.

    Attributes:
        folder: Where.
        applicants: How many.
        rows: Rows by section.
        sha256: Hash of each file's bytes, by section.
    """

    folder: Path
    applicants: int
    rows: dict[str, int]
    sha256: dict[str, str]

    def manifest(self, study: Study) -> dict[str, Any]:
        """What ``manifest.json`` says beside the files."""
        sections = {name: {"rows": rows, "sha256": self.sha256[name]} for name, rows in self.rows.items()}
        return {
            "study": study.name,
            "synthetic": study.synthetic,
            "applicants": self.applicants,
            "sections": sections,
            "warnings": list(study.warnings),
        }


def write_sections(study: Study, folder: Path, *, threads: int = 1, progress: Progress = unwatched) -> SectionFiles:
    """Run the selects of a study, check them against the data contract and write one file a section.

    Args:
        study: Whose selects.
        folder: Receives ``<section>.parquet`` files and ``manifest.json``; made where absent.
        threads: Threads of the database; the files are the same with any number.
        progress: Is told after each select how many sections are written, then how many applicants are checked.

    Raises:
        StudyFaults: A select that does not run; an unknown, missing or wrongly typed column; rows that break the
            contract; sources that speak of a section obtained which the study does not select: each with the line of
            the study.
        UsageError: The folder holds Parquet files of something else, which would be read as this study's evidence.
    """
    left = sorted(path.name for path in folder.glob("*.parquet") if path.stem not in study.sections)
    if left:
        raise UsageError(f"{folder} holds {', '.join(left)}, not of study {study.name}", hint="name an empty folder")
    faults: list[Fault] = []
    rows: dict[str, int] = {}
    with open_warehouse(study, threads=threads) as warehouse:
        progress(SELECTED, 0, len(study.sections))
        for done, (name, query) in enumerate(study.sections.items(), start=1):
            try:
                rows[name] = _write(warehouse, study, name, query, folder)
            except StudyFaults as error:
                faults += error.faults
            progress(SELECTED, done, len(study.sections))
    if faults := faults or _unselected(study, folder):
        raise StudyFaults(faults)
    told = {name: f"{query.place}: {name}" for name, query in study.sections.items()}
    try:
        applicants = check_rows(folder, told, progress=progress)
    except TableFaults as error:
        raise StudyFaults(error.faults) from error
    written = SectionFiles(folder, applicants, rows, {name: sha256_of(folder / f"{name}.parquet") for name in rows})
    with replacing(folder / MANIFEST) as temporary:
        temporary.write_text(json.dumps(written.manifest(study), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return written


def _write(warehouse: Warehouse, study: Study, name: str, query: Query, folder: Path) -> int:
    types = warehouse.types(query)
    if "application_id" not in types:
        raise StudyFaults([Fault(f"{query.place}: {name}", "no application_id", "application_id among the columns",
                                  nearest_hint("application_id", types))])  # fmt: skip
    sql = ""
    if name == "attributes":
        faults = _attribute_faults(warehouse, query, types, study.features.attributes)
        if faults:
            raise StudyFaults(faults)
        sql = attributes_select(query.sql, study.features.attributes, types)
    stream = warehouse.sorted_stream(query, sql)
    faults = section_faults(name, f"{query.place}: {name}", stream.schema)
    if faults:
        raise StudyFaults(faults)
    return write_section(folder / f"{name}.parquet", name, stream)


def _unselected(study: Study, folder: Path) -> list[Fault]:
    """Sections whose look-ups say that they were obtained, but which are not there.

    Such an application contradicts itself, and a decision on it is referred: so would be every one of the study.
    """
    if "sources" not in study.sections:
        return []
    told = read_columns(folder / "sources.parquet", ("section", "status"))
    obtained = Counter(
        section for section, status in zip(told["section"], told["status"], strict=True) if status == "obtained"
    )
    return [
        Fault(f"{study.sections['sources'].place}: sources", f"{count} look-ups that obtained {name}",
              f"{name} among the sections", f"select {name}, or leave its look-ups out")
        for name, count in sorted(obtained.items()) if name not in study.sections
    ]  # fmt: skip


def _attribute_faults(
    warehouse: Warehouse, query: Query, types: dict[str, str], attributes: tuple[Attribute, ...]
) -> list[Fault]:
    declared = {one.name: one for one in attributes}
    faults = []
    for column, kind in types.items():
        place = f"{query.place}: attributes: column {column}"
        if column == "application_id":
            continue
        if ground := protected_ground(column):
            faults.append(Fault(place, f"a protected or identifying word: {ground}", "no such column",
                                 "keep it in a side table for fairness tests only"))  # fmt: skip
        elif column not in declared:
            faults.append(Fault(place, "an undeclared attribute", "a name under features: attributes:",
                                 nearest_hint(column, declared)))  # fmt: skip
        elif declared[column].type is FactType.NUMBER and not kind.startswith(NUMERIC):
            faults.append(Fault(place, kind, f"a number, as {declared[column].place} declares"))
        elif declared[column].type is FactType.WORD:
            faults += _word_faults(warehouse, query, place, declared[column])
    for name, one in declared.items():
        if name not in types:
            faults.append(Fault(f"{one.place}: {name}", "an attribute that no column of sections: attributes: carries",
                                 "a column of that name", nearest_hint(name, types)))  # fmt: skip
    return faults


def _word_faults(warehouse: Warehouse, query: Query, place: str, one: Attribute) -> list[Fault]:
    sql = f'select distinct "{one.name}"::varchar as word from (\n{query.sql}\n) where word is not null order by word'  # noqa: S608
    unknown = [word for (word,) in warehouse.rows(Query(sql, query.place)) if word not in one.words]
    return [
        Fault(place, repr(word), f"a word declared on {one.place}", nearest_hint(word, one.words)) for word in unknown
    ]
