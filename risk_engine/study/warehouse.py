"""The lender's raw tables, read by the selects of a study: the only DuckDB user.

The database lives in memory, loads no extension, reaches no network and may open only the files that the study's own
selects name. A query is one select, so nothing can be written.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from risk_engine.errors import Fault, StudyFaults, nearest_hint
from risk_engine.study.definition import Study
from risk_engine.study.reading import Query

if TYPE_CHECKING:
    import pyarrow as pa

_LINE = re.compile(r"^LINE (\d+):", re.MULTILINE)
_QUOTED = re.compile(r'"([^"]+)"')
_MISSING_COLUMN = re.compile(r'Referenced column "([^"]+)" not found')
_FILE = re.compile(r"'([^'\n]+\.(?:parquet|csv|tsv|json|jsonl|ndjson)(?:\.gz|\.zst)?)'")
_GLOB = re.compile(r"[*?\[]")
_PREFIX = re.compile(r"^\w+ Error: ")
EXPECTED = (
    (duckdb.ParserException, "one SQL select"),
    (duckdb.PermissionException, "files named in single quotes, with their ending"),
    (duckdb.IOException, "files that exist and can be read"),
    (duckdb.BinderException, "columns and functions that exist"),
    (duckdb.CatalogException, "tables, files and functions that exist"),
    (duckdb.ConversionException, "values that can be read as the type asked for"),
)


class Warehouse:
    """An open database over the study's files; made by :func:`open_warehouse`."""

    def __init__(self, study: Study, connection: duckdb.DuckDBPyConnection) -> None:
        self._study = study
        self._connection = connection

    def types(self, query: Query) -> dict[str, str]:
        """Column names of a select with DuckDB's name of each type."""
        with self._telling(query):
            relation = self._relation(query)
            return {name: str(kind) for name, kind in zip(relation.columns, relation.types, strict=True)}

    def rows(self, query: Query, columns: Sequence[str] = ()) -> list[tuple[Any, ...]]:
        """All rows of a select, in its own order; only the columns named, where any are."""
        with self._telling(query):
            relation = self._relation(query)
            return list((relation.select(*columns) if columns else relation).fetchall())

    def schema(self, query: Query) -> pa.Schema:
        """The Arrow schema of a select."""
        with self._telling(query):
            return self._relation(query).limit(0).to_arrow_table().schema

    def keep(self, table: str, query: Query, columns: str = "*") -> None:
        """Keep the rows of a select as a table that :meth:`ask` can read.

        Args:
            table: Its name.
            query: The select as written; faults name its lines.
            columns: What to keep of it, in SQL.
        """
        with self._telling(query):
            self._relation(query)
            text = self._filled(query.sql)
            self._connection.execute(f"create temp table {table} as select {columns} from (\n{text}\n)")  # noqa: S608

    def ask(self, sql: str, values: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
        """Rows of the engine's own select over kept tables; ``$name`` stands for a value."""
        return list(self._connection.execute(sql, dict(values or {})).fetchall())

    def sorted_stream(self, query: Query, sql: str = "") -> pa.RecordBatchReader:
        """An Arrow record batch reader over the rows, sorted by application_id and then by every other column.

        Args:
            query: The select as written; faults name its lines.
            sql: What is run instead of the select itself.
        """
        with self._telling(query):
            self._relation(query)
            text = self._filled(sql or query.sql)
            key_first = "select application_id, * exclude (application_id)"
            # Kept whole first (it may spill to the disk), so that a value that cannot be read is told here.
            self._connection.execute(
                f"create or replace temp table section as {key_first} from (\n{text}\n) order by all"
            ).fetchall()
            return self._connection.sql("from section").to_arrow_reader()

    def _relation(self, query: Query) -> duckdb.DuckDBPyRelation:
        text = self._filled(query.sql)
        faults = [_missing(query, found) for found in _FILE.finditer(text) if not _there(Path(found.group(1)))]
        if faults:
            raise StudyFaults(faults)
        statements = self._connection.extract_statements(text)
        if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
            kinds = ", ".join(statement.type.name for statement in statements) or "nothing"
            raise StudyFaults([Fault(query.place, kinds, "one SQL select")])
        # Only this way of asking tells the line of an unknown column.
        self._connection.execute(f"describe {text}").fetchall()
        return self._connection.sql(text)

    def _filled(self, sql: str) -> str:
        return filled(self._study, sql)

    @contextmanager
    def _telling(self, query: Query) -> Iterator[None]:
        try:
            yield
        except duckdb.Error as error:
            raise StudyFaults([_fault(query, error)]) from error


@contextmanager
def open_warehouse(study: Study, *, threads: int = 1) -> Iterator[Warehouse]:
    """Open a database over a study's files.

    Args:
        study: Names the data folder; relative paths in selects are from the study's own folder.
        threads: Threads the database may use; the rows are the same with any number.
    """
    with tempfile.TemporaryDirectory(prefix="risk-engine-") as spill:
        connection = duckdb.connect(
            config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false", "threads": threads}
        )
        try:
            queries = [*study.sections.values(), *study.target.queries]
            named = {found.group(1) for query in queries for found in _FILE.finditer(filled(study, query.sql))}
            folders = {str(Path(path).parent) + "/" for path in named if _GLOB.search(path)}
            for setting in (
                f"allowed_paths = [{_listed(named)}]",
                f"allowed_directories = [{_listed(folders)}]",
                f"temp_directory = {_listed([spill])}",
                "enable_progress_bar = false",
                "python_enable_replacements = false",
                "timezone = 'UTC'",  # else a select that turns a moment into a date depends on the machine
                "enable_external_access = false",
                "lock_configuration = true",
            ):
                connection.execute(f"set {setting}")
            yield Warehouse(study, connection)
        finally:
            connection.close()


def filled(study: Study, sql: str) -> str:
    """A select with the data folder filled in and every file it names made absolute."""
    text = sql.rstrip().removesuffix(";")
    if study.data is not None:
        text = text.replace("${DATA}", str(study.data))
    return _FILE.sub(lambda found: f"'{os.path.normpath(study.path.parent / found.group(1))}'", text)


def _listed(paths: Iterable[str]) -> str:
    return ", ".join("'" + path.replace("'", "''") + "'" for path in sorted(paths))


def _there(path: Path) -> bool:
    return bool(_GLOB.search(str(path))) or path.is_file()


def _missing(query: Query, found: re.Match[str]) -> Fault:
    path = Path(found.group(1))
    line = found.string.count("\n", 0, found.start()) + 1
    others = sorted(other.name for other in path.parent.glob("*")) if path.parent.is_dir() else []
    hint = nearest_hint(path.name, others) if others else f"no folder {path.parent}"
    return Fault(_line(query, line), f"no file {path}", "a file that exists", hint)


def _fault(query: Query, error: duckdb.Error) -> Fault:
    told = str(error)
    expected = next((words for kind, words in EXPECTED if isinstance(error, kind)), "a select that runs")
    found = _PREFIX.sub("", told.strip().split("\n", maxsplit=1)[0])[:200]
    return Fault(_place(query, told), found, expected, _hint(told))


def _place(query: Query, told: str) -> str:
    """The line of the study that holds the line of the select which the database complains about."""
    line = _LINE.search(told)
    return query.place if line is None else _line(query, int(line.group(1)))


def _line(query: Query, line: int) -> str:
    if "\n" not in query.sql:
        return query.place
    file, _, first = query.place.rpartition(":")
    return f"{file}:{int(first) + line}"


def _hint(told: str) -> str:
    if column := _MISSING_COLUMN.search(told):
        candidates = _QUOTED.findall(told.partition("Candidate bindings:")[2].partition("\n")[0])
        return nearest_hint(column.group(1), candidates) or f"there are {', '.join(candidates[:5])}"
    return ""
