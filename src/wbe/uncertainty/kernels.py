"""Compiled kernels: rows of log values, their means, and exact order statistics.

Imports numba, which is the extra ``fast``: import this module only where it was asked for. All
loops run without the interpreter's lock. Sums are in a fixed order and nothing is reassociated, so
that threads and chunks change no bit.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

from wbe.uncertainty.kernel_normals import normals, start

_compiled = njit(nogil=True, error_model="numpy")
_bits: Any = intrinsic  # its type does not say that the compiler gives the first argument
_fused = njit(nogil=True, error_model="numpy", fastmath={"contract"})

PIECE = 1_250
"""Draws that a row makes at a time: they stay in the nearest cache."""


@_bits
def _as_float(context: Any, value: Any) -> Any:  # pragma: no cover - runs inside the compiler
    """Read the bits of an int64 as a float64."""

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.bitcast(args[0], ir.DoubleType())

    return types.float64(types.int64), build


@_bits
def _as_int(context: Any, value: Any) -> Any:  # pragma: no cover - runs inside the compiler
    """Read the bits of a float64 as an int64."""

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.bitcast(args[0], ir.IntType(64))

    return types.int64(types.float64), build


@_bits
def _wide(context: Any) -> Any:  # pragma: no cover - runs inside the compiler
    """Ask the compiler for the widest vectors of the machine."""

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        # llvmlite's own `add` takes only the attributes that it knows by name
        set.add(builder.function.attributes, '"prefer-vector-width"="512"')
        return context.get_dummy_value()

    return types.void(), build


@_fused
def exponential(x: Any, base: float, slope: float) -> None:
    """Replace x by exp(base + slope x) to a relative 1e-14; 0 below -708.8, infinite above 709.4.

    2^n exp(r) with n = round(x / ln 2) and, in |r| <= ln(2) / 2, the polynomial of degree 10
    with the smallest relative error (3e-16; Chebyshev's fit in 40 digits). Written so that the
    compiler makes vectors of it. Every draw has a fixed place in a piece, so that its bits do not
    depend on how the compiler treats the ends.
    """
    _wide()
    for i in range(len(x)):
        v = base + slope * x[i]
        v = -709.0 if v < -709.0 else v
        v = 710.0 if v > 710.0 else v
        whole = v * 1.4426950408889634 + 6755399441055744.0  # 1.5 * 2^52: rounds to an integer
        n = _as_int(whole) - 4843621399236967425
        k = whole - 6755399441055744.0
        r = (v - k * 0.6931471803691238) - k * 1.9082149292705877e-10
        p = 2.762635725527078e-07
        p = p * r + 2.7640180812804505e-06
        p = p * r + 2.480150434696448e-05
        p = p * r + 1.9841170270400204e-04
        p = p * r + 1.3888888932488625e-03
        p = p * r + 8.333333385667814e-03
        p = p * r + 4.166666666657314e-02
        p = p * r + 1.6666666666554406e-01
        p = p * r + 5.000000000000006e-01
        p = p * r + 1.0000000000000067
        p = p * r + 1.0
        # an exponent of -1023 is written as 0 and one of 1024 as infinity, as they should be
        x[i] = p * _as_float(n << 52)


@_compiled
def interpolate(z: Any, table: Any, low: float, steps: float) -> None:
    """Replace scores by the linear interpolation of a table at low, low + 1 / steps, ..."""
    last = len(table) - 2
    for i in range(len(z)):
        place = min(max((z[i] - low) * steps, 0.0), float(last + 1))
        k = min(int(place), last)
        z[i] = table[k] + (place - k) * (table[k + 1] - table[k])


@_compiled
def add_rows(
    tile: int, unit: Any, fresh: Any, base: Any, sd: Any, seeds: Any, weight: Any,
    use: Any, which: Any, power: Any, errors: Any, units: Any, rows: Any,
) -> None:  # fmt: skip
    """Add the weighted exponentials of rows to their units.

    Parameters
    ----------
    tile : int
    unit : ndarray (row,) of int
        Unit of each row.
    fresh : ndarray (row,) of bool
        Whether the row is the first of its unit, and overwrites what was there.
    base, sd, weight : ndarray (row,)
    seeds : ndarray (row, 4) of uint64
    use, which, power : ndarray
        Row r has the errors ``which[use[r]:use[r + 1]]`` at these powers.
    errors : ndarray (error, draw)
    units : ndarray (unit, draw)
        Added to.
    rows : ndarray (row, draw)
        Written, unless it has no rows.
    """
    _wide()
    states = np.empty((len(unit), 4), dtype=np.uint64)
    for r in range(len(unit)):
        start(seeds[r], tile, states[r])
    room = np.empty(PIECE)
    for a in range(0, units.shape[1], PIECE):  # the outer loop: the sums stay in the nearest cache
        b = min(a + PIECE, units.shape[1])
        for r in range(len(unit)):
            x = rows[r, a:b] if len(rows) else room[: b - a]
            _row(x, a, base[r], sd[r], states[r], use[r], use[r + 1], which, power, errors)
            _accumulate(units[unit[r], a:b], x, weight[r], fresh[r])


@_compiled
def _row(
    x: Any, a: int, base: float, sd: float, state: Any, first: int, end: int,
    which: Any, power: Any, errors: Any,
) -> None:  # fmt: skip
    """Write exp(base + sd z + the errors that a row shares)."""
    _wide()
    if sd > 0:
        normals(x, state)
    else:
        x[:] = 0.0
    if first == end:
        exponential(x, base, sd)
        return
    for k in range(first, end):
        error, p = errors[which[k]], power[k]
        slope = sd if k == first else 1.0
        for i in range(len(x)):
            x[i] = slope * x[i] + p * error[a + i]
    exponential(x, base, 1.0)


@_compiled
def _accumulate(total: Any, x: Any, weight: float, fresh: bool) -> None:
    _wide()
    if fresh:
        for i in range(len(x)):
            total[i] = weight * x[i]
    else:
        for i in range(len(x)):
            total[i] += weight * x[i]


@_compiled
def multiply_common(
    tile: int, sd: float, seed: Any, first: int, end: int, which: Any, power: Any, errors: Any,
    scale: float, unit: Any, rows: Any,
) -> None:  # fmt: skip
    """Multiply a unit, and its rows, by exp of what they have in common; the unit by its scale.

    The errors in common are ``which[first:end]``; see `add_rows`.
    """
    _wide()
    if sd == 0 and first == end:
        if scale != 1:
            for i in range(len(unit)):
                unit[i] *= scale
        return
    state = np.empty(4, dtype=np.uint64)
    room = np.empty(PIECE)
    start(seed, tile, state)
    for a in range(0, len(unit), PIECE):
        b = min(a + PIECE, len(unit))
        x = room[: b - a]
        _row(x, a, 0.0, sd, state, first, end, which, power, errors)
        for r in range(len(rows)):
            for i in range(len(x)):
                rows[r, a + i] *= x[i]
        for i in range(len(x)):
            unit[a + i] *= x[i] * scale


@_compiled
def summarise_units(
    tile: int, ends: Any, base: Any, sd: Any, seeds: Any, weight: Any, common_sd: Any,
    common_seeds: Any, scale: Any, use: Any, which: Any, power: Any, errors: Any, draws: int,
    wanted: Any, unit_found: Any, unit_mean: Any, row_found: Any, row_mean: Any,
) -> None:  # fmt: skip
    """Draw units of one tile and take their order statistics while they are in the cache.

    Row r has the errors ``which[use[r]:use[r + 1]]``, unit u those of place ``ends[-1] + u``; see
    `add_rows`, `multiply_common` and `order_statistics`, which do the work.

    Parameters
    ----------
    tile : int
        Tile of the streams: the first.
    draws : int
        At most as many as the errors have.
    unit_found, unit_mean : ndarray (unit, k), (unit,)
        Written.
    row_found, row_mean : ndarray (row, k), (row,)
        Written, unless they have no rows.
    """
    _wide()
    width = errors.shape[1]
    keep = len(row_mean) > 0
    total, desk = np.empty((1, width)), _desk(draws)
    most = 0
    for u in range(len(ends)):
        most = max(most, ends[u] - (ends[u - 1] if u else 0))
    room = np.empty((most if keep else 0, width))
    zeros = np.zeros(most, dtype=np.int64)
    fresh = np.zeros(most, dtype=np.bool_)
    fresh[:1] = True
    a = 0
    for u in range(len(ends)):
        b = ends[u]
        rows = room[: b - a]
        add_rows(tile, zeros[: b - a], fresh, base[a:b], sd[a:b], seeds[a:b], weight[a:b],
                 use[a : b + 1], which, power, errors, total, rows)  # fmt: skip
        at = ends[-1] + u
        multiply_common(tile, common_sd[u], common_seeds[u], use[at], use[at + 1], which, power,
                        errors, scale[u], total[0], rows)  # fmt: skip
        _ordered(total, draws, wanted, desk, unit_found[u : u + 1], unit_mean[u : u + 1])
        if keep:
            _ordered(rows, draws, wanted, desk, row_found[a:b], row_mean[a:b])
        a = b


@_compiled
def order_statistics(values: Any, draws: int, wanted: Any, out: Any, mean: Any) -> None:
    """Return exact order statistics and the mean of rows of numbers that are not negative.

    The bits of such numbers, read as integers, rise with them: their highest bits are the bin of
    a histogram that is fine where the numbers are small. Only the bins that hold a wanted rank are
    sorted.

    Parameters
    ----------
    values : ndarray (row, draw)
    draws : int
        Draws that count, from the first.
    wanted : ndarray (k,) of int
        Ranks, rising, from 0.
    out : ndarray (row, k)
    mean : ndarray (row,)
    """
    _ordered(values, draws, wanted, _desk(draws), out, mean)


_BINS = 2_048


@_compiled
def _desk(draws: int) -> Any:
    """Return the room that `_ordered` works in: bins, counts, kept, chosen.

    Whoever takes the order statistics of many units takes it once: giving such room back and
    asking for it again costs as much as the work done in it.
    """
    counts = np.empty(_BINS, dtype=np.int32)
    return (
        np.empty(draws, dtype=np.uint16),
        counts,
        np.empty(draws, dtype=np.int64),
        np.empty(draws),
    )


@_compiled
def _ordered(values: Any, draws: int, wanted: Any, desk: Any, out: Any, mean: Any) -> None:
    """Do the work of `order_statistics`."""
    bins, counts, kept, chosen = desk
    for r in range(len(values)):
        row = values[r, :draws]
        mean[r] = _sum(row) / draws
        _histogram(row, bins, counts)
        _select(row, bins, counts, wanted, kept, chosen, out[r])


@_compiled
def _sum(x: Any) -> float:
    """Return the sum in four lanes: the order is fixed, and one addition need not wait."""
    a = b = c = d = 0.0
    whole = len(x) // 4 * 4
    for i in range(0, whole, 4):
        a += x[i]
        b += x[i + 1]
        c += x[i + 2]
        d += x[i + 3]
    total = (a + b) + (c + d)
    for i in range(whole, len(x)):
        total += x[i]
    return total


@_compiled
def _histogram(x: Any, bins: Any, counts: Any) -> None:
    """Write the bin of each number and how many lie in each bin, shape (_BINS,)."""
    low, high = _as_int(x[0]), _as_int(x[0])
    for i in range(len(x)):
        v = _as_int(x[i])
        low, high = min(low, v), max(high, v)
    shift = 0
    while (high - low) >> shift >= _BINS:
        shift += 1
    for i in range(len(x)):
        bins[i] = (_as_int(x[i]) - low) >> shift
    _count(bins, counts)


@_compiled
def _count(bins: Any, counts: Any) -> None:
    """Count what lies in each bin; in two tables, so that a count need not wait for the last."""
    counts[:] = 0
    other = np.zeros_like(counts)
    whole = len(bins) // 2 * 2
    for i in range(0, whole, 2):
        counts[bins[i]] += 1
        other[bins[i + 1]] += 1
    for i in range(whole, len(bins)):
        counts[bins[i]] += 1
    for j in range(len(counts)):
        counts[j] += other[j]


@_compiled
def _select(x: Any, bins: Any, counts: Any, wanted: Any, kept: Any, chosen: Any, out: Any) -> None:
    """Write the numbers of some ranks."""
    place = np.full(len(counts), -1, dtype=np.int32)  # where the numbers of a bin are gathered
    below = np.empty(len(wanted), dtype=np.int64)
    bin_of = np.empty(len(wanted), dtype=np.int64)
    before, k, gathered = np.int64(0), 0, np.int64(0)
    for j in range(len(counts)):
        while k < len(wanted) and wanted[k] < before + counts[j]:
            if place[j] < 0:
                place[j] = gathered
                gathered += counts[j]
            below[k], bin_of[k] = before, j
            k += 1
        before += counts[j]
    hits = _hits(bins, place, kept)
    filled = place.copy()
    for h in range(hits):
        at = filled[bins[kept[h]]]
        chosen[at] = x[kept[h]]
        filled[bins[kept[h]]] = at + 1
    sorted_bin = np.int64(-1)
    for k in range(len(wanted)):
        j = bin_of[k]
        if j != sorted_bin:
            part = chosen[place[j] : place[j] + counts[j]]
            _sort(part)
            sorted_bin = j
        out[k] = chosen[place[j] + wanted[k] - below[k]]


@_compiled
def _hits(bins: Any, place: Any, kept: Any) -> int:
    """List the draws in bins that have a place; no branch, because none could be predicted."""
    hit = np.empty(len(place), dtype=np.uint8)
    for j in range(len(place)):
        hit[j] = place[j] >= 0
    hits = 0
    for i in range(len(bins)):
        kept[hits] = i
        hits += hit[bins[i]]
    return hits


@_compiled
def _sort(x: Any) -> None:
    """Sort the few numbers of a bin by Shell's method: short, and fast also for thousands."""
    for gap in (29_524, 9_841, 3_280, 1_093, 701, 301, 132, 57, 23, 10, 4, 1):
        for i in range(gap, len(x)):
            v, k = x[i], i
            while k >= gap and x[k - gap] > v:
                x[k] = x[k - gap]
                k -= gap
            x[k] = v
