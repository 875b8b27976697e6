"""Areas in tiers, with the probability of each tier and each rank."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from wbe.errors import MissingFactorError, UsageError
from wbe.spatial.drawn import Draws, PosteriorDraws, draws_of
from wbe.spatial.heterogeneity import REQUIRED, TAU_THRESHOLD, probability_distinguishable
from wbe.spatial.join import stored_areas
from wbe.spatial.outcomes import (
    NUMBERS,
    UNITS,
    AreaColumns,
    Table,
    add_probabilities,
    add_tiers,
    blank,
    flag_rows,
    ranks,
    stack,
)
from wbe.spatial.reference_sets import ReferenceSet
from wbe.spatial.schemes import classify
from wbe.spatial.series_draws import INDEX, series_draws, with_posterior
from wbe.spatial.tallies import Counts, barred, count, share_in_tier
from wbe.spatial.tier_rules import LABELS, Rule, given_breaks, require_values, rule_of

if TYPE_CHECKING:
    import geopandas as gpd

Floats = NDArray[np.float64]


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
    reference: ReferenceSet | None = None,
) -> gpd.GeoDataFrame:
    """Rank areas into tiers, with the probability of every tier and the interval of every rank.

    Parameters
    ----------
    values : Dataset (quantity, area, round, drug)
        From `wbe.by_area`.
    drug : str, optional
        One drug; every drug where not given.
    quantity : str
        ``pn_mass_load``, ``pn_consumption``, ``concentration``, or ``index`` (see `add_index`).
    scheme : str
        ``fixed`` (breaks in the quantity's unit), ``quantile``, ``relative`` (multiples of the
        median), ``fisher_jenks`` (on the log scale), ``percentile`` (breaks are percentiles of a
        reference set) or ``model`` (breaks in the quantity's unit; probabilities from the county
        model, which estimates the towns together). Which serves what: docs/tiers.md.
    breaks : sequence of float, or mapping drug -> sequence, optional [unit of the values]
        Rising, one fewer than labels. Stated breaks (``fixed``, ``percentile``, ``model``) are
        about one drug: with several drugs give a mapping; drugs without breaks are ranked but
        have no tier.
    labels : sequence of str
        Lowest tier first.
    floor : float, optional
        Value up to which an area is ``not_elevated`` [unit of the quantity].
    statistic : str, optional
        What the breaks are about; must be that of the values.
    reference_round : str
        ``first``, or the round at which relative breaks are frozen.
    reference : ReferenceSet, optional
        Of ``percentile``.

    Returns
    -------
    GeoDataFrame
        The columns of tiers.csv, one row per area, round and drug, and the areas' geometry.
        ``attrs``: quantity, unit, statistic, scheme, labels, breaks (drug -> list), design,
        reference_round, factor_set, resolved_at; of ``model`` also understated (drug -> round ->
        by how much pooling is expected to understate the town that is truly highest, log scale).

    Raises
    ------
    UsageError
        If an option does not fit: statistics that differ, breaks that are not rising or the wrong
        number, an unknown scheme or round.
    MissingFactorError
        If the factor set gives the drug no value of this quantity.

    Notes
    -----
    A tier is that of the central value; p_k = Pr(b_(k-1) < theta <= b_k) is the share of draws in
    each tier; resolved where the tier's p is at least 0.95, under ``model`` at least 0.9. Breaks
    among the areas are positions: the mean log shift of a draw over the areas of the reference
    round, which holds the errors that all share, moves them too. With such a scheme, areas that
    cannot be told apart get no tier: those with Pr(sd between areas > 0.3) below 0.9. Under
    ``model`` they keep a tier only where it is resolved, since its breaks mean something for one
    area alone. An area with non-detects has a tier only where its value with all of them at zero
    and that with all at their limit fall into the same one. Under ``model`` the value so bounded is
    the area's median point: the likelihood of the model deals with the non-detects as long as they
    do not decide where the area's middle lies.

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
    >>> tiers["tier"].value_counts().to_dict()
    {'severe': 7, 'moderate': 4, 'general': 2}
    """
    rule = rule_of(scheme, labels, floor, reference)
    require_values(values, quantity, UNITS.get(quantity, ""), statistic, rule)
    made = series_draws(values, quantity)
    if drug is not None and drug not in made:
        raise MissingFactorError(_no_series(values, drug, quantity))
    drugs = list(made) if drug is None else [drug]
    given = given_breaks(breaks, rule, drugs, drug)
    tables, used, understated = [], {}, {}
    columns = AreaColumns.of(values, quantity)
    for name in columns if drug is None else [drug]:
        if name not in made:
            tables.append(_without(columns[name], name, quantity, rule))
            continue
        own = rule.for_drug(given[name])
        ranked = _Ranked(values, columns[name], name, quantity, own, made[name])
        table, found = ranked.table(reference_round)
        tables.append(table)
        if told := ranked.understated():
            understated[name] = told
        if len(found):
            used[name] = [float(b) for b in found]
    out = _geo(stack(tables), values, quantity, rule, used, reference_round)
    out.attrs["understated"] = understated
    return out


def _no_series(values: xr.Dataset, drug: str, quantity: str) -> str:
    if quantity == "index" or drug == "index":
        return (
            "drug = index needs quantity = index and values from add_index, and nothing else does"
        )
    held = ", ".join(values["drug"].values.astype(str))
    if drug in held.split(", "):
        return (
            f"the factor set {values.attrs['factor_set']!r} gives {drug} no {quantity}: its factor "
            "row allows loads only, or consumption only net of other sources"
        )
    return f"no residue of {drug!r} with a factor in the samples; there are: {held}"


def _without(here: AreaColumns, drug: str, quantity: str, rule: Rule) -> Table:
    """Return the rows of a drug that has no value of this quantity."""
    return stack(
        [blank(here, drug, quantity, r, rule.labels, "no_consumption") for r in here.rounds]
    )


class _Ranked:
    """One drug and quantity, ranked round by round."""

    def __init__(
        self, values: xr.Dataset, here: AreaColumns, drug: str, quantity: str, rule: Rule,
        draws: Draws,
    ):  # fmt: skip
        self.values, self.here, self.drug, self.quantity = values, here, drug, quantity
        self.rule, self.draws = rule, draws
        self.n = int(values.attrs["draws"])
        if rule.scheme == "model" and not rule.undecided:
            self.draws = with_posterior(values, drug, quantity, draws)
            self.n = self.draws.n

    def table(self, reference_round: str) -> tuple[Table, Floats]:
        """Return the rows of all rounds, and the breaks."""
        value, flags = (self.here.columns[name] for name in ("value", "flags"))
        rounds = self.here.rounds
        reference = reference_of(value, flags, rounds, reference_round)
        breaks = self.rule.breaks(self._reference_values(reference))
        moves = self.rule.moves and len(breaks) > 0
        shift = self.draws.shift(reference) if moves else None
        drawn = self.rule.drawn_breaks(breaks, self.n, int(self.values.attrs["seed"]))
        return stack([self._round(r, breaks, drawn, shift) for r in rounds]), breaks

    def understated(self) -> dict[str, float]:
        """Return what the county model says of the town that is truly highest, by round."""
        from wbe.spatial.county.pooling import understatement

        if not isinstance(self.draws, PosteriorDraws):
            return {}
        held = ((r, self.draws.areas(r)) for r in self.draws.rounds)
        return {r: understatement(draws_of(self.draws, own, r)) for r, own in held if own}

    def _reference_values(self, round_: str) -> Floats:
        """Return the values that may set breaks, as printed; NaN for areas without a tier."""
        usable, here = set(self.draws.areas(round_)), self.here.at(round_)
        pairs = zip(self.here.area.tolist(), here["flags"], strict=True)
        keep = [a in usable and not barred(str(f)) for a, f in pairs]
        return np.where(keep, here["value"], np.nan)

    def _round(
        self, round_: str, breaks: Floats, drawn_breaks: Floats, shift: Floats | None
    ) -> Table:
        t, own = self._values(round_)
        labels, position = self.rule.labels, [_at(t)[a] for a in own]
        counted = None
        if self.n and own:
            log = self.draws.log(own, round_)
            counted = count(log, len(own), self.n, drawn_breaks, len(labels), shift)
            add_probabilities(t, position, counted, labels, bool(len(breaks)))
        if not len(breaks):
            flag = "no_breaks" if self.rule.undecided else "too_few_areas"
            flag_rows(t, t["n_samples"] > 0, flag)
            return t
        add_tiers(t, labels, breaks)
        self._guard_nondetects(t, round_, breaks, drawn_breaks, shift)
        for i, tier in enumerate(t["tier"]):
            t["resolved"][i] = bool(tier) and bool(t[f"p_{tier}"][i] >= self.rule.resolved_at)
        if counted is not None and not self._distinct(t, position, counted):
            stays = t["resolved"] & (self.rule.scheme == "model")
            t["tier"][~stays], t["resolved"] = "", stays
            flag_rows(t, t["n_samples"] > 0, "not_distinguishable")
        if not self.n:
            flag_rows(t, t["n_samples"] > 0, "no_draws")
        return t

    def _values(self, round_: str) -> tuple[Table, list[str]]:
        """Return the rows of a round with values and ranks, and the areas to draw."""
        here = self.here.at(round_)
        t = blank(self.here, self.drug, self.quantity, round_, self.rule.labels)
        for name in NUMBERS:
            t[name] = here[name].copy()
        t["flags"] = here["flags"].astype(object)
        t["flags"][(t["n_samples"] == 0) & (t["flags"] == "")] = "no_data"
        if isinstance(self.draws, PosteriorDraws):
            _put_posterior(t, self.draws, round_)
            for flag in self.draws.flags:
                flag_rows(t, t["n_samples"] > 0, flag)
        t["rank"] = ranks(t)
        known = {a for a, v in zip(t["area"], t["value"], strict=True) if np.isfinite(v)}
        return t, [a for a in self.draws.areas(round_) if a in known]

    def _guard_nondetects(
        self, t: Table, round_: str, breaks: Floats, drawn_breaks: Floats, shift: Floats | None
    ) -> None:
        """Give an area with non-detects a tier only where zero and limit agree on it.

        That tier; under the county model that of the model's value, which draws on other areas.
        """
        by_model = isinstance(self.draws, PosteriorDraws)
        for area in self.draws.areas(round_):
            i = _at(t)[area]
            if t["n_censored"][i] == 0:
                continue
            low, high = (self.draws.bound(area, round_, end) for end in ("zero", "limit"))
            high = np.inf if np.isnan(high) else high
            tiers = classify([low, high], breaks)
            agreed = tiers[0] == tiers[1] and not barred(str(t["flags"][i]))
            if not agreed:
                t["tier"][i] = ""
            elif not by_model:
                t["tier"][i] = self.rule.labels[tiers[0]]
            if tiers[0] != tiers[1] and np.isfinite(high):
                flag_rows(t, np.arange(len(t["area"])) == i, "bounds_cross_break")
            if t["tier"][i] and np.isnan(t["value"][i]) and self.n:
                t[f"p_{t['tier'][i]}"][i] = self._least_probability(
                    area, round_, int(tiers[0]), drawn_breaks, shift
                )

    def _least_probability(
        self, area: str, round_: str, tier: int, breaks: Floats, shift: Floats | None
    ) -> float:
        """Return the smaller probability of a tier over the two bounds of a value without a fit."""
        shares = [1.0]
        for which in ("zero", "limit"):
            if np.isfinite(self.draws.bound(area, round_, which)):
                log = self.draws.log([area], round_, which)
                shares.append(share_in_tier(log, self.n, tier, breaks, shift))
        return min(shares)

    def _distinct(self, t: Table, position: list[int], counted: Counts) -> bool:
        """Return whether the areas of the round can be told apart, where that is asked."""
        if isinstance(self.draws, PosteriorDraws):
            return float((self.draws.tau > TAU_THRESHOLD).mean()) >= REQUIRED
        if not self.rule.moves:
            return True
        mean = counted.total / counted.n
        variance = counted.squares / counted.n - mean**2
        return probability_distinguishable(np.log(t["value"][position]), variance) >= REQUIRED


def _at(t: Table) -> dict[str, int]:
    return {area: i for i, area in enumerate(t["area"])}


def _put_posterior(t: Table, draws: PosteriorDraws, round_: str) -> None:
    """Put the levels of the county model in place of the towns' own; none for other areas."""
    for name in ("value", "lower", "upper"):
        t[name] = np.full(len(t["area"]), np.nan)
    own = draws.areas(round_)
    quantiles = np.exp(np.quantile(draws_of(draws, own, round_), (0.5, 0.025, 0.975), axis=0))
    for k, area in enumerate(own):
        i = _at(t)[area]
        t["value"][i], t["lower"][i], t["upper"][i] = quantiles[:, k]


def reference_of(value: Floats, flags: NDArray[Any], rounds: list[str], wanted: str) -> str:
    """Return the round at which relative breaks are frozen; ``first``: the first with values.

    Parameters
    ----------
    value, flags : ndarray (area, round)
    rounds : list of str
    wanted : str
    """
    if wanted != "first":
        if wanted not in rounds:
            raise UsageError(f"reference_round = {wanted!r}; the rounds are {', '.join(rounds)}")
        return wanted
    usable = np.array([[not barred(str(f)) for f in row] for row in flags], dtype=bool)
    by_round = (np.isfinite(value) & usable.reshape(value.shape)).any(axis=0)
    filled = [r for r, any_ in zip(rounds, by_round, strict=True) if any_]
    return filled[0] if filled else rounds[0]


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
        reference_source="" if rule.reference is None else rule.reference.source,
        index_weights=json.loads(values.attrs["index_weights"]) if quantity == INDEX else {},
        resolved_at=rule.resolved_at,
    )
    return out
