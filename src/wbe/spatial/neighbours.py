"""Which areas are neighbours: by shared borders, by distance, or as given."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wbe.errors import UsageError

if TYPE_CHECKING:
    import geopandas as gpd

Floats = NDArray[np.float64]

EARTH_KM = 6371.0088  # mean radius of GRS 80 [km] (Moritz 2000, 10.1007/s001900050278)
BORDER_M = 50.0
"""Gap up to which two digitised borders count as one [m]; judgement."""


@dataclass(frozen=True)
class Neighbours:
    """Neighbours of areas as a matrix of weights.

    Attributes
    ----------
    areas : tuple of str
        Labels, in the order of the matrix.
    weights : ndarray (area, area) [1]
        Zero diagonal; every row sums to 1, or to 0 for an area without neighbours.
    rule : str
        How neighbours were found, for the record.
    """

    areas: tuple[str, ...]
    weights: Floats
    rule: str

    @property
    def alone(self) -> tuple[str, ...]:
        """Areas without a neighbour; they say nothing about structure and are left out."""
        return tuple(a for a, row in zip(self.areas, self.weights, strict=True) if not row.any())

    def among(self, areas: Sequence[str]) -> Neighbours:
        """Return the neighbours of some areas only, rows summing to 1 again.

        Raises
        ------
        UsageError
            If an area is unknown.
        """
        at = {area: i for i, area in enumerate(self.areas)}
        unknown = [area for area in areas if area not in at]
        if unknown:
            raise UsageError(f"no neighbours are known of {', '.join(unknown)}")
        keep = [at[area] for area in areas]
        return _standardised(areas, self.weights[np.ix_(keep, keep)] > 0, self.rule)


def neighbours_from_pairs(areas: Sequence[str], pairs: Iterable[tuple[str, str]]) -> Neighbours:
    """Return neighbours that are given as pairs; a pair counts in both directions.

    Parameters
    ----------
    areas : sequence of str
        Every area, also those without a neighbour.
    pairs : iterable of (str, str)

    Returns
    -------
    Neighbours

    Raises
    ------
    UsageError
        If a pair names an unknown area or an area twice.

    Examples
    --------
    >>> neighbours_from_pairs(["a", "b", "c"], [("a", "b"), ("b", "c")]).weights.tolist()
    [[0.0, 1.0, 0.0], [0.5, 0.0, 0.5], [0.0, 1.0, 0.0]]
    """
    at = {area: i for i, area in enumerate(areas)}
    linked = np.zeros((len(areas), len(areas)), dtype=bool)
    for a, b in pairs:
        if a not in at or b not in at or a == b:
            raise UsageError(f"({a!r}, {b!r}) is no pair of two known areas")
        linked[at[a], at[b]] = linked[at[b], at[a]] = True
    return _standardised(areas, linked, "pairs as given")


def neighbours_by_border(areas: gpd.GeoDataFrame, *, gap: float = BORDER_M) -> Neighbours:
    """Return areas whose polygons touch, or come closer than a gap (queen contiguity).

    Parameters
    ----------
    areas : GeoDataFrame
        With ``area`` and polygons in EPSG:4326.
    gap : float [m]
        Digitised borders seldom meet exactly; a wider gap joins areas across a river.

    Returns
    -------
    Neighbours

    Raises
    ------
    UsageError
        If an area has no geometry or the gap is negative.

    Examples
    --------
    >>> import wbe
    >>> areas = wbe.read_areas("data/samples/example-county/areas.geojson")
    >>> near = wbe.spatial.neighbours_by_border(areas)
    >>> near.areas[:2], near.weights.shape
    (('EX01', 'EX02'), (13, 13))
    """
    if gap < 0:
        raise UsageError(f"gap = {gap} m must not be negative")
    labels = areas["area"].astype(str).tolist()
    missing = [a for a, g in zip(labels, areas.geometry, strict=True) if g is None or g.is_empty]
    if missing:
        raise UsageError(f"no geometry for {', '.join(missing)}; give pairs instead")
    plane = areas.geometry.to_crs(areas.estimate_utm_crs())
    left, right = plane.sindex.query(plane, predicate="dwithin", distance=gap)
    linked = np.zeros((len(labels), len(labels)), dtype=bool)
    linked[left, right] = left != right
    return _standardised(labels, linked, f"borders within {gap:g} m")


def neighbours_by_distance(
    areas: Sequence[str], latitude: ArrayLike, longitude: ArrayLike, *, nearest: int
) -> Neighbours:
    """Return the nearest areas of each area, by great-circle distance of their points.

    Parameters
    ----------
    areas : sequence of str
    latitude, longitude : array_like (area,) [degree]
    nearest : int
        Number of neighbours. The relation need not be mutual.

    Returns
    -------
    Neighbours

    Raises
    ------
    UsageError
        If there are not more areas than neighbours asked for, or a position is missing.

    Examples
    --------
    >>> from wbe.spatial import neighbours_by_distance
    >>> near = neighbours_by_distance("abc", [23.0, 23.1, 23.3], [116.0, 116.0, 116.0], nearest=1)
    >>> near.weights.tolist()
    [[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]
    """
    lat, lon = np.radians(np.asarray(latitude, float)), np.radians(np.asarray(longitude, float))
    if not 1 <= nearest < len(areas):
        raise UsageError(f"nearest = {nearest} does not fit {len(areas)} areas")
    if not (np.isfinite(lat).all() and np.isfinite(lon).all()):
        raise UsageError("every area needs a position")
    distance = great_circle(lat[:, None], lon[:, None], lat, lon)
    np.fill_diagonal(distance, np.inf)
    linked = np.zeros(distance.shape, dtype=bool)
    chosen = np.argsort(distance, axis=1, kind="stable")[:, :nearest]
    np.put_along_axis(linked, chosen, True, axis=1)
    return _standardised(areas, linked, f"{nearest} nearest")


def great_circle(lat1: ArrayLike, lon1: ArrayLike, lat2: ArrayLike, lon2: ArrayLike) -> Floats:
    """Return great-circle distances [km] of positions in radians, by the haversine formula."""
    lat1, lon1, lat2, lon2 = (np.asarray(x, float) for x in (lat1, lon1, lat2, lon2))
    half = np.sin((lat2 - lat1) / 2) ** 2
    half = half + np.cos(lat1) * np.cos(lat2) * np.sin((lon2 - lon1) / 2) ** 2
    return np.asarray(2 * EARTH_KM * np.arcsin(np.sqrt(np.minimum(half, 1.0))))


def _standardised(areas: Sequence[str], linked: NDArray[np.bool_], rule: str) -> Neighbours:
    if len(set(areas)) != len(areas):
        raise UsageError("an area is listed twice")
    w = linked.astype(float)
    total = w.sum(axis=1, keepdims=True)
    w = np.divide(w, total, out=np.zeros_like(w), where=total > 0)
    return Neighbours(tuple(areas), w, rule)
