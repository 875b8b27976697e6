"""Days of the week and the rules that divide them."""

import datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wbe.errors import UsageError
from wbe.trends.weekdays import RULES, DayRule, iso_days, rule


@given(st.dates(datetime.date(1900, 1, 1), datetime.date(2100, 12, 31)))
def test_days_are_those_of_the_calendar(day):
    assert iso_days(np.array([day], dtype="datetime64[D]")).tolist() == [day.isoweekday()]


def test_a_time_belongs_to_the_day_on_which_it_begins():
    times = np.array(["2024-03-15T23:59", "2024-03-16T00:00"], dtype="datetime64[m]")
    assert iso_days(times).tolist() == [5, 6]


def test_the_rules_of_euda_and_of_its_2021_rows_differ_in_friday_alone():
    assert RULES["score"].weekday == (2, 3, 4)
    assert set(RULES["score"].weekend) - set(RULES["euda_2021"].weekend) == {5}


@pytest.mark.parametrize("name", list(RULES))
def test_every_rule_names_each_day_once_and_its_source(name):
    found = rule(name)
    assert sorted((*found.weekday, *found.weekend)) == [1, 2, 3, 4, 5, 6, 7]
    assert found.name == name
    assert found.source


def test_a_rule_that_forgets_a_day_is_refused():
    with pytest.raises(UsageError, match="each day of the week once"):
        DayRule("short", (1, 2, 3), (6, 7), "nobody")


def test_an_unknown_rule_is_refused_with_the_known_ones():
    with pytest.raises(UsageError, match="score, euda_2021"):
        rule("sunday")
