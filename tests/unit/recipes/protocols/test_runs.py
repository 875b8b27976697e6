"""Which days stand in a row, and where runs begin."""

import numpy as np
import pytest

from wbe.recipes.protocols.runs import in_a_row, run_starts
from wbe.recipes.protocols.years import stratum_of
from wbe.trends.weekdays import iso_days, rule

YEAR = np.arange("2023-01-01", "2024-01-01", dtype="datetime64[D]")
ONE = np.full(365, "year")


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        (np.arange(365) % 91 < 7, True),  # a week a season
        (np.arange(365) % 14 < 7, True),  # every other week
        (np.arange(365) % 28 < 2, True),  # two days a month
        (np.arange(365) % 2 == 0, False),
        (np.arange(365) % 3 != 0, False),
        (np.arange(365) < 350, False),  # all but a few
        (np.isin(np.arange(365), [3, 4, 90, 200, 300]), False),  # two neighbours by chance
    ],
)
def test_days_are_in_a_row_where_chance_would_not_put_them(chosen, expected):
    assert in_a_row(YEAR[chosen], ONE[chosen], YEAR, ONE) is expected


def test_weekends_that_were_all_drawn_by_plan_are_no_runs():
    names = stratum_of(YEAR, "week", rule("score"))
    weekend = names == "weekend"
    some = np.random.default_rng(1).random(365) < 0.2
    chosen = weekend | some
    assert np.isin(iso_days(YEAR[weekend]), (5, 6, 7, 1)).all()
    assert not in_a_row(YEAR[chosen], names[chosen], YEAR, names)
    assert in_a_row(YEAR[chosen], ONE[chosen], YEAR, ONE)


def test_a_day_sampled_twice_is_one_day():
    twice = np.sort(np.concatenate([YEAR[::20], YEAR[::20]]))
    assert not in_a_row(twice, np.full(len(twice), "year"), YEAR, ONE)


def test_one_lost_day_parts_no_run_and_two_do():
    got = run_starts(YEAR[[0, 1, 3, 6, 7]]).astype(str).tolist()
    assert got == ["2023-01-01"] * 3 + ["2023-01-07"] * 2
