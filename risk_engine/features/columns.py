"""Documents and tables become the same thing: n applicants in neutral numpy form, ready for the kernels.

Rows not yet known are left out and counted, unrevealed values are null, rows stand in canonical order, sections
have states, causes and coverage, and those that contradict themselves are invalid. Nothing after this place
needs to think of time.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt

from risk_engine.application import LISTS, SECTIONS, SINGLES, Application
from risk_engine.errors import DataError, UsageError
from risk_engine.features.coverage import NAMES, PLACE, Coverage, cover
from risk_engine.features.household import ALONE, CO_BORROWER, HOUSEHOLD, PERSON, Household
from risk_engine.features.integrity import broken
from risk_engine.features.lender_attributes import Attributes
from risk_engine.features.prepared import Moments, PreparedSection
from risk_engine.features.row_sources import DocumentRows, RowSource, TableRows, number_of
from risk_engine.features.section_kernels import DAY
from risk_engine.features.tables import ApplicantTable, Bytes, Floats, SectionTable, Truths
from risk_engine.vocabulary import Cause, State


class Columns:
    """n applicants, prepared.

    Attributes:
        moments: ``as_of``, offset and ``now`` of each.
        coverage: States, causes and covered days of each section.
        ignored_rows: Rows at or after ``as_of``, or on its day, that were left out, (n,).
    """

    def __init__(
        self,
        moments: Moments,
        sources: Mapping[str, RowSource],
        singles: Mapping[str, Singles],
        not_applicable: Mapping[str, npt.NDArray[np.bool_]],
        *,
        document: bool,
    ) -> None:
        self.moments = moments
        self._singles = singles
        parties = PreparedSection(SECTIONS["parties"], sources["parties"], moments) if "parties" in sources else None
        household = self._household(parties)
        # Who is liable is read from one section before the others.
        self._sections = {} if parties is None else {"parties": parties}
        for name, source in sources.items():
            if name != "parties":
                self._sections[name] = PreparedSection(SECTIONS[name], source, moments, household)
        stand = {name: held.there for name, held in singles.items()}
        self.coverage: Coverage = cover(self._sections, stand, moments.now, household.owners, document=document)
        self._wrong = self._contradictions()
        self._settle(not_applicable)
        self.ignored_rows = np.zeros(len(moments.now), np.int64)
        for section in self._sections.values():
            if section.told is not None:
                self.ignored_rows += section.ignored
        self._attributes: Attributes | None = None

    def _household(self, parties: PreparedSection | None) -> Household:
        """Who is liable: the applicants, and co-borrowers of persons; a firm's evidence stays its own."""
        if parties is None or not len(parties.kept):
            return ALONE
        n = len(self.moments.now)
        kind = self.single("applicant", "kind")
        persons = np.zeros(n, np.bool_) if kind is None else kind == PERSON
        beside = (parties.as_sent("role") == CO_BORROWER) & np.repeat(persons, np.diff(parties.offsets))
        return Household(n, parties.offsets, parties.as_sent("party"), parties.texts("party"), beside)

    def _contradictions(self) -> Truths | None:
        """Sections that contradict themselves, or what is known of them, (sections, n); None where none does."""
        wrong = self.coverage.short.copy()
        for name, section in self._sections.items():
            if (found := broken(section)) is not None:
                wrong[PLACE[name]] |= found
            if section.unlisted is not None:
                wrong[PLACE[name]] |= section.unlisted > 0
        return wrong if np.count_nonzero(wrong) else None

    def _settle(self, not_applicable: Mapping[str, npt.NDArray[np.bool_]]) -> None:
        """States and causes of sections that contradict themselves, and of those that do not concern the applicant."""
        states, causes = self.coverage.states, self.coverage.causes
        if self._wrong is not None:
            states[self._wrong], causes[self._wrong] = int(State.NOT_OBTAINED), int(Cause.INVALID)
        for name, mask in not_applicable.items():
            states[PLACE[name]][mask] = int(State.NOT_APPLICABLE)
            causes[PLACE[name]][mask] = int(Cause.NO_CAUSE)

    def __len__(self) -> int:
        return len(self.moments.now)

    def section(self, name: str) -> PreparedSection | None:
        """The rows of a section; None where nobody has any."""
        return self._sections.get(name)

    def single(self, section: str, column: str) -> Floats | None:
        """A column of a section that stands once, (n,); None where it is null throughout."""
        held = self._singles.get(section)
        return None if held is None else held.column(column, self.moments)

    def attribute(self, name: str, words: tuple[str, ...] | None) -> tuple[Floats, Bytes, Bytes]:
        """Values, states and causes of one of the lender's own attributes, (n,) each."""
        return self._lender().read(name, words)

    def attribute_row(self, name: str, row: int) -> int | None:
        """Position in the section ``attributes`` of the row that one applicant's attribute is read from, if any."""
        return self._lender().row(name, row)

    def _lender(self) -> Attributes:
        if self._attributes is None:
            place = PLACE["attributes"]
            self._attributes = Attributes(
                self.section("attributes"), self.coverage.states[place], self.coverage.causes[place]
            )
        return self._attributes

    def section_state(self, name: str) -> tuple[Bytes, Bytes]:
        """States and causes of a section, (n,) each."""
        return self.coverage.states[PLACE[name]], self.coverage.causes[PLACE[name]]

    def covers(self, name: str) -> tuple[Floats, Floats]:
        """First covered day and the day after the last, (n,) each; -inf where nothing limits the first."""
        return self.coverage.starts[PLACE[name]], self.coverage.ends[PLACE[name]]

    def broken(self, row: int) -> tuple[str, ...]:
        """The sections of one applicant that contradict themselves."""
        if self._wrong is None:
            return ()
        return tuple(NAMES[place] for place in np.flatnonzero(self._wrong[:, row]).tolist())

    def undecided(self, row: int) -> tuple[str, ...]:
        """Sections that tell of somebody beside a person, incomes or debts, without saying that they are liable."""
        kind = self.single("applicant", "kind")
        if kind is None or kind[row] != PERSON:
            return ()
        beside = ((name, self._sections.get(name)) for name in HOUSEHOLD)
        return tuple(name for name, held in beside if held is not None and held.beside(row))

    def notes(self, row: int) -> tuple[str, ...]:
        """What a reader of one applicant's answer should know."""
        assumed = [
            f"coverage of {NAMES[at]} assumed from first row"
            for at in self.coverage.assumed[:, row].nonzero()[0].tolist()
            if NAMES[at] != "sources"
        ]
        ignored = int(self.ignored_rows[row])
        dropped = [f"{ignored} rows at or after as_of ignored"] if ignored else []
        others = [*self._others(row)]
        return (*assumed, *dropped, *others, *(f"{name} contradicts itself" for name in self.broken(row)))

    def _others(self, row: int) -> Iterator[str]:
        """Rows that were not counted because of whom they are about."""
        for name in NAMES:
            section = self._sections.get(name)
            if section is None or section.not_liable is None or section.unlisted is None:
                continue
            if section.beside(row) and name not in ("sources", "consents"):  # which are about whoever they name
                yield f"{section.beside(row)} rows of {name} are about parties who are not liable, and do not count"
            if section.unlisted[row]:
                yield f"{section.unlisted[row]} rows of {name} are about parties that the case does not list"


class Singles:
    """A section that stands once per applicant.

    Attributes:
        there: Whether it does, (n,).
    """

    def __init__(self, section: str, source: Mapping[str, Floats] | object, there: Truths) -> None:
        self._contract = SECTIONS[section]
        self._source = source
        self.there = there

    def column(self, name: str, moments: Moments) -> Floats | None:
        """A column in neutral form, timestamps as local days; None where nobody has it."""
        held = self._contract.columns[name]
        raw: Floats | None
        if isinstance(self._source, Mapping):
            raw = self._source.get(name)
        else:
            plain = getattr(self._source, held.attribute)
            if plain is None:
                return None
            raw = number_of(held.kind, [held.words.index(plain) if held.kind == "word" else plain], optional=False)
        return (raw + moments.offset) / DAY if raw is not None and held.kind == "timestamp" else raw


def from_document(
    application: Application, *, as_of: dt.datetime | None = None, not_applicable: frozenset[str] = frozenset()
) -> Columns:
    """One applicant, from a decoded document.

    Args:
        application: The document.
        as_of: The moment of decision; the document's own where it is left out.
        not_applicable: Sections the policy says do not concern this applicant.

    Raises:
        UsageError: Neither says when.
    """
    moment = as_of or application.application.as_of
    if moment is None:
        raise UsageError("the document does not say as of when to decide", hint="set application.as_of")
    offset = moment.utcoffset()
    minutes = 0.0 if offset is None else offset.total_seconds() / 60.0
    sources: dict[str, RowSource] = {
        name: DocumentRows(SECTIONS[name], application.columns(name), len(rows))
        for name, rows in application.listed.items()
    }
    there = np.array([True])
    return Columns(
        Moments.of(np.array([moment.timestamp()]), np.array([minutes])),
        sources,
        {name: Singles(name, getattr(application, name), there) for name in SINGLES},
        {name: np.ones(1, np.bool_) for name in not_applicable},
        document=True,
    )


def from_tables(
    applicants: ApplicantTable,
    tables: Mapping[str, SectionTable],
    *,
    not_applicable: Mapping[str, npt.NDArray[np.bool_]] | None = None,
) -> Columns:
    """Many applicants, from tables in neutral form.

    A table cannot tell an empty list from an absent one: an applicant without rows of a section has obtained it
    only where ``sources`` says so. Sections of training only are left aside.

    Args:
        applicants: The moments of decision of n applicants.
        tables: By section, of the same n applicants in the same order.
        not_applicable: By section whom it does not concern as the policy says, (n,).

    Raises:
        DataError: A table is about another number of applicants, or an applicant asks twice.

    >>> days, amounts = np.array([18290.0, 18300.0]), np.array([5.0, 7.0])
    >>> invoices = SectionTable(np.array([0, 2, 2]), {"issued_on": days, "net_amount": amounts})
    >>> columns = from_tables(ApplicantTable(np.full(2, 1.6e9), np.zeros(2)), {"invoices": invoices})
    >>> [State(state).name for state in columns.section_state("invoices")[0]]
    ['VALUE', 'NOT_OBTAINED']
    """
    n = len(applicants)
    for name, table in tables.items():
        if len(table.offsets) != n + 1:
            raise DataError(f"table {name} tells of {len(table.offsets) - 1} applicants, the requests of {n}")
    singles = {name: Singles(name, *_one_each(name, tables[name], n)) for name in SINGLES if name in tables}
    return Columns(
        Moments.of(applicants.as_of, applicants.offset_minutes),
        {name: TableRows(tables[name]) for name in LISTS if name in tables},
        singles,
        not_applicable or {},
        document=False,
    )


def _one_each(name: str, table: SectionTable, n: int) -> tuple[Mapping[str, Floats], Truths]:
    counts = np.diff(table.offsets)
    if np.any(counts > 1):
        row = int(np.argmax(counts > 1))
        raise DataError(f"applicant {row} has {counts[row]} rows of {name}", hint="one row per application_id")
    there = counts == 1
    spread = {}
    for column, values in table.columns.items():
        spread[column] = np.full(n, np.nan)
        spread[column][there] = values
    return spread, there
