"""Picture of a series with its trend."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wbe import names
from wbe.errors import UsageError
from wbe.plot import style, words
from wbe.plot.change_axes import log_axis, signed
from wbe.plot.panel import axes_with, finish, heading_lines, require_language
from wbe.qc.censoring.data import Censored
from wbe.trends.change_points import ChangePoints
from wbe.trends.loglinear import LogLinearTrend
from wbe.trends.series import DAYS_PER_YEAR, in_days, positive_ends
from wbe.trends.smooth import SmoothTrend
from wbe.trends.timed import TimeUnit

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Floats = NDArray[np.float64]


def trend(
    times: ArrayLike,
    values: ArrayLike | Censored,
    *,
    smooth: SmoothTrend | None = None,
    line: LogLinearTrend | None = None,
    changes: ChangePoints | None = None,
    label: str = "",
    ax: Axes | None = None,
    language: str = "en",
    title: str | None = None,
    unit: TimeUnit = "year",
) -> Axes:
    """Draw a series with what was fitted to it, on a log scale.

    Results below a limit are open triangles at the limit with a line to all that they may be. What
    a fit says is written over the picture; what is not testable says why.

    Parameters
    ----------
    times : array_like (n,)
        ``datetime64``, or numbers in `unit`, as those of the fits.
    values : array_like (n,) or Censored [unit of `label`]
        NaN is left out.
    smooth : SmoothTrend, optional
        Curve, pointwise interval (filled) and simultaneous band (dotted); significant change is
        drawn thick.
    line : LogLinearTrend, optional
        Dashed, with its interval.
    changes : ChangePoints, optional
        Levels as steps; where a shift may lie is shaded.
    label : str
        Quantity and unit of the values.
    ax : Axes, optional
        Where to draw; by default on a new Figure of its own, without pyplot.
    language : str
        ``en`` or ``zh``.
    title : str, optional
        A line over the heading; say there that data are synthetic.
    unit : {"day", "year"}
        Of times that are numbers; they are drawn as days.

    Returns
    -------
    Axes
        ``ax.figure`` is its Figure. Write it with `save_map`.

    Raises
    ------
    UsageError
        The language is neither ``en`` nor ``zh``, or times and values do not fit.

    Examples
    --------
    >>> import numpy as np
    >>> from wbe import plot, trends
    >>> dates = np.datetime64("2023-01-04") + 14 * np.arange(40)
    >>> loads = 30 * np.exp(0.2 * np.sin(np.arange(40) ** 2.0))  # synthetic
    >>> ax = plot.trend(dates, loads, line=trends.loglinear_trend(dates, loads),
    ...                 label="mg/day/1000 inhabitants", title="Synthetic town")
    """
    require_language(language)
    low, high = positive_ends(values, leave_out_missing=True)
    days = in_days(times, unit)
    if days.shape != high.shape:
        raise UsageError(f"{len(days)} times and {len(high)} values must be of one length")
    days, low, high = (x[~np.isnan(high)] for x in (days, low, high))
    dated = np.asarray(times).dtype.kind not in "fiu"
    with style.context():
        said = [_counts(low, high, language), _smooth_said(smooth, language),
                _line_said(line, language), _changes_said(changes, language)]  # fmt: skip
        ax = axes_with(ax, 3.2, heading_lines(title, said), below=0.95)
        if changes is not None and changes.testable:
            _draw_changes(ax, changes, days, dated, language)
        if smooth is not None and smooth.testable:
            _draw_smooth(ax, smooth, dated, language)
        if line is not None and line.testable:
            _draw_line(ax, line, days, dated, language)
        _draw_results(ax, _x(days, dated), low, high, language)
        log_axis(ax, "y", label or names.text("trend.value", language))
        ax.set_xlabel(names.text("trend.date" if dated else "trend.day", language))
        _draw_beneath(ax, _x(days, dated), low, high)
        finish(ax, legend=True)
    return ax


def _counts(low: Floats, high: Floats, language: str) -> str:
    below = int((low < high).sum())
    return names.text("trend.n_below" if below else "trend.n", language, n=len(high), below=below)


def _x(days: Floats, dated: bool) -> Any:
    """Return days as matplotlib takes them."""
    return (
        np.datetime64(0, "s") + np.round(days * 86_400).astype("timedelta64[s]") if dated else days
    )


def _draw_results(ax: Axes, x: Any, low: Floats, high: Floats, language: str) -> None:
    found = low == high
    ax.plot(x[found], high[found], "o", color=style.INK, markersize=3.6, zorder=5,
            label=names.text("trend.detected", language))  # fmt: skip
    if found.all():
        return
    ax.plot(x[~found], high[~found], "v", markerfacecolor="white", markeredgecolor=style.INK,
            markersize=5, zorder=4, label=names.text("trend.below", language),
            linestyle="none")  # fmt: skip


def _draw_beneath(ax: Axes, x: Any, low: Floats, high: Floats) -> None:
    """Draw a line from each limit to all that lies beneath it: to its LOD, or to the frame."""
    below = low < high
    if not below.any():
        return
    bottom, top = ax.get_ylim()
    bottom = min(bottom, float(high[below].min()) / 2)
    ax.vlines(x[below], np.maximum(low[below], bottom), high[below], color=style.MUTED,
              linewidth=0.8, zorder=3)  # fmt: skip
    ax.set_ylim(bottom, top)


def _draw_smooth(ax: Axes, smooth: SmoothTrend, dated: bool, language: str) -> None:
    x, level = _x(smooth.days, dated), f"{smooth.level:.0%}"
    ax.fill_between(x, smooth.lower, smooth.upper, color=style.SKY, alpha=0.55,
                    linewidth=0, zorder=1,
                    label=names.text("trend.pointwise", language, level=level))  # fmt: skip
    for k, edge in enumerate((smooth.band_lower, smooth.band_upper)):
        text = "" if k else names.text("trend.band", language, level=level)
        ax.plot(x, edge, ":", color=style.BLUE, linewidth=0.9, zorder=2, label=text or "_")
    ax.plot(x, smooth.value, color=style.BLUE, linewidth=1.3, zorder=3,
            label=names.text("trend.smooth", language))  # fmt: skip
    moving = smooth.rising | smooth.falling
    if moving.any():
        ax.plot(x, np.where(moving, smooth.value, np.nan), color=style.BLUE, linewidth=3.6,
                zorder=3, solid_capstyle="butt",
                label=names.text("trend.moving", language))  # fmt: skip


def _draw_line(ax: Axes, line: LogLinearTrend, days: Floats, dated: bool, language: str) -> None:
    at = np.linspace(days.min(), days.max(), 41)
    value, lower, upper = line.line(at if line.unit == "day" else at / DAYS_PER_YEAR)
    x = _x(at, dated)
    ax.fill_between(x, lower, upper, color=style.ORANGE, alpha=0.22, linewidth=0, zorder=1)
    ax.plot(x, value, "--", color=style.VERMILION, linewidth=1.5, zorder=3,
            label=names.text("trend.line", language, level=f"{line.level:.0%}"))  # fmt: skip


def _draw_changes(
    ax: Axes, changes: ChangePoints, days: Floats, dated: bool, language: str
) -> None:
    edges = [*changes.starts, float(days.max())]
    for k, level in enumerate(changes.levels):
        text = "_" if k else names.text("trend.levels", language)
        ax.plot(_x(np.array(edges[k : k + 2]), dated), [level, level], color=style.VERMILION,
                linewidth=1.6, zorder=3, label=text)  # fmt: skip
    for k, point in enumerate(changes.points):
        span = _x(np.array([point.earliest, point.latest]), dated)
        text = "_" if k else names.text("trend.shift", language, level=f"{changes.level:.0%}")
        ax.axvspan(span[0], span[1], color="#E3E3E3", linewidth=0, zorder=0, label=text)
        middle = _x(np.array([(point.after + point.before) / 2]), dated)
        ax.axvline(middle[0], color=style.MUTED, linewidth=1.0, linestyle="-.", zorder=1)


def _line_said(line: LogLinearTrend | None, language: str) -> str:
    if line is None:
        return ""
    if not line.testable:
        return names.text("trend.not_testable", language)
    return names.text(
        f"trend.said.{line.conclusion}", language, change=signed(line.percent_per_year),
        low=signed(line.lower), high=signed(line.upper), level=f"{line.level:.0%}",
    )  # fmt: skip


def _smooth_said(smooth: SmoothTrend | None, language: str) -> str:
    if smooth is None:
        return ""
    if not smooth.testable:
        return names.text("trend.smooth_not_testable", language)
    return "" if smooth.periods else names.text("trend.smooth_flat", language)


def _changes_said(changes: ChangePoints | None, language: str) -> str:
    if changes is None:
        return ""
    if not changes.testable:
        return names.text("trend.changes_not_testable", language)
    if not changes.points:
        return names.text("trend.no_shift", language)
    parts = [
        names.text("trend.shift_said", language, ratio=words.number(p.ratio),
                   low=words.number(p.lower), high=words.number(p.upper))
        for p in changes.points
    ]  # fmt: skip
    return names.text("list.separator", language).join(parts)
