"""Order of results with limits, and the product-limit distribution that follows from it.

Works on the last axis, so that many samples of one size (resamples, draws of errors, simulated
truths) are solved at once. Kaplan-Meier and the plotting positions of Helsel and Cohn are both read
from it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Ordered:
    """Results in rising order; of equal ones the non-detects come first.

    Attributes
    ----------
    values : ndarray (..., n) [any one unit]
        Values of detects and limits of non-detects.
    detected : ndarray (..., n) of bool
    beneath : ndarray (..., n + 1) [1]
        Probability of a value beneath the i-th result; the last is 1.
    places : ndarray (..., n) of int
        Where each ordered result stood before.
    """

    values: Floats
    detected: Mask
    beneath: Floats
    places: Ints

    @property
    def mass(self) -> Floats:
        """Probability of each detect, 0 for a non-detect, shape (..., n)."""
        known_below = np.arange(1, self.values.shape[-1] + 1)
        return np.where(self.detected, self.beneath[..., 1:] / known_below, 0.0)


def ordered(high: Floats, detected: Mask) -> Ordered:
    """Return results in order with their product-limit distribution.

    Parameters
    ----------
    high : ndarray (..., n) [any one unit]
        Values, and limits of non-detects.
    detected : ndarray (..., n) of bool

    Returns
    -------
    Ordered

    Notes
    -----
    ``F(x-) = product over detects y >= x of 1 - 1 / #(results <= y)``, a limit counting as its
    own value: the survival estimate of the results with their order turned round. Ties are taken
    one after the other, which gives the same product as taking them together.

    References
    ----------
    Kaplan & Meier 1958, 10.1080/01621459.1958.10501452
    """
    places = np.lexsort((detected, high), axis=-1)
    values = np.take_along_axis(high, places, axis=-1)
    found = np.take_along_axis(detected, places, axis=-1)
    i = np.arange(values.shape[-1])
    stay = np.where(found, i / (i + 1), 1.0)
    product = np.cumprod(stay[..., ::-1], axis=-1)[..., ::-1]
    one = np.ones((*product.shape[:-1], 1))
    return Ordered(values, found, np.concatenate([product, one], axis=-1), places)
