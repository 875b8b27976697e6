"""The job: read, locate, estimate, bring to areas, classify. Numbers only; others write them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wbe.findings import Findings
from wbe.run import guard, indicators, notes
from wbe.run import withheld as holding
from wbe.run.beside_map import Symbols, symbols
from wbe.run.classifying import classified
from wbe.run.config import Config, Privacy
from wbe.run.index_weights import weights_of
from wbe.run.indicators import Statistics
from wbe.run.keys import INDEX
from wbe.run.reading import catchments_of, in_wgs84, judged, only_rounds, placed, read_files
from wbe.run.round_tables import NOTHING as NO_TABLES
from wbe.run.round_tables import RoundTables, tables_of
from wbe.run.withheld import NOBODY, Withheld

if TYPE_CHECKING:
    import geopandas as gpd
    import xarray as xr

    from wbe.uncertainty import ErrorModel

STEPS = ("read", "locate", "estimate", "areas", "tiers")
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
        Of an internal run: sites that are not shown by themselves.
    public : GeoDataFrame or None
        Of an internal run from which somebody may publish: the tiers as the public may see them,
        where they differ.
    statistics : Statistics or None
        The campaign's statistics beside its loads, the guard applied.
    tables : RoundTables
        Changes between rounds and the order of areas, the guard applied.
    public_tables : RoundTables or None
        The same as the public may see them, of an internal run.
    decided : mapping
        What the samples behind the public tiers decided together: attrs of a result, among them
        ``markers`` and ``findings``.
    symbols : Symbols
        Streams and soil of an internal run.
    values : Dataset or None
        Of an internal run: the values of the areas, for their budgets.
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
    decided: Mapping[str, Any] = field(default_factory=dict)
    symbols: Symbols = field(default_factory=Symbols)
    values: xr.Dataset | None = None

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
    from wbe.spatial import locate, spread_over_areas
    from wbe.spatial.areas import design_of
    from wbe.spatial.catchments import connected

    tell("read")
    samples, sites, areas = read_files(config, encoding)
    samples = judged(samples, config)
    tell("locate")
    rounds = notes.rounds_option(samples, config)
    samples = only_rounds(samples, config, rounds)
    weights = catchments_of(config, samples, areas, encoding)
    spread = () if weights is None else tuple(weights["site"])
    samples = locate(samples, sites, areas, rounds=rounds, spread=spread)
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
    rows = samples if weights is None else spread_over_areas(samples, weights)
    held = holding.withheld(rows, holding.without_consent(sites, config.privacy))
    small = holding.small_sites(rows, config.privacy)
    used = holding.left(result if weights is None else spread_over_areas(result, weights), held)
    design = design_of(used)
    people = guard.populations(connected(rows), areas, disjoint=design == "plants")
    alone = holding.single_areas(rows, small)

    def seen(config: Config) -> tuple[xr.Dataset, gpd.GeoDataFrame]:
        return _seen(used, areas, config, people, held, alone, design)

    tell("tiers")
    values, tiers = seen(config)
    noted = notes.taken(samples, config, rounds)
    if weights is not None:
        noted.append("catchments_even")
    tiers.attrs["notes"] = [*noted, *notes.uncalibrated(result, values)]
    public, seen_values, symbol = None, values, Symbols()
    if config.privacy.audience == "internal":
        # Ranks, breaks and probabilities tell about all areas that they were found among; a
        # publication could not take the hidden ones out afterwards.
        privacy = Privacy(min_population=config.privacy.min_population)
        symbol = symbols(values, config.tiers.drug, small)
        seen_values, public = seen(replace(config, privacy=privacy))
        public.attrs["notes"] = [*noted, *notes.uncalibrated(result, seen_values)]
    found = holding.settled(_findings(result, config), held)
    beside = _statistics(values, tiers, config, people, found)
    own = tables_of(values, tiers, config.tiers)
    theirs = None if public is None else tables_of(seen_values, public, config.tiers)
    return Results(
        result, tiers, people, points, found, held, small, public, beside, own, theirs,
        seen_values.attrs, symbol, None if public is None else values,
    )  # fmt: skip


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
    if len(hidden) or held.sites:
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
