"""Kaplan-Meier for results with limits: the sample turned round, so that limits are right-censored.

No distribution is assumed, so nothing is known beneath the smallest value: where the rest of the
probability is put there is a convention, and with many non-detects it decides the mean.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betaincinv, stdtrit

from wbe.errors import TooFewDetectsError
from wbe.options import require_choice, require_level
from wbe.qc.censoring.data import Censored, Floats
from wbe.qc.censoring.product_limit import Ordered, ordered
from wbe.qc.censoring.quantities import Quantity

KM_CONVENTIONS = ("restricted", "unrestricted", "nada")
"""Where the probability beneath the smallest value is put: ``restricted`` at the smallest limit
(EnvStats ``restricted=TRUE``), ``unrestricted`` at the smallest detect (EnvStats default), ``nada``
the same with the sd and the quantiles of NADA 1.6."""

_ROUNDING = 1e-12


@dataclass(frozen=True, eq=False)
class KaplanMeier:
    """Kaplan-Meier distribution of one sample.

    Attributes
    ----------
    values : ndarray (k,) [unit of the data]
        Distinct detects, rising.
    cdf : ndarray (k,) [1]
        Probability of a value at or below each.
    size : ndarray (k + 1,) [1]
        Effective number of results behind the probability beneath the smallest detect, and behind
        each of `cdf`: of so many values without limits it would have the same variance.
    beneath : float [1]
        Probability of a value beneath the smallest detect.
    ceiling : float
        Largest limit beneath the smallest detect, under which all of `beneath` lies; the smallest
        detect itself where there is none [unit of the data].
    place : float
        Where `beneath` is put for the moments [unit of the data].
    mean, sd, se_mean : float
        Moments and the standard error of the mean [unit of the data]; sd and se are NaN where one
        detect alone cannot tell them.
    convention : str
        One of `KM_CONVENTIONS`.
    n, n_below : int
        Results, and those below a limit.
    """

    values: Floats
    cdf: Floats
    size: Floats
    beneath: float
    ceiling: float
    place: float
    mean: float
    sd: float
    se_mean: float
    convention: str
    n: int
    n_below: int

    def quantile(self, p: ArrayLike) -> Floats:
        """Return quantiles: the smallest detect with at least p at or below it.

        Parameters
        ----------
        p : array_like, any shape [1]

        Returns
        -------
        ndarray, same shape [unit of the data]
            NaN where the quantile lies beneath the smallest detect; by the convention ``nada``
            also where only the largest detect reaches p.
        """
        share = np.asarray(p, dtype=float)
        at = np.searchsorted(self.cdf, share - _ROUNDING)
        value = self.values[np.minimum(at, len(self.values) - 1)]
        unknown = share <= self.beneath + (_ROUNDING if self.beneath else -_ROUNDING)
        if self.convention == "nada":
            unknown = unknown | (at == len(self.values) - 1)
        return np.asarray(np.where(unknown, np.nan, value))

    def exceedance(self, threshold: float) -> float:
        """Return the probability of a value above a threshold [1].

        NaN beneath `ceiling` where non-detects leave it open.
        """
        at = int(np.searchsorted(self.values, threshold, side="right"))
        if at > 0:
            return float(1 - self.cdf[at - 1])
        return 1 - self.beneath if self._told(threshold) else float("nan")

    def value(self, quantity: Quantity) -> float:
        """Return a quantity [unit of the data; 1], NaN where it cannot be told."""
        if quantity.kind == "percentile":
            return float(self.quantile(quantity.at))
        if quantity.kind == "exceedance":
            return self.exceedance(quantity.at)
        return self.mean if quantity.kind == "mean" else self.sd

    def _told(self, threshold: float) -> bool:
        """Whether the probability above a threshold is known though no detect lies below it."""
        return self.beneath == 0 or threshold >= self.ceiling

    def mean_interval(self, level: float = 0.95, scale: str = "log") -> tuple[float, float]:
        """Return Student's interval of the mean.

        Parameters
        ----------
        level : float [1]
        scale : {"log", "plain"}
            ``log``: ``mean exp(-+ t se / mean)``, positive and wider above; ``plain``: ``mean -+ t
            se``, the t limit of EnvStats. t has n - 1 degrees of freedom.

        Returns
        -------
        lower, upper : float [unit of the data]
            NaN where there is no standard error. Neither knows of the bias that `place` brings:
            with one limit and many non-detects the interval misses the truth nearly always.

        Raises
        ------
        UsageError
            If the scale is not known or the level not between 0 and 1.
        """
        require_choice("scale", scale, ("log", "plain"))
        if not self.n > 1:
            return float("nan"), float("nan")
        half = float(stdtrit(self.n - 1, (1 + require_level(level)) / 2)) * self.se_mean
        if scale == "plain":
            return self.mean - half, self.mean + half
        factor = float(np.exp(half / self.mean))
        return self.mean / factor, self.mean * factor

    def interval(self, quantity: Quantity, level: float = 0.95) -> tuple[float, float]:
        """Return the interval of a quantity.

        Parameters
        ----------
        quantity : Quantity
        level : float [1]

        Returns
        -------
        lower, upper : float [unit of the data; 1]
            Of the mean as `mean_interval`; of the sd NaN; of a percentile 0 or infinity where the
            results set no limit on that side.

        Notes
        -----
        Probabilities have Clopper-Pearson limits with the effective number of results of
        Greenwood's variance in the place of n; a percentile has the values whose probability cannot
        be told from its share.

        References
        ----------
        Clopper & Pearson 1934, 10.1093/biomet/26.4.404
        """
        if quantity.kind == "mean":
            return self.mean_interval(level)
        if quantity.kind == "sd":
            return float("nan"), float("nan")
        lower, upper = self.band(level)
        if quantity.kind == "exceedance":
            at = int(np.searchsorted(self.values, quantity.at, side="right"))
            known = at > 0 or self._told(quantity.at)
            return 1 - float(upper[at]), 1 - float(lower[at]) if known else 1.0
        edges = np.concatenate([self.values, [np.inf]])
        first = int(np.argmax(np.append(upper, 1.0) >= quantity.at))
        last = int(np.argmax(np.append(lower, 1.0) >= quantity.at))
        least = float(edges[first - 1]) if first else 0.0
        return least, float(edges[last - 1]) if last else self.ceiling

    def band(self, level: float = 0.95) -> tuple[Floats, Floats]:
        """Return pointwise limits of the probability beneath the smallest detect and of `cdf`.

        Parameters
        ----------
        level : float [1]

        Returns
        -------
        lower, upper : ndarray (k + 1,) [1]
            Rising. Clopper-Pearson limits with `size` in the place of n (see `interval`).
        """
        require_level(level)
        p = np.concatenate([[self.beneath], self.cdf])
        tail, count, rest = (1 - level) / 2, p * self.size, (1 - p) * self.size
        tiny = _ROUNDING * self.n
        with np.errstate(invalid="ignore"):
            lower = np.where(count > tiny, betaincinv(count, rest + 1, tail), 0.0)
            upper = np.where(rest > tiny, betaincinv(count + 1, rest, 1 - tail), 1.0)
        return np.maximum.accumulate(lower), np.minimum.accumulate(upper[::-1])[::-1]


def kaplan_meier(data: Censored, convention: str = "restricted") -> KaplanMeier:
    """Return the Kaplan-Meier distribution of results with limits.

    Parameters
    ----------
    data : Censored
        A result between LOD and LOQ is read as "< LOQ".
    convention : str
        One of `KM_CONVENTIONS`. The default keeps the mean between all-zero and all-limit, which
        the others do not: with 8 of 11 results below one limit they can differ by 45 %.

    Returns
    -------
    KaplanMeier

    Raises
    ------
    UsageError
        If the convention is not known.
    TooFewDetectsError
        Without a detect.

    Notes
    -----
    ``F(x-) = product over detects y >= x of 1 - d(y) / #(results <= y)``. The mean is the sum of
    value times probability, the rest of the probability at `place`; ``sd^2`` likewise (population
    form, or n - 1 where no non-detect is left). ``se^2 = m / (m - 1) sum of A_i^2 d_i / (n_i (n_i -
    d_i))``, A_i the area under F up to detect i, n_i the results at or below it, m the detects
    (``restricted``: with the non-detects of the smallest limit). NADA's sd is ``se sqrt(n)``.

    References
    ----------
    Kaplan & Meier 1958, 10.1080/01621459.1958.10501452

    Examples
    --------
    >>> from wbe.qc.censoring import censored, kaplan_meier
    >>> x = censored([1, 1, 3, 7, 10, 18], [True, True, False, False, False, False])
    >>> kaplan_meier(x).mean, round(kaplan_meier(x, "unrestricted").mean, 6)
    (6.666666666666667, 7.333333)
    """
    require_choice("convention", convention, KM_CONVENTIONS)
    if not data.n_detected:
        raise TooFewDetectsError("no detect: all of the distribution lies beneath the limits")
    order = ordered(data.high, data.detected)
    mean, sd, se, place = km_moments(order, restricted=convention == "restricted")
    if convention == "nada":
        sd = se * np.sqrt(data.n)
    value, cdf, size = _steps(order)
    limits = data.limits[data.limits <= value[0]]
    ceiling = float(limits[-1]) if len(limits) else float(value[0])
    return KaplanMeier(
        value, cdf, size, float(order.beneath[0]), ceiling, float(place), float(mean), float(sd),
        float(se), convention, data.n, data.n_below,
    )  # fmt: skip


def km_moments(order: Ordered, *, restricted: bool) -> tuple[Floats, Floats, Floats, Floats]:
    """Return mean, sd, standard error of the mean, and place of the rest of the probability.

    Parameters
    ----------
    order : Ordered
        One sample, or many of one size (..., n).
    restricted : bool
        Whether the rest is put at the smallest limit, else at the smallest detect.

    Returns
    -------
    mean, sd, se, place : ndarray (...) [unit of the data]
        NaN where a row has no detect; sd and se also where one detect alone cannot tell them.
    """
    x, found, n = order.values, order.detected, order.values.shape[-1]
    open_below = restricted & ~found[..., 0]
    at_limit = open_below[..., None] & ~found & (x == x[..., :1])
    with np.errstate(invalid="ignore"):
        smallest = np.where(found, x, np.inf).min(axis=-1)
        place = np.where(open_below, x[..., 0], smallest)
        place = np.where(found.any(axis=-1), place, np.nan)
        rest = order.beneath[..., 0]
        mean = (order.mass * x).sum(axis=-1) + rest * place
        off = (x - mean[..., None]) ** 2
        variance = (order.mass * off).sum(axis=-1) + rest * (place - mean) ** 2
    whole = (found | at_limit).all(axis=-1)  # no non-detect is left
    m = (found | at_limit).sum(axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        sd = np.sqrt(np.where(whole, variance * n / (n - 1), variance))
        se = np.sqrt(_area_sum(order, place) * m / (m - 1))
    return mean, sd, se, place


def _area_sum(order: Ordered, place: Floats) -> Floats:
    """Return the sum over detects of A_i^2 d_i / (n_i (n_i - d_i)), ties one after the other."""
    x, found, i = order.values, order.detected, np.arange(order.values.shape[-1])
    reached = np.maximum.accumulate(np.where(found, x, place[..., None]), axis=-1)
    before = np.concatenate([place[..., None], reached[..., :-1]], axis=-1)
    area = np.cumsum(np.where(found, order.beneath[..., :-1] * (x - before), 0.0), axis=-1)
    terms = np.where(found & (i > 0), area**2 / np.maximum(i * (i + 1), 1), 0.0)
    return np.asarray(terms.sum(axis=-1))


def _steps(order: Ordered) -> tuple[Floats, Floats, Floats]:
    """Return distinct detects of one sample, F at each, and effective sizes from beneath upward."""
    i = np.flatnonzero(order.detected)
    value = order.values[i]
    top = np.append(value[1:] != value[:-1], True)
    cdf = order.beneath[i[top] + 1]
    greenwood = np.zeros(len(order.values) + 1)
    terms = np.where(order.detected, 1 / np.maximum(np.arange(len(order.values)), 1), 0.0)
    terms = terms / np.arange(1, len(order.values) + 1)
    greenwood[:-1] = np.cumsum(terms[::-1])[::-1]
    p = np.append(order.beneath[0], cdf)
    sums = np.append(greenwood[0], greenwood[i[top] + 1])
    at_risk = np.append(i[0] + 1, i[top] + 1).astype(float)
    # p (1 - p) / (p^2 sums); at p = 0 or 1 the results at or below that value
    inner = (p > 0) & (p < 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        size = np.where(inner, (1 - p) / (p * sums), at_risk)
    if p[0] == 0:  # nothing beneath: as much is known of it as of the smallest detect
        size[0] = size[1]
    return value[top], cdf, size
