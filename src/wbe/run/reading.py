"""What a campaign starts from: its files read, judged, cut to its rounds, and placed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from wbe.errors import FindingsError, NothingUsableError, UsageError
from wbe.findings import Findings
from wbe.run import instrument
from wbe.run.config import Config
from wbe.run.words import both

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    import xarray as xr

#: Statuses that say something about a concentration.
USABLE = ("quantified", "below_loq", "below_lod", "above_range")


def read_files(
    config: Config, encoding: str | None
) -> tuple[xr.Dataset, gpd.GeoDataFrame | None, gpd.GeoDataFrame | None]:
    """Read all files; what their errors reject is left out, and every finding is kept.

    Parameters
    ----------
    config : Config
    encoding : str or None
        Of the lab tables; found out where None.

    Returns
    -------
    tuple of Dataset (sample, analyte), GeoDataFrame or None, GeoDataFrame or None
        Samples with ``attrs["findings"]``, sites, areas.

    Raises
    ------
    FindingsError
        If no concentration is left, or the sites or areas that the campaign names.
    """
    from wbe.io.layout.files import of_campaign
    from wbe.io.places import read_areas, read_sites
    from wbe.io.read import read

    data = config.data
    found = Findings()
    sites = _table(read_sites, data.sites, found)
    areas = _table(read_areas, data.areas, found)
    layout = of_campaign(data.layout, data.layouts)
    if data.database is not None:
        samples = data.database.read(layout)
    else:
        samples = read(
            list(data.samples), layout=layout, errors="reject", encoding=encoding,
            **asdict(instrument.of_campaign(data)),
        )  # fmt: skip
    found.extend(samples.attrs["findings"])
    # Without the sites or areas that it names, a campaign would be another one.
    lost = (data.sites and sites is None) or (data.areas and areas is None)
    if lost or not samples["status"].isin(USABLE).any():
        raise FindingsError(found)
    return samples.assign_attrs(findings=found), sites, areas


def judged(samples: xr.Dataset, config: Config) -> xr.Dataset:
    """Judge the laboratory's batches, and correct for recovery what nobody corrected yet.

    Parameters
    ----------
    samples : Dataset (sample, analyte)
    config : Config

    Raises
    ------
    FindingsError
        If the campaign rejects what fails and nothing is left.
    """
    from wbe.io.quality import assess_quality
    from wbe.qc import correct_recovery, load_limits

    limits = load_limits(config.data.limits)
    wanted = config.quality
    found = assess_quality(
        samples, limits, on_fail=wanted.on_fail, recovery_corrected=wanted.recovery_corrected
    )
    if not found["status"].isin(USABLE).any():
        raise FindingsError(found.attrs["findings"])
    return correct_recovery(found, limits)


def _table(
    reader: Callable[[Path], gpd.GeoDataFrame], path: Path | None, found: Findings
) -> gpd.GeoDataFrame | None:
    """Read sites or areas and keep their findings; None where nothing of them is usable."""
    if path is None:
        return None
    try:
        table = reader(path)
    except FindingsError as error:
        found.extend(error.findings)
        return None
    found.extend(table.attrs["findings"])
    return table


def only_rounds(samples: xr.Dataset, config: Config, option: str) -> xr.Dataset:
    """Keep the chosen rounds before places are joined: sites of other rounds have no area here.

    Parameters
    ----------
    samples : Dataset (sample, analyte)
    config : Config
    option : str
        How rounds are named (see `wbe.spatial.rounds_of`).

    Raises
    ------
    UsageError
        If a chosen round is not among those of the samples.
    NothingUsableError
        If no sample of them is usable.
    """
    from wbe.spatial import rounds_of

    wanted = config.data.only_rounds
    if not wanted:
        return samples
    rounds = rounds_of(samples, option)
    if missing := sorted(set(wanted) - set(rounds)):
        held = ", ".join(sorted(set(rounds)))
        raise UsageError(both("usage.only_rounds", missing=", ".join(missing), held=held))
    kept = samples.isel(sample=[label in wanted for label in rounds])
    if not kept["status"].isin(USABLE).any():
        raise NothingUsableError(both("usage.rounds_empty"))
    return kept


def catchments_of(
    config: Config, samples: xr.Dataset, areas: gpd.GeoDataFrame | None, encoding: str | None
) -> pd.DataFrame | None:
    """Return which share of each plant's people lives in which area; None where nothing is stated.

    Parameters
    ----------
    config : Config
    samples : Dataset (sample, analyte)
        Its findings are added to.
    areas : GeoDataFrame or None
    encoding : str or None

    Raises
    ------
    FindingsError
        If the campaign names a table of which nothing can be used.
    """
    from wbe.io.catchments import matched, read_catchments

    if config.data.catchments is None:
        return None
    found: Findings = samples.attrs["findings"]
    try:
        table = read_catchments(config.data.catchments, encoding=encoding)
    except FindingsError as error:
        found.extend(error.findings)
        raise FindingsError(found) from None
    found.extend(table.attrs["findings"])
    known = None if areas is None else areas["area"].astype(str).tolist()
    return matched(table, samples["site"].values.astype(str).tolist(), known, found)


def in_wgs84(sites: gpd.GeoDataFrame | None) -> gpd.GeoDataFrame | None:
    """Bring the sites' points, which stand as written in their table, to WGS 84."""
    import shapely

    from wbe.spatial.datum import sites_to_wgs84

    if sites is None:
        return None
    places = [
        shapely.Point(x, y) if x == x and y == y else None
        for x, y in zip(*sites_to_wgs84(sites), strict=True)
    ]
    out = sites.set_geometry(places, crs="EPSG:4326")
    out.attrs = dict(sites.attrs)
    return out


def placed(samples: xr.Dataset, sites: gpd.GeoDataFrame | None) -> xr.Dataset:
    """Give every sample the place of its site, as the point layout of estimates.nc wants it.

    Parameters
    ----------
    samples : Dataset (sample, analyte)
    sites : GeoDataFrame or None
        From `in_wgs84`.

    Returns
    -------
    Dataset (sample, analyte)
        With coordinates ``lon``, ``lat`` (sample) [degree, WGS 84]; unchanged without sites.
    """
    if sites is None:
        return samples
    nan = float("nan")
    known = sites[sites.geometry.notna()]
    points = dict(zip(known["site"].astype(str), known.geometry, strict=True))
    found = [points.get(site) for site in samples["site"].values.astype(str)]
    return samples.assign_coords(
        lon=("sample", [nan if p is None else p.x for p in found]),
        lat=("sample", [nan if p is None else p.y for p in found]),
    )
