"""Random streams keyed by label, so that no number depends on order, chunks or neighbours.

A stream is named by (seed, variable, label, block). Its name is hashed with BLAKE2b to the 256-bit
state of an SFC64 generator. Adding a site, sorting rows, changing the chunk size or the number of
workers changes no draw of any other label. The block length is part of the format: draws
``[k * BLOCK, (k + 1) * BLOCK)`` of a label come from block ``k``, and the first n draws of a run of
N are the draws of a run of n.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

BLOCK = 2_500
"""Draws in a block. Changing it changes every number of every run."""


_KEPT = 4_096  # 32 MiB


class Stream:
    """Generator that can be set to any named stream; reused, because building one is slow."""

    def __init__(self, seed: int):
        self._seed = str(int(seed))
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

    def normals(self, variable: str, labels: Sequence[str], block: int) -> NDArray[np.float64]:
        """Return standard normals, one row of `BLOCK` draws a label.

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
            self.at(variable, label, block).standard_normal(out=row)
        return out

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
            (variable, label, block),
            lambda: self.at(variable, label, block).standard_normal(BLOCK),
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

    Raises
    ------
    ValueError
        If `draws` is negative.
    """
    if draws < 0:
        raise ValueError(f"draws is {draws}; use 0 for no uncertainty or a positive number")
    for block, start in enumerate(range(0, draws, BLOCK)):
        yield block, slice(start, min(start + BLOCK, draws))
