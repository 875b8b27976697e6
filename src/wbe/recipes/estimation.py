"""The main recipe: samples and factors in, loads and consumption with their uncertainty out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from wbe import factors as factor_tables
from wbe import qc, schema
from wbe.backcalc import error_terms, rows
from wbe.errors import UsageError
from wbe.factors import FactorSet
from wbe.findings import Findings
from wbe.recipes.amounts import with_amounts, with_fits
from wbe.recipes.chunks import in_chunks, is_lazy
from wbe.recipes.drugs import drug_product, pathways, with_pathways
from wbe.recipes.index import with_index, with_index_fits
from wbe.recipes.markers import recalibrated, with_markers
from wbe.recipes.routes import ROUTE_RULES, named_population, with_method
from wbe.uncertainty import (
    ErrorModel,
    Product,
    default_model,
    draw,
    propagate,
    require_engine,
)
from wbe.units import PN_UNIT

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

UNITS = {
    "concentration": "ng/L",
    "content": "ng/g",
    "mass_load": "mg/day",
    "pn_mass_load": PN_UNIT,
    "consumption": "mg/day",
    "pn_consumption": PN_UNIT,
    "pn_doses": "doses/day/1000 inhabitants",
    "index": "1",
}
"""Quantities of a result and their one unit each."""

BY_ANALYTE = ("concentration", "mass_load", "pn_mass_load")
BY_PATHWAY = {"consumption": "mass_load", "pn_consumption": "pn_mass_load"}


def estimate(
    samples: xr.Dataset,
    factors: str | Path | FactorSet = "default",
    draws: int = 10_000,
    seed: int = 1,
    nondetects: str = "censored",
    population: str = "as_given",
    markers: Mapping[str, Any] | None = None,
    error_model: ErrorModel | None = None,
    engine: str = "numpy",
) -> xr.Dataset:
    """Back-calculate loads, per-capita loads, consumption and doses from samples.

    Parameters
    ----------
    samples : Dataset (sample, analyte)
        What `wbe.read` returns, with area and visit from `wbe.locate` where shared errors and
        areas matter.
    factors : str, Path or FactorSet
        Named set, CSV of the factor table's columns, or a loaded set.
    draws : int
        Monte Carlo draws; 0 for central values alone.
    seed : int
        Seed of the run; streams are keyed by it and by labels, never by position.
    nondetects : str
        ``censored`` (a lognormal fitted to matrix and analyte, its parameters drawn once per
        iteration; bounds where it cannot be fitted; half the limit without draws) or a named
        substitution (`wbe.qc.RULES`).
    population : str
        ``as_given``: the population that the tables state, with its basis. The name of a marker, or
        ``water``: the population that it gives, for every sample; one without it gets no per-capita
        value from its flow. ``combined``: the stated one and those of all `markers` as one
        (`wbe.backcalc.combine`). A marker must be among `markers`. `wbe.recipes.populations` shows
        what each would be.
    markers : mapping of str to str or dict, optional
        Per-capita loads of the markers that give samples without flow a per-capita value, in the
        order in which they are tried: ``{"cotinine": "0.6 mg/day/inhabitant"}``,
        ``{"cotinine": {"calibrate": True}}`` (from this campaign's influents), and
        ``{"water": "150 L/day/inhabitant"}``. There are no defaults.
    error_model : ErrorModel, optional
        Errors by level; the package's own where not given.
    engine : str
        What draws marginals that have no exact form: ``numpy``, or ``numba`` (extra ``fast``) on
        request, whose numbers differ within Monte Carlo error. Areas, tiers and ranks always use
        the keyed draws of numpy, so that they fit together.

    Returns
    -------
    Dataset (sample, analyte, pathway)
        The samples with ``<quantity>``, ``<quantity>_lower``, ``<quantity>_upper`` and
        ``<quantity>_mean`` for each of `UNITS`, the ``method`` of each sample, and in its attrs
        factor ids, seed, draws, error model, marker loads and fits: all that is needed to draw the
        same numbers again.

    Raises
    ------
    SchemaError
        If the Dataset lacks what the calculation needs.
    MissingFactorError
        If the set names a factor that no table states.
    UsageError
        If an option is unknown, a marker cannot be calibrated, or `draws` is negative.

    Notes
    -----
    With flow: L = C Q 1e-3, Lp = 1000 L / P. With a marker, or a population from it:
    Lp = (C / C_m) e_m 1000, in which the flow cancels. With water: Lp = C w 1e-3. Consumption:
    M = L MR / E. Every error is drawn at its level once per iteration and shared below it; every
    distribution has its median at the central value.

    A Dataset in chunks (dask, Zarr) gives a result in the same chunks of samples: only what fits
    and calibrations need is loaded (`wbe.recipes.chunks.CAMPAIGN`), estimates are computed where
    and when they are asked for, and the numbers are the same.

    References
    ----------
    Zuccato 2008, 10.1289/ehp.11022; Castiglioni 2013, 10.1021/es302722f;
    Jones 2014, 10.1016/j.scitotenv.2014.02.101

    Examples
    --------
    >>> import wbe
    >>> samples = wbe.read("data/samples/example-county/lab/2018Q1_plants_synthetic.csv")
    >>> result = wbe.estimate(samples, factors="default", draws=1000, seed=1)
    >>> one = result.sel(pathway="methamphetamine|METH|Zuccato2008").isel(sample=1)
    >>> [round(float(one[f"pn_consumption{end}"])) for end in ("_lower", "", "_upper")]
    [66, 122, 229]
    """
    schema.require(samples, "status", "matrix", "site")
    rule = qc.require_rule(nondetects)
    _require_options(draws)
    population = named_population(population, markers or {})
    require_engine(engine)
    chosen = factors if isinstance(factors, FactorSet) else factor_tables.load_set(factors)
    asked = samples.assign_attrs(
        error_model=_checked_model(error_model).to_json(),
        draws=int(draws),
        seed=int(seed),
        engine=engine,
        nondetects=rule,
        population=population,
    )

    def with_campaign(some: xr.Dataset) -> xr.Dataset:
        return _with_campaign(some, chosen, markers or {})

    if is_lazy(asked):
        return in_chunks(asked, with_campaign, _with_estimates)
    return _with_estimates(with_campaign(asked))


def _with_campaign(
    samples: xr.Dataset, chosen: FactorSet, markers: Mapping[str, Any]
) -> xr.Dataset:
    """Add what the campaign as a whole decides: fits, markers, routes, pathways."""
    result = with_amounts(samples, samples.attrs["nondetects"])
    result = with_fits(result)
    result = with_markers(result, markers)
    result = with_method(result)
    result = with_pathways(result, chosen)
    return with_index_fits(result)


def refitted(result: xr.Dataset) -> xr.Dataset:
    """Return a part of a result for which that part alone decides what a campaign decides.

    That is: what limits say, calibrated marker loads, how far populations disagree, the fits of
    non-detects. What `wbe.by_area` and `wbe.rank` draw from it then depends on none of the samples
    left out.

    Parameters
    ----------
    result : Dataset (sample, analyte)
        Samples of a result of `wbe.estimate`; a plant of several areas may have a row in each.

    Returns
    -------
    Dataset (sample, analyte)
        Its estimates by sample are left as they are. A marker that too few of its influents could
        calibrate is no longer among its markers, and gives no per-capita value. Findings about
        routes are those of this part.
    """
    part = with_amounts(result, result.attrs["nondetects"])
    _, first, row = np.unique(part["sample"].values, return_index=True, return_inverse=True)
    once = recalibrated(part.isel(sample=first).assign_attrs(findings=Findings()))
    once = with_method(once)
    found = Findings(f for f in result.attrs.get("findings", ()) if f.rule not in ROUTE_RULES)
    found.extend(once.attrs["findings"])
    once.attrs["findings"] = found
    decided = ("markers", "population_disagreement", "findings")
    part = part.assign_coords(method=("sample", once["method"].values[row]))
    part = part.assign_attrs({key: once.attrs[key] for key in decided if key in once.attrs})
    return with_index_fits(with_fits(part))


def _with_estimates(result: xr.Dataset) -> xr.Dataset:
    """Add the estimates: each sample by itself, given what the campaign decided."""
    return with_index(_with_consumption(_with_residues(result)))


def draws(result: xr.Dataset, quantity: str) -> xr.DataArray:
    """Return every draw of a quantity. Materialises rows x draws: mind the memory.

    Parameters
    ----------
    result : Dataset
        From `wbe.estimate`.
    quantity : str
        ``concentration``, ``mass_load``, ``pn_mass_load``, ``consumption``, ``pn_consumption`` or
        ``pn_doses``.

    Returns
    -------
    DataArray (sample, analyte, draw) or (sample, pathway, draw)
        NaN where the quantity does not exist or a non-detect has bounds only. The same unknown has
        the same draw everywhere: ratios and sums of draws are right as they stand.

    Raises
    ------
    UsageError
        If the result has no draws or the quantity none.

    Examples
    --------
    >>> import wbe
    >>> samples = wbe.read("data/samples/example-county/lab/2018Q1_plants_synthetic.csv")
    >>> result = wbe.estimate(samples, draws=1000)
    >>> wbe.draws(result, "pn_mass_load").dims
    ('sample', 'analyte', 'draw')
    """
    if result.attrs["draws"] == 0:
        raise UsageError("this result was made with draws = 0; run wbe.estimate with draws")
    s = rows.extract(result)
    n_draws, seed = result.attrs["draws"], result.attrs["seed"]
    base = {**BY_PATHWAY, "pn_doses": "pn_mass_load"}.get(quantity, quantity)
    if base not in BY_ANALYTE:
        raise UsageError(f"{quantity!r} has no draws; it has a formula, or is no quantity")
    over = "analyte" if quantity == base else "pathway"
    out = np.full((result.sizes["sample"], result.sizes[over], n_draws), np.nan)
    if over == "analyte":
        i, j = cells(s, base)
        out[i, j] = draw(rows.product(s, base, i, j), n_draws, seed)
    else:
        for k, path in enumerate(pathways(result)):
            i, j = cells(s, base, path["analyte"])
            p = drug_product(rows.product(s, base, i, j), quantity, path)
            if p is not None:
                out[i, k] = draw(p, n_draws, seed)
    coords = {"sample": result["sample"], over: result[over]}
    return xr.DataArray(
        out,
        dims=("sample", over, "draw"),
        coords=coords,
        name=quantity,
        attrs={"units": UNITS[quantity]},
    )


def _checked_model(model: ErrorModel | None) -> ErrorModel:
    if model is None:
        return default_model()
    error_terms.require_usable(model)
    return model


def _require_options(draws: int) -> None:
    if draws < 0:
        raise UsageError(f"draws = {draws}; use 0 for no uncertainty or a positive number")


def _with_residues(result: xr.Dataset) -> xr.Dataset:
    s = rows.extract(result)
    for quantity in BY_ANALYTE:
        i, j = cells(s, quantity)
        values = _summaries(result, rows.product(s, quantity, i, j, "limit"), s, i, j)
        result = _assign(result, quantity, "analyte", i, j, values)
    return result


def _with_consumption(result: xr.Dataset) -> xr.Dataset:
    s = rows.extract(result)
    shape = (result.sizes["sample"], result.sizes["pathway"])
    for quantity, base in (*BY_PATHWAY.items(), ("pn_doses", "pn_mass_load")):
        out = {name: np.full(shape, np.nan) for name in ("median", "lower", "upper", "mean")}
        for k, path in enumerate(pathways(result)):
            i, j = cells(s, base, path["analyte"])
            p = drug_product(rows.product(s, base, i, j, "limit"), quantity, path)
            if p is not None:
                for name, column in _summaries(result, p, s, i, j).items():
                    out[name][i, k] = column
        result = _store(result, quantity, "pathway", out)
    return result


def cells(
    s: rows.Samples, quantity: str, analyte: str | None = None
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return (sample, analyte) positions at which a quantity exists.

    With an analyte: those of a drug, which come from sewage alone. What leaves a treatment plant
    has a load, but says nothing about use.
    """
    known = np.isfinite(s.amount) | np.isin(s.status, schema.CENSORED)
    if quantity == "concentration":
        known &= np.isin(s.kind, ("concentration", "content"))
    else:
        known &= rows.has_flow(s) if quantity == "mass_load" else rows.has_per_capita(s)
    if analyte is not None:
        known &= (s.analyte == analyte)[None, :] & np.isin(s.matrix, rows.SEWAGE)[:, None]
    i, j = np.nonzero(known)
    return i, j


def _summaries(
    result: xr.Dataset,
    p: Product,
    s: rows.Samples,
    i: NDArray[np.intp],
    j: NDArray[np.intp],
) -> dict[str, NDArray[np.float64]]:
    """Summarise rows; a non-detect, which stands at its limit here, keeps its bounds alone."""
    values = _marginals(p, result.attrs)
    low = np.isin(s.status[i, j], schema.CENSORED)
    bound = values["upper" if result.attrs["draws"] else "median"]
    nan = np.nan
    return {
        "median": np.where(low, nan, values["median"]),
        "mean": np.where(low, nan, values["mean"]),
        "lower": np.where(low, np.where(np.isnan(bound), nan, 0.0), values["lower"]),
        "upper": np.where(low, bound, values["upper"]),
    }


def _marginals(p: Product, attrs: Mapping[Any, Any]) -> dict[str, NDArray[np.float64]]:
    """Return median, mean and 95 % interval of every row; central values without draws.

    Marginals of single samples are exact, without draws, unless the error model was edited into one
    that only draws can treat.
    """
    if attrs["draws"] == 0:
        nothing = np.full(len(p), np.nan)
        central = np.exp(p.log_central)
        return {"median": central, "mean": nothing, "lower": nothing, "upper": nothing}
    got = propagate(p, draws=attrs["draws"], seed=attrs["seed"], engine=attrs["engine"])
    return {"median": got.median, "mean": got.mean, "lower": got.lower, "upper": got.upper}


def _assign(
    result: xr.Dataset,
    quantity: str,
    over: str,
    i: NDArray[np.intp],
    j: NDArray[np.intp],
    values: dict[str, NDArray[np.float64]],
) -> xr.Dataset:
    shape = (result.sizes["sample"], result.sizes[over])
    out = {name: np.full(shape, np.nan) for name in values}
    for name, column in values.items():
        out[name][i, j] = column
    return _store(result, quantity, over, out)


def _store(
    result: xr.Dataset, quantity: str, over: str, out: dict[str, NDArray[np.float64]]
) -> xr.Dataset:
    dims, attrs = ("sample", over), {"units": UNITS[quantity]}
    names = {"median": "", "lower": "_lower", "upper": "_upper", "mean": "_mean"}
    new = {
        quantity + ending: (dims, out[name], attrs)
        for name, ending in names.items()
        # the input stays under the name of a measured quantity
        if not (quantity == "concentration" and name == "median")
    }
    return result.assign(new)
