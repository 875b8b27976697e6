"""The picture of a budget: what it says, that nothing overlaps, that it stays within its figure."""

from __future__ import annotations

from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.text import Text

from wbe import names, plot
from wbe.errors import UsageError
from wbe.plot import style
from wbe.uncertainty.budgets import DRAWN, EXACT, Budget

INPUTS = (
    "analysis_bias", "repeatability", "sampling", "visit", "flow + population",
    "marker_calibration", "marker_between", "excretion", "dose", "area_level", "below_limit",
    "below_limit_fit",
)  # fmt: skip
RATIO = {
    "kind": "ratio", "quantity": "pn_consumption", "drug": "methamphetamine",
    "top": "Kingswood upon the River", "bottom": "Great Hazel Moor", "round": "2018Q1",
}  # fmt: skip


def made(
    n: int, method: str = DRAWN, about: dict[str, str] | None = None, **options: Any
) -> Budget:
    """A made-up (synthetic) budget of n inputs whose total indices fall."""
    total = np.linspace(2, 0.01, n) / n
    errors = np.full(n, 0.0 if method == EXACT else 0.01)
    values = {"share": total * 0.8, "first": total * 0.7, "total": total}
    kept = {"scale": "log", "variance": 1.0, "draws": 10_000, "seed": 1} | options
    return Budget(
        INPUTS[:n], **values, **{f"{k}_se": errors for k in values}, method=method,
        about=RATIO if about is None else about, **kept,
    )  # fmt: skip


def texts(ax: Any) -> list[Text]:
    """All that is drawn, from the top down; ticks outside the axes are not."""
    figure = ax.figure
    figure.canvas.draw()
    low, high = ax.get_xlim()
    outside = {t.label1 for t in ax.xaxis.get_major_ticks() if not low <= t.get_loc() <= high}
    found = [t for t in figure.findobj(Text) if t.get_text().strip() and t not in outside]
    drawn = [t for t in found if t.get_window_extent().width > 1]
    return sorted(drawn, key=lambda t: -t.get_window_extent().y0)


def said(ax: Any) -> str:
    return " ".join(" ".join(t.get_text() for t in texts(ax)).split())


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("n", [1, 2, 12])
@pytest.mark.parametrize("method", [DRAWN, EXACT])
def test_nothing_overlaps_or_leaves_the_figure(language: str, n: int, method: str) -> None:
    title = "Synthetic county of a long name that goes on, wastewater round of the second quarter"
    ax = plot.budget(made(n, method), language=language, title=title)
    with style.context():
        boxes = [(t.get_text(), t.get_window_extent()) for t in texts(ax)]
    frame = ax.figure.bbox
    for text, box in boxes:
        inside = frame.x0 <= box.x0 and box.x1 <= frame.x1 and frame.y0 <= box.y0
        assert inside and box.y1 <= frame.y1, text
    for (one, a), (other, b) in combinations(boxes, 2):
        assert not a.padded(-0.5).overlaps(b.padded(-0.5)), (one, other)


def test_it_says_what_the_result_is_and_what_the_bars_are() -> None:
    words = said(plot.budget(made(5)))
    for part in (
        "Where the uncertainty comes from", "Methamphetamine", "Kingswood upon the River",
        "Great Hazel Moor", "2018Q1", "bias of the analysis", "flow + population",
        "variance of the logarithm", "Total index", "First-order index", "Variance share",
        "± 2 standard errors, 10,000 draws",
    ):  # fmt: skip
        assert part in words


def test_chinese_is_chinese_throughout() -> None:
    about = RATIO | {"top": "惠城镇", "bottom": "华湖镇"}
    words = said(plot.budget(made(12, about=about), language="zh"))
    for part in ("不确定度的来源", "甲基苯丙胺", "惠城镇与华湖镇之比", "流量 + 人口", "点位间差异"):
        assert part in words
    latin = "".join(c if c.isascii() and c.isalnum() else " " for c in words).split()
    assert {w for w in latin if not w.isdigit()} == {"2018Q1"}


def test_every_variable_of_the_error_model_has_a_name_in_both_languages() -> None:
    from wbe.uncertainty import default_model
    from wbe.uncertainty.inputs import BELOW

    variables = {c.component for c in default_model().components} | set(BELOW) | {"area_level"}
    for variable in variables:
        english, chinese = (names.said(variable, language) for language in ("en", "zh"))
        assert "_" not in english
        assert not chinese.isascii()


def test_an_input_of_a_users_function_keeps_its_name() -> None:
    table = made(2)
    ours = Budget(**{**vars(table), "inputs": ("x_1", "flow"), "about": {}})
    words = said(plot.budget(ours))
    assert "x_1" in words and "flow" in words


def bars(ax: Any) -> list[float]:
    return [float(p.get_width()) for p in ax.patches]


def test_bars_are_the_numbers_from_the_top_down() -> None:
    table = made(3)
    ax = plot.budget(table)
    assert bars(ax) == pytest.approx([*table.total, *table.first, *table.share])
    assert ax.get_ylim()[0] > ax.get_ylim()[1]
    tops = [p.get_y() for p in ax.patches]
    assert tops[0] < tops[3] < tops[6] < tops[1]
    printed = {t.get_text() for t in texts(ax)}
    assert {f"{100 * v:.0f} %" for v in table.total if v > 0.005} <= printed


def test_a_closed_form_has_one_bar_an_input_and_no_errors() -> None:
    ax = plot.budget(made(3, EXACT))
    assert len(bars(ax)) == 3 and "exact" in said(ax) and "standard errors" not in said(ax)


@pytest.mark.parametrize(
    ("about", "printed"),
    [
        ({"kind": "sample", "quantity": "mass_load", "drug": "benzoylecgonine", "sample": "s7"},
         "Benzoylecgonine, mass load, sample s7"),
        ({"kind": "area", "quantity": "pn_mass_load", "drug": "cocaine", "area": "Alder",
          "round": "2018Q1"}, "Cocaine, population-normalised load, Alder, 2018Q1"),
        ({"kind": "tier", "quantity": "pn_mass_load", "drug": "cocaine", "area": "Alder",
          "round": "2018Q1", "tier": "severe"}, "decision for the tier Severe"),
    ],
)  # fmt: skip
def test_each_kind_of_result_has_its_words(about: dict[str, str], printed: str) -> None:
    assert printed in said(plot.budget(made(2, about=about)))


def test_a_result_that_nothing_moves_is_shown_as_such() -> None:
    table = made(3, variance=0.0)
    nothing = {c: np.zeros(3) for c in vars(table) if isinstance(getattr(table, c), np.ndarray)}
    words = said(plot.budget(Budget(**{**vars(table), **nothing})))
    assert "Nothing moves this result" in words
    assert "Total index" not in words


def test_negative_shares_are_inside_the_axes() -> None:
    table = made(2)
    low = Budget(**{**vars(table), "share": np.array([-0.3, 0.1])})
    assert plot.budget(low).get_xlim()[0] < -0.3


def test_it_draws_where_it_is_told_and_opens_no_window(monkeypatch: pytest.MonkeyPatch) -> None:
    import matplotlib.pyplot as plt

    monkeypatch.setattr(plt, "show", lambda: pytest.fail("a window was opened"))
    figure = style.new_figure(8, 5)
    ax = figure.add_axes((0.3, 0.3, 0.6, 0.5))
    assert plot.budget(made(3), ax) is ax
    assert plt.get_fignums() == []


def test_another_language_is_refused() -> None:
    with pytest.raises(UsageError, match="'fr' is none of en, zh"):
        plot.budget(made(2), language="fr")


def luminances(colours: list[str]) -> list[float]:
    return sorted(style.luminance(c.upper()) for c in colours)


def test_bars_are_told_apart_in_grey() -> None:
    from matplotlib.colors import to_hex

    ax = plot.budget(made(1))
    shades = luminances([to_hex(p.get_facecolor()) for p in ax.patches])
    assert len(shades) == 3 and all(b - a > 0.1 for a, b in pairwise(shades))


def test_the_file_is_the_same_twice(tmp_path: Path) -> None:
    for name in ("one.png", "two.png"):
        plot.save_map(plot.budget(made(4)).figure, tmp_path / name)
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()
