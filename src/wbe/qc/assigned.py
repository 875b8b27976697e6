"""What a material of an interlaboratory round is taken to hold, and how far results may lie off.

The value comes from the participants (a consensus) or from a reference; the target standard
deviation sigma_pt from what is fit for the purpose.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from wbe.errors import UsageError
from wbe.options import require_choice
from wbe.qc.robust import ROBUST_METHODS

FEWEST: Final = 5
"""Laboratories with a result from which a consensus is made."""


@dataclass(frozen=True)
class AssignedValue:
    """What a material is taken to hold.

    Attributes
    ----------
    value, u : float
        Assigned value and its standard uncertainty, in the unit of the results.
    sd : float [unit of the results]
        Robust sd of the participants; NaN for a reference value.
    n, n_below : int
        Laboratories, and of them those with a result below a limit; 0 for a reference value.
    low, high : float [unit of the results]
        The value with every result below a limit at its lower and at its upper end. A mean that
        gives far results no weight, as ``q_hampel``, may make the first the larger.
    method : str
        ``algorithm_a``, ``q_hampel``, ``median_mad`` or ``reference``.
    testable : bool
        False where no consensus can be made; the numbers are then NaN.
    reason : str
    """

    value: float
    u: float
    sd: float
    n: int
    n_below: int
    low: float
    high: float
    method: str
    testable: bool = True
    reason: str = ""


def reference(value: float, u: float) -> AssignedValue:
    """Return an assigned value that is known without the participants, by formulation or reference.

    Parameters
    ----------
    value, u : float [any one unit]
        Value, above 0, and its standard uncertainty.

    Returns
    -------
    AssignedValue

    Raises
    ------
    UsageError
        If the value is not above 0, or the uncertainty is negative or unknown.

    References
    ----------
    ISO 13528:2015, 7.3 and 7.4

    Examples
    --------
    >>> reference(100.0, 2.0).method
    'reference'
    """
    if not (math.isfinite(value) and value > 0 and math.isfinite(u) and u >= 0):
        raise UsageError(f"a reference value is above 0 with its uncertainty, not {value} +- {u}")
    return AssignedValue(value, u, math.nan, 0, 0, value, value, "reference")


def consensus(
    low: ArrayLike,
    high: ArrayLike | None = None,
    *,
    method: str = "algorithm_a",
    most_below: float = 0.2,
) -> AssignedValue:
    """Return the robust mean of the participants as the assigned value.

    Parameters
    ----------
    low : array_like (lab,) [any one unit]
        One result of each laboratory, its mean where it gave several; the lower end of what it may
        be for a result below a limit: 0, or the LOD of one between LOD and LOQ.
    high : array_like (lab,), optional
        The upper end: the result itself, or its limit. As `low` if not given.
    method : str
        One of `wbe.qc.ROBUST_METHODS`: ``algorithm_a`` resists a quarter of wild results,
        ``q_hampel`` a half.
    most_below : float
        Largest share of results below a limit with which a consensus is made [1].

    Returns
    -------
    AssignedValue
        Not testable with fewer than 5 laboratories, or with too many results below their limits.

    Raises
    ------
    UsageError
        If the method is unknown, `most_below` is no share, ends are not finite, or an upper end is
        below its lower one.

    Notes
    -----
    No value is put in the place of a result below its limit. The robust mean is made twice, with
    all of them at their lower and at their upper ends. The assigned value is the middle of the
    two; u^2 = (1.25 s* / sqrt(n))^2 + (their distance)^2 / 12, with the larger s*. A consensus of
    fewer than 12 laboratories is uncertain beyond its u.

    References
    ----------
    ISO 13528:2015, 7.7; doi:10.1351/pac200678010145

    Examples
    --------
    >>> found = consensus([95.0, 98.0, 101.0, 104.0, 150.0])
    >>> round(found.value, 1), round(found.u, 1)
    (104.1, 6.9)
    """
    require_choice("method", method, ROBUST_METHODS)
    a = np.asarray(low, dtype=float).ravel()
    b = a if high is None else np.asarray(high, dtype=float).ravel()
    if not 0 <= most_below < 1:
        raise UsageError(f"most_below = {most_below}; give a share from 0 to below 1, such as 0.2")
    if len(a) != len(b) or not (np.isfinite(a) & np.isfinite(b) & (a <= b)).all():
        raise UsageError("each result has a finite lower end and an upper end that is not below it")
    n, below = len(a), int((a < b).sum())
    if why := _no_consensus(n, below, most_below):
        nan = math.nan
        return AssignedValue(nan, nan, nan, n, below, nan, nan, method, False, why)
    first, last = ROBUST_METHODS[method](a), ROBUST_METHODS[method](b)
    sd, apart = max(first.sd, last.sd), last.mean - first.mean
    u = math.hypot(1.25 * sd / math.sqrt(n), apart / math.sqrt(12))
    middle = (first.mean + last.mean) / 2
    return AssignedValue(middle, u, sd, n, below, first.mean, last.mean, method)


def _no_consensus(n: int, below: int, most_below: float) -> str:
    if n - below < FEWEST:
        return f"{n - below} laboratories with a result; a consensus needs {FEWEST}"
    if below > most_below * n:
        return f"{below} of {n} results are below their limit; at most {most_below:.0%} may be"
    return ""


@dataclass(frozen=True)
class Target:
    """How far results may lie from the assigned value: the standard deviation sigma_pt.

    Attributes
    ----------
    kind : str
        ``absolute``: `size` in the unit of the results. ``relative``: `size` times the assigned
        value. ``robust``: the participants' own robust sd, with which as many laboratories are
        always outside. ``horwitz``: what laboratories reach as a rule at that mass fraction;
        `size` is the mass fraction of one unit of the results (1e-12 for ng/L of water).
    size : float [1, or unit of the results]
        NaN for ``robust``.

    Examples
    --------
    >>> from wbe import qc
    >>> qc.Target("relative", 0.2).size
    0.2
    """

    kind: str
    size: float = math.nan

    def __post_init__(self) -> None:
        if self.kind not in ("absolute", "relative", "robust", "horwitz"):
            raise UsageError(f"a target is absolute, relative, robust or horwitz, not {self.kind}")
        if self.kind != "robust" and not (math.isfinite(self.size) and self.size > 0):
            raise UsageError(f"a target of kind {self.kind} needs a size above 0, not {self.size}")

    def sigma(self, assigned: AssignedValue) -> float:
        """Return sigma_pt for an assigned value, in the unit of the results.

        Raises
        ------
        UsageError
            If the kind is ``robust`` and the value is a reference, without participants.

        Notes
        -----
        Horwitz as modified by Thompson, c the mass fraction: 0.22 c below 1.2e-7, 0.02 c^0.8495
        up to 0.138, 0.01 sqrt(c) above.

        References
        ----------
        ISO 13528:2015, 8; doi:10.1039/B000282H

        Examples
        --------
        >>> round(Target("horwitz", 1e-12).sigma(reference(200.0, 1.0)), 1)
        44.0
        """
        if self.kind == "absolute":
            return self.size
        if self.kind == "relative":
            return self.size * assigned.value
        if self.kind == "horwitz":
            return _horwitz(assigned.value * self.size) / self.size
        if assigned.method == "reference":
            raise UsageError("a robust target is the participants'; a reference value has none")
        return assigned.sd


def _horwitz(c: float) -> float:
    if c < 1.2e-7:
        return 0.22 * c
    return 0.02 * c**0.8495 if c <= 0.138 else 0.01 * math.sqrt(c)
