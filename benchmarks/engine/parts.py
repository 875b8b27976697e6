"""Parts of the numba engine in compiled loops of their own. Imports numba."""

from __future__ import annotations

from typing import Any

from numba import njit

from wbe.uncertainty import kernels
from wbe.uncertainty.kernel_normals import normals

_compiled = njit(nogil=True, error_model="numpy")


@_compiled
def draw(times: int, room: Any, state: Any) -> None:
    """Fill the room with normals, again and again."""
    for _ in range(times):
        normals(room, state)


@_compiled
def exponentiate(times: int, room: Any) -> None:
    """Take exponentials of a fifth, which stay near 1.3."""
    for _ in range(times):
        kernels.exponential(room, 0.0, 0.2)


@_compiled
def add(times: int, total: Any, room: Any) -> None:
    """Add weighted numbers to a sum."""
    for _ in range(times):
        for i in range(len(room)):
            total[i] += 0.5 * room[i]


@_compiled
def scale(times: int, rows: Any, common: Any) -> None:
    """Multiply rows of draws by what they have in common."""
    for _ in range(times):
        for r in range(len(rows)):
            for i in range(len(common)):
                rows[r, i] *= common[i]


@_compiled
def select(times: int, rows: Any, wanted: Any, out: Any, mean: Any) -> None:
    """Take exact order statistics and means of rows."""
    for _ in range(times):
        kernels.order_statistics(rows, rows.shape[1], wanted, out, mean)
