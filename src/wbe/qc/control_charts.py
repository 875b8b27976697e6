"""Control charts of a measurement that is repeated: Shewhart with run rules, CUSUM, EWMA.

For a laboratory that measures every week: check samples, spikes, internal standards, or its results
on a shared material. A chart compares each value with a centre and a standard deviation that come
from a time when all was well; it tells when something changed, not what.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wbe.errors import UsageError
from wbe.options import require_choice
from wbe.qc.robust import algorithm_a
from wbe.qc.run_rules import RUN_RULES, rule_names

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

D2: Final = 2 / math.sqrt(math.pi)
"""Mean range of two standard normal values, 1.128."""
BASELINES: Final = ("sd", "moving_range", "algorithm_a")


@dataclass(frozen=True)
class Baseline:
    """What a chart compares with.

    Attributes
    ----------
    centre, sd : float
        In the unit of the values.
    n : int
        Values that they come from; 0 where they are stated.
    method : str
        One of `BASELINES`, or ``stated``.
    """

    centre: float
    sd: float
    n: int = 0
    method: str = "stated"


@dataclass(frozen=True)
class Chart:
    """A control chart, ready to be read and drawn.

    Attributes
    ----------
    kind : str
        ``shewhart``, ``cusum`` or ``ewma``.
    values : ndarray (point,) [unit of the values]
        As given, NaN where unknown.
    score : ndarray (point,) [1]
        (x - centre) / sd.
    path : ndarray (point,)
        What is compared with the limits: the values; their EWMA, in their unit; or the upper CUSUM
        in standard deviations.
    path_low : ndarray (point,) [unit of the values]
        The lower CUSUM with a minus before it; the same as `path` elsewhere.
    lower, upper : ndarray (point,) [unit of the values]
        Limits of the path.
    signals : mapping of str to ndarray (point,) of bool
        Rule -> points at which it asks for action.
    baseline : Baseline
    settings : mapping of str to float
        ``width``; ``allowance``, ``decision``, ``head_start``; ``weight``.
    """

    kind: str
    values: Floats
    score: Floats
    path: Floats
    path_low: Floats
    lower: Floats
    upper: Floats
    signals: Mapping[str, Bools]
    baseline: Baseline
    settings: Mapping[str, float]

    @property
    def alarms(self) -> Bools:
        """Points at which any rule signals, (point,) of bool."""
        return np.any(list(self.signals.values()), axis=0)


def baseline(values: ArrayLike, method: str = "sd") -> Baseline:
    """Return centre and standard deviation of values from a time when all was well.

    Parameters
    ----------
    values : array_like (point,) [any one unit]
        In the order of their measurement, 20 or more to be relied on; NaN is left out.
    method : str
        ``sd``: mean and standard deviation (n - 1), every variation between runs included.
        ``moving_range``: mean, and the mean difference of neighbours over 1.128, which a slow
        drift does not widen. ``algorithm_a``: robust against a few runs that were not well.

    Returns
    -------
    Baseline

    Raises
    ------
    UsageError
        If fewer than 2 values (3 for algorithm A) are known, or the method is unknown.

    References
    ----------
    ISO 7870-2:2013

    Examples
    --------
    >>> baseline([9.0, 10.0, 11.0]).sd
    1.0
    """
    require_choice("baseline", method, BASELINES)
    x = np.asarray(values, dtype=float).ravel()
    x = x[~np.isnan(x)]
    if len(x) < 2:
        raise UsageError(f"{len(x)} known values; a baseline needs at least 2")
    if method == "algorithm_a":
        found = algorithm_a(x)
        return Baseline(found.mean, found.sd, len(x), method)
    wide = x.std(ddof=1) if method == "sd" else np.abs(np.diff(x)).mean() / D2
    return Baseline(float(x.mean()), float(wide), len(x), method)


def control_chart(values: ArrayLike) -> Floats:
    """Return how many standard deviations each value lies from the mean of its chart.

    Parameters
    ----------
    values : array_like (check,) [any one unit]
        Check samples in the order of their measurement, usually found / expected.

    Returns
    -------
    ndarray (check,) [1]
        The scores of `shewhart` on the values' own mean and sd; NaN without spread. Beyond 2 a
        chart warns, beyond 3 it asks for action.

    Raises
    ------
    UsageError
        If there are too few values for a mean and an sd.

    Notes
    -----
    A value that is itself part of the baseline cannot lie further out than (n - 1) / sqrt(n)
    standard deviations; with a baseline from earlier measurements use `shewhart`.

    Examples
    --------
    >>> control_chart([0.9, 1.0, 1.1]).round(6).tolist()
    [-1.0, 0.0, 1.0]
    """
    x = np.asarray(values, dtype=float)
    if np.isfinite(x).sum() < 2:
        return np.full(x.shape, np.nan)
    x = np.where(np.isfinite(x), x, np.nan)
    own = baseline(x)
    return shewhart(x, own).score if own.sd > 0 else np.full(x.shape, np.nan)


def shewhart(
    values: ArrayLike,
    base: Baseline,
    *,
    rules: str | Sequence[str] = ("one_beyond_3s",),
    width: float = 3.0,
) -> Chart:
    """Return a Shewhart chart of single values, with run rules by name.

    Parameters
    ----------
    values : array_like (point,) [any one unit]
        In the order of their measurement; NaN is passed over.
    base : Baseline
    rules : str or sequence of str
        A set of `wbe.qc.RUN_RULE_SETS` (``western_electric``, ``nelson``, ``westgard``) or names of
        `wbe.qc.RUN_RULES`.
        Every rule added finds changes earlier and gives more false alarms.
    width : float
        Of the limits that the chart shows, in standard deviations [1]; the rules have their own.

    Returns
    -------
    Chart

    Raises
    ------
    UsageError
        If a rule is unknown, the baseline has no spread, or a value is infinite.

    References
    ----------
    ISO 7870-2:2013; doi:10.1080/00224065.1984.11978921 (Nelson); doi:10.1093/clinchem/27.3.493
    (Westgard)

    Examples
    --------
    >>> chart = shewhart([10, 10.5, 13.2], Baseline(10, 1), rules="western_electric")
    >>> chart.signals["one_beyond_3s"].tolist()
    [False, False, True]
    """
    x, z, known = _scores(values, base)
    signals = {name: np.zeros(len(x), dtype=bool) for name in rule_names(rules)}
    for name, found in signals.items():
        found[known] = RUN_RULES[name](z[known])
    low, high = (np.full(len(x), base.centre + side * width * base.sd) for side in (-1, 1))
    return Chart("shewhart", x, z, x, x, low, high, signals, base, {"width": width})


def cusum(
    values: ArrayLike,
    base: Baseline,
    *,
    allowance: float = 0.5,
    decision: float = 5.0,
    head_start: float = 0.0,
) -> Chart:
    """Return a tabular CUSUM chart, for shifts of about twice the allowance that stay.

    Parameters
    ----------
    values : array_like (point,) [any one unit]
        In the order of their measurement; NaN is passed over.
    base : Baseline
    allowance : float
        k, half of the shift that should be found, in standard deviations [1].
    decision : float
        h, the limit, in standard deviations [1]. 0.5 and 5: a false alarm every 465 values, a
        shift of 1 sd is found after 10.4 on average.
    head_start : float
        What both sums begin with, in standard deviations [1]; h / 2 for a fast first response.

    Returns
    -------
    Chart
        Rules ``cusum_high`` and ``cusum_low``; sums go on after a signal.

    Raises
    ------
    UsageError
        If a setting is not possible, the baseline has no spread, or a value is infinite.

    Notes
    -----
    C+_i = max(0, C+_(i-1) + z_i - k), C-_i = max(0, C-_(i-1) - z_i - k); signal above h.

    References
    ----------
    doi:10.1093/biomet/41.1-2.100; ISO 7870-4:2021

    Examples
    --------
    >>> chart = cusum([10, 12, 12, 12, 12], Baseline(10, 1))
    >>> chart.path.tolist(), chart.signals["cusum_high"].tolist()
    ([0.0, 1.5, 3.0, 4.5, 6.0], [False, False, False, False, True])
    """
    require_cusum(allowance, decision, head_start)
    x, z, known = _scores(values, base)
    paths = np.full((2, len(x)), np.nan)
    paths[:, known] = cusum_paths(z[known], allowance, head_start)
    over = paths > decision
    settings = {"allowance": allowance, "decision": decision, "head_start": head_start}
    limit = np.full(len(x), decision)
    signals = {"cusum_high": over[0], "cusum_low": over[1]}
    return Chart("cusum", x, z, paths[0], -paths[1], -limit, limit, signals, base, settings)


def ewma(values: ArrayLike, base: Baseline, *, weight: float = 0.2, width: float = 2.86) -> Chart:
    """Return an EWMA chart with the exact limits of each point.

    Parameters
    ----------
    values : array_like (point,) [any one unit]
        In the order of their measurement; NaN is passed over.
    base : Baseline
    weight : float
        lambda, of the newest value [1], above 0 and at most 1. 1 is a Shewhart chart.
    width : float
        L, of the limits in standard deviations of the EWMA [1]. 2.86 with a weight of 0.2: a false
        alarm about every 370 values, as for a Shewhart chart of 3 sd.

    Returns
    -------
    Chart
        Rule ``ewma``.

    Raises
    ------
    UsageError
        If a setting is not possible, the baseline has no spread, or a value is infinite.

    Notes
    -----
    E_i = lambda x_i + (1 - lambda) E_(i-1), E_0 the centre; limits centre +- L sd sqrt(lambda /
    (2 - lambda) (1 - (1 - lambda)^(2 i))), narrow at first as the EWMA is.

    References
    ----------
    doi:10.1080/00401706.1959.10489860; doi:10.1080/00401706.1990.10484583

    Examples
    --------
    >>> chart = ewma([10, 11], Baseline(10, 1))
    >>> chart.path.round(6).tolist(), chart.upper.round(4).tolist()
    ([10.0, 10.2], [10.572, 10.7325])
    """
    require_ewma(weight, width)
    x, z, known = _scores(values, base)
    path = np.full(len(x), np.nan)
    path[known] = base.centre + base.sd * ewma_path(z[known], weight)
    half = np.empty(len(x))
    half[known] = width * base.sd * ewma_sd(int(known.sum()), weight)
    half = _carried(half, known)
    low, high = base.centre - half, base.centre + half
    with np.errstate(invalid="ignore"):
        signals = {"ewma": (path < low) | (path > high)}
    settings = {"weight": weight, "width": width}
    return Chart("ewma", x, z, path, path, low, high, signals, base, settings)


def require_cusum(allowance: float, decision: float, head_start: float = 0.0) -> None:
    """Refuse settings that no CUSUM has."""
    if not (allowance >= 0 and decision > 0 and 0 <= head_start < decision):
        raise UsageError("a CUSUM has allowance >= 0 and decision > head_start >= 0")


def require_ewma(weight: float, width: float) -> None:
    """Refuse settings that no EWMA has."""
    if not (0 < weight <= 1 and width > 0):
        raise UsageError("an EWMA has a weight above 0 and at most 1, and a width above 0")


def cusum_paths(z: Floats, allowance: float, head_start: float = 0.0) -> Floats:
    """Return both sums of scores in their order, (2, ..., point) [1]; see `cusum`."""
    out = np.empty((2, *z.shape))
    now = np.full((2, *z.shape[:-1]), head_start)
    for i in range(z.shape[-1]):
        step = np.stack([z[..., i], -z[..., i]])
        now = np.maximum(0.0, now + step - allowance)
        out[..., i] = now
    return out


def ewma_path(z: Floats, weight: float) -> Floats:
    """Return the EWMA of scores in their order, (..., point) [1]; see `ewma`."""
    out, now = np.empty(z.shape), np.zeros(z.shape[:-1])
    for i in range(z.shape[-1]):
        now = weight * z[..., i] + (1 - weight) * now
        out[..., i] = now
    return out


def ewma_sd(n: int, weight: float) -> Floats:
    """Return the sd of the EWMA of n independent scores at each of them, (point,) [1]."""
    i = np.arange(1, n + 1)
    return np.asarray(np.sqrt(weight / (2 - weight) * (1 - (1 - weight) ** (2 * i))))


def _scores(values: ArrayLike, base: Baseline) -> tuple[Floats, Floats, Bools]:
    x = np.asarray(values, dtype=float).ravel()
    if np.isinf(x).any():
        raise UsageError("a value is infinite")
    if not (math.isfinite(base.centre) and math.isfinite(base.sd) and base.sd > 0):
        raise UsageError(f"a chart needs an sd above 0, not {base.sd}, and a centre")
    return x, (x - base.centre) / base.sd, ~np.isnan(x)


def _carried(values: Floats, known: Bools) -> Floats:
    """Fill what is unknown with the known value before it, or the first one."""
    if not known.any():
        return np.full(len(values), np.nan)
    at = np.maximum.accumulate(np.where(known, np.arange(len(values)), -1))
    return np.asarray(values[np.where(at < 0, np.argmax(known), at)])
