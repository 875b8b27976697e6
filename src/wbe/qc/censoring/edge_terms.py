"""Derivatives of the log probability of a range of the normal, by its ends."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from wbe.qc.censoring.data import Floats
from wbe.qc.censoring.families import log_between

_LOG_SQRT_2PI = 0.5 * math.log(2 * math.pi)


@dataclass(frozen=True, eq=False)
class EdgeTerms:
    """Terms of ln D, D = Phi(b) - Phi(a), for ranges of any shape.

    Attributes
    ----------
    a, b : ndarray
        Ends in standard deviations about the mean; an infinitely low a is 0 here, for its density
        is zero and so is every term of it.
    p, q : ndarray
        phi(b) / D and phi(a) / D.
    """

    a: Floats
    b: Floats
    p: Floats
    q: Floats

    @property
    def bb(self) -> Floats:
        """Second derivative d2 ln D / db2."""
        return -self.p * (self.b + self.p)

    @property
    def ab(self) -> Floats:
        """Mixed derivative d2 ln D / (da db)."""
        return self.p * self.q

    @property
    def aa(self) -> Floats:
        """Second derivative d2 ln D / da2."""
        return self.q * (self.a - self.q)

    @property
    def slope(self) -> Floats:
        """First derivative of ln D as both ends move down: by the mean, times the sd."""
        return self.q - self.p

    @property
    def bend(self) -> Floats:
        """Minus the second one, times the square of the sd; negative by rounding alone."""
        return -(self.bb + 2 * self.ab + self.aa)


def edge_terms(a: Floats, b: Floats) -> EdgeTerms:
    """Return the terms of ranges from a to b, both (...); a may be -inf."""
    log_d = log_between(a, b)
    p, q = (np.exp(-(x**2) / 2 - _LOG_SQRT_2PI - log_d) for x in (b, a))
    return EdgeTerms(np.where(np.isinf(a), 0.0, a), b, p, q)
