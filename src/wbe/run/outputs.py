"""Everything that a run writes, from the lock to the last rename."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wbe.findings import RULES, Finding, Findings
from wbe.run import campaign, disk, folder, losses, public_part, publish, record, room, withheld
from wbe.run.campaign import Estimate, Results, Tell
from wbe.run.config import Config
from wbe.run.folder import Place

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy as np
    import pandas as pd
    import xarray as xr

PATHWAY_COLUMNS = (
    "factor_id", "drug", "analyte", "gives", "excretion", "correction_factor", "source",
)  # fmt: skip


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

    table = wbe.to_tidy(results.result)
    writers.write_estimates(table, target / "estimates.csv")
    writers.write_netcdf(results.result, target / "estimates.nc")
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
    publish.write_set(target, results.tiers, about, extra, _drawn(results), tables=results.tables)
    return about


def described(
    config: Config,
    results: Results,
    inputs: Sequence[Mapping[str, Any]],
    encoding: str | None = None,
) -> dict[str, Any]:
    """The run record, but for its time stamp and the checksums of the outputs."""
    import wbe

    attrs, tiers = results.result.attrs, results.tiers.attrs
    settings = record.settings(config, encoding)
    return {
        "schema": record.SCHEMA,
        "kind": "run",
        "title": config.title,
        "language": config.language,
        "inputs": with_states(inputs, config.data.samples, results),
        "config": settings,
        "privacy": settings["privacy"],
        "factor_set": attrs["factor_set"],
        "factor_ids": list(attrs["factor_ids"]),
        "factors": factor_rows(attrs),
        "references": wbe.cite(results.result),
        "error_model": json.loads(attrs["error_model"]),
        "markers": json.loads(attrs["markers"]),
        "seed": attrs["seed"],
        "draws": attrs["draws"],
        "engine": attrs["engine"],
        "versions": record.versions(),
        "counts": counts(results),
        "findings": findings_summary(results.findings, config.language),
        "breaks": tiers["breaks"],
        "tiers": {k: v for k, v in tiers.items() if k != "breaks"},
        "tier_counts": tier_counts(results.tiers),
        "changes": dict(results.tables.about or {}),
        "quality": quality(attrs),
        "populations": dict(results.people),
        "withheld": sorted(results.withheld.areas),
        "public": _public(config, results),
    }


def with_states(
    inputs: Sequence[Mapping[str, Any]], samples: Sequence[Path], results: Results
) -> list[dict[str, Any]]:
    """Say of every input what became of it: ``done``, or ``failed`` with the rules that say why.

    Parameters
    ----------
    inputs : sequence of mapping
        From `record.inputs`; the lab files come first, in the order of `samples`.
    samples : sequence of Path
        The lab files.
    results : Results

    Returns
    -------
    list of dict
        A lab file has failed if errors left no result of it.
    """
    from wbe.io.sources import shown_names

    result, errors = results.result, results.findings.errors
    known = [str(file["name"]) for file in result.attrs["files"]]
    used = {known[i] for i in set(result["source_file"].values[usable(result)].tolist()) if i >= 0}
    found = [{**entry, "state": "done", "reason": ""} for entry in inputs]
    for entry, name in zip(found, shown_names(list(samples)), strict=False):
        rules = sorted({error.rule for error in errors if error.file == name})
        if rules and name not in used:
            entry |= {"state": "failed", "reason": ", ".join(rules)}
    return found


def usable(result: xr.Dataset) -> np.ndarray:
    """Tell which results were not rejected.

    Returns
    -------
    array (sample, analyte)
    """
    return (result["status"].values != "rejected") & (result["source_file"].values >= 0)


def counts(results: Results) -> dict[str, int]:
    """How much went in and how much was rejected."""
    result = results.result
    lost, samples = losses.lost(result, results.findings)
    return {
        "samples": int(result.sizes["sample"]),
        "analytes": int(result.sizes["analyte"]),
        "sites": len(set(result["site"].values.astype(str))),
        "areas": len(set(results.tiers["area"])),
        "rounds": len(set(results.tiers["round"])),
        "rejected_results": lost,
        "rejected_samples": len(samples),
        "errors": len(results.findings.errors),
        "flags": len(results.findings.flags),
    }


def findings_summary(found: Findings, language: str) -> list[dict[str, Any]]:
    """Counts by rule, with the rule's words and without any value of the input."""
    import re

    tally: dict[tuple[str, str], list[Finding]] = {}
    for finding in found:
        tally.setdefault((finding.severity, finding.rule), []).append(finding)
    rows = []
    for (severity, rule), findings in sorted(tally.items()):
        count, known = len(findings), RULES.get(rule)
        # A rule that is not in the table is about the configuration, and names no value.
        words = findings[0].message if known is None else known.message
        words = known.message_zh if known is not None and language == "zh" else words
        message = re.sub(r"\{[^{}]*\}", "…", words)
        rows.append({"rule": rule, "severity": severity, "count": count, "message": message})
    return rows


def factor_rows(attrs: dict[str, Any]) -> list[dict[str, Any]]:
    """The factor rows that gave a number, each with its source written out."""
    from wbe import factors

    known = factors.references()
    verified = _verified(factors.table())
    rows = []
    for path in json.loads(attrs["pathways"]):
        source = path["source"]
        reference = factors.format_reference(source) if source in known else source
        row = {name: path[name] for name in PATHWAY_COLUMNS}
        row |= {"verified": verified.get(path["factor_id"], ""), "reference": reference}
        rows.append(row)
    return rows


def quality(attrs: Mapping[Any, Any]) -> dict[str, Any]:
    """The acceptance limits used, what they found, and how many results were corrected."""
    return {
        **attrs["quality"],
        "recovery_corrected_here": int(attrs["recovery_correction"]),
    }


def tier_counts(tiers: gpd.GeoDataFrame) -> dict[str, dict[str, dict[str, int]]]:
    """Number of areas in every tier, by drug and round."""
    from wbe.plot.words import class_of

    found: dict[str, dict[str, dict[str, int]]] = {}
    columns = (tiers[name] for name in ("drug", "round", "tier", "flags"))
    for drug, label, tier, flags in zip(*columns, strict=True):
        row = found.setdefault(str(drug), {}).setdefault(str(label), {})
        kind = class_of(tier, flags)
        row[kind] = row.get(kind, 0) + 1
    return {d: {r: dict(sorted(t.items())) for r, t in by.items()} for d, by in found.items()}


def _public(config: Config, results: Results) -> dict[str, Any]:
    """The keys of the record that a public page shows otherwise than the run holds them."""
    tiers = public_part.public_tiers(results)
    part: dict[str, Any] = {
        "breaks": tiers.attrs["breaks"],
        "tiers": {k: v for k, v in tiers.attrs.items() if k != "breaks"},
        "tier_counts": tier_counts(tiers),
        "changes": dict((results.public_tables or results.tables).about or {}),
    }
    if not public_part.hides(results):
        return part
    found = public_part.shown_findings(results)
    rules = [f.rule for f in public_part.located(found)]
    numbers = {rule: rules.count(rule) for rule in set(rules)}
    own = counts(results)
    return part | {
        "counts": {key: own[key] for key in public_part.COUNTS},
        "findings": public_part.counted(findings_summary(found, config.language), numbers),
        "quality": public_part.without_numbers(quality(results.result.attrs)),
    }


def _drawn(results: Results) -> gpd.GeoDataFrame | None:
    """Sites of an internal map: those that may be shown, to 0.01 degrees (about 1 km)."""
    if results.sites is None:
        return None
    import shapely

    kept = ~results.sites["site"].astype(str).isin(results.withheld.sites | results.small)
    shown = results.sites[kept].copy()
    shown.attrs = dict(results.sites.attrs)
    places = shapely.transform(shown.geometry.to_numpy(), lambda xy: xy.round(2))
    return shown.set_geometry(places, crs=results.sites.crs)


def _verified(table: pd.DataFrame) -> dict[str, str]:
    table = table if "factor_id" in table else table.reset_index()
    return dict(zip(table["factor_id"], table["verified"].fillna("").astype(str), strict=True))


def _internal(config: Config, results: Results, table: pd.DataFrame) -> dict[str, Any]:
    """What only an internal page shows: estimates by site, every finding, classes of sources."""
    from wbe.emerging.source_rounds import of_campaign

    tiers, label = config.tiers, results.round
    rows = table[(table["quantity"] == tiers.quantity) & (table["round"] == label)]
    drug = rows["drug"].where(rows["drug"] != "", rows["analyte"])
    columns = ["area", "site", "sample_id", "time", "matrix", "method", "value", "lower", "upper"]
    shown = rows.loc[drug == tiers.drug, [*columns, "unit", "status"]]
    hidden = results.withheld.sites | results.small
    shown = withheld.emptied(shown.reset_index(drop=True), hidden)
    kept = Findings(withheld.about_shown(results.findings, results.result, hidden, ()))
    found = [f.as_dict(config.language) for f in kept.sorted()]
    sources = of_campaign(results.result, results.tiers)
    return {"sites": shown, "findings": found, "sources": None if sources.empty else sources}
