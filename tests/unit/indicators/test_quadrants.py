"""Quadrants and cautions: places without verdicts, and what must be said."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

import wbe
from wbe import names
from wbe.errors import UsageError
from wbe.indicators import CAUTIONS, QUADRANTS, caution_text, cautions_of, quadrants
from wbe.indicators.cautions import in_order


def made(spread: float = 0.05, **options: object) -> wbe.indicators.Quadrants:
    r = np.random.default_rng(1)
    loads = np.array([80.0, 60, 40, 20, 10, 5])
    draws = loads * np.exp(spread * r.standard_normal((800, 6)))
    counts = [300, 20, 60, 300, 60, 10]
    return quadrants(list("abcdef"), draws, counts, [50_000.0] * 6, 365, **options)


def test_areas_lie_where_both_intervals_say() -> None:
    found = made()
    assert found.load_rank == (1, 2, 3, 4, 5, 6)
    assert found.middle_rank == 3.5
    assert found.pooled_rate == pytest.approx(750 / 300_000 * 1e5 * 365.25 / 365)
    assert dict(zip(found.areas, found.quadrant, strict=True)) == {
        "a": "higher_load_higher_rate", "b": "higher_load_lower_rate",
        "c": "not_distinguishable" if found.rate_upper[2] >= found.pooled_rate
        else "higher_load_lower_rate",
        "d": "lower_load_higher_rate", "e": found.quadrant[4], "f": "lower_load_lower_rate",
    }  # fmt: skip


def test_intervals_of_rates_are_exact_and_those_of_ranks_are_of_the_draws() -> None:
    found = made(0.8)
    scale = found.rate[1] / 20
    low, high = stats.chi2.ppf(0.025, 40) / 2 * scale, stats.chi2.ppf(0.975, 42) / 2 * scale
    assert (found.rate_lower[1], found.rate_upper[1]) == pytest.approx((low, high))
    assert found.load_rank_lower[0] < found.load_rank_upper[0]
    open_, sure = (q.quadrant.count("not_distinguishable") for q in (found, made()))
    assert open_ > sure


def test_wide_intervals_are_not_distinguishable() -> None:
    assert set(made(5.0).quadrant) == {"not_distinguishable"}


def test_small_counts_and_suspected_areas_are_left_out_by_name() -> None:
    r = np.random.default_rng(1)
    draws = np.exp(r.standard_normal((50, 6)))
    found = quadrants(
        list("abcdef"), draws, [4, 30, 40, 50, np.nan, 60], [1e4, 1e4, np.nan, 1e4, 1e4, 1e4], 365,
        by_suspicion=[False, True] + [False] * 4,
    )  # fmt: skip
    assert dict(found.left_out) == {
        "a": "small_cell", "b": "sites_by_suspicion", "c": "no_population", "e": "no_count",
    }  # fmt: skip
    assert {"small_cells", "circular_sites", "effort"} <= set(found.cautions)
    with pytest.raises(UsageError, match="2 are needed"):
        quadrants(["a"], draws[:, :1], [50], [1e4], 365)


def test_names_of_quarters_are_positions_in_both_languages() -> None:
    words = r"bad|worst|best|poor|lazy|failed|target|suspect|懈怠|失职|落后|最差|重点打击|嫌疑"
    for name in QUADRANTS[:-1]:
        for language in names.LANGUAGES:
            text = names.text(f"quadrant.{name}", language)
            assert text != f"quadrant.{name}" and not re.search(words, text)


def test_every_caution_has_its_sentence_in_both_languages() -> None:
    for caution in CAUTIONS:
        english, chinese = caution_text(caution), caution_text(caution, "zh")
        assert english.endswith(".") and chinese.endswith("。")
        assert re.search("[\u4e00-\u9fff]", chinese) and not re.search("[\u4e00-\u9fff]", english)
    with pytest.raises(UsageError):
        caution_text("none")
    with pytest.raises(UsageError):
        in_order(["none"])


@pytest.mark.parametrize(
    ("given", "caution"),
    [
        ({"counts": [3, 40]}, "small_cells"),
        ({"units": ["persons", "person_times"]}, "mixed_units"),
        ({"definitions": ["v1", "v2"]}, "definition_changed"),
        ({"days": [90, 243]}, "windows_differ"),
        ({"groups": ["", "drivers"]}, "targeted"),
        ({"sites_by_suspicion": True}, "circular_sites"),
        ({"sweeps_by_tier": True}, "circular_sweeps"),
        ({"chosen_high": True}, "regression_to_mean"),
    ],
)
def test_each_circumstance_calls_for_its_caution_alone(given: dict, caution: str) -> None:
    assert cautions_of(**given) == in_order([caution])
    near = {
        "small_cells": {"counts": [5, 40, np.nan]}, "mixed_units": {"units": ["persons", ""]},
        "definition_changed": {"definitions": ["v1", "v1"]}, "windows_differ": {"days": [90, 92]},
        "targeted": {"groups": ["", ""]},
    }.get(caution, {})  # fmt: skip
    assert cautions_of(**near) == ("effort",)


def test_agreement_is_never_called_by_the_word(root: Path) -> None:
    """Statistics of enforcement are no independent check: nothing that is printed says so."""
    word = re.compile(r"validat|验证|证实了|verif(?:y|ies) the", re.IGNORECASE)
    files = [*(root / "src/wbe/indicators").glob("*.py"), root / "src/wbe/plot/quadrants.py",
             root / "src/wbe/run/indicators.py", root / "src/wbe/report/statistics.py",
             root / "docs/indicators.md"]  # fmt: skip
    files += sorted((root / "notebooks").glob("*indicators*.ipynb"))
    assert len(files) > 12
    for file in files:
        assert not word.search(file.read_text(encoding="utf-8")), file.name
    rows = (root / "src/wbe/texts.csv").read_text(encoding="utf-8").splitlines()
    said = [row for row in rows if row.startswith(("indicators.", "quadrant.", "page.statistics"))]
    assert len(said) > 30 and not any(word.search(row) for row in said)
