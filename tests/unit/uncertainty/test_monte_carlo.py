"""The engine against closed forms, and against itself under reordering."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import truncnorm

from wbe.uncertainty import (
    BelowLimit,
    Product,
    Stream,
    Term,
    covariance,
    draw,
    log_draws,
    log_fraction,
    mean_shift,
    propagate,
    summarise,
)

N = 20_000


def product(log_central=(0.0, 1.0), site=("a", "b"), shared=0.4, own=0.2):
    n = len(log_central)
    return Product(
        np.array(log_central, dtype=float),
        (
            Term("excretion", "global", np.full(n, "f"), np.full(n, shared)),
            Term("flow", "site", np.array(site), np.full(n, own)),
        ),
    )


def test_lognormal_quantiles_match_the_closed_form():
    got = summarise(product(), N, 1)
    sd = np.hypot(0.4, 0.2)
    for name, z in (("lower", -1.959964), ("median", 0.0), ("upper", 1.959964)):
        density = np.exp(-z * z / 2) / np.sqrt(2 * np.pi)
        p = {"lower": 0.025, "median": 0.5, "upper": 0.975}[name]
        error = sd * np.sqrt(p * (1 - p) / N) / density  # standard error of the log quantile
        assert np.abs(np.log(got[name]) - ([0, 1] + z * sd)).max() < 4 * error
    assert np.allclose(got["mean"], np.exp([0, 1]) * np.exp(sd**2 / 2), rtol=0.02)


def test_shared_error_cancels_in_a_ratio_and_not_in_a_mean():
    wide, narrow = (draw(product(shared=s), N, 1) for s in (0.8, 0.4))
    ratio = [np.log(x[0] / x[1]).std() for x in (wide, narrow)]
    assert ratio[0] == pytest.approx(ratio[1], rel=1e-9)
    assert ratio[1] == pytest.approx(0.2 * np.sqrt(2), rel=0.03)
    assert np.log(wide.mean(axis=0)).std() > 1.7 * np.log(narrow.mean(axis=0)).std()


def test_redrawing_shared_errors_per_row_would_be_seen():
    """Negative control: the wrong model gives a ratio far too wide."""
    wrong = Product(
        np.zeros(2), (Term("excretion", "global", np.array(["f1", "f2"]), np.full(2, 0.4)),)
    )
    x = draw(wrong, N, 1)
    assert np.log(x[0] / x[1]).std() > 0.5


def test_no_spread_gives_the_central_value_in_every_draw():
    x = draw(product(shared=0.0, own=0.0), 1_500, 1)
    assert np.abs(x / np.exp([[0.0], [1.0]]) - 1).max() < 1e-12


def test_no_draws_give_central_values_and_no_interval():
    got = summarise(product(), 0, 1)
    assert np.allclose(got["median"], np.exp([0, 1]))
    assert np.isnan(got["lower"]).all()


@settings(max_examples=20)
@given(st.permutations(range(5)))
def test_row_order_changes_no_number(order):
    p = product(np.arange(5.0), tuple("abcde"))
    rows = np.array(order, dtype=np.intp)
    assert (draw(p.take(rows), 1_200, 3) == draw(p, 1_200, 3)[rows]).all()


def test_another_row_changes_no_number():
    one, two = product((0.0,), ("a",)), product((0.0, 1.0), ("a", "b"))
    assert (draw(one, 2_000, 3)[0] == draw(two, 2_000, 3)[0]).all()


def test_first_draws_of_a_long_run_are_the_short_run():
    assert (draw(product(), 2_500, 3)[:, :1_100] == draw(product(), 1_100, 3)).all()


def test_summary_does_not_depend_on_the_chunk(monkeypatch):
    p = product(np.arange(40.0) / 10, tuple(f"s{k}" for k in range(40)))
    whole = summarise(p, 3_000, 5)
    monkeypatch.setattr("wbe.uncertainty.monte_carlo._CHUNK_BYTES", 7 * 8 * 3_000)
    parts = summarise(p, 3_000, 5)
    assert all((whole[k] == parts[k]).all() for k in whole)


def test_logit_normal_has_its_median_at_the_centre_and_stays_below_one():
    z = Stream(1).scores("z", ["x"], 0)[0]
    e = 0.292 * np.exp(log_fraction(z, 0.292, 0.9))
    assert e.min() > 0 and e.max() < 1
    assert log_fraction(np.zeros(1), 0.292, 0.9)[0] == pytest.approx(0, abs=1e-15)
    inverse = log_fraction(z, 0.292, -0.9)
    assert np.allclose(inverse, -log_fraction(z, 0.292, 0.9))


@pytest.mark.parametrize("n", [2, 7, 30])
@pytest.mark.parametrize("sd", [0.1, 0.18, 0.47])
def test_mean_shift_is_the_shift_of_the_median_of_a_mean(n, sd):
    labels = np.array([f"s{k}" for k in range(n)])
    term = Term("sampling", "sample", labels, np.full(n, sd))
    x = draw(Product(np.zeros(n), (term,)), 40_000, 2).mean(axis=0)
    error = 1.2533 * np.log(x).std() / np.sqrt(x.size)
    # two moments matched to a lognormal: within 0.6 % of the true median here
    expected = mean_shift(np.ones(n), (term,))
    assert np.log(np.median(x)) == pytest.approx(expected, abs=error * 4 + 6e-3)


def test_mean_shift_is_zero_where_all_rows_share_the_error():
    term = Term("e", "global", np.full(5, "x"), np.full(5, 0.4))
    assert mean_shift(np.arange(1.0, 6.0), (term,)) == pytest.approx(0, abs=1e-12)
    assert np.allclose(covariance((term,)), 0.16)


def below(n=28, mu=0.0, sd=0.8, spread=0.0):
    return BelowLimit(
        np.arange(n),
        np.array([f"s{k}" for k in range(n)]),
        np.zeros(n),
        np.full(n, "g"),
        {"g": (mu, np.log(sd), np.eye(2) * spread)},
        np.full(n, 2.0),
    )


def test_non_detects_stay_below_their_limit_and_follow_the_truncated_lognormal():
    x = log_draws(Product(np.full(28, np.nan), (), below()), Stream(1), 0) - 2.0
    assert x.max() <= 0
    # mean of a normal truncated above at its mean: -sd * sqrt(2 / pi)
    assert x.mean() == pytest.approx(-0.8 * np.sqrt(2 / np.pi), abs=4 * 0.5 / np.sqrt(x.size))


def test_drawn_parameters_keep_a_mean_of_many_non_detects_uncertain():
    def spread_of_mean(s):
        x = log_draws(Product(np.full(28, np.nan), (), below(spread=s)), Stream(1), 0)
        return x.mean(axis=0).std()

    assert spread_of_mean(0.3) > 1.5 * spread_of_mean(0.0)


def test_a_limit_far_below_the_fit_still_gives_finite_draws():
    far = below(3)
    far = BelowLimit(far.rows, far.labels, np.full(3, -30.0), far.groups, far.fits, far.offset)
    x = log_draws(Product(np.full(3, np.nan), (), far), Stream(1), 0)
    assert np.isfinite(x).all() and (x <= -28).all()


@pytest.mark.parametrize(
    ("least", "limit"), [(-0.5, 0.0), (0.2, 0.4), (-31.0, -30.0), (29.0, 30.0)]
)
def test_values_between_two_limits_follow_the_lognormal_between_them(least, limit):
    between = replace(
        below(), log_limit=np.full(28, limit), log_least=np.full(28, least), offset=np.zeros(28)
    )
    x = log_draws(Product(np.full(28, np.nan), (), between), Stream(1), 0)
    assert x.min() >= least and x.max() <= limit
    expected = truncnorm(least / 0.8, limit / 0.8, scale=0.8)
    se = expected.std() / np.sqrt(x.size)
    assert x.mean() == pytest.approx(expected.mean(), abs=4 * se)
    assert np.quantile(x, 0.1) == pytest.approx(expected.ppf(0.1), abs=12 * se)


def test_nothing_known_beneath_is_the_plain_limit_bit_for_bit():
    none = Product(np.full(28, np.nan), (), below())
    open_ = Product(np.full(28, np.nan), (), replace(below(), log_least=np.full(28, -np.inf)))
    assert (log_draws(none, Stream(1), 0) == log_draws(open_, Stream(1), 0)).all()


def test_rows_between_limits_keep_theirs_when_some_are_taken():
    whole = replace(below(4), log_least=np.array([-np.inf, -2.0, -1.0, -0.5]))
    part = whole.take(np.array([3, 1]))
    assert part is not None and sorted(part.log_least.tolist()) == [-2.0, -0.5]
    got = propagate(Product(np.full(4, np.nan), (), whole), method="monte_carlo", at=(0.01, 0.5))
    assert (np.log(got.quantiles[1:, 0]) >= np.array([0.0, 1.0, 1.5])).all()  # 2 is added to each
    assert np.log(got.quantiles[0, 0]) < 0.5
