"""Unknowns that the value of an area carries as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wbe.uncertainty import Correlation, Distribution, Stream, Term
from wbe.uncertainty.moments import related, unit_covariance

Floats = NDArray[np.float64]

VISIT = "visit"
"""Component of the error model that the points of an area share in one round."""


class Unknown(NamedTuple):
    """One unknown: its stream, and the shape of its log error (None: lognormal)."""

    variable: str
    label: str
    shape: Distribution | None = None

    def log_error(self, stream: Stream, block: int) -> Floats:
        """Return one block of the log error of size 1, shape (BLOCK,); do not change it."""
        z = stream.shared(self.variable, self.label, block)
        return z if self.shape is None else self.shape.log_error(z)

    def key(self) -> tuple[str, str, str]:
        """Return what unknowns are sorted by."""
        return self.variable, self.label, "" if self.shape is None else repr(self.shape)


class Shared(NamedTuple):
    """One unknown that the whole value carries, with its coefficient on the log scale [1]."""

    unknown: Unknown
    coefficient: float


def averaged(terms: Sequence[Term], at: slice, shares: Floats) -> tuple[Shared, ...]:
    """Return the weighted mean of errors of samples, one entry an unknown.

    Parameters
    ----------
    terms : sequence of Term
    at : slice
        The samples among their rows.
    shares : ndarray (sample,)
        Weight of each sample [1].
    """
    total: dict[Unknown, float] = {}
    for term in terms:
        sizes = (shares * term.size[at]).tolist()
        for label, size in zip(term.labels[at].tolist(), sizes, strict=True):
            if size:
                unknown = Unknown(term.name, label, term.shape)
                total[unknown] = total.get(unknown, 0.0) + size
    return tuple(Shared(unknown, c) for unknown, c in total.items())


def variance_of(shared: Sequence[Shared], correlations: Sequence[Correlation]) -> float:
    """Return the variance of the sum of shared errors on the log scale [1].

    Parameters
    ----------
    shared : sequence of Shared
    correlations : sequence of Correlation
        Of variables with the same label.

    Notes
    -----
    Var = sum_a c_a^2 v_a + 2 sum_(a, b) c_a c_b cov_ab over pairs with one label; cov_ab = rho for
    two lognormals.
    """
    total = sum(c**2 * unit_covariance(e.shape, e.shape) for e, c in shared)
    for (a, one), (b, two) in combinations(shared, 2):
        rho = related(a.variable, b.variable, correlations)
        if rho and a.label == b.label:
            total += 2 * one * two * unit_covariance(a.shape, b.shape, rho)
    return total
