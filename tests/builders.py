"""Builders that show the arithmetic: a few visible numbers become the tables the package passes."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest


def _column(value: Any, n: int) -> np.ndarray:
    """Repeat a single value for every sample; a sequence must have one entry per sample."""
    if isinstance(value, str) or not isinstance(value, Sequence | np.ndarray):
        value = [value] * n
    if len(value) != n:
        raise ValueError(f"{len(value)} values for {n} samples")
    return np.asarray(value)


def build_samples(
    concentration: Mapping[str, Sequence[float]],
    *,
    site: Sequence[str] | None = None,
    flow: float | Sequence[float] = 50_000.0,
    population: float | Sequence[float] = 200_000.0,
    status: Mapping[str, Sequence[str]] | None = None,
    lod: Mapping[str, Sequence[float]] | None = None,
    loq: Mapping[str, Sequence[float]] | None = None,
    **labels: Any,
) -> Any:
    """Samples Dataset from concentrations [ng/L] by analyte, one entry per sample.

    Parameters
    ----------
    concentration : dict of str to sequence
        ``{"benzoylecgonine": [500.0, 300.0]}``; NaN where a value is below a limit or missing.
    site : sequence of str
        One per sample; ``A, B, C...`` without it.
    flow, population : float or sequence
        [m^3/day] and [inhabitant].
    status, lod, loq : dict of str to sequence
        By analyte, where they differ from "quantified" and from "no limit known".
    **labels
        Any coordinate on ``sample``: ``area``, ``round``, ``visit``, ``lab``, ``matrix``...
    """
    import xarray as xr

    analytes = list(concentration)
    n = len(next(iter(concentration.values())))
    site = list(site) if site is not None else [chr(ord("A") + i) for i in range(n)]

    def grid(given: Mapping[str, Sequence[Any]] | None, default: Any) -> np.ndarray:
        given = given or {}
        return np.column_stack([_column(given.get(a, default), n) for a in analytes])

    values = grid(concentration, np.nan).astype(float)
    state = grid(status, "quantified").astype(object)
    coords: dict[str, Any] = {
        "sample": [f"s{i + 1}" for i in range(n)],
        "analyte": analytes,
        "site": ("sample", np.asarray(site, dtype=object)),
        "time": ("sample", _column(labels.pop("time", "2018-03-01"), n).astype("datetime64[s]")),
        "duration": ("sample", _column(labels.pop("duration", 24.0), n).astype(float)),
    }
    defaults = {
        "area": "",
        "matrix": "wwtp_influent",
        "mode": "composite_24h",
        "round": "2018Q1",
        "visit": "",
        "lab": "L1",
        "population_basis": "served",
        "population_date": "2018",
    }
    for name, value in {**defaults, **labels}.items():
        coords[name] = ("sample", _column(value, n).astype(object))

    cell, row = ("sample", "analyte"), ("sample",)
    variables = {
        "concentration": (cell, values, {"units": "ng/L"}),
        "lod": (cell, grid(lod, np.nan).astype(float), {"units": "ng/L"}),
        "loq": (cell, grid(loq, np.nan).astype(float), {"units": "ng/L"}),
        "concentration_rsd": (cell, np.full(values.shape, np.nan), {"units": "1"}),
        "status": (cell, state),
        "flow": (row, _column(flow, n).astype(float), {"units": "m^3/day"}),
        "flow_rsd": (row, np.full(n, np.nan), {"units": "1"}),
        "population": (row, _column(population, n).astype(float), {"units": "inhabitant"}),
        "population_rsd": (row, np.full(n, np.nan), {"units": "1"}),
        "source_file": (cell, np.full(values.shape, -1, dtype="int16")),
        "source_line": (cell, np.zeros(values.shape, dtype="int32")),
    }
    return xr.Dataset(variables, coords=coords, attrs={"files": []})


def build_sites(
    site: Sequence[str],
    area: Sequence[str] | str,
    *,
    lon: Any = 116.0,
    lat: Any = 23.0,
    **columns: Any,
) -> Any:
    """Sites table: a GeoDataFrame of points in WGS 84, one row per site."""
    import geopandas as gpd

    n = len(site)
    lon, lat = _column(lon, n).astype(float), _column(lat, n).astype(float)
    table = {
        "site": list(site),
        "name": list(site),
        "area": _column(area, n),
        "lon": lon,
        "lat": lat,
        "crs": ["wgs84"] * n,
        "population": _column(columns.pop("population", np.nan), n).astype(float),
        "population_basis": _column(columns.pop("population_basis", ""), n),
        "population_date": _column(columns.pop("population_date", ""), n),
        "role": _column(columns.pop("role", "routine"), n),
        "type": _column(columns.pop("type", ""), n),
        **{name: _column(value, n) for name, value in columns.items()},
    }
    return gpd.GeoDataFrame(table, geometry=gpd.points_from_xy(lon, lat), crs="EPSG:4326")


def build_areas(area: Sequence[str], population: Any = np.nan, *, side: float = 0.1) -> Any:
    """Areas table: squares of ``side`` degrees in a row, from 116 E 23 N eastwards."""
    import geopandas as gpd
    from shapely.geometry import box

    squares = [box(116 + i * side, 23, 116 + (i + 1) * side, 23 + side) for i in range(len(area))]
    table = {
        "area": list(area),
        "name": list(area),
        "population": _column(population, len(area)).astype(float),
    }
    return gpd.GeoDataFrame(table, geometry=squares, crs="EPSG:4326")


def reference_file(*parts: str) -> Path:
    """Path of a published table outside the project; the test skips, saying so, without it."""
    given = os.environ.get("WBE_REFERENCE_DATA", "")
    if not given:
        pytest.skip("WBE_REFERENCE_DATA is not set: the published tables are not in the project")
    path = Path(given, *parts)
    if not path.exists():
        pytest.skip(f"WBE_REFERENCE_DATA has no {'/'.join(parts)}")
    return path
