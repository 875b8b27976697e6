"""Plain arrays as a samples Dataset, and the sewage of a Dataset."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from wbe import names, schema, units
from wbe.backcalc.rows import SEWAGE
from wbe.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd


def samples_of(
    concentrations: Mapping[str, ArrayLike],
    *,
    flow: ArrayLike,
    population: ArrayLike,
    date: ArrayLike,
    site: ArrayLike,
    population_basis: str,
    unit: str = "ng/L",
    flow_unit: str = "m^3/day",
    limits: Mapping[str, ArrayLike] | None = None,
    area: ArrayLike = "",
) -> xr.Dataset:
    """Return plain arrays of 24-hour influent composites as `wbe.read` would return them.

    Parameters
    ----------
    concentrations : mapping of str to array_like (sample,) [`unit`]
        Residue -> concentrations; NaN: below the limit where `limits` has one, else not measured.
    flow : array_like (sample,) or float [`flow_unit`]
    population : array_like (sample,) or float [inhabitant]
    date : array_like (sample,) of datetime64
        Day on which collection began.
    site : array_like (sample,) of str, or str
    population_basis : str
        ``resident``, ``registered``, ``served``, ``design``, ``mobile`` or ``estimated``.
    unit, flow_unit : str
        Of the concentrations and limits, and of the flow.
    limits : mapping of str to array_like (sample,), optional [`unit`]
        Residue -> limit of quantification.
    area : array_like (sample,) of str, or str

    Returns
    -------
    Dataset (sample, analyte)

    Raises
    ------
    UsageError
        If there is no residue, a population basis is not known, a flow or population is not
        positive, or the arrays do not fit.
    UnitError
        If a unit is not understood or of another dimension.

    Examples
    --------
    >>> from wbe.recipes import published
    >>> one = published.samples_of(
    ...     {"benzoylecgonine": [0.5]}, unit="ug/L", flow=50_000, population=200_000,
    ...     date=["2024-03-12"], site="A", population_basis="served",
    ... )
    >>> float(one["concentration"][0, 0])
    500.0
    """
    import pandas as pd

    if not concentrations:
        raise UsageError("there is no residue among the concentrations")
    if population_basis not in names.ids("basis"):
        raise UsageError(f"population_basis = {population_basis!r} is not known")
    n = max(np.size(v) for v in concentrations.values())
    whole = {"flow": flow, "population": population, "date": date, "site": site, "area": area}
    for name, given in (whole | dict(concentrations) | dict(limits or {})).items():
        if np.size(given) not in (1, n):
            raise UsageError(
                f"{n} samples, and {np.size(given)} values of {name}: one, or one each"
            )
    for name, amount in (("flow", flow), ("population", population)):
        if (np.asarray(amount, dtype=float) <= 0).any():
            raise UsageError(f"{name} is zero or negative; NaN is one that is not known")
    ids = [f"{k:05d}" for k in range(n)]
    about = pd.DataFrame(
        {
            "site": _each(site, n), "area": _each(area, n),
            "time": _each(np.asarray(date, dtype="datetime64[s]"), n),
            "matrix": "wwtp_influent", "mode": "composite_24h", "duration": 24.0,
            "flow": _each(np.asarray(flow, dtype=float), n) * units.scale(flow_unit, "m^3/day"),
            "population": _each(population, n), "population_basis": population_basis,
        },
        index=ids,
    )  # fmt: skip
    by = units.scale(unit, "ng/L")
    known = limits or {}
    cells = [_cells(ids, name, c, known.get(name), by) for name, c in concentrations.items()]
    return schema.assemble(about, pd.concat(cells, ignore_index=True))


def _each(values: ArrayLike, n: int) -> np.ndarray:
    """Return one value a sample."""
    return np.broadcast_to(np.ravel(np.asarray(values)), n)


def _cells(
    ids: list[str], name: str, values: ArrayLike, limit: ArrayLike | None, by: float
) -> pd.DataFrame:
    """Return the records of one residue."""
    import pandas as pd

    found = np.broadcast_to(np.asarray(values, dtype=float) * by, len(ids))
    loq = np.broadcast_to(
        np.asarray(np.nan if limit is None else limit, dtype=float) * by, len(ids)
    )
    below = np.where(np.isfinite(loq), "below_loq", "not_measured")
    status = np.where(np.isfinite(found), "quantified", below)
    return pd.DataFrame(
        {"sample": ids, "analyte": name, "status": status, "concentration": found, "loq": loq}
    )


def sewage(samples: xr.Dataset) -> xr.Dataset:
    """Return the samples of raw sewage with what a recipe of plants needs.

    Raises
    ------
    SchemaError
        If concentration, flow or population are missing.
    UsageError
        If no sample is sewage.
    """
    schema.require(samples, "concentration", "flow", "population", "matrix")
    raw = np.flatnonzero(np.isin(samples["matrix"].values.astype(str), SEWAGE))
    if not len(raw):
        raise UsageError("no sample is of sewage: nothing can be said of use")
    return samples.isel(sample=raw)


def placed(samples: xr.Dataset, by: str) -> xr.Dataset:
    """Return the samples, of which some name their area where areas are wanted.

    Raises
    ------
    UsageError
        If `by` is ``area`` and no sample has one.
    """
    if by == "area" and not (samples["area"].values.astype(str) != "").any():
        raise UsageError("no sample has an area: use wbe.locate, or by='site'")
    return samples
