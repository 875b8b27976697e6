"""The job: read, locate, estimate, bring to areas, classify. Numbers only; others write them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wbe.errors import FindingsError, NothingUsableError, UsageError
from wbe.findings import Findings
from wbe.run import guard, instrument, notes
from wbe.run.config import Config, Tiers
from wbe.run.words import both

if TYPE_CHECKING:
    import geopandas as gpd
    import xarray as xr

    from wbe.uncertainty import ErrorModel

STEPS = ("read", "locate", "estimate", "areas", "tiers")
#: Statuses that say something about a concentration.
USABLE = ("quantified", "below_loq", "below_lod", "above_range")
Tell = Callable[[str], None]
Estimate = Callable[..., "xr.Dataset"]


@dataclass(frozen=True)
class Results:
    """What a campaign computes, before anything is written or hidden.

    Parameters
    ----------
    result : Dataset
        From :func:`wbe.estimate`.
    tiers : GeoDataFrame
        The columns of tiers.csv for every drug and round, the guard applied.
    people : mapping of str to float
        Population of the areas, where known [inhabitant].
    sites : GeoDataFrame or None
        The sites table, its points in WGS 84.
    findings : Findings
        All findings, of every file.
    """

    result: xr.Dataset
    tiers: gpd.GeoDataFrame
    people: Mapping[str, float]
    sites: gpd.GeoDataFrame | None
    findings: Findings

    @property
    def round(self) -> str:
        """The round on the map."""
        return str(self.tiers.attrs["round"])


def compute(
    config: Config,
    *,
    encoding: str | None = None,
    tell: Tell = lambda step: None,
    estimate: Estimate | None = None,
) -> Results:
    """Compute a campaign.

    Parameters
    ----------
    config : Config
        The campaign.
    encoding : str, optional
        Encoding of the lab tables; found out where not given.
    tell : callable
        Called with the name of each step (`STEPS`) before it starts.
    estimate : callable, optional
        Takes the place of :func:`wbe.estimate`: the same numbers, made elsewhere.

    Raises
    ------
    NothingUsableError, FindingsError
        If no sample is left; the findings say why.
    UsageError
        If an option of the configuration does not fit the data.
    """
    from wbe import recipes
    from wbe.spatial import by_area, locate

    tell("read")
    samples, sites, areas = _read(config, encoding)
    samples = _judged(samples, config)
    tell("locate")
    rounds = notes.rounds_option(samples, config)
    samples = _only_rounds(samples, config, rounds)
    samples = locate(samples, sites, areas, rounds=rounds)
    points = in_wgs84(sites)
    samples = placed(samples, points)
    tell("estimate")
    settings = config.estimate
    result = (estimate or recipes.estimate)(
        samples,
        factors=config.data.factors or settings.factors,
        draws=settings.draws,
        seed=settings.seed,
        nondetects=settings.nondetects,
        population=settings.population,
        engine=settings.engine,
        markers=dict(config.markers),
        error_model=_error_model(config.data.error_model),
    )
    tell("areas")
    values = by_area(
        result,
        areas,
        statistic=config.tiers.statistic or "auto",
        quantities=(config.tiers.quantity,),
    )
    tell("tiers")
    people = guard.populations(samples, areas, disjoint=values.attrs["design"] == "plants")
    tiers = classified(values, config, people)
    tiers.attrs["notes"] = notes.taken(samples, config, rounds)
    return Results(result, tiers, people, points, _findings(result, config))


def _error_model(file: Path | None) -> ErrorModel | None:
    """The campaign's own error model, None for the package's."""
    from wbe.backcalc.error_terms import read_error_model

    return None if file is None else read_error_model(file)


def _findings(result: xr.Dataset, config: Config) -> Findings:
    """All findings: those of reading and placing, and what estimating added to them."""
    found = Findings()
    found.extend(result.attrs["findings"])
    found.extend(notes.unused_indicators(config))
    return found


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


def classified(values: xr.Dataset, config: Config, people: Mapping[str, float]) -> gpd.GeoDataFrame:
    """Rank the areas that may be shown and set the hidden ones beside them, empty.

    A hidden area takes no part in ranks and breaks: the place that it leaves in a ranking, or a
    break that it sets, would tell its value.
    """
    shown, hidden = guard.parted(values, people, config.privacy)
    tiers = ranked(shown, config.tiers)
    tiers = guard.guarded(guard.beside(tiers, hidden), people, config.privacy)
    if config.privacy.audience == "public" and config.data.areas is None:
        tiers = guard.coarsened(tiers)
    order = values["round"].values.astype(str).tolist()
    tiers.attrs |= {
        "drug": config.tiers.drug,
        "round": map_round(tiers, config.tiers, order),
        "reference_round": reference_round(tiers, config.tiers, order),
        "statistic_stated": config.tiers.statistic is not None,
        "labels": list(config.tiers.labels),
        "floor": config.tiers.floor,
        "title": config.title,
        "language": config.language,
    }
    return tiers


def ranked(values: xr.Dataset, tiers: Tiers) -> gpd.GeoDataFrame:
    """Rank every drug; fixed breaks and a floor are about the mapped drug alone.

    Raises
    ------
    UsageError
        If the data hold no residue of the mapped drug.
    """
    import pandas as pd

    from wbe.spatial import rank

    drugs = values["drug"].values.astype(str).tolist()
    if tiers.drug not in drugs:
        held = ", ".join(drugs) or "none"
        raise UsageError(both("usage.drug", drug=repr(tiers.drug), held=held))
    options: dict[str, Any] = {
        "quantity": tiers.quantity,
        "scheme": tiers.scheme,
        "labels": tiers.labels,
        "statistic": tiers.statistic,
        "reference_round": _reference_round(values, tiers.reference_round),
    }
    breaks = {tiers.drug: tiers.breaks} if tiers.breaks else None
    table = rank(values, breaks=breaks, **options)
    if tiers.floor is None:
        return table
    mapped = rank(values, tiers.drug, breaks=tiers.breaks, floor=tiers.floor, **options)
    rest = table[table["drug"] != tiers.drug]
    joined = pd.concat([mapped, rest], ignore_index=True)
    joined.attrs = {**table.attrs, **mapped.attrs}
    joined.attrs["breaks"] = {**table.attrs["breaks"], **mapped.attrs["breaks"]}
    return ordered(joined)


def ordered(tiers: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Sort by drug, round and area, by code points."""
    attrs = dict(tiers.attrs)
    keys = zip(*(tiers[name].astype(str) for name in ("drug", "round", "area")), strict=True)
    order = [position for _, position in sorted((key, i) for i, key in enumerate(keys))]
    out = tiers.iloc[order].reset_index(drop=True)
    out.attrs = attrs
    return out


def map_round(tiers: gpd.GeoDataFrame, wanted: Tiers, order: Sequence[str]) -> str:
    """Name the round on the map: a label, or the first or latest with a sample of the drug.

    Parameters
    ----------
    tiers : GeoDataFrame
        The columns of tiers.csv.
    wanted : Tiers
        The configuration.
    order : sequence of str
        All rounds, earliest first.

    Raises
    ------
    UsageError
        If the round is not among those of the data.
    """
    rows = tiers[tiers["drug"] == wanted.drug]
    rounds = _in_order(rows, order)
    filled = _in_order(rows[rows["n_samples"].fillna(0) > 0], order)
    if wanted.map_round in ("latest", "first"):
        return (filled or rounds)[-1 if wanted.map_round == "latest" else 0]
    if wanted.map_round not in rounds:
        listed = ", ".join(rounds)
        raise UsageError(both("usage.map_round", round=repr(wanted.map_round), rounds=listed))
    return wanted.map_round


def reference_round(tiers: gpd.GeoDataFrame, wanted: Tiers, order: Sequence[str]) -> str:
    """Name the round at which the mapped drug's breaks are frozen; empty for fixed breaks."""
    if wanted.scheme == "fixed":
        return ""
    if wanted.reference_round not in ("first", "latest"):
        return wanted.reference_round
    rows = tiers[(tiers["drug"] == wanted.drug) & tiers["value"].notna()]
    rounds = _in_order(rows, order) or [""]
    return rounds[0 if wanted.reference_round == "first" else -1]


def _in_order(rows: gpd.GeoDataFrame, order: Sequence[str]) -> list[str]:
    held = set(rows["round"].astype(str))
    return [label for label in order if label in held]


def _read(
    config: Config, encoding: str | None
) -> tuple[xr.Dataset, gpd.GeoDataFrame | None, gpd.GeoDataFrame | None]:
    """Read all files; what their errors reject is left out, and every finding is kept."""
    from wbe.io.layout import of_campaign
    from wbe.io.places import read_areas, read_sites
    from wbe.io.read import read

    data = config.data
    found = Findings()
    sites = _table(read_sites, data.sites, found)
    areas = _table(read_areas, data.areas, found)
    layout = of_campaign(data.layout, data.layouts)
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


def _judged(samples: xr.Dataset, config: Config) -> xr.Dataset:
    """Judge the laboratory's batches, and correct for recovery what nobody corrected yet.

    Raises
    ------
    FindingsError
        If the campaign rejects what fails and nothing is left.
    """
    from wbe.io.quality import assess_quality
    from wbe.qc import correct_recovery, load_limits

    limits = load_limits(config.data.limits)
    wanted = config.quality
    judged = assess_quality(
        samples, limits, on_fail=wanted.on_fail, recovery_corrected=wanted.recovery_corrected
    )
    if not judged["status"].isin(USABLE).any():
        raise FindingsError(judged.attrs["findings"])
    return correct_recovery(judged, limits)


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


def _only_rounds(samples: xr.Dataset, config: Config, option: str) -> xr.Dataset:
    """Keep the chosen rounds before places are joined: sites of other rounds have no area here."""
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


def _reference_round(values: xr.Dataset, wanted: str) -> str:
    """The label of the latest round, which the classification does not know by that word."""
    return str(values["round"].values[-1]) if wanted == "latest" else wanted
