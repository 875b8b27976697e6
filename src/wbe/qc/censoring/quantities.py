"""What can be asked of a sample with limits, and the answers with their intervals and bounds."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from wbe.errors import UsageError
from wbe.options import require_choice

KINDS = ("mean", "sd", "percentile", "exceedance")


@dataclass(frozen=True)
class Quantity:
    """One thing asked.

    Attributes
    ----------
    kind : str
        One of `KINDS`.
    at : float
        Share of a percentile [1], threshold of an exceedance probability [unit of the data]; NaN
        otherwise.

    Raises
    ------
    UsageError
        If the kind is not known, a share does not lie between 0 and 1 or a threshold is not
        positive.

    Examples
    --------
    >>> from wbe.qc.censoring import Quantity
    >>> Quantity("percentile", 0.9).at
    0.9
    """

    kind: str
    at: float = math.nan

    def __post_init__(self) -> None:
        require_choice("quantity", self.kind, KINDS)
        if self.kind == "percentile" and not 0 < self.at < 1:
            raise UsageError(f"a percentile is asked as a share between 0 and 1, not {self.at}")
        if self.kind == "exceedance" and not 0 < self.at < math.inf:
            raise UsageError(f"a threshold must be positive and finite, not {self.at}")

    @property
    def name(self) -> str:
        """Name in tables: mean, sd, median, p90, above 20."""
        if self.kind == "percentile":
            return "median" if self.at == 0.5 else f"p{self.at * 100:g}"
        return f"above {self.at:g}" if self.kind == "exceedance" else self.kind

    @property
    def top(self) -> float:
        """Largest value that it can have."""
        return 1.0 if self.kind == "exceedance" else math.inf


MEAN = Quantity("mean")
SD = Quantity("sd")
MEDIAN = Quantity("percentile", 0.5)


def wanted(percentiles: Iterable[float] = (), thresholds: Iterable[float] = ()) -> list[Quantity]:
    """Return mean, sd and median with the percentiles and exceedances asked for, none twice.

    Parameters
    ----------
    percentiles : iterable of float [1]
        Shares between 0 and 1.
    thresholds : iterable of float [unit of the data]

    Returns
    -------
    list of Quantity
    """
    shares = [Quantity("percentile", float(p)) for p in percentiles]
    above = [Quantity("exceedance", float(c)) for c in thresholds]
    return list(dict.fromkeys([MEAN, SD, MEDIAN, *shares, *above]))


@dataclass(frozen=True)
class Answer:
    """One quantity with its interval and its bounds.

    Attributes
    ----------
    quantity : Quantity
    value : float [unit of the quantity]
        NaN where the method cannot tell it; the bounds hold all the same.
    lower, upper : float [unit of the quantity]
        Confidence (Bayesian: credible) interval of the quantity in the population; NaN where the
        method has none.
    least, most : float [unit of the quantity]
        What the sample itself gives with every non-detect at the value in its range that makes the
        quantity least, and most. Needs no assumption, and says nothing about other samples.
    """

    quantity: Quantity
    value: float
    lower: float
    upper: float
    least: float
    most: float
