"""Picture of areas by load and detection rate: positions and intervals, no verdicts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import numpy as np

from wbe import names
from wbe.indicators.quadrants import QUADRANTS, Quadrants
from wbe.plot import style, words
from wbe.plot.change_axes import log_axis
from wbe.plot.panel import WIDTH, axes_with, heading_lines, require_language

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_BLUE: Final = "#0072B2"
_NAME_COLUMNS: Final = 16
_SLANTED: Final = 20  # areas above which names stand upright
_NAME_WIDTH: Final = 0.165  # that upright names need [inch]
_CORNERS: Final = {
    "higher_load_higher_rate": (0.985, 0.975, "right", "top"),
    "higher_load_lower_rate": (0.985, 0.02, "right", "bottom"),
    "lower_load_higher_rate": (0.015, 0.975, "left", "top"),
    "lower_load_lower_rate": (0.015, 0.02, "left", "bottom"),
}


def quadrant(
    found: Quadrants,
    *,
    labels: Mapping[str, str] | None = None,
    ax: Axes | None = None,
    language: str = "en",
    title: str | None = None,
) -> Axes:
    """Draw areas by the rank of their load and their detection rate, both with intervals.

    Areas stand in the order of their load, the highest at the right. A filled sign lies in one
    quarter with both intervals; an open one cannot be told from a line. The quarters have no name
    but their position.

    Parameters
    ----------
    found : Quadrants
        From `wbe.indicators.quadrants`.
    labels : mapping of str to str, optional
        Area to the name to print.
    ax : Axes, optional
        Where to draw; by default on a new Figure of its own, without pyplot.
    language : str
        ``en`` or ``zh``.
    title : str, optional
        A line over the heading; say there that data are synthetic.

    Returns
    -------
    Axes
        ``ax.figure`` is its Figure. Write it with `save_map`.

    Raises
    ------
    UsageError
        The language is neither ``en`` nor ``zh``.

    Examples
    --------
    >>> import numpy as np
    >>> from wbe import indicators, plot
    >>> draws = np.array([90.0, 40.0, 20.0]) * np.linspace(0.95, 1.05, 11)[:, None]
    >>> found = indicators.quadrants(
    ...     ["north", "south", "west"], draws, [40, 8, 30], [100_000, 100_000, 50_000], days=243
    ... )
    >>> plot.quadrant(found, title="made-up numbers").get_ylabel()
    'Detections [per 100,000 inhabitants and year]'
    """
    require_language(language)
    said = [names.text("quadrant.title", language),
            names.text("quadrant.lines", language, n=len(found.areas)),
            names.text("quadrant.note", language)]  # fmt: skip
    if found.left_out:
        said.append(names.text("quadrant.left_out", language, count=len(found.left_out)))
    shown = [words.clean((labels or {}).get(a, a)) for a in found.areas]
    order = np.argsort(np.array(found.load_rank), kind="stable")
    with style.context():
        upright = len(shown) > _SLANTED
        letter = 0.067 if upright else 0.045  # height of a letter of the names [inch]
        below = 1.0 + letter * max(min(words.width(n), _NAME_COLUMNS) for n in shown)
        wide = max(WIDTH, 1.1 + _NAME_WIDTH * len(shown))
        ax = axes_with(ax, 4.2, heading_lines(title, said), below=below, width=wide)
        _points(ax, found, order, language)
        _lines(ax, found)
        _axes(ax, [shown[i] for i in order], language)
        _corners(ax, language)
        _legend(ax, found, below, language)
    return ax


def _points(ax: Axes, found: Quadrants, order: np.ndarray, language: str) -> None:
    for place, i in enumerate(order, start=1):
        settled = found.quadrant[i] != QUADRANTS[-1]
        low, high = found.load_rank_lower[i], found.load_rank_upper[i]
        rate, bottom, top = found.rate[i], found.rate_lower[i], found.rate_upper[i]
        ends = [min(low, place), max(high, place)]
        ax.plot(ends, [rate, rate], color=style.MUTED, lw=1.0, zorder=2)
        ax.plot([place, place], [bottom, top], color=style.INK, lw=1.0, zorder=2)
        ax.plot([place], [rate], "o", ms=6.5, mew=1.2, mec=_BLUE, zorder=3,
                mfc=_BLUE if settled else "white")  # fmt: skip


def _lines(ax: Axes, found: Quadrants) -> None:
    for draw, at in ((ax.axvline, found.middle_rank), (ax.axhline, found.pooled_rate)):
        draw(at, color=style.MUTED, lw=0.9, ls=(0, (4, 3)), zorder=1)


def _axes(ax: Axes, shown: list[str], language: str) -> None:
    log_axis(ax, "y", names.text("quadrant.y", language))
    low, high = ax.get_ylim()
    room = (high / low) ** 0.12  # for the words in the corners
    ax.set_ylim(low / room, high * room)
    ax.set_xlim(len(shown) + 0.7, 0.3)
    places = range(1, len(shown) + 1)
    if len(shown) > _SLANTED:
        lines = [words.wrap(name, _NAME_COLUMNS) for name in shown]
        cut = [first + "…" * bool(rest) for first, *rest in lines]
        ax.set_xticks(places, cut, rotation=90)
    else:
        wrapped = ["\n".join(words.wrap(name, _NAME_COLUMNS)) for name in shown]
        ax.set_xticks(places, wrapped, rotation=45, ha="right", rotation_mode="anchor")
    ax.tick_params(axis="x", length=3, labelsize=8.5)
    ax.set_xlabel(names.text("quadrant.x", language))
    ax.grid(axis="y", color="#EDEDED", linewidth=0.5, zorder=0)
    ax.set_axisbelow(True)
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)


def _corners(ax: Axes, language: str) -> None:
    for name, (x, y, ha, va) in _CORNERS.items():
        ax.text(x, y, names.text(f"quadrant.{name}", language), transform=ax.transAxes, ha=ha,
                va=va, fontsize=8.5, color=style.MUTED, style="normal", zorder=1)  # fmt: skip


def _legend(ax: Axes, found: Quadrants, below: float, language: str) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.transforms import ScaledTranslation

    level = words.number(100 * found.level, pad=False) + " %"
    marks = [
        Line2D([], [], marker="o", ls="", ms=6.5, mew=1.2, mec=_BLUE, mfc=fill)
        for fill in (_BLUE, "white")
    ]
    texts = [names.text(f"quadrant.{key}", language, level=level) for key in ("filled", "open")]
    figure = ax.get_figure(root=True)
    assert figure is not None
    down = ScaledTranslation(0, 0.28 - below, figure.dpi_scale_trans)
    ax.legend(marks, texts, loc="upper left", bbox_to_anchor=(0.0, 0.0), frameon=False, ncols=2,
              bbox_transform=ax.transAxes + down, fontsize=8.0, borderaxespad=0.0, borderpad=0.0,
              handlelength=1.2, columnspacing=1.6)  # fmt: skip
