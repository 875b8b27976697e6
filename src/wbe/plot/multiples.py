"""Small multiples: one map a round, with one legend, one frame and the same breaks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from wbe import names
from wbe.errors import UsageError
from wbe.plot import certainty as certain
from wbe.plot import labels, map_legend, map_panel, map_words, scale, shapes, style, words
from wbe.plot.map_panel import View
from wbe.plot.panel import require_language
from wbe.plot.room import lengthen

if TYPE_CHECKING:
    import pandas as pd
    from geopandas import GeoDataFrame

_WIDTH, _LEGEND = 8.8, 2.9  # of the figure, and of what stands right of the maps [inch]
_LEFT, _GAP, _CAPTION = 0.18, 0.16, 0.26
_SIZES: Final = (7.0, 6.0)  # of names in a small map [point]
MOST: Final = 12  # rounds that can be told apart on one page


def tier_maps(
    tiers: GeoDataFrame,
    *,
    drug: str | None = None,
    rounds: Sequence[str] | None = None,
    certainty: str = "hatching",
    language: str = "en",
    ax: Sequence[Any] | NDArray[Any] | None = None,
    title: str | None = None,
) -> NDArray[Any]:
    """Draw the tiers of one drug in several rounds, side by side, with one legend.

    Breaks are those of the table, frozen at its reference round, so that a colour means the same
    in every map. A change of colour between two maps is no finding by itself: see
    `wbe.plot.tier_history` for tests.

    Parameters
    ----------
    tiers : GeoDataFrame (row)
        What `wbe.rank` returns.
    drug : str or None
        As for `wbe.plot.tier_map`.
    rounds : sequence of str or None
        By default all rounds of the drug in their order, at most the last 12.
    certainty, language : str
        As for `wbe.plot.tier_map`.
    ax : sequence of Axes or None
        One a round; by default on a new Figure, two beside each other.
    title : str or None
        As for `wbe.plot.tier_map`.

    Returns
    -------
    ndarray (round,) of Axes

    Raises
    ------
    UsageError
        There are no such drug or rounds, more than 12 of them, no geometry, or not one Axes a
        round.

    Examples
    --------
    >>> import wbe
    >>> folder = "data/samples/example-county"
    >>> samples = wbe.read(f"{folder}/lab/2018Q1_plants_synthetic.csv")
    >>> sites = wbe.read_sites(f"{folder}/sites.csv")
    >>> areas = wbe.read_areas(f"{folder}/areas.geojson")
    >>> located = wbe.locate(samples, sites, areas)
    >>> values = wbe.by_area(wbe.estimate(located, draws=500))
    >>> len(wbe.plot.tier_maps(wbe.rank(values, "methamphetamine"), rounds=["2018Q1"]))
    1
    """
    require_language(language)
    certain.require_way(certainty)
    drug, shown = _rounds(tiers, drug, rounds)
    rows = [map_panel.with_steps(words.selected(tiers, drug, r)) for r in shown]
    views, together = _views(rows)
    attrs = words.for_drug(tiers.attrs, drug)
    title = words.clean(title if title is not None else tiers.attrs.get("title", ""))
    with style.context():
        classes = words.classes(attrs, together["class"], language)
        ends = [words.round_name(r, language) for r in (shown[0], shown[-1])]
        span = " – ".join(dict.fromkeys(ends))
        own = words.clean(tiers.attrs.get("title", ""))
        heading = map_words.heading(together, title, own, language, span)
        notes = _notes(attrs, language)
        given = _new_axes(views[0], len(shown), len(heading), len(notes) + 1) if ax is None else ax
        axes = np.array(list(given), dtype=object)
        if axes.shape != (len(shown),):
            raise UsageError(f"{axes.size} Axes for {len(shown)} rounds: give one a round")
        size = shapes.mark_size(len(views[0].areas)) / 2
        left_out = 0
        for one, table, view, name in zip(axes, rows, views, shown, strict=True):
            map_panel.draw(one, view, classes, size, certainty)
            _caption(one, table, words.round_name(name, language), language)
            left_out += _names(one, view)
        if left_out:
            notes.append(names.text("map.names_left_out", language))
        corner, first = axes[min(1, len(axes) - 1)], axes[0]
        tall = map_legend.draw(corner, together, classes, language, sites=None, counted=False,
                               mark=size if views[0].points else None,
                               sure_at=words.threshold(attrs), way=certainty)  # fmt: skip
        over = _over(axes, tall)
        if ax is None:
            lengthen(list(axes), over)
        last = axes[2 * ((len(axes) - 1) // 2)]
        scale.draw(last, views[0].frame, views[0].degrees, language)
        map_words.write_heading(first, heading, 72 * _CAPTION - 6)
        map_words.write_notes(last, notes, scale.HEIGHT + 72 * over)
    return axes


def _rounds(
    tiers: GeoDataFrame, drug: str | None, rounds: Sequence[str] | None
) -> tuple[str, list[str]]:
    """Return the drug and the rounds to draw."""
    drug = words.drug_of(tiers, drug)
    known = sorted(set(map(str, tiers.loc[tiers["drug"] == drug, "round"])))
    shown = known[-MOST:] if rounds is None else [str(r) for r in rounds]
    if not shown or len(shown) > MOST:
        raise UsageError(f"{len(shown)} rounds of {drug!r}; draw 1 to {MOST}")
    return drug, shown


def _views(rows: list[GeoDataFrame]) -> tuple[list[View], GeoDataFrame]:
    """Return the view of every round in one frame, and the rows of all rounds."""
    import pandas as pd

    together = pd.concat(rows, ignore_index=True)
    placed = [r[r.geometry.notna() & ~r.geometry.is_empty] for r in rows]
    if not any(len(p) for p in placed):
        raise UsageError("no area has a geometry: there is nothing to draw maps of")
    every = pd.concat(placed, ignore_index=True).drop_duplicates("area")
    whole = map_panel.view(every, None)
    kept = set(whole.areas["area"])
    views = []
    for table in placed:
        inside = table["area"].isin(kept)
        views.append(whole._replace(areas=table[inside], outside=table[~inside]))
    return views, together


def _notes(attrs: dict[Any, Any], language: str) -> list[str]:
    said = [words.method_sentence(attrs, language), names.text("map.rounds.note", language)]
    return map_words.wrapped([*said, *map_words.disclaimers(language)])


def _caption(ax: Any, rows: pd.DataFrame, round: str, language: str) -> None:
    """Write the round over its map, with the numbers that it rests on."""
    sure = sum(map(words.yes, rows["resolved"]))
    text = names.text("map.panel", language, round=round, sure=sure, n=len(rows),
                      samples=int(rows["n_samples"].fillna(0).sum()))  # fmt: skip
    ax.annotate(text, (0, 1), (0, 3), xycoords="axes fraction", textcoords="offset points",
                ha="left", va="bottom", fontsize=8.5)  # fmt: skip


def _names(ax: Any, view: View) -> int:
    """Write the names of areas; return how many found no room."""
    if len(view.areas) > labels.MOST or view.areas.empty:
        return 0
    written = labels.place(ax, labels.all_names(view.areas), view.areas.geometry, _SIZES)
    return len(view.areas) - len(written)


def _new_axes(view: View, n: int, heading: int, notes: int) -> list[Any]:
    """Axes two beside each other on a Figure as tall as maps, heading and notes need."""
    columns = min(n, 2)
    wide = (_WIDTH - _LEGEND - _LEFT - _GAP * (columns - 1)) / columns
    tall = min(wide * view.frame.ratio, 4.5)
    down = -(-n // columns)
    top, bottom = 0.25 + 0.24 * heading, 0.15 + map_words.LINE * notes + scale.HEIGHT / 72
    height = top + down * (tall + _CAPTION) + bottom
    figure = style.new_figure(_WIDTH, height)
    found = []
    for i in range(n):
        row, column = divmod(i, columns)
        x = _LEFT + column * (wide + _GAP)
        y = height - top - (row + 1) * (tall + _CAPTION)
        place = (x / _WIDTH, y / height, wide / _WIDTH, tall / height)
        found.append(figure.add_axes(place))
    return found


def _over(axes: NDArray[Any], tall: float) -> float:
    """Return how far a legend beside the first map reaches below the last one [inch]."""
    figure = axes[0].get_figure(root=True)
    height = float(figure.get_size_inches()[1])
    first, last = (a.get_position(original=True) for a in (axes[0], axes[-1]))
    return max(tall - (first.y1 - last.y0) * height - scale.HEIGHT / 72, 0.0)
