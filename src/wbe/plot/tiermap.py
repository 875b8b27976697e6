"""The tier map: areas coloured by tier, doubt shown as plainly as the tier itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wbe import names
from wbe.errors import UsageError
from wbe.plot import certainty as certain
from wbe.plot import (
    graticule,
    labels,
    map_legend,
    map_panel,
    map_words,
    scale,
    shapes,
    site_symbols,
    style,
    words,
)
from wbe.plot.panel import require_language
from wbe.plot.room import lengthen, set_below

if TYPE_CHECKING:
    import pandas as pd
    from geopandas import GeoDataFrame
    from matplotlib.axes import Axes

    from wbe.plot.frame import Frame

_WIDTH: Final = 8.8  # of the figure [inch]
_MAP_WIDTH: Final = 5.5
_MAP_HEIGHTS: Final = (2.6, 6.6)
# Notes of a flat map stand beside its legend, as wide as the map.
_FLAT_COLUMNS: Final = int(map_words.COLUMNS * _MAP_WIDTH / _WIDTH)


def tier_map(
    tiers: GeoDataFrame,
    *,
    drug: str | None = None,
    round: str | None = None,
    sites: GeoDataFrame | None = None,
    purposive: pd.DataFrame | None = None,
    legacy: pd.DataFrame | None = None,
    certainty: str = "hatching",
    language: str = "en",
    ax: Axes | None = None,
    title: str | None = None,
) -> Axes:
    """Draw the tiers of one drug in one round.

    Darker means a higher tier; hatching over a tier's colour (in maps of points a dot in the mark)
    means that the tier is not certain, narrower where it is weaker. Areas without a tier are told
    apart by their reason. No base map is drawn and nothing is fetched.

    Where a few points lie far from the rest, the map is framed around the rest, and says how many
    areas of what tier lie outside (`wbe.plot.frame.main_cluster` has the rule).

    Parameters
    ----------
    tiers : GeoDataFrame (row)
        What `wbe.rank` returns: the columns of ``tiers.csv`` and polygons or points.
    drug, round : str or None
        By default those that the table's attrs name.
    sites : GeoDataFrame or None
        Sampling points to mark, by ``matrix`` (or ``type``) and ``role``. Only for internal use:
        a public map shows areas.
    purposive : DataFrame or None
        What `wbe.spatial.stream_symbols` returns: the probability that any surface-water point of
        an area lies above the 90th percentile of the reference round. Printed under the map, of
        the areas and the round that it shows; for internal use.
    legacy : DataFrame or None
        What `wbe.spatial.legacy_residue` returns, of soil and sediment; printed in the same way.
    certainty : str
        ``hatching``, or ``saturation``: the colours of uncertain tiers fade as well, towards the
        grey of their own luminance.
    language : str
        ``en`` or ``zh``.
    ax : Axes or None
        Where to draw; by default on a new Figure of its own, without pyplot.
    title : str or None
        By default the title in the table's attrs. What it says beyond that, as a warning, is
        printed under it in the size of normal text.

    Returns
    -------
    Axes
        The map; ``ax.figure`` is its Figure. Write it with `save_map`.

    Raises
    ------
    UsageError
        The table holds no such drug or round, or no geometry at all; the language or the way to
        show certainty is not known.

    Examples
    --------
    >>> import wbe
    >>> folder = "data/samples/example-county"
    >>> samples = wbe.read(f"{folder}/lab/2018Q1_plants_synthetic.csv")
    >>> sites = wbe.read_sites(f"{folder}/sites.csv")
    >>> areas = wbe.read_areas(f"{folder}/areas.geojson")
    >>> located = wbe.locate(samples, sites, areas)
    >>> values = wbe.by_area(wbe.estimate(located, draws=500))
    >>> tiers = wbe.rank(values, "methamphetamine")
    >>> axes = wbe.plot.tier_map(tiers, title="Example county (synthetic)")
    >>> areas["name"][0] in {text.get_text() for text in axes.texts}
    True
    """
    require_language(language)
    certain.require_way(certainty)
    rows = map_panel.with_steps(words.selected(tiers, drug, round))
    placed = rows[rows.geometry.notna() & ~rows.geometry.is_empty]
    if placed.empty:
        raise UsageError("no area has a geometry: there is nothing to draw a map of")
    title = words.clean(title if title is not None else tiers.attrs.get("title", ""))
    attrs = words.for_drug(tiers.attrs, str(rows["drug"].iloc[0]))
    view = map_panel.view(placed, sites)
    with style.context():
        classes = words.classes(attrs, rows["class"], language)
        own = words.clean(tiers.attrs.get("title", ""))
        heading = map_words.heading(rows, title, own, language)
        grid = graticule.suits(view.areas)
        further = [*site_symbols.purposive_notes(purposive, rows, language),
                   *site_symbols.legacy_notes(legacy, rows, language)]  # fmt: skip
        mine = ax is None
        flat = mine and _is_flat(view.frame)
        columns = _FLAT_COLUMNS if flat else map_words.COLUMNS
        notes = map_words.notes(rows, attrs, classes, view, language, further, columns)
        ax = ax if ax is not None else _new_axes(view.frame, len(heading), len(notes) + 1, grid)
        size = shapes.mark_size(len(view.areas))
        map_panel.draw(ax, view, classes, size, certainty)
        below = graticule.BELOW if grid else 0.0
        if grid:
            graticule.draw(ax, view.frame)
        if len(view.areas) <= labels.MOST:
            marks = () if view.sites is None else view.sites.geometry
            written = labels.place(ax, labels.all_names(view.areas), view.areas.geometry,
                                   marks=marks)  # fmt: skip
            if len(written) < len(view.areas):
                notes.append(names.text("map.names_left_out", language))
        scale.draw(ax, view.frame, view.degrees, language, below)
        tall = map_legend.draw(ax, rows, classes, language, mark=size if view.points else None,
                               sites=view.sites, sure_at=words.threshold(attrs),
                               way=certainty)  # fmt: skip
        below += scale.HEIGHT
        if flat:
            _fit_flat(ax, tall, below, len(notes))
        else:
            below = _make_room(ax, tall, below, mine)
        map_words.write_heading(ax, heading)
        map_words.write_notes(ax, notes, below)
    return ax


def _new_axes(frame: Frame, heading: int, notes: int, grid: bool) -> Axes:
    """Axes on a Figure as tall as map, heading and notes need."""
    tall = min(max(_MAP_WIDTH * frame.ratio, _MAP_HEIGHTS[0]), _MAP_HEIGHTS[1])
    top, bottom = 0.25 + 0.24 * heading, 0.15 + map_words.LINE * notes + scale.HEIGHT / 72
    left = 0.02 * _WIDTH
    if grid:
        left, bottom = left + graticule.BESIDE, bottom + graticule.BELOW / 72
    height = top + tall + bottom
    figure = style.new_figure(_WIDTH, height)
    return figure.add_axes((left / _WIDTH, bottom / height, _MAP_WIDTH / _WIDTH, tall / height))


def _make_room(ax: Axes, tall: float, below: float, mine: bool) -> float:
    """Move the notes down, and lengthen a Figure of our own, where a legend is taller than its map.

    Parameters
    ----------
    ax : Axes
        The map.
    tall : float
        Height of the legend beside it [inch].
    below : float
        Height of what already stands under the map [point].
    mine : bool
        Whether the Figure may be made longer.

    Returns
    -------
    float
        How far down the notes begin [point].
    """
    over = tall - (_shown_height(ax) + below / 72)
    if over <= 0:
        return below
    if mine:
        lengthen([ax], over)
    return below + 72 * over


def _is_flat(frame: Frame) -> bool:
    """Tell whether a map is flatter than the Axes made for it."""
    return _MAP_WIDTH * frame.ratio < _MAP_HEIGHTS[0]


def _fit_flat(ax: Axes, tall: float, below: float, notes: int) -> None:
    """Leave the room that legend and notes need beside and under a flat map, and no more."""
    figure = ax.get_figure(root=True)
    assert figure is not None
    shown = _shown_height(ax)
    held = float(ax.get_position(original=True).height * figure.get_size_inches()[1])
    under = (below + 6) / 72 + map_words.LINE * notes
    set_below([ax], max(tall - shown, under) + 0.15 - (held - shown))
    ax.apply_aspect()


def _shown_height(ax: Axes) -> float:
    """Return how tall a map is drawn [inch]."""
    figure = ax.get_figure(root=True)
    assert figure is not None
    ax.apply_aspect()
    return float(ax.get_window_extent().height / figure.dpi)
