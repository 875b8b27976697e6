"""Area values: areas x rounds x drugs, with intervals and bounds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from wbe.backcalc import rows
from wbe.errors import UsageError
from wbe.spatial import levels
from wbe.spatial.join import stored_areas
from wbe.spatial.levels import ARITHMETIC, COUNTY, GEOMETRIC, PLANTS, Level, Members
from wbe.uncertainty import Stream, blocks, summary

if TYPE_CHECKING:
    import geopandas as gpd

QUANTITIES = ("pn_mass_load", "pn_consumption")
"""Quantities that `by_area` gives unless asked otherwise; ``concentration`` is the third."""

WET_MM = 10.0
"""Rain in 24 h above which a visit leaves, unless normalised by flow or marker [mm]; judgement."""

ROUTINE = ("", "routine")
STATISTICS = ("auto", GEOMETRIC, ARITHMETIC)
DIMS = ("quantity", "area", "round", "drug")
COUNTS = ("n_sites", "n_samples", "n_censored")
NUMBERS = ("value", "lower", "upper", "mean", "bound_lower", "bound_upper")


def by_area(
    result: xr.Dataset,
    areas: gpd.GeoDataFrame | None = None,
    *,
    statistic: str = "auto",
    quantities: tuple[str, ...] = QUANTITIES,
) -> xr.Dataset:
    """Bring sample estimates to areas and rounds, with the uncertainty that their points share.

    Parameters
    ----------
    result : Dataset
        From `wbe.estimate` on located samples.
    areas : GeoDataFrame, optional
        Names, populations, and areas without a sample; those given to `wbe.locate` otherwise.
    statistic : str
        ``geometric``: the level of a typical sewage sample; ``arithmetic``: the mean load;
        ``auto``: geometric for a county round, arithmetic for plants.
    quantities : tuple of str
        Of ``pn_mass_load``, ``pn_consumption``, ``concentration``.

    Returns
    -------
    Dataset (quantity, area, round, drug)
        ``value`` (median), ``lower``, ``upper``, ``mean``; ``bound_lower``, ``bound_upper``: all
        non-detects at zero and at their limit, with the other errors; ``n_sites``, ``n_samples``,
        ``n_censored``, ``flags``; and the samples themselves, from which `wbe.rank` regenerates
        the draws.

    Raises
    ------
    UsageError
        If a statistic or quantity is unknown, or the samples have no area or round.

    Notes
    -----
    Streams and soil, and sites placed by suspicion, stay out of the value of an area: they say
    where somebody looked, not what the area's sewage carries.
    """
    if statistic not in STATISTICS:
        raise UsageError(f"statistic = {statistic!r}; use one of {', '.join(STATISTICS)}")
    s = rows.extract(result)
    if not len(s.area) or (s.area == "").any() or (s.round == "").any():
        raise UsageError("samples have no area or round; call wbe.locate before wbe.estimate")
    design = COUNTY if (s.visit != "").any() else PLANTS
    chosen = statistic if statistic != "auto" else (GEOMETRIC if design == COUNTY else ARITHMETIC)
    places = areas if areas is not None else stored_areas(result)
    values = _empty(result, s, places, quantities)
    if areas is not None:
        values = values.assign_attrs(areas=areas.to_json())
    values = values.assign_attrs(
        {**result.attrs, **values.attrs}, design=design, statistic=chosen, quantities=list(quantities)
    )
    for series in all_series(values):
        _fill(values, s, series)
    return values


def all_series(values: xr.Dataset) -> Iterator[dict[str, Any]]:
    """Yield every (drug, quantity) that has area values: drug, quantity, analyte and `Level`."""
    for path in labelled(values):
        for quantity in values.attrs["quantities"]:
            base = "concentration" if quantity == "concentration" else "pn_mass_load"
            consumed = quantity == "pn_consumption"
            if consumed and path["gives"] != "consumption":
                continue
            level = Level(
                values.attrs["design"],
                values.attrs["statistic"],
                base,
                path if consumed else None,
            )
            yield {
                "drug": path["drug"],
                "quantity": quantity,
                "analyte": path["analyte"],
                "level": level,
            }


def labelled(result: xr.Dataset) -> list[dict[str, Any]]:
    """Return one pathway a drug: the one whose residue stands for the drug.

    A residue whose drug is counted only net of other sources (morphine for heroin) stands for the
    drug only where both are the same substance.
    """
    out: dict[str, dict[str, Any]] = {}
    rank = {"consumption": 0, "load": 1, "net": 2}
    for path in json.loads(result.attrs["pathways"]):
        if path["gives"] not in rank or (
            path["gives"] == "net" and path["analyte"] != path["drug"]
        ):
            continue
        old = out.get(path["drug"])
        if old is None or rank[path["gives"]] < rank[old["gives"]]:
            out[path["drug"]] = path
    return [out[drug] for drug in sorted(out)]


def members(
    s: rows.Samples, level: Level, analyte: str, round_: str, rain: NDArray[np.float64]
) -> tuple[list[Members], dict[str, set[str]]]:
    """Return the samples behind each area's value, and flags by area for those left out.

    Parameters
    ----------
    s : Samples
    level : Level
    analyte, round_ : str
    rain : ndarray (sample,) [mm]
        Rain in the 24 hours before sampling; NaN unknown.

    Returns
    -------
    tuple
        Members in the order of area names; area -> flag ids.
    """
    j = s.column(analyte)
    known = np.isfinite(s.amount[:, j]) | np.isin(s.status[:, j], ("below_loq", "below_lod"))
    use = known & (s.round == round_) & np.isin(s.matrix, rows.SEWAGE)
    if level.base == "concentration":
        use &= (s.kind[:, j] == "concentration") & (s.matrix == _main_matrix(s))
    else:
        use &= rows.has_per_capita(s)[:, j]
    flags: dict[str, set[str]] = {}
    purposive = use & ~np.isin(s.role, ROUTINE)
    wet = use & (rain > WET_MM) & ((s.method == "water") | (level.base == "concentration"))
    for left, flag in ((purposive, "purposive_left_out"), (wet, "wet_left_out")):
        for area in sorted(set(s.area[left].tolist())):
            flags.setdefault(area, set()).add(flag)
        use &= ~left
    found = [_members(s, area, round_, analyte, use, j) for area in sorted(set(s.area[use]))]
    return found, flags


def _main_matrix(s: rows.Samples) -> str:
    counts = {m: len(set(s.site[s.matrix == m].tolist())) for m in rows.SEWAGE}
    return max(rows.SEWAGE, key=lambda m: counts[m])


def _members(
    s: rows.Samples, area: str, round_: str, analyte: str, use: NDArray[np.bool_], j: int
) -> Members:
    at = np.flatnonzero(use & (s.area == area))
    at = at[np.lexsort((s.sample[at], s.site[at]))]
    sites, codes = np.unique(s.site[at], return_inverse=True)
    population = np.array([_latest(s.population[at][codes == k]) for k in range(len(sites))])
    weights = np.ones(1) if len(sites) == 1 else population / population.sum()
    return Members(area, f"{area}|{round_}|{analyte}", at, np.full(len(at), j), codes, weights)


def _latest(values: NDArray[np.float64]) -> float:
    known = values[np.isfinite(values)]
    return float(known[-1]) if len(known) else float("nan")


def _empty(
    result: xr.Dataset,
    s: rows.Samples,
    areas: gpd.GeoDataFrame | None,
    quantities: tuple[str, ...],
) -> xr.Dataset:
    allowed = (*QUANTITIES, "concentration")
    unknown = sorted(set(quantities) - set(allowed))
    if unknown:
        raise UsageError(f"no area value of {', '.join(unknown)}; use {', '.join(allowed)}")
    names, population = _area_table(s, areas)
    coords = {
        "quantity": list(quantities),
        "area": sorted(names),
        "round": sorted(set(s.round.tolist())),
        "drug": [p["drug"] for p in labelled(result)],
    }
    shape = tuple(len(v) for v in coords.values())
    drop = [v for v in result.variables if str(v).split("_lower")[0].endswith("_mean")]
    kept = result.drop_vars(["pathway", "drug", "pathway_analyte", "gives"], errors="ignore")
    kept = kept.drop_dims("pathway", errors="ignore").drop_vars(drop, errors="ignore")
    kept = kept.rename({"round": "sample_round", "area": "sample_area"})
    dims = tuple(coords)
    new: dict[str, Any] = {name: (dims, np.full(shape, np.nan)) for name in NUMBERS}
    new |= {n: (dims, np.zeros(shape, dtype=int)) for n in COUNTS}
    new["flags"] = (dims, np.full(shape, "", dtype=object))
    new["name"] = ("area", [names[a] for a in coords["area"]])
    new["area_population"] = (
        "area",
        [population.get(a, np.nan) for a in coords["area"]],
        {"units": "inhabitant"},
    )
    return kept.assign_coords({k: (k, np.array(v, dtype=str)) for k, v in coords.items()}).assign(new)


def _area_table(
    s: rows.Samples, areas: gpd.GeoDataFrame | None
) -> tuple[dict[str, str], dict[str, float]]:
    """Return names and populations: the areas table's own, else the sum over sampled catchments."""
    names = {a: a for a in sorted(set(s.area.tolist()))}
    population: dict[str, float] = {}
    for area in names:
        sites = sorted(set(s.site[s.area == area].tolist()))
        known = [_latest(s.population[(s.area == area) & (s.site == site)]) for site in sites]
        known = [p for p in known if np.isfinite(p)]
        if known:
            population[area] = float(sum(known))
    if areas is not None:
        for area, name, inhabitants in zip(
            areas["area"].astype(str), areas["name"], areas["population"], strict=True
        ):
            names[area] = str(name) if isinstance(name, str) and name else area
            if np.isfinite(float(inhabitants)):
                population[area] = float(inhabitants)
    return names, population


def _fill(values: xr.Dataset, s: rows.Samples, series: dict[str, Any]) -> None:
    level, n_draws = series["level"], values.attrs["draws"]
    rain = values["rain_24h"].values if "rain_24h" in values else np.full(len(s.sample), np.nan)
    lost = set(values.attrs.get("rejected_areas", []))
    arrays = {name: values[name].values for name in (*NUMBERS, *COUNTS, "flags")}
    axes = {dim: values[dim].values.astype(str).tolist() for dim in DIMS}
    q, d = axes["quantity"].index(series["quantity"]), axes["drug"].index(series["drug"])
    for r, round_ in enumerate(axes["round"]):
        found, flags = members(s, level, series["analyte"], round_, rain)
        for m in found:
            at = (q, axes["area"].index(m.area), r, d)
            marks = flags.get(m.area, set()) | ({"sample_rejected"} if m.area in lost else set())
            numbers, more = summarise_area(s, level, m, n_draws, values.attrs["seed"])
            for name, number in numbers.items():
                arrays[name][at] = number
            arrays["flags"][at] = ";".join(sorted(marks | more))


def summarise_area(
    s: rows.Samples, level: Level, m: Members, n_draws: int, seed: int
) -> tuple[dict[str, float], set[str]]:
    """Return the numbers of one area value and its flags.

    Parameters
    ----------
    s : Samples
    level : Level
    m : Members
    n_draws, seed : int

    Returns
    -------
    tuple
        Names of `NUMBERS` and counts -> number; flag ids.
    """
    low = np.isin(s.status[m.i, m.j], ("below_loq", "below_lod"))
    unknown = low & ~np.isfinite(s.limit[m.i, m.j])
    numbers: dict[str, float] = {
        "n_sites": m.n_sites,
        "n_samples": len(m.i),
        "n_censored": int(low.sum()),
    }
    flags = {"limit_unknown"} if unknown.any() else set()
    if np.isnan(m.weights).any() and level.design == PLANTS:
        return numbers, flags | {"population_missing"}
    few = level.design == COUNTY and m.n_sites < levels.MIN_SITES
    if few:
        flags.add("insufficient_data")
    if not low.any():
        numbers |= _summary(s, level, m, n_draws, seed, "substitute", interval=not few)
        numbers |= {"bound_lower": numbers["lower"], "bound_upper": numbers["upper"]}
        return numbers, flags
    numbers |= _bounds(s, level, m, n_draws, seed, unknown.any(), all_low=bool(low.all()))
    if n_draws == 0:
        numbers["value"] = levels.central(s, level, m, "substitute")
        return numbers, flags | {"nondetects_substituted"}
    fitted = _summary(s, level, m, n_draws, seed, "fit", interval=not few)
    if np.isfinite(fitted["value"]):
        return numbers | fitted, flags | {"nondetects_imputed"}
    return numbers | {
        "lower": numbers["bound_lower"],
        "upper": numbers["bound_upper"],
    }, flags | {"bounds_only"}


def _summary(
    s: rows.Samples,
    level: Level,
    m: Members,
    n_draws: int,
    seed: int,
    censored: rows.Censored,
    *,
    interval: bool,
) -> dict[str, float]:
    if n_draws == 0:
        value = levels.central(s, level, m, "substitute")
        return {"value": value, "mean": np.nan, "lower": np.nan, "upper": np.nan}
    stream = Stream(seed)
    log = np.empty((1, n_draws))
    for block, span in blocks(n_draws):
        log[0, span] = levels.draws(s, level, m, stream, block, censored)[: span.stop - span.start]
    lower, value, upper, mean = (float(x[0]) for x in summary(np.exp(log)))
    if not interval:  # a spread from one or two points is no statement
        lower = upper = mean = np.nan
    return {"value": value, "mean": mean, "lower": lower, "upper": upper}


def _bounds(
    s: rows.Samples,
    level: Level,
    m: Members,
    n_draws: int,
    seed: int,
    limit_unknown: bool,
    *,
    all_low: bool,
) -> dict[str, float]:
    """All non-detects at zero and at their limit, with the other errors."""
    geometric = level.statistic == GEOMETRIC or level.design == COUNTY
    out = {"bound_lower": 0.0, "bound_upper": np.nan}
    if not geometric and not all_low:
        zero = _summary(s, level, m, n_draws, seed, "zero", interval=True)
        out["bound_lower"] = zero["lower"] if n_draws else levels.central(s, level, m, "zero")
    if not limit_unknown:
        limit = _summary(s, level, m, n_draws, seed, "limit", interval=True)
        out["bound_upper"] = limit["upper"] if n_draws else levels.central(s, level, m, "limit")
    elif out["bound_lower"] == 0.0:
        out["bound_lower"] = np.nan  # between zero and an unknown limit: nothing is known
    return out
