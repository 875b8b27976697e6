"""The page over many rounds, of small runs written by hand: what may stand beside what."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from run_folders import UNIT, row, written

from wbe import names, report
from wbe.io import Runs, read_runs
from wbe.report import dashboard_trends

RANKS = ["rank", "rank_lower", "rank_upper"]


def joined(folder: Path, *runs: list[dict[str, object]]) -> Runs:
    """Join runs of these rows."""
    for i, rows in enumerate(runs):
        written(folder / f"run{i:02}", rows)
    return read_runs(folder / "*")


def test_ranks_leave_no_gap_where_an_area_was_taken_out(tmp_path: Path) -> None:
    """Ranks 1 and 3 would say that the hidden value lies between those two values."""
    first = [row("A1", "2018Q1", 50.0, rank=1), row("A2", "2018Q1", 30.0, rank=2),
             row("A3", "2018Q1", 20.0, rank=3)]  # fmt: skip
    second = [row("A1", "2018Q2", 5.0, rank=2), row("A2", "2018Q2", None),
              row("A3", "2018Q2", 7.0, rank=1)]  # fmt: skip
    shown = report.dashboard_rows(joined(tmp_path, first, second)).set_index(["round", "area"])
    assert shown.loc["2018Q1", RANKS].isna().all(axis=None)
    assert shown.loc["2018Q1", "value"].tolist()[::2] == [50.0, 20.0]
    assert shown.loc["2018Q2", "rank"].tolist()[::2] == [2, 1]


def test_values_of_two_units_share_no_axis_and_say_their_unit_in_the_table(tmp_path: Path) -> None:
    runs = joined(
        tmp_path,
        [row("A1", "2018Q1", 5000.0, quantity="concentration", unit="ng/L")],
        [row("A1", "2018Q2", 5.0)],
    )
    page = report.dashboard(runs)
    (picture,) = re.findall(r'<svg class="series".*?</svg>', page, flags=re.DOTALL)
    assert re.findall(r"<title>(.*?):", picture) == ["2018Q2"] and UNIT in picture
    assert "<td>2018Q1 (concentration [ng/L])</td><td>5000</td>" in page
    assert "<td>2018Q2</td><td>5.00</td>" in page


def test_two_areas_of_one_name_are_two_lines_and_two_tests(tmp_path: Path) -> None:
    values = [3.0 * 1.5**i for i in range(12)]
    rounds = [f"{2015 + i // 4}Q{i % 4 + 1}" for i in range(12)]
    runs = joined(
        tmp_path,
        *([row("A1", r, v, name="Same"), row("A2", r, v, name="Same")]
          for r, v in zip(rounds, values, strict=True)),
    )  # fmt: skip
    tiers = report.dashboard_rows(runs).assign(**{"class": "moderate"})
    one = dashboard_trends.of_drug(tiers[tiers["area"] == "A1"], "en")
    both = dashboard_trends.of_drug(tiers, "en")
    assert one.table is not None and both.table is not None
    assert [line[:2] for line in both.table[1]] == [["Same", "rising"]] * 2
    p = [float(line[3].removeprefix("< ")) for line in (*one.table[1], *both.table[1])]
    assert p[1] == p[2] and p[0] <= p[1]


@pytest.mark.parametrize("n", [11, 12])
def test_a_trend_needs_twelve_rounds_that_can_be_compared(tmp_path: Path, n: int) -> None:
    values = [3.0 * 1.5**i for i in range(12)]
    rounds = [f"{2015 + i // 4}Q{i % 4 + 1}" for i in range(12)]
    for i, (label, value) in enumerate(zip(rounds, values, strict=True)):
        older = {"factor_set": "other"} if i < 12 - n else {}
        rows = [row("A1", label, value, quantity="pn_consumption")]
        written(tmp_path / f"run{i:02}", rows, **older)
    tiers = report.dashboard_rows(read_runs(tmp_path / "*")).assign(**{"class": "moderate"})
    found = dashboard_trends.of_drug(tiers, "en")
    assert (found.table is None) is (n < 12)
    assert ("no trend can be told" in found.sentences[0]) is (n < 12)


def test_trends_are_adjusted_for_the_number_of_areas(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two areas with p = 0.03 neither can be claimed; one alone could."""
    rounds = [f"{2015 + i // 4}Q{i % 4 + 1}" for i in range(12)]
    runs = joined(tmp_path, *([row(a, r) for a in ("A1", "A2")] for r in rounds))
    tiers = report.dashboard_rows(runs).assign(**{"class": "moderate"})
    real = dashboard_trends.trend

    def with_p(*args: object, **options: object) -> object:
        return replace(real(*args, **options), p=0.03, verdict="worse", testable=True)  # type: ignore[arg-type,type-var]

    monkeypatch.setattr(dashboard_trends, "trend", with_p)
    alone = dashboard_trends.of_drug(tiers[tiers["area"] == "A1"], "en")
    both = dashboard_trends.of_drug(tiers, "en")
    assert alone.table is not None and both.table is not None
    assert [line[1] for line in alone.table[1]] == ["rising"]
    unmoved = names.text("dashboard.verdict.no_change", "en")
    assert [line[1:4:2] for line in both.table[1]] == [[unmoved, "0.060"]] * 2


def test_the_latest_round_is_that_of_one_run_and_a_pair_within_a_run_was_tested(
    tmp_path: Path,
) -> None:
    """Two counties share a page: ranks and breaks of one are not those of the other."""
    written(tmp_path / "a", [row("A1", "2018Q1"), row("A1", "2018Q2", 25.0)])
    written(tmp_path / "b", [row("B1", "2018Q2", 99.0)])
    page = report.dashboard(read_runs(tmp_path / "*"))
    found = page[page.index('id="s-found"') : page.index('id="s-compare"')]
    assert "not the one area" in found and "Town A1" in found and "Town B1" not in found
    assert "Not tested, for" not in page
