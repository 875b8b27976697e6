"""What the planners share: checked input, log scales, results that are tables."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaincinv, ndtr

from wbe.errors import UsageError
from wbe.uncertainty import student_quantiles

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

SCORES = np.linspace(-6.0, 6.0, 241)
"""Normal scores at which the distribution of an estimate is tabulated."""


MIN_POINTS: Final = 3
"""Valid points below which an area has no tier, and its rounds are not compared."""

MOST: Final = 3.0
"""A CV or relative error above this was probably meant in per cent."""


class Table:
    """Base of what comes as columns of equal length."""

    def columns(self) -> dict[str, NDArray[np.generic]]:
        """Return the table: column name with its unit in the documentation -> values."""
        raise NotImplementedError

    def to_frame(self) -> pd.DataFrame:
        """Return the table of `columns` as a DataFrame."""
        import pandas as pd

        return pd.DataFrame(self.columns())


class Answer(Table):
    """Base of what a planner answers: a number or why there is none, its table, its assumptions."""

    reason: str
    table: Table

    @property
    def reachable(self) -> bool:
        """Whether there is an answer; else `reason` says why not."""
        return not self.reason

    def columns(self) -> dict[str, NDArray[np.generic]]:
        """Return the columns of `table`."""
        return self.table.columns()

    def summary(self) -> dict[str, object]:
        """Return the answer in a few numbers and words, assumptions included, for JSON."""
        raise NotImplementedError


def at_least_zero(**values: float) -> None:
    """Refuse what is negative or not a finite number.

    Raises
    ------
    UsageError
        Naming the first such value.
    """
    for name, value in values.items():
        if not (math.isfinite(value) and value >= 0):
            raise UsageError(f"{name} = {value}: needs a number of at least 0")


def above_zero(**values: float) -> None:
    """Refuse what is not a positive finite number.

    Raises
    ------
    UsageError
        Naming the first such value.
    """
    for name, value in values.items():
        if not (math.isfinite(value) and value > 0):
            raise UsageError(f"{name} = {value}: needs a number above 0")


def no_slip(**values: float) -> None:
    """Refuse a CV or a relative error so large that per cent was probably meant.

    Raises
    ------
    UsageError
        Naming the first value above `MOST`.

    Examples
    --------
    >>> no_slip(cv=5)
    Traceback (most recent call last):
    ...
    wbe.errors.UsageError: cv = 5 is 500 %: write 0.05 for 5 %
    """
    for name, value in values.items():
        if value > MOST:
            fix = f": write {value / 100:g} for {value:g} %" if value <= 100 else ""
            raise UsageError(f"{name} = {value:g} is {100 * value:.6g} %{fix}")


def inside(low: float, high: float, **values: float) -> None:
    """Refuse what does not lie strictly between two numbers.

    Raises
    ------
    UsageError
        Naming the first such value.
    """
    for name, value in values.items():
        if not low < value < high:
            raise UsageError(f"{name} = {value}: needs a number above {low:g} and below {high:g}")


def whole(least: int, **values: int) -> None:
    """Refuse what is not a whole number of at least `least`.

    Raises
    ------
    UsageError
        Naming the first such value.
    """
    for name, value in values.items():
        if not (math.isfinite(value) and int(value) == value and value >= least):
            raise UsageError(f"{name} = {value}: needs a whole number of at least {least}")


def counts(values: ArrayLike, name: str, least: int = 1) -> Ints:
    """Return whole numbers as an array; refuse all else rather than cut off decimals.

    Parameters
    ----------
    values : array_like (row,) of int
    name : str
        What they count, for the message.
    least : int

    Raises
    ------
    UsageError
        Naming the first value that is no whole number or below `least`, or that there is none.
    """
    given = np.atleast_1d(np.asarray(values, dtype=float))
    wrong = given[~((given == np.round(given)) & (given >= least))]
    if len(wrong) or not given.size or not np.isfinite(given).all():
        first = wrong[0] if len(wrong) else "none"
        raise UsageError(f"{name} = {first}: needs whole numbers of at least {least}")
    return given.astype(np.intp)


def log_sd(cv: ArrayLike) -> Floats:
    """Return the sd of the log of a lognormal, sqrt(ln(1 + cv^2)).

    Parameters
    ----------
    cv : array_like
        Coefficient of variation [1].

    Examples
    --------
    >>> round(float(log_sd(0.5)), 4)
    0.4724
    """
    return np.asarray(np.sqrt(np.log1p(np.square(np.asarray(cv, dtype=float)))))


def spread_nodes(df: int, nodes: int = 24) -> tuple[Floats, Floats]:
    """Return ratios of an estimated to the true sd, s / sigma, and their weights.

    Parameters
    ----------
    df : int
        Degrees of freedom of s^2 ~ sigma^2 chi2_df / df.
    nodes : int
        Gauss-Legendre nodes over the probability.

    Returns
    -------
    tuple of ndarray (nodes,)
        Averages over s are sums of weight times value.
    """
    x, w = np.polynomial.legendre.leggauss(nodes)
    squares = 2.0 * gammaincinv(df / 2.0, (x + 1.0) / 2.0) / df
    return np.sqrt(squares), w / 2.0


def t_and_normal(scale: ArrayLike, df: int, sd: float, probability: float) -> Floats:
    """Return one quantile of scale t_df + sd z for several scales.

    Parameters
    ----------
    scale : array_like (row,)
        Of Student's t [1].
    df : int
        Degrees of freedom.
    sd : float
        Of an independent normal [1].
    probability : float

    Returns
    -------
    ndarray (row,)
    """
    scales = np.atleast_1d(np.asarray(scale, dtype=float))
    rows = np.ones(len(scales))
    return np.asarray(student_quantiles(scales, df * rows, sd * rows, None, (probability,))[:, 0])


def distribution(scale: float, df: int, sd: float) -> Floats:
    """Return the quantiles of scale t_df + sd z at the scores of `SCORES`; see `chance_below`."""
    at = tuple(ndtr(SCORES).tolist())
    one = (np.array([scale]), np.array([float(df)]), np.array([sd]))
    return np.asarray(student_quantiles(*one, None, at)[0])


def chance_below(x: Floats, quantiles: Floats) -> Floats:
    """Return the distribution function of what `distribution` tabulated."""
    return np.asarray(ndtr(np.interp(x, quantiles, SCORES)))
