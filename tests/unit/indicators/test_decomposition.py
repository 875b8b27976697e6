"""Are cases falling because of less use, or of less detection? Ratios, intervals, sentences."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest
from scipy import stats

from wbe import names
from wbe.errors import UsageError
from wbe.indicators import StatedRatio, decompose, dispersion_of_counts
from wbe.indicators.decomposition import ANSWERS
from wbe.trends import changes_from_percent


def lognormal(median: float, spread: float, n: int = 20_000, seed: int = 1) -> np.ndarray:
    return median * np.exp(spread * np.random.default_rng(seed).standard_normal(n))


def test_the_example_of_122_over_080() -> None:
    exact = decompose((50, 61), StatedRatio(0.80, 0.55, 1.15))
    assert exact.detections.ratio == 1.22 and exact.load.ratio == 0.80
    assert exact.per_load.ratio == pytest.approx(1.22 / 0.80) == pytest.approx(1.525)
    found = decompose((516, 630), StatedRatio(0.80, 0.55, 1.15))
    assert (found.load.direction, found.answer) == ("not_established", "per_load_only")
    assert "load −20 % (95 % interval −45 % to +15 %)" in found.sentence()
    assert "Detections +22 %" in found.sentence() and "per load +53 %" in found.sentence()
    assert "the direction of the load is not established" in found.sentence()
    assert "负荷量的方向未能确定" in found.sentence("zh")


def test_parts_multiply_and_logs_add() -> None:
    load = lognormal(100, 0.1), lognormal(70, 0.1, seed=2)
    found = decompose((400, 300), load, population=(1e5, 0.8e5))
    assert found.detections.ratio == pytest.approx(found.load.ratio * found.per_load.ratio)
    assert found.population is not None and found.load_per_person is not None
    whole = found.population.ratio * found.load_per_person.ratio
    assert whole == pytest.approx(found.load.ratio)


def test_total_and_per_capita_side_by_side_as_trends_has_them() -> None:
    found = decompose((100, 100), (800.0, 200.0), population=(1e6, 0.55e6))
    assert found.load_per_person is not None
    other = changes_from_percent(total=-75, population=-45)
    assert found.load_per_person.percent == pytest.approx(other.per_capita.percent)
    assert found.load_per_person.percent == pytest.approx(-54.545, abs=1e-3)
    assert "−45 %" in found.sentence() and "−55 %" in found.sentence()


def test_loads_without_uncertainty_have_no_direction() -> None:
    found = decompose((1000, 100), (100.0, 10.0))
    assert math.isnan(found.load.lower) and math.isnan(found.per_load.lower)
    assert found.answer == "not_established" and found.detections.direction == "down"


def test_the_interval_of_detections_is_that_of_a_ratio_of_gammas() -> None:
    found = decompose((30, 45), StatedRatio(1, 0.9, 1.1))
    f = stats.f(2 * 45.5, 2 * 30.5)
    ends = f.ppf([0.025, 0.975]) * 45.5 / 30.5
    assert (found.detections.lower, found.detections.upper) == pytest.approx(tuple(ends), rel=1e-9)


@pytest.mark.parametrize("mean", [8, 60])
def test_the_interval_of_detections_covers(mean: int) -> None:
    r = np.random.default_rng(mean)
    pairs = r.poisson([mean, 1.3 * mean], (2000, 2))
    shapes = pairs + 0.5
    q = stats.beta.ppf([[0.025], [0.975]], shapes[:, 1], shapes[:, 0])
    low, high = q / (1 - q)
    assert 0.93 <= ((low < 1.3) & (high > 1.3)).mean() <= 0.97
    one = decompose((int(pairs[0, 0]), int(pairs[0, 1])), StatedRatio(1, 1, 1))
    ends = (one.detections.lower, one.detections.upper)
    assert ends == pytest.approx((low[0], high[0]), rel=1e-9)


def test_detections_per_load_cover_where_counts_are_overdispersed() -> None:
    """Negative binomial counts of variance 4 means: 95 % with the dispersion, fewer without."""
    r, hits, naive = np.random.default_rng(7), 0, 0
    for k in range(300):
        load = np.exp(r.normal(0, 0.1))  # true ratio 1, seen with a log-sd of 0.1
        stated = StatedRatio(load, load * math.exp(-0.196), load * math.exp(0.196))
        pair = r.negative_binomial(40 / 3, 1 / 4, 2)
        counts = (int(pair[0]), int(pair[1]))
        wide = decompose(counts, stated, counts="overdispersed", dispersion=4, draws=2000, seed=k)
        slim = decompose(counts, stated, draws=2000, seed=k)
        hits += wide.per_load.lower < 1 < wide.per_load.upper
        naive += slim.per_load.lower < 1 < slim.per_load.upper
    assert 0.92 <= hits / 300 <= 0.985
    assert naive / 300 < 0.85


def test_what_load_and_population_share_cancels_from_the_load_of_a_person() -> None:
    r = np.random.default_rng(3)
    people = (np.full(2000, 1e4), 1e4 * np.exp(r.normal(0, 0.5, 2000)))
    load = (np.full(2000, 100.0), people[1] / 50)  # 20 mg/day/1000 inhabitants, whoever they are
    found = decompose((50, 50), load, population=people)
    assert found.load_per_person is not None and found.population is not None
    each = found.load_per_person
    assert (each.lower, each.ratio, each.upper) == pytest.approx((2.0, 2.0, 2.0), rel=1e-9)
    assert found.population.upper > 2 and found.load.upper > 4


def test_windows_of_unequal_length_are_compared_as_rates() -> None:
    found = decompose((100, 150), StatedRatio(1, 0.9, 1.1), days=(243, 365))
    assert found.detections.ratio == pytest.approx(1.5 * 243 / 365)
    same = decompose((100, 150), StatedRatio(1, 0.9, 1.1))
    ratio = found.detections.lower / same.detections.lower
    assert ratio == pytest.approx(243 / 365)


def test_shared_errors_cancel_where_draws_are_paired() -> None:
    shared = lognormal(1, 0.5)
    paired = decompose((500, 500), (shared * 10, shared * 5))
    apart = decompose((500, 500), (shared * 10, lognormal(5, 0.5, seed=9)))
    assert (paired.load.lower, paired.load.upper) == pytest.approx((0.5, 0.5))
    assert apart.load.direction == "not_established" and paired.load.direction == "down"


@pytest.mark.parametrize(
    ("counts", "ratio", "answer", "said"),
    [
        ((900, 500), (0.75, 0.7, 0.8), "both", "Both parts fell"),
        ((600, 480), (0.8, 0.75, 0.86), "load_only", "The load fell"),
        ((600, 300), (1.0, 0.8, 1.25), "per_load_only", "Detections per load fell"),
        ((500, 500), (2.0, 1.6, 2.5), "opposed", "the load rose and detections per load fell"),
        ((30, 33), (0.9, 0.6, 1.4), "not_established", "Neither the direction"),
    ],
)
def test_every_answer_has_its_sentence(
    counts: tuple[int, int], ratio: tuple[float, float, float], answer: str, said: str
) -> None:
    found = decompose(counts, StatedRatio(*ratio))
    assert found.answer == answer
    assert said in found.sentence()
    directions = {
        part: names.text(f"indicators.direction.{getattr(found, part).direction}", "zh")
        for part in ("detections", "load", "per_load")
    }
    chinese = names.text(f"indicators.answer.{answer}", "zh", **directions)
    assert found.sentence("zh").endswith(chinese)


def test_no_answer_claims_a_direction_that_is_not_established() -> None:
    for answer, language in product(ANSWERS, ("en", "zh")):
        key = f"indicators.answer.{answer}"
        assert names.text(key, language, load="", per_load="", detections="") != key
    for counts in ((5, 6), (40, 44), (300, 290)):
        found = decompose(counts, StatedRatio(0.9, 0.5, 1.6))
        assert found.answer == "not_established"
        assert not set(found.sentence().split(". ", 1)[1].split()) & {"rose", "fell"}


def test_a_window_without_detections_has_a_ratio_from_the_draws() -> None:
    found = decompose((12, 0), StatedRatio(1, 0.9, 1.1))
    assert 0 < found.detections.lower < found.detections.ratio < found.detections.upper < 1
    with pytest.raises(UsageError, match="no ratio"):
        decompose((0, 0), StatedRatio(1, 0.9, 1.1))
    with pytest.raises(UsageError, match="no ratio"):
        decompose((3, 0), StatedRatio(1, 0.9, 1.1), counts="exact")


def test_exact_counts_carry_the_uncertainty_of_the_load_alone() -> None:
    load = StatedRatio(0.8, 0.7, 0.9)
    found = decompose((10, 12), load, counts="exact", draws=100_000)
    assert found.detections.lower == found.detections.upper == 1.2
    assert found.per_load.lower == pytest.approx(1.2 / 0.8 * math.sqrt(0.7 / 0.9), rel=0.01)


def test_the_same_seed_gives_the_same_bytes() -> None:
    one = decompose((51, 60), StatedRatio(0.8, 0.5, 1.2), seed=4)
    assert one == decompose((51, 60), StatedRatio(0.8, 0.5, 1.2), seed=4)
    assert one != decompose((51, 60), StatedRatio(0.8, 0.5, 1.2), seed=5)


def test_dispersion_is_pearsons_and_at_least_one() -> None:
    counts = np.array([3, 121, 5, 2])
    mean = counts.mean()
    assert dispersion_of_counts(counts) == pytest.approx(((counts - mean) ** 2 / mean).sum() / 3)
    assert dispersion_of_counts([4, 5, 6]) == 1
    assert dispersion_of_counts([10, 20, 30], [1, 2, 3]) == 1
    with pytest.raises(UsageError):
        dispersion_of_counts([1, 2])


@pytest.mark.parametrize(
    "wrong",
    [{"counts": "normal"}, {"counts": "overdispersed"}, {"dispersion": 2.0},
     {"counts": "overdispersed", "dispersion": 0.5}, {"level": 1.0}, {"days": (0, 1)},
     {"population": (1.0, np.ones(7))}],
)  # fmt: skip
def test_options_that_are_not_possible_are_refused(wrong: dict) -> None:
    load = lognormal(1, 0.1, 50), lognormal(1, 0.1, 50)
    with pytest.raises(UsageError):
        decompose((5, 6), load, **wrong)
    with pytest.raises(UsageError):
        decompose((5, 6), (1.0, -1.0))
    with pytest.raises(UsageError):
        StatedRatio(0.8, 0.9, 1.0)
    with pytest.raises(UsageError):
        decompose((5, 6), StatedRatio(1, 1, 1)).sentence("fr")
