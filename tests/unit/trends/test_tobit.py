"""Linear models of logs with limits: the likelihood far out in a tail."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats

from wbe.trends.tobit import fit_tobit


def test_an_interval_far_above_the_model_keeps_its_likelihood() -> None:
    # a difference of two values of Phi near 1 has no digits left there
    detects = scipy.stats.norm.ppf((np.arange(400) + 0.5) / 400)
    low, high = np.append(detects, 14.0), np.append(detects, 14.2)
    got = fit_tobit(low, high, np.ones((401, 1)))

    def log_likelihood(mean: float, sd: float) -> float:
        inside = scipy.stats.norm.sf((14.0 - mean) / sd) - scipy.stats.norm.sf((14.2 - mean) / sd)
        return float(scipy.stats.norm.logpdf(detects, mean, sd).sum() + np.log(inside))

    mean, sd = float(got.coefficients[0]), got.sd
    assert (14.0 - mean) / sd > 10
    assert got.log_likelihood == pytest.approx(log_likelihood(mean, sd), rel=1e-10)
    for d in (-0.01, 0.01):
        assert log_likelihood(mean + d, sd) < got.log_likelihood
        assert log_likelihood(mean, sd + d) < got.log_likelihood
