"""The shared type of results with limits."""

import numpy as np
import pytest

from wbe.errors import UsageError
from wbe.qc.censoring import Censored, censored


def test_counts_limits_and_values():
    x = censored([5.0, 2.0, 1.0, 2.0, 8.0], [0, 1, 1, 1, 0])
    assert (x.n, x.n_below, x.n_detected) == (5, 3, 2)
    assert x.limits.tolist() == [1.0, 2.0]
    assert x.values.tolist() == [5.0, 8.0]
    assert x.share_below == 0.6
    assert x.low.tolist() == [5.0, 0.0, 0.0, 0.0, 8.0]


def test_a_result_between_lod_and_loq_keeps_both():
    x = censored([5, 3, 1, 3], [False, True, True, True], lod=[9, 1, 1, np.nan])
    assert x.low.tolist() == [5, 1, 0, 0]
    assert x.detected.tolist() == [True, False, False, False]


def test_one_lod_for_all():
    assert censored([3.0, 3.0], [True, False], lod=1.0).low.tolist() == [1.0, 3.0]


def test_the_arrays_given_are_not_changed_by_what_is_made_of_them():
    value = np.array([1.0, 2.0])
    x = censored(value, [True, False])
    value[:] = 9.0
    assert x.high.tolist() == [1.0, 2.0]


def test_taken_results_keep_their_limits():
    x = censored([2.0, 4.0, 6.0], [True, False, True], lod=[1.0, np.nan, np.nan])
    assert x.take(np.array([2, 2, 0])).high.tolist() == [6, 6, 2]
    assert x.take(x.detected).n_below == 0


@pytest.mark.parametrize(
    ("low", "high", "why"),
    [
        ([], [], "no results"),
        ([1.0], [np.inf], "finite"),
        ([np.nan], [1.0], "finite"),
        ([0.0], [0.0], "positive"),
        ([-1.0], [1.0], "between 0"),
        ([2.0], [1.0], "between 0"),
        ([[0.0]], [[1.0]], "one n"),
        ([0.0, 1.0], [1.0], "one n"),
    ],
)
def test_what_is_no_sample_is_refused_with_the_reason(low, high, why):
    with pytest.raises(UsageError, match=why):
        Censored(np.array(low), np.array(high))


@pytest.mark.parametrize(
    ("values", "below", "lod", "why"),
    [
        ([1.0, 2.0], [True], None, "one n"),
        ([1.0], [0.5], None, "true or false"),
        ([1.0], [True], 2.0, "exchanged"),
        ([1.0], [True], -1.0, "between 0"),
        ([0.0], [False], None, "non-detect"),
    ],
)
def test_what_laboratories_cannot_mean_is_refused(values, below, lod, why):
    with pytest.raises(UsageError, match=why):
        censored(values, below, lod=lod)
