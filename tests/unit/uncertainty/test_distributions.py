"""Distributions as functions of a score: against their own distribution functions and integrals."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import log_ndtr, ndtr, ndtri

from wbe.errors import UsageError
from wbe.uncertainty import (
    Arcsine,
    Beta,
    CensoredInterval,
    Empirical,
    LogitNormal,
    Lognormal,
    Normal,
    Pert,
    Product,
    StudentT,
    Term,
    Triangular,
    TruncatedNormal,
    Uniform,
    from_parameters,
    propagate,
    published,
)
from wbe.uncertainty.published import KINDS

positive = st.floats(0.05, 20.0)
small = st.floats(0.02, 1.5)
share = st.floats(0.02, 0.98)


@st.composite
def ends(draw, least=0.0):
    low = draw(st.floats(least, 5.0))
    return low, low + draw(st.floats(0.05, 10.0))


@st.composite
def three(draw):
    low, high = draw(ends())
    return low, low + draw(st.sampled_from([0.0, 0.3, 0.5, 1.0])) * (high - low), high


distributions = st.one_of(
    st.builds(Lognormal, positive, small),
    st.builds(LogitNormal, share, small),
    st.builds(Normal, st.floats(-5, 5), positive),
    st.builds(StudentT, st.floats(-5, 5), positive, st.floats(1.5, 60)),
    st.builds(lambda c, sd, e: TruncatedNormal(c, sd, *e), positive, positive, ends()),
    st.builds(lambda a, b, e: Beta(a, b, *e), st.floats(0.5, 30), st.floats(0.5, 30), ends()),
    st.builds(lambda t: Pert(*t), three()),
    st.builds(lambda t: Triangular(*t), three()),
    st.builds(lambda e: Uniform(*e), ends()),
    st.lists(st.floats(0.1, 9), min_size=2, max_size=12, unique=True).map(
        lambda v: Empirical(tuple(v))
    ),
    st.builds(lambda c, s, e: CensoredInterval(c, s, *e), positive, small, ends()).filter(
        # limits a hundred sds away leave too few digits for the bounds of these properties
        lambda d: abs(math.log(d.high / d.centre)) < 40 * d.log_sd
    ),
)

EXAMPLES = (
    Lognormal(2.0, 0.5),
    LogitNormal(0.3, 0.7),
    Normal(-1.0, 2.0),
    StudentT(-1.0, 2.0, 4.0),
    TruncatedNormal(1.0, 0.8, 0.0),
    Beta(2.0, 5.0, 0.1, 0.9),
    Pert(0.2, 0.3, 0.9),
    Triangular(0.5, 0.5, 2.0),
    Uniform(0.4, 2.0),
    Arcsine(0.4, 2.0),
    Empirical((0.5, 0.8, 0.8, 1.4, 2.0)),
    CensoredInterval(1.0, 0.6, 0.2, 1.1),
)
SCORES = np.linspace(-6, 6, 121)


def test_every_kind_is_among_the_examples():
    assert {d.kind for d in EXAMPLES} == set(KINDS)


@settings(max_examples=300, deadline=None)
@given(distributions, st.floats(-5.0, 5.0))
def test_the_distribution_function_undoes_the_value_of_a_score(d, z):
    back = float(d.cdf(d.value(z)))
    assert back == pytest.approx(float(ndtr(z)), rel=1e-6, abs=1e-9)


@settings(max_examples=200, deadline=None)
@given(distributions)
def test_values_rise_with_the_score_and_stay_within_the_support(d):
    x = d.value(np.linspace(-8.5, 8.5, 400))
    low, high = d.support
    slack = 1e-9 * max(1.0, abs(float(x[-1])))
    assert np.isfinite(x).all() and (np.diff(x) >= -slack).all()
    assert (x >= low - slack).all() and (x <= high + slack).all()


@pytest.mark.parametrize("d", EXAMPLES, ids=lambda d: d.kind)
def test_the_median_has_half_of_the_probability_below_it(d):
    assert float(d.cdf(d.median)) == pytest.approx(0.5, abs=1e-12)


@pytest.mark.parametrize("d", EXAMPLES, ids=lambda d: d.kind)
def test_the_mean_is_that_of_the_quantiles(d):
    """Midpoints of equal shares: an integral that uses no formula and no scores."""
    p = (np.arange(200_000) + 0.5) / 200_000
    assert d.mean == pytest.approx(float(d.value(ndtri(p)).mean()), rel=1e-4)


@pytest.mark.parametrize("d", EXAMPLES, ids=lambda d: d.kind)
def test_a_scaled_variable_has_its_scores_kept(d):
    if d.kind == "logit_normal":
        with pytest.raises(UsageError, match="fraction"):
            d.scaled(2.0)
        return
    assert np.allclose(d.scaled(2.5).value(SCORES), 2.5 * d.value(SCORES), rtol=1e-9)
    assert d.scaled(2.5).mean == pytest.approx(2.5 * d.mean, rel=1e-9)
    with pytest.raises(UsageError, match="positive"):
        d.scaled(-1.0)


@pytest.mark.parametrize("d", EXAMPLES, ids=lambda d: d.kind)
def test_parameters_make_the_same_distribution_again(d):
    assert from_parameters(d.parameters()) == d


def test_parameters_that_do_not_fit_are_refused():
    with pytest.raises(UsageError, match="no distribution"):
        from_parameters({"kind": "cauchy"})
    with pytest.raises(UsageError, match="no mode"):
        from_parameters({"kind": "uniform", "low": 0, "high": 1, "mode": 0.5})


@settings(max_examples=200, deadline=None)
@given(distributions.filter(lambda d: d.positive), st.lists(st.floats(-6, 6), min_size=1))
def test_log_errors_are_the_logs_of_value_over_median(d, z):
    """Exact, or from a table that is right to 1e-6."""
    z = np.array(z)
    with np.errstate(divide="ignore"):
        exact = np.log(d.value(z) / d.median)
    told = exact > -700  # below that a value is no longer told from 0
    assert np.abs(d.log_error(z) - exact)[told].max(initial=0.0) < 1e-6


def test_log_errors_of_values_that_round_to_zero_stay_finite():
    for d in (TruncatedNormal(0.1, 1.0), Triangular(0.0, 0.0, 1.0), Uniform(0.0, 1.0)):
        found = d.log_error(np.array([-9.0, -8.5, 0.0]))
        assert np.isfinite(found).all() and found[0] < -30
        mean, variance = d.log_moments()
        assert math.isfinite(mean) and math.isfinite(variance)


def test_log_moments_of_known_shapes():
    mean, variance = Lognormal(3.0, 0.4).log_moments(-2.0)
    assert (mean, variance) == (pytest.approx(0, abs=1e-12), pytest.approx(0.64, rel=1e-9))
    # ln U of a uniform on (0, 1) has mean -1 and variance 1; its median is 1/2
    mean, variance = Uniform(0.0, 1.0).log_moments()
    assert mean == pytest.approx(math.log(2) - 1, abs=1e-6)
    assert variance == pytest.approx(1.0, abs=1e-5)


def test_a_factor_with_values_of_zero_or_below_has_no_logarithm():
    for d in (Normal(1.0, 0.1), Empirical((0.0, 0.0, 1.0)), Uniform(-0.1, 1.0)):
        with pytest.raises(UsageError, match="no logarithm"):
            d.log_error(np.zeros(1))


@pytest.mark.parametrize("d", [Lognormal(2.0, 0.0), LogitNormal(0.3, 0.0), Normal(2.0, 0.0)])
def test_without_spread_all_probability_is_at_the_centre(d):
    assert d.cdf([d.centre - 1e-9, d.centre + 1e-9]).tolist() == [0.0, 1.0]
    assert set(d.value([-3.0, 0.0, 3.0]).round(12).tolist()) == {d.centre}


def test_nothing_lies_below_zero_of_a_lognormal():
    assert Lognormal(1.0, 0.5).cdf([-1.0, 0.0]).tolist() == [0.0, 0.0]


def test_quantiles_of_a_triangle_keep_their_digits_at_both_ends():
    """At the low end of a triangle that begins with its mode, F(x) = x (2 - x): x = p / 2 + ..."""
    d, p = Triangular(0.0, 0.0, 1.0), 1e-13
    assert float(d.value(ndtri(p))) == pytest.approx(p / 2, rel=1e-9)
    assert 1 - float(Triangular(0.0, 0.5, 1.0).value(-ndtri(p))) == pytest.approx(
        math.sqrt(p / 2), rel=1e-6
    )


@pytest.mark.parametrize(("low", "high"), [(6.0, 7.0), (9.0, 12.0), (30.0, 31.0), (9.0, math.inf)])
def test_truncation_far_in_a_tail_keeps_its_digits(low, high):
    """Held against logs of the tail: ln P(Z > x | between) from log_ndtr alone."""
    for sign in (1.0, -1.0):
        inner = (low, high) if sign > 0 else (-high, -low)
        d = TruncatedNormal(0.0, 1.0, *inner)
        z = np.array([-3.0, -1.0, 0.0, 1.0, 3.0])
        x = sign * d.value(sign * z)
        top, bottom = log_ndtr(-low), log_ndtr(-high) if math.isfinite(high) else -math.inf
        survival = np.exp(log_ndtr(-x) - top) - math.exp(bottom - top)
        assert np.allclose(survival / -math.expm1(bottom - top), ndtr(-z), rtol=1e-6, atol=1e-12)
        assert np.allclose(d.cdf(d.value(z)), ndtr(z), rtol=1e-6, atol=1e-12)


@settings(max_examples=100, deadline=None)
@given(st.floats(-5, 5), positive, st.floats(-3.5, 3.5))
def test_an_oscillation_is_found_at_its_ends_most_of_the_time(low, width, z):
    """At a phase that is uniform over the period: x = middle + half sin(phase)."""
    d, p = Arcsine(low, low + width), float(ndtr(z))
    expected = low + width / 2 + width / 2 * math.sin(math.pi * (p - 0.5))
    assert float(d.value(z)) == pytest.approx(expected, rel=1e-12, abs=1e-12 * width)
    assert float(d.cdf(expected)) == pytest.approx(p, abs=1e-6)
    assert d.support == (low, low + width)


def test_quantiles_of_an_oscillation_keep_their_digits_at_both_ends():
    """Near an end F(x) = (2 / pi) sqrt(x): x = (pi p / 2)^2."""
    p = 1e-7
    assert float(Arcsine().value(ndtri(p))) == pytest.approx((math.pi * p / 2) ** 2, rel=1e-9)
    assert float(Arcsine(-1.0, 0.0).value(-ndtri(p))) == pytest.approx(
        -((math.pi * p / 2) ** 2), rel=1e-9
    )


@pytest.mark.parametrize("low", [0.0, 0.5, 0.9])
@pytest.mark.parametrize("sd", [0.01, 0.1])
def test_an_oscillation_is_a_factor_of_exact_products(low, sd):
    """Held against an average of normal distribution functions over phases of equal shares."""
    at, name = (0.025, 0.5, 0.975), np.array(["x"])
    shape = Arcsine(low, 1.5)
    terms = (
        Term("wave", "site", name, np.ones(1), shape),
        Term("flow", "site", name, np.full(1, sd)),
    )
    found = propagate(Product(np.zeros(1), terms), method="fft", at=at).quantiles[0]
    phase = math.pi * ((np.arange(100_000) + 0.5) / 100_000 - 0.5)
    logs = np.log((low + 1.5) / 2 + (1.5 - low) / 2 * np.sin(phase)) - math.log((low + 1.5) / 2)
    shares = [float(ndtr((math.log(x) - logs) / sd).mean()) for x in found]
    assert shares == pytest.approx(at, abs=2e-5)


# t of 97.5 % of the usual tables, to their three digits
@pytest.mark.parametrize(("df", "t"), [(1, 12.706), (2, 4.303), (5, 2.571), (18, 2.101)])
def test_few_degrees_of_freedom_widen_an_interval_as_the_tables_say(df, t):
    d = published("student_t", 3.0, sd=2.0, df=df)
    assert d.value(ndtri([0.025, 0.975])) == pytest.approx([3 - 2 * t, 3 + 2 * t], abs=1.1e-3)
    assert published("student_t", 3.0, low=3 - 2 * t, high=3 + 2 * t, df=df).scale == (
        pytest.approx(2.0, rel=3e-4)
    )
    assert math.isnan(d.mean) == (df == 1)


def test_many_degrees_of_freedom_are_a_normal():
    z = np.linspace(-6, 6, 25)
    normal = Normal(1.0, 2.0).value(z)
    assert StudentT(1.0, 2.0, 1e7).value(z) == pytest.approx(normal, rel=1e-5, abs=1e-6)


def test_sds_of_what_is_stated_by_its_sd():
    """sd of an oscillation: half width / sqrt(2); of t: scale sqrt(df / (df - 2))."""
    p = (np.arange(400_000) + 0.5) / 400_000
    wave, t = published("arcsine", 3.0, sd=0.2), published("student_t", 3.0, sd=0.2, df=12)
    assert np.std(wave.value(ndtri(p))) == pytest.approx(0.2, rel=1e-5)
    assert np.std(t.value(ndtri(p))) == pytest.approx(0.2 * math.sqrt(1.2), rel=1e-4)


def test_an_empirical_distribution_steps_at_repeated_values():
    d = Empirical((3.0, 1.0, 2.0, 2.0, 2.0))
    assert d.values == (1.0, 2.0, 2.0, 2.0, 3.0)
    assert d.median == 2.0
    # sorted values stand at 0, 1/4, 1/2, 3/4, 1: a quarter below 2, a quarter above
    assert d.cdf([0.9, 1.0, 1.5, 2.0, 2.5, 3.0]).tolist() == [0, 0, 0.125, 0.75, 0.875, 1]
    assert d.cdf(2.0 - 1e-12) == pytest.approx(0.25)


STATED = {
    "lognormal": {"sd": 0.3},
    "logit_normal": {"sd": 0.05},
    "normal": {"low": 0.1, "high": 0.7},
    "student_t": {"sd": 0.3, "df": 5.0},
    "truncated_normal": {"sd": 0.3},
    "beta": {"sd": 0.1, "low": 0.05, "high": 0.95},
    "pert": {"low": 0.2, "high": 0.9},
    "triangular": {"low": 0.2, "high": 0.9},
    "uniform": {"low": 0.1, "high": 0.9},
    "arcsine": {"low": 0.1, "high": 0.9},
    "empirical": {"values": (0.2, 0.3, 0.5, 0.55)},
    "censored_interval": {"sd": 0.4, "low": 0.1, "high": 0.6},
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_published_value_is_the_median(kind):
    d = published(kind, 0.4, **STATED[kind])
    assert d.kind == kind
    assert d.median == pytest.approx(0.4, rel=1e-9)


@settings(max_examples=100, deadline=None)
@given(share, small, st.sampled_from(["lower", "upper", "both"]))
def test_limits_of_a_censored_interval_stay_where_they_were_stated(at, rsd, which):
    low = None if which == "upper" else 0.5
    high = None if which == "lower" else 2.0
    central = 0.5 + 1.5 * at
    d = published("censored_interval", central, sd=rsd * central, low=low, high=high)
    assert d.support == (low or 0.0, high or math.inf)
    assert d.median == pytest.approx(central, rel=1e-6)


def test_ranges_are_intervals_of_distributions_without_ends():
    for kind in ("lognormal", "logit_normal", "normal"):
        middle = {"lognormal": math.sqrt(0.2 * 0.6), "normal": 0.4}
        odds = math.sqrt(0.25 * 1.5)
        centre = middle.get(kind, odds / (1 + odds))
        d = published(kind, centre, low=0.2, high=0.6, coverage=0.9)
        assert d.value(ndtri([0.05, 0.95])).tolist() == pytest.approx([0.2, 0.6])


def test_a_likeliest_value_of_its_own_bends_a_triangle():
    plain = published("triangular", 1.0, low=0.8, high=1.5)
    bent = published("triangular", 1.0, low=0.8, mode=0.9, high=1.5)
    assert bent.median == pytest.approx(1.0) == plain.median
    assert bent.mode / bent.low == pytest.approx(0.9 / 0.8)


@pytest.mark.parametrize(
    ("kind", "stated", "words"),
    [
        ("cauchy", {}, "no distribution"),
        ("triangular", {}, "needs low and high"),
        ("triangular", {"low": 0.8}, "needs low and high"),
        ("triangular", {"low": 1.1, "high": 1.3}, "does not hold"),
        ("uniform", {"high": 0.9}, "does not hold"),
        ("lognormal", {"sd": -0.1}, "not negative"),
        ("lognormal", {"low": 0.0, "high": 2.0}, "above 0"),
        ("logit_normal", {"sd": 0.1}, "between 0 and 1"),
        ("beta", {"sd": 0.1, "high": 2.0}, "needs low and high"),
        ("beta", {"sd": 5.0, "low": 0.5, "high": 2.0}, "no beta"),
        ("empirical", {"values": (1.0, 1.0)}, "two different"),
        ("censored_interval", {"sd": 0.3}, "lower or an upper"),
        ("censored_interval", {"low": 0.5}, "needs the sd"),
        ("censored_interval", {"sd": 0.3, "low": 1.0, "high": 2.0}, "between the limits"),
        ("lognormal", {"low": 0.5, "high": 2.0, "coverage": 1.0}, "coverage"),
        ("student_t", {"sd": 0.1}, "degrees of freedom"),
        ("student_t", {"sd": 0.1, "df": 0.0}, "degrees of freedom"),
        ("arcsine", {}, "needs low and high"),
    ],
)
def test_what_is_not_enough_or_contradicts_itself_is_refused(kind, stated, words):
    with pytest.raises(UsageError, match=words):
        published(kind, 1.0, **stated)


PERTS = (
    # correction factor, excretion fraction and its range; median and mean of the factor with a
    # PERT whose mode is the published fraction; mean with one whose median is
    (3.59, 0.2921, 0.15, 0.45, 3.57, 3.70, 3.73),
    (4.444, 0.225, 0.08, 0.5, 4.14, 4.53, 4.86),
    (182.6, 0.005, 0.002, 0.025, 127.2, 149.5, 214.7),
    (4.828, 0.3, 0.26, 0.55, 4.43, 4.41, 4.80),
)


@pytest.mark.parametrize(("factor", "share", "low", "high", "median", "mean", "kept"), PERTS)
def test_only_the_median_keeps_a_correction_factor_at_its_published_value(
    factor, share, low, high, median, mean, kept
):
    """Benzoylecgonine, MDMA, THC-COOH and norfentanyl: the table of decision 0004."""
    p = (np.arange(200_000) + 0.5) / 200_000
    by_mode, by_median = (
        factor * share / d.value(ndtri(p))
        for d in (Pert(low, share, high), published("pert", share, low=low, high=high))
    )
    assert np.median(by_mode) == pytest.approx(median, rel=2e-3)
    assert by_mode.mean() == pytest.approx(mean, rel=2e-3)
    assert np.median(by_median) == pytest.approx(factor, rel=1e-5)
    assert by_median.mean() == pytest.approx(kept, rel=2e-3)


def test_a_published_sd_of_a_fraction_is_its_sd():
    """Delta method for the logit-normal, exact for the beta, whose ends stay at 0 and 1."""
    z = np.linspace(-8, 8, 20_001)
    weight = np.exp(-(z**2) / 2)
    for kind, tolerance in (("logit_normal", 0.02), ("beta", 1e-3)):
        d = published(kind, 0.3, sd=0.03)
        x = d.value(z)
        mean = np.average(x, weights=weight)
        assert np.sqrt(np.average((x - mean) ** 2, weights=weight)) == pytest.approx(
            0.03, rel=tolerance
        )
        assert d.support == (0.0, 1.0)


@pytest.mark.parametrize(
    ("kind", "central", "sd"),
    [("beta", 0.5, 0.0), ("beta", 0.5, 0.6), ("uniform", 0.0, 1.0)],
)
def test_an_sd_that_no_distribution_has_is_refused(kind, central, sd):
    with pytest.raises(UsageError):
        published(kind, central, sd=sd)
