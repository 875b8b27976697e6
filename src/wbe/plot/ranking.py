"""The rank plot: areas from the highest value down, with the intervals of value and rank."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from wbe import names
from wbe.errors import UsageError
from wbe.plot import map_legend, map_words, shapes, style, words
from wbe.plot.change_axes import log_axis, names_axis, names_width
from wbe.plot.map_panel import with_steps
from wbe.plot.panel import axes_with, columns_in, finish, heading_lines, require_language
from wbe.plot.room import set_below

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

MOST: Final = 40  # areas that one page can list
_ROW, _RIGHT, _WIDTH = 0.23, 2.1, 8.8  # [inch]
_MARK: Final = 46.0  # area of a mark [point^2]
# Where the columns right of the axes end [inch].
_COLUMNS: Final = {"p": 0.55, "rank": 1.3, "n": 1.85}


def rank_plot(
    tiers: pd.DataFrame,
    *,
    drug: str | None = None,
    round: str | None = None,
    most: int = MOST,
    language: str = "en",
    ax: Axes | None = None,
    title: str | None = None,
) -> Axes:
    """Draw the areas of one drug and round by rank, with 95 % intervals of value and rank.

    The order is that of the values; where the intervals of two areas' ranks overlap, it does not
    say which of the two is higher.

    Parameters
    ----------
    tiers : DataFrame (row)
        The columns of ``tiers.csv``, as `wbe.rank` returns them; geometry is not needed.
    drug, round : str or None
        By default those that the table's attrs name.
    most : int
        Areas drawn, from the highest down; how many are left out is said.
    language : str
        ``en`` or ``zh``.
    ax : Axes or None
        Where to draw; by default on a new Figure of its own, without pyplot. Right of given Axes
        2.3 inches are needed for the columns.
    title : str or None
        By default the title in the table's attrs.

    Returns
    -------
    Axes
        A line an area: its mark in the colour of its tier (with a dot where the tier is not
        certain), its interval, and in columns the probability of the tier, the interval of the
        rank, and the number of samples. Areas without a value stand below with the reason.

    Raises
    ------
    UsageError
        The table holds no such drug or round, no area has a value or a bound, or the language is
        not known.

    Examples
    --------
    >>> import wbe
    >>> folder = "data/samples/example-county"
    >>> samples = wbe.read(f"{folder}/lab/2018Q1_plants_synthetic.csv")
    >>> sites = wbe.read_sites(f"{folder}/sites.csv")
    >>> areas = wbe.read_areas(f"{folder}/areas.geojson")
    >>> located = wbe.locate(samples, sites, areas)
    >>> values = wbe.by_area(wbe.estimate(located, draws=500))
    >>> axes = wbe.plot.rank_plot(wbe.rank(values, "methamphetamine"))
    >>> axes.get_xlabel()
    'population-normalised load, arithmetic mean [mg/day/1000 inhabitants]'
    """
    require_language(language)
    every = with_steps(words.selected(tiers, drug, round))
    rows = _ordered(every).head(most)
    known = np.isfinite(rows["value"]) | np.isfinite(rows["upper"])
    if not (known & ~rows["class"].isin(words.WITHOUT_VALUE)).any():
        raise UsageError("no area has a value: there is nothing to rank")
    attrs = words.for_drug(tiers.attrs, str(rows["drug"].iloc[0]))
    own = words.clean(tiers.attrs.get("title", ""))
    title = words.clean(title) if title is not None else own
    with style.context():
        classes = words.classes(attrs, rows["class"], language)
        title, said = map_words.over(map_words.heading(rows, title, own, language))
        said.append(names.text("rank.said", language))
        if len(every) > len(rows):
            said.append(names.text("rank.left_out", language, n=len(every) - len(rows)))
        notes = map_words.wrapped(_notes(every, attrs, language), 120)
        left = names_width(rows["label"])
        mine = ax is None
        lines = heading_lines(title, said, columns=columns_in(_WIDTH - left - _RIGHT))
        ax = axes_with(ax, _ROW * len(rows) + 0.2, lines, left,
                       right=_RIGHT, width=_WIDTH)  # fmt: skip
        looks = shapes.looks(classes)
        _breaks(ax, attrs)
        _intervals(ax, rows)
        _marks(ax, rows, looks)
        for at, row in enumerate(rows.to_dict("records")):
            _instead(ax, at, row, language)
        _finish(ax, rows, attrs, language)
        entries = map_legend.in_rows(rows, classes, language, words.threshold(attrs), _MARK)
        entries.append((_interval(), names.text("rank.interval", language)))
        tall = map_legend.beneath(ax, entries, 0.2 - left, 0.5)
        map_words.write_notes(ax, notes, 72 * tall, 72 * (0.2 - left))
        if mine:
            set_below([ax], tall + map_words.LINE * len(notes) + 0.25)
    return ax


def _ordered(rows: pd.DataFrame) -> pd.DataFrame:
    """Areas by rank, then those with bounds alone from the highest, then the others by name."""
    shown = rows.assign(
        reach=rows["upper"].where(~rows["class"].isin(words.WITHOUT_VALUE)),
        label=[words.label_of(*pair) for pair in zip(rows["name"], rows["area"], strict=True)],
    )
    order = ["rank", "reach", "label", "area"]
    return shown.sort_values(order, ascending=[True, False, True, True], na_position="last",
                             kind="stable", ignore_index=True)  # fmt: skip


def _notes(every: pd.DataFrame, attrs: dict[Any, Any], language: str) -> list[str]:
    return [words.method_sentence(attrs, language), map_words.numbers(every, language),
            names.text("disclaimer.population_level", language)]  # fmt: skip


def _breaks(ax: Axes, attrs: dict[Any, Any]) -> None:
    """Draw the limits of tiers as lines."""
    floor = attrs.get("floor")
    for at in [*([] if floor is None else [float(floor)]), *attrs["breaks"]]:
        ax.axvline(at, color=style.MUTED, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1)


def _valued(rows: pd.DataFrame) -> Any:
    """Tell which rows show a value: boolean, one a row."""
    return np.isfinite(rows["value"].to_numpy(float)) & ~rows["class"].isin(words.WITHOUT_VALUE)


def _intervals(ax: Axes, rows: pd.DataFrame) -> None:
    low, high = rows["lower"].to_numpy(float), rows["upper"].to_numpy(float)
    at = np.flatnonzero(_valued(rows) & np.isfinite(low) & np.isfinite(high))
    ax.hlines(at, low[at], high[at], color=style.INK, linewidth=1.3, zorder=2)


def _marks(ax: Axes, rows: pd.DataFrame, looks: dict[str, Any]) -> None:
    """Draw the values, those of one class and certainty at once."""
    shown = rows[_valued(rows)]
    for (name, step), own in shown.groupby(["class", "step"], sort=True):
        for mark in shapes.marks(looks[name], int(step), _MARK):
            ax.scatter(own["value"], own.index, zorder=3, **mark)


def _instead(ax: Axes, at: int, row: dict[Any, Any], language: str) -> None:
    """Write the bound of an area without a value, or the reason for having neither."""
    hidden = row["class"] in words.WITHOUT_VALUE
    if np.isfinite(row["value"]) and not hidden:
        return
    high = float(row["upper"])
    if hidden or not np.isfinite(high):
        ax.annotate(words.class_name(str(row["class"]), language), (0, at), (6, 0), va="center",
                    xycoords=("axes fraction", "data"), textcoords="offset points", fontsize=8.0,
                    color=style.MUTED)  # fmt: skip
        return
    ax.plot([high], [at], marker="<", color=style.INK, markersize=5.5, fillstyle="none")
    ax.annotate(words.bound(row), (high, at), (7, 0), textcoords="offset points", va="center",
                fontsize=8.0)  # fmt: skip


def _finish(ax: Axes, rows: pd.DataFrame, attrs: dict[Any, Any], language: str) -> None:
    """Set scales, names and the columns at the right."""
    from matplotlib.ticker import NullLocator

    statistic = attrs.get("statistic")
    quantity = names.display("quantity", str(rows["quantity"].iloc[0]), language)
    if statistic:
        quantity = names.text("rank.axis", language, quantity=quantity,
                              statistic=names.text(f"statistic.{statistic}", language))  # fmt: skip
    unit = str(rows["unit"].iloc[0])
    shown = rows.loc[~rows["class"].isin(words.WITHOUT_VALUE), ["value", "lower", "upper"]]
    finite = shown.to_numpy(float)
    ends = finite[np.isfinite(finite) & (finite > 0)]
    ax.set_xlim(ends.min() / 1.3, ends.max() * 1.3)
    log_axis(ax, "x", quantity + ("" if unit in ("", "1", "nan") else f" [{unit}]"))
    ax.xaxis.set_minor_locator(NullLocator())
    names_axis(ax, rows["label"].tolist())
    finish(ax, legend=False)
    sure_at = words.threshold(attrs)
    cells = {"p": [_p(row, sure_at) for row in rows.to_dict("records")],
             "rank": [_rank(row) for row in rows.to_dict("records")],
             "n": [_n(row) for row in rows.to_dict("records")]}  # fmt: skip
    for column, right in _COLUMNS.items():
        for at, text in enumerate([names.text(f"rank.column.{column}", language), *cells[column]]):
            ax.annotate(text, (1, at - 1), (72 * right, 0), xycoords=("axes fraction", "data"),
                        textcoords="offset points", ha="right", va="center", fontsize=8.0,
                        annotation_clip=False)  # fmt: skip


def _p(row: dict[Any, Any], sure_at: float) -> str:
    return words.chance(row.get(f"p_{row['class']}"), sure_at)


def _rank(row: dict[Any, Any]) -> str:
    ends = [row["rank_lower"], row["rank_upper"]]
    return " – ".join(f"{float(e):g}" for e in ends) if all(e == e for e in ends) else ""


def _n(row: dict[Any, Any]) -> str:
    shown = row["class"] != words.SUPPRESSED and row["n_samples"] == row["n_samples"]
    return f"{float(row['n_samples']):g}" if shown else ""


def _interval() -> Any:
    from matplotlib.lines import Line2D

    return Line2D([], [], color=style.INK, linewidth=1.3)
