"""Adjusted p-values: the definition, another program, and what adjustment must leave alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import false_discovery_control

from wbe.qc.multiple import benjamini_hochberg, holm

chances = st.lists(st.floats(0, 1), min_size=1, max_size=12)


@given(chances)
def test_false_discovery_rates_are_those_of_scipy(p: list[float]) -> None:
    np.testing.assert_allclose(benjamini_hochberg(p), false_discovery_control(p), atol=1e-15)


@given(chances)
def test_holm_rejects_what_the_step_down_of_its_paper_rejects(p: list[float]) -> None:
    level, order = 0.05, np.argsort(p, kind="stable")
    rejected = np.zeros(len(p), dtype=bool)
    for step, at in enumerate(order):
        if p[at] * (len(p) - step) > level:
            break
        rejected[at] = True
    assert (holm(p) <= level).tolist() == rejected.tolist()


@pytest.mark.parametrize("adjusted", [holm, benjamini_hochberg])
def test_what_was_not_tested_does_not_count(adjusted) -> None:
    got = adjusted([0.02, np.nan, 0.01, 0.5])
    assert np.isnan(got).tolist() == [False, True, False, False]
    assert got[[0, 2, 3]].tolist() == adjusted([0.02, 0.01, 0.5]).tolist()
    assert adjusted([np.nan]).shape == (1,) and adjusted([]).shape == (0,)
