"""What stands on an internal map beside the tiers: sampling points, streams and soil."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    import xarray as xr

_FROM_SAMPLES = ("matrix", "role")


@dataclass(frozen=True)
class Symbols:
    """What is no part of a tier; for internal use.

    Attributes
    ----------
    sites : GeoDataFrame or None
        From `points`.
    streams : DataFrame or None
        From `wbe.spatial.stream_symbols`.
    soil : DataFrame or None
        From `wbe.spatial.legacy_residue`.
    """

    sites: gpd.GeoDataFrame | None = None
    streams: pd.DataFrame | None = None
    soil: pd.DataFrame | None = None


def symbols(values: xr.Dataset, drug: str, hidden: Collection[str]) -> Symbols:
    """Return streams and soil of the areas shown.

    Parameters
    ----------
    values : Dataset
        From `wbe.by_area`, of the areas shown.
    drug : str
        The mapped drug; the residue that stands for it is told of. An index has none.
    hidden : collection of str
        Sites that nothing may be told of.
    """
    import numpy as np

    from wbe.spatial import legacy_residue, stream_symbols
    from wbe.spatial.members import labelled

    residue = next((path["analyte"] for path in labelled(values) if path["drug"] == drug), None)
    if residue is None:
        return Symbols()
    shown = values.isel(sample=~np.isin(values["site"].values.astype(str), sorted(hidden)))
    return Symbols(None, stream_symbols(shown, residue), legacy_residue(shown, residue))


def points(
    sites: gpd.GeoDataFrame | None, result: xr.Dataset, hidden: Collection[str]
) -> gpd.GeoDataFrame | None:
    """Return the sites that a map may show, to 0.01 degrees (about 1 km).

    Parameters
    ----------
    sites : GeoDataFrame or None
        The campaign's table of sites in WGS 84.
    result : Dataset (sample, analyte)
        From `wbe.estimate`: what was sampled where.
    hidden : collection of str
        Sites that no map may show.

    Returns
    -------
    GeoDataFrame or None
        With ``matrix`` and ``role`` as sampled, where all samples of a site agree.
    """
    import shapely

    if sites is None:
        return None
    ids = sites["site"].astype(str)
    shown = sites[~ids.isin(hidden)].copy()
    for name in _FROM_SAMPLES:
        stated = shown.get(name, "")
        told = shown["site"].astype(str).map(_of_sites(result, name))
        shown[name] = told.where(told.notna(), stated)
    shown.attrs = dict(sites.attrs)
    places = shapely.transform(shown.geometry.to_numpy(), lambda xy: xy.round(2))
    return shown.set_geometry(places, crs=sites.crs)


def _of_sites(result: xr.Dataset, name: str) -> dict[str, str]:
    """Site to the one word that all its samples have."""
    if name not in result:
        return {}
    found: dict[str, set[str]] = {}
    for site, word in zip(
        result["site"].values.astype(str), result[name].values.astype(str), strict=True
    ):
        found.setdefault(site, set()).add(word)
    return {site: next(iter(words)) for site, words in found.items() if len(words) == 1}
