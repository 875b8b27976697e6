"""The job: read, locate, estimate, bring to areas, classify. Numbers only; others write them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wbe.errors import FindingsError, NothingUsableError, UsageError
from wbe.findings import Findings
from wbe.run import guard, indicators, instrument, notes
from wbe.run import withheld as holding
from wbe.run.config import Config, Privacy, Tiers
from wbe.run.index_weights import weights_of
from wbe.run.indicators import Statistics
from wbe.run.keys import INDEX
from wbe.run.reference_file import read_reference
from wbe.run.round_tables import NOTHING as NO_TABLES
from wbe.run.round_tables import RoundTables, tables_of
from wbe.run.withheld import NOBODY, Withheld
from wbe.run.words import both

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    import xarray as xr

    from wbe.spatial import ReferenceSet
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
    withheld : Withheld
        Sites and areas without a record of consent.
    small : frozenset of str
        Sites that are not shown by themselves.
    public : GeoDataFrame or None
        Of an internal run from which somebody may publish: the tiers as the public may see them,
        where they differ.
    statistics : Statistics or None
        The campaign's statistics beside its loads, the guard applied.
    tables : RoundTables
        Changes between rounds and the order of areas, the guard applied.
    public_tables : RoundTables or None
        The same as the public may see them, of an internal run.
    """

    result: xr.Dataset
    tiers: gpd.GeoDataFrame
    people: Mapping[str, float]
    sites: gpd.GeoDataFrame | None
    findings: Findings
    withheld: Withheld = NOBODY
    small: frozenset[str] = frozenset()
    public: gpd.GeoDataFrame | None = None
    statistics: Statistics | None = None
    tables: RoundTables = NO_TABLES
    public_tables: RoundTables | None = None

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
    from wbe.spatial import locate
    from wbe.spatial.areas import design_of

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
    held = holding.withheld(samples, holding.without_consent(sites, config.privacy))
    small = holding.small_sites(samples, config.privacy)
    used = holding.left(result, held)
    design = design_of(used)
    people = guard.populations(samples, areas, disjoint=design == "plants")
    alone = holding.single_areas(samples, small)

    def seen(config: Config) -> tuple[xr.Dataset, gpd.GeoDataFrame]:
        return _seen(used, areas, config, people, held, alone, design)

    tell("tiers")
    values, tiers = seen(config)
    tiers.attrs["notes"] = notes.taken(samples, config, rounds)
    public, seen_values = None, values
    if config.privacy.audience == "internal":
        # Ranks, breaks and probabilities tell about all areas that they were found among; a
        # publication could not take the hidden ones out afterwards.
        privacy = Privacy(min_population=config.privacy.min_population)
        seen_values, public = seen(replace(config, privacy=privacy))
        public.attrs["notes"] = tiers.attrs["notes"]
    found = holding.settled(_findings(result, config), held)
    beside = _statistics(values, tiers, config, people, found)
    own = tables_of(values, tiers, config.tiers)
    theirs = None if public is None else tables_of(seen_values, public, config.tiers)
    return Results(result, tiers, people, points, found, held, small, public, beside, own, theirs)


def _statistics(
    values: xr.Dataset, tiers: gpd.GeoDataFrame, config: Config, people: Mapping[str, float],
    found: Findings,
) -> Statistics | None:  # fmt: skip
    """The campaign's statistics beside the tiers; None, which is noted, where none fits."""
    if config.data.indicators is None:
        return None
    table = indicators.read(config, tiers, found)
    made = None if table is None else indicators.computed(table, values, tiers, config, people)
    if made is not None and len(made.rows):
        return made
    found.add("indicators_unused", file=config.data.indicators.name)
    tiers.attrs["notes"] = [*tiers.attrs["notes"], "indicators_unused"]
    return None


def _seen(
    result: xr.Dataset,
    areas: gpd.GeoDataFrame | None,
    config: Config,
    people: Mapping[str, float],
    held: Withheld,
    alone: Collection[str],
    design: str,
) -> tuple[xr.Dataset, gpd.GeoDataFrame]:
    """Values and tiers of the areas that the audience may see; the hidden ones beside them, empty.

    A hidden area takes no part in anything: the place that it leaves in a ranking, a break that it
    sets, or a distribution that it helps to fit would tell its value. On an internal page the areas
    `alone`, whose value is that of one small site, are hidden as well.
    """
    from wbe.recipes.estimation import refitted
    from wbe.spatial import add_index, by_area

    privacy, tiers = config.privacy, config.tiers
    never = held.areas | (set(alone) if privacy.audience == "internal" else set())
    shown, places, hidden = guard.cut(result, areas, people, privacy, never)
    if len(hidden):
        shown = refitted(shown)
    quantity = "pn_consumption" if tiers.drug == INDEX else tiers.quantity
    values = by_area(
        shown, places, statistic=tiers.statistic or "auto", quantities=(quantity,), design=design
    )
    if tiers.drug == INDEX:
        values = add_index(values, weights_of(config.index))
    return values, classified(values, hidden, config, people, held, never)


def _error_model(file: Path | None) -> ErrorModel | None:
    """The campaign's own error model, None for the package's."""
    from wbe.backcalc.error_terms import read_error_model

    return None if file is None else read_error_model(file)


def _findings(result: xr.Dataset, config: Config) -> Findings:
    """All findings: those of reading and placing, and what estimating added to them."""
    found = Findings()
    found.extend(result.attrs["findings"])
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


def classified(
    values: xr.Dataset,
    hidden: pd.DataFrame,
    config: Config,
    people: Mapping[str, float],
    held: Withheld = NOBODY,
    never: Collection[str] = (),
) -> gpd.GeoDataFrame:
    """Rank areas, with the hidden ones beside them.

    Parameters
    ----------
    values : Dataset
        From `wbe.by_area`, of the areas shown.
    hidden : DataFrame
        From `guard.cut`.
    config : Config
    people : mapping of str to float
        Population of the areas [inhabitant].
    held : Withheld
        What lacks a record of consent.
    never : collection of str
        Areas that this audience may not see, whatever their population.
    """
    reference = config.data.reference
    reference_set = None if reference is None else read_reference(reference)
    tiers = ranked(values, config.tiers, reference_set)
    tiers = guard.guarded(guard.beside(tiers, hidden), people, config.privacy, never)
    tiers = guard.marked(tiers, held)
    tiers = tiers if config.privacy.audience == "internal" else guard.rounded(tiers)
    if config.data.areas is None:
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


def ranked(
    values: xr.Dataset, tiers: Tiers, reference: ReferenceSet | None = None
) -> gpd.GeoDataFrame:
    """Rank every drug; stated breaks and a floor are about the mapped drug alone.

    Beside an index stands the consumption of every drug.

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
        "reference": reference,
        "scheme": tiers.scheme,
        "labels": tiers.labels,
        "statistic": tiers.statistic,
        "reference_round": _reference_round(values, tiers.reference_round),
    }
    breaks = {tiers.drug: tiers.breaks} if tiers.breaks else None
    is_index = tiers.drug == INDEX
    apart = is_index or tiers.scheme == "model"  # a quantity, or draws, that others do not have
    others = values.sel(drug=[d for d in drugs if not (apart and d == tiers.drug)])
    quantity = "pn_consumption" if is_index else tiers.quantity
    if not others.sizes["drug"]:
        own: dict[str, Any] = {"breaks": tiers.breaks, "floor": tiers.floor}
        return rank(values, tiers.drug, quantity=tiers.quantity, **own, **options)
    table = rank(others, quantity=quantity, breaks=breaks, **options)
    if tiers.floor is None and not apart:
        return table
    mapped = rank(
        values, tiers.drug, quantity=tiers.quantity, breaks=tiers.breaks, floor=tiers.floor,
        **options,
    )  # fmt: skip
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
