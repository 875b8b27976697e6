"""Student's t of few points plus a normal and a logit-normal part, against t and draws."""

import numpy as np
import pytest

from wbe.uncertainty import log_fraction, student_quantiles


@pytest.mark.parametrize("df", [1, 2, 3, 4, 12])
def test_student_quantiles_without_normal_part_are_those_of_t(df):
    from scipy.stats import t

    got = student_quantiles(np.array([0.3]), np.array([df]), np.zeros(1))[0]
    assert got == pytest.approx(0.3 * t.ppf([0.025, 0.5, 0.975], df), rel=2e-3, abs=1e-6)


@pytest.mark.parametrize("factor", [None, (0.29, -0.37), (0.005, -0.7)])
@pytest.mark.parametrize(("scale", "df", "sd"), [(0.3, 3, 0.45), (0.5, 2, 0.1), (0.05, 4, 0.4)])
def test_student_quantiles_agree_with_draws(scale, df, sd, factor):
    rng, n = np.random.default_rng(1), 400_000
    x = scale * rng.standard_t(df, n) + sd * rng.standard_normal(n)
    if factor:
        x += log_fraction(rng.standard_normal(n), *factor)
    got = student_quantiles(np.array([scale]), np.array([df]), np.array([sd]), factor)[0]
    share = [(x <= q).mean() for q in got]
    assert share == pytest.approx([0.025, 0.5, 0.975], abs=4 * 0.5 / np.sqrt(n))


def test_no_spread_at_all_gives_zero():
    got = student_quantiles(np.zeros(1), np.array([3]), np.zeros(1))
    assert np.abs(got).max() < 1e-9
