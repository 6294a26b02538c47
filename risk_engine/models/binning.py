"""Bins of one fact: frozen data that says, for every value and every state, which bin it falls in.

Weight of evidence of a bin, with ``g``, ``b`` its goods and bads, ``G``, ``B`` those of all bins, ``N = G + B``:

    WoE = ln( (g/G + e^a m/N) / (b/B + m/N) )

``m`` pseudo-rows shrink a thin bin towards ``a``, its anchor, and are the rule for empty cells too. ``a`` is 0, the
whole sample, except for NONE, which is anchored at the worst bin of values (at most 0): it must earn its weight from
rows, and where training never saw it, it reads as the adverse end. With ``m = 0`` the formula is the textbook's
ln(share of goods / share of bads).

NOT_OBTAINED ends at its own WoE, at that of the worst other bin, or at 0, whichever is lowest, however its rows turned
out: withholding a fact never adds a point. A lender for whom "nobody asked" is harmless declares it NONE.
"""

from __future__ import annotations

import itertools
import math
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, Self

import msgspec
import numpy as np
import numpy.typing as npt

from risk_engine.errors import ReleaseError
from risk_engine.vocabulary import State

Floats = npt.NDArray[np.float64]
Kind = Literal["numbers", "words", "special", "none", "not_obtained", "not_applicable"]
STATE_KINDS: dict[State, Kind] = {
    State.NONE: "none",
    State.NOT_OBTAINED: "not_obtained",
    State.NOT_APPLICABLE: "not_applicable",
}


def weight_of_evidence(
    goods: float, bads: float, all_goods: float, all_bads: float, *, pseudo_rows: float = 0.0, anchor: float = 0.0
) -> float:
    """WoE of one bin; the formula stands at the top of this module.

    Args:
        goods: Goods in the bin.
        bads: Bads in the bin.
        all_goods: Goods in all bins, above 0.
        all_bads: Bads in all bins, above 0.
        pseudo_rows: ``m``; with 0, an empty cell is an error.
        anchor: What a bin without rows reads.

    >>> round(weight_of_evidence(2, 1, 803, 397), 6)  # MathWorks CreditCardData, bin '21'
    -0.011271
    >>> weight_of_evidence(0, 0, 803, 397, pseudo_rows=5, anchor=-0.5)
    -0.5
    """
    extra = pseudo_rows / (all_goods + all_bads)
    return math.log((goods / all_goods + math.exp(anchor) * extra) / (bads / all_bads + extra))


class Bin(msgspec.Struct, frozen=True, rename={"lower": "from", "upper": "below"}):
    """One bin: what falls in it, whom it held in training, what it weighs.

    Attributes:
        kind: ``numbers`` [lower, upper); ``words`` or ``special`` by code; or one state.
        goods: Goods of the training rows in it.
        bads: Bads of the training rows in it.
        woe: Weight of evidence, above 0 for safety.
        lower: First number of the bin; None is minus infinity.
        upper: First number past the bin; None is plus infinity.
        codes: Codes of the words, or the one special code.
    """

    kind: Kind
    goods: int
    bads: int
    woe: float
    lower: float | None = None
    upper: float | None = None
    codes: tuple[float, ...] = ()

    @property
    def span(self) -> str:
        """What falls in it, in words.

        >>> Bin("numbers", 5, 5, 0.0, None, 1.5).span, Bin("words", 5, 5, 0.0, codes=(0.0, 2.0)).span
        ('below 1.5', 'words 0, 2')
        """
        if self.kind != "numbers":
            return " ".join([self.kind.replace("_", " "), ", ".join(f"{code:g}" for code in self.codes)]).rstrip()
        ends = (("from", self.lower), ("below", self.upper))
        return " ".join(f"{word} {end:g}" for word, end in ends if end is not None) or "any number"

    def to_json(self) -> dict[str, Any]:
        """Plain data; what does not apply to the kind is left out."""
        plain: dict[str, Any] = {"kind": self.kind, "goods": self.goods, "bads": self.bads, "woe": self.woe}
        if self.kind == "numbers":
            plain |= {"from": self.lower, "below": self.upper}
        if self.codes:
            plain["codes"] = list(self.codes)
        return plain


@dataclass(frozen=True)
class BinnedFact:
    """The bins of one fact, in order: values, special codes, then NONE, NOT_OBTAINED, NOT_APPLICABLE.

    A fact whose NONE reads as a number has no bin for NONE: it falls where that number falls.

    Attributes:
        name: The fact.
        bins: All its bins.
        none_reads_as: The number NONE is read as; None where it has its own bin.

    >>> fact = BinnedFact("x", (Bin("numbers", 5, 5, -0.4, None, 1.5), Bin("numbers", 8, 2, 0.4, 1.5, None),
    ...     Bin("not_obtained", 0, 0, -0.4), Bin("not_applicable", 0, 0, 0.0)), none_reads_as=2.0)
    >>> fact.locate(np.array([1.0, 1.5, np.nan, np.nan]), np.array([0, 0, 1, 2])).tolist()
    [0, 1, 1, 2]
    >>> fact.locate_one(1.5, 0)
    1
    """

    name: str
    bins: tuple[Bin, ...]
    none_reads_as: float | None = None

    def _of(self, kind: Kind) -> list[int]:
        return [index for index, found in enumerate(self.bins) if found.kind == kind]

    @cached_property
    def edges(self) -> list[float]:
        """Inner edges of the number bins, rising."""
        return [float(self.bins[i].lower or 0.0) for i in self._of("numbers")[1:]]

    @cached_property
    def by_code(self) -> dict[float, int]:
        """Bin of each special code, or of each word's code."""
        return {code: index for index, found in enumerate(self.bins) for code in found.codes}

    @cached_property
    def of_state(self) -> tuple[int, ...]:
        """Bin of each state, by the state's number; the place of VALUE is not used."""
        found = {state: self._of(kind) for state, kind in STATE_KINDS.items()}
        if self.none_reads_as is not None:
            found[State.NONE] = [self.find(self.none_reads_as)]
        if not all(len(found[state]) == 1 for state in STATE_KINDS):
            raise ReleaseError(f"the scorecard's bins of {self.name} do not cover every state", hint="train it again")
        return (-1, found[State.NONE][0], found[State.NOT_OBTAINED][0], found[State.NOT_APPLICABLE][0])

    @cached_property
    def find(self) -> Callable[[float], int]:
        """The bin of a known value."""
        by_code, edges = self.by_code, self.edges

        def find(value: float) -> int:
            index = by_code.get(value)
            return bisect_right(edges, value) if index is None else index

        return find

    def locate_one(self, value: float, state: int) -> int:
        """The bin of one value: the short path for one applicant."""
        return self.of_state[state] if state else self.find(value)

    def locate(self, values: Floats, states: npt.NDArray[Any]) -> npt.NDArray[np.intp]:
        """The bin of every value (n,), given its state (n,)."""
        index = np.searchsorted(np.asarray(self.edges), values, side="right")
        for code, place in self.by_code.items():
            index[values == code] = place
        for state in STATE_KINDS:
            index[states == int(state)] = self.of_state[state]
        return index

    @property
    def woe(self) -> Floats:
        """Weights of evidence, one per bin."""
        return np.array([found.woe for found in self.bins])

    @property
    def information_value(self) -> float:
        """IV = sum over bins of (share of goods - share of bads) WoE, with the shrunken WoE."""
        goods, bads = sum(found.goods for found in self.bins), sum(found.bads for found in self.bins)
        return math.fsum((found.goods / goods - found.bads / bads) * found.woe for found in self.bins)

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "name": self.name,
            "none_reads_as": self.none_reads_as,
            "bins": [found.to_json() for found in self.bins],
        }

    @classmethod
    def from_json(cls, plain: dict[str, Any]) -> Self:
        """Read back what :meth:`to_json` wrote."""
        return msgspec.convert(plain, cls)


def count_bins(
    empty: BinnedFact,
    values: Floats,
    states: npt.NDArray[Any],
    is_bad: npt.NDArray[np.bool_],
    pseudo_rows: float,
) -> BinnedFact:
    """Fill empty bins with the counts of a sample and weigh them."""
    index = empty.locate(values, states)
    bads = np.bincount(index[is_bad], minlength=len(empty.bins)).tolist()
    goods = np.bincount(index[~is_bad], minlength=len(empty.bins)).tolist()
    total = (sum(goods), sum(bads))

    def weigh(place: int, anchor: float = 0.0) -> float:
        return weight_of_evidence(goods[place], bads[place], *total, pseudo_rows=pseudo_rows, anchor=anchor)

    kinds = [found.kind for found in empty.bins]
    worst = min([0.0, *(weigh(place) for place, kind in enumerate(kinds) if kind in {"numbers", "words"})])
    woe = [weigh(place, worst if kind == "none" else 0.0) for place, kind in enumerate(kinds)]
    woe[kinds.index("not_obtained")] = min(0.0, *woe)
    filled = [
        Bin(found.kind, goods[place], bads[place], woe[place], found.lower, found.upper, found.codes)
        for place, found in enumerate(empty.bins)
    ]
    return BinnedFact(empty.name, tuple(filled), empty.none_reads_as)


def empty_bins(
    name: str,
    *,
    splits: Sequence[float] = (),
    words: Sequence[Sequence[float]] = (),
    specials: Sequence[float] = (),
    none_reads_as: float | None = None,
) -> BinnedFact:
    """Bins without counts, from the inner edges of numbers or from groups of word codes."""
    made: list[Bin] = []
    if words:
        made += [Bin("words", 0, 0, 0.0, codes=tuple(group)) for group in words]
    else:
        ends = [None, *(float(split) for split in splits), None]
        made += [Bin("numbers", 0, 0, 0.0, low, high) for low, high in itertools.pairwise(ends)]
    made += [Bin("special", 0, 0, 0.0, codes=(float(code),)) for code in specials]
    made += [
        Bin(kind, 0, 0, 0.0) for state, kind in STATE_KINDS.items() if state is not State.NONE or none_reads_as is None
    ]
    return BinnedFact(name, tuple(made), none_reads_as)
