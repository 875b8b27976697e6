"""Draw the pictures of docs/indicators.md from synthetic counts. Run it after a change."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from wbe import indicators, plot

TARGET = Path(__file__).resolve().parent / "_static"
ENGLISH = [f"Example {letter}" for letter in "ABCDEFGHIJKLM"]
CHINESE = [f"示例{sign}镇" for sign in "甲乙丙丁戊己庚辛壬癸子丑寅"]


def quadrants() -> None:
    """Thirteen areas by load and detection rate, in both languages."""
    random = np.random.default_rng(1)
    people = random.integers(30_000, 150_000, 13)
    level = np.log(30) + 0.9 * random.standard_normal(13)
    draws = np.exp(level + 0.3 * random.standard_normal((4_000, 13)))
    spread = 0.5 * random.standard_normal(13)
    counts = random.poisson(people * 90e-5 * np.exp(0.4 * (level - level.mean()) + spread))
    placed = indicators.quadrants(ENGLISH, draws, counts, people, 365)
    for language, title, shown in (
        ("en", "Synthetic county, one year", ENGLISH),
        ("zh", "合成县，一年（合成数据 synthetic）", CHINESE),
    ):
        names = dict(zip(ENGLISH, shown, strict=True))
        ax = plot.quadrant(placed, labels=names, language=language, title=title)
        plot.save_map(ax.figure, TARGET / f"indicators-quadrant-{language}.png")


if __name__ == "__main__":
    quadrants()
