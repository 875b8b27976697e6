"""Area values: areas x rounds x drugs, with intervals and bounds."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from wbe.backcalc import rows
from wbe.errors import UsageError
from wbe.spatial import levels
from wbe.spatial.join import stored_areas
from wbe.spatial.levels import ARITHMETIC, COUNTY, GEOMETRIC, PLANTS, AreaModel, Level, Members
from wbe.uncertainty import Stream, blocks, summary

if TYPE_CHECKING:
    import geopandas as gpd

QUANTITIES = ("pn_mass_load", "pn_consumption")
"""Quantities that `by_area` gives unless asked otherwise; ``concentration`` is the third."""

WET_MM = 10.0
"""Rain in 24 h above which a visit leaves, unless normalised by flow or marker [mm]; judgement."""

VARIANTS: tuple[rows.Censored, ...] = ("fit", "limit", "zero")
ROUTINE = ("", "routine")
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
        {**result.attrs, **values.attrs},
        design=design,
        statistic=chosen,
        quantities=list(quantities),
    )
    _fill(values, s)
    return values


@dataclass(frozen=True)
class Series:
    """One drug and quantity of the area values.

    Attributes
    ----------
    drug, quantity, analyte : str
    level : Level
    path : dict or None
        Pathway from residue to drug for consumption; None for the residue itself.
    """

    drug: str
    quantity: str
    analyte: str
    level: Level
    path: dict[str, Any] | None

    @property
    def factor(self) -> float:
        """Central value over that of the residue [1]."""
        return 1.0 if self.path is None else float(self.path["correction_factor"])


def all_series(values: xr.Dataset) -> list[Series]:
    """Return every drug and quantity that has area values.

    Parameters
    ----------
    values : Dataset
        With ``quantities``, ``design`` and ``statistic`` in its attrs.

    Returns
    -------
    list of Series
        Sorted by drug.
    """
    out = []
    for path in labelled(values):
        for quantity in values.attrs["quantities"]:
            consumed = quantity == "pn_consumption"
            if consumed and path["gives"] != "consumption":
                continue
            base = "concentration" if quantity == "concentration" else "pn_mass_load"
            level = Level(values.attrs["design"], values.attrs["statistic"], base)
            used = path if consumed else None
            out.append(Series(path["drug"], quantity, path["analyte"], level, used))
    return out


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
    s: rows.Samples, level: Level, analyte: str, round_: str, wet_mm: NDArray[np.float64]
) -> tuple[list[Members], dict[str, set[str]]]:
    """Return the samples behind each area's value, and flags by area for those left out.

    Parameters
    ----------
    s : Samples
    level : Level
    analyte, round_ : str
    wet_mm : ndarray (sample,) [mm]
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
    wet = use & (wet_mm > WET_MM) & ((s.method == "water") | (level.base == "concentration"))
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
    axes = {k: (k, np.array(v, dtype=str)) for k, v in coords.items()}
    return kept.assign_coords(axes).assign(new)


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


def rain(values: xr.Dataset) -> NDArray[np.float64]:
    """Return the rain in the 24 hours before each sample [mm], NaN where unknown."""
    if "rain_24h" in values:
        return np.asarray(values["rain_24h"].values, dtype=float)
    return np.full(values.sizes["sample"], np.nan)


@dataclass
class _Task:
    """One area, round and residue, with the places of its numbers in the Dataset."""

    m: Members
    level: Level
    places: list[tuple[tuple[int, int, int, int], Series]]
    flags: set[str]
    variants: dict[str, AreaModel]
    low: NDArray[np.bool_]
    unknown: bool


def _fill(values: xr.Dataset, s: rows.Samples) -> None:
    """Write numbers, counts and flags into the arrays of `values`, a chunk of areas at a time."""
    arrays = {name: values[name].values for name in (*NUMBERS, *COUNTS, "flags")}
    n_draws, seed = values.attrs["draws"], values.attrs["seed"]
    tasks = _tasks(values, s)
    step = max(1, _CHUNK_BYTES // (8 * max(1, n_draws)))
    for start in range(0, len(tasks), step):
        some = tasks[start : start + step]
        drawn = _draw_all(some, n_draws, Stream(seed)) if n_draws else {}
        for t, task in enumerate(some):
            for place, series in task.places:
                numbers, flags = _numbers(s, task, series, t, drawn)
                for name, number in numbers.items():
                    arrays[name][place] = number
                arrays["flags"][place] = ";".join(sorted(flags))


def _tasks(values: xr.Dataset, s: rows.Samples) -> list[_Task]:
    axes = {dim: values[dim].values.astype(str).tolist() for dim in DIMS}
    lost, wet = set(values.attrs.get("rejected_areas", [])), rain(values)
    grouped: dict[tuple[str, Level], list[Series]] = {}
    for series in all_series(values):
        grouped.setdefault((series.analyte, series.level), []).append(series)
    out: list[_Task] = []
    for (analyte, level), group in grouped.items():
        for r, round_ in enumerate(axes["round"]):
            found, flags = members(s, level, analyte, round_, wet)
            here: list[_Task] = []
            for m in found:
                a = axes["area"].index(m.area)
                places = [
                    ((axes["quantity"].index(x.quantity), a, r, axes["drug"].index(x.drug)), x)
                    for x in group
                ]
                marks = flags.get(m.area, set()) | _rejected(s, m.area in lost, m, analyte, round_)
                here.append(_task(s, level, m, places, marks))
            if values.attrs["draws"] and here:
                _compile(s, here)
            out += here
    return out


def _rejected(s: rows.Samples, lost: bool, m: Members, analyte: str, round_: str) -> set[str]:
    """Flag an area that lost a sample of this round and residue, or a row nobody can place."""
    here = (s.area == m.area) & (s.round == round_)
    lost |= bool((s.status[here, s.column(analyte)] == "rejected").any())
    return {"sample_rejected"} if lost else set()


def _task(
    s: rows.Samples,
    level: Level,
    m: Members,
    places: list[tuple[tuple[int, int, int, int], Series]],
    flags: set[str],
) -> _Task:
    low = np.isin(s.status[m.i, m.j], ("below_loq", "below_lod"))
    unknown = bool((low & ~np.isfinite(s.limit[m.i, m.j])).any())
    if unknown:
        flags = flags | {"limit_unknown"}
    if level.weighted and np.isnan(m.weights).any():
        flags = flags | {"population_missing"}
    if level.design == COUNTY and m.n_sites < levels.MIN_SITES:
        flags = flags | {"insufficient_data"}
    return _Task(m, level, places, flags, {}, low, unknown)


def _compile(s: rows.Samples, tasks: list[_Task]) -> None:
    """Give each task its models: as fitted, and for non-detects the bounds."""
    usable = [t for t in tasks if "population_missing" not in t.flags]
    for variant in VARIANTS:
        some = [t for t in usable if _wants(t, variant)]
        for task, model in zip(
            some,
            levels.compile_areas(s, tasks[0].level, [t.m for t in some], variant),
            strict=True,
        ):
            task.variants[variant] = model


def _wants(task: _Task, variant: rows.Censored) -> bool:
    if variant == "fit":
        return True
    if variant == "limit":
        return bool(task.low.any())
    return bool(task.level.weighted and task.low.any() and not task.low.all())


Drawn = dict[tuple[int, str, str], tuple[float, float, float, float]]


def _draw_all(tasks: list[_Task], n_draws: int, stream: Stream) -> Drawn:
    """Return (task, quantity, variant) -> 2.5 %, 50 %, 97.5 % quantile and mean.

    Exact where the marginal has a formula, by draws elsewhere.
    """
    out: Drawn = {}
    kept: dict[tuple[int, str, str], NDArray[np.float64]] = {}
    for t, task in enumerate(tasks):
        for variant, model in task.variants.items():
            for _, series in task.places:
                key = (t, series.quantity + series.drug, variant)
                if model.is_exact:
                    out[key] = model.exact(series.path)
                else:
                    kept[key] = np.empty(n_draws)
    for block, span in blocks(n_draws):
        used = span.stop - span.start
        factors: dict[tuple[str, str], NDArray[np.float64] | float] = {}
        for t, task in enumerate(tasks):
            for variant, model in task.variants.items():
                if model.is_exact:
                    continue
                x = model.log_draws(stream, block)
                for _, series in task.places:
                    name = (series.quantity, series.drug)
                    if name not in factors:
                        factors[name] = factor_of(series, stream, block)
                    kept[t, series.quantity + series.drug, variant][span] = (x + factors[name])[
                        :used
                    ]
    return out | {key: _four(log) for key, log in kept.items()}


def factor_of(series: Series, stream: Stream, block: int) -> NDArray[np.float64] | float:
    """Return one block of the log factor from residue to drug; 0 for the residue itself."""
    if series.path is None:
        return 0.0
    return levels.factor_draws(series.path, stream, block)


def _four(log: NDArray[np.float64]) -> tuple[float, float, float, float]:
    lower, value, upper, mean = (float(x[0]) for x in summary(np.exp(log)[None, :]))
    return lower, value, upper, mean


def _numbers(
    s: rows.Samples, task: _Task, series: Series, t: int, drawn: Drawn
) -> tuple[dict[str, float], set[str]]:
    """Return the numbers of one area value and its flags."""
    m, flags = task.m, set(task.flags)
    out: dict[str, float] = {
        "n_sites": m.n_sites,
        "n_samples": len(m.i),
        "n_censored": int(task.low.sum()),
    }
    if "population_missing" in flags:
        return out, flags

    def numbers(variant: rows.Censored) -> tuple[float, float, float, float]:
        if variant in task.variants:
            return drawn[t, series.quantity + series.drug, variant]
        which: rows.Censored = "substitute" if variant == "fit" else variant
        value = levels.central(s, task.level, m, which) * series.factor
        return value, value, value, np.nan

    lower, value, upper, mean = numbers("fit")
    if not task.variants or "insufficient_data" in flags:  # no draws: a value without an interval
        out |= {"value": value, "lower": np.nan, "upper": np.nan}
    else:
        out |= {"value": value, "lower": lower, "upper": upper, "mean": mean}
    if not task.low.any():
        return out | {"bound_lower": out["lower"], "bound_upper": out["upper"]}, flags
    out |= _bounds(task, numbers)
    if not task.variants:
        return out, flags | {"nondetects_substituted"}
    if np.isfinite(value):
        return out, flags | {"nondetects_imputed"}
    ends = {"lower": out["bound_lower"], "upper": out["bound_upper"]}
    return out | ends, flags | {"bounds_only"}


def _bounds(
    task: _Task, numbers: Callable[[rows.Censored], tuple[float, float, float, float]]
) -> dict[str, float]:
    """All non-detects at zero and at their limit, with the other errors."""
    low, high = 0.0, np.nan
    if task.level.weighted and not task.low.all():
        low = numbers("zero")[0]
    if not task.unknown:
        high = numbers("limit")[2]
    elif low == 0.0:
        low = np.nan  # between zero and an unknown limit: nothing is known
    return {"bound_lower": low, "bound_upper": high}
