"""The disclosure guard: small areas lose their values.

Small or uniform communities can be stigmatised although nobody is identified (Prichard et al.
2014, 10.1016/j.scitotenv.2013.11.039), so an area below the least population is shown as
suppressed: apart from "no data", and apart from zero.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    import xarray as xr

    from wbe.run.config import Privacy

VALUE_COLUMNS = ("value", "lower", "upper", "rank", "rank_lower", "rank_upper")
COUNT_COLUMNS = ("n_sites", "n_samples", "n_censored")


def populations(
    samples: xr.Dataset, areas: gpd.GeoDataFrame | None, *, disjoint: bool
) -> dict[str, float]:
    """Population of every area: its own statement, else that of its sites.

    Catchments of plants are disjoint and add up. The points of a county round may each state
    the whole town's population, so there the largest counts; the guard must not count people
    twice. Of several dates the smallest counts.

    Parameters
    ----------
    samples : Dataset (sample, analyte)
        With ``area``, ``site`` and ``population`` [inhabitant], as :func:`wbe.locate` leaves it.
    areas : GeoDataFrame or None
        With ``area`` and ``population`` [inhabitant].
    disjoint : bool
        Whether the populations of an area's sites may be added.

    Returns
    -------
    dict of str to float
        Known populations only [inhabitant].
    """
    import pandas as pd

    frame = pd.DataFrame({name: samples[name].values for name in ("area", "site", "population")})
    by_site = frame.groupby(["area", "site"], sort=True)["population"].min().dropna()
    by_area = by_site.groupby("area")
    known = (by_area.sum() if disjoint else by_area.max()).to_dict()
    if areas is not None and "population" in areas:
        stated = areas.dropna(subset=["population"])
        known |= dict(zip(stated["area"], stated["population"], strict=True))
    return {str(area): float(people) for area, people in sorted(known.items())}


def guarded(
    tiers: gpd.GeoDataFrame, people: Mapping[str, float], privacy: Privacy
) -> gpd.GeoDataFrame:
    """Empty every row of an area below the least population, or of unknown population.

    Parameters
    ----------
    tiers : GeoDataFrame
        The columns of tiers.csv and a geometry.
    people : mapping of str to float
        Population of the areas [inhabitant].
    privacy : Privacy
        An internal audience and a least population of 0 leave the rows as they are.

    Returns
    -------
    GeoDataFrame
        The same rows and attrs. A suppressed row keeps its names alone, with the flag
        ``suppressed`` (and ``population_unknown``); a point loses its place, since points are
        where sites stand.
    """
    hidden = suppressed(tiers, people, privacy)
    if not hidden.any():
        return tiers
    out = tiers.copy()
    out.attrs = dict(tiers.attrs)
    for name in _values(out):
        out[name] = out[name].astype(float).where(~hidden)
    if "resolved" in out:
        out.loc[hidden, "resolved"] = False
    out.loc[hidden, "tier"] = ""
    unknown = ~out["area"].isin(list(people))
    out.loc[hidden, "flags"] = "suppressed"
    out.loc[hidden & unknown, "flags"] = "population_unknown;suppressed"
    if hidden.all():
        out.attrs["breaks"] = {}  # breaks tell about the areas that set them
    if "geometry" in out:
        out.loc[hidden & (out.geom_type == "Point"), "geometry"] = None
    return out


def parted(
    values: xr.Dataset, people: Mapping[str, float], privacy: Privacy
) -> tuple[xr.Dataset, pd.DataFrame]:
    """Part area values into those that may be shown and the names of the hidden areas.

    Parameters
    ----------
    values : Dataset (quantity, area, round, drug)
        From :func:`wbe.by_area`, with its samples.
    people, privacy
        As for `guarded`.

    Returns
    -------
    tuple of Dataset and DataFrame
        The values without hidden areas and their samples; ``area``, ``name`` and ``geometry``
        of the hidden ones.
        If nothing may be shown, all values and no name: `guarded` then empties every row.
    """
    import pandas as pd

    from wbe.spatial.join import stored_areas

    table = pd.DataFrame({name: values[name].values.astype(str) for name in ("area", "name")})
    places = stored_areas(values)
    if places is not None:
        table["geometry"] = table["area"].map(places.set_index("area")["geometry"])
    hidden = suppressed(table, people, privacy)
    if hidden.all() or not hidden.any():
        return values, table[:0]
    shown = table.loc[~hidden, "area"].to_numpy()
    kept = [area in set(shown) for area in values["sample_area"].values.astype(str)]
    return values.sel(area=shown).isel(sample=kept), table[hidden].reset_index(drop=True)


def beside(tiers: gpd.GeoDataFrame, hidden: pd.DataFrame) -> gpd.GeoDataFrame:
    """Add one empty row a drug, round and hidden area, sorted among the others.

    Parameters
    ----------
    tiers : GeoDataFrame
        From :func:`wbe.rank`, of the areas shown.
    hidden : DataFrame
        ``area``, ``name`` and, where it has one, ``geometry``.
    """
    import pandas as pd

    if hidden.empty:
        return tiers
    series = tiers.drop_duplicates(["drug", "round"])
    blank = series[["round", "drug", "quantity", "unit"]].merge(hidden, how="cross")
    blank = blank.assign(tier="", resolved=False, flags="suppressed")
    attrs = dict(tiers.attrs)
    joined = pd.concat([tiers, blank[[c for c in blank if c in tiers]]], ignore_index=True)
    joined = joined.sort_values(["drug", "round", "area"], kind="stable", ignore_index=True)
    joined.attrs = attrs
    return joined


def coarsened(tiers: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Round the places of points to 0.01 degrees (about 1 km): they stand where sites are."""
    import shapely

    points = tiers.geometry.notna() & (tiers.geom_type == "Point")
    out = tiers.copy()
    out.attrs = dict(tiers.attrs)
    places = out.geometry[points].to_numpy()
    out.loc[points, "geometry"] = shapely.transform(places, lambda xy: xy.round(2))
    return out


def suppressed(tiers: pd.DataFrame, people: Mapping[str, float], privacy: Privacy) -> pd.Series:
    """Tell which rows the guard hides: boolean, one a row."""
    import pandas as pd

    if privacy.audience != "public" or privacy.min_population <= 0:
        return pd.Series(False, index=tiers.index)
    known = tiers["area"].astype(str).map(dict(people)).astype(float)
    return ~(known >= privacy.min_population)


def revealed(tiers: pd.DataFrame, people: Mapping[str, float], privacy: Privacy) -> list[str]:
    """Areas whose numbers stand in a table although the guard hides them."""
    hidden = suppressed(tiers, people, privacy)
    shown = tiers[_values(tiers)].notna().any(axis=1) | tiers["tier"].fillna("").ne("")
    return sorted(set(tiers.loc[hidden & shown, "area"].astype(str)))


def _values(frame: pd.DataFrame) -> list[str]:
    chances = [name for name in frame.columns if str(name).startswith("p_")]
    return [name for name in (*VALUE_COLUMNS, *COUNT_COLUMNS) if name in frame] + chances
