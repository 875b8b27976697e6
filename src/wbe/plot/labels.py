"""Names of areas on a map, placed so that none covers another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final

from wbe.plot import shapes, words

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.transforms import Bbox

MOST: Final = 30  # more names than these only hide the map
_COLUMNS: Final = 14  # a longer name is broken into two lines
SIZES: Final = (8.5, 7.5, 6.5)  # font sizes tried [point]
_SHIFTS: Final = (0, 1, -1, 2, -2, 3, -3)  # vertical shifts tried, in half heights of the label


def place(
    ax: Axes, names: Iterable[str], geometries: Iterable[Any], sizes: tuple[float, ...] = SIZES,
    marks: Iterable[Any] = (),
) -> list[Any]:  # fmt: skip
    """Write the names of areas into the map.

    Parameters
    ----------
    ax : Axes
        Map whose limits are set already.
    names : iterable of str
        One per area, cleaned.
    geometries : iterable of shapely geometry
        Polygons (the name stands inside or near) or points (beside the mark).
    sizes : tuple of float
        Font sizes tried, the largest first [point].
    marks : iterable of shapely Point
        Marks that names leave free as long as there is another place for them.

    Returns
    -------
    list of Text
        In the order given. Smaller letters are tried where the space is short; a name that finds
        no free place even so is left out.
    """
    ax.apply_aspect()
    areas = list(zip(names, geometries, strict=True))
    taken = [_mark_box(ax, geometry) for _, geometry in areas if _is_point(geometry)]
    avoided = [_mark_box(ax, mark) for mark in marks]
    placed: dict[int, Any] = {}
    # The largest name first: short ones find a gap more easily.
    order = sorted(range(len(areas)), key=lambda i: (-words.width(areas[i][0]), areas[i][0], i))
    for i in order:
        text = _fitted(ax, *areas[i], taken + avoided, sizes, home=True) if avoided else None
        text = text or _fitted(ax, *areas[i], taken, sizes)
        if text is not None:
            placed[i] = text
            taken.append(_box(text))
    return [placed[i] for i in sorted(placed)]


def _fitted(
    ax: Axes, name: str, geometry: Any, taken: list[Bbox], sizes: tuple[float, ...],
    home: bool = False,
) -> Any:  # fmt: skip
    """Write a name where it is free; `home`: with its middle inside its own polygon."""
    text = shapes.halo_text(ax, 0, 0, "\n".join(words.wrap(name, _COLUMNS)), sizes[0])
    frame = ax.get_window_extent()
    for size in sizes:
        text.set_fontsize(size)
        for x, y, align in _candidates(ax, text, geometry):
            place = ax.transData.inverted().transform((x, y))
            if home and not _within(geometry, place):
                continue
            text.set_position(place)
            text.set_horizontalalignment(align)
            box = _box(text)
            inside = frame.x0 <= box.x0 and box.x1 <= frame.x1
            if inside and not any(box.overlaps(other) for other in taken):
                return text
    text.remove()
    return None


def _within(geometry: Any, place: Any) -> bool:
    from shapely import Point

    return _is_point(geometry) or bool(geometry.contains(Point(place)))


def _box(text: Any) -> Bbox:
    """Return the space that a label needs, halo and a little air included [pixel]."""
    return text.get_window_extent().padded(1.0)


def _candidates(ax: Axes, text: Any, geometry: Any) -> Iterator[tuple[float, float, str]]:
    """Yield positions [pixel] and alignments, the best first."""
    import shapely

    height = text.get_window_extent().height
    if _is_point(geometry):
        x, y = ax.transData.transform((geometry.centroid.x, geometry.centroid.y))
        gap = 6.0 * ax.figure.dpi / 72
        yield from ((x + gap, y, "left"), (x - gap, y, "right"))
        yield from ((x, y + sign * (gap + height / 2), "center") for sign in (1, -1))
        return
    inner = shapely.maximum_inscribed_circle(geometry, tolerance=geometry.length / 500)
    centres = [shapely.Point(inner.coords[0]), geometry.representative_point(), geometry.centroid]
    for shift in _SHIFTS:
        for centre in centres:
            x, y = ax.transData.transform((centre.x, centre.y))
            yield x, y + shift * height / 2, "center"


def _is_point(geometry: Any) -> bool:
    return bool(geometry.geom_type in ("Point", "MultiPoint"))


def _mark_box(ax: Axes, geometry: Any) -> Bbox:
    from matplotlib.transforms import Bbox

    x, y = ax.transData.transform((geometry.centroid.x, geometry.centroid.y))
    half = 4.0 * ax.figure.dpi / 72
    return Bbox.from_extents(x - half, y - half, x + half, y + half)


def all_names(rows: Any) -> list[str]:
    """Return the printed name of every row of a tiers table."""
    return [words.label_of(*pair) for pair in zip(rows["name"], rows["area"], strict=True)]
