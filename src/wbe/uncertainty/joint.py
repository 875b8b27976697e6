"""Functions of draws that are read together: of rows or means, and of named inputs (JCGM 101)."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from wbe.errors import PrecisionError, UsageError
from wbe.uncertainty.distribution import SCORES, Distribution
from wbe.uncertainty.keyed import log_draws
from wbe.uncertainty.product import Function, Ints, Joint, Mean
from wbe.uncertainty.streams import BLOCK, Correlation, Stream, blocks
from wbe.uncertainty.units import Plan

Floats = NDArray[np.float64]

_ROWS_BYTES = 64 * 2**20
"""Draws of rows or means that a function sees at once; a block is handed over in parts above."""

_INPUT = "input"  # label of all inputs: correlated ones need one label


def of_rows(model: Joint, draws: int, seed: int, threads: int) -> Floats:
    """Return the results of a function of the joint draws of rows or means.

    Returns
    -------
    ndarray (result, draw)
    """
    source = Rows(model)

    def block(number: int) -> Floats:
        return source.block(Stream(seed, source.correlations), number)

    return _collected(block, draws, threads)


def of_inputs(model: Function, draws: int, seed: int, threads: int) -> Floats:
    """Return the results of a function of named inputs, shape (result, draw).

    An input is keyed by the seed and its name; correlations are those of the normal scores.
    """
    require_inputs(model)

    def block(number: int) -> Floats:
        return inputs_block(model, Stream(seed, model.correlations), number)

    return _collected(block, draws, threads)


def require_inputs(model: Function) -> None:
    """Check that correlations are between inputs.

    Raises
    ------
    UsageError
        If one is not.
    """
    unknown = {n for c in model.correlations for n in (c.a, c.b)} - set(model.inputs)
    if unknown:
        raise UsageError(f"correlation of {', '.join(sorted(unknown))}, which is no input")


def inputs_block(model: Function, stream: Stream, number: int) -> Floats:
    """Return the results of one block of a function of named inputs, shape (result, BLOCK)."""
    values = {
        name: _values(shape, stream.scores(name, [_INPUT], number)[0])
        for name, shape in model.inputs.items()
    }
    return _as_results(model.call(**values), BLOCK)


def _values(shape: Distribution, z: Floats) -> Floats:
    if not shape.tabulated:
        return shape.value(z)
    return np.interp(z, SCORES, _table(shape))


@functools.lru_cache(maxsize=64)
def _table(shape: Distribution) -> Floats:
    return shape.value(SCORES)


class Rows:
    """The draws of rows or means, a block at a time, whatever their number.

    Parameters
    ----------
    model : Joint
    """

    def __init__(self, model: Joint):
        self._model = model
        self._product = model.of.of if isinstance(model.of, Mean) else model.of
        self._means = _means(model.of) if isinstance(model.of, Mean) else None
        self._n = len(self._product) if self._means is None else len(self._means)

    @property
    def correlations(self) -> tuple[Correlation, ...]:
        """Correlations of the rows' variables."""
        return self._product.correlations

    def block(self, stream: Stream, number: int) -> Floats:
        """Return the results of one block, shape (result, BLOCK)."""
        width = max(1, min(BLOCK, _ROWS_BYTES // (8 * max(1, self._n))))
        parts = []
        for start in range(0, BLOCK, width):
            span = slice(start, min(start + width, BLOCK))
            drawn = self._draws(stream, number, span)
            parts.append(_as_results(self._model.call(drawn), drawn.shape[1]))
        return parts[0] if len(parts) == 1 else np.hstack(parts)

    def _draws(self, stream: Stream, number: int, span: slice) -> Floats:
        """Return some draws of a block on the natural scale, shape (row or group, draw)."""
        out = np.zeros((self._n, span.stop - span.start))
        for into, rows, weights in self._pieces():
            part = self._product.take(rows)
            drawn = np.exp(log_draws(part, stream, number)[:, span])
            if weights is None:
                out[into] = drawn
                continue
            for row, weight in zip(drawn, weights, strict=True):  # one by one: order is bits
                out[into] += weight * row
        return out

    def _pieces(self) -> Iterator[tuple[Ints | int, Ints, Floats | None]]:
        """Yield (where to, rows, weights) of pieces of bounded size."""
        step = max(1, _ROWS_BYTES // (8 * BLOCK))
        if self._means is None:
            for start in range(0, self._n, step):
                rows = np.arange(start, min(start + step, self._n))
                yield rows, rows, None
            return
        for group, (members, weights) in enumerate(self._means):
            for start in range(0, len(members), step):
                part = slice(start, start + step)
                yield group, members[part], weights[part]


def _means(mean: Mean) -> list[tuple[Ints, Floats]]:
    """Return rows and weights of each group in an order that does not depend on the one given."""
    plan = Plan(mean)
    members = [plan.ordered(group) for group in range(len(plan))]
    weights = np.ones(len(mean.of)) if mean.weights is None else mean.weights
    return [(rows, weights[rows] / weights[rows].sum()) for rows in members]


def _as_results(values: Floats, draws: int) -> Floats:
    """Return what a function gave as (result, draw).

    Raises
    ------
    UsageError
        If there is not a result a draw.
    """
    out = np.atleast_2d(np.asarray(values, dtype=float))
    if out.ndim != 2 or out.shape[1] != draws:
        shape = np.shape(values)
        raise UsageError(f"the function gave {shape} for {draws} draws; it must end in (draw,)")
    return out


def _collected(block: Callable[[int], Floats], draws: int, threads: int) -> Floats:
    """Return the results of all draws; whole blocks are made, so that a short run is a long one's.

    Raises
    ------
    UsageError
        If blocks give different numbers of results.
    PrecisionError
        If a result is a number in some draws only.
    """
    spans = list(blocks(draws))
    first = block(0)
    out = np.empty((len(first), draws))

    def put(item: tuple[int, slice]) -> None:
        number, span = item
        got = first if number == 0 else block(number)
        if len(got) != len(out):
            raise UsageError(f"the function gave {len(out)} results, then {len(got)}")
        out[:, span] = got[:, : span.stop - span.start]

    with ThreadPoolExecutor(threads) as pool:
        for _ in pool.map(put, spans):
            pass
    return _require_numbers(out)


def _require_numbers(values: Floats) -> Floats:
    unknown = np.isnan(values).sum(axis=1)
    bad = np.flatnonzero((unknown > 0) & (unknown < values.shape[1]))
    if len(bad):
        raise PrecisionError(
            f"result {int(bad[0])} is no number in {int(unknown[bad[0]])} of {values.shape[1]} "
            "draws: a function must be defined for all values of its inputs"
        )
    low = np.flatnonzero(np.isneginf(values).any(axis=1))
    if len(low):
        raise PrecisionError(f"result {int(low[0])} has infinite draws")
    return values
