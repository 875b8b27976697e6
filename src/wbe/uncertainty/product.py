"""What is propagated: rows of positive factors, means of rows, functions of draws.

No chemistry here. A `Product` is n rows, each the logarithm of a central value plus errors; an
error is a `Term` with a label a row. Rows with the same label share the same unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from wbe.errors import UsageError
from wbe.uncertainty.distribution import Distribution
from wbe.uncertainty.streams import Correlation

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Strings = NDArray[np.str_]


@dataclass(frozen=True)
class Term:
    """A multiplicative error with its median at 1.

    Attributes
    ----------
    name : str
        Name of the random variable.
    level : str
        Level of the error model.
    labels : ndarray (row,) of str
        Who shares the unknown.
    size : ndarray (row,)
        Without a shape: the sd of the log of a lognormal [1]. With one: the power to which the
        factor enters. Negative where the factor divides; 0 leaves the row exact.
    shape : Distribution or None
        None: lognormal. Else a positive distribution; only its ratio to its median matters.

    Examples
    --------
    >>> import numpy as np
    >>> from wbe.uncertainty import Term
    >>> bias = Term("analysis", "lab", np.array(["L1", "L1", "L2"]), np.full(3, 0.1))
    >>> bias.unit_variance
    1.0
    """

    name: str
    level: str
    labels: Strings
    size: Floats
    shape: Distribution | None = None

    def __post_init__(self) -> None:
        if len(self.labels) != len(self.size):
            raise UsageError(
                f"{self.name} has {len(self.labels)} labels and {len(self.size)} sizes"
            )
        if not np.isfinite(self.size).all():
            raise UsageError(f"{self.name} has a size that is not finite; 0 leaves a row exact")

    def take(self, rows: Ints) -> Term:
        """Return the term of some rows."""
        return replace(self, labels=self.labels[rows], size=self.size[rows])

    def log_error(self, z: Floats) -> Floats:
        """Return the log error of size 1 at standard normal scores."""
        return z if self.shape is None else self.shape.log_error(z)

    @property
    def unit_variance(self) -> float:
        """Variance of the log error of size 1 [1]."""
        return 1.0 if self.shape is None else self.shape.log_moments()[1]


@dataclass(frozen=True)
class BelowLimit:
    """Rows known only to lie in a range, with the lognormal that was fitted to their group.

    Attributes
    ----------
    rows : ndarray (k,) of int
        Positions of the censored rows in the product.
    labels : ndarray (k,) of str
        Sample and analyte.
    log_limit : ndarray (k,)
        Natural log of the limit, in the unit of the fitted values.
    groups : ndarray (k,) of str
        Group of the fit; its parameters are drawn once per iteration.
    fits : dict of str to tuple
        Group -> (mu, ln sd, Cholesky factor of their covariance, shape (2, 2)).
    offset : ndarray (k,) [1]
        Added to the drawn log value (from the fitted scale to that of the product).
    log_least : ndarray (k,) or None [1]
        Natural log of what the value is known to exceed, such as the LOD of a result between LOD
        and LOQ; -inf where nothing is known, None: nowhere.

    Examples
    --------
    >>> import numpy as np
    >>> from wbe.uncertainty import BelowLimit, Product, draw
    >>> below = BelowLimit(
    ...     rows=np.array([0]), labels=np.array(["s1|MDMA"]), log_limit=np.log([3.0]),
    ...     groups=np.array(["MDMA"]), fits={"MDMA": (1.0, np.log(0.7), np.zeros((2, 2)))},
    ...     offset=np.zeros(1),
    ... )
    >>> bool((draw(Product(np.log([1.5]), below=below), draws=500, seed=1) <= 3.0).all())
    True
    """

    rows: NDArray[np.intp]
    labels: Strings
    log_limit: Floats
    groups: Strings
    fits: dict[str, tuple[float, float, Floats]]
    offset: Floats
    log_least: Floats | None = None

    def take(self, rows: Ints) -> BelowLimit | None:
        """Return the censored rows among some rows, None where there is none."""
        position = {int(r): i for i, r in enumerate(rows)}
        keep = np.array([int(r) in position for r in self.rows], dtype=bool)
        if not keep.any():
            return None
        return replace(
            self,
            rows=np.array([position[int(r)] for r in self.rows[keep]], dtype=np.intp),
            labels=self.labels[keep],
            log_limit=self.log_limit[keep],
            groups=self.groups[keep],
            offset=self.offset[keep],
            log_least=None if self.log_least is None else self.log_least[keep],
        )

    def shifted(self, by: Floats | float) -> BelowLimit:
        """Return the rows with a number added to their drawn log values."""
        return replace(self, offset=self.offset + by)


@dataclass(frozen=True)
class Product:
    """n rows of log central value plus terms.

    Attributes
    ----------
    log_central : ndarray (row,) [1]
        Natural log of the central value; NaN where nothing is known.
    terms : tuple of Term
    below : BelowLimit or None
        Censored rows, whose `log_central` is replaced by draws.
    correlations : tuple of Correlation
        Variables whose scores are correlated where they have the same label.

    Examples
    --------
    >>> import numpy as np
    >>> from wbe.uncertainty import Product, Term
    >>> flow = Term("flow", "site", np.array(["A", "B"]), np.array([0.2, 0.2]))
    >>> len(Product(np.log([120.0, 80.0]), (flow,)))
    2
    """

    log_central: Floats
    terms: tuple[Term, ...] = ()
    below: BelowLimit | None = field(default=None)
    correlations: tuple[Correlation, ...] = ()

    def __post_init__(self) -> None:
        for term in self.terms:
            if len(term.size) != len(self.log_central):
                raise UsageError(
                    f"{term.name} has {len(term.size)} rows and the product {len(self.log_central)}"
                )

    def __len__(self) -> int:
        return len(self.log_central)

    def take(self, rows: Ints) -> Product:
        """Return the product of some rows."""
        return replace(
            self,
            log_central=self.log_central[rows],
            terms=tuple(t.take(rows) for t in self.terms),
            below=None if self.below is None else self.below.take(rows),
        )

    def only(self, levels: Iterable[str]) -> Product:
        """Return the product with the errors of the given levels alone."""
        wanted = set(levels)
        return replace(self, terms=tuple(t for t in self.terms if t.level in wanted))

    def over(self, bottom: Product) -> Product:
        """Return the ratio, row by row: what both share cancels.

        Raises
        ------
        UsageError
            If the lengths differ, either has censored rows, or their correlations differ.
        """
        if len(self) != len(bottom) or self.correlations != bottom.correlations:
            raise UsageError("a ratio is between products of one length and one error model")
        if self.below is not None or bottom.below is not None:
            raise UsageError("a ratio of censored rows is a function of draws: use Joint")
        inverse = tuple(replace(t, size=-t.size) for t in bottom.terms)
        log_ratio = self.log_central - bottom.log_central
        return replace(self, log_central=log_ratio, terms=(*self.terms, *inverse))


@dataclass(frozen=True)
class Mean:
    """Weighted means of rows on the natural scale: over time, over plants, over both.

    Attributes
    ----------
    of : Product
    groups : ndarray (row,) of str
        Which mean a row belongs to. Results are sorted by group.
    weights : ndarray (row,) or None
        Weights [1], made to sum to 1 in each group; None: equal.

    Examples
    --------
    >>> import numpy as np
    >>> from wbe.uncertainty import Mean, Product, propagate
    >>> days = Product(np.log([90.0, 110.0, 160.0]))
    >>> week = Mean(days, groups=np.array(["week 1"] * 3))
    >>> week.labels
    ['week 1']
    """

    of: Product
    groups: Strings
    weights: Floats | None = None

    def __post_init__(self) -> None:
        if len(self.groups) != len(self.of):
            raise UsageError("a mean needs a group for every row")
        if self.weights is not None:
            if len(self.weights) != len(self.of):
                raise UsageError("a mean needs a weight for every row")
            if not (np.isfinite(self.weights).all() and (self.weights > 0).all()):
                raise UsageError("weights are positive and finite; leave out what does not count")

    @property
    def labels(self) -> list[str]:
        """The groups, sorted: the rows of the result."""
        return sorted(set(self.groups.tolist()))

    def members(self) -> list[tuple[Ints, Floats]]:
        """Return the rows of each group, and their weights (summing to 1)."""
        _, codes = np.unique(self.groups, return_inverse=True)
        order = np.argsort(codes, kind="stable")
        ends = np.cumsum(np.bincount(codes))[:-1]
        weights = np.ones(len(codes)) if self.weights is None else self.weights
        return [(r, weights[r] / weights[r].sum()) for r in np.split(order, ends) if len(r)]


@dataclass(frozen=True)
class Joint:
    """A function of the joint draws of rows or means: ratios of means, ranks, tiers.

    Attributes
    ----------
    of : Product or Mean
    call : callable
        Takes draws (row, draw) on the natural scale and returns (result, draw) or (draw,). Each
        draw is calculated alone: the engine calls it a block of draws at a time.

    Examples
    --------
    >>> import numpy as np
    >>> from wbe.uncertainty import Joint, Product, Term, propagate
    >>> shared = Term("flow", "site", np.array(["A", "A"]), np.array([0.2, 0.2]))
    >>> loads = Product(np.log([120.0, 80.0]), (shared,))
    >>> ratio = Joint(loads, lambda draws: draws[0] / draws[1])
    >>> propagate(ratio, draws=1000, seed=1).quantiles.round(3).tolist()
    [[1.5, 1.5, 1.5]]
    """

    of: Product | Mean
    call: Callable[[Floats], Floats]


@dataclass(frozen=True)
class Function:
    """A function of named inputs, as in JCGM 101.

    Attributes
    ----------
    call : callable
        Takes the inputs by name, each (draw,), and returns (draw,) or (result, draw).
    inputs : mapping of str to Distribution
        Any distributions, also of negative values.
    correlations : tuple of Correlation
        Of the normal scores of two inputs.

    References
    ----------
    JCGM 101:2008, 10.59161/JCGM101-2008

    Examples
    --------
    >>> from wbe.uncertainty import Function, Normal, propagate
    >>> total = Function(lambda a, b: a + b, {"a": Normal(1.0, 0.3), "b": Normal(2.0, 0.4)})
    >>> propagate(total, draws=100_000, seed=1).quantiles.round(1).tolist()
    [[2.0, 3.0, 4.0]]
    """

    call: Callable[..., Floats]
    inputs: Mapping[str, Distribution]
    correlations: tuple[Correlation, ...] = ()


Model = Product | Mean | Joint | Function


@dataclass(frozen=True)
class Solved:
    """What an engine returns.

    Attributes
    ----------
    quantiles : ndarray (row, quantile)
        NaN where nothing is known.
    mean : ndarray (row,)
    checks : dict of str to float
        What the engine watched over.
    standard_errors : ndarray (row, quantile) or None
        Monte Carlo standard errors of the quantiles; None for an engine without draws.
    """

    quantiles: Floats
    mean: Floats
    checks: dict[str, float] = field(default_factory=dict)
    standard_errors: Floats | None = None
