"""Exact marginals of 200 random error models against doubled resolution and 10^7 draws."""

import numpy as np
import pytest
from effort import part
from error_models import draws, model

from wbe.uncertainty import fft

pytestmark = pytest.mark.slow

AT = (0.025, 0.5, 0.975)
BAR = 2e-4
BLOCK, BLOCKS = 250_000, 40

PRODUCTS = [(seed, 1) for seed in range(100)]
MEANS = [(seed, days) for days in (3, 7) for seed in range(50)]


@pytest.mark.parametrize(("seed", "days"), PRODUCTS + MEANS)
def test_doubled_resolution_changes_nothing(seed, days):
    m = model(seed, days)
    got, finer = fft.solve(m, AT), fft.solve(m, AT, 2.0)
    assert got.quantiles == pytest.approx(finer.quantiles, rel=BAR)
    assert got.checks["edge_mass"] < 1e-9


@pytest.mark.parametrize(("seed", "days"), part(PRODUCTS + MEANS, 25))
def test_ten_million_draws_put_the_right_share_below_the_quantiles(seed, days):
    """Within four standard errors of a sampler that shares no code with the engines."""
    m = model(seed, days)
    quantiles = fft.solve(m, AT).quantiles[0]
    below = np.zeros(len(AT))
    for block in range(BLOCKS):
        below += (draws(m, BLOCK, [seed, days, block])[:, None] <= quantiles).sum(axis=0)
    n, p = BLOCK * BLOCKS, np.array(AT)
    assert (np.abs(below / n - p) <= 4 * np.sqrt(p * (1 - p) / n)).all()
