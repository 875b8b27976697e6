"""A Chinese county round: points of each town, one visit, three tiers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import xarray as xr

from wbe.errors import UsageError
from wbe.recipes.estimation import estimate
from wbe.recipes.protocols import quarterly_round
from wbe.recipes.published.results import Page
from wbe.recipes.published.towns import mapped_residue, towns_lacking, with_protocol
from wbe.spatial import by_area, locate, rank

if TYPE_CHECKING:
    import geopandas as gpd

COUNTY = Page(
    "county_round",
    "per-capita load of each sewage point; geometric level of a town over its points with "
    "Student's t and the visit they share; three tiers by stated breaks",
    ("Wu2021",),
)


def county_round(
    samples: xr.Dataset,
    sites: gpd.GeoDataFrame,
    areas: gpd.GeoDataFrame,
    *,
    drug: str,
    breaks: Sequence[float],
    markers: Mapping[str, Any] | None = None,
    points: int = 5,
    draws: int = 10_000,
    seed: int = 1,
) -> gpd.GeoDataFrame:
    """Return value and tier of every town of a county round, ready to be drawn as a map.

    Parameters
    ----------
    samples : Dataset (sample, analyte)
        From `wbe.read`.
    sites, areas : GeoDataFrame
        From `wbe.read_sites` and `wbe.read_areas`.
    drug : str
        A drug of the set ``default``, mapped as the load of its residue.
    breaks : sequence of two float [mg/day/1000 inhabitants]
        Between general, moderate and severe, of the geometric level. No number is official.
    markers : mapping, optional
        Brings points without flow to a load, as in `wbe.estimate`; without it they have none.
    points : int
        Points that the plan has in a town, of whatever kind; a town with fewer is flagged.
    draws, seed : int

    Returns
    -------
    GeoDataFrame
        What `wbe.rank` gives, a row a town and round, with ``mean_over_points`` (the plain mean
        that reports print), ``protocol`` and ``rule``. `wbe.plot.tier_map` draws it. A town with
        fewer points than planned has ``points_missing`` among its ``flags``.

    Raises
    ------
    UsageError
        If there are not two rising breaks, or a sample has no area or round.
    MissingFactorError
        If the samples hold no residue of the drug.

    Notes
    -----
    Point j of town a, concentration C, marker C_m with e_m a person, or flow Q and people P::

        Lp_aj = 1000 e_m C / C_m    or    Lp_aj = 1000 C Q / P
        ln theta_a = mean_j ln Lp_aj        tier: theta_a against the breaks, with P(tier)

    Streams, soil and points placed by suspicion stay out.

    References
    ----------
    Practice as county reports describe it, no standard; Wu 2021, 10.1016/j.scitotenv.2021.149058

    Examples
    --------
    >>> import wbe
    >>> from wbe.recipes import published
    >>> folder = "data/samples/example-county"
    >>> files = [f"{folder}/lab/2018Q1_{kind}_synthetic.csv" for kind in ("channels", "plants")]
    >>> found = published.county_round(
    ...     wbe.read(files), wbe.read_sites(f"{folder}/sites.csv"),
    ...     wbe.read_areas(f"{folder}/areas.geojson"), drug="methamphetamine", breaks=[20, 60],
    ...     markers={"cotinine": {"calibrate": True}}, draws=500,
    ... )
    >>> len(found), set(found["tier"]) <= {"general", "moderate", "severe", "insufficient"}
    (13, True)
    """
    if len(breaks) != 2:
        raise UsageError("three tiers have two breaks")
    located = locate(samples, sites, areas)
    result = estimate(located, "default", draws, seed, markers=markers)
    values = by_area(result, areas, design="county_round", statistic="geometric")  # theta_a
    tiers = rank(values, drug, scheme="fixed", breaks=breaks, statistic="geometric")
    lacking = towns_lacking(located, tiers, points)
    plain = quarterly_round(result, period="round")
    return with_protocol(COUNTY, tiers, plain[plain["analyte"] == mapped_residue(drug)], lacking)
