"""What a public page may say about a whole run when some of its areas are hidden.

Numbers over all samples tell about the hidden ones: the samples of a run less those of the areas
shown are those of the areas that are not. Such numbers are counted over what is shown, or left out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from wbe.findings import Findings
from wbe.run.withheld import SUPPRESSED, about_shown

if TYPE_CHECKING:
    import geopandas as gpd

    from wbe.run.campaign import Results

#: Numbers of a run that no area can be worked out from.
COUNTS = ("analytes", "areas", "rounds")
#: Criteria of a laboratory batch that are judged in samples, and so count them.
OF_SAMPLES = frozenset(
    {"duplicate", "recovery", "internal_standard", "ion_ratio", "retention", "frequency"}
)
#: Inputs of so few unknown numbers that a checksum could be guessed back to them.
GUESSABLE = ("indicators",)


def public_tiers(results: Results) -> gpd.GeoDataFrame:
    """The tiers as the public may see them."""
    return results.tiers if results.public is None else results.public


def hidden_areas(results: Results) -> frozenset[str]:
    """Areas without a value in public outputs."""
    tiers = public_tiers(results)
    flags = tiers["flags"].fillna("").astype(str).str.split(";")
    return frozenset(tiers.loc[[SUPPRESSED in own for own in flags], "area"].astype(str))


def hides(results: Results) -> bool:
    """Whether a public output lacks anything that the run holds."""
    return bool(hidden_areas(results) or results.withheld.sites)


def shown_markers(results: Results) -> dict[str, Any]:
    """Loads of the markers that the areas shown give or are given; none where none is shown."""
    found: dict[str, Any] = json.loads(_decided(results).get("markers", "{}"))
    return found


def _decided(results: Results) -> Mapping[str, Any]:
    """What the samples of the areas shown decided together; nothing where no area is shown."""
    areas = frozenset(public_tiers(results)["area"].astype(str))
    return {} if areas == hidden_areas(results) else results.decided


def shown_findings(results: Results) -> Findings:
    """Findings that are not about a hidden area or site; all where nothing is hidden.

    Those about all samples together are the ones of the samples shown.
    """
    from wbe.recipes.routes import ROUTE_RULES

    if not hides(results):
        return results.findings
    hidden = hidden_areas(results)
    kept = about_shown(results.findings, results.result, results.withheld.sites, hidden)
    together = [f for f in _decided(results).get("findings", ()) if f.rule in ROUTE_RULES]
    return Findings([*(f for f in kept if f.rule not in ROUTE_RULES), *together])


def located(found: Findings) -> Findings:
    """Findings that say which sample or site they are about."""
    return Findings([f for f in found if f.sample_id or f.site])


def counted(rows: list[dict[str, Any]], known: Mapping[str, int]) -> list[dict[str, Any]]:
    """Keep the number of findings of a rule only where each says where it belongs.

    Parameters
    ----------
    rows : list of dict
        ``rule, severity, count, message``, of the findings shown.
    known : mapping of str to int
        Rule to the number of its located findings.
    """
    return [
        row if known.get(row["rule"], 0) == row["count"] else {**row, "count": None} for row in rows
    ]


def without_numbers(quality: Mapping[str, Any]) -> dict[str, Any]:
    """The acceptance limits of the batches without what samples are counted in.

    How often blanks and standards were judged is about the laboratory, and stays.
    """
    kept = {k: v for k, v in quality.items() if not isinstance(v, int) or isinstance(v, bool)}
    blank = {"judged": "", "outside": ""}
    criteria = [
        {**row, **(blank if row["criterion"] in OF_SAMPLES else {})}
        for row in quality.get("criteria", ())
    ]
    return {**kept, "criteria": criteria}


def seen_by_public(record: Mapping[str, Any]) -> dict[str, Any]:
    """The record as a reader of a public page may see it.

    Parameters
    ----------
    record : mapping
        Of a run: what stands under ``public`` takes the place of the keys of that name; records of
        consent, which name sites, and checksums that could be guessed back, are left out.
    """
    seen = {**record, **record.get("public", {})}
    privacy = {k: v for k, v in record["privacy"].items() if k != "consent"}
    seen["privacy"] = privacy
    if "config" in seen:
        seen["config"] = {**seen["config"], "privacy": privacy}
    seen["inputs"] = [
        {k: v for k, v in entry.items() if k not in ("sha256", "bytes")}
        if entry["kind"] in GUESSABLE
        else entry
        for entry in record.get("inputs", [])
    ]
    return seen
