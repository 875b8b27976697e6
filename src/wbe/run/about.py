"""What run.json says of a run: what went in, what was assumed, what was found.

Numbers over the whole run, and beside them what of these the public may see.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wbe.findings import RULES, Finding, Findings
from wbe.run import losses, public_part, record
from wbe.run.campaign import Results
from wbe.run.config import Config

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy as np
    import pandas as pd
    import xarray as xr

PATHWAY_COLUMNS = (
    "factor_id", "drug", "analyte", "gives", "excretion", "correction_factor", "source",
)  # fmt: skip


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
        "public": _of_public(config, results),
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


def _of_public(config: Config, results: Results) -> dict[str, Any]:
    """The keys of the record that a public page shows otherwise than the run holds them."""
    tiers = public_part.public_tiers(results)
    part: dict[str, Any] = {
        "breaks": tiers.attrs["breaks"],
        "tiers": {k: v for k, v in tiers.attrs.items() if k != "breaks"},
        "tier_counts": tier_counts(tiers),
        "changes": dict((results.public_tables or results.tables).about or {}),
        "markers": public_part.shown_markers(results),
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


def _verified(table: pd.DataFrame) -> dict[str, str]:
    table = table if "factor_id" in table else table.reset_index()
    return dict(zip(table["factor_id"], table["verified"].fillna("").astype(str), strict=True))
