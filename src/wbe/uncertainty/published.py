"""How a published value, its sd or its range becomes a distribution; distributions in tables."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from scipy.special import betaincinv, ndtr, ndtri, stdtrit

from wbe.errors import UsageError
from wbe.uncertainty.bounded import Arcsine, Beta, Empirical, Pert, Triangular, Uniform
from wbe.uncertainty.distribution import Distribution
from wbe.uncertainty.normal_family import (
    CensoredInterval,
    LogitNormal,
    Lognormal,
    Normal,
    StudentT,
    TruncatedNormal,
)

KINDS: dict[str, type[Distribution]] = {
    d.kind: d
    for d in (
        Lognormal, LogitNormal, Normal, StudentT, TruncatedNormal, Beta, Pert, Triangular, Uniform,
        Arcsine, Empirical, CensoredInterval,
    )
}  # fmt: skip
"""Name in tables -> class."""

_BISECTIONS = 100
_FARTHEST = 300.0
"""Largest distance of the centre of a censored interval from its median, on the log scale [1]."""


def published(
    kind: str,
    central: float,
    *,
    sd: float | None = None,
    low: float | None = None,
    high: float | None = None,
    mode: float | None = None,
    values: Sequence[float] = (),
    coverage: float = 0.95,
    df: float | None = None,
) -> Distribution:
    """Return the distribution of a published value, with its median at the published value.

    Parameters
    ----------
    kind : str
        One of `KINDS`.
    central : float
        The published value [its unit]: what the run without draws uses.
    sd : float, optional
        Published standard deviation [same unit]. Where a range is given too, the sd counts; beta
        and censored interval use both.
    low, high : float, optional
        Published range [same unit]: the ends for beta, PERT, triangular, uniform and arcsine, the
        limits for a censored interval; for the others an interval that holds `coverage`.
    mode : float, optional
        Most likely value of a triangular or PERT [same unit], where it is not `central`.
    values : sequence of float, optional [unit of `central`]
        Observed values, for ``empirical``.
    coverage : float
        Probability inside the range, for distributions without ends [1].
    df : float, optional
        Degrees of freedom of the sd, for ``student_t`` [1].

    Returns
    -------
    Distribution
        With the median `central`, which a run with draws then has in common with one without.

    Raises
    ------
    UsageError
        If the kind is unknown, what it needs is missing, or the range does not hold the value.

    Notes
    -----
    The spread is what is published; the place is moved. lognormal: log_sd^2 = ln(1 + (sd/c)^2),
    or ln(high/low) / (2 z). logit_normal: sd / (c (1 - c)), or (logit high - logit low) / (2
    z). normal: sd, or (high - low) / (2 z). student_t: the sd is the scale of t, or (high -
    low) / (2 t) with the t of `coverage` and `df`: the sd of the distribution is then larger.
    truncated_normal: the same, cut at 0. beta: a and b of median c and sd on [0, 1] or on the
    range, whose ends stay; without an sd the PERT on the range. triangular and PERT: mode c on
    the range, or the symmetric triangle of half width sd sqrt(6). uniform: the range, or half
    width sd sqrt(3). arcsine: the range, or half width sd sqrt(2). These and the truncated
    normal and the empirical are then scaled so that the median is c: a published mean is *not*
    kept as the mean, and the ends move by the same factor. censored_interval: the limits stay,
    and the lognormal inside is the one of log_sd^2 = ln(1 + (sd/c)^2) whose median between them
    is c. z is the score of (1 + coverage) / 2.

    Examples
    --------
    >>> d = published("triangular", 100, low=80, high=150)
    >>> round(d.median, 9)
    100.0
    """
    if kind not in KINDS:
        raise UsageError(f"{kind!r} is no distribution; there are {', '.join(KINDS)}")
    if not 0 < coverage < 1:
        raise UsageError(f"coverage is {coverage}; it lies between 0 and 1")
    if sd is not None and not sd >= 0:
        raise UsageError(f"an sd is not negative, as {sd} is")
    if not (-math.inf if low is None else low) <= central <= (math.inf if high is None else high):
        raise UsageError(f"the range {low} to {high} does not hold the value {central}")
    score = float(ndtri((1 + coverage) / 2))
    return _MAKERS[kind](_Given(central, sd, low, high, mode, tuple(values), score, df))


@dataclass(frozen=True)
class _Given:
    central: float
    sd: float | None
    low: float | None
    high: float | None
    mode: float | None
    values: tuple[float, ...]
    z: float
    df: float | None

    def range(self) -> tuple[float, float]:
        if self.low is None or self.high is None:
            raise UsageError("this distribution needs low and high, or sd")
        return self.low, self.high

    def spread(self) -> float:
        """Return the sd: as stated, or half the range over its score."""
        if self.sd is not None:
            return self.sd
        low, high = self.range()
        return (high - low) / (2 * self.z)

    def ends(self, half_width: float) -> tuple[float, float]:
        """Return the range, or the ends at `half_width` sds around the value."""
        if self.sd is None:
            return self.range()
        return self.central - half_width * self.sd, self.central + half_width * self.sd

    @property
    def likeliest(self) -> float:
        """The most likely value: as stated, or the central one."""
        return self.central if self.mode is None else self.mode


def _lognormal(g: _Given) -> Distribution:
    if not g.central > 0:
        raise UsageError(f"a lognormal lies above 0, not at {g.central}")
    if g.sd is not None:
        return Lognormal(g.central, math.sqrt(math.log1p((g.sd / g.central) ** 2)))
    low, high = g.range()
    _require_sign(low)
    return Lognormal(g.central, math.log(high / low) / (2 * g.z))


def _logit_normal(g: _Given) -> Distribution:
    if not 0 < g.central < 1:
        raise UsageError(f"a fraction lies between 0 and 1, not at {g.central}")
    if g.sd is not None:
        return LogitNormal(g.central, g.sd / (g.central * (1 - g.central)))
    low, high = g.range()
    if not 0 < low < high < 1:
        raise UsageError(f"a range of fractions lies between 0 and 1, not at {low} to {high}")
    width = math.log(high / (1 - high)) - math.log(low / (1 - low))
    return LogitNormal(g.central, width / (2 * g.z))


def _normal(g: _Given) -> Distribution:
    return Normal(g.central, g.spread())


def _student(g: _Given) -> Distribution:
    if g.df is None or not g.df > 0:
        raise UsageError(f"a Student's t needs positive degrees of freedom (df), not {g.df}")
    t = -float(stdtrit(g.df, ndtr(-g.z)))
    return StudentT(g.central, replace(g, z=t).spread(), g.df)


def _truncated(g: _Given) -> Distribution:
    return TruncatedNormal(g.central, g.spread()).with_median(g.central)


def _beta(g: _Given) -> Distribution:
    if g.sd is None:
        return _pert(g)
    low, high = (0.0, 1.0) if g.low is None and g.high is None else g.range()
    share, sd = (g.central - low) / (high - low), g.sd / (high - low)
    if not 0 < share < 1:
        raise UsageError(f"no beta on {low} to {high} has the median {g.central}")
    return Beta(*_beta_sizes(share, sd, f"{g.central} +- {g.sd} on {low} to {high}"), low, high)


def _beta_sizes(median: float, sd: float, said: str) -> tuple[float, float]:
    """Return a and b of the beta on 0 to 1 with a median and an sd; its ends stay where they are.

    For a mean m the sd fixes a + b = m (1 - m) / sd^2 - 1; the median rises with m.
    """
    from scipy.optimize import brentq

    def sizes(mean: float) -> tuple[float, float]:
        both = mean * (1 - mean) / sd**2 - 1
        return mean * both, (1 - mean) * both

    def miss(mean: float) -> float:
        return float(betaincinv(*sizes(mean), 0.5)) - median

    room = 0.25 - sd**2  # 0 < sd^2 < m (1 - m)
    if not (sd > 0 and room > 0):
        raise UsageError(f"there is no beta for {said}: the sd must be above 0 and fit the range")
    half = math.sqrt(room) * (1 - 1e-6)
    if not miss(0.5 - half) < 0 < miss(0.5 + half):
        raise UsageError(f"there is no beta for {said}: the sd is too large for this value")
    return sizes(float(brentq(miss, 0.5 - half, 0.5 + half, xtol=1e-14, rtol=1e-13)))


def _pert(g: _Given) -> Distribution:
    low, high = g.range()
    return Pert(low, g.likeliest, high).with_median(g.central)


def _triangular(g: _Given) -> Distribution:
    low, high = g.ends(math.sqrt(6.0))
    return Triangular(low, g.likeliest, high).with_median(g.central)


def _uniform(g: _Given) -> Distribution:
    return Uniform(*g.ends(math.sqrt(3.0))).with_median(g.central)


def _arcsine(g: _Given) -> Distribution:
    return Arcsine(*g.ends(math.sqrt(2.0))).with_median(g.central)


def _empirical(g: _Given) -> Distribution:
    return Empirical(g.values).with_median(g.central)


def _censored(g: _Given) -> Distribution:
    if g.low is None and g.high is None:
        raise UsageError("a censored interval needs a lower or an upper limit")
    low, high = g.low or 0.0, math.inf if g.high is None else g.high
    if not g.sd:
        raise UsageError("a censored interval needs the sd of the values it was drawn from")
    if not low < g.central < high:
        raise UsageError(f"the value {g.central} must lie between the limits {low} and {high}")
    log_sd = math.sqrt(math.log1p((g.sd / g.central) ** 2))
    return CensoredInterval(_centre(g.central, log_sd, low, high), log_sd, low, high)


def _centre(median: float, log_sd: float, low: float, high: float) -> float:
    """Return the centre of the lognormal whose median between two limits is the one wanted.

    By bisection: the median between the limits rises with the centre.
    """
    below, above = -_FARTHEST, _FARTHEST
    for _ in range(_BISECTIONS):
        middle = (below + above) / 2
        found = CensoredInterval(median * math.exp(middle), log_sd, low, high).median
        below, above = (middle, above) if found < median else (below, middle)
    shift = (below + above) / 2
    if abs(shift) > 0.999 * _FARTHEST:
        raise UsageError(f"the value {median} lies too near to one of the limits {low} and {high}")
    return median * math.exp(shift)


_MAKERS = {
    "lognormal": _lognormal,
    "logit_normal": _logit_normal,
    "normal": _normal,
    "student_t": _student,
    "truncated_normal": _truncated,
    "beta": _beta,
    "pert": _pert,
    "triangular": _triangular,
    "uniform": _uniform,
    "arcsine": _arcsine,
    "empirical": _empirical,
    "censored_interval": _censored,
}


def from_parameters(stated: dict[str, Any]) -> Distribution:
    """Build a distribution from what `Distribution.parameters` gave.

    Parameters
    ----------
    stated : dict
        ``kind`` and its parameters.

    Returns
    -------
    Distribution

    Raises
    ------
    UsageError
        If the kind is unknown or its parameters do not fit.

    Examples
    --------
    >>> from wbe import uncertainty
    >>> uncertainty.from_parameters({"kind": "uniform", "low": 0.2, "high": 0.4})
    Uniform(low=0.2, high=0.4)
    """
    rest = dict(stated)
    kind = str(rest.pop("kind", ""))
    if kind not in KINDS:
        raise UsageError(f"{kind!r} is no distribution; there are {', '.join(KINDS)}")
    if "values" in rest:
        rest["values"] = tuple(rest["values"])
    unknown = set(rest) - {f.name for f in fields(KINDS[kind])}
    if unknown:
        raise UsageError(f"{kind} has no {', '.join(sorted(unknown))}")
    return KINDS[kind](**rest)


def _require_sign(low: float) -> None:
    if not low > 0:
        raise UsageError(f"a range of a lognormal starts above 0, not at {low}")
