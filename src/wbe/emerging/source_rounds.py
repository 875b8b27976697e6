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
from wbe.backcalc.residue_ratios import PlaceRatio, ratios_at
from wbe.emerging.source_classes import SourceClasses, classify_sources
from wbe.emerging.source_evidence import LEVEL, Evidence, learn_background
from wbe.spatial.members import ROUTINE
from wbe.uncertainty import Z95

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

Floats = NDArray[np.float64]
Place = tuple[str, str]
"""Round and area."""

PRIORS: Final = ("routine", "even")
"""Priors that are shown side by side: what the flags rest on, and what the data say alone."""

QUANTITIES: Final = ("pn_mass_load", "pn_consumption")
"""Quantities of the tiers that a level can be taken from."""

TOO_FEW: Final = "insufficient_data"
"""Flag of the tiers for an area with too few points to speak for it."""

_WIDTH: Final = 2 * Z95


@dataclass(frozen=True)
class Ratio:
    """A feature that is a ratio of two residues of a drug, by mass.

    Attributes
    ----------
    drug, feature : str
        As in the table of likelihoods.
    over, under : str
        Residues.

    Examples
    --------
    >>> Ratio("cocaine", "COC/BE", "cocaine", "benzoylecgonine").over
    'cocaine'
    """

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

    Examples
    --------
    >>> import wbe
    >>> folder = "data/samples/example-county"
    >>> samples = wbe.read(f"{folder}/lab/2018Q1_plants_synthetic.csv")
    >>> sites = wbe.read_sites(f"{folder}/sites.csv")
    >>> areas = wbe.read_areas(f"{folder}/areas.geojson")
    >>> located = wbe.locate(samples, sites, areas)
    >>> values = wbe.by_area(wbe.estimate(located, draws=500))
    >>> tiers = wbe.rank(values)
    >>> table = of_campaign(wbe.estimate(located, draws=500), tiers)
    >>> table.columns.tolist()[:5]
    ['area', 'name', 'round', 'drug', 'prior']
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


def _ratios(s: rows.Samples, ratio: Ratio, draws: int, seed: int) -> dict[Place, PlaceRatio]:
    """Return by round and area the ratios of routine sewage."""
    use = (s.area != "") & np.isin(s.matrix, rows.SEWAGE) & np.isin(s.role, ROUTINE)
    return ratios_at(s, (ratio.over, ratio.under), s.area, use, draws, seed)


def _as_evidence(feature: str, seen: Mapping[str, PlaceRatio], areas: Sequence[str]) -> Evidence:
    unknown = PlaceRatio(math.nan, 0.0, "", 0, 0)
    found = [seen.get(area, unknown) for area in areas]
    bounds = [bool(r.bound) for r in found]
    return Evidence.of(feature, [r.value for r in found], [r.sd for r in found], bounds)


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
