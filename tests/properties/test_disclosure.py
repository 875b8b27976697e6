"""No suppressed value comes back out of everything that is public, and the attack can tell."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from disclosure_campaigns import Weak, attack, campaign, publish, relations
from effort import EXHAUSTIVE

from wbe.run import guard
from wbe.run.config import Privacy
from wbe.spatial.disclosure import sums_of

#: Every fifth of the 1,000 campaigns (a minute and a half), or all of them (eight minutes).
EVERY = 1 if EXHAUSTIVE else 5

PUBLIC = Privacy()
STRONG = Weak()


def broken(seeds: range, folder: Path, weak: Weak = STRONG) -> dict[int, list[str]]:
    """Campaigns of which something was recovered, and what."""
    found = {}
    for seed in seeds:
        drawn = campaign(seed)
        got = attack(drawn, publish(drawn, PUBLIC, folder / str(seed), weak))
        if got:
            found[seed] = got
    return found


def test_nothing_suppressed_is_recovered(tmp_path: Path) -> None:
    assert broken(range(6), tmp_path) == {}


@pytest.mark.slow
@pytest.mark.parametrize("start", range(1000, 2000, 125))
def test_nothing_suppressed_is_recovered_in_1000_campaigns(tmp_path: Path, start: int) -> None:
    assert broken(range(start, start + 125, EVERY), tmp_path) == {}


@pytest.mark.slow
@pytest.mark.parametrize("name", [f.name for f in fields(Weak)])
def test_the_attack_gets_values_back_from_a_weaker_guard(tmp_path: Path, name: str) -> None:
    found = broken(range(20), tmp_path, Weak(**{name: True}))
    assert len(found) >= 3, f"{name}: the attack noticed {len(found)} of 20: {found}"


@pytest.mark.parametrize("seed", range(3))
def test_a_higher_least_population_reveals_no_count(seed: int) -> None:
    drawn = campaign(seed)
    sums = relations(drawn)
    before = np.zeros(len(drawn.counts), dtype=bool)
    for least in (0, 1000, 4000, 5000, 9000, 20_000):
        table = guard.protected_counts(
            drawn.counts,
            drawn.people,
            Privacy(min_population=least),
            sums,
            wholes=set(drawn.wholes),
        )
        hidden = (table["flags"] == "suppressed").to_numpy()
        assert (hidden | ~before).all(), f"{least} shows what less hid"
        before = hidden
    assert before.any()


def test_zero_missing_and_suppressed_counts_are_three_things() -> None:
    table = pd.DataFrame(
        {"area": ["A", "B", "C", "D", "all"], "count": [0.0, 3.0, np.nan, 20.0, 23.0]}
    )
    people = dict.fromkeys("ABCD", 9000.0)
    sums = sums_of(table, "area", {"all": list("ABCD")}, [])
    out = guard.protected_counts(table, people, PUBLIC, sums, wholes={"all"})
    assert out["flags"].tolist() == ["", "suppressed", "no_data", "suppressed", ""]
    assert out["count"].isna().tolist() == [False, True, True, True, False]
    assert out["count"][0] == 0


def test_counts_of_areas_of_unknown_population_are_hidden_and_internal_readers_see_all() -> None:
    table = pd.DataFrame({"area": ["A", "B", "C"], "count": [30.0, 40.0, 50.0]})
    people = {"A": 9000.0, "B": 4999.0}
    public = guard.protected_counts(table, people, PUBLIC)
    assert public["count"].isna().tolist() == [False, True, True]
    inside = Privacy(audience="internal", purpose="p", approval="a")
    assert guard.protected_counts(table, people, inside)["count"].tolist() == [30, 40, 50]
