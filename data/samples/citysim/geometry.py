"""Catchments of a city centre that lies in an empty piece of sea: one in the middle, seven around.

Lengths are kilometres on a plane around the centre; nothing here traces a real place.
"""

from __future__ import annotations

import math

import numpy as np
from countysim.geometry import Ring, nearer
from countysim.truth import Array

from .constants import PLANTS
from .model import stream_of

CENTRE = (119.3, 19.3)
KM_PER_DEGREE = (111.32 * math.cos(math.radians(CENTRE[1])), 110.66)
HALF_AXES = (12.0, 9.0)
EDGE_VERTICES = 72
GEOMETRY_SEED = 2023


def edge() -> Ring:
    """Return the edge of the city [km]: an ellipse with bulges."""
    rng = stream_of(GEOMETRY_SEED, "geometry", 0)
    angle = np.linspace(0.0, 2.0 * np.pi, EDGE_VERTICES, endpoint=False)
    radius = np.ones_like(angle)
    for wave, size in ((2, 0.07), (3, 0.05), (7, 0.02)):
        radius += size * np.sin(wave * angle + rng.uniform(0.0, 2.0 * np.pi))
    x, y = HALF_AXES[0] * radius * np.cos(angle), HALF_AXES[1] * radius * np.sin(angle)
    return list(zip(x.tolist(), y.tolist(), strict=True))


def plants() -> Array:
    """Return the plants (plant, 2) [km]: the first in the middle, the others around it."""
    rng = stream_of(GEOMETRY_SEED, "geometry", 1)
    around = len(PLANTS) - 1
    angle = 2.0 * np.pi * (np.arange(around) + rng.uniform(-0.15, 0.15, around)) / around
    reach = rng.uniform(0.60, 0.70, around)
    ring = np.stack([reach * HALF_AXES[0] * np.cos(angle), reach * HALF_AXES[1] * np.sin(angle)], 1)
    return np.vstack([[[0.3, -0.2]], ring])


def degrees(km: Array) -> Array:
    """Return longitude and latitude (..., 2) [degree], WGS84."""
    return np.asarray(np.round(np.array(CENTRE) + km / np.array(KM_PER_DEGREE), 5))


def catchments() -> list[Ring]:
    """Return the part of the city nearest to each plant, as closed rings [degree]."""
    place, out = plants(), []
    for own in range(len(place)):
        ring = edge()
        for other in range(len(place)):
            if other != own:
                ring = nearer(ring, place[own], place[other])
        corners = [(float(x), float(y)) for x, y in degrees(np.array(ring))]
        points = list(dict.fromkeys(corners))
        out.append([*points, points[0]])
    return out
