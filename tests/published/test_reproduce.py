"""The long tables of the catalogue, which are read from the folder of reference data."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from wbe.reproduce import Exempt, read_study, reproduce
from wbe.reproduce.study import REFERENCE


@pytest.fixture
def at_hand(reference_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(REFERENCE, str(reference_data))


def tables(key: str) -> dict[str, tuple[int, int]]:
    [result] = reproduce([read_study(key)])
    assert result.sound, [t.unexplained[:5] for t in result.tables]
    return {t.table.name: (len(t.keys), int(t.agree.sum())) for t in result.tables}


@pytest.mark.usefixtures("at_hand")
def test_the_trend_of_seven_cities_reproduces() -> None:
    assert tables("euda_trend_2025") == {"benzoylecgonine": (14, 14)}


@pytest.mark.usefixtures("at_hand")
def test_scotland_reproduces_and_every_exception_is_explained() -> None:
    assert tables("scotland_2022") == {
        "metered flow": (3095, 2999),
        "flow modelled from ammonium": (4943, 4844),
        "weekly means": (5869, 5869),
    }


def known_by(exempt: Exempt) -> str:
    """How an exception is known: by computing otherwise, by a condition alone, or row by row."""
    return "computed" if exempt.instead else "condition" if exempt.match else "row"


@pytest.mark.slow
@pytest.mark.usefixtures("at_hand")
def test_european_weeks_reproduce_and_every_exception_is_explained() -> None:
    """Shifted weeks agree when shifted; conditions hold incomplete weeks and cities of plants."""
    [result] = reproduce([read_study("euda_weeks")])
    assert result.sound, [t.unexplained[:5] for t in result.tables]
    found = {}
    for table in result.tables:
        counts = Counter(agree=int(table.agree.sum()))
        for each, exempt in zip(table.exceptions, table.table.exempt, strict=True):
            counts[known_by(exempt)] += len(each.rows)
        assert counts.total() == len(table.keys) == 4376
        found[table.table.name] = dict(counts)
    assert found == {
        "weekday_mean": {"agree": 4275, "condition": 70, "computed": 25, "row": 6},
        "weekend_mean": {"agree": 4292, "condition": 45, "computed": 29, "row": 10},
        "daily_mean": {"agree": 4253, "condition": 121, "row": 2},
    }
