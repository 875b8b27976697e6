"""A node of a mean: what its rows share, times the sum of what they do not."""

from __future__ import annotations

import math
from dataclasses import dataclass

from wbe.uncertainty.log_grid import LogFactor


@dataclass(frozen=True)
class Node:
    """Own factors times the sum of the children; without children times `scale`.

    Attributes
    ----------
    scale : float
        Weighted central value [unit of the rows]; of a node with children their sum.
    sd : float
        Of the log of the lognormal part [1].
    factors : tuple of LogFactor
        Shaped, in an order of their own.
    children : tuple of Node
        In an order that depends on nothing but what they are.
    """

    scale: float
    sd: float
    factors: tuple[LogFactor, ...] = ()
    children: tuple[Node, ...] = ()

    @property
    def order(self) -> tuple[float, float, str, tuple[str, ...]]:
        """Sorts nodes whatever the order of the rows they came from."""
        below = tuple(repr(c.order) for c in self.children)
        return self.scale, self.sd, repr(self.factors), below

    @property
    def constant(self) -> bool:
        """Whether nothing is uncertain."""
        return self.scale == 0 or not (self.sd or self.factors or self.children)

    @property
    def relative_sd(self) -> float:
        """About the sd over the value [1]: for telling what counts, not for results."""
        own = math.hypot(self.sd, *(f.half_width for f in self.factors))
        parts = (c.scale * c.relative_sd for c in self.children)
        return math.hypot(own, *(p / self.scale for p in parts)) if self.scale else 0.0

    def mean(self) -> float:
        """Return the mean: of products of independent factors, and of sums."""
        if self.scale == 0:
            return 0.0
        inner = math.fsum(c.mean() for c in self.children) if self.children else self.scale
        own = math.exp(self.sd**2 / 2) * math.prod(f.mean() for f in self.factors)
        return own * inner
