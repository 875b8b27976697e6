"""Compiled standard normals from a named stream: xoshiro256++ and a ziggurat.

Imports numba, which is the extra ``fast``: import this module only where it was asked for.

References
----------
xoshiro256++: Blackman 2021, 10.1145/3460772
Ziggurat: Marsaglia 2000, 10.18637/jss.v005.i08
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_compiled = njit(nogil=True, error_model="numpy")
_inlined = njit(nogil=True, error_model="numpy", inline="always")

_LAYERS = 256
_EDGE = 3.6541528853610088  # start of the tail for 256 layers (Marsaglia and Tsang 2000)
_AREA = 0.00492867323399  # of each layer


def ziggurat() -> tuple[NDArray[np.int64], Floats, Floats]:
    """Return limits, widths and heights of the layers under exp(-x^2 / 2).

    Returns
    -------
    limits : ndarray (256,) of int64
        Below it, of 2^52, a point lies inside its layer without a look at the curve.
    widths : ndarray (256,)
        Width of the layer / 2^52.
    heights : ndarray (256,)
        exp(-x^2 / 2) at the right end of the layer.
    """
    edge = np.empty(_LAYERS)
    edge[-1] = _EDGE
    for i in range(_LAYERS - 2, 0, -1):
        height = _AREA / edge[i + 1] + math.exp(-(edge[i + 1] ** 2) / 2)
        edge[i] = math.sqrt(-2 * math.log(height))
    edge[0] = 0.0
    base = _AREA / math.exp(-(_EDGE**2) / 2)  # the lowest layer with its tail as a rectangle
    right = np.concatenate([[base], edge[1:]])
    inside = np.concatenate([[_EDGE], edge[:-1]])
    limits = (inside / right * 2.0**52).astype(np.int64)
    heights = np.exp(-(edge**2) / 2)
    return limits, right / 2.0**52, heights


_LIMITS, _WIDTHS, _HEIGHTS = ziggurat()


@_compiled
def start(seed: Any, tile: int, state: Any) -> None:
    """Set the state of a tile's generator from the hash of its name (SplitMix64 finaliser)."""
    for i in range(4):
        z = seed[i] + np.uint64(tile) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        state[i] = z ^ (z >> np.uint64(31))


@_inlined
def _next(s0: Any, s1: Any, s2: Any, s3: Any) -> Any:
    """Advance xoshiro256++; return the number and the new state."""
    total = s0 + s3
    number = ((total << np.uint64(23)) | (total >> np.uint64(41))) + s0
    shifted = s1 << np.uint64(17)
    s2 ^= s0
    s3 ^= s1
    s1 ^= s2
    s0 ^= s3
    s2 ^= shifted
    s3 = (s3 << np.uint64(45)) | (s3 >> np.uint64(19))
    return number, s0, s1, s2, s3


@_inlined
def _unit(number: Any) -> float:
    """Return a uniform number in (0, 1)."""
    return (float(number >> np.uint64(12)) + 0.5) * 2.0**-52


@_compiled
def normals(out: Any, state: Any) -> None:
    """Fill with standard normals and leave the state where they end.

    The layer comes from the lowest 8 bits, the place in it from the highest 53: no bit is used
    twice.
    """
    s0, s1, s2, s3 = state[0], state[1], state[2], state[3]
    for i in range(len(out)):
        while True:
            number, s0, s1, s2, s3 = _next(s0, s1, s2, s3)
            layer = number & np.uint64(255)  # unsigned: an index that cannot count from the end
            place = np.int64(number) >> 11
            x = place * _WIDTHS[layer]
            if abs(place) < _LIMITS[layer]:
                break
            one, s0, s1, s2, s3 = _next(s0, s1, s2, s3)
            if layer > 0:
                low, high = _HEIGHTS[layer], _HEIGHTS[layer - np.uint64(1)]
                if low + _unit(one) * (high - low) < math.exp(-x * x / 2):
                    break
                continue
            two, s0, s1, s2, s3 = _next(s0, s1, s2, s3)
            beyond = -math.log(_unit(one)) / _EDGE
            if -2 * math.log(_unit(two)) > beyond * beyond:
                x = _EDGE + beyond if place > 0 else -_EDGE - beyond
                break
        out[i] = x
    state[0], state[1], state[2], state[3] = s0, s1, s2, s3
