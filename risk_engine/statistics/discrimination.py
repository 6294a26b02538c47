"""How well a risk measure ranks bads above goods: AUC, Gini, KS."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

from risk_engine.errors import DataError


@dataclass(frozen=True, slots=True)
class Measure:
    """One statistic of one sample, with the counts it rests on.

    Attributes:
        name: ``auc``, ``gini``, ``ks``, ``brier`` or ``log_loss``.
        value: The figure.
        rows: Rows in the sample.
        bads: Bads among them.
    """

    name: str
    value: float
    rows: int
    bads: int

    def __float__(self) -> float:
        return self.value


def checked(is_bad: npt.ArrayLike, risk: npt.ArrayLike) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.float64]]:
    """Both arrays in their own types, one-dimensional, of one length and free of NaN.

    Raises:
        DataError: Otherwise.
    """
    bad = np.asarray(is_bad)
    risks: npt.NDArray[np.float64] = np.asarray(risk, dtype=np.float64)
    if bad.ndim != 1 or bad.shape != risks.shape or not bad.size:
        raise DataError(
            f"outcomes of shape {bad.shape} and risks of shape {risks.shape}",
            hint="give one outcome and one risk per row, at least one row",
        )
    if np.isnan(risks).any():
        raise DataError("a risk is NaN", hint="score every row before measuring")
    return bad.astype(np.bool_), risks


def _both_classes(is_bad: npt.ArrayLike, risk: npt.ArrayLike) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.float64]]:
    bad, risks = checked(is_bad, risk)
    if bad.all() or not bad.any():
        raise DataError("only one class in the sample", hint="discrimination needs goods and bads")
    return bad, risks


def _measure(name: str, value: float, bad: npt.NDArray[np.bool_]) -> Measure:
    return Measure(name, float(value), int(bad.size), int(bad.sum()))


def auc(is_bad: npt.ArrayLike, risk: npt.ArrayLike) -> Measure:
    """Probability that a random bad is riskier than a random good; ties count one half.

    Mann-Whitney form: AUC = (R - m(m+1)/2) / (mn), R the rank sum of the m bads among m+n rows (Bamber 1975).

    Args:
        is_bad: (n,) outcomes, 1 = bad.
        risk: (n,) any measure that rises with risk.

    Raises:
        DataError: One class only, NaN, or shapes that differ.

    >>> float(auc([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]))
    0.75
    """
    bad, risks = _both_classes(is_bad, risk)
    bads = int(bad.sum())
    rank_sum = rankdata(risks)[bad].sum()
    return _measure("auc", (rank_sum - bads * (bads + 1) / 2) / (bads * (bad.size - bads)), bad)


def gini(is_bad: npt.ArrayLike, risk: npt.ArrayLike) -> Measure:
    """Gini coefficient = accuracy ratio = Somers' D = 2 AUC - 1.

    >>> float(gini([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]))
    0.5
    """
    bad, _ = _both_classes(is_bad, risk)
    return _measure("gini", 2 * float(auc(is_bad, risk)) - 1, bad)


def ks(is_bad: npt.ArrayLike, risk: npt.ArrayLike) -> Measure:
    """Kolmogorov-Smirnov distance: max over cut-offs of the gap between F_bad and F_good.

    >>> float(ks([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]))
    0.5
    """
    bad, risks = _both_classes(is_bad, risk)
    cuts = np.unique(risks)
    bad_share = np.searchsorted(np.sort(risks[bad]), cuts, side="right") / bad.sum()
    good_share = np.searchsorted(np.sort(risks[~bad]), cuts, side="right") / (~bad).sum()
    return _measure("ks", np.abs(bad_share - good_share).max(), bad)
