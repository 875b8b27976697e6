"""Pictures for a laboratory: control charts, and scores of an interlaboratory exercise."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wbe import names
from wbe.errors import UsageError
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
from wbe.qc.control_charts import Chart

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

_BAND: Final = "#EDEDED"

_INNER: Final = 2.7  # height of the axes [inch]
_LEFT, _RIGHT, _BELOW = 0.75, 0.75, 0.62  # margins [inch]
_LINE: Final = 0.2  # of heading and legend [inch]
_COLUMNS: Final = 3  # of the legend
_SCALE: Final = 6.0  # largest score that is drawn at its place


def control_chart(
    chart: Chart,
    ax: Axes | None = None,
    *,
    at: ArrayLike | None = None,
    label: str | None = None,
    language: str = "en",
    title: str | None = None,
) -> Axes:
    """Draw a control chart: what is compared, its limits, and where it asks for action.

    Parameters
    ----------
    chart : Chart
        From `wbe.qc.shewhart`, `wbe.qc.cusum` or `wbe.qc.ewma`.
    ax : Axes or None
        Where to draw; by default on a new Figure of its own, without pyplot.
    at : array_like (point,) of datetime64, optional
        Days of the measurements; their order if not given.
    label : str or None
        What was measured, with its unit; at the vertical axis of Shewhart and EWMA charts.
    language : str
        ``en`` or ``zh``.
    title : str or None
        A line over the heading; say there that data are synthetic.

    Returns
    -------
    Axes
        ``ax.figure`` is its Figure. Write it with `save_map`.

    Raises
    ------
    UsageError
        The language is neither ``en`` nor ``zh``, or there is not one day for each point.

    Examples
    --------
    >>> from wbe import plot, qc
    >>> base = qc.baseline([9.8, 10.1, 10.0, 9.9, 10.2, 10.0, 9.7, 10.3])
    >>> axes = plot.control_chart(qc.shewhart([10.1, 9.6, 11.9], base), label="spike, ng/L")
    >>> axes.get_ylabel()
    'spike, ng/L'
    """
    require_language(language)
    n = len(chart.values)
    x = np.arange(1, n + 1) if at is None else np.asarray(at)
    if len(x) != n:
        raise UsageError(f"{len(x)} days for {n} points")
    with style.context():
        said = [_baseline(chart, language), names.text("chart.n", language, n=n)]
        heading = _heading(title, f"chart.{chart.kind}.title", said, language)
        series = _chart_series(chart)
        ax = ax if ax is not None else _new_axes(len(heading), -(-len(series) // _COLUMNS))
        _limits(ax, chart, x)
        _paths(ax, chart, x)
        sums = chart.kind == "cusum"
        ax.set_ylabel(names.text("chart.sums", language) if sums else
                      words.clean(label or names.text("chart.value", language)))  # fmt: skip
        ax.set_xlabel(names.text("chart.order" if at is None else "chart.time", language))
        entries = [(handle, names.text(key, language)) for handle, key in series]
        _finish(ax, heading, entries, at is None)
    return ax


def scores(
    table: pd.DataFrame,
    ax: Axes | None = None,
    *,
    language: str = "en",
    title: str | None = None,
) -> Axes:
    """Draw the scores of every laboratory, each analyte with a colour and a marker of its own.

    Parameters
    ----------
    table : DataFrame
        From `wbe.qc.score_table`; rounds stand beside one another, the first at the
        left. Laboratories are sorted by their mean score, so that a common bias shows.
    ax : Axes or None
        Where to draw; by default on a new Figure of its own, without pyplot.
    language : str
        ``en`` or ``zh``.
    title : str or None
        A line over the heading; say there that data are synthetic.

    Returns
    -------
    Axes
        A result below a limit is the line of what its score may be; a score beyond 6 stands at the
        edge with its number.

    Raises
    ------
    UsageError
        The language is neither ``en`` nor ``zh``, no result has a score, or there are more than 7
        analytes.

    Examples
    --------
    >>> import pandas as pd
    >>> from wbe import plot, qc
    >>> results = pd.DataFrame(
    ...     {"round": 1, "analyte": "MDMA", "lab": list("abcde"),
    ...      "value": [95.0, 98.0, 101.0, 104.0, 150.0]}
    ... )
    >>> codes = qc.code_labs("abcde", seed=1)
    >>> table = qc.score_table(results, target=qc.Target("relative", 0.2), codes=codes)
    >>> plot.scores(table).get_ylabel()
    'Score z′ [target standard deviations]'
    """
    require_language(language)
    rows = words.bare(table)
    without = int((rows["kind"] == "").sum())
    rows = rows[rows["kind"] != ""]
    analytes = sorted(rows["analyte"].unique())
    if not analytes or len(analytes) > len(style.SERIES):
        raise UsageError(f"{len(analytes)} analytes with a score; draw 1 to {len(style.SERIES)}")
    labs = _by_mean(rows)
    said = [names.text("interlab.n", language, n=len(rows), labs=len(labs))]
    if without:
        said.append(words.counted("interlab.unscored", without, language))
    with style.context():
        heading = _heading(title, "interlab.title", said, language)
        series = _score_series(rows, analytes, language)
        ax = ax if ax is not None else _new_axes(len(heading), -(-len(series) // _COLUMNS))
        _score_limits(ax)
        places = rows["lab"].map(labs).to_numpy(float) + _aside(rows, analytes)
        for analyte, (colour, marker) in zip(analytes, style.SERIES, strict=False):
            own = (rows["analyte"] == analyte).to_numpy()
            _points(ax, rows[own], places[own], colour, marker)
        ax.set_xticks(range(len(labs)), list(labs), rotation=90 if len(labs) > 20 else 0)
        ax.set_xlim(-0.6, len(labs) - 0.4)
        kinds = " / ".join(_KINDS[k] for k in sorted(rows["kind"].unique()))
        ax.set_ylabel(names.text("interlab.axis", language, kind=kinds))
        ax.set_xlabel(names.text("interlab.lab", language))
        _finish(ax, heading, series, False)
    return ax


_KINDS: Final = {"z": "z", "z_prime": "z′"}


def _baseline(chart: Chart, language: str) -> str:
    base = chart.baseline
    key = "chart.baseline" if base.n else "chart.stated"
    return names.text(key, language, centre=words.number(base.centre, 4, pad=False),
                      sd=words.number(base.sd, 3, pad=False), n=base.n)  # fmt: skip


def _heading(title: str | None, key: str, said: Sequence[str], language: str) -> Heading:
    return heading_lines(title, said, subject=names.text(key, language), columns=(60, 76))


def _new_axes(lines: int, legend: int) -> Axes:
    return new_axes(_INNER, 0.15 + lines * _LINE, _BELOW + legend * _LINE, _LEFT, _RIGHT)


def _finish(ax: Axes, heading: Heading, series: Sequence[tuple[Any, str]], whole: bool) -> None:
    """Write heading and legend; `whole` axes of the order have no ticks between points."""
    from matplotlib.ticker import MaxNLocator

    if whole:
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    open_frame(ax)
    legend_beneath(ax, 0.52, series, handlelength=1.8, labelspacing=0.5, columnspacing=1.6,
                   ncols=min(_COLUMNS, len(series)))  # fmt: skip
    write_heading(ax, heading, line=14.4)


def _limits(ax: Axes, chart: Chart, x: NDArray[Any]) -> None:
    """Draw centre and limits; each limit with its number at the right."""
    base = chart.baseline
    middle = 0.0 if chart.kind == "cusum" else base.centre
    lines: list[tuple[Any, dict[str, Any]]] = [(middle, _CENTRE)]
    if chart.kind == "shewhart":
        lines += [(base.centre + side * 2 * base.sd, _WARNING) for side in (-1, 1)]
    for level, how in lines:
        ax.axhline(level, **how, zorder=1)
    steps = "mid" if chart.kind == "ewma" and len(x) > 1 else "default"
    for side in (chart.lower, chart.upper):
        if chart.kind == "ewma":
            ax.plot(x, side, drawstyle=f"steps-{steps}", **_ACTION, zorder=1)
        else:
            ax.axhline(side[-1], **_ACTION, zorder=1)
        lines.append((side[-1], _ACTION))
    for level, _ in lines:
        text = words.number(level, 4, pad=False).replace("-", "−")
        ax.annotate(text, (1, level), (4, 0), xycoords=("axes fraction", "data"), va="center",
                    textcoords="offset points", fontsize=8.0, annotation_clip=False)  # fmt: skip
    ax.update_datalim([(0, chart.lower[-1]), (0, chart.upper[-1])], updatex=False)
    ax.margins(y=0.08)


_CENTRE: Final[dict[str, Any]] = {"color": style.MUTED, "linewidth": 0.9, "linestyle": "-"}
_WARNING: Final[dict[str, Any]] = {"color": style.MUTED, "linewidth": 0.9, "linestyle": (0, (4, 3))}
_ACTION: Final[dict[str, Any]] = {"color": style.INK, "linewidth": 1.2, "linestyle": "-"}
_PATH: Final[dict[str, Any]] = {
    "color": style.BLUE, "linewidth": 1.0, "marker": "o", "markersize": 3.2,
    "markeredgewidth": 0.0,
}  # fmt: skip
_ALARM: Final[dict[str, Any]] = {
    "color": style.VERMILION, "linestyle": "", "marker": "D", "markersize": 6.5,
    "markeredgecolor": "black", "markeredgewidth": 0.7,
}  # fmt: skip
_SINGLE: Final[dict[str, Any]] = {
    "color": style.MUTED, "linestyle": "", "marker": "o", "markersize": 3.0, "fillstyle": "none",
    "markeredgewidth": 0.7,
}  # fmt: skip


def _paths(ax: Axes, chart: Chart, x: NDArray[Any]) -> None:
    if chart.kind == "ewma":
        ax.plot(x, chart.values, **_SINGLE, zorder=2)
    ax.plot(x, chart.path, **_PATH, zorder=3)
    if chart.kind == "cusum":
        ax.plot(x, chart.path_low, **_PATH, zorder=3)
        for name, path in (("cusum_high", chart.path), ("cusum_low", chart.path_low)):
            over = chart.signals[name]
            ax.plot(x[over], path[over], **_ALARM, zorder=4)
        return
    ax.plot(x[chart.alarms], chart.path[chart.alarms], **_ALARM, zorder=4)


def _chart_series(chart: Chart) -> list[tuple[Any, str]]:
    """Return handle and key of text of each entry of the legend."""
    from matplotlib.lines import Line2D

    def line(how: dict[str, Any]) -> Line2D:
        return Line2D([], [], **how)

    series = [(line(_PATH), f"chart.path.{chart.kind}")]
    if chart.kind == "ewma":
        series.append((line(_SINGLE), "chart.single"))
    series.append((line(_ACTION), "chart.limits"))
    if chart.kind == "shewhart":
        series.append((line(_WARNING), "chart.warning"))
    if chart.kind != "cusum":
        series.append((line(_CENTRE), "chart.centre"))
    if chart.alarms.any():
        series.append((line(_ALARM), "chart.signal"))
    return series


def _by_mean(rows: pd.DataFrame) -> dict[str, int]:
    """Return the place of each laboratory, lowest mean score first.

    One of which nothing but limits is known stands where its highest possible scores put it.
    """
    means = rows.groupby("lab")[["score", "score_high"]].mean()
    order = means["score"].fillna(means["score_high"]).reset_index(name="mean")
    order = order.sort_values(["mean", "lab"], kind="stable")
    return {str(lab): i for i, lab in enumerate(order["lab"])}


def _aside(rows: pd.DataFrame, analytes: Sequence[str]) -> NDArray[Any]:
    """Return how far a result stands from its laboratory's middle: by analyte, then by round."""
    occasions = rows[["round", "material"]].apply(tuple, axis=1)
    order = {occasion: i for i, occasion in enumerate(sorted(set(occasions)))}
    among = rows["analyte"].map({a: k for k, a in enumerate(analytes)}).to_numpy(float)
    within = (occasions.map(order).to_numpy(float) + 0.5) / len(order)
    return np.asarray(0.76 * ((among + 0.15 + 0.7 * within) / len(analytes) - 0.5))


def _score_limits(ax: Axes) -> None:
    ax.axhspan(-2, 2, color=_BAND, linewidth=0, zorder=0)
    ax.axhline(0, **_CENTRE, zorder=1)
    for level in (-3, 3):
        ax.axhline(level, **_ACTION, zorder=1)
    ax.set_ylim(-_SCALE - 0.9, _SCALE + 0.9)
    ax.set_yticks([-6, -3, -2, 0, 2, 3, 6], ["−6", "−3", "−2", "0", "2", "3", "6"])


def _points(ax: Axes, rows: pd.DataFrame, x: NDArray[Any], colour: str, marker: str) -> None:
    value = rows["score"].to_numpy(float)
    known = np.isfinite(value)
    inside = known & (np.abs(value) <= _SCALE)
    ax.plot(x[inside], value[inside], linestyle="", marker=marker, markersize=5.0, color=colour,
            markeredgecolor="white", markeredgewidth=0.4, zorder=3)  # fmt: skip
    for i in np.flatnonzero(known & ~inside):
        edge = float(np.copysign(_SCALE, value[i]))
        ax.plot([x[i]], [edge], marker=marker, markersize=5.0, color=colour, zorder=3)
        text = words.number(abs(value[i]), 2, pad=False)
        ax.annotate(("−" if value[i] < 0 else "") + text, (x[i], edge),
                    (0, np.copysign(5, edge)), textcoords="offset points", fontsize=7.0,
                    ha="center", va="bottom" if edge > 0 else "top")  # fmt: skip
    low, high = (np.clip(rows[c].to_numpy(float), -_SCALE, _SCALE)
                 for c in ("score_low", "score_high"))  # fmt: skip
    for i in np.flatnonzero(~known):
        ax.plot([x[i], x[i]], [low[i], high[i]], color=colour, linewidth=1.1,
                linestyle=(0, (2, 1.5)), zorder=2)  # fmt: skip
        ax.plot([x[i]], [high[i]], marker=marker, markersize=5.0, color=colour, zorder=3,
                fillstyle="none")  # fmt: skip


def _score_series(
    rows: pd.DataFrame, analytes: Sequence[str], language: str
) -> list[tuple[Any, str]]:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    series: list[tuple[Any, str]] = []
    for (colour, marker), analyte in zip(style.SERIES, analytes, strict=False):
        handle = Line2D([], [], color=colour, marker=marker, linestyle="", markersize=5.0)
        series.append((handle, words.clean(names.display("analyte", analyte, language))))
    series.append((Patch(facecolor=_BAND), names.text("interlab.satisfactory", language)))
    series.append((Line2D([], [], **_ACTION), names.text("interlab.action", language)))
    if rows["score"].isna().any():
        dashed = Line2D([], [], color=style.INK, linewidth=1.1, linestyle=(0, (2, 1.5)))
        series.append((dashed, names.text("interlab.below", language)))
    return series
