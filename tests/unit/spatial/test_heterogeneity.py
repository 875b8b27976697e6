"""Telling areas apart."""

import numpy as np
import pytest
from scipy.integrate import quad

from wbe.spatial.heterogeneity import probability_distinguishable


def test_equal_areas_are_not_told_apart_and_different_ones_are():
    rng = np.random.default_rng(0)
    noise = rng.normal(0, 0.5, 13)
    assert probability_distinguishable(noise, np.full(13, 0.25)) < 0.7
    assert probability_distinguishable(noise + rng.normal(0, 1.5, 13), np.full(13, 0.25)) > 0.99


def test_agrees_with_adaptive_quadrature():
    y, v = np.array([0.1, 0.9, -0.4, 1.2]), np.array([0.2, 0.3, 0.1, 0.4])

    def density(tau):
        w = 1 / (v + tau**2)
        mu = (w * y).sum() / w.sum()
        log = -(tau**2) / 2 + np.log(w).sum() / 2 - np.log(w.sum()) / 2
        return np.exp(log - (w * (y - mu) ** 2).sum() / 2)

    expected = quad(density, 0.3, 20)[0] / quad(density, 0, 20)[0]
    assert probability_distinguishable(y, v) == pytest.approx(expected, abs=2e-3)


def test_fewer_than_two_areas_cannot_differ():
    assert probability_distinguishable([1.0], [0.1]) == 0
