"""Substitution by name: what reports do with non-detects, for comparison with what they did."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wbe.qc.censoring.data import Censored, Floats
from wbe.qc.censoring.filled import Filled
from wbe.qc.censoring.quantities import Quantity
from wbe.qc.nondetects import TOTALS, substitute


@dataclass(frozen=True, eq=False)
class Substituted(Filled):
    """A sample with numbers in the place of its non-detects.

    Attributes
    ----------
    filled : ndarray (n,) [unit of the data]
        What enters means, sd, percentiles and exceedances.
    in_totals : ndarray (n,) [unit of the data]
        What enters a sum over results; NaN where the rule leaves it out.
    convention : str
        Name of the rule.
    n, n_below : int
        Results, and those below a limit.
    """

    filled: Floats
    in_totals: Floats
    convention: str
    n: int
    n_below: int

    @property
    def total(self) -> float:
        """Sum over results [unit of the data], by the rule's own treatment of totals."""
        return float(np.nansum(self.in_totals))

    def interval(self, quantity: Quantity, level: float = 0.95) -> tuple[float, float]:
        """Return NaN: a number that was put in by rule has no sampling error to tell."""
        return float("nan"), float("nan")


def substitution(data: Censored, rule: str) -> Substituted:
    """Return a sample with its non-detects replaced by a named rule.

    Parameters
    ----------
    data : Censored
        The LOD of a result that is only known to lie below its limit is that limit.
    rule : str
        One of `wbe.qc.RULES` except ``censored``.

    Returns
    -------
    Substituted
        Without intervals. Its mean is as far off as the rule is arbitrary; it is here to recompute
        what others printed, and to be set beside a method that uses what is known.

    Raises
    ------
    UsageError
        If the rule is not known.

    Notes
    -----
    SL 219-2013 puts half the limit into means and zero into total loads; HJ/T 92 leaves results
    with the flag L out of totals. Other rules treat totals as means.

    References
    ----------
    Helsel 2006, 10.1016/j.chemosphere.2006.04.051

    Examples
    --------
    >>> from wbe.qc.censoring import censored, substitution
    >>> x = substitution(censored([8.0, 4.0], [False, True]), "sl219")
    >>> x.mean, x.total
    (5.0, 8.0)
    """
    lod = np.where(data.low > 0, data.low, data.high)
    put = substitute(rule, data.high, lod, data.high)
    total = {"zero": np.zeros(data.n), "excluded": np.full(data.n, np.nan)}.get(
        TOTALS.get(rule, ""), put
    )
    filled, in_totals = (np.where(data.detected, data.high, x) for x in (put, total))
    return Substituted(filled, in_totals, rule, data.n, data.n_below)
