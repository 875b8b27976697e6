"""The schematic: one tile an area, where there is no geometry to draw a map of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from wbe import names
from wbe.errors import UsageError
from wbe.plot import certainty as certain
from wbe.plot import map_legend, map_words, shapes, style, tile_layout, words
from wbe.plot.map_panel import with_steps
from wbe.plot.panel import require_language
from wbe.plot.room import lengthen

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from wbe.plot.tile_layout import Places

_WIDTH, _MAP, _LEFT = 8.8, 5.6, 0.18  # [inch]
_SIDE: Final = (0.45, 1.15)  # least and largest width of a tile [inch]
_HIGH: Final = 0.7  # height of a tile by its width
_TILE: Final = 0.92  # of its cell
_SIZES: Final = (8.5, 7.5, 6.5, 5.5)  # of names [point]
Layout = str | Mapping[str, tuple[int, int]]
ORDERS: Final = ("name", "west_to_east", "near")


def tier_schematic(
    tiers: pd.DataFrame,
    *,
    drug: str | None = None,
    round: str | None = None,
    layout: Layout = "name",
    seats: pd.DataFrame | None = None,
    certainty: str = "hatching",
    language: str = "en",
    ax: Axes | None = None,
    title: str | None = None,
) -> Axes:
    r"""Draw the tiers of one drug and round as tiles of one size.

    Parameters
    ----------
    tiers : DataFrame (row)
        The columns of ``tiers.csv``; geometry is not needed.
    drug, round : str or None
        By default those that the table's attrs name.
    layout : str or mapping of str to tuple of int
        ``name``: in rows, by name. ``west_to_east``: in rows, by the longitude of the seats.
        ``near``: each tile about where its area lies, so that most neighbours stay neighbours.
        Or area -> (row, column) for every area.
    seats : DataFrame or None
        ``area, lon, lat`` [degree]: a place for each area, as its seat. Needed for
        ``west_to_east`` and ``near``.
    certainty : str
        ``hatching`` or ``saturation``, as for `wbe.plot.tier_map`.
    language : str
        ``en`` or ``zh``.
    ax : Axes or None
        Where to draw; by default on a new Figure of its own, without pyplot.
    title : str or None
        By default the title in the table's attrs.

    Returns
    -------
    Axes

    Raises
    ------
    UsageError
        The table holds no such drug or round; the layout is not known, lacks an area or gives two
        areas one place; a seat is missing; the language is not known.

    Examples
    --------
    >>> import pandas as pd
    >>> from wbe import plot
    >>> tiers = pd.DataFrame(
    ...     {"area": ["A", "B"], "name": ["North", "South"], "drug": "MDMA", "round": "2018Q1",
    ...      "quantity": "pn_mass_load", "unit": "mg/day/1000 inhabitants", "value": [5.0, 9.0],
    ...      "tier": ["general", "severe"], "p_general": [0.9, 0.1], "p_severe": [0.1, 0.9],
    ...      "resolved": True, "n_sites": 5, "n_samples": 5, "flags": ""}
    ... )
    >>> axes = plot.tier_schematic(tiers, drug="MDMA", round="2018Q1", title="made-up county")
    >>> [text.get_text().split() for text in axes.texts if "North" in text.get_text()]
    [['North', '0.90']]
    """
    require_language(language)
    certain.require_way(certainty)
    rows = _sorted(with_steps(words.selected(tiers, drug, round)))
    places = _places(rows, layout, seats)
    attrs = words.for_drug(tiers.attrs, str(rows["drug"].iloc[0]))
    own = words.clean(tiers.attrs.get("title", ""))
    title = words.clean(title) if title is not None else own
    with style.context():
        classes = words.classes(attrs, rows["class"], language)
        heading = map_words.heading(rows, title, own, language)
        notes = map_words.wrapped(_notes(rows, attrs, layout, language))
        mine = ax is None
        ax = ax if ax is not None else _new_axes(places, len(heading), len(notes))
        _limit(ax, places)
        _tiles(ax, rows, places, shapes.looks(classes), certainty)
        left_out = _write(ax, rows, places, words.threshold(attrs))
        if left_out:
            notes.append(names.text("map.names_left_out", language))
        tall = map_legend.draw(ax, rows, classes, language, mark=None, sites=None,
                               sure_at=words.threshold(attrs), way=certainty)  # fmt: skip
        over = max(tall - _height(ax), 0.0)
        if mine:
            lengthen([ax], over + map_words.LINE * bool(left_out))
        map_words.write_heading(ax, heading)
        map_words.write_notes(ax, notes, 72 * over)
    return ax


def _sorted(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows by printed name, then by id."""
    label = [words.label_of(*pair) for pair in zip(rows["name"], rows["area"], strict=True)]
    return rows.assign(label=label).sort_values(["label", "area"], kind="stable",
                                                ignore_index=True)  # fmt: skip


def _places(rows: pd.DataFrame, layout: Layout, seats: pd.DataFrame | None) -> Places:
    """Return row and column of every area."""
    areas = rows["area"].astype(str).tolist()
    if isinstance(layout, Mapping):
        if missing := sorted(set(areas) - set(layout)):
            raise UsageError(f"the layout has no place for {', '.join(missing)}")
        return tile_layout.given([layout[a][0] for a in areas], [layout[a][1] for a in areas])
    if layout not in ORDERS:
        raise UsageError(f"layout = {layout!r} is none of {', '.join(ORDERS)}, or a mapping")
    if layout == "name":
        return tile_layout.in_rows(len(areas))
    x, y = _seats(areas, seats)
    if layout == "near":
        return tile_layout.near(x * np.cos(np.radians(y.mean())), y)
    order = np.lexsort((np.arange(len(x)), x))
    down, across = tile_layout.in_rows(len(areas))
    back = np.empty_like(order)
    back[order] = np.arange(len(order))
    return down[back], across[back]


def _seats(areas: list[str], seats: pd.DataFrame | None) -> tuple[Any, Any]:
    """Return longitudes and latitudes of the areas' seats."""
    if seats is None:
        raise UsageError("this layout needs seats: a table of area, lon, lat")
    known = words.bare(seats).drop_duplicates("area").set_index("area")[["lon", "lat"]]
    known.index = known.index.astype(str)
    found = known.reindex(areas).to_numpy(float)
    if not np.isfinite(found).all():
        lacking = [a for a, row in zip(areas, found, strict=True) if not np.isfinite(row).all()]
        raise UsageError(f"no seat for {', '.join(lacking)}")
    return found[:, 0], found[:, 1]


def _notes(rows: pd.DataFrame, attrs: dict[Any, Any], layout: Layout, language: str) -> list[str]:
    key = layout if isinstance(layout, str) else "given"
    found = [words.method_sentence(attrs, language), map_words.numbers(rows, language)]
    if words.all_flagged(rows, "no_draws"):
        found.append(names.text("map.no_draws", language))
    return [
        *found,
        names.text(f"schematic.{key}", language),
        names.text("schematic.number", language),
        *map_words.disclaimers(language),
    ]


def _new_axes(places: Places, heading: int, notes: int) -> Axes:
    down, across = (int(p.max()) + 1 for p in places)
    side = min(max(_MAP / across, _SIDE[0]), _SIDE[1])
    wide, tall = side * across, side * _HIGH * down
    top, bottom = 0.25 + 0.24 * heading, 0.25 + map_words.LINE * notes
    width, height = max(_WIDTH, wide + _WIDTH - _MAP), top + tall + bottom
    figure = style.new_figure(width, height)
    return figure.add_axes((_LEFT / width, bottom / height, wide / width, tall / height))


def _limit(ax: Axes, places: Places) -> None:
    down, across = (int(p.max()) + 1 for p in places)
    ax.set_xlim(-0.5, across - 0.5)
    ax.set_ylim(down - 0.5, -0.5)
    ax.set_aspect(_HIGH, adjustable="box", anchor="NW")
    ax.set_axis_off()


def _tiles(
    ax: Axes, rows: pd.DataFrame, places: Places, looks: dict[str, Any], certainty: str
) -> None:
    from shapely import box

    half = _TILE / 2
    tiles = np.array([box(c - half, r - half, c + half, r + half)
                      for r, c in zip(*places, strict=True)])  # fmt: skip
    for (name, step), own in rows.groupby(["class", "step"], sort=True):
        layers = shapes.layers(looks[str(name)], int(str(step)), certainty)
        shapes.draw_areas(ax, tiles[own.index.to_numpy()], layers)


def _write(ax: Axes, rows: pd.DataFrame, places: Places, sure_at: float) -> int:
    """Write name and probability into every tile; return how many names found no room."""
    ax.apply_aspect()
    cell = ax.transData.transform([(0, 0), (_TILE, _TILE)])
    wide, tall = np.abs(cell[1] - cell[0])
    left_out = 0
    for row, r, c in zip(rows.to_dict("records"), *places, strict=True):
        chance = words.chance(row.get(f"p_{row['class']}"), sure_at)
        left_out += not _fitted(ax, str(row["label"]), chance, (c, r), (wide, tall))
    return left_out


def _fitted(
    ax: Axes, name: str, chance: str, at: tuple[int, int], room: tuple[float, float]
) -> bool:
    """Write a tile's text in the largest size that fits; False where none does."""
    text = shapes.halo_text(ax, at[0], at[1], "", _SIZES[0])
    for size in _SIZES:
        columns = max(int(room[0] / (0.52 * size * ax.figure.dpi / 72)), 2)
        text.set_text("\n".join([*words.wrap(name, columns), *([chance] if chance else [])]))
        text.set_fontsize(size)
        box = text.get_window_extent()
        if box.width <= room[0] and box.height <= room[1]:
            return True
    text.remove()
    return False


def _height(ax: Axes) -> float:
    ax.apply_aspect()
    figure = ax.get_figure(root=True)
    assert figure is not None
    return float(ax.get_window_extent().height / figure.dpi)
