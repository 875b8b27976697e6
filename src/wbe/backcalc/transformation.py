"""One residue that becomes another in the sewer: cocaine benzoylecgonine, 6-MAM morphine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wbe.backcalc.sewer import MOST_CORRECTION, Residence, loss_correction
from wbe.errors import UsageError
from wbe.factors import molar_mass
from wbe.factors.table import excretion_rows

Floats = NDArray[np.float64]

KNOWN: Final = (("cocaine", "benzoylecgonine"), ("6-monoacetylmorphine", "morphine"))
"""Residue and what it becomes, as seen in sewer reactors (Thai 2014)."""

FORMED = "formed"
"""Why a product is not identifiable: more than half of it was formed under way."""


@dataclass(frozen=True)
class Transformation:
    """A residue that becomes another.

    Attributes
    ----------
    parent, product : str
    molar_mass_ratio : float
        Molar mass of the product over that of the parent [1].
    conversion : float
        Molar share of the lost parent that becomes the product [1], 0 to 1. The table states
        none, so nobody has a default; 0 and 1 bound it.
    source : str
        Who said so, or ``bound``.
    """

    parent: str
    product: str
    molar_mass_ratio: float
    conversion: float
    source: str

    def __post_init__(self) -> None:
        if not (self.molar_mass_ratio > 0 and 0 <= self.conversion <= 1 and self.source):
            raise UsageError(
                f"{self.parent} to {self.product}: a molar mass ratio above 0, a conversion from "
                "0 to 1 and its source are needed"
            )


def transformation_of(
    parent: str, product: str, *, conversion: float, source: str
) -> Transformation:
    """Return a transformation that was seen in sewer reactors, with its molar mass ratio.

    Parameters
    ----------
    parent, product : str
        ``cocaine`` and ``benzoylecgonine``, or ``6-monoacetylmorphine`` and ``morphine``. For
        another pair (a glucuronide and its drug) make a `Transformation`.
    conversion : float
        Molar share of the lost parent that becomes the product [1].
    source : str
        Who said so, or ``bound`` for 0 and 1.

    Returns
    -------
    Transformation

    Raises
    ------
    UsageError
        If the pair is unknown, or the conversion has no source or is outside 0 to 1.

    References
    ----------
    Thai 2014, 10.1016/j.watres.2013.10.019

    Examples
    --------
    >>> found = transformation_of("cocaine", "benzoylecgonine", conversion=1.0, source="bound")
    >>> round(found.molar_mass_ratio, 4)
    0.9538
    """
    if (parent, product) not in KNOWN:
        known = "; ".join(f"{a} to {b}" for a, b in KNOWN)
        raise UsageError(f"no transformation of {parent!r} to {product!r} is listed, but {known}")
    formulas = {row.analyte: row.residue_formula for row in excretion_rows().values()}
    ratio = molar_mass(formulas[product]) / molar_mass(formulas[parent])
    return Transformation(parent, product, ratio, conversion, source)


@dataclass(frozen=True)
class BeforeSewer:
    """Loads at the toilet.

    Attributes
    ----------
    parent, product : ndarray [unit of the loads]
        `product` is NaN where it is not identifiable.
    formed : ndarray [unit of the loads]
        What of the product at the sampler was formed under way.
    identifiable : ndarray of bool
        Of the product.
    reason : ndarray of str
        Empty, or why it is not identifiable.
    """

    parent: Floats
    product: Floats
    formed: Floats
    identifiable: NDArray[np.bool_]
    reason: NDArray[np.str_]


def formed_per_parent(
    path: Transformation,
    parent_rate: ArrayLike,
    product_rate: ArrayLike,
    residence: Residence,
    conversion: ArrayLike | None = None,
) -> Floats:
    """Product that reaches the sampler, formed of one unit of the parent at the toilet [1].

    Parameters
    ----------
    path : Transformation
    parent_rate, product_rate : array_like, broadcastable [1/hour]
    residence : Residence
    conversion : array_like, optional
        In the place of the path's own [1], where it is drawn.

    Returns
    -------
    ndarray [1]

    Notes
    -----
    MR y k_A times the mean of (exp(-k_A tau) - exp(-k_B tau)) / (k_B - k_A). For a stable product
    MR y (1 - exp(-k_A tau)).

    References
    ----------
    Thai 2014, 10.1016/j.watres.2013.10.019 (first order, product formed)
    """
    share = path.conversion if conversion is None else np.asarray(conversion)
    rate = np.asarray(parent_rate, dtype=float)
    passed = residence.passed(rate, product_rate)
    return np.asarray(path.molar_mass_ratio * share * rate * passed)


def through_sewer(
    parent: ArrayLike,
    product: ArrayLike,
    path: Transformation,
    *,
    parent_rate: ArrayLike,
    product_rate: ArrayLike,
    residence: Residence,
) -> tuple[Floats, Floats]:
    """Loads at the sampler of loads at the toilet: what `before_sewer` undoes.

    Parameters
    ----------
    parent, product : array_like, any shape [any one unit of load]
        At the toilet.
    path : Transformation
    parent_rate, product_rate : array_like, broadcastable [1/hour]
    residence : Residence
        The same for both: they are excreted together.

    Returns
    -------
    parent, product : ndarray [unit of the loads]
        At the sampler.

    Notes
    -----
    A_out = A S(k_A); B_out = B S(k_B) + A f, with S the mean of exp(-k tau) and f by
    `formed_per_parent`. The parent decays and the product forms in the same residence time, so
    that means over it are taken of the whole.

    References
    ----------
    Thai 2014, 10.1016/j.watres.2013.10.019

    Examples
    --------
    >>> from wbe.backcalc.sewer import GammaResidence
    >>> path = transformation_of("cocaine", "benzoylecgonine", conversion=1.0, source="bound")
    >>> cocaine, be = through_sewer(78.6, 107.26, path, parent_rate=0.045, product_rate=0.0,
    ...                             residence=GammaResidence(6.0))
    >>> round(float(cocaine), 1), round(float(be), 1)
    (60.0, 125.0)
    """
    a, b = np.asarray(parent, dtype=float), np.asarray(product, dtype=float)
    formed = a * formed_per_parent(path, parent_rate, product_rate, residence)
    return a * residence.survival(parent_rate), b * residence.survival(product_rate) + formed


def before_sewer(
    parent: ArrayLike,
    product: ArrayLike,
    path: Transformation,
    *,
    parent_rate: ArrayLike,
    product_rate: ArrayLike,
    residence: Residence,
) -> BeforeSewer:
    """Loads at the toilet of loads at the sampler: losses added, what was formed subtracted.

    Parameters
    ----------
    parent, product : array_like, any shape [any one unit of load]
        At the sampler, measured; a result below its limit has no place here.
    path : Transformation
    parent_rate, product_rate : array_like, broadcastable [1/hour]
    residence : Residence

    Returns
    -------
    BeforeSewer
        The product is not identifiable where more than half of it was formed.

    Raises
    ------
    UsageError
        If the parent or the product would be corrected for losses by more than a factor of 2.

    Notes
    -----
    A = A_out / S(k_A); B = (B_out - A f) / S(k_B). Inverse of `through_sewer`.

    References
    ----------
    Thai 2014, 10.1016/j.watres.2013.10.019

    Examples
    --------
    >>> from wbe.backcalc.sewer import GammaResidence
    >>> path = transformation_of("cocaine", "benzoylecgonine", conversion=1.0, source="bound")
    >>> got = before_sewer(60.0, 125.0, path, parent_rate=0.045, product_rate=0.0,
    ...                    residence=GammaResidence(6.0))
    >>> round(float(got.parent), 2), round(float(got.formed), 2), round(float(got.product), 2)
    (78.6, 17.74, 107.26)
    """
    measured = np.asarray(product, dtype=float)
    before = np.asarray(parent, dtype=float) * loss_correction(parent_rate, residence)
    formed = before * formed_per_parent(path, parent_rate, product_rate, residence)
    left = (measured - formed) * loss_correction(product_rate, residence)
    mostly = formed > measured / MOST_CORRECTION
    known = np.isfinite(before) & np.isfinite(measured)
    reason = np.where(mostly, FORMED, np.where(known, "", "not measured"))
    return BeforeSewer(
        before, np.where(mostly, np.nan, left), np.asarray(formed), known & ~mostly, reason
    )
