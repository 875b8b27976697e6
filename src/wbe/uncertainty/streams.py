"""Random streams keyed by label, so that no number depends on order, chunks or neighbours.

A stream is named by (seed, variable, label, block). Its name is hashed with BLAKE2b to the 256-bit
state of an SFC64 generator. Adding a site, sorting rows, changing the chunk size or the number of
workers changes no draw of any other label. The block length is part of the format: draws
``[k * BLOCK, (k + 1) * BLOCK)`` of a label come from block ``k``, and the first n draws of a run of
N are the draws of a run of n.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wbe.errors import UsageError

BLOCK = 2_500
"""Draws in a block. Changing it changes every number of every run."""


_KEPT = 4_096  # 32 MiB


@dataclass(frozen=True)
class Correlation:
    """Two variables whose normal scores are correlated where they have the same label.

    Attributes
    ----------
    a, b : str
        Names of the variables.
    rho : float
        Correlation of the scores [1], above -1 and below 1. For two lognormal factors the
        correlation of their logs.
    source, verified, note : str
        Who said so and how far it was checked.

    Examples
    --------
    >>> from wbe.uncertainty import Correlation
    >>> Correlation("flow", "population", rho=0.3, source="own record").rho
    0.3
    """

    a: str
    b: str
    rho: float
    source: str = ""
    verified: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        if not -1 < self.rho < 1:
            raise UsageError(f"correlation of {self.a} and {self.b} is {self.rho}; |rho| < 1")
        if self.a == self.b:
            raise UsageError(f"{self.a} cannot be correlated with itself")


def mixtures(correlations: Iterable[Correlation]) -> dict[str, list[tuple[str, float]]]:
    """Return how the scores of correlated variables are made from independent ones.

    Parameters
    ----------
    correlations : iterable of Correlation

    Returns
    -------
    dict of str to list of (str, float)
        Variable -> independent streams and their coefficients: the rows of the Cholesky factor of
        the correlation matrix. Variables without correlation are not in it.

    Raises
    ------
    UsageError
        If a pair is stated twice, or no joint distribution has these correlations.
    """
    stated = list(correlations)
    names = sorted({n for c in stated for n in (c.a, c.b)})
    at = {name: k for k, name in enumerate(names)}
    matrix = np.eye(len(names))
    for c in stated:
        if matrix[at[c.a], at[c.b]] != 0:
            raise UsageError(f"the correlation of {c.a} and {c.b} is stated twice")
        matrix[at[c.a], at[c.b]] = matrix[at[c.b], at[c.a]] = c.rho
    try:
        factor = np.linalg.cholesky(matrix)
    except np.linalg.LinAlgError as error:
        pairs = ", ".join(f"{c.a} and {c.b} {c.rho}" for c in stated)
        raise UsageError(f"no joint distribution has the correlations {pairs}") from error
    return {
        name: [(names[m], float(factor[k, m])) for m in range(k + 1) if factor[k, m]]
        for name, k in at.items()
    }


class Stream:
    """Generator that can be set to any named stream; reused, because building one is slow.

    Parameters
    ----------
    seed : int
    correlations : iterable of Correlation
        Of the scores of variables with the same label.
    replica : int
        0, or the number of a further, independent set of streams of the same names.

    Examples
    --------
    >>> from wbe.uncertainty import Stream
    >>> first = Stream(seed=1).at("flow", "site A", block=0).normal(size=2)
    >>> again = Stream(seed=1).at("flow", "site A", block=0).normal(size=2)
    >>> bool((first == again).all())
    True
    """

    def __init__(self, seed: int, correlations: Iterable[Correlation] = (), replica: int = 0):
        self._mixtures = mixtures(correlations)
        self._seed = f"{int(seed)}\x1freplica {replica}" if replica else str(int(seed))
        self._bits = np.random.SFC64(0)
        self._state = self._bits.state
        self._generator = np.random.Generator(self._bits)
        self._kept: dict[tuple[str, str, int], NDArray[np.float64]] = {}

    def at(self, variable: str, label: str, block: int) -> np.random.Generator:
        """Return the generator at the start of the stream (variable, label, block).

        Parameters
        ----------
        variable, label : str
            What is drawn (``"flow"``) and for whom (a site, a factor id, a sample and analyte).
        block : int
            Number of the block of `BLOCK` draws.

        Returns
        -------
        numpy.random.Generator
            Valid until the next call; do not keep it.
        """
        # Unit separators cannot occur in labels read from tables, so names cannot run together.
        name = "\x1f".join((self._seed, variable, label, str(block))).encode()
        words = np.frombuffer(hashlib.blake2b(name, digest_size=32).digest(), dtype="<u8")
        self._state["state"]["state"] = words.astype(np.uint64)
        self._state["has_uint32"], self._state["uinteger"] = 0, 0
        self._bits.state = self._state
        return self._generator

    def scores(self, variable: str, labels: Sequence[str], block: int) -> NDArray[np.float64]:
        """Return standard normal scores, one row of `BLOCK` draws a label.

        Parameters
        ----------
        variable : str
            Name of the error.
        labels : sequence of str
            One stream each.
        block : int
            Number of the block.

        Returns
        -------
        ndarray (label, BLOCK)
        """
        out = np.empty((len(labels), BLOCK))
        for row, label in zip(out, labels, strict=True):
            self._fill(row, variable, label, block)
        return out

    def _fill(self, out: NDArray[np.float64], variable: str, label: str, block: int) -> None:
        parts = self._mixtures.get(variable)
        if parts is None:
            self.at(variable, label, block).standard_normal(out=out)
            return
        out[:] = 0.0
        for name, coefficient in parts:
            out += coefficient * self.at(name, label, block).standard_normal(BLOCK)

    def uniforms(self, variable: str, label: str, block: int) -> NDArray[np.float64]:
        """Return numbers in [0, 1) from one stream.

        Parameters
        ----------
        variable, label : str
        block : int

        Returns
        -------
        ndarray (BLOCK,)
        """
        return self.at(variable, label, block).random(BLOCK)

    def shared(self, variable: str, label: str, block: int) -> NDArray[np.float64]:
        """Return the standard normals of one stream, kept for the next who asks.

        For errors that many rows share: drawn once however many rows use them. Do not change the
        array. At most `_KEPT` arrays are kept.

        Parameters
        ----------
        variable, label : str
        block : int

        Returns
        -------
        ndarray (BLOCK,)
        """
        return self._keep(
            (variable, label, block), lambda: self.scores(variable, [label], block)[0]
        )

    def students(self, variable: str, label: str, df: int, block: int) -> NDArray[np.float64]:
        """Return Student's t and the chi-squared / df that made it, kept like `shared`.

        Parameters
        ----------
        variable, label : str
        df : int
            Degrees of freedom.
        block : int

        Returns
        -------
        ndarray (2, BLOCK)
            t = z / sqrt(w) and w = chi2 / df.
        """

        def make() -> NDArray[np.float64]:
            source = self.at(variable, label, block)
            out = np.empty((2, BLOCK))
            out[1] = source.standard_gamma(df / 2, BLOCK) * (2.0 / df)
            np.divide(source.standard_normal(BLOCK), np.sqrt(out[1]), out=out[0])
            return out

        return self._keep((f"{variable}|{df}", label, block), make)

    def _keep(
        self, key: tuple[str, str, int], make: Callable[[], NDArray[np.float64]]
    ) -> NDArray[np.float64]:
        found = self._kept.get(key)
        if found is None:
            if len(self._kept) >= _KEPT:
                self._kept.clear()
            found = self._kept[key] = make()
        return found


def blocks(draws: int) -> Iterator[tuple[int, slice]]:
    """Yield (block number, positions of its draws) for a run of `draws` draws.

    The last block may be used in part; it is always drawn whole, which keeps the prefix property.

    Parameters
    ----------
    draws : int
        Number of draws.

    Yields
    ------
    tuple of (int, slice)
        Number of the block, and where its draws stand among all.

    Raises
    ------
    ValueError
        If `draws` is negative.

    Examples
    --------
    >>> from wbe.uncertainty import BLOCK, blocks
    >>> BLOCK, list(blocks(BLOCK + 10))
    (2500, [(0, slice(0, 2500, None)), (1, slice(2500, 2510, None))])
    """
    if draws < 0:
        raise ValueError(f"draws is {draws}; use 0 for no uncertainty or a positive number")
    for block, start in enumerate(range(0, draws, BLOCK)):
        yield block, slice(start, min(start + BLOCK, draws))
