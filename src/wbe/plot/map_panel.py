"""One panel of a map: what lies in its frame, drawn into axes."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from wbe.plot import certainty, graticule, shapes, site_symbols, words
from wbe.plot import frame as framing

if TYPE_CHECKING:
    from geopandas import GeoDataFrame
    from matplotlib.axes import Axes

    from wbe.plot.frame import Frame


class View(NamedTuple):
    """What a map draws, and what lies outside its frame."""

    areas: GeoDataFrame
    outside: GeoDataFrame
    sites: GeoDataFrame | None
    sites_outside: int
    frame: Frame

    @property
    def degrees(self) -> bool:
        """Whether the map's coordinates are degrees."""
        return self.areas.crs is None or not self.areas.crs.is_projected

    @property
    def points(self) -> bool:
        """Whether any area is a point."""
        return not self.areas.geom_type.isin(["Polygon", "MultiPolygon"]).all()


def with_steps(rows: GeoDataFrame) -> GeoDataFrame:
    """Return rows of `words.selected` with their step of certainty as a column ``step``."""
    return rows.assign(step=certainty.steps(rows))


def view(placed: GeoDataFrame, sites: GeoDataFrame | None) -> View:
    """Part areas and sites into those that the map shows and those outside its frame."""
    if sites is not None:
        sites = sites[sites.geometry.notna() & ~sites.geometry.is_empty]
    kept = framing.shown(placed)
    areas, outside = placed[kept], placed[~kept]
    if outside.empty:
        return View(areas, outside, sites, 0, framing.around(areas, sites))
    frame = framing.around(areas)
    if sites is None:
        return View(areas, outside, None, 0, frame)
    held = frame.holds(sites.geometry)
    return View(areas, outside, sites[held], int((~held).sum()), frame)


def draw(ax: Axes, view: View, classes: list[words.TierClass], size: float, way: str) -> None:
    """Draw every area and site in the frame, and set the limits of the map.

    Parameters
    ----------
    ax : Axes
    view : View
        Its areas with ``class`` and ``step``.
    classes : list of TierClass
        What `words.classes` returns.
    size : float
        Of the marker of a point [point^2].
    way : str
        How certainty is shown.
    """
    shown, looks = view.areas, shapes.looks(classes)
    polygon = shown.geom_type.isin(["Polygon", "MultiPolygon"])
    geometries = shapes.simplified(shown.geometry)
    order = {name: i for i, name in enumerate(looks)}
    groups = shown.assign(polygon=polygon)
    for (name, step, is_polygon), rows in groups.groupby(["class", "step", "polygon"], sort=True):
        chosen = geometries.loc[rows.index]
        if is_polygon:
            shapes.draw_areas(ax, chosen, shapes.layers(looks[name], int(step), way))
        else:
            marks = shapes.marks(looks[name], int(step), size, way)
            shapes.draw_points(ax, chosen, marks, 3 + 0.01 * order[name])
    if view.sites is not None:
        site_symbols.draw(ax, view.sites)
    _limit(ax, view)


def _limit(ax: Axes, view: View) -> None:
    """Set the limits of the map; where areas lie outside, draw the frame."""
    frame = view.frame
    ax.set_xlim(frame.west, frame.east)
    ax.set_ylim(frame.south, frame.north)
    ax.set_aspect(frame.stretch, adjustable="box", anchor="NW")
    ax.set_axis_off()
    if len(view.outside):
        graticule.outline(ax)
