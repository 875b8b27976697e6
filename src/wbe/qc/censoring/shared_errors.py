"""Draws of the errors of results, told apart by who has them: shared by several, or one's own."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from wbe.errors import UsageError
from wbe.qc.censoring.data import Floats
from wbe.uncertainty import Product, Term, draw


@dataclass(frozen=True)
class CarriedErrors:
    """Draws of the factors between results and truths.

    Attributes
    ----------
    shared : ndarray (n, draws) [1]
        Factor of each result made of errors that other results have too.
    own : ndarray (n, draws) [1]
        Factor of each result that no other has; independent between rows.
    seed : int or None
        Of the draws, where they were made here.
    """

    shared: Floats
    own: Floats
    seed: int | None = None

    def __post_init__(self) -> None:
        for name in ("shared", "own"):
            factors = getattr(self, name)
            if factors.ndim != 2 or factors.shape != self.shared.shape or not factors.shape[1]:
                raise UsageError("shared and own errors are (result, draw), both of one shape")
            if not (np.isfinite(factors).all() and (factors > 0).all()):
                raise UsageError(f"{name} errors multiply: they must be positive and finite")

    @property
    def alike(self) -> bool:
        """Whether all results have the same shared factor in each draw."""
        return bool((self.shared == self.shared[0]).all())


def carried_errors(product: Product, *, draws: int = 2_000, seed: int = 1) -> CarriedErrors:
    """Return draws of the errors of a product, told apart by who has them.

    Parameters
    ----------
    product : Product (n rows)
        Its terms; central values and censored rows are not used.
    draws : int
        The first n of N draws are the draws of a run of n.
    seed : int

    Returns
    -------
    CarriedErrors
        An error whose label no other row has is own, every other is shared.

    Raises
    ------
    UsageError
        If there are no draws.

    Examples
    --------
    >>> import numpy as np
    >>> from wbe.uncertainty import Product, Term
    >>> lab = Term("bias", "lab", np.array(["x", "x"]), np.array([0.2, 0.2]))
    >>> day = Term("repeatability", "sample", np.array(["1", "2"]), np.array([0.1, 0.1]))
    >>> errors = carried_errors(Product(np.zeros(2), (lab, day)), draws=10, seed=3)
    >>> errors.alike, bool((errors.own[0] == errors.own[1]).any())
    (True, False)
    """
    if draws < 1:
        raise UsageError(f"draws = {draws}: errors are carried by draws")
    plain = replace(product, log_central=np.zeros(len(product)), below=None)

    def only(shared: bool) -> Floats:
        terms = tuple(_part(term, shared) for term in product.terms)
        return draw(replace(plain, terms=terms), draws, seed)

    return CarriedErrors(only(True), only(False), seed)


def _part(term: Term, shared: bool) -> Term:
    """Return a term that acts only on rows whose label others have too, or only on the rest."""
    _, codes, counts = np.unique(term.labels, return_inverse=True, return_counts=True)
    live = np.bincount(codes, term.size != 0)[codes] > 1 if len(counts) else term.size > 0
    return replace(term, size=np.where(live == shared, term.size, 0.0))
