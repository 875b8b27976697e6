"""Numbers over a whole run, as a reader of a public page may see them."""

from __future__ import annotations

from wbe.findings import Findings
from wbe.run import public_part

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
