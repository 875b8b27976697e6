"""The uncertainty budget as bars: which input moves the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from wbe import names
from wbe.plot import style, words
from wbe.plot.panel import (
    Heading,
    heading_lines,
    legend_beneath,
    new_axes,
    open_frame,
    require_language,
    write_heading,
)
from wbe.uncertainty.budgets import EXACT, Budget

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLOURS: Final = {"total": style.BLUE, "first": style.ORANGE, "share": style.SKY}

_LEFT, _RIGHT = 2.1, 0.45  # margins [inch]
_BAR: Final = 0.13  # [inch]
_GAP: Final = 0.16
_LINE: Final = 0.21  # of heading and legend [inch]
_LABEL_COLUMNS: Final = 26
_TITLE_COLUMNS, _HEADING_COLUMNS = 52, 64


def budget(
    table: Budget,
    ax: Axes | None = None,
    *,
    language: str = "en",
    title: str | None = None,
) -> Axes:
    """Draw an uncertainty budget as horizontal bars, largest total index at the top.

    Three bars an input: total index, first-order index, and variance share; one where a closed
    form makes them equal. Lines over the bars are 2 Monte Carlo standard errors to either side.

    Parameters
    ----------
    table : Budget
        From `wbe.recipes.budget`, `wbe.spatial.budget` and its like, or `wbe.uncertainty.budget`.
    ax : Axes or None
        Where to draw; by default on a new Figure of its own, without pyplot.
    language : str
        ``en`` or ``zh``.
    title : str or None
        A line over the heading, for the name of a campaign; say there that data are synthetic.

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
    >>> from wbe import plot, uncertainty
    >>> flow = uncertainty.Term("flow", "site", np.array(["A"]), np.array([0.2]))
    >>> analysis = uncertainty.Term("analysis", "lab", np.array(["L1"]), np.array([0.1]))
    >>> found = uncertainty.budget(uncertainty.Product(np.log([100.0]), (flow, analysis)))
    >>> axes = plot.budget(found, title="made-up numbers")
    >>> axes.get_xlabel()
    'Part of the variance of the logarithm [%]'
    """
    require_language(language)
    with style.context():
        heading = _heading(table, title, language)
        series = ("total",) if table.method == EXACT else ("total", "first", "share")
        ax = ax if ax is not None else _new_axes(table, len(series), len(heading))
        for k, name in enumerate(series):
            _bars(ax, table, name, k, len(series))
        _axes(ax, table, language)
        if table.moves:
            _legend(ax, table, series, language)
        write_heading(ax, heading)
    return ax


def _new_axes(table: Budget, series: int, lines: int) -> Axes:
    inner = max(0.6, len(table.inputs) * (series * _BAR + _GAP))
    legend = (series + (table.method != EXACT)) * table.moves  # lines
    above, below = 0.15 + lines * _LINE, 0.6 + _LINE * legend
    return new_axes(inner, above, below, _LEFT, _RIGHT)


def _heading(table: Budget, title: str | None, language: str) -> Heading:
    return heading_lines(
        title, [_said(table, language), table.note(language)],
        subject=names.text("budget.title", language), columns=(_TITLE_COLUMNS, _HEADING_COLUMNS),
    )  # fmt: skip


def _said(table: Budget, language: str) -> str:
    """Return what the result is, in words; empty where the budget does not know."""
    about = dict(table.about)
    kind = about.pop("kind", "")
    if not kind:
        return ""
    printed = {k: words.clean(v) for k, v in about.items()}
    printed["quantity"] = names.display("quantity", about["quantity"], language)
    printed["drug"] = _substance(about["drug"], language)
    if "round" in about:
        printed["round"] = words.round_name(about["round"], language)
    if "tier" in about:
        printed["tier"] = words.class_name(about["tier"], language)
    return names.text(f"budget.{kind}", language, **printed)


def _substance(name: str, language: str) -> str:
    drug = names.display("drug", name, language)
    return drug if drug != name else names.display("analyte", name, language)


def _bars(ax: Axes, table: Budget, name: str, k: int, series: int) -> None:
    """Draw one bar an input; behind the total index its number."""
    values, errors = getattr(table, name), 2 * getattr(table, f"{name}_se")
    thick = _BAR / (series * _BAR + _GAP)
    at = np.arange(len(values)) + (k - (series - 1) / 2) * thick
    ax.barh(at, values, height=thick * 0.92, color=_COLOURS[name], edgecolor=style.INK,
            linewidth=0.4, zorder=2)  # fmt: skip
    drawn = errors > 0
    ax.errorbar(values[drawn], at[drawn], xerr=errors[drawn], fmt="none", ecolor=style.INK,
                elinewidth=0.9, zorder=3)  # fmt: skip
    if name != "total" or not table.moves:
        return
    for value, end, y in zip(values, values + errors, at, strict=True):
        ax.annotate(_percent(float(value)), (float(end), y), (4, 0), textcoords="offset points",
                    va="center", ha="left", fontsize=8.0, annotation_clip=False)  # fmt: skip


def _percent(value: float) -> str:
    """Return a part in per cent, without decimals.

    Examples
    --------
    >>> [_percent(v) for v in (0.0, 0.003, 0.286, 1.0)]
    ['0 %', '< 1 %', '29 %', '100 %']
    """
    return "< 1 %" if 0 < value < 0.005 else f"{100 * value:.0f} %"


def _axes(ax: Axes, table: Budget, language: str) -> None:
    from matplotlib.ticker import PercentFormatter

    labels = [
        "\n".join(words.wrap(_input(name, language), _LABEL_COLUMNS)) for name in table.inputs
    ]
    ax.set_yticks(range(len(labels)), labels)
    ax.set_ylim(len(labels) - 0.5, -0.5)
    low = min([0.0, *(table.share - 2 * table.share_se), *(table.first - 2 * table.first_se)])
    high = max([1.0, *(table.total + 2 * table.total_se), *(table.share + 2 * table.share_se)])
    ax.set_xlim(low * 1.05, high + 0.02 * (high - low))
    ax.xaxis.set_major_formatter(PercentFormatter(1.0, 0, ""))
    ax.set_xlabel(names.text(f"budget.axis.{table.scale}", language))
    ax.grid(axis="x", color="#D9D9D9", linewidth=0.6, zorder=0)
    ax.axvline(0.0, color=style.INK, linewidth=0.8, zorder=4)
    ax.set_axisbelow(True)
    ax.tick_params(axis="y", length=0)
    open_frame(ax, ("top", "right", "left"))


def _input(name: str, language: str) -> str:
    """Return an input in words; correlated ones joined by a plus."""
    return " + ".join(names.said(words.clean(part), language) for part in name.split(" + "))


def _legend(ax: Axes, table: Budget, series: tuple[str, ...], language: str) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles: list[Any] = [
        Patch(facecolor=_COLOURS[s], edgecolor=style.INK, linewidth=0.4) for s in series
    ]
    texts = [names.text(f"budget.{s}", language) for s in series]
    if table.method == EXACT:
        texts = [names.text("budget.exact", language)]
    else:
        handles.append(Line2D([], [], color=style.INK, linewidth=0.9))
        texts.append(names.text("budget.errors", language, n=f"{table.draws:,}"))
    entries = list(zip(handles, texts, strict=True))
    legend_beneath(ax, 0.48, entries, handlelength=1.6, labelspacing=0.5)
