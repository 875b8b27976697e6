"""Bases of percentages, proportions and rates: the arithmetic of the source reports."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from wbe.errors import MissingPopulationError, UsageError
from wbe.indicators import base_of, exact_proportion, exact_rate


@pytest.mark.parametrize(("count", "change", "base"), [(630, 22, 516), (513, 24, 414)])
def test_bases_of_the_source_report(count: int, change: float, base: int) -> None:
    found = base_of(count, change)
    assert found.value == base
    possible = [b for b in range(1, 2000) if abs(100 * (count / b - 1) - change) <= 0.5]
    assert [found.lower, found.upper] == [possible[0], possible[-1]]
    assert not found.known


def test_the_rounding_of_the_report_leaves_515_to_518() -> None:
    found = base_of(630, 22)
    assert (found.lower, found.upper) == (515, 518)
    assert found.quotient == pytest.approx(516.393, abs=1e-3)


@pytest.mark.parametrize("decimals", [0, 1, 2])
@pytest.mark.parametrize("seed", range(5))
def test_every_base_is_found_again_from_its_printed_change(seed: int, decimals: int) -> None:
    r = np.random.default_rng(seed)
    for before, after in zip(r.integers(1, 3000, 60), r.integers(1, 3000, 60), strict=True):
        change = round(100 * (after / before - 1), decimals)
        if change <= -100 + 0.5 * 10.0**-decimals:
            continue  # rounded to a fall of all: nothing can be told
        found = base_of(int(after), change, decimals=decimals)
        assert found.lower <= before <= found.upper
        assert found.lower <= found.value <= found.upper


def test_more_decimals_leave_fewer_bases() -> None:
    spans = [base_of(630, 22.09, decimals=d) for d in (0, 1, 2)]
    widths = [b.upper - b.lower for b in spans]
    assert widths == sorted(widths, reverse=True)
    assert spans[2].known and spans[2].value == 516


@pytest.mark.parametrize(
    ("count", "change", "why"),
    [(5, 22, "no whole number"), (5, -100, "above -100"), (0, -50, "turns into 0"),
     (12.5, 10, "no count"), (-3, 10, "no count"), (5, float("nan"), "above -100"),
     (4, -99.8, "every earlier count")],
)  # fmt: skip
def test_impossible_changes_are_refused(count: float, change: float, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        base_of(count, change)  # type: ignore[arg-type]


def test_nine_of_three_hundred_has_its_exact_interval() -> None:
    found = exact_proportion(9, 300)
    other = stats.binomtest(9, 300).proportion_ci(0.95, method="exact")
    assert found.value == 0.03
    assert (found.lower, found.upper) == pytest.approx((other.low, other.high), rel=1e-9)
    assert stats.binom.sf(8, 300, found.lower) == pytest.approx(0.025, rel=1e-9)
    assert stats.binom.cdf(9, 300, found.upper) == pytest.approx(0.025, rel=1e-9)


@pytest.mark.parametrize(("k", "n"), [(0, 7), (7, 7), (1, 1), (3, 1000)])
def test_proportions_at_the_ends(k: int, n: int) -> None:
    found = exact_proportion(k, n)
    other = stats.binomtest(k, n).proportion_ci(0.95, method="exact")
    assert (found.lower, found.upper) == pytest.approx((other.low, other.high), rel=1e-9)


@pytest.mark.parametrize(("k", "n"), [(3, 2), (-1, 5), (0, 0), (1.5, 3)])
def test_what_is_no_proportion_is_refused(k: float, n: int) -> None:
    with pytest.raises(UsageError):
        exact_proportion(k, n)  # type: ignore[arg-type]


def test_a_rate_is_per_100_000_and_year_with_garwoods_interval() -> None:
    found = exact_rate(630, 1_040_779, 243)
    assert found.value == pytest.approx(630 / 1_040_779 * 1e5 * 365.25 / 243)
    scale = found.value / 630
    ends = stats.chi2.ppf(0.025, 1260) / 2 * scale, stats.chi2.ppf(0.975, 1262) / 2 * scale
    assert (found.lower, found.upper) == pytest.approx(ends, rel=1e-9)
    assert exact_rate(0, 1000, 365).lower == 0


def test_a_rate_needs_people_and_days() -> None:
    with pytest.raises(MissingPopulationError):
        exact_rate(3, float("nan"), 90)
    with pytest.raises(UsageError):
        exact_rate(3, 1000, 0)
