"""Complementary suppression: what is hidden cannot be worked out from what is shown."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from wbe.errors import UsageError
from wbe.spatial.disclosure import Sum, bounds, protect, small_counts, sums_of

ROW = [Sum(3, (0, 1, 2))]


def crossed(table: np.ndarray) -> tuple[np.ndarray, list[Sum]]:
    """Cells of a two-way table with its totals, and the sums between them."""
    full = np.zeros((table.shape[0] + 1, table.shape[1] + 1))
    full[:-1, :-1] = table
    full[-1, :-1], full[:, -1] = table.sum(axis=0), full.sum(axis=1)
    full[-1, -1] = table.sum()
    at = np.arange(full.size).reshape(full.shape)
    downs = [Sum(int(at[-1, j]), tuple(at[:-1, j].tolist())) for j in range(full.shape[1])]
    across = [Sum(int(at[i, -1]), tuple(at[i, :-1].tolist())) for i in range(full.shape[0])]
    return full.ravel(), downs + across


def test_a_single_gap_in_a_sum_is_no_secret() -> None:
    low, high = bounds([3, 9, 40, 52], [True, False, False, False], ROW)
    assert (low[0], high[0]) == (3, 3)


def test_two_gaps_leave_what_their_sum_allows() -> None:
    low, high = bounds([3, 9, 40, 52], [True, True, False, False], ROW)
    np.testing.assert_allclose([low[:2], high[:2]], [[0, 0], [12, 12]])


def test_a_hidden_cell_without_a_relation_can_be_anything() -> None:
    low, high = bounds([3, 9], [True, False], [])
    assert (low[0], high[0]) == (0, np.inf)
    assert (low[1], high[1]) == (9, 9)


def test_the_smaller_neighbour_protects_and_the_total_stays() -> None:
    found = protect([3, 9, 40, 52], [True, False, False, False], ROW, least=5)
    assert found.hidden.tolist() == [True, True, False, False]
    assert found.sensitive.tolist() == [True, False, False, False]
    assert found.exposed == ()


def test_a_neighbour_that_is_too_small_to_protect_is_joined_by_more() -> None:
    # 0 + 1 = 1 alone would leave a cell of 1 within 0 and 1.
    found = protect([1, 0, 40, 41], [True, False, False, False], ROW, least=5)
    low, high = bounds([1, 0, 40, 41], found.hidden, ROW)
    assert high[0] >= 6 and low[0] == 0


def test_cells_that_are_hidden_already_protect_each_other_before_others_are_lost() -> None:
    found = protect([8, 20, 6, 34], [True, True, False, False], ROW, least=5)
    assert found.hidden.tolist() == [True, True, False, False]


def test_a_total_of_one_part_is_hidden_with_it() -> None:
    found = protect([3, 3], [True, False], [Sum(1, (0,))], least=5)
    assert found.hidden.tolist() == [True, True]


@pytest.mark.parametrize("seed", range(8))
def test_every_sensitive_cell_of_a_crossed_table_keeps_its_distance(seed: int) -> None:
    rng = np.random.default_rng(seed)
    cells, sums = crossed(rng.poisson(rng.gamma(1, 9, (5, 1)), (5, 3)))
    sensitive = small_counts(cells)
    found = protect(cells, sensitive, sums, least=5)
    assert sensitive.any() and not found.exposed
    low, high = bounds(cells, found.hidden, sums)
    wanted = np.maximum(0.1 * cells, 5)[sensitive]
    assert (high[sensitive] >= cells[sensitive] + wanted - 1e-6).all()
    assert (low[sensitive] <= np.maximum(cells[sensitive] - wanted, 0) + 1e-6).all()


@pytest.mark.parametrize("seed", range(8))
def test_later_stages_never_reveal_what_earlier_ones_hid(seed: int) -> None:
    rng = np.random.default_rng(seed)
    cells, sums = crossed(rng.poisson(12, (4, 3)))
    stages = rng.permutation(len(cells)).astype(float)
    before = np.zeros(len(cells), dtype=bool)
    for limit in range(0, 8):
        now = protect(cells, np.where(stages < limit, stages, np.nan), sums, least=5).hidden
        assert (now | ~before).all()
        before = now


def test_means_weighted_by_population_are_sums_too() -> None:
    table = pd.DataFrame({"area": ["A", "B", "mean"], "value": [10.0, 40.0, 30.0]})
    sums = sums_of(table, "area", {"mean": ["A", "B"]}, [], weights={"A": 1000, "B": 2000})
    assert sums == [Sum(2, (0, 1), (1 / 3, 2 / 3))]
    low, high = bounds(table["value"], [True, False, False], sums)
    np.testing.assert_allclose([low[0], high[0]], 10, rtol=1e-9)
    assert protect(table["value"], [True, False, False], sums).hidden.sum() == 2


def test_a_merged_area_of_a_later_list_gives_its_parts_away() -> None:
    table = pd.DataFrame({"area": ["A", "B", "A+B"], "period": "2018", "count": [20.0, 4.0, 24.0]})
    sums = sums_of(table, "area", {"A+B": ["A", "B"]}, ["period"])
    low, high = bounds(table["count"], [False, True, False], sums)
    assert low[1] == high[1] == 4
    assert protect(table["count"], [False, True, False], sums, least=5).hidden.sum() == 2


def test_a_cell_without_a_value_protects_nobody() -> None:
    found = protect([3, np.nan, 40, 43], [True, False, False, False], ROW, least=5)
    assert found.hidden.tolist() == [True, False, True, False]


def test_a_cell_that_public_limits_give_away_is_named_and_all_around_it_hidden() -> None:
    # Neither part may be below 49 and the whole not above 100: a part lies within 49 and 51.
    sums = [Sum(2, (0, 1))]
    found = protect([50.0, 50.0, 100.0], [True, False, False], sums, low=49, high=100)
    assert found.exposed == (0,)
    assert found.hidden.all()


def test_no_interval_needs_to_reach_beyond_the_public_limits() -> None:
    found = protect([99.0, 99.0], [True, False], [Sum(1, (0,))], high=100)
    low, high = bounds([99.0, 99.0], found.hidden, [Sum(1, (0,))], high=100)
    assert found.exposed == () and high[0] == 100 and low[0] <= 99 * 0.9


def test_small_counts_are_one_to_four() -> None:
    assert small_counts([0, 1, 4, 5, np.nan]).tolist() == [False, True, True, False, False]


def test_a_cell_that_stands_twice_is_refused() -> None:
    table = pd.DataFrame({"area": ["A", "A"], "period": "2018"})
    with pytest.raises(UsageError, match="stands twice"):
        sums_of(table, "area", {"all": ["A"]}, ["period"])


def test_a_stage_for_every_cell_is_asked_for() -> None:
    with pytest.raises(UsageError, match="not one number a cell"):
        protect([1.0, 2.0], [True], [])
