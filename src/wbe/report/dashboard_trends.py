"""What the page says of trends over rounds: late, and of all areas together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from wbe import names
from wbe.plot import words
from wbe.qc.censoring.data import Censored
from wbe.qc.multiple import holm
from wbe.trends import Trend, trend
from wbe.trends.series import FEWEST_ROUNDS

if TYPE_CHECKING:
    import pandas as pd

LEVEL: Final = 0.95
_VERDICTS: Final = ("improved", "worse", "no change", "not testable")
#: Of the simulated series; a page made twice says the same.
_SEED: Final = 1


class Trends(NamedTuple):
    """Sentences on the trends of one drug, and one line an area that was tested."""

    sentences: list[str]
    table: tuple[list[str], list[list[str]]] | None


def of_drug(rows: pd.DataFrame, language: str) -> Trends:
    """Test every area of one drug over the rounds that can be compared with the latest.

    Parameters
    ----------
    rows : DataFrame
        From `wbe.io.read_runs`, of one drug, masked; with ``class``.
    language : str

    Notes
    -----
    Of each area `wbe.trends.trend`; p-values are adjusted by Holm over the areas tested, so that
    any false "improved" or "worse" of the drug has a probability of at most 5 % where that of each
    area has. Fewer than 12 rounds are never tested.
    """
    own = rows[(rows["values_as"] == rows["values_as"].iloc[-1]) & rows["start"].notna()]
    n = own["round"].nunique()
    if n < FEWEST_ROUNDS:
        few = names.text("dashboard.trend.few", language, n=n, fewest=FEWEST_ROUNDS)
        return Trends([few], None)
    found: list[tuple[str, Trend]] = []  # two areas may have one name
    for area, part in own.groupby("area", sort=True):
        tested = _tested(part)
        if tested is not None:
            found.append((words.label_of(part["name"].iloc[-1], area), tested))
    return _worded(found, n, language)


def _tested(rows: pd.DataFrame) -> Trend | None:
    """Trend of one area; None without a round that holds a value or a bound."""
    end = rows["value"].fillna(rows["upper"]).fillna(0)
    usable = rows[~rows["class"].isin(words.WITHOUT_VALUE) & (end > 0)]
    value = usable["value"].to_numpy(float)
    low = np.where(np.isnan(value), usable["lower"].to_numpy(float), value)
    high = np.where(np.isnan(value), usable["upper"].to_numpy(float), value)
    if usable.empty:
        return None
    middle = usable["start"] + (usable["end"] - usable["start"]) / 2
    results = Censored(np.clip(low, 0, high), high) if np.isnan(value).any() else value
    return trend(middle.to_numpy("datetime64[s]"), results, seed=_SEED, rounds=None, level=LEVEL)


def _worded(found: Sequence[tuple[str, Trend]], n: int, language: str) -> Trends:
    adjusted = holm([np.nan if t.p is None else t.p for _, t in found])
    lines = []
    claimed: dict[str, list[str]] = {verdict: [] for verdict in _VERDICTS}
    for (area, answer), p in zip(found, adjusted, strict=True):
        verdict = answer.verdict if p < 1 - LEVEL or not answer.testable else "no change"
        claimed[verdict].append(area)
        lines.append(_line(area, answer, verdict, float(p), language))
    comma = names.text("list.comma", language)
    said = [names.text(f"dashboard.trend.{kind}", language, areas=comma.join(claimed[kind]))
            for kind in ("improved", "worse") if claimed[kind]]  # fmt: skip
    if claimed["no change"]:
        areas = comma.join(claimed["no change"])
        said.append(names.text("dashboard.trend.none", language, n=n, areas=areas))
    if claimed["not testable"]:
        areas = comma.join(claimed["not testable"])
        said.append(names.text("dashboard.trend.untestable", language, areas=areas))
    heads = [names.text(f"dashboard.trend.{key}", language)
             for key in ("verdict", "change", "p", "rounds")]  # fmt: skip
    table = ([names.text("column.name", language), *heads], lines)
    return Trends([*said, names.text("dashboard.trend.note", language)], table)


def _line(area: str, answer: Trend, verdict: str, p: float, language: str) -> list[str]:
    change = ""
    if answer.change is not None and answer.testable:
        ends = [_per_cent(x) for x in (answer.change_lower, answer.change_upper)]
        change = f"{_per_cent(answer.change)} ({' – '.join(ends)})"
    key = verdict.replace(" ", "_")
    return [area, names.text(f"dashboard.verdict.{key}", language), change,
            "" if p != p else ("< 0.001" if p < 0.001 else f"{p:.3f}"),
            str(answer.n_rounds)]  # fmt: skip


def _per_cent(value: float | None) -> str:
    return "∞" if value is None else f"{value:+.0f} %".replace("-", "−")
