"""From terms to independent random variables: what is one variable, what is correlated.

Two terms with the same name and the same label in a row are functions of the same unknown. Where
both have the same shape they are one variable, whose sizes add: in a ratio a shared factor has the
sizes +1 and -1 and drops out exactly.
"""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from wbe.uncertainty.normal_family import Lognormal
from wbe.uncertainty.product import Product, Term
from wbe.uncertainty.streams import Correlation, mixtures

Floats = NDArray[np.float64]


def merged(terms: tuple[Term, ...]) -> list[Term]:
    """Return terms in which no variable occurs twice in a row.

    Parameters
    ----------
    terms : tuple of Term

    Returns
    -------
    list of Term
        Lognormal errors have no shape: their size is the sd of their log. Sizes of terms that are
        one variable are added in the first of them and 0 in the others.
    """
    out: list[Term] = []
    for term in terms:
        mine = plain(term)
        for k, other in enumerate(out):
            if (other.name, other.shape) != (mine.name, mine.shape):
                continue
            same = (other.labels == mine.labels) & (other.size != 0) & (mine.size != 0)
            if same.any():
                out[k] = replace(other, size=other.size + np.where(same, mine.size, 0.0))
                mine = replace(mine, size=np.where(same, 0.0, mine.size))
        out.append(mine)
    return [t for t in out if t.size.any()]


def plain(term: Term) -> Term:
    """Return a lognormal term without a shape: size times log-sd; any other term as it is."""
    if isinstance(term.shape, Lognormal):
        return replace(term, size=term.size * term.shape.log_sd, shape=None)
    return term


def normal_sd(terms: list[Term], correlations: tuple[Correlation, ...], n: int) -> Floats:
    """Return the sd of the sum of the lognormal errors of each row [1].

    Parameters
    ----------
    terms : list of Term
        Merged.
    correlations : tuple of Correlation
        Of the scores of two variables with the same label.
    n : int
        Number of rows.

    Returns
    -------
    ndarray (row,)

    Notes
    -----
    sd^2 = sum_k s_k^2 + 2 sum_(a, b) rho_ab s_a s_b over pairs with the same label.
    """
    normal = [t for t in terms if t.shape is None]
    variance = np.zeros(n)
    for term in normal:
        variance += term.size**2
    for a, b, rho in correlated_pairs(normal, correlations):
        variance += 2 * rho * np.where(a.labels == b.labels, a.size * b.size, 0.0)
    return np.sqrt(np.maximum(variance, 0.0))


def correlated_pairs(
    terms: list[Term], correlations: tuple[Correlation, ...]
) -> list[tuple[Term, Term, float]]:
    """Return the pairs of terms whose variables are stated to be correlated."""
    rho = {frozenset((c.a, c.b)): c.rho for c in correlations}
    pairs = itertools.combinations(terms, 2)
    return [
        (a, b, rho[frozenset((a.name, b.name))])
        for a, b in pairs
        if rho.get(frozenset((a.name, b.name)))
    ]


def obstacle(product: Product) -> str:
    """Return why the rows of a product are not products of independent positive factors.

    Parameters
    ----------
    product : Product

    Returns
    -------
    str
        Empty where they are.
    """
    mixtures(product.correlations)  # impossible ones are refused by every engine alike
    if product.below is not None:
        return "values below a limit share the uncertain parameters of a fit"
    used = [plain(t) for t in product.terms if t.size.any()]
    for term in used:
        if term.shape is not None and not term.shape.positive:
            return f"{term.name} allows values of 0 or below ({term.shape}) and has no logarithm"
    terms = merged(product.terms)
    for a, b in itertools.combinations(terms, 2):
        if a.name == b.name and _meet(a, b):
            return f"{a.name} is one variable with two shapes in the same row"
    for a, b, _ in correlated_pairs(terms, product.correlations):
        if (a.shape is not None or b.shape is not None) and _meet(a, b):
            return f"{a.name} and {b.name} are correlated and not both lognormal"
    return ""


def _meet(a: Term, b: Term) -> bool:
    """Return whether two variables have the same label in some row."""
    return bool(((a.labels == b.labels) & (a.size != 0) & (b.size != 0)).any())
