"""Pictures for a laboratory: what they say, that nothing overlaps or leaves its figure."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.text import Text

from wbe import plot, qc
from wbe.errors import UsageError

BASE = qc.Baseline(100.0, 6.0)
KINDS = {
    "shewhart": lambda x: qc.shewhart(x, BASE, rules="western_electric"),
    "cusum": lambda x: qc.cusum(x, BASE),
    "ewma": lambda x: qc.ewma(x, BASE),
}
SIGNAL = "#d55e00"


def weekly(n: int = 40) -> np.ndarray:
    """Synthetic check samples that rise by a standard deviation half-way; one week is missing."""
    x = 100 + 6 * np.random.default_rng(3).standard_normal(n)
    x[n // 2 :] += 8
    x[3] = np.nan
    return x


def table(labs: int = 12) -> pd.DataFrame:
    """Scores of a synthetic exercise: one far result, one laboratory below a limit."""
    r = np.random.default_rng(5)
    names = [f"x{i}" for i in range(labs)]
    rows = pd.DataFrame([
        {"round": k, "analyte": analyte, "lab": lab, "below": False,
         "value": 100 * np.exp(0.12 * r.standard_normal())}
        for k in (1, 2) for analyte in ("cotinine", "methamphetamine") for lab in names
    ])  # fmt: skip
    rows.loc[0, "value"] = 400.0
    rows.loc[rows["lab"] == "x3", ["value", "below"]] = [15.0, True]
    return qc.score_table(rows, target=qc.Target("relative", 0.2), codes=qc.code_labs(names, 1))


def texts(ax: Any) -> list[Text]:
    ax.figure.canvas.draw()
    limits = {ax.xaxis: ax.get_xlim(), ax.yaxis: ax.get_ylim()}
    outside = {
        label for axis, (low, high) in limits.items() for tick in axis.get_major_ticks()
        for label in (tick.label1, tick.label2) if not low <= tick.get_loc() <= high
    }  # fmt: skip
    found = [t for t in ax.figure.findobj(Text) if t.get_text().strip() and t.get_visible()]
    return [t for t in found if t not in outside and t.get_window_extent().width > 1]


def said(ax: Any) -> str:
    return " ".join(t.get_text() for t in texts(ax))


def stays_readable(ax: Any) -> None:
    page = ax.figure.bbox
    boxes = [(t.get_text(), t.get_window_extent()) for t in texts(ax)]
    for text, box in boxes:
        assert page.x0 <= box.x0 and box.x1 <= page.x1, text
        assert page.y0 <= box.y0 and box.y1 <= page.y1, text
    for (one, a), (other, b) in combinations(boxes, 2):
        apart = min(a.x1, b.x1) - max(a.x0, b.x0) < 1 or min(a.y1, b.y1) - max(a.y0, b.y0) < 1
        assert apart, (one, other)


def signals(ax: Any) -> int:
    """Points drawn as asking for action."""
    own = [line for line in ax.get_lines() if line.get_marker() == "D"
           and to_hex(line.get_markerfacecolor()) == SIGNAL]  # fmt: skip
    return sum(len(line.get_xdata()) for line in own)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dated", [True, False])
def test_a_chart_stays_readable_and_marks_every_alarm(
    kind: str, language: str, dated: bool
) -> None:
    x = weekly()
    chart = KINDS[kind](x)
    days = np.datetime64("2025-01-06") + 7 * np.arange(len(x)) if dated else None
    title = "Synthetic check samples of benzoylecgonine, found over expected" * 2
    ax = plot.control_chart(chart, at=days, label="Found (%)", language=language, title=title)
    stays_readable(ax)
    assert chart.alarms.any()
    assert signals(ax) == sum(chart.signals.values()).astype(bool).sum()
    words = {"en": "Asks for action", "zh": "须采取措施"}[language]
    assert words in said(ax)


def test_a_chart_without_alarm_has_none_in_its_legend() -> None:
    ax = plot.control_chart(qc.shewhart([100.0, 101.0, 99.0], BASE))
    assert signals(ax) == 0
    assert "Asks for action" not in said(ax) and "as stated" in said(ax)
    for limit in ("118", "82", "100", "112", "88"):
        assert limit in said(ax).split()


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("labs", [6, 12, 30])
def test_scores_stay_readable(language: str, labs: int) -> None:
    ax = plot.scores(table(labs), language=language, title="Synthetic exercise")
    stays_readable(ax)


def test_scores_show_far_results_by_number_and_unknown_ones_as_ranges() -> None:
    own = table()
    ax = plot.scores(own)
    far = own.loc[own["score"].abs() > 6, "score"]
    assert len(far) == 1 and f"{far.iloc[0]:.2g}" in said(ax).split()
    ranges = [line for line in ax.get_lines() if len(line.get_xdata()) == 2
              and line.get_xdata()[0] == line.get_xdata()[1]]  # fmt: skip
    assert len(ranges) == int(own["score"].isna().sum())
    assert "Below a limit: what the score may be" in said(ax)
    drawn = {tuple(line.get_ydata()) for line in ranges}
    wanted = own[own["score"].isna()][["score_low", "score_high"]].clip(-6, 6)
    assert drawn == {tuple(pair) for pair in wanted.to_numpy()}


def test_laboratories_stand_in_the_order_of_their_mean_score() -> None:
    own = table()
    ax = plot.scores(own)
    ax.figure.canvas.draw()
    labels = [t.get_text() for t in ax.get_xticklabels()]
    means = own.groupby("lab")["score"].mean()
    (unknown,) = means.index[means.isna()]  # all its results lie below a limit: far down
    assert labels == [unknown, *means.dropna().sort_values().index]


def test_results_without_a_score_are_counted() -> None:
    own = table()
    without = own["round"] == 2
    own.loc[without, ["kind", "score"]] = ["", np.nan]
    assert f"{int(without.sum())} results without a score" in said(plot.scores(own))
    with pytest.raises(UsageError, match="0 analytes"):
        plot.scores(own.assign(kind=""))


def test_unusable_options_are_refused() -> None:
    chart = KINDS["ewma"](weekly())
    with pytest.raises(UsageError, match="none of en, zh"):
        plot.control_chart(chart, language="fr")
    with pytest.raises(UsageError, match="none of en, zh"):
        plot.scores(table(), language="fr")
    with pytest.raises(UsageError, match="3 days for 40 points"):
        plot.control_chart(chart, at=np.arange(3))


def test_the_same_chart_is_the_same_file(tmp_path: Path) -> None:
    for name in ("a", "b"):
        ax = plot.control_chart(KINDS["ewma"](weekly()), language="zh")
        plot.save_map(ax.figure, tmp_path / f"{name}.svg")
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
