"""Flow from ammonium where the meter is missing: a straight line of logs, fitted at each site."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtrit

from wbe.errors import UsageError

Floats = NDArray[np.float64]

MIN_DAYS = 3
"""Days with both that a line and its scatter need."""


@dataclass(frozen=True)
class FlowRelation:
    """ln Q = intercept + slope ln C, with its scatter.

    Attributes
    ----------
    intercept : float
        ln of the flow [m^3/day] at 1 mg/L.
    slope : float
        Of ln flow on ln concentration [1]; -1 where the load of ammonium never changes.
    log_sd : float
        Scatter of ln Q about the line [1].
    n : int
        Days behind it.
    centre : float
        Mean of ln C [C in mg/L].
    squares : float [1]
        Sum of squares of ln C about it.
    low, high : float
        Range of concentrations fitted [mg/L].
    """

    intercept: float
    slope: float
    log_sd: float
    n: int
    centre: float
    squares: float
    low: float
    high: float

    def flow(self, ammonium: ArrayLike) -> Floats:
        """Return the flow [m^3/day] at concentrations [mg/L], NaN outside the range fitted."""
        c = self._inside(ammonium)
        return np.asarray(np.exp(self.intercept + self.slope * np.log(c)))

    def log_rsd(self, ammonium: ArrayLike) -> Floats:
        """Return the sd of the log of a predicted flow [1]: scatter and error of the line."""
        away = np.log(self._inside(ammonium)) - self.centre
        return np.asarray(self.log_sd * np.sqrt(1 + 1 / self.n + away**2 / self.squares))

    def interval(self, ammonium: ArrayLike, level: float = 0.95) -> tuple[Floats, Floats]:
        """Return the interval of a day's flow [m^3/day] (prediction, Student's t)."""
        t = float(stdtrit(self.n - 2, 0.5 + level / 2))
        half = np.exp(t * self.log_rsd(ammonium))
        return self.flow(ammonium) / half, self.flow(ammonium) * half

    def _inside(self, ammonium: ArrayLike) -> Floats:
        c = np.asarray(ammonium, dtype=float)
        slack = 1e-9  # a day of the fit itself is inside
        inside = (c >= self.low * (1 - slack)) & (c <= self.high * (1 + slack))
        return np.where(inside, c, np.nan)


def flow_from_ammonium(ammonium: ArrayLike, flow: ArrayLike) -> FlowRelation:
    """Fit the flow of one site to its ammonium, on days that have both.

    Parameters
    ----------
    ammonium : array_like (day,) [mg/L]
        As N; NaN where not measured.
    flow : array_like (day,) [m^3/day]
        NaN where not measured.

    Returns
    -------
    FlowRelation

    Raises
    ------
    UsageError
        If fewer than `MIN_DAYS` days have both, a value is not positive, or ammonium never varies.

    Notes
    -----
    Least squares of ln Q on ln C. Of one site, on its own days; predictions outside the range
    fitted are NaN. A population from ammonium with a flow that came from ammonium is the line
    twice: it says nothing about people. The slope lies nearer 0 than -1 where analysis and sampling
    scatter ammonium (regression dilution).

    References
    ----------
    Scorza 2022, 10.1038/s41597-022-01788-3

    Examples
    --------
    >>> import numpy as np
    >>> from wbe.backcalc import flow_from_ammonium
    >>> c = np.array([10.0, 20.0, 40.0])
    >>> fit = flow_from_ammonium(c, 5e5 / c)
    >>> round(fit.slope, 6), round(float(fit.flow(25.0)))
    (-1.0, 20000)
    """
    c, q = (np.asarray(x, dtype=float) for x in (ammonium, flow))
    both = np.isfinite(c) & np.isfinite(q)
    c, q = c[both], q[both]
    if len(c) < MIN_DAYS:
        raise UsageError(f"{len(c)} days have both ammonium and flow; {MIN_DAYS} are needed")
    if (c <= 0).any() or (q <= 0).any():
        raise UsageError("ammonium and flow are positive; leave out what was not found")
    x, y = np.log(c), np.log(q)
    away = x - x.mean()
    squares = float(away @ away)
    if squares == 0:
        raise UsageError("ammonium is the same on all days: it tells nothing about the flow")
    slope = float(away @ (y - y.mean())) / squares
    intercept = float(y.mean() - slope * x.mean())
    left = y - intercept - slope * x
    log_sd = float(np.sqrt(left @ left / (len(c) - 2)))
    return FlowRelation(
        intercept, slope, log_sd, len(c), float(x.mean()), squares, float(c.min()), float(c.max())
    )


__all__ = ["MIN_DAYS", "FlowRelation", "flow_from_ammonium"]
