"""The long tables of the catalogue, which are read from the folder of reference data."""

from __future__ import annotations

from pathlib import Path

import pytest

from wbe.reproduce import read_study, reproduce
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


@pytest.mark.slow
@pytest.mark.usefixtures("at_hand")
def test_european_weeks_reproduce_and_every_exception_is_explained() -> None:
    assert tables("euda_weeks") == {
        "weekday_mean": (4376, 4275),
        "weekend_mean": (4376, 4292),
        "daily_mean": (4376, 4253),
    }
