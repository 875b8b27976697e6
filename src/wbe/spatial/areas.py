"""Area values: areas x rounds x drugs, with intervals and bounds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from wbe import qc
from wbe.backcalc import rows
from wbe.errors import UsageError
from wbe.options import require_choice
from wbe.schema import CENSORED
from wbe.spatial import levels
from wbe.spatial.join import stored_areas
from wbe.spatial.levels import ARITHMETIC, COUNTY, GEOMETRIC, PLANTS, Level, Members
from wbe.spatial.members import (
    Series,
    all_series,
    labelled,
    latest,
    members,
    rain,
    visited_areas,
)
from wbe.spatial.summaries import Task, compile_tasks, draw_all, numbers_of
from wbe.uncertainty import Stream

if TYPE_CHECKING:
    import geopandas as gpd

QUANTITIES = ("pn_mass_load", "pn_consumption")
"""Quantities that `by_area` gives unless asked otherwise; ``concentration`` is the third."""

_CHUNK_BYTES = 64 * 2**20
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
    design: str = "auto",
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
    design : str
        ``county_round`` (a few mixed points an area) or ``plants`` (whole catchments); ``auto``:
        county round where at least half of the areas with sewage samples have a visit (grab or
        open-channel samples). Areas of the other kind get the flag ``design_mixed``.

    Returns
    -------
    Dataset (quantity, area, round, drug)
        ``value`` (median), ``lower``, ``upper``, ``mean`` (NaN for the geometric statistic, whose
        t-distribution has none); ``bound_lower``, ``bound_upper``: all non-detects at zero and at
        their limit, with the worst of the other errors on top; ``n_sites``, ``n_samples``,
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

    Examples
    --------
    >>> import wbe
    >>> folder = "data/samples/example-county"
    >>> samples = wbe.read(f"{folder}/lab/2018Q1_plants_synthetic.csv")
    >>> sites = wbe.read_sites(f"{folder}/sites.csv")
    >>> areas = wbe.read_areas(f"{folder}/areas.geojson")
    >>> located = wbe.locate(samples, sites, areas)
    >>> values = wbe.by_area(wbe.estimate(located, draws=500))
    >>> dict(values.sizes)
    {'sample': 13, 'analyte': 13, 'quantity': 2, 'area': 13, 'round': 1, 'drug': 9}
    """
    require_choice("statistic", statistic, STATISTICS)
    s = rows.extract(result)
    if (s.area == "").all() or (s.round == "").any():
        raise UsageError("samples have no area or round; call wbe.locate before wbe.estimate")
    design = _design(s, design)
    chosen = statistic if statistic != "auto" else (GEOMETRIC if design == COUNTY else ARITHMETIC)
    places = areas if areas is not None else stored_areas(result)
    values = _empty(result, s, places, quantities)
    if areas is not None:
        values = values.assign_attrs(areas=areas.to_json())
    values = values.assign_attrs(
        {**result.attrs, **values.attrs},
        design=design,
        statistic=chosen,
        quantities=list(quantities),
    )
    _fill(values, s)
    return values


def design_of(result: xr.Dataset) -> str:
    """Return the design that `by_area` finds in samples: ``county_round`` or ``plants``.

    Parameters
    ----------
    result : Dataset
        From `wbe.estimate` on located samples.
    """
    return _design(rows.extract(result), "auto")


def _design(s: rows.Samples, wanted: str) -> str:
    if wanted in (COUNTY, PLANTS):
        return wanted
    if wanted != "auto":
        raise UsageError(f"design = {wanted!r}; use auto, {COUNTY} or {PLANTS}")
    visited = visited_areas(s)
    sewage = set(s.area[np.isin(s.matrix, rows.SEWAGE)].tolist()) - {""}
    return COUNTY if visited and 2 * len(visited) >= len(sewage) else PLANTS


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
        "round": rows.ordered_rounds(s),
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
    axes = {k: (k, np.array(v, dtype=str)) for k, v in coords.items()}
    return kept.assign_coords(axes).assign(new)


def _area_table(
    s: rows.Samples, areas: gpd.GeoDataFrame | None
) -> tuple[dict[str, str], dict[str, float]]:
    """Return names and populations: the areas table's own, else the sum over sampled catchments."""
    names = {a: a for a in sorted(set(s.area.tolist()) - {""})}
    population: dict[str, float] = {}
    order = np.lexsort((s.sample, s.time))
    inhabitants_of, area_of, site_of = s.people[order], s.area[order], s.site[order]
    for area in names:
        sites = sorted(set(site_of[area_of == area].tolist()))
        known = [latest(inhabitants_of[(area_of == area) & (site_of == x)]) for x in sites]
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


def _fill(values: xr.Dataset, s: rows.Samples) -> None:
    """Write numbers, counts and flags into the arrays of `values`, a chunk of areas at a time."""
    arrays = {name: values[name].values for name in (*NUMBERS, *COUNTS, "flags")}
    n_draws, seed = values.attrs["draws"], values.attrs["seed"]
    tasks = _tasks(values, s)
    step = max(1, _CHUNK_BYTES // (8 * max(1, n_draws)))
    for start in range(0, len(tasks), step):
        some = tasks[start : start + step]
        drawn = draw_all(some, n_draws, Stream(seed, s.model.correlations)) if n_draws else {}
        for t, task in enumerate(some):
            for place, series in task.places:
                numbers, flags = numbers_of(s, task, series, t, drawn)
                for name, number in numbers.items():
                    arrays[name][place] = number
                arrays["flags"][place] = ";".join(sorted(flags))


def _tasks(values: xr.Dataset, s: rows.Samples) -> list[Task]:
    axes = {dim: values[dim].values.astype(str).tolist() for dim in DIMS}
    lost, wet = set(values.attrs.get("rejected_areas", [])), rain(values)
    failed = qc.failed(values)
    grouped: dict[tuple[str, Level], list[Series]] = {}
    for series in all_series(values):
        grouped.setdefault((series.analyte, series.level), []).append(series)
    out: list[Task] = []
    for (analyte, level), group in grouped.items():
        for r, round_ in enumerate(axes["round"]):
            found, flags = members(s, level, analyte, round_, wet)
            here: list[Task] = []
            for m in found:
                a = axes["area"].index(m.area)
                places = [
                    ((axes["quantity"].index(x.quantity), a, r, axes["drug"].index(x.drug)), x)
                    for x in group
                ]
                marks = flags.get(m.area, set()) | _rejected(s, m.area in lost, m, analyte, round_)
                marks |= _quality(failed, m)
                here.append(_task(s, level, m, places, marks))
            if values.attrs["draws"] and here:
                compile_tasks(s, here)
            out += here
            _flag_empty(values, axes, r, group, set(flags) - {m.area for m in found}, flags)
    return out


def _flag_empty(
    values: xr.Dataset,
    axes: dict[str, list[str]],
    r: int,
    group: list[Series],
    areas: set[str],
    flags: dict[str, set[str]],
) -> None:
    """Say why an area that was sampled has no value."""
    target = values["flags"].values
    for area in sorted(areas):
        for x in group:
            at = axes["quantity"].index(x.quantity), axes["area"].index(area), r
            target[(*at, axes["drug"].index(x.drug))] = ";".join(sorted(flags[area]))


def _rejected(s: rows.Samples, lost: bool, m: Members, analyte: str, round_: str) -> set[str]:
    """Flag an area that lost a sample of this round and residue, or a row nobody can place."""
    here = (s.area == m.area) & (s.round == round_)
    lost |= bool((s.status[here, s.column(analyte)] == "rejected").any())
    return {"sample_rejected"} if lost else set()


def _quality(failed: NDArray[np.bool_], m: Members) -> set[str]:
    """Flag an area that rests on a result whose laboratory batch failed a criterion."""
    return {"qa_flagged"} if failed[m.i, m.j].any() else set()


def _task(
    s: rows.Samples,
    level: Level,
    m: Members,
    places: list[tuple[tuple[int, int, int, int], Series]],
    flags: set[str],
) -> Task:
    low = np.isin(s.status[m.i, m.j], CENSORED)
    unknown = bool((low & ~np.isfinite(s.limit[m.i, m.j])).any())
    if unknown:
        flags = flags | {"limit_unknown"}
    if level.weighted and np.isnan(m.weights).any():
        flags = flags | {"population_missing"}
    if level.design == COUNTY and m.n_sites < levels.MIN_SITES:
        flags = flags | {"insufficient_data"}
    return Task(m, level, places, flags, {}, low, unknown)
