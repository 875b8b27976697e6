"""Numbers over a whole run, as a reader of a public page may see them."""

from __future__ import annotations

from types import SimpleNamespace

import pandas as pd
import xarray as xr

from wbe.findings import Findings
from wbe.run import public_part
from wbe.run.withheld import NOBODY

RECORD = {
    "privacy": {
        "audience": "public",
        "min_population": 5000,
        "consent": {"North 1": "B, 2024-01-01"},
    },
    "config": {"privacy": {"consent": {"North 1": "B, 2024-01-01"}}, "tiers": {"drug": "ketamine"}},
    "counts": {"samples": 65, "areas": 13},
    "public": {"counts": {"areas": 13}},
    "inputs": [
        {"kind": "samples", "name": "lab.csv", "sha256": "aa", "bytes": 10},
        {"kind": "indicators", "name": "stat.csv", "sha256": "bb", "bytes": 20},
    ],
}


def test_what_the_run_holds_for_the_public_takes_the_place_of_the_rest() -> None:
    seen = public_part.seen_by_public(RECORD)
    assert seen["counts"] == {"areas": 13}
    assert "North 1" not in str(seen["privacy"]) and "North 1" not in str(seen["config"])
    assert seen["config"]["tiers"] == {"drug": "ketamine"}
    assert RECORD["counts"]["samples"] == 65


def test_a_checksum_from_which_a_count_could_be_guessed_back_is_left_out() -> None:
    lab, statistics = public_part.seen_by_public(RECORD)["inputs"]
    assert lab["sha256"] == "aa"
    assert "sha256" not in statistics and "bytes" not in statistics


def test_findings_are_counted_only_where_each_says_where_it_belongs() -> None:
    found = Findings()
    found.add("limit_missing", sample_id="s1")
    found.add("file_empty", file="x.csv")
    assert [f.rule for f in public_part.located(found)] == ["limit_missing"]
    rows = [{"rule": "limit_missing", "count": 1}, {"rule": "file_empty", "count": 1}]
    counted = public_part.counted(rows, {"limit_missing": 1})
    assert [row["count"] for row in counted] == [1, None]


def test_criteria_judged_in_samples_lose_their_numbers_and_blanks_keep_them() -> None:
    quality = {
        "on_fail": "flag",
        "recovery_corrected_here": 7,
        "criteria": [
            {"criterion": "recovery", "judged": 60, "outside": 2, "limits": ["70"]},
            {"criterion": "blank", "judged": 3, "outside": 1, "limits": ["1"]},
        ],
    }
    seen = public_part.without_numbers(quality)
    assert "recovery_corrected_here" not in seen and seen["on_fail"] == "flag"
    assert [row["judged"] for row in seen["criteria"]] == ["", 3]
    assert seen["criteria"][0]["limits"] == ["70"]


def results(*flags: str) -> SimpleNamespace:
    """Two areas of which some are hidden; what all samples decided, and what those shown did."""
    whole, shown = Findings(), Findings()
    whole.add("populations_disagree", n=2, of=2, site="hill 1", ratio="9.0", least="2")
    whole.add("file_empty", file="x.csv")
    shown.add("no_route", n=1, matrix="wwtp_influent")
    shown.add("file_empty", file="y.csv")
    samples = ("sample", ["s0", "s1"])
    places = {"site": ("sample", ["a", "b"]), "area": ("sample", ["hill", "town"])}
    return SimpleNamespace(
        tiers=pd.DataFrame({"area": ["hill", "town"], "flags": list(flags)}),
        public=None,
        findings=whole,
        result=xr.Dataset(coords={"sample": samples, **places}),
        withheld=NOBODY,
        decided={"markers": '{"cotinine": {"value": 0.6}}', "findings": shown},
    )


def test_findings_about_all_samples_are_those_of_the_samples_shown() -> None:
    told = [(f.rule, f.file) for f in public_part.shown_findings(results("suppressed", ""))]
    assert told == [("file_empty", "x.csv"), ("no_route", "")]
    assert public_part.shown_markers(results("suppressed", "")) == {"cotinine": {"value": 0.6}}


def test_where_nothing_is_hidden_all_findings_stand_as_they_are() -> None:
    told = [f.rule for f in public_part.shown_findings(results("", ""))]
    assert told == ["populations_disagree", "file_empty"]


def test_where_no_area_is_shown_nothing_that_the_samples_decided_is_told() -> None:
    nothing = results("suppressed", "consent_missing;suppressed")
    assert public_part.shown_markers(nothing) == {}
    assert [f.rule for f in public_part.shown_findings(nothing)] == ["file_empty"]
