"""The picture of areas by load and detection rate."""

from __future__ import annotations

import numpy as np
import pytest

from wbe import indicators, names, plot
from wbe.errors import UsageError
from wbe.plot import style


@pytest.fixture(scope="module")
def placed() -> indicators.Quadrants:
    r = np.random.default_rng(1)
    areas = [f"Example {c}" for c in "ABCDEF"]
    draws = np.array([80.0, 60, 40, 20, 10, 5]) * np.exp(0.05 * r.standard_normal((300, 6)))
    return indicators.quadrants(areas, draws, [300, 20, 60, 300, 60, 3], [5e4] * 6, 365)


def texts(ax: object) -> list[str]:
    return [t.get_text() for t in ax.figure.findobj(lambda o: hasattr(o, "get_text"))]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_word_is_of_the_language_and_can_be_drawn(
    placed: indicators.Quadrants, language: str
) -> None:
    ax = plot.quadrant(placed, language=language, title="Synthetic 合成")
    said = texts(ax)
    for key in ("higher_load_higher_rate", "higher_load_lower_rate", "note", "title", "x", "y"):
        assert names.text(f"quadrant.{key}", language) in "".join(said) + "\n".join(said)
    assert any("1" in t and names.text("quadrant.left_out", language, count=1) == t for t in said)
    assert not style.missing_glyphs(said)


def test_signs_stand_at_the_rates_and_are_filled_where_both_intervals_say(
    placed: indicators.Quadrants,
) -> None:
    ax = plot.quadrant(placed)
    marks = [line for line in ax.lines if line.get_marker() == "o"]
    order = np.argsort(placed.load_rank, kind="stable")
    assert [m.get_ydata()[0] for m in marks] == [placed.rate[i] for i in order]
    assert [m.get_xdata()[0] for m in marks] == [1, 2, 3, 4, 5]
    filled = [m.get_markerfacecolor() != "white" for m in marks]
    assert filled == [placed.quadrant[i] != "not_distinguishable" for i in order]
    left, right = ax.get_xlim()
    assert left > right  # rank 1, the highest load, at the right
    ticks = [t.get_text() for t in ax.get_xticklabels()]
    assert ticks == [placed.areas[i] for i in order]


def test_nothing_is_cut(placed: indicators.Quadrants) -> None:
    with plot.context():
        ax = plot.quadrant(placed, title="Synthetic county")
        figure = ax.figure
        figure.canvas.draw()
        inside = figure.bbox
        legend = ax.get_legend()
        assert legend is not None
        written = [*ax.texts, *ax.get_xticklabels(), *legend.get_texts()]
        for box in (t.get_window_extent() for t in [*written, ax.xaxis.label, ax.yaxis.label]):
            assert inside.x0 - 1 <= box.x0 and box.x1 <= inside.x1 + 1
            assert inside.y0 - 1 <= box.y0 and box.y1 <= inside.y1 + 1


def test_it_takes_and_returns_axes_and_repeats_its_bytes(
    placed: indicators.Quadrants, tmp_path
) -> None:
    ax = style.new_figure(7, 6).add_axes((0.15, 0.3, 0.8, 0.5))
    assert plot.quadrant(placed, ax=ax) is ax
    files = [tmp_path / f"{k}.png" for k in range(2)]
    for file in files:
        plot.save_map(plot.quadrant(placed).figure, file)
    assert files[0].read_bytes() == files[1].read_bytes()
    with pytest.raises(UsageError):
        plot.quadrant(placed, language="fr")
