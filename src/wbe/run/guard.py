"""The disclosure guard: small areas, and institutions that did not agree, lose their values.

Small or uniform communities can be stigmatised although nobody is identified (Prichard et al.
2014, 10.1016/j.scitotenv.2013.11.039), so an area below the least population is shown as
suppressed: apart from "no data", and apart from zero. What depends on several areas at once
(ranks, breaks, totals) is computed from those that are shown, so that it tells nothing about the
others; `wbe.spatial.disclosure` protects tables whose totals are given.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from wbe.run.withheld import CONSENT_MISSING, SUPPRESSED, Withheld

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy as np
    import pandas as pd
    import xarray as xr
    from numpy.typing import NDArray

    from wbe.run.config import Privacy
    from wbe.spatial.disclosure import Sum

VALUE_COLUMNS = ("value", "lower", "upper", "rank", "rank_lower", "rank_upper")
COUNT_COLUMNS = ("n_sites", "n_samples", "n_censored")
_PARTS = 1000  # published probabilities are whole thousandths
_SLACK = 1e-6  # what a binary fraction may lack to a whole number of them


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
    tiers: gpd.GeoDataFrame,
    people: Mapping[str, float],
    privacy: Privacy,
    withheld: Collection[str] = (),
) -> gpd.GeoDataFrame:
    """Empty every row of an area that must not be shown.

    Parameters
    ----------
    tiers : GeoDataFrame
        The columns of tiers.csv and a geometry.
    people : mapping of str to float
        Population of the areas [inhabitant].
    privacy : Privacy
        To an internal audience, and with a least population of 0, populations hide nothing.
    withheld : collection of str
        Areas that are hidden whatever their population and from everybody: their only sites
        lack a record of consent.

    Returns
    -------
    GeoDataFrame
        The same rows and attrs. A suppressed row keeps its names alone, with the flag
        ``suppressed`` (and ``population_unknown``); a point loses its place, since points are
        where sites stand.
    """
    hidden = suppressed(tiers, people, privacy, withheld)
    if not hidden.any():
        return tiers
    out = tiers.copy()
    out.attrs = dict(tiers.attrs)
    for name in _values(out):
        out[name] = out[name].astype(float).where(~hidden)
    if "resolved" in out:
        out.loc[hidden, "resolved"] = False
    out.loc[hidden, "tier"] = ""
    out.loc[hidden, "flags"] = SUPPRESSED
    if privacy.audience == "public":
        unknown = hidden & ~out["area"].isin(list(people))
        out.loc[unknown, "flags"] = f"population_unknown;{SUPPRESSED}"
    if hidden.all():
        out.attrs["breaks"] = {}  # breaks tell about the areas that set them
    if "geometry" in out:
        out.loc[hidden & (out.geom_type == "Point"), "geometry"] = None
    return out


def marked(tiers: gpd.GeoDataFrame, held: Withheld) -> gpd.GeoDataFrame:
    """Flag the areas that lost a site, or all of them, for want of a record of consent."""
    out = tiers.copy()
    out.attrs = dict(tiers.attrs)
    for i in out.index[out["area"].isin(held.areas | held.partial)]:
        given = {*filter(None, str(out.loc[i, "flags"] or "").split(";")), CONSENT_MISSING}
        out.loc[i, "flags"] = ";".join(sorted(given))
    return out


def cut(
    result: xr.Dataset,
    areas: gpd.GeoDataFrame | None,
    people: Mapping[str, float],
    privacy: Privacy,
    withheld: Collection[str] = (),
) -> tuple[xr.Dataset, gpd.GeoDataFrame | None, pd.DataFrame]:
    """Take hidden areas out before anything is computed over several areas.

    What is computed of the rest then cannot depend on them: not a break or a rank, nor the
    distribution from which the non-detects of other areas are drawn.

    Parameters
    ----------
    result : Dataset (sample, analyte)
        From :func:`wbe.estimate`, on located samples.
    areas : GeoDataFrame or None
        Those of the campaign, as :func:`wbe.by_area` takes them.
    people, privacy, withheld
        As for `guarded`.

    Returns
    -------
    tuple of Dataset, GeoDataFrame or None, and DataFrame
        Samples of areas that are shown, those areas, and ``area``, ``name`` and, where it has one,
        ``geometry`` of the hidden ones. If nothing may be shown, everything and no name:
        `guarded` then empties every row.
    """
    import pandas as pd

    from wbe.spatial.join import stored_areas

    places = stored_areas(result) if areas is None else areas
    sampled = result["area"].values.astype(str)
    table = pd.DataFrame({"area": sorted(set(sampled.tolist()) - {""})})
    if places is not None:
        table = table.merge(places[["area", "name", "geometry"]], on="area", how="outer")
        unnamed = table["name"].fillna("").eq("")
        table["name"] = table["name"].where(~unnamed, table["area"])
    else:
        table["name"] = table["area"]
    hidden = suppressed(table, people, privacy, withheld)
    if hidden.all() or not hidden.any():
        return result, areas, table[:0]
    names = set(table.loc[hidden, "area"])
    kept = result.isel(sample=[area not in names for area in sampled])
    if places is not None:
        places = places[~places["area"].astype(str).isin(names)].reset_index(drop=True)
        kept = kept.assign_attrs(areas=places.to_json())
    shown = None if areas is None else places
    return kept, shown, table[hidden].reset_index(drop=True)


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


def suppressed(
    tiers: pd.DataFrame,
    people: Mapping[str, float],
    privacy: Privacy,
    withheld: Collection[str] = (),
) -> pd.Series:
    """Tell which rows the guard hides: boolean, one a row."""
    areas = tiers["area"].astype(str)
    refused = areas.isin(list(withheld))
    if privacy.audience != "public" or privacy.min_population <= 0:
        return refused
    known = areas.map(dict(people)).astype(float)
    return refused | ~(known >= privacy.min_population)


def revealed(
    tiers: pd.DataFrame,
    people: Mapping[str, float],
    privacy: Privacy,
    withheld: Collection[str] = (),
) -> list[str]:
    """Areas whose numbers stand in a table although the guard hides them."""
    hidden = suppressed(tiers, people, privacy, withheld)
    shown = tiers[_values(tiers)].notna().any(axis=1) | tiers["tier"].fillna("").ne("")
    return sorted(set(tiers.loc[hidden & shown, "area"].astype(str)))


def rounded(tiers: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Round the probabilities of the tiers to 3 decimals; those of an area still add up to 1.

    More figures would say nothing (they are shares of draws) and would let a careful reader
    compare runs that differ by one hidden sample. No probability is rounded across the one from
    which a tier is called resolved.
    """
    chances = [name for name in tiers.columns if str(name).startswith("p_")]
    out = tiers.copy()
    out.attrs = dict(tiers.attrs)
    if chances:
        at = round(float(tiers.attrs.get("resolved_at", 1.0)) * _PARTS)
        out[chances] = _in_parts(tiers[chances].to_numpy(dtype=float), at)
    return out


def protected_counts(
    counts: pd.DataFrame,
    people: Mapping[str, float],
    privacy: Privacy,
    sums: Sequence[Sum] = (),
    *,
    column: str = "count",
    wholes: Collection[str] = (),
) -> pd.DataFrame:
    """Empty the small cells of a table of counts, those of small areas, and what gives them away.

    Parameters
    ----------
    counts : DataFrame (cell)
        ``area`` and the counts of persons or cases, one row a cell; wholes are rows of their own.
    people : mapping of str to float
        Population of the areas [inhabitant].
    privacy : Privacy
        An internal audience sees all.
    sums : sequence of Sum
        Every relation between the rows, from `wbe.spatial.disclosure.sums_of`.
    column : str
        Name of the counts.
    wholes : collection of str
        Names in ``area`` that stand for several areas and are not judged by their population.

    Returns
    -------
    DataFrame
        The same rows, the counts of hidden cells NaN, and ``flags``: ``suppressed``, or ``no_data``
        where there never was a count. A zero stays a zero. Cells hidden for their own sake are not
        told from those that protect them.
    """
    import numpy as np

    from wbe.spatial.disclosure import SMALL_COUNT, protect, small_counts

    values = counts[column].to_numpy(dtype=float)
    hidden = np.zeros(len(values), dtype=bool)
    if privacy.audience == "public":
        # Small cells first, then areas by their population: a higher least population only adds
        # stages at the end, and so never reveals a cell.
        areas = counts["area"].astype(str)
        known = areas.map(dict(people)).fillna(0.0).to_numpy(dtype=float)
        is_small = (known < privacy.min_population) & ~areas.isin(list(wholes)).to_numpy()
        stages = np.where(is_small, known, np.nan)
        stages = np.where(small_counts(values), -1.0, stages)
        hidden = protect(values, stages, sums, least=SMALL_COUNT).hidden
    flags = np.where(hidden, SUPPRESSED, np.where(np.isfinite(values), "", "no_data"))
    return counts.assign(**{column: np.where(hidden, np.nan, values), "flags": flags})


def _in_parts(chances: NDArray[np.float64], at: int) -> NDArray[np.float64]:
    """Round rows of shares to whole thousandths by the largest remainders, `at` never crossed."""
    import numpy as np

    parts = chances * _PARTS
    whole = np.floor(parts + _SLACK)
    for row, given in zip(whole, parts, strict=True):
        if not np.isfinite(given).all() or abs(given.sum() - _PARTS) > 0.5:
            # Of non-detects a single probability may stand alone: no share of one whole.
            row[:] = np.where((given < at) & (np.rint(given) == at), at - 1, np.rint(given))
            continue
        missing = round(float(_PARTS - row.sum()))
        rest = np.where(row + 1 == at, -1.0, given - row)
        row[np.argsort(-rest, kind="stable")[:missing]] += 1
    return np.where(np.isfinite(chances), whole / _PARTS, np.nan)


def _values(frame: pd.DataFrame) -> list[str]:
    chances = [name for name in frame.columns if str(name).startswith("p_")]
    return [name for name in (*VALUE_COLUMNS, *COUNT_COLUMNS) if name in frame] + chances
