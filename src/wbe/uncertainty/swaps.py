"""Streams in which some variables are exchanged for an independent copy, or held at their medians.

What draws from a `Stream` draws from these without knowing: whether a variable is drawn, copied or
held is decided by its name alone, whoever asks for it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtri

from wbe.errors import UsageError
from wbe.uncertainty.streams import BLOCK, Correlation, Stream

Floats = NDArray[np.float64]


class _Chosen(Stream):
    """The streams of a seed, of which some variables are treated differently.

    Parameters
    ----------
    seed : int
    correlations : iterable of Correlation
    variables : collection of str
        Which; correlated variables together, else one of them would be half treated.
    """

    def __init__(self, seed: int, correlations: Iterable[Correlation], variables: Collection[str]):
        super().__init__(seed, correlations)
        self._variables = frozenset(variables)


class Swapped(_Chosen):
    """The streams of a seed, with some variables from its first replica."""

    def __init__(self, seed: int, correlations: Iterable[Correlation], variables: Collection[str]):
        super().__init__(seed, correlations, variables)
        self._replica = Stream(seed, replica=1)

    def at(self, variable: str, label: str, block: int) -> np.random.Generator:
        """Return the generator at the start of a stream: of the replica, if it is exchanged."""
        if variable in self._variables:
            return self._replica.at(variable, label, block)
        return super().at(variable, label, block)


class Held(_Chosen):
    """The streams of a seed, with some variables at their medians in every draw."""

    def at(self, variable: str, label: str, block: int) -> np.random.Generator:
        """Return the generator at the start of a stream.

        Raises
        ------
        UsageError
            If the variable is held: it has no generator.
        """
        if variable in self._variables:
            raise UsageError(f"{variable} is held at its median and cannot be drawn")
        return super().at(variable, label, block)

    def uniforms(self, variable: str, label: str, block: int) -> Floats:
        """Return numbers in [0, 1) from one stream; 0.5 if it is held."""
        if variable in self._variables:
            return np.full(BLOCK, 0.5)
        return super().uniforms(variable, label, block)

    def students(self, variable: str, label: str, df: int, block: int) -> Floats:
        """Return Student's t and chi-squared / df; 0 and the median if it is held."""
        if variable in self._variables:
            return np.stack([np.zeros(BLOCK), np.full(BLOCK, chdtri(df, 0.5) / df)])
        return super().students(variable, label, df, block)

    def _fill(self, out: Floats, variable: str, label: str, block: int) -> None:
        if variable in self._variables:
            out[:] = 0.0
            return
        super()._fill(out, variable, label, block)
