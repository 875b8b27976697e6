"""Products put together: several in one table of rows, or multiplied row by row.

Errors are told apart by name and label alone, so a flow or population that two products share is
drawn once for both, and cancels where it should.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wbe.errors import UsageError
from wbe.factors import Factor
from wbe.uncertainty import Distribution, LogitNormal, Product, Term, log_sd
from wbe.uncertainty.product import BelowLimit

Floats = NDArray[np.float64]


def known(
    values: ArrayLike, *, rsd: float = 0.0, name: str = "", level: str = "site", labels: object = ()
) -> Product:
    """Return stated values with one lognormal error.

    Parameters
    ----------
    values : array_like (row,)
        Positive numbers, in the unit of what they are used for.
    rsd : float
        Relative standard deviation [1]; 0: exact.
    name, level : str
        Name and level of the error; rows with the same label share it.
    labels : sequence of str
        Who shares the error, one a row.

    Returns
    -------
    Product

    Raises
    ------
    UsageError
        If a value is not positive, or a spread comes without name and labels.

    Notes
    -----
    ln x = ln value + sqrt(ln(1 + rsd^2)) z: the median is the stated value.

    References
    ----------
    JCGM 101:2008, 10.59161/JCGM101-2008

    Examples
    --------
    >>> import numpy as np
    >>> from wbe import backcalc
    >>> loads = backcalc.known([120.0, 80.0], rsd=0.2, name="flow", labels=["A", "B"])
    >>> np.exp(loads.log_central).round(6).tolist(), loads.terms[0].size.round(3).tolist()
    ([120.0, 80.0], [0.198, 0.198])
    """
    numbers = np.atleast_1d(np.asarray(values, dtype=float))
    if not (np.isfinite(numbers).all() and (numbers > 0).all()):
        raise UsageError("stated amounts are positive and finite; leave out a source of nothing")
    if not rsd:
        return Product(np.log(numbers))
    who = np.asarray(labels, dtype=str)
    if not name or who.shape != numbers.shape:
        raise UsageError("an error needs a name, and a label for each row that says who shares it")
    size = np.full(len(numbers), log_sd(rsd, "rsd"))
    return Product(np.log(numbers), (Term(name, level, who, size),))


def times(first: Product, second: Product) -> Product:
    """Return the product of two products, row by row; what both share enters once, squared.

    Parameters
    ----------
    first, second : Product (row,)
        Of as many rows each.

    Returns
    -------
    Product (row,)
        In the product of their units.

    Raises
    ------
    UsageError
        If the lengths or the correlations differ, or both hold censored rows.

    Examples
    --------
    >>> import numpy as np
    >>> from wbe import backcalc
    >>> load = backcalc.times(backcalc.known([2.0, 3.0]), backcalc.known([10.0, 10.0]))
    >>> np.exp(load.log_central).round(6).tolist()
    [20.0, 30.0]
    """
    if len(first) != len(second) or first.correlations != second.correlations:
        raise UsageError("products of one length and one error model are multiplied")
    if first.below is not None and second.below is not None:
        raise UsageError("only one of two factors may hold values below a limit")
    own, other = (first, second) if first.below is not None else (second, first)
    below = None if own.below is None else own.below.shifted(other.log_central[own.below.rows])
    central = first.log_central + second.log_central
    return replace(first, log_central=central, terms=(*first.terms, *second.terms), below=below)


def multiplied(
    product: Product, by: Distribution | float, name: str, labels: Sequence[str]
) -> Product:
    """Return a product times a number, or times a factor of a distribution.

    Parameters
    ----------
    product : Product
    by : Distribution or float
        A positive factor [1].
    name : str
        Name of its error.
    labels : sequence of str
        Who shares it, one a row.

    Returns
    -------
    Product (row,)
        In the unit of the product times that of the factor.

    Raises
    ------
    UsageError
        If the factor is not positive.

    Examples
    --------
    >>> import numpy as np
    >>> from wbe import backcalc
    >>> part = backcalc.multiplied(backcalc.known([120.0, 80.0]), 0.5, "share", ["A", "B"])
    >>> np.exp(part.log_central).round(6).tolist()
    [60.0, 40.0]
    """
    centre = by.median if isinstance(by, Distribution) else float(by)
    if not centre > 0:
        raise UsageError(f"{name} must be positive, but is {by}")
    n = len(product)
    factor = Product(np.full(n, np.log(centre)))
    if isinstance(by, Distribution):
        term = Term(name, "site", np.asarray(labels, dtype=str), np.ones(n), by)
        factor = replace(factor, terms=(term,))
    return times(product, factor)


def residue_per_drug(factor: Factor, rows: int) -> Product:
    """Return mass of residue per mass of drug taken, E / (M_drug / M_residue) [1], for some rows.

    Parameters
    ----------
    factor : Factor
        A row of the factor table.
    rows : int
        Number of rows; all share the one unknown of the factor.

    Returns
    -------
    Product (row,)
        [1]

    Raises
    ------
    UsageError
        If the row states no excretion: a missing factor is never replaced.

    Examples
    --------
    >>> import numpy as np
    >>> from wbe import backcalc
    >>> from wbe.factors.table import excretion_rows
    >>> one = backcalc.residue_per_drug(excretion_rows()["cocaine|BE|Castiglioni2013"], 1)
    >>> np.exp(one.log_central).round(3).tolist()
    [0.279]
    """
    if not factor.excretion > 0:
        raise UsageError(f"{factor.factor_id} states no excretion fraction")
    centre = np.full(rows, np.log(factor.excretion / factor.molar_mass_ratio))
    if not factor.logit_sd:
        return Product(centre)
    shape = LogitNormal(factor.excretion, factor.logit_sd)
    return Product(
        centre,
        (Term("excretion", "global", np.full(rows, factor.factor_id), np.ones(rows), shape),),
    )


def stacked(products: Sequence[Product]) -> Product:
    """Return products of n rows each as one of k n rows, in their order.

    Raises
    ------
    UsageError
        If lengths or correlations differ.
    """
    n, first = len(products[0]), products[0]
    if any(len(p) != n or p.correlations != first.correlations for p in products):
        raise UsageError("products of one length and one error model are read together")
    total = n * len(products)
    terms = [
        _placed(term, k * n, total) for k, product in enumerate(products) for term in product.terms
    ]
    central = np.concatenate([p.log_central for p in products])
    below = [
        replace(p.below, rows=p.below.rows + k * n)
        for k, p in enumerate(products)
        if p.below is not None
    ]
    return Product(central, tuple(terms), _together(below), first.correlations)


def _placed(term: Term, start: int, total: int) -> Term:
    size, labels = np.zeros(total), np.full(total, "", dtype=term.labels.dtype)
    size[start : start + len(term.size)] = term.size
    labels[start : start + len(term.size)] = term.labels
    return replace(term, size=size, labels=labels)


def _together(parts: Sequence[BelowLimit]) -> BelowLimit | None:
    if not parts:
        return None
    least = [np.full(len(b.rows), -np.inf) if b.log_least is None else b.log_least for b in parts]
    fits: dict[str, tuple[float, float, Floats]] = {}
    for part in parts:
        fits.update(part.fits)
    return BelowLimit(
        rows=np.concatenate([b.rows for b in parts]),
        labels=np.concatenate([b.labels for b in parts]),
        log_limit=np.concatenate([b.log_limit for b in parts]),
        groups=np.concatenate([b.groups for b in parts]),
        fits=fits,
        offset=np.concatenate([b.offset for b in parts]),
        log_least=np.concatenate(least),
    )
