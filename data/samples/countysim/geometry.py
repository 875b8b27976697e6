"""A coast, seats, cells and points of a county that lies in an empty piece of sea.

Lengths are kilometres on a plane around the county's centre; nothing here traces a real shore.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from .constants import POINTS, TOWNS
from .truth import Array, stream_of

CENTRE = (118.0, 19.5)
KM_PER_DEGREE = (111.32 * math.cos(math.radians(CENTRE[1])), 110.66)
HALF_AXES = (23.0, 16.0)
COAST_VERTICES = 96
Ring = list[tuple[float, float]]


@lru_cache(maxsize=8)
def coast(seed: int) -> Array:
    """Return the coast as a closed-by-repetition ring (vertex, 2) [km]: an ellipse with bays."""
    rng = stream_of(seed, "geometry", 0)
    angle = np.linspace(0.0, 2.0 * np.pi, COAST_VERTICES, endpoint=False)
    radius = np.ones_like(angle)
    for wave, size in ((2, 0.06), (3, 0.05), (5, 0.035), (9, 0.02), (14, 0.012)):
        radius += size * np.sin(wave * angle + rng.uniform(0.0, 2.0 * np.pi))
    return np.stack(
        [HALF_AXES[0] * radius * np.cos(angle), HALF_AXES[1] * radius * np.sin(angle)], axis=1
    )


@lru_cache(maxsize=8)
def seats(seed: int) -> Array:
    """Return the town seats (town, 2) [km]: each the loneliest of some random places inland."""
    rng = stream_of(seed, "geometry", 1)
    shore = coast(seed)
    chosen: list[Array] = []
    while len(chosen) < len(TOWNS):
        places = rng.uniform(-1.0, 1.0, (200, 2)) * HALF_AXES
        inland = (places / (0.82 * np.array(HALF_AXES))) ** 2
        places = places[inland.sum(axis=1) < 1.0]
        others = np.vstack([*chosen, *[v for v in shore]]) if chosen else shore
        gap = np.min(np.hypot(*(places[:, None, :] - others[None, :, :]).transpose(2, 0, 1)), 1)
        chosen.append(places[np.argmax(gap[:12])][None, :])
    return np.vstack(chosen)


def seat_coordinates(seed: int) -> tuple[Array, Array]:
    """Return longitude and latitude of the seats (town) [degree], WGS84."""
    return _degrees(seats(seed))


def point_coordinates(seed: int) -> tuple[Array, Array]:
    """Return longitude and latitude of the points (town, point) [degree], inside their cell."""
    place = seats(seed)
    rng = stream_of(seed, "geometry", 2)
    apart = np.hypot(*(place[:, None, :] - place[None, :, :]).transpose(2, 0, 1))
    np.fill_diagonal(apart, np.inf)
    reach = np.minimum(apart.min(axis=1), 4.0)
    angle = rng.uniform(0.0, 2.0 * np.pi, (len(TOWNS), POINTS))
    radius = reach[:, None] * rng.uniform(0.10, 0.40, (len(TOWNS), POINTS))
    offset = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=-1)
    return _degrees(place[:, None, :] + offset)


def _degrees(km: Array) -> tuple[Array, Array]:
    return (
        np.round(CENTRE[0] + km[..., 0] / KM_PER_DEGREE[0], 5),
        np.round(CENTRE[1] + km[..., 1] / KM_PER_DEGREE[1], 5),
    )


def cells(seed: int) -> list[Ring]:
    """Return the Voronoi cell of each seat inside the coast, as closed rings [degree]."""
    place = seats(seed)
    out = []
    for own in range(len(place)):
        ring: Ring = [(float(x), float(y)) for x, y in coast(seed)]
        for other in range(len(place)):
            if other != own:
                ring = nearer(ring, place[own], place[other])
        lon, lat = _degrees(np.array(ring))
        points = list(dict.fromkeys(zip(lon.tolist(), lat.tolist(), strict=True)))
        out.append([*points, points[0]])
    return out


def nearer(ring: Ring, own: Array, other: Array) -> Ring:
    """Clip a ring to the half-plane nearer to ``own`` (Sutherland-Hodgman)."""
    normal = other - own
    middle = float(normal @ (own + other)) / 2.0
    side = [float(normal[0]) * x + float(normal[1]) * y - middle for x, y in ring]
    out: Ring = []
    for i, (here, there) in enumerate(zip(ring, ring[1:] + ring[:1], strict=True)):
        a, b = side[i], side[(i + 1) % len(ring)]
        if a <= 0:
            out.append(here)
        if (a <= 0) != (b <= 0):
            share = a / (a - b)
            out.append(
                (
                    here[0] + share * (there[0] - here[0]),
                    here[1] + share * (there[1] - here[1]),
                )
            )
    return out


def to_baidu(lon: float, lat: float) -> tuple[float, float]:
    """Return Baidu (BD-09) coordinates of a WGS84 point [degree], by the published offsets."""
    x, y = _to_gcj(lon, lat)
    turn = math.pi * 3000.0 / 180.0
    radius = math.hypot(x, y) + 0.00002 * math.sin(y * turn)
    angle = math.atan2(y, x) + 0.000003 * math.cos(x * turn)
    return radius * math.cos(angle) + 0.0065, radius * math.sin(angle) + 0.006


def _to_gcj(lon: float, lat: float) -> tuple[float, float]:
    major, eccentricity = 6378245.0, 0.00669342162296594323
    x, y = lon - 105.0, lat - 35.0
    root = math.sqrt(abs(x))
    common = (20.0 * math.sin(6.0 * x * math.pi) + 20.0 * math.sin(2.0 * x * math.pi)) * 2 / 3
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + common
    north += _waves(y, ((20.0, 1.0), (40.0, 1 / 3), (160.0, 1 / 12), (320.0, 1 / 30)))
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + common
    east += _waves(x, ((20.0, 1.0), (40.0, 1 / 3), (150.0, 1 / 12), (300.0, 1 / 30)))
    sine = math.sin(math.radians(lat))
    flattening = 1.0 - eccentricity * sine * sine
    metre_north = 180.0 * flattening**1.5 / (major * (1.0 - eccentricity) * math.pi)
    metre_east = 180.0 * math.sqrt(flattening) / (major * math.cos(math.radians(lat)) * math.pi)
    return lon + east * metre_east, lat + north * metre_north


def _waves(at: float, terms: tuple[tuple[float, float], ...]) -> float:
    return sum(size * math.sin(rate * at * math.pi) for size, rate in terms) * 2 / 3
