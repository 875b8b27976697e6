"""What every picture of wbe.plot keeps to, whatever it draws."""

from __future__ import annotations

import re
import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pictures import hard_to_read, said

import wbe.plot
from wbe import names, plot
from wbe.plot import style

DRAWINGS = runpy.run_path(str(Path(__file__).parent / "drawings.py"))
MAKERS, SIZES = DRAWINGS["MAKERS"], DRAWINGS["SIZES"]
DRAWING = sorted(set(wbe.plot.__all__) - DRAWINGS["HELPERS"])
TITLE = {"en": "Synthetic county", "zh": "合成县（合成数据 synthetic）"}
# Labels of axes without a scale of numbers: dates, names, days of the week.
WITHOUT_UNIT = ("trend.date", "chart.time", "interlab.lab", "weekly.shaded", "series.rounds")
COUNT = re.compile(
    r"n (= )?\d|\d (areas?|samples|draws|points|complete weeks)|(Areas|Complete weeks|weeks): \d"
    r"|\d ?个|\d 次|\[n\]|\[days\]|\[天\]|周数为 \d|samples by area and round: \d|轮次样品数：\d"
)


def made(name: str, size: str = "normal", language: str = "en", **how: Any) -> Any:
    return MAKERS[name](size, language=language, title=TITLE[language], **how)


def first(axes: Any) -> Any:
    return axes[0] if isinstance(axes, np.ndarray) else axes


def test_every_public_picture_is_held_to_the_contract() -> None:
    assert sorted(MAKERS) == DRAWING


@pytest.mark.parametrize("name", DRAWING)
def test_it_draws_into_the_axes_given_and_returns_them(name: str) -> None:
    figure = style.new_figure(12, 9)
    if name == "tier_maps":
        given = figure.subplots(1, 3)
        assert list(made(name, ax=given)) == list(given)
    else:
        given = figure.add_axes((0.3, 0.3, 0.4, 0.4))
        assert made(name, ax=given) is given
    assert figure.get_size_inches().tolist() == [12, 9]
    assert all(ax.has_data() for ax in np.ravel(given))


@pytest.mark.parametrize("name", DRAWING)
def test_it_makes_a_figure_of_its_own_and_opens_no_window(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import matplotlib.pyplot as plt

    monkeypatch.setattr(plt, "show", lambda *_, **__: pytest.fail("a window was opened"))
    before = plt.get_fignums()
    assert first(made(name)).figure.axes
    assert plt.get_fignums() == before


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    "size", [s if s == "normal" else pytest.param(s, marks=pytest.mark.slow) for s in SIZES]
)
@pytest.mark.parametrize("name", DRAWING)
def test_it_can_be_read_with_little_and_with_much(name: str, size: str, language: str) -> None:
    figure = first(made(name, size, language)).figure
    assert hard_to_read(figure) == []
    text = said(figure)
    assert plot.missing_glyphs([text]) == set()
    assert TITLE[language].split()[0] in text
    assert COUNT.search(text), text


def numeric(axis: Any) -> bool:
    """Whether the ticks of an axis are numbers, not names or dates."""
    shown = [t.get_text() for t in axis.get_ticklabels() if t.get_text()]
    return bool(shown) and all(re.fullmatch(r"[−+×<\d., %]+", text) for text in shown)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", DRAWING)
def test_every_axis_has_its_unit(name: str, language: str) -> None:
    ax = first(made(name, language=language))
    ax.figure.draw_without_rendering()
    if not ax.axison:  # a map: quantity and unit stand over its legend
        assert "[mg/day/1000 inhabitants]" in said(ax.figure)
        return
    exempt = {names.text(key, language) for key in WITHOUT_UNIT}
    for axis in (ax.xaxis, ax.yaxis):
        label = axis.get_label_text()
        if numeric(axis):
            assert label, axis
        assert not label or label in exempt or re.search(r"\[.+\]", label), label


@pytest.mark.parametrize("name", ["trend", "censored", "control_chart"])
def test_a_quantity_that_nobody_named_is_said_to_have_no_unit(name: str) -> None:
    from wbe import qc
    from wbe.qc.censoring import censored

    dates = np.array(["2024-01-01", "2024-02-01"], dtype="datetime64[D]")
    ax = {
        "trend": lambda: plot.trend(dates, [1.0, 2.0]),
        "censored": lambda: plot.censored(censored([1.0, 2.0], [0, 0])),
        "control_chart": lambda: plot.control_chart(qc.shewhart([1.0], qc.Baseline(1.0, 1.0))),
    }[name]()
    assert "[unit not stated]" in ax.get_xlabel() + ax.get_ylabel()


@pytest.mark.parametrize("name", DRAWING)
def test_a_tight_box_as_jupyter_draws_it_cuts_no_legend(name: str) -> None:
    from matplotlib.legend import Legend

    figure = first(made(name)).figure
    figure.draw_without_rendering()
    tight = figure.get_tightbbox()
    for legend in figure.findobj(Legend):
        box = legend.get_window_extent().transformed(figure.dpi_scale_trans.inverted())
        assert tight.x0 - 0.01 <= box.x0 and box.x1 <= tight.x1 + 0.01
        assert tight.y0 - 0.01 <= box.y0 and box.y1 <= tight.y1 + 0.01


@pytest.mark.parametrize("name", DRAWING)
def test_it_refuses_an_unknown_language(name: str) -> None:
    from wbe.errors import UsageError

    with pytest.raises(UsageError, match="none of en, zh"):
        MAKERS[name]("tiny", language="fr")


def test_series_differ_in_colour_or_lightness_for_all_readers_and_in_their_signs() -> None:
    from itertools import combinations

    from wbe.plot import vision

    assert len({marker for _, marker in style.SERIES}) == len(style.SERIES)
    for (one, _), (other, _) in combinations(style.SERIES, 2):
        assert vision.difference(*map(vision.deuteranopia, (one, other))) >= 10
