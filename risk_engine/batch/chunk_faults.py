"""What is wrong with the rows of a chunk, gathered so that a lender mends a file once, not row by row."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from risk_engine.batch.chunks import Chunk, Part
from risk_engine.errors import Fault, TableFaults

MOST = 100
"""So many faults of a chunk are told; of the others, how many they are."""

_IN_DOCUMENT = re.compile(r"\$\.(?P<section>\w+)(?:\[(?P<row>\d+)\])?(?:\.(?P<column>\w+))?")


def _no_hint(_found: object) -> str:
    return ""


def _plain(cell: pa.Scalar) -> object:
    """As Python has it; a moment that its calendar does not reach, as text."""
    try:
        return cell.as_py()
    except (OverflowError, ValueError):
        return cell.cast(pa.string()).as_py()


class ChunkFaults:
    """The faults of one chunk, in the order found.

    Args:
        chunk: Some applicants.
        only: Positions of those whose wrong rows are told; None tells everybody's.
    """

    def __init__(self, chunk: Chunk, only: Collection[int] | None = None) -> None:
        self._chunk = chunk
        self._only = None if only is None else np.array(sorted(only))
        self._faults: list[Fault] = []
        self._more = 0

    def add(self, fault: Fault) -> None:
        """One fault that knows its place."""
        if len(self._faults) < MOST:
            self._faults.append(fault)
        else:
            self._more += 1

    def rows(
        self,
        part: Part,
        column: str,
        wrong: npt.NDArray[np.bool_],
        expected: str,
        hint: Callable[[object], str] = _no_hint,
    ) -> None:
        """The rows of a section in which a column is wrong.

        Args:
            part: The section.
            column: Its column.
            wrong: A truth for every row.
            expected: What should stand there.
            hint: Says what to do about what stands there.
        """
        culprits = np.flatnonzero(wrong)
        if self._only is not None:
            owners = np.searchsorted(part.offsets, culprits, side="right") - 1
            culprits = culprits[np.isin(owners, self._only)]
        told = culprits[: MOST - len(self._faults)]
        self._more += len(culprits) - len(told)
        for row in told.tolist():
            found = _plain(part.rows.column(column)[row])
            shown = "nothing" if found is None else repr(found)[:80]
            self.add(Fault(part.place(column, row, self._chunk.ids), shown, expected, hint(found)))

    def of_document(self, position: int, faults: Iterable[Fault]) -> None:
        """What the checks of a whole document found in one applicant's rows."""
        for fault in faults:
            self.add(Fault(self._place(position, fault.path), fault.found, fault.expected, fault.hint))

    def tell(self) -> None:
        """Raise what was found, if anything.

        Raises:
            TableFaults: At most 100 faults; then how many more there are.
        """
        if self._more:
            ids = self._chunk.ids
            place = f"applicants {ids[0]} to {ids[-1]}"
            self._faults.append(Fault(place, f"{self._more} more faults", "none", f"the first {MOST} are told"))
        if self._faults:
            raise TableFaults(self._faults)

    def _place(self, position: int, path: str) -> str:
        """File, column and row of a path in the document of one applicant."""
        told = _IN_DOCUMENT.match(path)
        part = self._chunk.parts.get(told["section"]) if told else None
        if told is None or part is None or told["column"] is None:
            return f"{path} of applicant {self._chunk.ids[position]}"
        return part.place(told["column"], int(part.offsets[position]) + int(told["row"] or 0), self._chunk.ids)
