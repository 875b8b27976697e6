"""Tiers by wastewater and classes by statistics: weighted kappa, with what was left out."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wbe.errors import UsageError
from wbe.indicators.cautions import in_order, kept_areas, mask_of
from wbe.options import require_choice
from wbe.qc.agreement import WEIGHTS, Agreement, kappa

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class TierAgreement:
    """How far two classifications of areas agree beyond chance.

    Attributes
    ----------
    kappa : Agreement
        From `wbe.qc.kappa`: value, interval, p, and whether it is defined.
    carried, carried_lower, carried_upper : float [1]
        Median and interval over the draws of the tiers; NaN without draws.
    areas : tuple of str
        Areas that took part.
    left_out : tuple of (str, str)
        Area and reason: ``sites_by_suspicion``, ``no_tier``, ``no_class``.
    cautions : tuple of str
    """

    kappa: Agreement
    carried: float
    carried_lower: float
    carried_upper: float
    areas: tuple[str, ...]
    left_out: tuple[tuple[str, str], ...]
    cautions: tuple[str, ...]


def agreement_of_tiers(
    areas: Sequence[str],
    tiers: Sequence[str],
    classes: Sequence[str],
    categories: Sequence[str],
    *,
    tier_draws: ArrayLike | None = None,
    weights: str = "linear",
    by_suspicion: ArrayLike | None = None,
    cautions: Iterable[str] = (),
    level: float = 0.95,
) -> TierAgreement:
    """Return weighted kappa of tiers by wastewater and classes by statistics.

    Parameters
    ----------
    areas : sequence of str (n,)
    tiers, classes : sequence of str (n,)
        "" where an area has none: insufficient, suppressed, not distinguishable.
    categories : sequence of str (c,)
        All of them, lowest first, whether they occur or not.
    tier_draws : array_like (draw, n) of int, optional
        Position of each area's tier among the categories in each draw; -1 for none.
    weights : str
        As in `wbe.qc.kappa`.
    by_suspicion, cautions, level
        As in `agreement_of_ranks`.

    Returns
    -------
    TierAgreement

    Raises
    ------
    UsageError
        If lengths differ, a tier is not among the categories, or an option is not possible.

    References
    ----------
    doi:10.1037/h0026256; doi:10.1037/h0028106

    Examples
    --------
    >>> found = agreement_of_tiers(list("abcdef"), ["low", "low", "high", "high", "low", "high"],
    ...     ["low", "high", "high", "high", "low", "low"], ["low", "mid", "high"])
    >>> round(found.kappa.value, 6)
    0.333333
    """
    n = len(areas)
    suspected = mask_of(by_suspicion, n)
    if not n == len(tiers) == len(classes):
        raise UsageError(f"{n} areas, {len(tiers)} tiers and {len(classes)} classes: give one each")
    kept, left_out = kept_areas(
        areas,
        {
            "sites_by_suspicion": suspected,
            "no_tier": np.array([not t for t in tiers], dtype=bool),
            "no_class": np.array([not c for c in classes], dtype=bool),
        },
    )
    one, other = ([str(side[i]) for i in kept] for side in (tiers, classes))
    found = kappa(one, other, categories, weights=weights, level=level)
    also = ["circular_sites"] * bool(suspected.any())
    also += ["uncertainty_not_carried"] * (tier_draws is None)
    ends = [math.nan] * 3
    if tier_draws is not None:
        codes = np.asarray(tier_draws)
        if codes.ndim != 2 or codes.shape[1] != n or codes.dtype.kind not in "iu":
            raise UsageError(f"tier_draws {codes.shape} {codes.dtype} are no integers (draw, {n})")
        against = np.array([list(categories).index(c) for c in other], dtype=np.int64)
        values = _kappas(codes[:, kept], against, len(categories), weights)
        if np.isfinite(values).any():
            ends = np.nanquantile(values, [0.5, (1 - level) / 2, (1 + level) / 2]).tolist()
    names = tuple(str(areas[i]) for i in kept)
    said = in_order((*cautions, *also))
    return TierAgreement(found, ends[0], ends[1], ends[2], names, left_out, said)


def _kappas(codes: Ints, against: Ints, c: int, weights: str) -> Floats:
    """Return kappa of each draw, shape (draw,), of the areas that have a tier in it."""
    require_choice("weights", weights, WEIGHTS)
    apart = np.abs(np.arange(c)[:, None] - np.arange(c)) / (c - 1)
    w = {"unweighted": (apart == 0).astype(float), "linear": 1 - apart}.get(weights, 1 - apart**2)
    out = np.full(len(codes), np.nan)
    there = codes >= 0
    n = there.sum(axis=1)
    cells = np.zeros((len(codes), c, c))
    draw, area = np.nonzero(there)
    np.add.at(cells, (draw, codes[draw, area], against[area]), 1.0)
    some = n > 0
    p = cells[some] / n[some, None, None]
    seen = (p * w).sum(axis=(1, 2))
    chance = np.einsum("di,ij,dj->d", p.sum(axis=2), w, p.sum(axis=1))
    defined = 1 - chance > 1e-12
    values = np.full(len(p), np.nan)
    values[defined] = (seen[defined] - chance[defined]) / (1 - chance[defined])
    out[some] = values
    return out
