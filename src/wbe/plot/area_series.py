"""Picture of an area over rounds: values, intervals, bounds and tiers."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from wbe import names
from wbe.errors import UsageError
from wbe.plot import shapes, style, words
from wbe.plot.change_axes import log_axis
from wbe.plot.panel import axes_with, finish, heading_lines, require_language

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

_INNER: Final = 3.0  # height of the axes [inch]
_ROOM: Final = 1.3  # above and below the data, as a factor
_TIER: Final = 0.45  # opacity of tiers behind the points


def series(
    tiers: pd.DataFrame,
    area: str,
    drug: str | None = None,
    ax: Axes | None = None,
    *,
    language: str = "en",
    title: str | None = None,
) -> Axes:
    """Draw one area over its rounds, with 95 % intervals before the tiers.

    Parameters
    ----------
    tiers : DataFrame (row)
        Columns of ``tiers.csv``, several rounds: ``Runs.tiers`` of `wbe.io.read_runs`, or what
        `wbe.rank` returns. Rounds stand in the order of their rows. Of joined runs, points that
        cannot be compared (``values_as``) are not joined by a line, and tiers (``tiers_as``,
        ``breaks``) stand behind their own rounds.
    area : str
        Its id.
    drug : str, optional
        By default that of ``attrs``, or the only one.
    ax : Axes, optional
        Where to draw; by default on a new Figure of its own, without pyplot.
    language : str
        ``en`` or ``zh``.
    title : str, optional
        A line over the heading; say there that data are synthetic.

    Returns
    -------
    Axes
        Values on a logarithmic axis with quantity and unit, rounds with the number of samples
        beneath. A round whose samples all lie below their limits is an open triangle at its
        upper bound. ``ax.figure`` is its Figure; write it with `save_map`.

    Raises
    ------
    UsageError
        The language is neither ``en`` nor ``zh``, no round of the area has a value or a bound, or
        its rounds have several quantities or units, which cannot share an axis.

    Examples
    --------
    >>> import pandas as pd
    >>> from wbe import plot
    >>> tiers = pd.DataFrame(
    ...     {"area": "A", "name": "North", "drug": "MDMA", "round": ["2018Q1", "2018Q2"],
    ...      "quantity": "pn_mass_load", "unit": "mg/day/1000 inhabitants", "value": [5.0, 9.0],
    ...      "lower": [3.0, 6.0], "upper": [8.0, 13.0], "tier": ["general", "severe"],
    ...      "resolved": True, "n_sites": 5, "n_samples": 5, "n_censored": 0, "flags": ""}
    ... )
    >>> axes = plot.series(tiers, "A", title="made-up numbers")
    >>> axes.get_ylabel()
    'population-normalised load [mg/day/1000 inhabitants]'
    """
    require_language(language)
    chosen = words.drug_of(tiers, drug)
    attrs = words.for_drug(tiers.attrs, chosen)
    table = words.bare(tiers)
    rows = table[(table["drug"] == chosen) & (table["area"].astype(str) == str(area))]
    shown = rows[(rows["value"] > 0) | (rows["value"].isna() & (rows["upper"] > 0))]
    if shown.empty:
        raise UsageError(f"no round of area {area!r} has a value of {chosen!r} or a bound")
    if len(shown[["quantity", "unit"]].drop_duplicates()) > 1:
        raise UsageError("quantities or units differ between rounds: choose the rows of one")
    rows = rows.assign(at=np.arange(len(rows)))
    with style.context():
        subject = _subject(rows, chosen, language)
        said = [names.text("disclaimer.population_level", language)]
        ax = axes_with(ax, _INNER, heading_lines(title, said, subject=subject), below=1.0)
        low, high = _limits(rows)
        _draw_tiers(ax, rows, attrs, language, low, high)
        _draw_rounds(ax, rows, language, low)
        ax.set_ylim(low, high)
        log_axis(ax, "y", _quantity(rows, language))
        _label_rounds(ax, rows, language)
        finish(ax, legend=True)
    return ax


def _subject(rows: pd.DataFrame, drug: str, language: str) -> str:
    kind = "quantity" if drug == "index" else "drug"
    area = words.label_of(rows["name"].iloc[-1], rows["area"].iloc[-1])
    return f"{area}{names.text('colon', language)} {names.display(kind, drug, language)}"


def _quantity(rows: pd.DataFrame, language: str) -> str:
    unit = str(rows["unit"].iloc[-1])
    quantity = names.display("quantity", str(rows["quantity"].iloc[-1]), language)
    return quantity if unit in ("", "1") else f"{quantity} [{unit}]"


def _limits(rows: pd.DataFrame) -> tuple[float, float]:
    """Ends of the axis: all values, bounds and intervals, with room."""
    held = rows[["value", "lower", "upper"]].to_numpy(dtype=float)
    known = held[np.isfinite(held) & (held > 0)]
    return float(known.min()) / _ROOM, float(known.max()) * _ROOM


def _draw_rounds(ax: Axes, rows: pd.DataFrame, language: str, lowest: float) -> None:
    """Values with their intervals, thin lines between comparable ones, bounds of non-detects."""
    at, value = (rows[c].to_numpy(dtype=float) for c in ("at", "value"))
    low, high = (rows[c].to_numpy(dtype=float) for c in ("lower", "upper"))
    group = rows["values_as"].to_numpy() if "values_as" in rows else np.ones(len(rows))
    for number in np.unique(group):
        own = group == number
        ax.plot(at[own], np.where(value[own] > 0, value[own], np.nan), color=style.MUTED,
                linewidth=0.9, zorder=3)  # fmt: skip
    known = value > 0
    ax.vlines(at[known], np.maximum(low[known], lowest), high[known], color=style.INK,
              linewidth=1.4, zorder=4, label=names.text("series.interval", language))  # fmt: skip
    ax.plot(at[known], value[known], "o", color=style.INK, markersize=4.5, zorder=5,
            label=names.text("series.value", language))  # fmt: skip
    below = np.isnan(value) & (high > 0)
    if below.any():
        ax.plot(at[below], high[below], "v", markerfacecolor="white", markeredgecolor=style.INK,
                markersize=6, zorder=5, linestyle="none",
                label=names.text("series.bound", language))  # fmt: skip


def _draw_tiers(
    ax: Axes, rows: pd.DataFrame, attrs: dict[str, Any], language: str, low: float, high: float
) -> None:
    """Tiers behind the rounds for which they hold; each in the legend once."""
    cuts = rows["tiers_as"].to_numpy() if "tiers_as" in rows else np.ones(len(rows))
    labels = [str(c)[2:] for c in rows.columns if str(c).startswith("p_") and rows[c].notna().any()]
    looks = shapes.looks([words.TierClass(x, words.class_name(x, language), "") for x in labels])
    told: set[str] = set()
    for cut in np.unique(cuts):
        own = rows[cuts == cut]
        breaks = _breaks(own, attrs)
        if len(breaks) + 1 != len(labels):
            continue
        for label, (b0, b1) in zip(labels, pairwise([low, *breaks, high]), strict=True):
            if b1 <= low or b0 >= high:
                continue
            name = None if label in told else words.class_name(label, language)
            told.add(label)
            ax.fill_between(
                [own["at"].min() - 0.5, own["at"].max() + 0.5], max(b0, low), min(b1, high),
                color=looks[label].fill, alpha=_TIER, linewidth=0, zorder=1, label=name,
            )  # fmt: skip


def _breaks(rows: pd.DataFrame, attrs: dict[str, Any]) -> list[float]:
    """Breaks of some rows: their own column, else those of the table."""
    if "breaks" in rows:
        return [float(b) for b in str(rows["breaks"].iloc[0]).split(";") if b]
    floor = attrs.get("floor")
    return [*([] if floor is None else [float(floor)]), *map(float, attrs.get("breaks") or ())]


def _label_rounds(ax: Axes, rows: pd.DataFrame, language: str) -> None:
    """Rounds beneath the axis, each with its number of samples; at most a dozen are named."""
    step = -(-len(rows) // 12)
    named = rows.iloc[::step]
    texts = [f"{words.round_name(r, language)}\nn {n:g}"
             for r, n in zip(named["round"], named["n_samples"], strict=True)]  # fmt: skip
    ax.set_xticks(named["at"].to_numpy(), texts, fontsize=8.0)
    ax.set_xlim(-0.6, len(rows) - 0.4)
    ax.set_xlabel(names.text("series.rounds", language))
