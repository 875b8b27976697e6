"""The test of Mann and Kendall: whether later values tend to lie above earlier ones."""

from __future__ import annotations

import math
from dataclasses import dataclass

from numpy.typing import ArrayLike

from wbe.qc.ranking import FEWEST, kendall_s, normal_score, two_sided, untied_pairs, variance_of_s
from wbe.trends.timed import TimeUnit, as_series


@dataclass(frozen=True)
class MannKendall:
    """Result of a test of Mann and Kendall.

    Attributes
    ----------
    s : float [1]
        S, later-above-earlier pairs less later-below-earlier ones.
    variance : float [1]
        Of S if there is no trend and values are independent (but see `convention`).
    z, p : float or None [1]
        Normal score and two-sided p-value; None where there are too few values.
    tau : float or None [1]
        S / (n (n - 1) / 2), which ties pull toward 0; EnvStats and pymannkendall call it tau.
    tau_b : float or None [1]
        S / sqrt(pairs untied in time x pairs untied in value), as SciPy and the R package Kendall
        have it; None where all values are equal, for then it is 0 / 0.
    n, n_missing : int
        Values used and left out.
    convention : str
        How variance and z were made.
    testable : bool
    reason : str
        Why there is no p-value; empty where there is one.
    """

    s: float
    variance: float
    z: float | None
    p: float | None
    tau: float | None
    tau_b: float | None
    n: int
    n_missing: int
    convention: str
    testable: bool
    reason: str


def mann_kendall(
    times: ArrayLike, values: ArrayLike, *, continuity: bool = True, unit: TimeUnit = "year"
) -> MannKendall:
    """Test for a monotonic trend **among independent values**, by the normal approximation.

    Its false claims grow with autocorrelation (`trend` and `ar1_bootstrap` are made for that).

    Parameters
    ----------
    times : array_like (n,) of datetime64, dates, ISO texts or numbers
        Their order, and ties among them, are all that counts here.
    values : array_like (n,) [any one unit]
        NaN is left out, and never closes up the dates of the others.
    continuity : bool
        Take 1 from ``|S|`` before it is divided by its standard deviation, as EnvStats and
        pymannkendall do; the R package Kendall does so for one series, not for seasons.
    unit : {"day", "year"}
        Of no effect on the result.

    Returns
    -------
    MannKendall
        With ``testable=False`` and no p-value for fewer than four values. Where all values are
        equal, z is 0, p is 1 and `tau_b` None.

    Raises
    ------
    UsageError
        If the lengths differ, or a time is unknown.

    Notes
    -----
    S = sum over i < j of sign(y_j - y_i) where t_j > t_i [1]_; its variance is that of
    `wbe.qc.ranking.variance_of_s`.
    Values in single precision, as the R package Kendall prints them, differ by 1e-7 from these.

    References
    ----------
    .. [1] Mann, H. B. (1945). Nonparametric tests against trend. Econometrica 13, 245-259.
       10.2307/1907187

    Examples
    --------
    >>> result = mann_kendall([2019, 2020, 2021, 2022, 2023], [10.0, 8.0, 6.0, 4.0, 2.0])
    >>> result.s, round(result.p, 4), result.tau
    (-10.0, 0.0275, -1.0)
    """
    series = as_series(times, values, unit)
    n, s = series.n, kendall_s(series.times, series.values)
    variance = variance_of_s(series.times, series.values)
    enough = n >= FEWEST
    z = normal_score(s, variance, continuity=continuity) if enough else None
    norm = math.sqrt(untied_pairs(series.times) * untied_pairs(series.values))
    return MannKendall(
        s=s,
        variance=variance,
        z=z,
        p=None if z is None else two_sided(z),
        tau=s / (n * (n - 1) / 2) if n > 1 else None,
        tau_b=s / norm if norm > 0 else None,
        n=n,
        n_missing=series.n_missing,
        convention="independent values, normal, "
        + ("continuity-corrected" if continuity else "no continuity correction"),
        testable=enough,
        reason="" if enough else f"{n} values; a p-value needs at least {FEWEST}",
    )
