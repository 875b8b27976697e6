"""Catchments and areas: which part of a plant's people lives in which area.

A plant serves several towns and a town drains to several plants. The weight w of catchment c in
area a is the share of its people who live there; weights come from a table, or from the overlap of
polygons. An area's load is made of its plants' loads by these weights. It assumes that everybody in
a catchment contributes alike, wherever in it he lives: what differs between two towns on one plant
cannot be seen at the plant.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from wbe.errors import UsageError

if TYPE_CHECKING:
    import geopandas as gpd

Floats = NDArray[np.float64]

COLUMNS: Final = ("site", "area", "weight")
ASSUMPTION: Final = (
    "an area's value assumes an even per-capita load within each catchment that it shares"
)
SLACK: Final = 1e-3
"""What the weights of a catchment may lack to 1: written with three decimals."""


@dataclass(frozen=True)
class Overlap:
    """Weights of catchments in areas, found from polygons.

    Attributes
    ----------
    weights : DataFrame
        ``site, area, weight`` [1], sorted; the weights of a site sum to 1 less `outside`.
    outside : Series
        By site, the part that lies in none of the areas [1].
    by : str
        ``area`` or ``population``.
    """

    weights: pd.DataFrame
    outside: pd.Series
    by: str


def catchment_weights(table: pd.DataFrame) -> pd.DataFrame:
    """Return the weights of a table of catchments.

    Parameters
    ----------
    table : DataFrame
        ``site, area`` and ``weight`` [1] or ``population`` [inhabitant]: the people of the
        catchment who live in the area. Weights are taken as stated: what they lack to 1 drains
        from outside of the areas. Populations of a site are divided by their sum.

    Returns
    -------
    DataFrame
        ``site, area, weight``, sorted by site and area.

    Raises
    ------
    UsageError
        If a site has a row without a number, a number that is not positive, an area twice, or
        weights above 1 in sum.

    Examples
    --------
    >>> rows = {"site": ["P", "P"], "area": ["A", "B"], "population": [30_000, 10_000]}
    >>> catchment_weights(pd.DataFrame(rows))["weight"].tolist()
    [0.75, 0.25]
    """
    own = table["weight"] if "weight" in table else pd.Series(np.nan, index=table.index)
    weight = own.astype(float)
    if "population" in table:
        people = table["population"].astype(float)
        without = weight.isna().groupby(table["site"]).transform("all")
        total = people.groupby(table["site"]).transform(lambda p: p.sum(skipna=False))
        weight = weight.where(~without, people / total)
    out = pd.DataFrame({"site": table["site"].astype(str), "area": table["area"].astype(str)})
    out = out.assign(weight=weight).sort_values(["site", "area"]).reset_index(drop=True)
    _refuse(out)
    return out


def _refuse(weights: pd.DataFrame) -> None:
    bad = weights[~(weights["weight"] > 0)]
    if len(bad):
        first = bad.iloc[0]
        raise UsageError(f"the catchment {first['site']} has no positive weight in {first['area']}")
    twice = weights[weights.duplicated(["site", "area"])]
    if len(twice):
        first = twice.iloc[0]
        raise UsageError(f"the catchment {first['site']} names the area {first['area']} twice")
    total = weights.groupby("site")["weight"].sum()
    if (total > 1 + SLACK).any():
        site = str(total.idxmax())
        raise UsageError(f"the weights of the catchment {site} sum to {total[site]:.4g}, above 1")


def weights_by_overlap(
    catchments: gpd.GeoDataFrame, areas: gpd.GeoDataFrame, *, by: str = "population"
) -> Overlap:
    """Return the weights of catchments in areas from the overlap of their polygons.

    Parameters
    ----------
    catchments : GeoDataFrame
        ``site`` and polygons.
    areas : GeoDataFrame
        ``area``, polygons and, for ``population``, ``population`` [inhabitant].
    by : str
        ``area``: shares of the catchment's surface. ``population``: surface of the overlap times
        the mean density of the area, which assumes that people live evenly in an area.

    Returns
    -------
    Overlap

    Raises
    ------
    UsageError
        If `by` is unknown, a coordinate system or a population is missing, areas overlap each
        other, or a geometry has no surface.

    Notes
    -----
    Surfaces are measured on a Lambert azimuthal equal-area projection about the middle of the
    catchments. By area: ``w = |c and a| / |c|``, and what lies in no area is `outside`. By
    population: ``w = (1 - o) d_a |c and a| / sum over areas``, with the density
    ``d_a = P_a / |a|`` and o the outside part of the surface: of the people outside nothing is
    known but their ground.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely.geometry import box
    >>> from wbe.spatial import weights_by_overlap
    >>> areas = gpd.GeoDataFrame(
    ...     {"area": ["west", "east"], "population": [3000, 1000]}, crs="EPSG:4326",
    ...     geometry=[box(116.0, 23.0, 116.1, 23.1), box(116.1, 23.0, 116.2, 23.1)],
    ... )
    >>> plant = gpd.GeoDataFrame(
    ...     {"site": ["plant"]}, crs="EPSG:4326", geometry=[box(116.05, 23.0, 116.15, 23.1)]
    ... )
    >>> weights_by_overlap(plant, areas).weights[["site", "area", "weight"]].round(2)
        site  area  weight
    0  plant  east    0.25
    1  plant  west    0.75
    """
    if by not in ("area", "population"):
        raise UsageError(f"by = {by!r}; use area or population")
    if by == "population" and "population" not in areas:
        raise UsageError("weights by population need a column population of the areas")
    import shapely

    own, places = _on_equal_area(catchments, areas)
    surface, ground = own.area.to_numpy(), places.area.to_numpy()
    if not (surface > 0).all() or not (ground > 0).all():
        raise UsageError("weights by overlap need polygons of catchments and areas")
    _refuse_overlapping(places, areas["area"].astype(str).tolist())
    held, at = places.sindex.query(own.to_numpy(), predicate="intersects")
    common = shapely.area(shapely.intersection(own.to_numpy()[held], places.to_numpy()[at]))
    found = pd.DataFrame(
        {"site": catchments["site"].astype(str).to_numpy()[held],
         "area": areas["area"].astype(str).to_numpy()[at],
         "weight": common / surface[held]}
    )  # fmt: skip
    if by == "population":
        density = areas["population"].to_numpy(dtype=float) / ground
        found["density"] = density[at]
    found = found[found["weight"] > SLACK / 10].sort_values(["site", "area"], ignore_index=True)
    inside = found.groupby("site")["weight"].sum()
    sites = sorted(catchments["site"].astype(str))
    outside = (1 - inside.reindex(sites, fill_value=0.0)).clip(lower=0.0)
    if by == "population":
        found["weight"] = _by_density(found, inside)
    return Overlap(found[list(COLUMNS)], outside.where(outside > SLACK, 0.0), by)


def _by_density(found: pd.DataFrame, inside: pd.Series) -> pd.Series:
    if found["density"].isna().any():
        area = found.loc[found["density"].isna(), "area"].iloc[0]
        raise UsageError(f"the area {area} has no population: weights by population need it")
    people = found["weight"] * found["density"]
    total = people.groupby(found["site"]).transform("sum")
    return people / total * found["site"].map(inside)


def _on_equal_area(
    catchments: gpd.GeoDataFrame, areas: gpd.GeoDataFrame
) -> tuple[gpd.GeoSeries, gpd.GeoSeries]:
    """Both on one equal-area projection [m]."""
    if catchments.crs is None or areas.crs is None:
        raise UsageError("weights by overlap need a coordinate system of catchments and areas")
    west, south, east, north = catchments.to_crs("EPSG:4326").total_bounds
    plane = f"+proj=laea +lat_0={(south + north) / 2:.4f} +lon_0={(west + east) / 2:.4f} +units=m"
    return catchments.geometry.to_crs(plane), areas.geometry.to_crs(plane)


def _refuse_overlapping(places: gpd.GeoSeries, names: list[str]) -> None:
    """Refuse areas of which one holds ground of another: its people would count twice."""
    first, second = places.sindex.query(places.to_numpy(), predicate="intersects")
    for i, j in zip(first.tolist(), second.tolist(), strict=True):
        if i < j and places.iloc[i].intersection(places.iloc[j]).area > SLACK * min(
            places.iloc[i].area, places.iloc[j].area
        ):
            raise UsageError(f"the areas {names[i]} and {names[j]} overlap")


def area_loads(
    loads: ArrayLike, population: ArrayLike, weights: ArrayLike
) -> tuple[Floats, Floats]:
    """Return loads of areas from loads of plants.

    Parameters
    ----------
    loads : array_like (plant, ...) [mg/day/1000 inhabitants]
        Per-capita loads, draws along further axes: the same draw everywhere keeps what plants and
        areas share.
    population : array_like (plant,) [inhabitant]
        People of each catchment.
    weights : array_like (area, plant) [1]
        Share of each catchment in each area.

    Returns
    -------
    tuple of ndarray (area, ...)
        Per-capita load [mg/day/1000 inhabitants] and load [mg/day] of the area's people who are
        connected to these plants; NaN and 0 where there are none.

    Raises
    ------
    UsageError
        If shapes do not fit, a weight is negative, or those of a plant sum to more than 1.

    Notes
    -----
    l_a = sum_c w_ac P_c l_c / sum_c w_ac P_c, and L_a = sum_c w_ac P_c l_c / 1000. Weights and
    populations are taken as known; loads carry their own errors.

    Examples
    --------
    >>> per_capita, total = area_loads([10.0, 40.0], [20_000, 10_000], [[0.5, 1.0], [0.5, 0.0]])
    >>> per_capita, total
    (array([25., 10.]), array([500., 100.]))
    """
    load, people, w = (np.asarray(v, dtype=float) for v in (loads, population, weights))
    if w.ndim != 2 or people.shape != (w.shape[1],) or load.shape[:1] != people.shape:
        raise UsageError(f"loads {load.shape}, population {people.shape}, weights {w.shape}")
    if (w < 0).any() or (w.sum(axis=0) > 1 + SLACK).any():
        raise UsageError("weights are shares: none is negative and those of a plant sum to 1")
    held = w * people
    total = np.tensordot(held, load, axes=1)
    connected = held.sum(axis=1).reshape((-1,) + (1,) * (load.ndim - 1))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(connected > 0, total / connected, np.nan), total / 1000.0


def spread_over_areas(samples: xr.Dataset, weights: pd.DataFrame) -> xr.Dataset:
    """Give every sample of a plant a row in each area that the plant serves.

    Parameters
    ----------
    samples : Dataset (sample, analyte)
        From `wbe.estimate` (or `wbe.locate`). A site that `weights` does not name keeps its area.
    weights : DataFrame
        From `catchment_weights`, or `Overlap.weights`.

    Returns
    -------
    Dataset (sample, analyte)
        For `wbe.by_area`: ``share`` [1] beside each row, and ``attrs["catchments"]`` with what the
        values assume. A sample keeps its id in all its rows and so its draws: what two areas have
        from one plant is drawn once, and their difference shows it.

    Raises
    ------
    UsageError
        If no site of the weights has a sample, or the samples were spread before.

    Notes
    -----
    `wbe.by_area` weights the plants of an area by share times population (`area_loads`) in the
    arithmetic statistic; the geometric one weights points alike.

    Examples
    --------
    >>> import pandas as pd
    >>> import wbe
    >>> folder = "data/samples/example-county"
    >>> samples = wbe.read(f"{folder}/lab/2018Q1_plants_synthetic.csv")
    >>> served = pd.DataFrame(
    ...     {"site": "云帆镇污水处理厂", "area": ["EX01", "EX02"], "weight": [0.8, 0.2]}
    ... )
    >>> spread = wbe.spatial.spread_over_areas(wbe.estimate(samples, draws=0), served)
    >>> samples.sizes["sample"], spread.sizes["sample"]
    (13, 14)
    """
    _refuse(weights)
    rows: dict[str, list[tuple[str, float]]] = {}
    for site, area, weight in weights[list(COLUMNS)].itertuples(index=False):
        rows.setdefault(str(site), []).append((str(area), float(weight)))
    own = samples["area"].values.astype(str)
    at, area_of, share = [], [], []
    for i, site in enumerate(samples["site"].values.astype(str).tolist()):
        for area, weight in rows.get(site, [(str(own[i]), 1.0)]):
            at.append(i)
            area_of.append(area)
            share.append(weight)
    out = samples.isel(sample=np.array(at, dtype=int))
    out = out.assign_coords(area=("sample", np.array(area_of, dtype=object)))
    out = out.assign(share=("sample", np.array(share), {"units": "1"}))
    return out.assign_attrs(catchments=ASSUMPTION)


def connected(samples: xr.Dataset) -> xr.Dataset:
    """Return samples whose populations are the people of their area in their catchment.

    For counting people, not for loads: a load a person divides by the whole catchment.

    Parameters
    ----------
    samples : Dataset (sample, analyte)
        From `spread_over_areas`; unchanged if it was not spread.
    """
    if "share" not in samples:
        return samples
    return samples.assign(population=samples["population"] * samples["share"])
