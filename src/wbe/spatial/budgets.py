"""Which input moves the value of an area, the ratio of two areas, or the tier of one.

The draws are those of `wbe.by_area` and `wbe.rank`, from the same models and streams; only some
variables are exchanged or held (`wbe.uncertainty.swaps`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from wbe.backcalc import rows
from wbe.errors import UsageError
from wbe.options import require_choice
from wbe.spatial.levels import COUNTY, GEOMETRIC, AreaModel, Level, compile_areas, log_draws_of
from wbe.spatial.members import Series, all_series, factor_of
from wbe.spatial.schemes import AMONG_AREAS, classify
from wbe.spatial.tallies import Common, common_of, valued_members
from wbe.spatial.tiers import reference_of
from wbe.uncertainty import Stream
from wbe.uncertainty.budgets import SCALES, Budget, Scale, ScaleOption, by_draws
from wbe.uncertainty.inputs import BELOW, inputs_of

if TYPE_CHECKING:
    import geopandas as gpd

Floats = NDArray[np.float64]

POINTS = "area_level"
"""The variable of what lies between the points of an area: Student's t of their logs."""

_LEAST_POINTS = {True: 6, False: 10}
"""Points from which a county value's log has four moments, geometric or not: t of more than 4
degrees of freedom, 1 / chi-squared of more than 8."""


def budget(
    values: xr.Dataset,
    area: str,
    drug: str,
    *,
    quantity: str = "pn_mass_load",
    round: str | None = None,
    scale: ScaleOption = "auto",
    draws: int = 10_000,
    seed: int | None = None,
) -> Budget:
    """Return which input moves the value of an area.

    Parameters
    ----------
    values : Dataset
        From `wbe.by_area`.
    area, drug : str
    quantity : str
        ``pn_mass_load``, ``pn_consumption`` or ``concentration``.
    round : str, optional
        Needed where there are several.
    scale : str
        ``log``, ``rank`` or ``natural`` (see `wbe.uncertainty.budget`). ``auto``: ``rank``
        for the value of a county round, whose log has the tails of Student's t; else ``log``.
    draws : int
        Draws of each of the two sets of streams.
    seed : int, optional
        That of the values if not given: the draws of `wbe.by_area`.

    Returns
    -------
    Budget
        ``area_level`` is what lies between the points of an area: their own sampling, analysis and
        place.

    Raises
    ------
    UsageError
        If area, drug, round or quantity is not there, the area has no value with an interval, or
        the scale has no variance.
    PrecisionError
        If the draws cannot tell.

    Examples
    --------
    >>> import wbe
    >>> folder = "data/samples/example-county"
    >>> samples = wbe.read(f"{folder}/lab/2018Q1_plants_synthetic.csv")
    >>> sites = wbe.read_sites(f"{folder}/sites.csv")
    >>> areas = wbe.read_areas(f"{folder}/areas.geojson")
    >>> located = wbe.locate(samples, sites, areas)
    >>> values = wbe.by_area(wbe.estimate(located, draws=500))
    >>> found = wbe.spatial.budget(values, "EX01", "methamphetamine", draws=1000)
    >>> found.to_frame()[["input", "share"]].head(2).round(2)
               input  share
    0     population   0.40
    1  repeatability   0.25
    """
    asked = _asked(values, drug, quantity, round)
    model = asked.model(area)
    chosen = _scale(scale, [model])
    log = asked.log([model])

    def output(stream: Stream, block: int) -> Floats:
        drawn = log(stream, block)[0]
        return np.asarray(np.exp(drawn) if chosen == "natural" else drawn)

    about = asked.about("area") | {"area": asked.name(area)}
    return asked.budget(output, _variables([model], asked.series), chosen, draws, seed, about)


def budget_of_ratio(
    values: xr.Dataset,
    top: str,
    bottom: str,
    drug: str,
    *,
    quantity: str = "pn_mass_load",
    round: str | None = None,
    scale: ScaleOption = "auto",
    draws: int = 10_000,
    seed: int | None = None,
) -> Budget:
    """Return which input moves the ratio of two areas' values of one drug.

    What both share cancels: the factor from residue to drug has 0, and so has the bias of a
    laboratory that measured both.

    Parameters
    ----------
    values : Dataset
        From `wbe.by_area`.
    top, bottom : str
        Areas.
    drug : str
    quantity, round, scale, draws, seed
        As in `budget`.

    Returns
    -------
    Budget

    Raises
    ------
    UsageError, PrecisionError
        As `budget`; also if both areas are the same.

    Examples
    --------
    >>> import wbe
    >>> folder = "data/samples/example-county"
    >>> samples = wbe.read(f"{folder}/lab/2018Q1_plants_synthetic.csv")
    >>> sites = wbe.read_sites(f"{folder}/sites.csv")
    >>> areas = wbe.read_areas(f"{folder}/areas.geojson")
    >>> located = wbe.locate(samples, sites, areas)
    >>> values = wbe.by_area(wbe.estimate(located, draws=500))
    >>> found = wbe.spatial.budget_of_ratio(values, "EX01", "EX02", "methamphetamine", draws=1000)
    >>> found.to_frame()[["input", "share"]].head(2).round(2)
               input  share
    0     population   0.49
    1  repeatability   0.26
    """
    if top == bottom:
        raise UsageError(f"the ratio of {top} to itself is 1: name two areas")
    asked = _asked(values, drug, quantity, round)
    models = [asked.model(top), asked.model(bottom)]
    chosen = _scale(scale, models)

    def output(stream: Stream, block: int) -> Floats:  # without the factor: it is the same in both
        one, other = log_draws_of(models, stream, block)
        return np.asarray(np.exp(one - other) if chosen == "natural" else one - other)

    about = asked.about("ratio") | {"top": asked.name(top), "bottom": asked.name(bottom)}
    return asked.budget(output, _variables(models, asked.series), chosen, draws, seed, about)


def budget_of_tier(
    values: xr.Dataset,
    tiers: gpd.GeoDataFrame,
    area: str,
    *,
    drug: str | None = None,
    round: str | None = None,
    draws: int = 10_000,
    seed: int | None = None,
) -> Budget:
    """Return which input moves the decision on an area's tier.

    The output is 1 in draws in which the area is in its printed tier and 0 in the others; its mean
    is the probability of the tier. Most inputs act together here: an error alone may never cross a
    break that two cross, so that total indices exceed first-order ones.

    Parameters
    ----------
    values : Dataset
        From `wbe.by_area`.
    tiers : GeoDataFrame
        What `wbe.rank` made of them.
    area : str
    drug, round : str, optional
        Needed where the tiers have several.
    draws, seed : int, optional
        As in `budget`.

    Returns
    -------
    Budget
        All 0, with a note, where every draw agrees on the tier.

    Raises
    ------
    UsageError
        As `budget`; also if the area has no tier, or the values have no such tiers.
    PrecisionError
        If the draws that differ are too few to tell why.

    Examples
    --------
    >>> import wbe
    >>> folder = "data/samples/example-county"
    >>> samples = wbe.read(f"{folder}/lab/2018Q1_plants_synthetic.csv")
    >>> sites = wbe.read_sites(f"{folder}/sites.csv")
    >>> areas = wbe.read_areas(f"{folder}/areas.geojson")
    >>> located = wbe.locate(samples, sites, areas)
    >>> values = wbe.by_area(wbe.estimate(located, draws=500))
    >>> tiers = wbe.rank(values, "methamphetamine")
    >>> found = wbe.spatial.budget_of_tier(values, tiers, "EX03", draws=1000)
    >>> found.to_frame()[["input", "share"]].head(2).round(2)
            input  share
    0  population    1.0
    1    sampling    0.2
    """
    if tiers.attrs["scheme"] in ("model", "percentile"):
        raise UsageError(
            f"tiers of scheme {tiers.attrs['scheme']} have more behind them than the errors of the "
            "area's samples; ask for the budget of the value, or of tiers by fixed breaks"
        )
    row = _printed(tiers, area, drug, round)
    asked = _asked(values, row["drug"], row["quantity"], row["round"])
    model = asked.model(area)
    common = _common(asked, tiers.attrs)
    tier = list(tiers.attrs["labels"]).index(row["tier"])
    breaks = np.array(tiers.attrs["breaks"][row["drug"]])
    log = asked.log([model])

    def output(stream: Stream, block: int) -> Floats:
        x = log(stream, block)[0]
        moved = x if common is None else x - common.shift(stream, block)
        with np.errstate(over="ignore"):
            return np.asarray(classify(np.exp(moved), breaks) == tier, dtype=float)

    carried = set() if common is None else {e.unknown.variable for e in common.carried}
    inputs = _variables([model], asked.series) | carried
    about = asked.about("tier") | {"area": asked.name(area), "tier": row["tier"]}
    return asked.budget(output, inputs, "natural", draws, seed, about)


class _Asked(NamedTuple):
    """One drug, quantity and round of area values."""

    values: xr.Dataset
    samples: rows.Samples
    series: Series
    round: str

    def model(self, area: str) -> AreaModel:
        """Return an area's value, ready to be drawn."""
        known = self.values["area"].values.astype(str).tolist()
        if area not in known:
            raise UsageError(f"no area {area!r}; there are {', '.join(known)}")
        held = valued_members(self.values, self.samples, self.series, self.round)
        own = [m for m in held if m.area == area]
        if not own:
            here = {"quantity": self.series.quantity, "drug": self.series.drug}
            cell = self.values["flags"].sel({**here, "area": area, "round": self.round})
            flags = str(cell.item()) or "no_data"
            raise UsageError(f"{area} has no value with an interval in {self.round} ({flags})")
        return compile_areas(self.samples, self.series.level, own)[0]

    def name(self, area: str) -> str:
        """Return what people call an area."""
        return str(self.values["name"].sel(area=area).item())

    def log(self, models: list[AreaModel]) -> Callable[[Stream, int], Floats]:
        """Return what draws the logs of some areas' values, (area, BLOCK)."""

        def drawn(stream: Stream, block: int) -> Floats:
            factor = factor_of(self.series, stream, block)
            return np.asarray(log_draws_of(models, stream, block) + factor)

        return drawn

    def about(self, kind: str) -> dict[str, str]:
        """Return what a budget is about."""
        series = self.series
        return {"kind": kind, "quantity": series.quantity, "drug": series.drug, "round": self.round}

    def budget(
        self,
        output: Callable[[Stream, int], Floats],
        used: set[str],
        scale: Scale,
        draws: int,
        seed: int | None,
        about: dict[str, str],
    ) -> Budget:
        """Return the budget of what draws with some variables."""
        correlations = self.samples.model.correlations
        pairs = [c for c in correlations if {c.a, c.b} <= used]
        inputs = inputs_of({name: {name} for name in used}, pairs)
        start = int(self.values.attrs["seed"]) if seed is None else seed
        return by_draws(output, inputs, draws, start, correlations, scale, about)


def _asked(values: xr.Dataset, drug: str, quantity: str, round_: str | None) -> _Asked:
    found = [x for x in all_series(values) if (x.drug, x.quantity) == (drug, quantity)]
    if not found:
        there = sorted({f"{x.quantity} of {x.drug}" for x in all_series(values)})
        raise UsageError(f"no {quantity} of {drug}; there are {', '.join(there)}")
    rounds = values["round"].values.astype(str).tolist()
    chosen = rounds[0] if round_ is None and len(rounds) == 1 else round_
    if chosen is None or chosen not in rounds:
        raise UsageError(f"round = {round_!r}; name one of {', '.join(rounds)}")
    return _Asked(values, rows.extract(values), found[0], chosen)


def _scale(wanted: ScaleOption, models: list[AreaModel]) -> Scale:
    """Return the scale; refuse one on which the output has no variance, or none that draws show."""
    require_choice("scale", wanted, SCALES)
    level: Level = models[0].level
    if level.design != COUNTY:
        return "log" if wanted == "auto" else wanted
    if wanted in ("auto", "rank"):
        return "rank"
    points = min(m.members.n_sites for m in models)
    least = _LEAST_POINTS[level.statistic == GEOMETRIC]
    if wanted == "natural" or points < least:
        raise UsageError(
            f"the value of {points} points has the tails of Student's t: it has no variance on the "
            f"natural scale, and none that draws can show of its log below {least} points; use "
            "scale = 'rank'"
        )
    return "log"


def _variables(models: list[AreaModel], series: Series) -> set[str]:
    """Return the names of all variables that the values of areas are made from."""
    used: set[str] = set()
    for model in models:
        used |= {e.unknown.variable for e in model.shared}
        used |= {t.name for t in model.own.terms if t.size.any()}
        used |= set() if model.own.below is None else set(BELOW)
        used |= {POINTS} if model.level.design == COUNTY and model.members.n_sites > 1 else set()
    if series.path is not None and series.path["logit_sd"]:
        used.add("excretion")
    return used


def _printed(
    tiers: gpd.GeoDataFrame, area: str, drug: str | None, round_: str | None
) -> dict[str, str]:
    """Return drug, quantity, round and tier of one row of a table of tiers."""
    wanted = {"area": area, "drug": drug, "round": round_}
    rows_ = tiers
    for column, value in wanted.items():
        if value is not None:
            rows_ = rows_[rows_[column] == value]
    if len(rows_) != 1:
        many = "name drug and round" if len(rows_) else "none is in the table of tiers"
        raise UsageError(f"{len(rows_)} tiers of {area}, {drug}, {round_}: {many}")
    row = rows_.iloc[0]
    if not row["tier"]:
        raise UsageError(f"{area} has no tier in {row['round']} ({row['flags'] or 'no_tier'})")
    return {name: str(row[name]) for name in ("drug", "quantity", "round", "tier")}


def _common(asked: _Asked, attrs: dict[Any, Any]) -> Common | None:
    """Return what moves the breaks with the areas; None for fixed breaks."""
    if attrs["scheme"] not in AMONG_AREAS:
        return None
    series = asked.series
    here = asked.values.sel(quantity=series.quantity, drug=series.drug)
    rounds = here["round"].values.astype(str).tolist()
    value, flags = (here[n].transpose("area", "round").values for n in ("value", "flags"))
    reference = reference_of(value, flags, rounds, str(attrs["reference_round"]))
    return common_of(asked.values, asked.samples, series, reference)
