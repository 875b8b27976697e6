"""Keyed Monte Carlo: draws of rows that are read together, and summaries of what is not.

Rows read together (`log_draws`, `draw`, `Joint`) keep a stream for every factor and label. The
marginal summaries of `solve` use fewer normals (see `units`): the law is the same, the draws are
others. Memory is bounded by chunks of rows; no number depends on them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from wbe.errors import UsageError
from wbe.uncertainty import joint
from wbe.uncertainty.keyed import add_term, draw, log_draws
from wbe.uncertainty.product import Function, Ints, Joint, Mean, Model, Product, Solved
from wbe.uncertainty.streams import BLOCK
from wbe.uncertainty.summaries import (
    INTERVAL,
    Summary,
    checks,
    require_draws,
    require_finite,
    split,
    summary,
)
from wbe.uncertainty.tiles import TILE, NumpyEngine
from wbe.uncertainty.units import Chunk, Plan

Floats = NDArray[np.float64]

_COMPILED = 4
"""Times as many series a chunk where kernels draw: what rows share is made once a chunk."""
_CHUNK_BYTES = 16 * 2**20


class Engine(Protocol):
    """What draws the units of a chunk and summarises them."""

    def summaries(
        self, chunk: Chunk, draws: int, at: tuple[float, ...], keep_rows: bool
    ) -> tuple[Summary, Summary]:
        """Return the summaries of units, and of their rows if `keep_rows`."""


def solve(
    model: Model,
    draws: int,
    seed: int,
    at: tuple[float, ...] = INTERVAL,
    engine: str = "numpy",
    threads: int = 1,
) -> Solved:
    """Return quantiles and means by keyed Monte Carlo.

    Parameters
    ----------
    model : Product, Mean, Joint or Function
    draws : int
        The first n of N draws are the draws of a run of n.
    seed : int
    at : tuple of float
        Probabilities of the quantiles.
    engine : str
        ``numpy``, or ``numba`` for marginals: other numbers of the same law.
    threads : int
        They change no number.

    Returns
    -------
    Solved
        With ``effective_draws`` and the largest relative ``standard_error`` among its checks.

    Raises
    ------
    PrecisionError
        If fewer than 10 draws are expected beyond a quantile, a draw is infinite, or a function
        gives no number for some of the draws.
    UsageError
        If the engine is not installed, or not made for the model.

    Notes
    -----
    Memory: a thread holds the draws of some rows or means, 16 MiB or those of one (8 bytes a
    draw), and tiles of shared factors, 20 MiB. The results of a `Joint` or a `Function` are kept
    whole.
    """
    require_draws(draws, at)
    if isinstance(model, (Product, Mean)):
        return _marginals(model, draws, seed, at, engine, threads, False)[0]
    if engine != "numpy":
        raise UsageError("draws that are read together have one stream: use engine = 'numpy'")
    values = _results(model, draws, seed, threads)
    found, rows = _Found(len(values), len(at)), np.arange(len(values))
    quantiles, mean, largest = NumpyEngine(seed).summarise(values, at)
    require_finite(largest, rows)
    found.put(rows, quantiles, mean)
    return found.solved(draws)


def solve_with_rows(
    model: Mean,
    draws: int,
    seed: int,
    at: tuple[float, ...] = INTERVAL,
    engine: str = "numpy",
    threads: int = 1,
) -> tuple[Solved, Solved]:
    """Return the means of groups and, from the same draws, all their rows; see `solve`.

    Returns
    -------
    groups, rows : Solved
        The means are those of `solve`, bit for bit. Rows are in the order of the product.
    """
    require_draws(draws, at)
    return _marginals(model, draws, seed, at, engine, threads, True)


def _results(model: Joint | Function, draws: int, seed: int, threads: int) -> Floats:
    if isinstance(model, Function):
        return joint.of_inputs(model, draws, seed, threads)
    return joint.of_rows(model, draws, seed, threads)


def _marginals(
    model: Product | Mean,
    draws: int,
    seed: int,
    at: tuple[float, ...],
    engine: str,
    threads: int,
    keep_rows: bool,
) -> tuple[Solved, Solved]:
    plan = Plan(model)
    make = _maker(engine, seed)
    n = len(plan.product) if keep_rows else 0
    found = [_Found(len(plan), len(at)), _Found(n, len(at))]
    series = len(plan) + n
    cells = max(1, _CHUNK_BYTES // (8 * -(-draws // BLOCK) * BLOCK))
    if engine == "numba" and draws <= TILE:
        cells *= _COMPILED  # kernels keep the draws of one unit only
    if threads > 1:  # so that nobody waits for the last chunk
        cells = min(cells, -(-series // (4 * threads)))
    work = partial(_chunk, plan, _Own(make), draws, at, keep_rows)
    for pieces in _over(work, plan.chunks(cells, keep_rows), threads):
        for into, piece in zip(found, pieces, strict=True):
            into.put(*piece)
    return found[0].solved(draws), found[1].solved(draws)


class _Found:
    """Quantiles and means of rows, filled piece by piece."""

    def __init__(self, n: int, quantiles: int):
        self.quantiles, self.errors = (np.full((n, quantiles), np.nan) for _ in range(2))
        self.mean = np.full(n, np.nan)

    def put(self, at: Ints, quantiles: Floats, mean: Floats) -> None:
        """Write some rows, with quantiles at `around`."""
        self.quantiles[at], self.errors[at] = split(quantiles)
        self.mean[at] = mean

    def solved(self, draws: int) -> Solved:
        """Return all rows."""
        watched = checks(draws, self.quantiles, self.errors)
        return Solved(self.quantiles, self.mean, watched, self.errors)


class _Own(threading.local):
    """The engine of a thread."""

    def __init__(self, make: Callable[[], Engine]):
        self.engine = cache(make)


_Piece = tuple[Ints, Floats, Floats]


def _chunk(
    plan: Plan,
    own: _Own,
    draws: int,
    at: tuple[float, ...],
    keep_rows: bool,
    span: tuple[int, int],
) -> tuple[_Piece, _Piece]:
    chunk = plan.compiled(*span)
    found = own.engine().summaries(chunk, draws, at, keep_rows)
    pieces = []
    for where, (quantiles, mean, largest) in zip((chunk.units, chunk.rows), found, strict=True):
        require_finite(largest, where)
        pieces.append((where[: len(mean)], quantiles, mean))
    return pieces[0], pieces[1]


def _over(
    work: Callable[[tuple[int, int]], tuple[_Piece, _Piece]],
    spans: Iterable[tuple[int, int]],
    threads: int,
) -> Iterator[tuple[_Piece, _Piece]]:
    if threads == 1:
        yield from map(work, spans)
        return
    with ThreadPoolExecutor(threads) as pool:
        yield from pool.map(work, spans)


def _maker(engine: str, seed: int) -> Callable[[], Engine]:
    """Return what makes an engine for a chunk."""
    if engine == "numpy":
        return partial(NumpyEngine, seed)
    if engine == "numba":
        from wbe.uncertainty.fast import NumbaEngine  # the extra `fast`, only on request

        return partial(NumbaEngine, seed)
    raise UsageError(f"engine = {engine!r} is neither 'numpy' nor 'numba'")


def summarise(product: Product, draws: int, seed: int) -> dict[str, Floats]:
    """Return median, mean and 95 % interval of every row, a chunk of rows at a time.

    Parameters
    ----------
    product : Product
    draws : int
        Number of draws; 0 gives the central values, with NaN for mean and interval.
    seed : int

    Returns
    -------
    dict of str to ndarray (row,)
        ``median``, ``mean``, ``lower``, ``upper``.

    Examples
    --------
    >>> import numpy as np
    >>> from wbe.uncertainty import Product, Term, summarise
    >>> error = Term("flow", "site", np.array(["A"]), np.array([0.2]))
    >>> found = summarise(Product(np.log([100.0]), (error,)), draws=10_000, seed=1)
    >>> {name: round(float(value[0]), 1) for name, value in found.items()}
    {'lower': 67.1, 'median': 100.2, 'upper': 148.5, 'mean': 102.0}
    """
    n = len(product)
    names = ("lower", "median", "upper", "mean")
    out = {name: np.full(n, np.nan) for name in names}
    if draws == 0:
        out["median"] = np.exp(product.log_central)
        return out
    step = max(1, _CHUNK_BYTES // (8 * draws))
    for start in range(0, n, step):
        rows = np.arange(start, min(start + step, n))
        values = draw(product.take(rows), draws, seed)
        for name, column in zip(names, summary(values), strict=True):
            out[name][rows] = column
    return out


__all__ = [
    "INTERVAL",
    "add_term",
    "draw",
    "log_draws",
    "solve",
    "solve_with_rows",
    "summarise",
    "summary",
]
