"""What a county's table says beside value and tier: the plain mean, and points not visited."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from wbe.factors import format_reference, load_set
from wbe.recipes.published.results import Page

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd


def mapped_residue(drug: str) -> str:
    """Return the residue by which the set ``default`` knows a drug of which tiers were made."""
    rows = load_set("default").rows
    return str(rows.loc[rows["drug"] == drug, "analyte"].iloc[0])


def towns_lacking(located: xr.Dataset, tiers: gpd.GeoDataFrame, points: int) -> NDArray[np.bool_]:
    """Return for each row of tiers whether fewer points were visited than planned.

    Parameters
    ----------
    located : Dataset (sample, ...)
        Samples of every kind, with area and round.
    tiers : GeoDataFrame
    points : int
    """
    import pandas as pd

    names = ("area", "round", "site")
    seen = pd.DataFrame({name: located[name].values.astype(str) for name in names})
    visited = seen.groupby(["area", "round"])["site"].nunique()
    keys = list(zip(tiers["area"], tiers["round"], strict=True))
    return np.asarray(visited.reindex(keys).fillna(0).to_numpy() < points)


def with_protocol(
    page: Page, tiers: gpd.GeoDataFrame, plain: pd.DataFrame, lacking: NDArray[np.bool_]
) -> gpd.GeoDataFrame:
    """Return tiers with the plain mean over points, the flag of missing points, and the protocol.

    Parameters
    ----------
    page : Page
    tiers : GeoDataFrame
    plain : DataFrame
        Of `wbe.recipes.protocols.quarterly_round`, of the residue that is mapped.
    lacking : ndarray (row,) of bool
    """
    flags = [
        ";".join(sorted({*old.split(";"), "points_missing"} - {""})) if few else old
        for old, few in zip(tiers["flags"].fillna(""), lacking.tolist(), strict=True)
    ]
    keys = list(zip(tiers["area"], tiers["round"], strict=True))
    means = plain.set_index(["place", "period"])["value"].reindex(keys).to_numpy()
    noted = tiers.assign(flags=flags, mean_over_points=means, protocol=page.name, rule=page.rule)
    noted.attrs = tiers.attrs | {"references": [format_reference(key) for key in page.sources]}
    return noted
