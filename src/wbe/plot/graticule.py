"""Meridians and parallels under a map of points, by which a place can be found."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from wbe.plot import style

if TYPE_CHECKING:
    from geopandas import GeoDataFrame
    from matplotlib.axes import Axes

    from wbe.plot.frame import Frame

_MOST: Final = 8  # lines on either axis
_SIZE: Final = 7.0  # of the labels [point]
BELOW: Final = 12.0  # height that the labels under a map take [point]
BESIDE: Final = 0.36  # width that the labels left of a map take [inch]


def suits(areas: GeoDataFrame) -> bool:
    """Tell whether a map is of points in degrees; polygons show where they are by themselves."""
    degrees = areas.crs is None or not areas.crs.is_projected
    return degrees and bool((areas.geom_type == "Point").all())


def lines(low: float, high: float) -> list[float]:
    """Return round degrees between two limits, at most eight of them.

    Parameters
    ----------
    low, high : float
        Limits of a map on one axis [degree].

    Returns
    -------
    list of float
        Multiples of 1, 2 or 5 times a power of ten [degree]; of 30 or 90 on maps of the world.

    Examples
    --------
    >>> lines(-24.3, 34.1), lines(115.91, 116.18)
    ([-20.0, -10.0, 0.0, 10.0, 20.0, 30.0], [115.95, 116.0, 116.05, 116.1, 116.15])
    """
    steps = [m * 10.0**e for e in range(-4, 1) for m in (1, 2, 5)] + [10.0, 20.0, 30.0, 90.0]
    for step in steps:
        first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
        if last - first < _MOST:
            return [round(i * step, 6) for i in range(first, last + 1)]
    return []


def label(degree: float, axis: str) -> str:
    """Return a degree with its hemisphere.

    Examples
    --------
    >>> label(-20.0, "x"), label(0.0, "y"), label(23.15, "y")
    ('20° W', '0°', '23.15° N')
    """
    if degree == 0:
        return "0°"
    side = {"x": "EW", "y": "NS"}[axis][degree < 0]
    return f"{abs(degree):g}° {side}"


def draw(ax: Axes, frame: Frame) -> None:
    """Draw the lines of a frame below everything else, with their degrees outside of it."""
    thin = {"color": "#DADADA", "linewidth": 0.5, "zorder": 0.5}
    mark = {"textcoords": "offset points", "fontsize": _SIZE, "color": "#5A5A5A"}
    for degree in lines(frame.west, frame.east):
        ax.plot([degree, degree], [frame.south, frame.north], **thin)  # type: ignore[arg-type]
        ax.annotate(label(degree, "x"), (degree, frame.south), (0, -3), ha="center", va="top",
                    **mark)  # type: ignore[arg-type]  # fmt: skip
    for degree in lines(frame.south, frame.north):
        ax.plot([frame.west, frame.east], [degree, degree], **thin)  # type: ignore[arg-type]
        ax.annotate(label(degree, "y"), (frame.west, degree), (-3, 0), ha="right", va="center",
                    **mark)  # type: ignore[arg-type]  # fmt: skip
    outline(ax)


def outline(ax: Axes) -> None:
    """Draw the edge of the map."""
    from matplotlib.patches import Rectangle

    ax.add_patch(Rectangle((0, 0), 1, 1, transform=ax.transAxes, facecolor="none",
                           edgecolor=style.MUTED, linewidth=0.7, clip_on=False))  # fmt: skip
