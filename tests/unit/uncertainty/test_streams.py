"""Streams depend on their name alone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wbe.uncertainty import BLOCK, Stream, blocks


def test_same_name_gives_the_same_numbers_whatever_was_drawn_before():
    a, b = Stream(1), Stream(1)
    a.scores("flow", ["x", "y"], 0)
    first = a.scores("flow", ["plant"], 3)
    assert (first == b.scores("flow", ["plant"], 3)).all()


@pytest.mark.parametrize(
    "other", [(2, "flow", "p", 0), (1, "flux", "p", 0), (1, "flow", "q", 0), (1, "flow", "p", 1)]
)
def test_every_part_of_the_name_matters(other):
    seed, variable, label, block = other
    assert (
        Stream(1).scores("flow", ["p"], 0) != Stream(seed).scores(variable, [label], block)
    ).all()


def test_label_and_variable_cannot_run_together():
    one = Stream(1).scores("a", ["bc"], 0)
    assert (one != Stream(1).scores("ab", ["c"], 0)).all()


def test_normals_are_standard_normal():
    z = Stream(7).scores("x", [str(k) for k in range(200)], 0).ravel()
    n = len(z)
    assert abs(z.mean()) < 4 / np.sqrt(n)
    assert abs(z.var() - 1) < 4 * np.sqrt(2 / n)
    assert abs((z**3).mean()) < 4 * np.sqrt(15 / n)


def test_labels_are_uncorrelated():
    z = Stream(7).scores("x", [str(k) for k in range(50)], 0)
    off = np.corrcoef(z)[np.triu_indices(50, 1)]
    assert abs(off).max() < 5 / np.sqrt(BLOCK)


@given(st.integers(0, 5_000))
def test_blocks_cover_the_draws_once_and_in_order(draws):
    spans = [span for _, span in blocks(draws)]
    assert [k for span in spans for k in range(span.start, span.stop)] == list(range(draws))


def test_negative_draws_are_refused():
    with pytest.raises(ValueError, match="-1"):
        list(blocks(-1))
