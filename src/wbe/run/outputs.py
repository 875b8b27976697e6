"""Everything that a run writes, from the lock to the last rename."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wbe.findings import Findings
from wbe.run import area_budgets, campaign, database, disk, folder, publish, record, room, withheld
from wbe.run.about import described
from wbe.run.beside_map import points
from wbe.run.campaign import Estimate, Results, Tell
from wbe.run.config import Config
from wbe.run.folder import Place

if TYPE_CHECKING:
    import pandas as pd


def run(
    config: Config,
    target: Path,
    *,
    encoding: str | None = None,
    tell: Tell = lambda step: None,
    estimate: Estimate | None = None,
) -> tuple[Results, list[str]]:
    """Run a campaign and write its folder, whole or not at all.

    Parameters
    ----------
    config : Config
        The campaign.
    target : Path
        The output folder; a previous run's is replaced in one step at the end.
    encoding : str, optional
        Encoding of the lab tables.
    tell : callable
        Called with the name of each step before it starts.
    estimate : callable, optional
        Takes the place of :func:`wbe.estimate`; see `campaign.compute`.

    Returns
    -------
    tuple of Results and list of str
        What was computed, and the names of the files in the folder.

    Raises
    ------
    UsageError
        If the configuration does not fit the data, or the folder is not ours to replace.
    FindingsError, NothingUsableError
        If no sample is usable; nothing is written then.
    EnvironmentFault
        If the disk refuses or another run writes there.
    """
    place = Place.at(target)
    require_usable(place, config, target)
    with folder.locked(place):
        try:
            new = folder.start(place)
            with disk.faults(new):
                results, inputs = computed(config, encoding=encoding, tell=tell, estimate=estimate)
            tell("write")
            with disk.faults(new, lambda: room.needed(results)):
                write(config, results, new, inputs=inputs, encoding=encoding)
            folder.finish(place)
        finally:
            folder.discard(place)
    return results, sorted(f.name for f in place.out.iterdir() if f.is_file())


def require_usable(place: Place, config: Config, target: Path) -> None:
    """Refuse an output folder that is not ours to replace.

    Raises
    ------
    UsageError
        If it holds other files, or inputs of the campaign.
    """
    files = [file for _, file in record.input_files(config)]
    folder.require_usable(place, files, typed=target, base=config.folder if config.name else None)


def computed(
    config: Config, *, encoding: str | None = None, **options: Any
) -> tuple[Results, list[dict[str, Any]]]:
    """Compute a campaign of inputs that nobody touches meanwhile.

    Parameters
    ----------
    config : Config
    encoding : str, optional
        Encoding of the lab tables, where the command line gave one.
    **options
        Of `campaign.compute`.

    Returns
    -------
    tuple of Results and list of dict
        What was computed, and of what: `record.inputs`.

    Raises
    ------
    EnvironmentFault
        If an input was written to while it was read.
    """
    before = record.stamps(config)
    inputs = record.inputs(config)
    results = campaign.compute(config, encoding=encoding, **options)
    record.require_unchanged(config, before)
    database.require_same(inputs, results.result.attrs["files"])
    return results, inputs


def write(
    config: Config,
    results: Results,
    target: Path,
    *,
    inputs: Sequence[Mapping[str, Any]],
    encoding: str | None = None,
) -> None:
    """Write every file of the contract into an empty folder, run.json last.

    Parameters
    ----------
    config : Config
    results : Results
    target : Path
        The empty folder.
    inputs : sequence of mapping
        From `record.inputs`, taken before anything was read.
    encoding : str, optional
        Encoding of the lab tables, where the command line gave one.

    Raises
    ------
    OSError
        If the disk refuses.
    """
    sign(fill(config, results, target, inputs=inputs, encoding=encoding), target)


def sign(about: Mapping[str, Any], target: Path) -> None:
    """Write run.json: what a run was about, when it was, and the checksum of every output.

    Parameters
    ----------
    about : mapping
        From `fill`.
    target : Path
        The folder with the outputs.
    """
    signed = {**about, "created": record.created(), "outputs": record.outputs(target)}
    record.write(signed, target)


def fill(
    config: Config,
    results: Results,
    target: Path,
    *,
    inputs: Sequence[Mapping[str, Any]],
    encoding: str | None = None,
) -> dict[str, Any]:
    """Write every file of the contract but run.json; return what that has to say.

    Parameters are those of `write`.
    """
    import wbe
    from wbe.io import write as writers
    from wbe.io.netcdf.files import netcdf_bytes

    table = wbe.to_tidy(results.result)
    writers.write_estimates(table, target / "estimates.csv")
    titled = results.result.assign_attrs(title=config.title)
    # Not `write_netcdf`: what the disk refuses is told by who asked for the outputs, with the room.
    (target / "estimates.nc").write_bytes(netcdf_bytes(titled))
    writers.write_findings(results.findings, target / "findings.csv", config.language)
    about = described(config, results, inputs, encoding)
    extra: dict[str, Any] = {}
    if config.privacy.audience == "internal":
        extra = _internal(config, results, table)
        if extra["sources"] is not None:
            writers.write_csv(extra["sources"], target / "sources.csv")
    if results.public is not None:
        publish.write_for_public(target, results.public)
    extra |= publish.write_statistics(target, results.statistics, config.language)
    if results.public_tables is not None:
        results.public_tables.write(target, suffix=publish.PUBLIC_PART)
    hidden = results.withheld.sites | results.small
    marks = replace(results.symbols, sites=points(results.sites, results.result, hidden))
    publish.write_set(target, results.tiers, about, extra, marks, tables=results.tables)
    return about


def _internal(config: Config, results: Results, table: pd.DataFrame) -> dict[str, Any]:
    """What only an internal page shows: sites, every finding, sources, series and budgets."""
    from wbe.emerging.source_rounds import of_campaign
    from wbe.report import budget_table
    from wbe.report.series_sites import of_sites

    tiers, label = config.tiers, results.round
    drug = table["drug"].where(table["drug"] != "", table["analyte"])
    rows = table[(table["quantity"] == tiers.quantity) & (drug == tiers.drug)]
    columns = ["area", "site", "sample_id", "time", "matrix", "method", "value", "lower", "upper"]
    shown = rows.loc[rows["round"] == label, [*columns, "unit", "status"]]
    hidden = results.withheld.sites | results.small
    shown = withheld.emptied(shown.reset_index(drop=True), hidden)
    series = of_sites(rows, _area_names(results), config.language, hidden)
    kept = Findings(withheld.about_shown(results.findings, results.result, hidden, ()))
    found = [f.as_dict(config.language) for f in kept.sorted()]
    sources = of_campaign(results.result, results.tiers)
    kept_sources = None if sources.empty else sources
    budgets = budget_table.of_areas(
        area_budgets.of_areas(config, results), _area_names(results), config.language
    )
    return {"sites": shown, "findings": found, "sources": kept_sources, "series": series,
            "budgets": budgets}  # fmt: skip


def _area_names(results: Results) -> dict[str, str]:
    pairs = results.tiers[["area", "name"]].astype(str).itertuples(index=False, name=None)
    return {area: name or area for area, name in pairs}
