"""Ratios of two residues by place and round, beside what is published of use alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from wbe import names
from wbe.backcalc.residue_ratios import AT_LEAST, AT_MOST, NOT_TOLD, usual_range
from wbe.errors import UsageError
from wbe.io.runs.rounds import in_order
from wbe.plot import map_words, style, words
from wbe.plot.change_axes import log_axis, names_axis, names_width
from wbe.plot.panel import (
    axes_with,
    columns_in,
    heading_lines,
    legend_beneath,
    open_frame,
    require_language,
)
from wbe.plot.room import set_below

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

MOST: Final = 40  # places that one page can list
MOST_ROUNDS: Final = len(style.SERIES)
_WIDTH, _RIGHT = 7.8, 0.75  # [inch]
_STEP, _GAP = 0.15, 0.13  # between rounds of a place, and between places [inch]
_BAND: Final = "#E4EEF6"


class Band(NamedTuple):
    """A range of ratios to shade, with its words.

    Parameters
    ----------
    low, high : float
        Ends [1].
    text : str
        What the range is and who says so.
    """

    low: float
    high: float
    text: str


def ratios(
    table: pd.DataFrame,
    *,
    bands: Sequence[Band] | None = None,
    labels: Mapping[str, str] | None = None,
    most: int = MOST,
    ax: Axes | None = None,
    language: str = "en",
    title: str | None = None,
) -> Axes:
    """Draw ratios of two residues, a place a row and a sign a round, with 95 % intervals.

    Parameters
    ----------
    table : DataFrame
        From `wbe.backcalc.residue_ratios`, with its attrs.
    bands : sequence of Band, optional
        Ranges to shade. By default that of use alone, where the table of likelihoods has one for
        the two residues, with its source and whether it was read there.
    labels : mapping of str to str, optional
        Place to the name to print.
    most : int
        Places drawn, from the highest ratio down; how many are left out is said.
    ax : Axes, optional
        Where to draw; by default on a new Figure of its own, without pyplot. Right of given Axes
        0.75 inches are needed for the numbers of samples.
    language : str
        ``en`` or ``zh``.
    title : str, optional
        A line over the heading; say there that data are synthetic.

    Returns
    -------
    Axes
        Places from the highest ratio down (of the last round that has one), the last 7 rounds. An
        open triangle is a bound that results below limits leave; right of each the number of
        samples, in brackets those with a residue below its limit.

    Raises
    ------
    UsageError
        The table is empty, or the language is neither ``en`` nor ``zh``.

    Examples
    --------
    >>> import pandas as pd
    >>> from wbe import plot
    >>> table = pd.DataFrame(
    ...     {"place": ["A", "B"], "round": "2024Q1", "ratio": [0.1, float("nan")],
    ...      "lower": [0.06, 0.0], "upper": [0.17, 0.2], "bound": ["", "at_most"], "n": 12,
    ...      "n_below": [0, 9]}
    ... )  # synthetic
    >>> table.attrs = {"over": "amphetamine", "under": "methamphetamine", "by": "site",
    ...                "level": 0.95}
    >>> ax = plot.ratios(table, title="Synthetic plants")
    """
    require_language(language)
    if table.empty:
        raise UsageError("no ratio to draw")
    rows, rounds, left_out = _shown(table, most)
    places = list(dict.fromkeys(rows["place"]))
    shown = [words.label_of((labels or {}).get(p, p), p) for p in places]
    bands = _published(table.attrs, language) if bands is None else bands
    with style.context():
        said = _said(table, rows, len(places), left_out, language)
        left, tall = names_width(shown), len(rounds) * _STEP + _GAP
        heading = heading_lines(title, said, columns=columns_in(_WIDTH - left - _RIGHT))
        mine = ax is None
        inner = max(len(places) * tall, 0.8)
        ax = axes_with(ax, inner, heading, left, right=_RIGHT, width=_WIDTH)
        signs = _rows(ax, rows, places, rounds, tall)
        for band in bands:
            ax.axvspan(band.low, band.high, color=_BAND, linewidth=0, zorder=0)
        _axes(ax, rows, table.attrs, shown, bands, language)
        _bounds(ax, signs)
        below = _legend(ax, rows, rounds, bands, left, language)
        notes = map_words.wrapped([names.text("disclaimer.population_level", language)], 105)
        map_words.write_notes(ax, notes, 72 * below, 72 * (0.2 - left))
        if mine:
            set_below([ax], below + map_words.LINE * len(notes) + 0.25)
    return ax


def _shown(table: pd.DataFrame, most: int) -> tuple[pd.DataFrame, list[str], int]:
    """Return the rows drawn, highest place first, their rounds, and how many places are not."""
    every = words.bare(table).assign(place=table["place"].astype(str))
    rounds = in_order(set(map(str, every["round"])))[-MOST_ROUNDS:]
    every = every[every["round"].astype(str).isin(rounds)]
    when = {name: i for i, name in enumerate(rounds)}
    height = every["ratio"].fillna(
        every["upper"].where(np.isfinite(every["upper"]), every["lower"])
    )
    seen = every.assign(when=every["round"].astype(str).map(when), height=height)
    last = seen.sort_values("when", kind="stable").groupby("place").tail(1)
    last = last.sort_values(["height", "place"], ascending=[False, True], kind="stable")
    order = {place: i for i, place in enumerate(last["place"])}
    rows = seen.assign(at=seen["place"].map(order)).sort_values(["at", "when"], kind="stable")
    return rows[rows["at"] < most], rounds, max(len(order) - most, 0)


def _published(attrs: Mapping[Any, Any], language: str) -> list[Band]:
    """Return the range of use alone, with its source in words."""
    found = usual_range(str(attrs["over"]), str(attrs["under"]))
    if found is None:
        return []
    key = "read" if found.verified.startswith("yes") else "recalled"
    source = "" if found.source == "convention" else f"{found.source}; "
    text = names.text(
        "ratios.use", language, low=words.number(found.low, pad=False),
        high=words.number(found.high, pad=False), share=f"{100 * found.share:.0f}", source=source,
        checked=names.text(f"ratios.{key}", language),
    )  # fmt: skip
    return [Band(found.low, found.high, text)]


def _said(
    table: pd.DataFrame, rows: pd.DataFrame, places: int, left_out: int, language: str
) -> list[str]:
    by = str(table.attrs.get("by", "site"))
    said = [
        names.text(f"ratios.said.{by}", language, places=places, n=int(rows["n"].sum()),
                   below=int(rows["n_below"].sum()), level=f"{100 * table.attrs['level']:.0f}")
    ]  # fmt: skip
    if left_out:
        said.append(names.text("ratios.left_out", language, n=left_out))
    hidden = table["round"].nunique() - rows["round"].nunique()
    if hidden:
        said.append(names.text("ratios.rounds", language, n=rows["round"].nunique()))
    return said


Signs = list[tuple[float, dict[Any, Any], str]]


def _rows(ax: Axes, rows: pd.DataFrame, places: list[str], rounds: list[str], tall: float) -> Signs:
    """Draw values with their intervals, and numbers; return what has a bound alone."""
    at = {place: i for i, place in enumerate(places)}
    bounds: Signs = []
    for row in rows.to_dict("records"):
        k = rounds.index(str(row["round"]))
        y = at[row["place"]] + (k - (len(rounds) - 1) / 2) * _STEP / tall
        colour, marker = style.SERIES[k]
        below = f" ({row['n_below']})" if row["n_below"] else ""
        ax.annotate(f"{row['n']}{below}", (1, y), (6, 0), xycoords=("axes fraction", "data"),
                    textcoords="offset points", va="center", fontsize=7.0)  # fmt: skip
        if row["bound"]:
            bounds.append((y, row, colour))
            continue
        ax.plot([row["lower"], row["upper"]], [y, y], color=colour, linewidth=1.2, zorder=2)
        ax.plot([row["ratio"]], [y], marker, color=colour, markeredgecolor="white",
                markeredgewidth=0.4, markersize=5.0, zorder=3)  # fmt: skip
    return bounds


def _axes(
    ax: Axes, rows: pd.DataFrame, attrs: Mapping[Any, Any], shown: list[str],
    bands: Sequence[Band], language: str,
) -> None:  # fmt: skip
    from matplotlib.ticker import NullLocator

    drawn = rows[["ratio", "lower", "upper"]].to_numpy(float).ravel()
    ends = np.concatenate([drawn, [end for band in bands for end in band[:2]]])
    known = ends[np.isfinite(ends) & (ends > 0)]
    low, high = (known.min(), known.max()) if len(known) else (0.1, 10.0)
    ax.set_xlim(low / 1.4, high * 1.4)
    over, under = (names.display("analyte", str(attrs[k]), language) for k in ("over", "under"))
    log_axis(ax, "x", names.text("ratios.axis", language, over=over, under=under))
    ax.xaxis.set_minor_locator(NullLocator())
    names_axis(ax, shown)
    ax.set_ylim(len(shown) - 0.5, -0.5)
    ax.annotate(names.text("ratios.n", language), (1, 1), (6, 5), xycoords="axes fraction",
                textcoords="offset points", fontsize=7.0, va="bottom")  # fmt: skip
    ax.grid(axis="x", color="#E6E6E6", linewidth=0.5, zorder=0)
    for i in range(1, len(shown)):
        ax.axhline(i - 0.5, color="#E6E6E6", linewidth=0.5, zorder=0)
    ax.set_axisbelow(True)
    open_frame(ax)


def _bounds(ax: Axes, signs: Signs) -> None:
    """Draw bounds, with a line to all that the ratio may be."""
    left, right = ax.get_xlim()
    for y, row, colour in signs:
        low, high = max(row["lower"], left), min(row["upper"], right)
        ax.plot([low, high], [y, y], color=colour, linewidth=0.9, linestyle=(0, (2, 1.5)), zorder=2)
        if row["bound"] != NOT_TOLD:
            at, sign = (high, "<") if row["bound"] == AT_MOST else (low, ">")
            ax.plot([at], [y], sign, color=colour, fillstyle="none", markersize=5.0, zorder=3)


def _legend(
    ax: Axes, rows: pd.DataFrame, rounds: list[str], bands: Sequence[Band], left: float,
    language: str,
) -> float:  # fmt: skip
    """Write rounds, bounds and bands beneath the axes; return where they end [inch]."""
    down, columns = 0.5, int((_WIDTH - left) / 0.066)
    signs = _round_entries(rounds, language)
    parts = [(signs, len(signs))] + [([entry], 1) for entry in _bound_entries(rows, language)]
    parts += [([entry], 1) for entry in _band_entries(bands, language)]
    for entries, ncols in parts:
        if (before := ax.get_legend()) is not None:
            # The next one would take its place. It lies outside the axes: clipped to them, a
            # tight box, as Jupyter draws, would cut it off.
            ax.add_artist(before).set_clip_on(False)
        shown = [(sign, "\n".join(words.wrap(text, columns))) for sign, text in entries]
        legend_beneath(ax, down, shown, ncols=ncols, columnspacing=1.6, handlelength=2.0)
        down += 0.16 * (1 + max(text.count("\n") for _, text in shown)) + 0.03
    return down


def _round_entries(rounds: list[str], language: str) -> list[tuple[Any, str]]:
    from matplotlib.lines import Line2D

    return [
        (Line2D([], [], color=colour, marker=marker, markersize=5.0, linewidth=1.2),
         words.round_name(name, language))
        for name, (colour, marker) in zip(rounds, style.SERIES, strict=False)
    ]  # fmt: skip


def _bound_entries(rows: pd.DataFrame, language: str) -> list[tuple[Any, str]]:
    """Return the kinds of bounds that occur."""
    from matplotlib.lines import Line2D

    dashed: dict[str, Any] = {"color": style.INK, "linewidth": 0.9, "linestyle": (0, (2, 1.5))}
    return [
        (Line2D([], [], marker=marker, fillstyle="none", markersize=5.0, **dashed),
         names.text(f"ratios.{bound}", language))
        for bound, marker in ((AT_MOST, "<"), (AT_LEAST, ">"), (NOT_TOLD, ""))
        if (rows["bound"] == bound).any()
    ]  # fmt: skip


def _band_entries(bands: Sequence[Band], language: str) -> list[tuple[Any, str]]:
    from matplotlib.patches import Patch

    if not bands:
        return [(Patch(facecolor="none"), names.text("ratios.no_band", language))]
    return [(Patch(facecolor=_BAND), band.text) for band in bands]
