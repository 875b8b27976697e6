"""Areas in tiers, with the probability of each tier and each rank."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from wbe.backcalc import rows
from wbe.errors import MissingFactorError, UsageError
from wbe.spatial.heterogeneity import REQUIRED, probability_distinguishable
from wbe.spatial.join import stored_areas
from wbe.spatial.levels import Members
from wbe.spatial.members import Series, all_series
from wbe.spatial.outcomes import (
    UNITS,
    Table,
    add_probabilities,
    add_tiers,
    blank,
    flag_rows,
    ranks,
    stack,
)
from wbe.spatial.schemes import breaks_of, classify, require_scheme
from wbe.spatial.tallies import (
    Counts,
    barred,
    bound,
    common_shift,
    count,
    least_probability,
    reference_values,
    valued_members,
)
from wbe.uncertainty import Stream

if TYPE_CHECKING:
    import geopandas as gpd

Floats = NDArray[np.float64]

RESOLVED = 0.95
"""Probability of its tier from which an area is called resolved.

0.95, not 0.9: areas are not shrunk towards each other yet, and of the extreme ones that 0.9 would
call resolved 6 % are in another tier (simulated counties; decision 0006)."""

NOT_ELEVATED = "not_elevated"
LABELS = ("general", "moderate", "severe")


@dataclass(frozen=True)
class Rule:
    """How values become tiers: scheme, labels with the floor's in front, breaks or None."""

    scheme: str
    labels: tuple[str, ...]
    given: tuple[float, ...] | None
    floor: float | None

    @property
    def moves(self) -> bool:
        """Whether breaks are positions among the areas, and so share the areas' common errors."""
        return self.scheme != "fixed"

    def breaks(self, reference: Floats) -> Floats:
        """Return the breaks from the values of the reference round; empty if there are none."""
        n = len(self.labels) - (self.floor is not None)
        found = breaks_of(reference, self.scheme, n, self.given)
        if self.floor is None or not len(found):
            return found
        if self.floor >= found[0]:
            raise UsageError(f"floor = {self.floor} must lie below the lowest break, {found[0]:g}")
        return np.concatenate([[self.floor], found])


def rank(
    values: xr.Dataset,
    drug: str | None = None,
    *,
    quantity: str = "pn_mass_load",
    scheme: str = "fisher_jenks",
    breaks: Sequence[float] | Mapping[str, Sequence[float]] | None = None,
    labels: Sequence[str] = LABELS,
    floor: float | None = None,
    statistic: str | None = None,
    reference_round: str = "first",
) -> gpd.GeoDataFrame:
    """Rank areas into tiers, with the probability of every tier and the interval of every rank.

    Parameters
    ----------
    values : Dataset (quantity, area, round, drug)
        From `wbe.by_area`.
    drug : str, optional
        One drug; every drug where not given.
    quantity : str
        ``pn_mass_load``, ``pn_consumption`` or ``concentration``.
    scheme : str
        ``fixed`` (breaks in the quantity's unit), ``quantile``, ``relative`` (multiples of the
        median) or ``fisher_jenks`` (on the log scale).
    breaks : sequence of float, or mapping drug -> sequence, optional
        Rising, one fewer than labels. Breaks of ``fixed`` are about one drug: with several drugs
        give a mapping; drugs without breaks are ranked but have no tier.
    labels : sequence of str
        Lowest tier first.
    floor : float, optional
        Value up to which an area is ``not_elevated`` [unit of the quantity].
    statistic : str, optional
        What the breaks are about; must be that of the values.
    reference_round : str
        ``first``, or the round at which relative breaks are frozen.

    Returns
    -------
    GeoDataFrame
        The columns of tiers.csv, one row per area, round and drug, and the areas' geometry.
        ``attrs``: quantity, unit, statistic, scheme, labels, breaks (drug -> list), design,
        reference_round, factor_set.

    Raises
    ------
    UsageError
        If an option does not fit: statistics that differ, breaks that are not rising or the wrong
        number, an unknown scheme or round.
    MissingFactorError
        If the factor set gives the drug no value of this quantity.

    Notes
    -----
    A tier is that of the central value; p is the share of draws in each tier; resolved where the
    tier's p is at least `RESOLVED`. Relative breaks are positions among the areas: the mean log
    shift of a draw over the areas of the reference round, which holds the errors that all share,
    moves them too. With a relative scheme, areas that cannot be told apart get no tier: those with
    Pr(sd between areas > 0.3) below 0.9. An area with non-detects has a tier only where all at
    zero and all at their limit fall into the same one.
    """
    rule = _rule(scheme, labels, floor)
    _require(values, quantity, statistic)
    chosen = [x for x in all_series(values) if x.quantity == quantity]
    if drug is not None:
        chosen = [x for x in chosen if x.drug == drug]
        if not chosen:
            raise MissingFactorError(_no_series(values, drug, quantity))
    given = _given(breaks, rule, [x.drug for x in chosen], drug)
    s = rows.extract(values)
    stream = Stream(values.attrs["seed"], s.model.correlations)
    have, tables, used = {x.drug: x for x in chosen}, [], {}
    for name in [drug] if drug is not None else values["drug"].values.astype(str).tolist():
        if name not in have:
            tables.append(_without(values, name, quantity, rule))
            continue
        own = Rule(rule.scheme, rule.labels, given.get(name), rule.floor)
        table, found = _rank_drug(values, s, have[name], own, reference_round, stream)
        tables.append(table)
        if len(found):
            used[name] = [float(b) for b in found]
    return _geo(stack(tables), values, quantity, rule, used, reference_round)


def _rule(scheme: str, labels: Sequence[str], floor: float | None) -> Rule:
    require_scheme(scheme)
    if len(set(labels)) != len(labels) or len(labels) < 2:
        raise UsageError(f"labels must be at least two and differ, not {list(labels)}")
    front = (NOT_ELEVATED,) if floor is not None else ()
    return Rule(scheme, (*front, *labels), None, floor)


def _require(values: xr.Dataset, quantity: str, statistic: str | None) -> None:
    if quantity not in values.attrs["quantities"]:
        raise UsageError(
            f"quantity = {quantity!r} is not among the area values "
            f"({', '.join(values.attrs['quantities'])}); name it in by_area(quantities=...)"
        )
    if statistic is not None and statistic != values.attrs["statistic"]:
        raise UsageError(
            f"the breaks are about the {statistic} mean, the values are {values.attrs['statistic']}"
            " ones; they differ by a factor of 1.6 at a log-sd of 1: use one statistic for both"
        )


def _given(
    breaks: Any, rule: Rule, drugs: list[str], drug: str | None
) -> dict[str, tuple[float, ...] | None]:
    if isinstance(breaks, Mapping):
        return {d: tuple(breaks[d]) if d in breaks else None for d in drugs}
    if breaks is None:
        if rule.scheme == "fixed":
            raise UsageError("scheme = fixed needs breaks in the quantity's unit; none is official")
        return dict.fromkeys(drugs)
    if rule.scheme == "fixed" and drug is None and len(drugs) > 1:
        raise UsageError("fixed breaks are about one drug: name the drug, or give {drug: breaks}")
    return {d: tuple(breaks) for d in drugs}


def _no_series(values: xr.Dataset, drug: str, quantity: str) -> str:
    held = ", ".join(values["drug"].values.astype(str))
    if drug in held.split(", "):
        return (
            f"the factor set {values.attrs['factor_set']!r} gives {drug} no {quantity}: its factor "
            "row allows loads only, or consumption only net of other sources"
        )
    return f"no residue of {drug!r} with a factor in the samples; there are: {held}"


def _without(values: xr.Dataset, drug: str, quantity: str, rule: Rule) -> Table:
    """Return the rows of a drug that has no value of this quantity."""
    here = values.sel(quantity=quantity, drug=drug)
    rounds = here["round"].values.astype(str).tolist()
    return stack(
        [blank(here.sel(round=r), drug, quantity, r, rule.labels, "no_consumption") for r in rounds]
    )


def _rank_drug(
    values: xr.Dataset,
    s: rows.Samples,
    series: Series,
    rule: Rule,
    reference_round: str,
    stream: Stream,
) -> tuple[Table, Floats]:
    here = values.sel(quantity=series.quantity, drug=series.drug)
    rounds = here["round"].values.astype(str).tolist()
    reference = reference_of(here, rounds, reference_round)
    central = reference_values(values, s, series, reference)
    undecided = rule.scheme == "fixed" and rule.given is None
    breaks = np.empty(0) if undecided else rule.breaks(central)
    moves = rule.moves and len(breaks) > 0
    shift = common_shift(values, s, series, reference, stream) if moves else None
    tables = [
        _rank_round(values, s, series, rule, r, breaks, shift, undecided, stream) for r in rounds
    ]
    return stack(tables), breaks


def reference_of(here: xr.Dataset, rounds: list[str], wanted: str) -> str:
    """Return the round at which relative breaks are frozen; ``first``: the first with values."""
    if wanted != "first":
        if wanted not in rounds:
            raise UsageError(f"reference_round = {wanted!r}; the rounds are {', '.join(rounds)}")
        return wanted
    usable = np.array([[not barred(str(f)) for f in row] for row in here["flags"].values])
    known = np.isfinite(here["value"].transpose(*here["flags"].dims).values) & usable
    by_round = known.any(axis=here["flags"].dims.index("area"))
    filled = [r for r, any_ in zip(rounds, by_round, strict=True) if any_]
    return filled[0] if filled else rounds[0]


def _rank_round(
    values: xr.Dataset,
    s: rows.Samples,
    series: Series,
    rule: Rule,
    round_: str,
    breaks: Floats,
    shift: Floats | None,
    undecided: bool,
    stream: Stream,
) -> Table:
    here = values.sel(quantity=series.quantity, drug=series.drug, round=round_)
    t = blank(here, series.drug, series.quantity, round_, rule.labels)
    for name in ("value", "lower", "upper", "n_sites", "n_samples", "n_censored"):
        t[name] = here[name].values.copy()
    t["flags"] = here["flags"].values.astype(object)
    t["flags"][(t["n_samples"] == 0) & (t["flags"] == "")] = "no_data"
    t["rank"] = ranks(t)
    at = {area: i for i, area in enumerate(t["area"])}
    everybody = valued_members(values, s, series, round_)
    own = [m for m in everybody if np.isfinite(t["value"][at[m.area]])]
    position = [at[m.area] for m in own]
    counted = None
    if values.attrs["draws"] and own:
        counted = count(values, s, series, own, breaks, shift, len(rule.labels), stream)
        add_probabilities(t, position, counted, rule.labels, bool(len(breaks)))
    if undecided or not len(breaks):
        flag_rows(t, t["n_samples"] > 0, "no_breaks" if undecided else "too_few_areas")
        return t
    add_tiers(t, rule.labels, breaks)
    _guard_nondetects(t, values, s, series, everybody, rule, breaks, stream, shift)
    if counted is not None and rule.moves:
        _guard_indistinct(t, position, counted)
    for i, tier in enumerate(t["tier"]):
        t["resolved"][i] = bool(tier) and bool(t[f"p_{tier}"][i] >= RESOLVED)
    if not values.attrs["draws"]:
        flag_rows(t, t["n_samples"] > 0, "no_draws")
    return t


def _guard_nondetects(
    t: Table,
    values: xr.Dataset,
    s: rows.Samples,
    series: Series,
    everybody: list[Members],
    rule: Rule,
    breaks: Floats,
    stream: Stream,
    shift: Floats | None,
) -> None:
    """Give an area with non-detects a tier only where zero and limit agree on it."""
    at = {area: i for i, area in enumerate(t["area"])}
    for m in everybody:
        i = at[m.area]
        if t["n_censored"][i] == 0:
            continue
        low, high = bound(s, series, m, "zero"), bound(s, series, m, "limit")
        high = np.inf if np.isnan(high) else high
        tiers = classify([low, high], breaks)
        agreed = tiers[0] == tiers[1] and not barred(str(t["flags"][i]))
        t["tier"][i] = rule.labels[tiers[0]] if agreed else ""
        if tiers[0] != tiers[1] and np.isfinite(high):
            flag_rows(t, np.arange(len(t["area"])) == i, "bounds_cross_break")
        if t["tier"][i] and np.isnan(t["value"][i]) and values.attrs["draws"]:
            n = values.attrs["draws"]
            t[f"p_{t['tier'][i]}"][i] = least_probability(
                s, series, m, int(tiers[0]), breaks, n, stream, shift
            )


def _guard_indistinct(t: Table, position: list[int], counted: Counts) -> None:
    mean = counted.total / counted.n
    variance = counted.squares / counted.n - mean**2
    if probability_distinguishable(np.log(t["value"][position]), variance) < REQUIRED:
        t["tier"][:] = ""
        flag_rows(t, t["n_samples"] > 0, "not_distinguishable")


def _geo(
    t: Table,
    values: xr.Dataset,
    quantity: str,
    rule: Rule,
    used: dict[str, list[float]],
    reference_round: str,
) -> gpd.GeoDataFrame:
    import geopandas as gpd
    import pandas as pd

    table = pd.DataFrame(t)
    places = stored_areas(values)
    if places is None:
        geometry: Any = np.full(len(table), None)
    else:
        geometry = places.set_index(places["area"].astype(str))["geometry"].reindex(table["area"])
        geometry = geometry.to_numpy()
    out = gpd.GeoDataFrame(table, geometry=geometry, crs="EPSG:4326")
    out.attrs.update(
        quantity=quantity,
        unit=UNITS[quantity],
        statistic=values.attrs["statistic"],
        scheme=rule.scheme,
        labels=list(rule.labels),
        breaks=used,
        floor=rule.floor,
        design=values.attrs["design"],
        reference_round=reference_round,
        factor_set=values.attrs["factor_set"],
        draws=values.attrs["draws"],
        seed=values.attrs["seed"],
        resolved_at=RESOLVED,
    )
    return out
