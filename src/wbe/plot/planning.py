"""Sampling plans as pictures: what more days, points or aliquots buy, and where it ends."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from wbe import names
from wbe.plot import plan_words, style, words
from wbe.plot.panel import (
    Heading,
    legend_beneath,
    new_axes,
    open_frame,
    require_language,
    write_heading,
)
from wbe.plot.plan_words import Plan, factor, percent, whole
from wbe.trends.design import ChangePlan, DaysPlan, PointsPlan, SamplerPlan, plan_sampler

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_GRID: Final = "#D9D9D9"
_WIDTH, _INNER, _BELOW = 7.0, 3.0, 0.98  # of the figure, its axes' height, its margin [inch]
_LEFT, _RIGHT = 1.0, 0.25  # margins [inch]
_LINE: Final = 0.19  # of heading [inch]
_TITLE_COLUMNS, _NOTE_COLUMNS = 80, 104

Drawn = Callable[["Axes", Any, str], None]


def plan(
    table: Plan,
    ax: Axes | None = None,
    *,
    language: str = "en",
    title: str | None = None,
) -> Axes:
    """Draw a sampling plan: the answer, what more would buy, and what nothing buys.

    Parameters
    ----------
    table : DaysPlan, PointsPlan, ChangePlan or SamplerPlan
        From `wbe.trends.design`.
    ax : Axes or None
        Where to draw; by default on a new Figure of its own, without pyplot.
    language : str
        ``en`` or ``zh``.
    title : str or None
        A line over the answer.

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
    >>> from wbe import plot
    >>> from wbe.trends import design
    >>> days = design.DayVariation(cv=0.5, measurement_cv=0.1, weekday=0.1, autocorrelation=0.3)
    >>> plot.plan(design.days_for_mean(0.2, days, shared_cv=0.05)).get_xlabel()
    'Days sampled [days]'
    """
    require_language(language)
    with style.context():
        heading = _heading(table, title, language)
        if ax is None:
            ax = new_axes(_INNER, 0.2 + len(heading) * _LINE, _BELOW, _LEFT, _RIGHT, _WIDTH)
        _DRAWN[type(table)](ax, table, language)
        ax.grid(color=_GRID, linewidth=0.6, zorder=0)
        ax.set_axisbelow(True)
        open_frame(ax)
        legend_beneath(ax, 0.5, ncols=3, labelspacing=0.5, columnspacing=2.0)
        write_heading(ax, heading, lowest=10, line=13.5)
    return ax


def _heading(table: Plan, title: str | None, language: str) -> Heading:
    """Return the lines over the axes and their font sizes."""
    large = [words.clean(title)] if title else []
    large.append(plan_words.answer(table, language))
    small = [*plan_words.notes(table, language), plan_words.assumed(table, language)]
    sizes = [(text, 10.5, _TITLE_COLUMNS) for text in large]
    sizes += [(text, 8.0, _NOTE_COLUMNS) for text in small]
    return [
        (line.replace("_%", " %"), size)
        for text, size, columns in sizes
        for line in words.wrap(
            text.replace(" %", "_%"), columns
        )  # keeps a number and its % together
    ]


def _days(ax: Axes, table: DaysPlan, language: str) -> None:
    n, error = table.table.days, table.table.upper
    top = 2.5 * max(table.error, table.table.floor, float(error[-1]))
    marks = "o" if n[1] - n[0] > 1 else ""
    ax.plot(n, error, color=style.BLUE, linewidth=1.8, marker=marks, markersize=3,
            label=_line("error", language))  # fmt: skip
    if table.table.floor:
        ax.axhline(table.table.floor, color=style.VERMILION, linewidth=1.2, linestyle=":",
                   label=_line("floor", language))  # fmt: skip
    _asked(ax, table.error, language)
    ax.plot([table.textbook], [table.error], marker="D", markersize=6, linestyle="",
            markerfacecolor="white", markeredgecolor=style.INK, zorder=4, clip_on=False,
            label=_line("textbook", language))  # fmt: skip
    if table.days is not None:
        _answer(ax, table.days, table.error, names.text("plan.answer.days", language, n=table.days))
    last = min(table.period, max(60, 3 * (table.days or table.period)))
    ax.set_xlim(0, last)
    ax.set_ylim(0, top)
    _titles(ax, "days", "mean_error", language)
    _percents(ax)


def _points(ax: Axes, table: PointsPlan, language: str) -> None:
    t = table.table
    resolved = table.goal == "resolved"
    for name, values, colour, dash in (
        ("right", t.right, style.BLUE, "-"),
        ("resolved", t.resolved, style.ORANGE, "--"),
        ("misled", t.misled, style.VERMILION, ":"),
    ):
        ax.plot(t.points, values, color=colour, linewidth=1.8, linestyle=dash,
                label=_line(name, language))  # fmt: skip
    ax.axhline(table.ceiling, color=style.ORANGE if resolved else style.BLUE, linewidth=1.0,
               linestyle=(0, (1, 3)), label=_line("ceiling", language))  # fmt: skip
    _asked(ax, table.chance, language)
    if table.points is not None:
        text = names.text("plan.answer.points", language, n=table.points)
        _answer(ax, table.points, table.chance, text, above=False)
    ax.set_xlim(float(t.points[0]), float(t.points[-1]))
    ax.set_ylim(0, 1)
    _titles(ax, "points", "chance", language)
    _percents(ax)
    _whole_ticks(ax)


def _change(ax: Axes, table: ChangePlan, language: str) -> None:
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    t, size = table.table, max(table.ratio, 1 / table.ratio)
    ax.plot(t.points, t.ratio, color=style.BLUE, linewidth=1.8, label=_line("change", language))
    ax.plot(t.points, t.textbook, color=style.MUTED, linewidth=1.4, linestyle="--",
            label=_line("textbook", language))  # fmt: skip
    if t.ratio_at_best > 1:
        ax.axhline(t.ratio_at_best, color=style.BLUE, linewidth=1.0, linestyle=(0, (1, 3)),
                   label=_line("ceiling", language))  # fmt: skip
    _asked(ax, size, language)
    if table.points is not None:
        text = names.text("plan.answer.points", language, n=table.points)
        _answer(ax, table.points, size, text)
    ax.set_yscale("log")
    top = min(1.15 * max(float(t.ratio[0]), size), 12 * max(size, t.ratio_at_best))
    ax.set_ylim(1, top)
    ax.yaxis.set_major_locator(FixedLocator(_factors(top)))
    ax.yaxis.set_minor_locator(NullLocator())
    ax.yaxis.set_major_formatter(FuncFormatter(lambda x, _: f"× {factor(x)}"))
    ax.set_xlim(float(t.points[0]), float(t.points[-1]))
    _titles(ax, "points_round", "ratio", language)
    _whole_ticks(ax)


def _sampler(ax: Axes, table: SamplerPlan, language: str) -> None:
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    minutes = table.table.interval
    for error, dash, colour in (
        (table.error / 2, ":", style.VERMILION),
        (table.error, "-", style.BLUE),
        (2 * table.error, "--", style.ORANGE),
    ):
        needed = plan_sampler(error, table.catchment, table.sampler).population_needed
        shown = np.where(np.isfinite(needed) & (needed > 0), needed, np.nan)
        if np.isfinite(shown).any():
            ax.plot(minutes, shown, color=colour, linewidth=1.8, linestyle=dash,
                    label=_line("sampler", language, v=percent(error)))  # fmt: skip
    here = table.catchment.population
    ax.axhline(here, color=style.INK, linewidth=1.0, linestyle=(0, (1, 3)),
               label=_line("here", language))  # fmt: skip
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.set_xlim(1, 60)
    best = float(table.population_needed[0])
    ax.set_ylim(here / 50, max(here, best if np.isfinite(best) else here) * 50)
    if table.interval is not None and table.interval <= 60:
        text = names.text("plan.answer.minutes", language, n=table.interval)
        _answer(ax, table.interval, here, text, above=False)
    ax.xaxis.set_major_locator(FixedLocator([1, 2, 3, 5, 10, 15, 20, 30, 60]))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.yaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: factor(x)))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda x, _: whole(x)))
    _titles(ax, "interval", "population", language)


_DRAWN: Final[dict[type, Drawn]] = {
    DaysPlan: _days,
    PointsPlan: _points,
    ChangePlan: _change,
    SamplerPlan: _sampler,
}


def _line(key: str, language: str, **values: object) -> str:
    return names.text(f"plan.line.{key}", language, **values)


def _factors(top: float) -> list[float]:
    """Return round factors from 1 to `top` that stand apart on a log axis.

    Examples
    --------
    >>> _factors(4), _factors(100)
    ([1.0, 1.2, 1.5, 2.0, 3.0, 4.0], [1.0, 1.5, 3.0, 5.0, 10.0, 15.0, 30.0, 50.0, 100.0])
    """
    kept = [1.0]
    for x in (1.2, 1.5, 2.0, 3.0, 4.0, 5.0, 7.0, 10.0, 15.0, 20.0, 30.0, 50.0, 100.0, 200.0, 500.0):
        if x <= top and np.log(x / kept[-1]) >= 0.08 * np.log(top):
            kept.append(x)
    return kept


def _asked(ax: Axes, value: float, language: str) -> None:
    ax.axhline(value, color=style.MUTED, linewidth=1.0, label=_line("asked", language))


def _answer(ax: Axes, x: float, y: float, text: str, *, above: bool = True) -> None:
    """Mark the answer and print it beside its mark, on the side that no curve comes from."""
    ax.plot([x], [y], marker="o", markersize=7, color=style.INK, zorder=5, clip_on=False)
    ax.annotate(text, (x, y), (8, 7 if above else -16), textcoords="offset points", zorder=6,
                fontsize=9.5, annotation_clip=False)  # fmt: skip


def _titles(ax: Axes, x: str, y: str, language: str) -> None:
    ax.set_xlabel(names.text(f"plan.axis.{x}", language))
    ax.set_ylabel(names.text(f"plan.axis.{y}", language))


def _percents(ax: Axes) -> None:
    from matplotlib.ticker import FuncFormatter

    ax.yaxis.set_major_formatter(FuncFormatter(lambda v, _: percent(v)))


def _whole_ticks(ax: Axes) -> None:
    from matplotlib.ticker import MaxNLocator

    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
