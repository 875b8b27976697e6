"""Outlines of areas as SVG paths, for pages that colour a map themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from wbe.plot import labels, shapes, tile_layout, words

if TYPE_CHECKING:
    import pandas as pd
    from geopandas import GeoDataFrame

    from wbe.plot.frame import Frame

WIDTH: Final = 1000.0
"""Width of the picture; its other lengths are in the same unit."""
_TALLEST: Final = 1200.0
LARGEST: Final = 400_000
"""Characters of all paths from which outlines are made coarser."""
_COARSER: Final = (0.0, 0.5, 1.5, 4.0)  # tolerances tried, by what can be seen
_RADIUS, _SMALLEST = 16.0, 8.0  # of a point
_TILES: Final = (160.0, 112.0)  # a tile's cell
_TILE_COLUMNS: Final = 12  # of a name on a tile, in Latin letters
_GAP: Final = 5.0


class Shape(NamedTuple):
    """One area: its outline, and where its name stands."""

    area: str
    path: str
    x: float
    y: float
    lines: list[str]


class Outlines(NamedTuple):
    """A picture of areas without colours.

    Parameters
    ----------
    width, height : float
        Of the picture, in the unit of the paths.
    shapes : list of Shape
        Sorted by area; without those that have no place.
    tiles : bool
        Whether no area has a geometry, so that each is a tile.
    without, outside : int
        Areas without geometry, and points outside the frame, neither of which is drawn.
    """

    width: float
    height: float
    shapes: list[Shape]
    tiles: bool = False
    without: int = 0
    outside: int = 0

    @property
    def named(self) -> bool:
        """Whether names have room on the picture."""
        return self.tiles or len(self.shapes) <= labels.MOST


def outlines(tiers: pd.DataFrame | GeoDataFrame) -> Outlines:
    """Return the outlines of the areas of a table of tiers; tiles where none has a geometry.

    Parameters
    ----------
    tiers : DataFrame or GeoDataFrame (row)
        ``area``, ``name`` and perhaps a geometry, as `wbe.rank` returns them; an area's first row
        with a geometry counts.

    Returns
    -------
    Outlines
        The frame is that of `wbe.plot.tier_map`; north is up.

    Examples
    --------
    >>> import pandas as pd
    >>> found = outlines(pd.DataFrame({"area": ["b", "a"], "name": ["B", "A"]}))
    >>> found.tiles, [(s.area, s.x) for s in found.shapes]
    (True, [('a', 80.0), ('b', 240.0)])
    """
    table = words.bare(tiers)
    areas = table.drop_duplicates("area")
    if "geometry" in table:
        there = table[table.geometry.notna() & ~table.geometry.is_empty]
        placed = there.drop_duplicates("area").sort_values("area", kind="stable")
        if len(placed):
            return _map(placed, len(areas) - len(placed))
    return _tiles(areas)


def _tiles(areas: pd.DataFrame) -> Outlines:
    """One tile an area, in rows by name."""
    pairs = zip(areas["name"], areas["area"], strict=True)
    named = sorted((words.label_of(*pair), str(pair[1])) for pair in pairs)
    down, across = tile_layout.in_rows(len(named))
    wide, tall = _TILES
    found = []
    for (name, area), row, column in zip(named, down.tolist(), across.tolist(), strict=True):
        x, y = column * wide + _GAP / 2, row * tall + _GAP / 2
        path = f"M{x:g} {y:g}h{wide - _GAP:g}v{tall - _GAP:g}h{_GAP - wide:g}z"
        middle = (column + 0.5) * wide, (row + 0.5) * tall
        found.append(Shape(area, path, *middle, words.wrap(name, _TILE_COLUMNS)))
    found.sort(key=lambda shape: shape.area)
    return Outlines((int(across.max()) + 1) * wide, (int(down.max()) + 1) * tall, found, True)


def _map(placed: GeoDataFrame, without: int) -> Outlines:
    """Outlines in the frame of the printed map."""
    from wbe.plot import map_panel

    view = map_panel.view(placed, None)
    scale = min(WIDTH, _TALLEST / view.frame.ratio) / (view.frame.east - view.frame.west)
    width, height = _size(view.frame, scale)
    geometries = _drawn(shapes.simplified(view.areas.geometry), view.frame, scale)
    radius = max(_RADIUS * min((30 / len(view.areas)) ** 0.5, 1.0), _SMALLEST)
    found: list[Shape] = []
    for coarser in _COARSER:
        drawn = geometries.simplify(coarser) if coarser else geometries
        pairs = zip(view.areas.to_dict("records"), drawn, strict=True)
        found = [_shape(row, geometry, radius) for row, geometry in pairs]
        if sum(len(shape.path) for shape in found) <= LARGEST:
            break
    return Outlines(width, height, found, False, without, len(view.outside))


def _size(frame: Frame, scale: float) -> tuple[float, float]:
    wide, tall = frame.east - frame.west, (frame.north - frame.south) * frame.stretch
    return round(wide * scale, 1), round(tall * scale, 1)


def _drawn(geometries: Any, frame: Frame, scale: float) -> Any:
    """Geometries in the coordinates of the picture: down is up, and metres are alike both ways."""
    steep = -scale * frame.stretch
    return geometries.affine_transform(
        [scale, 0.0, 0.0, steep, -frame.west * scale, -frame.north * steep]
    )


def _shape(row: dict[Any, Any], geometry: Any, radius: float) -> Shape:
    name = words.label_of(row["name"], row["area"])
    if geometry.geom_type in ("Polygon", "MultiPolygon"):
        at, path = geometry.representative_point(), "".join(_rings(geometry))
        x, y = at.x, at.y
    else:
        at = geometry.centroid
        x, y, r = at.x, at.y, radius
        path = f"M{x - r:.1f} {y:.1f}a{r:g} {r:g} 0 1 0 {2 * r:g} 0a{r:g} {r:g} 0 1 0 {-2 * r:g} 0z"
        y += 2.2 * r  # its name stands under it
    return Shape(str(row["area"]), path, round(x, 1), round(y, 1), words.wrap(name, 14))


def _rings(geometry: Any) -> list[str]:
    """Every ring of a polygon as a closed path, to a tenth of a unit, without repeated points."""
    import numpy as np
    from shapely import get_coordinates, get_parts, get_rings

    found = []
    for ring in get_rings(get_parts(geometry)):
        xy = np.round(get_coordinates(ring), 1) + 0.0  # no minus zero
        moved = np.append(True, (np.diff(xy, axis=0) != 0).any(axis=1))
        xy = xy[moved]
        if len(xy) > 1 and (xy[0] == xy[-1]).all():
            xy = xy[:-1]
        found.append("M" + "L".join(f"{x:g} {y:g}" for x, y in xy.tolist()) + "z")
    return found
