"""One call, two engines: exact marginals by FFT, joint statements by keyed Monte Carlo."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from wbe.errors import PrecisionError, UsageError
from wbe.options import require_choice
from wbe.uncertainty import fft, monte_carlo
from wbe.uncertainty.monte_carlo import INTERVAL
from wbe.uncertainty.product import Function, Joint, Mean, Model, Product, Solved

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Part = tuple[Ints, Solved]

METHODS = ("auto", "fft", "monte_carlo")
ENGINES = ("numpy", "numba")


@dataclass(frozen=True)
class Propagated:
    """What came out, and how.

    Attributes
    ----------
    at : tuple of float [1]
        Probabilities of the quantiles.
    quantiles : ndarray (row, quantile)
        In the unit of the central values; NaN where nothing is known.
    mean : ndarray (row,) [unit of the central values]
        Mean of the distribution; NaN where it has none.
    labels : tuple of str
        What the rows are: groups of a mean; empty for rows of a product.
    method : str
        ``fft``, ``monte_carlo``, or ``both`` where some rows needed draws.
    draws, seed : int
        Of Monte Carlo; 0 and 0 for FFT, which needs neither.
    engine : str
        ``numpy`` or ``numba``; empty for FFT.
    checks : dict of str to float
        What the engine watched over: ``edge_mass`` and ``step`` of the FFT grid, or
        ``effective_draws`` and the largest relative ``standard_error`` of a quantile.
    drawn : ndarray (row,) of bool
        Which rows came from draws.
    """

    at: tuple[float, ...]
    quantiles: Floats
    mean: Floats
    labels: tuple[str, ...]
    method: str
    draws: int
    seed: int
    engine: str
    checks: dict[str, float]
    drawn: NDArray[np.bool_]

    def quantile(self, p: float) -> Floats:
        """Return the quantile of one of the probabilities in `at`, shape (row,).

        Raises
        ------
        UsageError
            If it was not asked for.
        """
        if p not in self.at:
            raise UsageError(f"the quantile {p} was not asked for; there are {self.at}")
        return np.asarray(self.quantiles[:, self.at.index(p)])

    @property
    def lower(self) -> Floats:
        """Lower end of the 95 % interval, shape (row,)."""
        return self.quantile(INTERVAL[0])

    @property
    def median(self) -> Floats:
        """Median, shape (row,): the headline."""
        return self.quantile(INTERVAL[1])

    @property
    def upper(self) -> Floats:
        """Upper end of the 95 % interval, shape (row,)."""
        return self.quantile(INTERVAL[2])

    def to_frame(self) -> pd.DataFrame:
        """Return a table: a row each, quantiles named by their probability, and the mean."""
        import pandas as pd

        table = pd.DataFrame(self.quantiles, columns=[f"q{p:g}" for p in self.at])
        table["mean"] = self.mean
        if self.labels:
            table.insert(0, "group", list(self.labels))
        return table


def propagate(
    model: Model,
    *,
    method: Literal["auto", "fft", "monte_carlo"] = "auto",
    draws: int = 10_000,
    seed: int = 1,
    at: tuple[float, ...] = INTERVAL,
    engine: Literal["numpy", "numba"] = "numpy",
    threads: int = 1,
) -> Propagated:
    """Propagate errors through a product, a mean of products, or any function.

    Parameters
    ----------
    model : Product, Mean, Joint or Function
        Rows of positive factors; weighted means of rows; a function of the joint draws of rows or
        means; a function of named inputs.
    method : str
        ``fft``: exact marginals without draws, for products and for means whose shared errors are
        nested. ``monte_carlo``: keyed draws, for everything. ``auto``: each row or group by
        ``fft`` where it can treat it and its grids hold it, else by ``monte_carlo``.
    draws : int
        Monte Carlo draws; the first n of N are the draws of a run of n.
    seed : int
        Draws are keyed by it and by labels, never by position.
    at : tuple of float [1]
        Probabilities of the quantiles, rising, between 0 and 1.
    engine : str
        ``numpy``, or ``numba`` (extra ``fast``): faster, with a stream of its own, only on request.
    threads : int
        Threads of Monte Carlo; they change no number.

    Returns
    -------
    Propagated
        Quantiles and mean of every row, group or result, with what the engine checked.

    Raises
    ------
    UsageError
        If an option is unknown, or the forced method cannot treat the model.
    PrecisionError
        If the grid of the FFT cannot hold the distribution, or the draws are too few for the
        quantiles asked for: an engine raises rather than give a number that it cannot vouch for.

    Notes
    -----
    Medians of single factors are at their central values. What a product adds to ln(value) are the
    log errors of its terms; rows with the same label share them.

    References
    ----------
    JCGM 101:2008, 10.59161/JCGM101-2008

    Examples
    --------
    >>> import numpy as np
    >>> from wbe.uncertainty import Product, Term, propagate
    >>> flow = Term("flow", "site", np.array(["a"]), np.array([0.1]))
    >>> got = propagate(Product(np.log([200.0]), (flow,)))
    >>> got.method, [round(float(x), 1) for x in got.quantiles[0]]
    ('fft', [164.4, 200.0, 243.3])
    """
    _require_options(method, draws, at, engine, threads)
    by = _Draws(draws, seed, at, engine, threads)
    if method == "monte_carlo" or isinstance(model, (Joint, Function)):
        if method == "fft":
            raise UsageError(_refusal(fft.obstacle(model)))
        return by.all(model)
    if method == "fft":
        if reason := fft.obstacle(model):
            raise UsageError(_refusal(reason))
        whole = np.arange(_units(model))
        return _result(model, at, [(whole, fft.solve(model, at))], whole[:0], by)
    solved, left = _divided(model, at, np.arange(_units(model)))
    return _result(model, at, solved, left, by)


def _refusal(reason: str) -> str:
    return f"method = 'fft' cannot treat this: {reason}; use 'monte_carlo' or 'auto'"


def _divided(model: Product | Mean, at: tuple[float, ...], units: Ints) -> tuple[list[Part], Ints]:
    """Return what FFT solves, and the units that it cannot.

    Which engine a unit gets depends on the unit alone: another row or group changes no number.
    Halving finds the few that need draws without trying all of them one by one.
    """
    if not len(units):
        return [], units
    chosen = _taken(model, units)
    if not fft.obstacle(chosen):
        try:
            return [(units, fft.solve(chosen, at))], units[:0]
        except PrecisionError:
            pass  # some unit in it
    if len(units) == 1:
        return [], units
    below = _censored(chosen)
    if below.any():  # told without trying
        solved, left = _divided(model, at, units[~below])
        return solved, np.sort(np.concatenate([left, units[below]]))
    half = len(units) // 2
    first, second = _divided(model, at, units[:half]), _divided(model, at, units[half:])
    return first[0] + second[0], np.concatenate([first[1], second[1]])


def _units(model: Product | Mean) -> int:
    return len(model) if isinstance(model, Product) else len(model.labels)


def _taken(model: Product | Mean, units: Ints) -> Product | Mean:
    """Return the model of some rows, or of some groups."""
    if isinstance(model, Product):
        return model.take(units)
    _, codes = np.unique(model.groups, return_inverse=True)
    rows = np.flatnonzero(np.isin(codes, units))
    weights = None if model.weights is None else model.weights[rows]
    return Mean(model.of.take(rows), model.groups[rows], weights)


def _censored(model: Product | Mean) -> NDArray[np.bool_]:
    """Return which rows or groups hold values below a limit."""
    rows = model if isinstance(model, Product) else model.of
    low = np.zeros(len(rows), dtype=bool)
    if rows.below is not None:
        low[rows.below.rows] = True
    if isinstance(model, Product):
        return low
    return np.isin(np.array(model.labels), model.groups[low])


@dataclass(frozen=True)
class _Draws:
    """How Monte Carlo is to be done."""

    draws: int
    seed: int
    at: tuple[float, ...]
    engine: str
    threads: int

    def solve(self, model: Model) -> Solved:
        return monte_carlo.solve(model, self.draws, self.seed, self.at, self.engine, self.threads)

    def all(self, model: Model) -> Propagated:
        """Return a model solved by draws alone."""
        solved = self.solve(model)
        labels = tuple(model.labels) if isinstance(model, Mean) else ()
        drawn = np.ones(len(solved.mean), dtype=bool)
        return Propagated(
            self.at, solved.quantiles, solved.mean, labels, "monte_carlo", self.draws, self.seed,
            self.engine, solved.checks, drawn,
        )  # fmt: skip


def _result(
    model: Product | Mean, at: tuple[float, ...], solved: list[Part], left: Ints, by: _Draws
) -> Propagated:
    """Put the parts together; draw what is left."""
    drawn = np.zeros(_units(model), dtype=bool)
    if len(left):
        if not solved:
            return by.all(model)
        solved = [*solved, (left, by.solve(_taken(model, left)))]
        drawn[left] = True
    quantiles, mean = np.full((len(drawn), len(at)), np.nan), np.full(len(drawn), np.nan)
    for units, part in solved:
        quantiles[units], mean[units] = part.quantiles, part.mean
    checks = worst_checks([part.checks for _, part in solved])
    labels = tuple(model.labels) if isinstance(model, Mean) else ()
    if not len(left):
        return Propagated(at, quantiles, mean, labels, "fft", 0, 0, "", checks, drawn)
    return Propagated(
        at, quantiles, mean, labels, "both", by.draws, by.seed, by.engine, checks, drawn
    )


def worst_checks(parts: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Return the least of the effective draws, and the largest of errors, edges and steps."""
    out: dict[str, float] = {}
    for name, value in (item for part in parts for item in part.items()):
        worst = min if name == "effective_draws" else max
        out[name] = worst(value, out.get(name, value))
    return out


def require_engine(engine: str) -> None:
    """Check that an engine exists and is installed, before anything is computed with it.

    Parameters
    ----------
    engine : str
        As `propagate` takes it.

    Raises
    ------
    UsageError
        If it is unknown, or numba is not installed.

    Examples
    --------
    >>> from wbe import uncertainty
    >>> uncertainty.require_engine("numpy")
    >>> uncertainty.require_engine("abacus")
    Traceback (most recent call last):
    wbe.errors.UsageError: engine = 'abacus' is none of numpy, numba
    """
    require_choice("engine", engine, ENGINES)
    if engine == "numba":
        from wbe.uncertainty import fast  # noqa: F401  # says what to install


def _require_options(
    method: str, draws: int, at: tuple[float, ...], engine: str, threads: int
) -> None:
    require_choice("method", method, METHODS)
    require_engine(engine)
    if not (isinstance(draws, (int, np.integer)) and isinstance(threads, int)):
        raise UsageError(f"draws = {draws!r} and threads = {threads!r} must be whole numbers")
    if draws < 1 or threads < 1:
        raise UsageError(f"draws = {draws} and threads = {threads} must be positive")
    rising = all(a < b for a, b in itertools.pairwise((0.0, *at, 1.0)))
    if not at or not rising:
        raise UsageError(f"at = {at}: probabilities rise and lie between 0 and 1")
