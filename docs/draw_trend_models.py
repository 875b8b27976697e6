"""Draw the pictures of docs/trend-models.md from synthetic series. Run it after a change."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from wbe import plot, trends

TARGET = Path(__file__).resolve().parent / "_static"
UNIT = "mg/day/1000 inhabitants"


def falling() -> None:
    """A level that falls within a year, with its smooth and its log-linear trend."""
    random = np.random.default_rng(2)
    week = np.arange(90)
    dates = np.datetime64("2022-01-05") + 7 * week
    logs = -np.clip((week - 35) / 25, 0, 1) + 0.25 * random.standard_normal(90)
    loads = 40 * np.exp(logs)
    ax = plot.trend(
        dates, loads, smooth=trends.smooth_trend(dates, loads), label=UNIT,
        line=trends.loglinear_trend(dates, loads), title="Synthetic town",
    )  # fmt: skip
    plot.save_map(ax.figure, TARGET / "trend-models.png")


def emptied() -> None:
    """The change of a city that emptied, and of one where use fell."""
    changes = {
        "A city that emptied": trends.changes_from_percent(population=-45, total=-75),
        "A city where use fell": trends.changes_from_percent(population=1, total=-54),
    }
    ax = plot.change(changes, title="First row: published, rounded changes; second row: synthetic")
    plot.save_map(ax.figure, TARGET / "population-change.png")


if __name__ == "__main__":
    falling()
    emptied()
