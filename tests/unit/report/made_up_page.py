"""A made-up (synthetic) publication for the tests of pages."""

from __future__ import annotations

import io
from typing import Any

import pandas as pd

from wbe import plot
from wbe.report import Publication

FACTOR = {
    "factor_id": "f-1", "drug": "methamphetamine", "analyte": "methamphetamine",
    "gives": "consumption", "excretion": 0.39, "correction_factor": 2.5641, "source": "made2008",
    "verified": False, "reference": "Made up, 2008",
}  # fmt: skip
RUN = {
    "wbe": "0.1.0", "seed": 1, "draws": 10000, "engine": "numpy", "generated": "2030-01-01",
    "inputs": [{"name": "lab.csv", "sha256": "ab" * 32}], "versions": {"numpy": "2.4.6"},
    "config": {"tiers": {"drug": "methamphetamine"}},
}  # fmt: skip


def drawn(tiers: Any, language: str = "en") -> str:
    """The map of a tiers table as the text of its SVG."""
    figure = plot.tier_map(tiers, language=language).figure
    with plot.context():
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    return buffer.getvalue()


def publication(tiers: Any, language: str = "en", **given: Any) -> Publication:
    """A publication with a bit of everything."""
    content = {
        "title": tiers.attrs["title"], "tiers": pd.DataFrame(tiers.drop(columns="geometry")),
        "meta": dict(tiers.attrs), "language": language, "factors": [FACTOR],
        "references": ["Made up A. On sewage. 2008. doi:10.0000/made.up"],
        "error_model": [{"term": "flow", "sd": 0.2}, {"term": "sampling", "sd": 0.25}],
        "findings_summary": [{"rule": "limit_missing", "severity": "flag", "count": 3,
                              "message": "A non-detect has no limit."}],
        "run": RUN, "notes": ["One round was left out."],
    }  # fmt: skip
    if "map_svg" not in given:
        content["map_svg"] = drawn(tiers, language)
    return Publication(**{**content, **given})
