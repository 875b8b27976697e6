"""The same work by the package, and the rates it is held against."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable

import numpy as np

from engine.problem import AT, Floats, Week
from wbe.uncertainty import Mean, fft, monte_carlo

PIECE = 1_250
HAS_NUMBA = importlib.util.find_spec("numba") is not None
ENGINES = ("numpy", "numba") if HAS_NUMBA else ("numpy",)


def with_rows(engine: str) -> Callable[[Week, int, int], Floats]:
    """Return a solver of means and, from the same draws, of all rows."""

    def solve(week: Week, draws: int, seed: int) -> Floats:
        return monte_carlo.solve_with_rows(week.mean(), draws, seed, AT, engine)[0].quantiles

    return solve


def means(engine: str) -> Callable[[Week, int, int], Floats]:
    """Return a solver of means alone."""

    def solve(week: Week, draws: int, seed: int) -> Floats:
        return monte_carlo.solve(week.mean(), draws, seed, AT, engine).quantiles

    return solve


def exact_means(week: Week, draws: int = 0, seed: int = 0) -> Floats:
    """Return quantiles of means by FFT."""
    return fft.solve(week.mean(), AT).quantiles


def solved(models: list[Mean], engine: str, draws: int, *, rows: bool) -> Callable[[int], object]:
    """Return what solves models that are already made, with the quantiles of rows if wanted."""
    solve = monte_carlo.solve_with_rows if rows else monte_carlo.solve
    return lambda k: solve(models[k], draws, k, AT, engine)


def exact_both(week: Week, draws: int = 0, seed: int = 0) -> Floats:
    """Return quantiles of means by FFT, and take those of rows."""
    mean = week.mean()
    fft.solve(mean.of, AT)
    return fft.solve(mean, AT).quantiles


def sfc64(cells: int) -> Callable[[int], None]:
    """Return what fills so many cells with numpy's fastest normals, a cache's worth at a time."""
    generator = np.random.Generator(np.random.SFC64(1))
    room = np.empty(10_000)

    def fill(repeat: int) -> None:
        for _ in range(cells // len(room)):
            generator.standard_normal(out=room)

    return fill


def components(cells: int, draws: int) -> dict[str, Callable[[int], None]]:
    """Return the parts of the numba engine's work, each alone, for so many cells."""
    from engine import parts
    from wbe.uncertainty.summaries import order_statistics

    room, total = np.zeros(PIECE), np.zeros(PIECE)
    state = np.array([1, 2, 3, 4], dtype=np.uint64)
    wanted, _ = order_statistics(draws, AT)
    # so many that neither the cache nor the predictor of branches knows them by heart
    rows = np.exp(0.4 * np.random.default_rng(1).normal(size=(100, draws)))
    week, common = np.ones((7, draws)), np.ones(draws)
    out, mean = np.empty((len(rows), len(wanted))), np.empty(len(rows))
    pieces, rounds = cells // PIECE, cells // rows.size
    return {
        "numba normals": lambda repeat: parts.draw(pieces, room, state),
        "numba exp": lambda repeat: parts.exponentiate(pieces, room),
        "numba mean": lambda repeat: parts.add(pieces, total, room),
        "numba scale": lambda repeat: parts.scale(cells // week.size, week, common),
        "numba select": lambda repeat: parts.select(rounds, rows, wanted, out, mean),
    }
