"""Samples meet places: area, round, visit and role of every sample."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import xarray as xr

from wbe.area_names import nearest_areas
from wbe.backcalc.rows import SEWAGE
from wbe.errors import UsageError
from wbe.findings import Findings
from wbe.options import require_choice
from wbe.spatial.datum import sites_to_wgs84
from wbe.spatial.placement import OUTSIDE, Placement, note_unplaced, placement_of
from wbe.spatial.positions import note_positions
from wbe.spellings import nearest

if TYPE_CHECKING:
    import geopandas as gpd

ROUNDS = ("auto", "column", "month", "quarter", "year", "all")


def locate(
    samples: xr.Dataset,
    sites: gpd.GeoDataFrame | None = None,
    areas: gpd.GeoDataFrame | None = None,
    *,
    rounds: str = "auto",
    spread: Collection[str] = (),
) -> xr.Dataset:
    """Give every sample its area, round, visit and role, and a missing population its site's.

    Parameters
    ----------
    samples : Dataset (sample, analyte)
    sites : GeoDataFrame, optional
        From `wbe.read_sites`. A site's area is the one it states, else the polygon around it
        (see `wbe.spatial.placement`).
    areas : GeoDataFrame, optional
        From `wbe.read_areas`. Without areas and stated areas each site stands for itself.
    rounds : str
        ``column``: as the tables state; ``month``, ``quarter``, ``year``: from the dates; ``all``:
        one round; ``auto``: the stated round where there is one, else the quarter.
    spread : collection of str
        Sites whose catchments are spread over areas afterwards (`spread_over_areas`): they need no
        area here.

    Returns
    -------
    Dataset (sample, analyte)
        Coordinates ``area``, ``round``, ``visit``, ``role``; further findings in
        ``attrs["findings"]``. The visit is set where an area and round hold grab or open-channel
        samples of sewage: the crew, hours and rain that its points share. Pure composites of plants
        get none. A site that lies in none of the areas given, or in one of several and nobody knows
        which, has the area "" and enters no area.

    Raises
    ------
    UsageError
        If `rounds` is unknown or a sample has neither round nor date.

    Examples
    --------
    >>> import wbe
    >>> folder = "data/samples/example-county"
    >>> samples = wbe.read(f"{folder}/lab/2018Q1_plants_synthetic.csv")
    >>> sites = wbe.read_sites(f"{folder}/sites.csv")
    >>> areas = wbe.read_areas(f"{folder}/areas.geojson")
    >>> located = wbe.locate(samples, sites, areas)
    >>> str(located["area"].values[0]), str(located["round"].values[0])
    ('EX01', '2018Q1')
    """
    found = Findings()
    found.extend(samples.attrs.get("findings") or Findings())
    if areas is not None and areas.crs is not None:
        areas = areas.to_crs("EPSG:4326")
    note_positions(sites, areas, found, used=_stated_areas(samples).values())
    out = samples.assign_coords(round=("sample", rounds_of(samples, rounds)))
    place = _site_table(out, sites, areas, found, spread)
    site = out["site"].values.astype(str)
    for name in ("area", "role", "site_type"):
        out = out.assign_coords({name: ("sample", place[name].reindex(site).to_numpy(dtype=str))})
    out = _with_population(out, place)
    out = out.assign_coords(visit=("sample", _visits(out)))
    places = areas if areas is not None else _points(place, sites)
    lost = {e.site for e in found.errors if e.site} & set(_site_areas(place, sites))
    rejected = sorted({_site_areas(place, sites)[site] for site in lost} - {""})
    out = out.assign_attrs(findings=found, rejected_areas=rejected)
    return out if places is None else out.assign_attrs(areas=places.to_json())


def stored_areas(samples: xr.Dataset) -> gpd.GeoDataFrame | None:
    """Return the areas that `locate` kept with the samples (WGS84), None where there are none.

    Parameters
    ----------
    samples : Dataset

    Returns
    -------
    GeoDataFrame or None
        area, name, population, geometry.
    """
    text = samples.attrs.get("areas")
    if not text:
        return None
    import geopandas as gpd

    table = gpd.GeoDataFrame.from_features(json.loads(text)["features"], crs="EPSG:4326")
    return table.assign(population=table["population"].astype(float))


def _site_areas(place: pd.DataFrame, sites: gpd.GeoDataFrame | None) -> dict[str, str]:
    """Return site -> area, of sites without an accepted sample too."""
    out: dict[str, str] = {}
    if sites is not None and "area" in sites:
        stated = sites["area"].fillna("").astype(str)
        out = dict(zip(sites["site"].astype(str), stated, strict=True))
    return out | dict(zip(place.index.astype(str), place["area"].astype(str), strict=True))


def _points(place: pd.DataFrame, sites: gpd.GeoDataFrame | None) -> gpd.GeoDataFrame | None:
    """Return one point an area where only sites have coordinates, None where none has."""
    if sites is None or "lon" not in sites:
        return None
    import geopandas as gpd

    known = sites.drop_duplicates("site").set_index("site")
    known = known.loc[[s for s in place.index if s in known.index]]
    known = known[known["lon"].notna() & known["lat"].notna()]
    if not len(known):
        return None
    lon, lat = sites_to_wgs84(known)
    table = pd.DataFrame(
        {"area": place.loc[known.index, "area"].to_numpy(dtype=str), "lon": lon, "lat": lat}
    )
    table["name"] = known["name"].fillna("").astype(str).to_numpy() if "name" in known else ""
    table["population"] = known["population"].to_numpy(dtype=float)
    grouped = table.groupby("area", sort=True)
    one = grouped.agg(
        name=("name", "first"),
        n=("name", "size"),
        lon=("lon", "mean"),
        lat=("lat", "mean"),
        population=("population", lambda p: p.sum(skipna=False)),
    ).reset_index()
    own = one["area"].isin(set(place.index))  # an area that is a site has the site's name
    one.loc[~own | (one["n"] > 1) | (one["name"] == ""), "name"] = one["area"]
    # Two decimals of a degree, about 1 km: a map of areas needs no sampling point.
    spots = gpd.points_from_xy(one["lon"].round(2), one["lat"].round(2))
    return gpd.GeoDataFrame(one[["area", "name", "population"]], geometry=spots, crs="EPSG:4326")


def rounds_of(samples: xr.Dataset, rounds: str) -> np.ndarray:
    """Return the round of every sample.

    Parameters
    ----------
    samples : Dataset (sample, analyte)
    rounds : str
        One of `ROUNDS`, as in `locate`.

    Returns
    -------
    ndarray (sample,) of str

    Raises
    ------
    UsageError
        If `rounds` is unknown or a sample has neither round nor date.

    Examples
    --------
    >>> import wbe
    >>> samples = wbe.read("data/samples/example-county/lab/2018Q1_plants_synthetic.csv")
    >>> sorted(set(wbe.spatial.rounds_of(samples, "month").tolist()))
    ['2018-03']
    """
    require_choice("rounds", rounds, ROUNDS)
    stated = samples["round"].values.astype(str) if "round" in samples.coords else np.array([])
    stated = stated if len(stated) else np.full(samples.sizes["sample"], "")
    if rounds == "all":
        return np.full(len(stated), "all")
    if rounds == "column":
        labels = stated
    else:
        labels = _from_dates(samples, "quarter" if rounds == "auto" else rounds)
        # A table that gives a round and no date still says in which year or quarter it was.
        labels = np.where(stated != "", stated, labels) if rounds == "auto" else labels
        labels = np.where(labels == "", _coarser(stated, rounds), labels)
    if (labels == "").any():
        first = samples["sample"].values.astype(str)[labels == ""][0]
        raise UsageError(
            f"sample {first!r} has no {'round' if rounds == 'column' else 'date'}: state it in the "
            'table, or set rounds = "all"'
        )
    return labels.astype(str)


def _from_dates(samples: xr.Dataset, rounds: str) -> np.ndarray:
    times = pd.Series(pd.to_datetime(samples["time"].values))
    year = times.dt.year.astype("Int64").astype(str)
    parts = {
        "year": year,
        "quarter": year + "Q" + times.dt.quarter.astype("Int64").astype(str),
        "month": times.dt.strftime("%Y-%m"),
    }
    return np.where(times.isna(), "", parts[rounds].fillna("").to_numpy(dtype=str))


def _coarser(stated: np.ndarray, rounds: str) -> np.ndarray:
    """Return a stated round cut down to the wanted length, where it is at least as fine."""
    out = []
    for label in stated.astype(str):
        is_quarter, is_month = label[4:5] == "Q", label[4:5] == "-"
        if rounds == "year":
            out.append(label[:4])
        elif rounds == "quarter" and is_month:
            out.append(f"{label[:4]}Q{(int(label[5:7]) + 2) // 3}")
        elif (rounds == "quarter" and is_quarter) or (rounds == "month" and is_month):
            out.append(label)
        else:
            out.append("")
    return np.array(out, dtype=str)


def _site_table(
    samples: xr.Dataset,
    sites: gpd.GeoDataFrame | None,
    areas: gpd.GeoDataFrame | None,
    found: Findings,
    spread: Collection[str],
) -> pd.DataFrame:
    """Return one row a sampled site: area, role, site_type, population, basis, date."""
    used = sorted(set(samples["site"].values.astype(str).tolist()))
    columns = ["area", "role", "site_type", "population", "population_basis", "population_date"]
    table = pd.DataFrame("", index=pd.Index(used, dtype=object), columns=columns, dtype=object)
    table["population"] = np.nan
    stated = _stated_areas(samples)
    table["area"] = [stated.get(site, "") for site in used]
    if sites is not None:
        _take_sites(table, sites, found)
    if areas is None:
        alone = table["area"] == ""
        table.loc[alone, "area"] = table.index[alone].astype(object)
        return table
    _check_areas(table, areas, found)
    alone = (table["area"] == "") & ~table.index.isin(list(spread))
    around = _placements(sites, areas) if alone.any() else {}
    for site in table.index[alone].astype(str):  # none becomes an area of its own
        placed = around.get(site, Placement(OUTSIDE))
        table.loc[site, "area"] = placed.area
        note_unplaced(site, placed, areas["area"].astype(str).tolist(), found, site=site)
    return table


def _stated_areas(samples: xr.Dataset) -> dict[str, str]:
    if "area" not in samples.coords:
        return {}
    pairs = zip(samples["site"].values.astype(str), samples["area"].values.astype(str), strict=True)
    return {site: area for site, area in pairs if area}


def _take_sites(table: pd.DataFrame, sites: gpd.GeoDataFrame, found: Findings) -> None:
    known = sites.drop_duplicates("site").set_index("site")
    both = [site for site in table.index if site in known.index]
    unused = known.index.difference(table.index).astype(str).tolist()
    for site in table.index.difference(known.index).astype(str):
        near = ", ".join(nearest(site, unused)) or "none"
        found.add("site_not_in_sites", site=site, value=site, nearest=near)
    here = known.loc[both]
    names = {"role": "role", "site_type": "type", "population_basis": "population_basis"}
    names["population_date"] = "population_date"
    for name, column in names.items():
        if column in here:
            table.loc[both, name] = here[column].fillna("").astype(str).to_numpy()
    table.loc[both, "population"] = here["population"].to_numpy(dtype=float)
    given = pd.Series("", index=here.index)
    if "area" in here:
        given = here["area"].fillna("").astype(str)
    for site in both:
        table.loc[site, "area"] = given[site] or table.loc[site, "area"]


def _placements(
    sites: gpd.GeoDataFrame | None, areas: gpd.GeoDataFrame | None
) -> dict[str, Placement]:
    """Return where the polygons put each site that has coordinates."""
    if sites is None or areas is None or "lon" not in sites:
        return {}
    shapes = areas[areas.geom_type.isin(["Polygon", "MultiPolygon"])]
    if not len(shapes):
        return {}
    known = sites.drop_duplicates("site")
    known = known[known["lon"].notna() & known["lat"].notna()]
    crs = known["crs"].fillna("").astype(str) if "crs" in known else [""] * len(known)
    written = zip(known["site"].astype(str), known["lon"], known["lat"], crs, strict=True)
    return {s: placement_of((float(x), float(y)), datum, shapes) for s, x, y, datum in written}


def _check_areas(table: pd.DataFrame, areas: gpd.GeoDataFrame, found: Findings) -> None:
    known = set(areas["area"].astype(str))
    for site, area in table["area"].items():
        if area and area not in known:
            near = ", ".join(nearest_areas(str(area), sorted(known))) or "none"
            found.add("area_not_in_areas", site=str(site), value=str(area), nearest=near)


def _with_population(samples: xr.Dataset, place: pd.DataFrame) -> xr.Dataset:
    """Fill a missing population, with its basis and date, from the sites table."""
    n = samples.sizes["sample"]
    site = samples["site"].values.astype(str)
    own = samples["population"].values if "population" in samples else np.full(n, np.nan)
    given = place["population"].reindex(site).to_numpy(dtype=float)
    fill = np.isnan(own) & np.isfinite(given)
    out = samples.assign(population=("sample", np.where(fill, given, own), {"units": "inhabitant"}))
    for name in ("population_basis", "population_date"):
        old = samples[name].values.astype(str) if name in samples else np.full(n, "")
        new = place[name].reindex(site).to_numpy(dtype=str)
        out = out.assign_coords({name: ("sample", np.where(fill, new, old).astype(str))})
    return out


def _visits(samples: xr.Dataset) -> np.ndarray:
    """Return the stated visit, else area and round where the points were grabbed on one visit."""
    n = samples.sizes["sample"]
    stated = samples["visit"].values.astype(str) if "visit" in samples.coords else np.full(n, "")
    area, rounds = samples["area"].values.astype(str), samples["round"].values.astype(str)
    label = np.array([f"{a}|{r}" for a, r in zip(area, rounds, strict=True)], dtype=str)
    grabbed = (samples["mode"].values.astype(str) == "grab") | (
        samples["matrix"].values.astype(str) == "open_channel"
    )
    sewage = np.isin(samples["matrix"].values.astype(str), SEWAGE)
    shared = np.isin(label, label[grabbed & sewage])
    # A visit is one of its own area and round: "1" in two towns is not one visit.
    own = np.array([f"{x}|{v}" if v else "" for x, v in zip(label, stated, strict=True)], dtype=str)
    return np.where(own != "", own, np.where(shared, label, ""))
