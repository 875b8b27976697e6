"""Draws of compiled units with numpy, four blocks at a time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from wbe.uncertainty.below import draw_below, nth
from wbe.uncertainty.collapse import COMMON, OWN, Factor
from wbe.uncertainty.product import BelowLimit
from wbe.uncertainty.streams import BLOCK, Stream
from wbe.uncertainty.summaries import Summary, order_statistics
from wbe.uncertainty.units import Chunk

Floats = NDArray[np.float64]

TILE = 4 * BLOCK
"""Draws that are calculated together: a row of them fits into the nearest caches."""
_KEPT = 256
"""Tiles of shared factors kept: 20 MiB."""


def tiles(draws: int) -> Iterator[tuple[int, slice]]:
    """Yield (first block, positions of its draws) of tiles of whole blocks.

    Every draw of a block is made, also of a block that is used in part.
    """
    width = -(-draws // BLOCK) * BLOCK
    for start in range(0, width, TILE):
        yield start // BLOCK, slice(start, min(start + TILE, width))


class NumpyEngine:
    """Draws with numpy's SFC64. Holds streams and buffers: one object a thread, never shared.

    Parameters
    ----------
    seed : int
    """

    def __init__(self, seed: int):
        self._stream = Stream(seed)
        self._kept: dict[tuple[Factor, int, int], Floats] = {}
        self._room = Room()

    def _fill(self, out: Floats, variable: str, label: str, block: int) -> None:
        """Fill whole blocks of standard normals from `block` on."""
        for k in range(0, len(out), BLOCK):
            self._stream.at(variable, label, block + k // BLOCK).standard_normal(
                out=out[k : k + BLOCK]
            )

    def _collapsed(self, out: Floats, variable: str, label: str, sd: float, block: int) -> None:
        """Fill a tile with a collapsed normal; its stream is named once a tile, not once a block.

        A tile that is used in part is the beginning of the whole one.
        """
        self._stream.at(variable, label, block * BLOCK // TILE).standard_normal(out=out)
        out *= sd

    def log_error(self, factor: Factor, block: int, width: int) -> Floats:
        """Return the log error of a factor at power 1, kept for the next who asks.

        Parameters
        ----------
        factor : Factor
        block, width : int
            First block and number of draws.

        Returns
        -------
        ndarray (width,)
            Do not change it.
        """
        found = self._kept.get((factor, block, width))
        if found is None:
            found = self._made(factor, block, width)
            if len(self._kept) >= _KEPT:
                self._kept.clear()
            self._kept[factor, block, width] = found
        return found

    def _made(self, factor: Factor, block: int, width: int) -> Floats:
        score, part = np.zeros(width), np.empty(width)
        for variable, label, coefficient in factor.parts:
            self._fill(part, variable, label, block)
            part *= coefficient
            score += part
        return score if factor.shape is None else factor.shape.log_error(score)

    def below(self, rows: BelowLimit, i: int, block: int, width: int) -> Floats:
        """Return draws of the log of one censored value, shape (width,)."""
        row = nth(rows, i)
        drawn = [draw_below(row, self._stream, block + k)[0] for k in range(width // BLOCK)]
        return np.concatenate(drawn)

    def summaries(
        self, chunk: Chunk, draws: int, at: tuple[float, ...], keep_rows: bool
    ) -> tuple[Summary, Summary]:
        """Return the summaries of units and rows (none unless `keep_rows`)."""
        with np.errstate(over="ignore", invalid="ignore"):  # infinite draws raise in the end
            if draws > TILE:
                return self._tile_by_tile(chunk, draws, at, keep_rows)
            return self._at_once(chunk, draws, at, keep_rows)

    def _tile_by_tile(
        self, chunk: Chunk, draws: int, at: tuple[float, ...], keep_rows: bool
    ) -> tuple[Summary, Summary]:
        units, rows = self.run(chunk, draws, keep_rows)
        return self.summarise(units, at), self.summarise(rows, at)

    def _at_once(
        self, chunk: Chunk, draws: int, at: tuple[float, ...], keep_rows: bool
    ) -> tuple[Summary, Summary]:
        """Return the summaries of one tile, each taken while its draws are in the cache."""
        of_units = Statistics(len(chunk.units), draws, at)
        of_rows = Statistics(len(chunk.rows) if keep_rows else 0, draws, at)
        width = -(-draws // BLOCK) * BLOCK
        total = self._room("units", 1, width)[0]
        for unit, (start, end) in enumerate(chunk.spans()):
            rows = self._room("rows", end - start if keep_rows else 0, width)
            self._unit(chunk, unit, 0, total, rows)
            of_units.take(unit, total[:draws])
            for row, values in enumerate(rows, start):
                of_rows.take(row, values[:draws])
        return of_units.summary(), of_rows.summary()

    def run(self, chunk: Chunk, draws: int, keep_rows: bool) -> tuple[Floats, Floats]:
        """Return the draws of units and, if wanted, of their rows.

        Returns
        -------
        units : ndarray (unit, draw)
        rows : ndarray (row, draw)
            Empty unless `keep_rows`. Both hold until the next call.
        """
        width = -(-draws // BLOCK) * BLOCK
        units = self._room("units", len(chunk.units), width)
        rows = self._room("rows", len(chunk.rows) if keep_rows else 0, width)
        for block, span in tiles(draws):
            for unit, (start, end) in enumerate(chunk.spans()):
                mine = rows[start:end, span] if keep_rows else rows
                self._unit(chunk, unit, block, units[unit, span], mine)
        return units[:, :draws], rows[:, :draws]

    def _unit(self, chunk: Chunk, unit: int, block: int, total: Floats, rows: Floats) -> None:
        """Write a tile of a unit, and of its rows unless `rows` has none."""
        x, spare = self._room("spare", 2, len(total))
        start, end = chunk.span(unit)
        for row in range(start, end):
            into = rows[row - start] if len(rows) else total if row == start else x
            self._row(chunk, row, block, into, spare)
            np.exp(into, out=into)
            if row > start:
                _add(total, into, chunk.weight[row], spare)
            elif len(rows) or chunk.weight[row] != 1:
                np.multiply(into, chunk.weight[row], out=total)
        common = self._common(chunk, unit, block, x, spare)
        if common is not None:
            total *= common
            for values in rows:
                values *= common
        if chunk.scale[unit] != 1:
            total *= chunk.scale[unit]

    def _row(self, chunk: Chunk, row: int, block: int, out: Floats, spare: Floats) -> None:
        """Write the log draws of a row, without what its unit has in common."""
        if chunk.sd[row]:
            self._collapsed(out, OWN, chunk.keys[row], chunk.sd[row], block)
            out += chunk.base[row]
        else:
            out[:] = chunk.base[row]
        for factor, power in chunk.uses[row]:
            error = self.log_error(factor, block, len(out))
            out += error if power == 1 else np.multiply(error, power, out=spare)
        if chunk.censored[row] >= 0 and chunk.below is not None:
            out += self.below(chunk.below, chunk.censored[row], block, len(out))

    def _common(
        self, chunk: Chunk, unit: int, block: int, out: Floats, spare: Floats
    ) -> Floats | None:
        """Return exp of what all rows of a unit have in common; None if nothing is."""
        if not chunk.common_sd[unit] and not chunk.common[unit]:
            return None
        if chunk.common_sd[unit]:
            self._collapsed(out, COMMON, chunk.common_keys[unit], chunk.common_sd[unit], block)
        else:
            out[:] = 0.0
        for factor, power in chunk.common[unit]:
            error = self.log_error(factor, block, len(out))
            out += error if power == 1 else np.multiply(error, power, out=spare)
        return np.exp(out, out=out)

    def summarise(self, values: Floats, at: tuple[float, ...]) -> Summary:
        """Return quantiles at `around`, mean and largest value of (row, draw), sorting in place."""
        found = Statistics(len(values), values.shape[1], at)
        for k, row in enumerate(values):
            found.take(k, row)
        return found.summary()


class Statistics:
    """The order statistics that quantiles need, and the mean, taken row by row.

    Parameters
    ----------
    rows, draws : int
    at : tuple of float
    """

    def __init__(self, rows: int, draws: int, at: tuple[float, ...]):
        self._wanted, self._interpolate = order_statistics(draws, at)
        self._found, self._mean = np.empty((rows, len(self._wanted))), np.empty(rows)

    def take(self, k: int, values: Floats) -> None:
        """Take those of row k; its values are sorted in place, so that the mean has one order."""
        values.sort()
        self._found[k] = values[self._wanted]
        self._mean[k] = np.add.reduce(values) / len(values)

    def summary(self) -> Summary:
        """Return quantiles, mean and largest value."""
        return self._interpolate(self._found, self._mean)


class Room:
    """Arrays that are used again: the first touch of new memory costs more than the sums."""

    def __init__(self) -> None:
        self._arrays: dict[str, Floats] = {}

    def __call__(self, name: str, rows: int, width: int) -> Floats:
        """Return an array (row, width) of any content, in the memory of the last of its name."""
        found = self._arrays.get(name)
        if found is None or found.size < rows * width:
            found = self._arrays[name] = np.empty(rows * width)
        return found[: rows * width].reshape(rows, width)


def _add(total: Floats, row: Floats, weight: float, spare: Floats) -> None:
    """Add a weighted row to a sum, row after row: the order of a sum is part of its bits."""
    total += row if weight == 1 else np.multiply(row, weight, out=spare)
