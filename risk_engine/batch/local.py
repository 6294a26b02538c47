"""Features of many applicants, from section files, on this machine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from risk_engine.batch.arrow_kinds import KEY
from risk_engine.batch.chunks import APPLICANTS, Chunk, read_chunks
from risk_engine.batch.neutral import chunk_columns
from risk_engine.batch.parts import parts_of, silent
from risk_engine.batch.section_files import applicant_count, digests
from risk_engine.batch.working import counted, in_order
from risk_engine.facts import Fact, FactMatrix
from risk_engine.features.plan import Plan
from risk_engine.progress import Progress, unwatched

COMPUTED = "applicants computed"


def compute_features(
    folder: Path, plan: Plan, *, applicants: int = APPLICANTS, threads: int = 1, progress: Progress = unwatched
) -> tuple[tuple[str, ...], FactMatrix]:
    """Compute a plan's features for every applicant of a folder of section files.

    Args:
        folder: The section files.
        plan: What to compute.
        applicants: At most so many at a time; the values do not depend on it.
        threads: How many chunks to work on at once; the values do not depend on it.
        progress: Is told after each chunk of how many applicants features are computed.

    Returns:
        Application ids, sorted, and their facts in the same order.
    """
    read = read_chunks(folder, _needed(plan), applicants=applicants)
    work = in_order(read, lambda chunk: (chunk.ids, plan.run(chunk_columns(chunk))), threads)
    chunks = list(counted(COMPUTED, work, lambda told: len(told[0]), lambda: applicant_count(folder), progress))
    ids = tuple(key for keys, _ in chunks for key in keys)
    return ids, _stacked(tuple(plan.facts), [matrix for _, matrix in chunks])


def write_features(
    folder: Path,
    plan: Plan,
    out: Path,
    *,
    applicants: int = APPLICANTS,
    threads: int = 1,
    say: Callable[[str], None] = silent,
    progress: Progress = unwatched,
) -> int:
    """Compute a plan's features and write them as Parquet, a chunk at a time, whole or not at all.

    Columns: ``application_id``, then ``name`` (float64; null where there is no value; a word as its place in the
    fact's list) and ``name__state`` (0 value, 1 none, 2 not obtained, 3 not applicable) for each feature.

    A run that was killed goes on where it stopped when it is started again; the bytes are the same.

    Args:
        folder: The section files.
        plan: What to compute.
        out: The file to write.
        applicants: At most so many at a time.
        threads: How many chunks to work on at once; the bytes do not depend on it.
        say: Is told when an earlier run is taken up.
        progress: Is told after each chunk of how many applicants features are computed.

    Returns:
        The number of applicants.
    """
    needed, schema = _needed(plan), _schema(plan.facts)
    features = [feature.to_json() for feature in plan.features]
    made_of = {"sections": digests(folder, needed), "features": features, "applicants": applicants}

    def work(told: tuple[int, Chunk]) -> tuple[int, pa.Table]:
        part, chunk = told
        return part, _table(plan.facts, chunk.ids, plan.run(chunk_columns(chunk)))

    with parts_of(out, made_of, say) as parts:
        made = in_order(parts.unfinished(read_chunks(folder, needed, applicants=applicants)), work, threads)
        parts.write(schema, parts.counted(COMPUTED, made, lambda: applicant_count(folder), progress))
        return parts.join(schema)


def _needed(plan: Plan) -> set[str]:
    """What features read, what was looked up, and who is liable."""
    return {section for fact in plan.facts for section in fact.sections} | {"sources", "parties"}


def _stacked(facts: tuple[Fact, ...], matrices: Sequence[FactMatrix]) -> FactMatrix:
    empty = np.empty((0, len(facts)))
    return FactMatrix(
        facts,
        np.concatenate([empty, *(matrix.values for matrix in matrices)]),
        np.concatenate([empty.astype(np.uint8), *(matrix.states for matrix in matrices)]),
        np.concatenate([empty.astype(np.uint8), *(matrix.causes for matrix in matrices)]),
        np.concatenate([empty.astype(np.bool_), *(matrix.clipped for matrix in matrices)]),
    )


def _schema(facts: Sequence[Fact]) -> pa.Schema:
    fields = [pa.field(KEY, pa.string(), nullable=False)]
    for fact in facts:
        fields += [pa.field(fact.name, pa.float64()), pa.field(f"{fact.name}__state", pa.uint8(), nullable=False)]
    return pa.schema(fields)


def _table(facts: Sequence[Fact], ids: tuple[str, ...], matrix: FactMatrix) -> pa.Table:
    columns = [pa.array(ids, pa.string())]
    for position in range(len(facts)):
        values, states = matrix.values[:, position], matrix.states[:, position]
        columns += [pa.array(values, mask=states != 0), pa.array(states)]
    return pa.Table.from_arrays(columns, schema=_schema(facts))
