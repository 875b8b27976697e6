"""The test of changes between two rounds, on plain arrays."""

import numpy as np
import pytest
from scipy.stats import t as student

from wbe.errors import UsageError
from wbe.spatial import changed_areas

TOWNS = ["a", "b", "c", "d"]
POINTS = np.repeat(TOWNS, 5)


def rounds(seed=0, shift=(0, 0, 0, 0), sd=0.5, n=5):
    rng = np.random.default_rng(seed)
    level = rng.normal(3, 1, (4, n))
    y = [level + sd * rng.normal(size=(4, n)) for _ in range(2)]
    return np.exp(y[0]).ravel(), np.exp(y[1] + np.array(shift)[:, None]).ravel()


def compare(before, after, **options):
    given = {"areas": TOWNS, "visit": 0.4, **options}
    return changed_areas(before, after, given.pop("area", POINTS), **given)


def test_statistic_is_that_of_the_formula():
    before, after = rounds()
    found = compare(before, after)
    d = np.log(after / before).reshape(4, 5)
    own = d.var(axis=1, ddof=1).mean() / 5
    total = 2 * 0.4**2 + own
    p = 2 * student.sf(np.abs(d.mean(axis=1)) / np.sqrt(total), 16 * (total / own) ** 2)
    order = np.argsort(p)
    holm = np.maximum.accumulate(np.minimum(1, p[order] * [4, 3, 2, 1]))
    assert found.p[order] == pytest.approx(holm)
    assert found.ratio == pytest.approx(np.exp(d.mean(axis=1)))
    assert found.spread == pytest.approx(np.sqrt(5 * own))


def test_a_large_change_of_one_town_is_found_and_named_by_its_direction():
    found = compare(*rounds(shift=(0, 0, -4, 0)))
    assert found.outcome == ("not_distinguishable",) * 2 + ("moved", "not_distinguishable")
    assert found.ratio[2] < 0.1 and found.upper[2] < 1


def test_the_visit_does_not_shrink_with_points():
    """A shift that five hundred points show without doubt is one of the visit."""
    rng = np.random.default_rng(1)
    y = rng.normal(size=(4, 500))
    shift = np.array([0.5, 0, 0, 0])[:, None]
    area = np.repeat(TOWNS, 500)
    with_visit = compare(np.exp(y).ravel(), np.exp(y + shift).ravel(), area=area)
    without = compare(
        np.exp(y).ravel(), np.exp(y + shift + 1e-3 * rng.normal(size=y.shape)).ravel(), area=area,
        visit=0.0,
    )  # fmt: skip
    assert with_visit.outcome[0] == "not_distinguishable" and without.outcome[0] == "moved"


def test_fewer_than_three_kept_points_are_not_comparable_and_too_few_at_all_insufficient():
    before, after = (v.copy() for v in rounds())
    before[:3] = np.nan
    found = compare(before, after, n_before=[5, 5, 5, 5], n_after=[5, 5, 2, 5])
    assert found.outcome[0] == "not_comparable" and found.reason[0] == "too_few_kept_points"
    assert found.outcome[2] == "insufficient" and found.reason[2] == "too_few_points"
    assert np.isnan(found.p[[0, 2]]).all() and found.n_kept.tolist() == [2, 5, 5, 5]


def test_a_better_limit_makes_no_fall():
    """All points below a limit of 10 and then below one of 0.1, or measured at 0.2: nothing."""
    before, after = (v.copy() for v in rounds())
    before[:5], after[:5] = 10.0, 0.1
    after[2] = 0.2
    low = [np.arange(20) < 5, (np.arange(20) < 5) & (np.arange(20) != 2)]
    found = compare(before, after, below_before=low[0], below_after=low[1])
    assert found.outcome[0] == "not_distinguishable" and found.reason[0] == "below_limits"
    assert np.isinf(found.detectable[0]) and found.n_open[0] == 0


def test_a_limit_that_hides_the_other_round_is_insufficient():
    before, after = (v.copy() for v in rounds())
    after[:5] = 1e6
    found = compare(before, after, below_after=np.arange(20) < 5)
    assert found.outcome[0] == "insufficient" and found.reason[0] == "limits_differ"


def test_a_rise_from_below_the_limits_is_found():
    before, after = (v.copy() for v in rounds())
    before[:5], after[:5] = 0.1, 20.0
    found = compare(before, after, below_before=np.arange(20) < 5)
    assert found.outcome[0] == "moved" and found.ratio[0] == pytest.approx(200)


@pytest.mark.parametrize("visits", ["stated", "learnt"])
def test_exchanging_the_rounds_turns_ratios_over_and_keeps_the_rest(visits):
    before, after = rounds(shift=(0, 2, -1, 0))
    low = np.arange(20) % 7 == 0
    one = compare(before, after, below_before=low, visits=visits)
    two = compare(after, before, below_after=low, visits=visits)
    assert one.outcome == two.outcome
    assert one.p == pytest.approx(two.p) and one.ratio == pytest.approx(1 / two.ratio)
    assert one.lower == pytest.approx(1 / two.upper)


def test_the_unit_does_not_matter_and_order_of_points_neither():
    before, after = rounds(shift=(0, 2, -1, 0))
    one = compare(before, after)
    two = compare(before * 1e3, after * 1e3)
    order = np.random.default_rng(3).permutation(20)
    three = compare(before[order], after[order], area=POINTS[order])
    for other in (two, three):
        assert one.p == pytest.approx(other.p) and one.detectable == pytest.approx(other.detectable)


def test_learnt_visits_are_wider_where_all_towns_move_about():
    calm = compare(*rounds(sd=0.3), visits="learnt")
    wild = compare(*rounds(sd=0.3, shift=(1.5, -1.5, 1.5, -1.5)), visits="learnt")
    assert wild.visit_seen > 1.5 * calm.visit_seen
    assert (wild.detectable > calm.detectable).all()


def test_one_spread_is_needed():
    before = np.array([1.0, 1, 1, 2, 2, 2])
    low = np.array([True, True, False, True, True, False])
    found = changed_areas(
        before, before * 3, ["a"] * 3 + ["b"] * 3, areas=["a", "b"], visit=0.4, below_before=low
    )
    assert found.outcome == ("insufficient", "insufficient")
    assert found.reason == ("no_spread", "no_spread")


@pytest.mark.parametrize(
    "options",
    [{"visit": -1}, {"visits": "none"}, {"level": 0}, {"power": 1}, {"areas": ["a", "b", "c"]}],
)
def test_options_that_do_not_fit_are_refused(options):
    with pytest.raises(UsageError):
        compare(*rounds(), **options)


def test_values_that_are_not_positive_are_refused():
    before, after = rounds()
    with pytest.raises(UsageError, match="positive"):
        compare(before * 0, after)
