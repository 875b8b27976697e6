"""What part of the world a map shows: all of it, or the main cluster of its points."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from geopandas import GeoDataFrame, GeoSeries
    from numpy.typing import NDArray

_FEWEST: Final = 12  # fewer points than these can be told apart at any scale
_MOST: Final = 0.75  # share of the points that a frame must hold
_REACH: Final = 1.0  # how far around the densest box points still belong to it, in its longer side
_GAIN: Final = 3.0  # a frame must show its points at least this much larger
_MARGIN: Final = 0.03


class Frame(NamedTuple):
    """Limits of a map in the units of its coordinates, and the stretch of its second axis."""

    west: float
    south: float
    east: float
    north: float
    stretch: float

    @property
    def ratio(self) -> float:
        """Height of the picture by its width."""
        return (self.north - self.south) * self.stretch / max(self.east - self.west, 1e-9)

    def holds(self, points: GeoSeries) -> NDArray[np.bool_]:
        """Tell which points lie in the frame."""
        x, y = points.x.to_numpy(), points.y.to_numpy()
        held = (x >= self.west) & (x <= self.east) & (y >= self.south) & (y <= self.north)
        return np.asarray(held, dtype=bool)


def around(*tables: GeoDataFrame | None) -> Frame:
    """Return the frame of all geometries of the tables, with a margin.

    Parameters
    ----------
    *tables : GeoDataFrame or None
        Areas, then perhaps sites; the first says in what coordinates.
    """
    first = tables[0]
    boxes = [t.total_bounds for t in tables if t is not None and len(t)]
    west, south = (min(box[i] for box in boxes) for i in (0, 1))
    east, north = (max(box[i] for box in boxes) for i in (2, 3))
    margin = _MARGIN * max(east - west, north - south) or 0.05
    degrees = first is None or first.crs is None or not first.crs.is_projected
    middle = (south + north) / 2 if degrees else 0.0
    return Frame(west - margin, south - margin, east + margin, north + margin, stretch(middle))


def stretch(latitude: float) -> float:
    """Return how much longer a degree of latitude is than one of longitude."""
    return 1 / max(math.cos(math.radians(latitude)), 0.05)


def shown(areas: GeoDataFrame) -> NDArray[np.bool_]:
    """Tell which areas the map is to show: all, or of points the main cluster.

    Parameters
    ----------
    areas : GeoDataFrame (row)
        Geometries, none empty. Polygons are always shown all.

    Returns
    -------
    ndarray (row,) of bool
    """
    if not (areas.geom_type == "Point").all():
        return np.ones(len(areas), dtype=bool)
    x, y = areas.geometry.x.to_numpy(), areas.geometry.y.to_numpy()
    projected = areas.crs is not None and areas.crs.is_projected
    return main_cluster(x, y * (1.0 if projected else stretch(float(np.median(y)))))


def main_cluster(x: NDArray[Any], y: NDArray[Any]) -> NDArray[np.bool_]:
    """Tell which points lie in the main cluster; all, unless framing it alone gains much.

    The densest box is, on either axis, the shortest interval that holds three quarters of the
    points (the first of several equally short). Points within one length of its longer side
    belong to the cluster with it. The rest is left out only if three quarters of all points stay
    and these are then shown at least three times larger. The rule looks at places alone: values,
    names and the order of rows change nothing.

    Parameters
    ----------
    x, y : ndarray (point,)
        Coordinates at one scale.

    Returns
    -------
    ndarray (point,) of bool

    Examples
    --------
    >>> import numpy as np
    >>> x = np.append(np.arange(19.0), 500.0)
    >>> int(main_cluster(x, np.zeros(20)).sum()), int(main_cluster(x[:19], np.zeros(19)).sum())
    (19, 19)
    """
    everything = np.ones(len(x), dtype=bool)
    if len(x) < _FEWEST:
        return everything
    boxes = [_shortest(values) for values in (x, y)]
    reach = _REACH * max(high - low for low, high in boxes)
    near = everything.copy()
    for values, (low, high) in zip((x, y), boxes, strict=True):
        near &= (values >= low - reach) & (values <= high + reach)
    # Where most points are one place, there is no scale at which they come apart.
    worth = reach > 0 and near.mean() >= _MOST and _side(x, y) >= _GAIN * _side(x[near], y[near])
    return near if worth else everything


def _shortest(values: NDArray[Any]) -> tuple[float, float]:
    """Return the shortest interval that holds most of the values."""
    ordered = np.sort(values)
    held = math.ceil(_MOST * len(ordered))
    first = int(np.argmin(ordered[held - 1 :] - ordered[: len(ordered) - held + 1]))
    return float(ordered[first]), float(ordered[first + held - 1])


def _side(x: NDArray[Any], y: NDArray[Any]) -> float:
    """Return the longer side of the box around points."""
    return float(max(np.ptp(x), np.ptp(y)))
