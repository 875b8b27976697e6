"""Places of tiles."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wbe.errors import UsageError
from wbe.plot import tile_layout


@given(st.integers(1, 200))
def test_rows_are_filled_in_reading_order_without_a_place_twice(n: int) -> None:
    row, column = tile_layout.in_rows(n)
    assert len(set(zip(row.tolist(), column.tolist(), strict=True))) == n
    assert (np.diff(row * (column.max() + 1) + column) == 1).all()


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=1, max_size=40))
def test_every_seat_gets_a_place_of_its_own(seats: list[tuple[int, int]]) -> None:
    x, y = np.array(seats, dtype=float).T
    row, column = tile_layout.near(x, y)
    assert len(set(zip(row.tolist(), column.tolist(), strict=True))) == len(seats)
    assert set(row.tolist()) == set(range(row.max() + 1))
    assert set(column.tolist()) == set(range(column.max() + 1))


def test_a_regular_grid_stays_as_it_is() -> None:
    x, y = (part.ravel() for part in np.meshgrid(np.arange(4.0), np.arange(3.0)))
    row, column = tile_layout.near(x, y)
    assert (np.lexsort((column, row)) == np.lexsort((x, -y))).all()
    assert len(set(row.tolist())) == 3 and len(set(column.tolist())) == 4


def test_neighbours_mostly_stay_neighbours() -> None:
    rng = np.random.default_rng(4)
    x, y = rng.uniform(0, 4, 30), rng.uniform(0, 3, 30)
    row, column = tile_layout.near(x, y)
    nearest = np.hypot(x[:, None] - x, y[:, None] - y) + 99 * np.eye(30)
    at = nearest.argmin(axis=1)
    steps = np.maximum(abs(row - row[at]), abs(column - column[at]))
    assert (steps <= 1).mean() >= 0.75
    assert np.corrcoef(column, x)[0, 1] > 0.9 and np.corrcoef(-row, y)[0, 1] > 0.9


def test_same_seats_give_the_same_places() -> None:
    x, y = np.zeros(7), np.zeros(7)
    first, second = tile_layout.near(x, y), tile_layout.near(x, y)
    assert all((a == b).all() for a, b in zip(first, second, strict=True))


def test_given_places_begin_at_zero_and_are_checked() -> None:
    row, column = tile_layout.given([3, 3, 5], [2, 4, 2])
    assert (row.tolist(), column.tolist()) == ([0, 0, 2], [0, 2, 0])
    with pytest.raises(UsageError, match="one row and column"):
        tile_layout.given([1, 1], [2, 2])
    with pytest.raises(UsageError, match="whole numbers"):
        tile_layout.given([0.5], [1])
    with pytest.raises(UsageError, match="one row and one column"):
        tile_layout.given([1, 2], [1])
    with pytest.raises(UsageError, match="a seat"):
        tile_layout.near([0.0, np.nan], [0.0, 1.0])
    with pytest.raises(UsageError, match="at least one"):
        tile_layout.in_rows(0)
