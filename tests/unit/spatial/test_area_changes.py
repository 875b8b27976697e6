"""The test of changes between two rounds, on plain arrays."""

from functools import lru_cache

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import chdtri, ndtr, ndtri
from scipy.stats import halfnorm, norm
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


@pytest.mark.parametrize("visits", ["stated", "prior"])
def test_statistic_is_that_of_the_formula(visits):
    """By scipy's own t, and over the prior of omega by adaptive quadrature."""
    before, after = rounds()
    found = compare(before, after, visits=visits, known=0.2)
    d = np.log(after / before).reshape(4, 5)
    own = d.var(axis=1, ddof=1).mean() / 5

    def tail(omega, mean):
        total = 2 * omega**2 + 2 * 0.2**2 + own
        return 2 * student.sf(abs(mean) / np.sqrt(total), 16 * (total / own) ** 2)

    def averaged(mean):
        return quad(lambda w: halfnorm.pdf(w, scale=0.4) * tail(w, mean), 0, 4)[0]

    p = np.array([(tail(0.4, m) if visits == "stated" else averaged(m)) for m in d.mean(axis=1)])
    order = np.argsort(p)
    holm = np.maximum.accumulate(np.minimum(1, p[order] * [4, 3, 2, 1]))
    assert found.p[order] == pytest.approx(holm, rel=1e-4)
    assert found.ratio == pytest.approx(np.exp(d.mean(axis=1)))
    assert found.spread == pytest.approx(np.sqrt(5 * own))


@lru_cache
def critical_values(variance, visits):
    """Smallest differences that are called a change, at 100 equally likely pooled variances.

    Read off the printed intervals of 13 towns with 5 points (52 degrees of freedom).
    """
    towns, u = [f"t{k}" for k in range(13)], (np.arange(100) + 0.5) / 100
    pattern = np.tile([-2, -1, 0, 1, 2], 13) / np.sqrt(2.5)  # variance 1 within each town
    critical = []
    for pooled in variance * chdtri(52, u) / 52:
        after = np.exp(np.sqrt(pooled) * pattern)
        found = changed_areas(np.ones(65), after, np.repeat(towns, 5), areas=towns, visit=0.4,
                              visits=visits)  # fmt: skip
        critical.append(np.log(found.upper[0] / found.ratio[0]))
    return np.array(critical)


def false_alarms(variance, omegas, visits):
    """Probability of any "moved" among 13 unchanged towns of 5 points, without drawing.

    Town means are independent of each other and of the pooled variance.
    """
    sd = np.sqrt(2 * np.asarray(omegas)[:, None] ** 2 + variance / 5)
    return (1 - (1 - 2 * ndtr(-critical_values(variance, visits) / sd)) ** 13).mean()


HALF_NORMAL = 0.4 * ndtri(0.5 + (np.arange(200) + 0.5) / 400)
VARIANCES = [2 * within**2 * fleeting for within in (1.0, 1.3) for fleeting in (1.0, 0.5)]


@pytest.mark.parametrize("variance", VARIANCES)
def test_false_alarms_of_the_county_are_at_most_five_per_cent(variance):
    """At the stated spread of visits, and over draws of it from its prior; no sampling error."""
    assert false_alarms(variance, [0.4], "prior") <= 0.05
    assert 0.03 < false_alarms(variance, HALF_NORMAL, "prior") <= 0.05
    assert 0.045 < false_alarms(variance, [0.4], "stated") <= 0.05


@pytest.mark.parametrize("variance", VARIANCES)
def test_a_spread_of_visits_taken_for_certain_alarms_too_often_over_its_prior(variance):
    """Negative control of the default."""
    assert false_alarms(variance, HALF_NORMAL, "stated") > 0.07


def test_what_is_known_to_differ_between_rounds_is_not_blown_up_with_the_visits():
    plain, known = (compare(*rounds(), known=k).detectable for k in (0.0, 0.4))
    doubled = compare(*rounds(), visit=0.4 * np.sqrt(2)).detectable
    assert (plain < known).all() and (known < doubled).all()


def test_the_detectable_change_and_the_spread_seen_are_those_of_their_formulas():
    before, after = rounds()
    d = np.log(after / before).reshape(4, 5)
    own = d.var(axis=1, ddof=1).mean() / 5
    total = 2 * 0.4**2 + own
    t = student(16 * (total / own) ** 2)
    reach = (t.isf(0.05 / 4 / 2) + t.ppf(0.9)) * np.sqrt(total)
    found = compare(before, after, visits="stated", power=0.9)
    assert np.log(found.detectable) == pytest.approx(np.full(4, reach))

    def weight(omega):
        v = 2 * omega**2 + own
        likely = 0.8 * norm.pdf(d.mean(axis=1), scale=np.sqrt(v))
        likely = likely + 0.2 * norm.pdf(d.mean(axis=1), scale=np.sqrt(v + 4))
        return likely.prod() * halfnorm.pdf(omega, scale=0.4)

    expected = quad(lambda w: w * weight(w), 0, 2)[0] / quad(weight, 0, 2)[0]
    assert found.visit_seen == pytest.approx(expected, rel=1e-3)


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


@pytest.mark.parametrize("visits", ["prior", "stated", "learnt"])
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
    [
        {"visit": -1},
        {"known": -1},
        {"visits": "none"},
        {"level": 0},
        {"power": 1},
        {"areas": ["a", "b", "c"]},
    ],
)
def test_options_that_do_not_fit_are_refused(options):
    with pytest.raises(UsageError):
        compare(*rounds(), **options)


def test_values_that_are_not_positive_are_refused():
    before, after = rounds()
    with pytest.raises(UsageError, match="positive"):
        compare(before * 0, after)
