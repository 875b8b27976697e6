"""Source classes of the areas of a campaign, round by round, for internal use.

Levels are those of the tiers; ratios are of samples in which both residues were measured, so that
flow and population cancel. Nothing is asked of the user: where a campaign lacks the residues there
is no table.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from wbe.backcalc import rows
from wbe.emerging.source_classes import SourceClasses, classify_sources
from wbe.emerging.source_evidence import LEVEL, Evidence, learn_background
from wbe.schema import CENSORED
from wbe.spatial.members import ROUTINE
from wbe.uncertainty import Z95, propagate

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

PRIORS: Final = ("routine", "even")
"""Priors that are shown side by side: what the flags rest on, and what the data say alone."""

QUANTITIES: Final = ("pn_mass_load", "pn_consumption")
"""Quantities of the tiers that a level can be taken from."""

MOST_ERRORS: Final = 200
"""Samples, spread over the campaign, that the error of a ratio is the median of."""

TOO_FEW: Final = "insufficient_data"
"""Flag of the tiers for an area with too few points to speak for it."""

_MEDIAN_TO_MEAN: Final = 1.2533141373155
"""Standard error of a median over that of a mean, for normal values: sqrt(pi / 2)."""

_WIDTH: Final = 2 * Z95


@dataclass(frozen=True)
class Ratio:
    """A feature that is a ratio of two residues of a drug, by mass."""

    drug: str
    feature: str
    over: str
    under: str


RATIOS: Final = (
    Ratio("methamphetamine", "AMP/METH", "amphetamine", "methamphetamine"),
    Ratio("cocaine", "COC/BE", "cocaine", "benzoylecgonine"),
)
PRECURSOR_LEVEL: Final = ("methamphetamine", "EPH level", ("ephedrine", "pseudoephedrine"))


def of_campaign(result: xr.Dataset, tiers: pd.DataFrame) -> pd.DataFrame:
    """Return the source classes of all areas, rounds and drugs of a campaign.

    Parameters
    ----------
    result : Dataset
        From `wbe.estimate`, with draws, of samples that `wbe.locate` gave areas and rounds.
    tiers : DataFrame
        The columns of ``tiers.csv``. Rows without a value stay out of backgrounds, areas with
        too few points stay out altogether.

    Returns
    -------
    DataFrame
        A row an area, round, drug and prior: ``area, name, round, drug, prior``, the columns of
        `SourceClasses.to_frame` and ``evidence, without_weight``. Empty without draws, where the
        tiers are of another quantity, and where no sample has both residues of a ratio.

    Notes
    -----
    The ratio of an area is the median over its routine sewage samples. Where one residue lies below
    its limit in half of them or more, or both do in any, it is a bound. Its standard error has the
    error of one measured ratio, which the samples of one laboratory share, and the scatter over the
    samples. Backgrounds are the areas of the same round. Flags are raised under the prior
    ``routine`` only.

    References
    ----------
    Wu 2021, 10.1016/j.scitotenv.2021.149058
    """
    import pandas as pd

    usable = result.attrs["draws"] > 0 and set(tiers["quantity"]) & set(QUANTITIES)
    parts = list(_parts(rows.extract(result), tiers, result.attrs)) if usable else []
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def _parts(
    s: rows.Samples, tiers: pd.DataFrame, attrs: Mapping[str, int]
) -> Iterable[pd.DataFrame]:
    for ratio in RATIOS:
        measured = _ratios(s, ratio, attrs["draws"], attrs["seed"])
        for round_ in sorted({at for at, _ in measured}):
            here = tiers[(tiers["round"] == round_) & ~_too_few(tiers)]
            areas = sorted(set(here.loc[here["drug"] == ratio.drug, "area"].astype(str)))
            seen = {area: found for (at, area), found in measured.items() if at == round_}
            if seen.keys() & set(areas):
                evidence = [_as_evidence(ratio.feature, seen, areas), *_levels(ratio, here, areas)]
                for prior in PRIORS:
                    yield _table(ratio.drug, round_, areas, here, evidence, prior)


def _too_few(tiers: pd.DataFrame) -> pd.Series:
    """Return which rows are no town's: points without an area, or fewer than a town needs."""
    return tiers["flags"].fillna("").str.split(";").map(lambda flags: TOO_FEW in flags)


def _ratios(
    s: rows.Samples, ratio: Ratio, draws: int, seed: int
) -> dict[tuple[str, str], tuple[float, float, bool]]:
    """Return by round and area: the ratio, the standard error of its log, whether it is a bound."""
    top, bottom = s.column(ratio.over), s.column(ratio.under)
    if min(top, bottom) < 0:
        return {}
    known = [np.isfinite(s.amount[:, j]) | np.isin(s.status[:, j], CENSORED) for j in (top, bottom)]
    use = known[0] & known[1] & (s.kind[:, top] == s.kind[:, bottom]) & (s.area != "")
    use &= np.isin(s.matrix, rows.SEWAGE) & np.isin(s.role, ROUTINE)
    i = np.flatnonzero(use)
    low = [np.isin(s.status[i, j], CENSORED) for j in (top, bottom)]
    held = [
        np.where(below, s.limit[i, j], s.amount[i, j])
        for j, below in zip((top, bottom), low, strict=True)
    ]
    at_limit = np.log(held[0]) - np.log(held[1])
    # A non-detect above makes a ratio smaller than it looks, one below makes it larger.
    ordered = np.where(low[0] & low[1], np.nan, at_limit)
    ordered = np.where(low[0] & ~low[1], -np.inf, np.where(low[1] & ~low[0], np.inf, ordered))
    error = _error(s, i[~low[0] & ~low[1]], top, bottom, draws, seed)
    places, members = _places(s, i)
    return {
        place: _median(ordered[k], at_limit[k], error)
        for place, k in zip(places, members, strict=True)
    }


def _places(s: rows.Samples, i: Ints) -> tuple[list[tuple[str, str]], list[Ints]]:
    """Return round and area of samples, and which of the samples belong to each."""
    if not len(i):
        return [], []
    places = np.stack([s.round[i], s.area[i]], axis=1)
    found, which, sizes = np.unique(places, axis=0, return_inverse=True, return_counts=True)
    order = np.argsort(which.ravel(), kind="stable")
    members = np.split(order, np.cumsum(sizes)[:-1])
    return [(str(r), str(a)) for r, a in found], members


def _error(s: rows.Samples, i: Ints, top: int, bottom: int, draws: int, seed: int) -> float:
    """Return the standard error of the log of one measured ratio: a median over samples."""
    if not len(i):
        return 0.0
    i = i[:: math.ceil(len(i) / MOST_ERRORS)]
    over, under = (rows.product(s, "concentration", i, np.full(len(i), j)) for j in (top, bottom))
    spread = propagate(over.over(under), draws=draws, seed=seed)
    return float(np.median(np.log(spread.upper / spread.lower)) / _WIDTH)


def _median(ordered: Floats, at_limit: Floats, error: float) -> tuple[float, float, bool]:
    with np.errstate(invalid="ignore"):  # a bound above and one below have no middle
        middle = float(np.median(ordered))
    if not math.isfinite(middle):
        return float(np.exp(np.median(at_limit))), error, True
    sure = ordered[np.isfinite(ordered)]
    scatter = float(np.std(sure, ddof=1)) / math.sqrt(len(sure)) if len(sure) > 1 else 0.0
    return math.exp(middle), math.hypot(error, _MEDIAN_TO_MEAN * scatter), False


def _as_evidence(
    feature: str, seen: Mapping[str, tuple[float, float, bool]], areas: Sequence[str]
) -> Evidence:
    values = [seen.get(area, (math.nan, 0.0, False)) for area in areas]
    return Evidence.of(feature, *(list(column) for column in zip(*values, strict=True)))


def _levels(ratio: Ratio, here: pd.DataFrame, areas: Sequence[str]) -> list[Evidence]:
    """Return the level of the drug, and of its precursors: those the campaign has, else unknown."""
    found = [Evidence.of(LEVEL, *_of_drug(here, ratio.drug, areas))]
    drug, feature, precursors = PRECURSOR_LEVEL
    if ratio.drug == drug:
        there = [p for p in precursors if (here["drug"] == p).any()] or list(precursors)
        each = [_of_drug(here, p, areas) for p in there]
        total = np.sum([value for value, _ in each], axis=0)
        found.append(Evidence.of(feature, total, np.max([sd for _, sd in each], axis=0)))
    return found


def _of_drug(here: pd.DataFrame, drug: str, areas: Sequence[str]) -> tuple[Floats, Floats]:
    """Return values of areas, NaN where the tiers have none, and standard errors of their logs."""
    table = here[here["drug"] == drug].set_index("area").reindex(list(areas))
    value, lower, upper = (table[n].to_numpy(dtype=float) for n in ("value", "lower", "upper"))
    fine = (value > 0) & (lower > 0) & np.isfinite(upper)
    with np.errstate(invalid="ignore", divide="ignore"):
        sd = np.log(upper / lower) / _WIDTH
    return np.where(fine, value, np.nan), np.where(fine, sd, 0.0)


def _table(
    drug: str,
    round_: str,
    areas: Sequence[str],
    here: pd.DataFrame,
    evidence: Sequence[Evidence],
    prior: str,
) -> pd.DataFrame:
    usual = {e.feature: learn_background(e.value, f"areas of {round_}") for e in evidence[1:]}
    found = classify_sources(drug, areas, evidence, prior=prior, backgrounds=usual)
    table = found.to_frame("internal")
    if prior != PRIORS[0]:
        table["flag"] = ""  # the chance of a false flag is known for the first alone
    names = dict(zip(here["area"].astype(str), here["name"].astype(str), strict=True))
    table.insert(1, "name", [names[area] for area in areas])
    for k, (column, value) in enumerate([("round", round_), ("drug", drug), ("prior", prior)], 2):
        table.insert(k, column, value)
    table["evidence"] = [_said(evidence, k) for k in range(len(areas))]
    table["without_weight"] = [_unweighed(found, k) for k in range(len(areas))]
    return table


def _said(evidence: Sequence[Evidence], k: int) -> str:
    values = [(e.feature, e.value[k], "at most " if e.below[k] else "") for e in evidence]
    return "; ".join(f"{name} {sign}{v:.3g}" for name, v, sign in values if math.isfinite(v))


def _unweighed(found: SourceClasses, k: int) -> str:
    return "; ".join(f"{name}: {why[k]}" for name, why in found.no_weight.items() if why[k])
