"""The numba engine: the same units as numpy's, with a stream of its own.

Its normals come from xoshiro256++ and a ziggurat, set for each tile of 10,000 draws from the hash
of (seed, variable, label): deterministic, the same for any chunk and number of threads, and not
the numbers of the numpy engine. Only censored values are drawn by numpy's keyed streams.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from wbe.errors import UsageError
from wbe.uncertainty.collapse import COMMON, OWN, Factor, Use
from wbe.uncertainty.distribution import SCORES, Distribution
from wbe.uncertainty.streams import BLOCK
from wbe.uncertainty.summaries import Summary, order_statistics
from wbe.uncertainty.tiles import TILE, NumpyEngine, tiles
from wbe.uncertainty.units import Chunk

try:
    from wbe.uncertainty import kernels
    from wbe.uncertainty.kernel_normals import normals, start
except ImportError as error:
    raise UsageError(
        "engine = 'numba' needs numba: install the extra with pip install 'wbe-drugs[fast]', or "
        "use engine = 'numpy'"
    ) from error

Floats = NDArray[np.float64]
Words = NDArray[np.uint64]

_ERRORS = 256
"""Shared errors that a kernel is given at once: 20 MiB."""
_PIECE = 64
"""Rows that a kernel is given at once, where they have errors of their own."""
_BELOW = "below_limit"


class NumbaEngine(NumpyEngine):
    """Draws with compiled kernels. Holds buffers: one object a thread, never shared.

    Parameters
    ----------
    seed : int
    """

    def __init__(self, seed: int):
        super().__init__(seed)
        self._seed = str(int(seed))

    def _words(self, variable: str, labels: Sequence[str]) -> Words:
        """Return the hashes of streams as four integers each, shape (label, 4)."""
        prefix = hashlib.blake2b(f"{self._seed}\x1f{variable}\x1f".encode(), digest_size=32)
        out = []
        for label in labels:
            name = prefix.copy()
            name.update(label.encode())
            out.append(name.digest())
        return np.frombuffer(b"".join(out), dtype="<u8").astype(np.uint64).reshape(-1, 4)

    def _fill(self, out: Floats, variable: str, label: str, block: int) -> None:
        state = np.empty(4, dtype=np.uint64)
        start(self._words(variable, [label])[0], _tile(block), state)
        normals(out, state)

    def _made(self, factor: Factor, block: int, width: int) -> Floats:
        score = super()._made(Factor(factor.parts), block, width)
        if factor.shape is not None:
            kernels.interpolate(score, _table(factor.shape), SCORES[0], 1 / (SCORES[1] - SCORES[0]))
        return score

    def summaries(
        self, chunk: Chunk, draws: int, at: tuple[float, ...], keep_rows: bool
    ) -> tuple[Summary, Summary]:
        """Return the summaries of units and rows; see `NumpyEngine.summaries`."""
        flat = _Flat([*chunk.uses, *chunk.common])
        if draws > TILE or len(flat.factors) > _ERRORS or chunk.below is not None:
            return self._tile_by_tile(chunk, draws, at, keep_rows)
        wanted, interpolate = order_statistics(draws, at)
        units = _room(len(chunk.units), len(wanted))
        rows = _room(len(chunk.rows) if keep_rows else 0, len(wanted))
        if len(chunk.units):
            width = max(span.stop for _, span in tiles(draws))
            errors = _stack([self.log_error(f, 0, width) for f in flat.factors], width)
            kernels.summarise_units(
                0, chunk.ends, chunk.base, chunk.sd, self._words(OWN, chunk.keys), chunk.weight,
                chunk.common_sd, self._words(COMMON, chunk.common_keys), chunk.scale,
                flat.use, flat.which, flat.power, errors, draws, wanted, *units, *rows,
            )  # fmt: skip
        return interpolate(*units), interpolate(*rows)

    def run(self, chunk: Chunk, draws: int, keep_rows: bool) -> tuple[Floats, Floats]:
        """Return the draws of units and, if wanted, of their rows; see `NumpyEngine.run`."""
        own = self._words(OWN, chunk.keys)
        common = self._words(COMMON, chunk.common_keys)
        width = max((span.stop for _, span in tiles(draws)), default=0)
        units = self._room("units", len(chunk.units), width)
        rows = self._room("rows", len(chunk.rows) if keep_rows else 0, width)
        for block, span in tiles(draws):
            # contiguous, so that there is one compiled version and its loops are vectors
            tile = self._room("unit tile", len(units), span.stop - span.start)
            row_tile = self._room("row tile", len(rows), span.stop - span.start)
            self._rows(chunk, own, block, tile, row_tile)
            self._commons(chunk, common, block, tile, row_tile)
            units[:, span], rows[:, span] = tile, row_tile
        return units[:, :draws], rows[:, :draws]

    def _rows(self, chunk: Chunk, own: Words, block: int, units: Floats, rows: Floats) -> None:
        """Draw rows without what their unit has in common, some at a time."""
        lengths = np.diff(chunk.ends, prepend=0)
        unit = np.repeat(np.arange(len(chunk.ends)), lengths)
        fresh = np.ones(len(unit), dtype=bool)
        fresh[1:] = unit[1:] != unit[:-1]
        for a in range(0, len(chunk.rows), _PIECE):
            s = slice(a, min(a + _PIECE, len(chunk.rows)))
            flat, errors = self._piece(chunk, s, block, units.shape[1])
            kernels.add_rows(
                _tile(block), unit[s], fresh[s], chunk.base[s], chunk.sd[s], own[s],
                chunk.weight[s], flat.use, flat.which, flat.power, errors, units, rows[s],
            )  # fmt: skip

    def _piece(self, chunk: Chunk, s: slice, block: int, width: int) -> tuple[_Flat, Floats]:
        """Return what some rows share, and the draws of it; censored values stand behind."""
        uses = [list(u) for u in chunk.uses[s]]
        drawn = []
        for row in range(s.start, s.stop):
            i = int(chunk.censored[row])
            if i >= 0 and chunk.below is not None:
                factor = Factor(((_BELOW, str(i), 1.0),))
                uses[row - s.start].append((factor, 1.0))
                drawn.append((factor, self.below(chunk.below, i, block, width)))
        values = dict(drawn)
        flat = _Flat(uses)
        errors = [
            values[f] if f in values else self.log_error(f, block, width) for f in flat.factors
        ]
        return flat, _stack(errors, width)

    def _commons(self, chunk: Chunk, seeds: Words, block: int, units: Floats, rows: Floats) -> None:
        for u, (start, end) in enumerate(chunk.spans()):
            flat = _Flat([chunk.common[u]])
            errors = [self.log_error(f, block, units.shape[1]) for f in flat.factors]
            kernels.multiply_common(
                _tile(block), chunk.common_sd[u], seeds[u], 0, len(flat.which), flat.which,
                flat.power, _stack(errors, units.shape[1]), chunk.scale[u], units[u],
                rows[start:end],
            )  # fmt: skip

    def summarise(self, values: Floats, at: tuple[float, ...]) -> Summary:
        """Return quantiles at `around`, mean and largest value of (row, draw), all exact."""
        wanted, interpolate = order_statistics(values.shape[1], at)
        found, mean = _room(len(values), len(wanted))
        kernels.order_statistics(np.ascontiguousarray(values), values.shape[1], wanted, found, mean)
        return interpolate(found, mean)


class _Flat:
    """Lists of uses as arrays: list k has ``which[use[k]:use[k + 1]]`` of `factors`."""

    def __init__(self, lists: list[list[Use]]):
        number: dict[Factor, int] = {}
        which, power, use = [], [], [0]
        for uses in lists:
            for factor, p in uses:
                which.append(number.setdefault(factor, len(number)))
                power.append(p)
            use.append(len(which))
        self.factors = list(number)
        self.use, self.which = np.array(use), np.array(which, dtype=np.intp)
        self.power = np.array(power, dtype=float)


def _room(rows: int, wanted: int) -> tuple[Floats, Floats]:
    return np.empty((rows, wanted)), np.empty(rows)


def _tile(block: int) -> int:
    """Return the tile that starts with a block."""
    return block * BLOCK // TILE


def _stack(arrays: list[Floats], width: int) -> Floats:
    return np.stack(arrays) if arrays else np.empty((0, width))


@functools.lru_cache(maxsize=512)
def _table(shape: Distribution) -> Floats:
    """Return the log errors of a shape at `SCORES`."""
    return shape.log_error(SCORES)
