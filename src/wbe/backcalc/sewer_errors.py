"""Corrections for the sewer with their uncertainty, by the engine."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

from wbe.backcalc.residues_rows import pure, stacked
from wbe.backcalc.sewer import GammaResidence, loss_correction
from wbe.backcalc.sewer_rates import StabilityRate
from wbe.backcalc.transformation import Transformation, before_sewer, formed_per_parent
from wbe.errors import UsageError
from wbe.uncertainty import Distribution, Joint, Product, Term, propagate

Floats = NDArray[np.float64]
Level = Literal["global", "site"]


@dataclass(frozen=True)
class LossFactor(Distribution):
    """Factor of a first-order loss whose rate times residence time is lognormal.

    X = (1 + c exp(log_sd z) v^2)^(1 / v^2), exp(c exp(log_sd z)) for v = 0, with c the median of
    rate times mean residence time [1] and v the cv of residence times. Median: that of c.

    Attributes
    ----------
    lost : float
        Median of rate times mean residence time [1].
    log_sd : float
        Standard deviation of its natural log [1].
    cv : float
        Coefficient of variation of residence times [1].

    Examples
    --------
    >>> from wbe.backcalc import LossFactor
    >>> LossFactor(lost=0.27, log_sd=0.3).value([-1.96, 0.0, 1.96]).round(2).tolist()
    [1.16, 1.31, 1.63]
    """

    kind: ClassVar[str] = "loss_factor"
    lost: float = 0.0
    log_sd: float = 0.0
    cv: float = 0.0

    def __post_init__(self) -> None:
        if not (self.lost > 0 and self.log_sd >= 0 and self.cv >= 0):
            raise UsageError(f"{self}: needs lost > 0, log_sd >= 0 and cv >= 0")

    @property
    def support(self) -> tuple[float, float]:
        """From 1 on: nothing is gained."""
        return 1.0, math.inf

    def value(self, z: ArrayLike) -> Floats:
        """Return the factor at standard normal scores."""
        exponent = self.lost * np.exp(self.log_sd * np.asarray(z, dtype=float))
        return 1.0 / GammaResidence(1.0, self.cv).survival(exponent)

    def cdf(self, x: ArrayLike) -> Floats:
        """Return the distribution function."""
        factor = np.maximum(np.asarray(x, dtype=float), 1.0)
        if self.log_sd == 0:
            return np.asarray(factor >= self.value(0.0), dtype=float)
        log = np.log(factor)
        exponent = np.expm1(log * self.cv**2) / self.cv**2 if self.cv else log
        with np.errstate(divide="ignore"):
            return np.asarray(ndtr(np.log(exponent / self.lost) / self.log_sd))


def with_loss_corrected(
    product: Product,
    rate: StabilityRate,
    residence: GammaResidence,
    *,
    log_sd: float,
    level: Level,
    labels: NDArray[np.str_] | None = None,
) -> Product:
    """Return loads corrected for the loss of one residue, with the error of the correction.

    Parameters
    ----------
    product : Product (row,)
        Loads at the sampler, of one residue that nothing in the sewer forms.
    rate : StabilityRate
        One that was read in its source: recalled ones serve `sensitivity_band` only.
    residence : GammaResidence
    log_sd : float
        Of the log of rate times residence time [1]; no default.
    level : str
        ``global``: one unknown for all rows, as where the rate is in doubt; ``site``: one for each
        of `labels`, as where the residence times are.
    labels : ndarray (row,) of str, optional
        Site of each row, for ``site``.

    Returns
    -------
    Product

    Raises
    ------
    UsageError
        If the rate is recalled, the correction is above a factor of 2, or labels are missing.

    Notes
    -----
    ln L_0 = ln L + ln F, F = `LossFactor` with its median at the central correction.

    References
    ----------
    Thai 2014, 10.1016/j.watres.2013.10.019; Li 2018, 10.1021/acs.est.7b05109 (the rate dominates)

    Examples
    --------
    >>> import numpy as np
    >>> from wbe import backcalc
    >>> rate = backcalc.stability_rate("cocaine", "bulk", source="vanNuijs2012")
    >>> loads = backcalc.with_loss_corrected(
    ...     backcalc.known([100.0]), rate, backcalc.GammaResidence(6.0), log_sd=0.3, level="global"
    ... )
    >>> np.exp(loads.log_central).round(1).tolist()
    [129.1]
    """
    if not rate.was_read:
        raise UsageError(
            f"the rate of {rate.analyte} by {rate.source} was not read in its source "
            f"({rate.verified}): use it in a sensitivity_band, or state a rate of your own"
        )
    if (level == "site") != (labels is not None):
        raise UsageError("level 'site' needs labels, and level 'global' has none")
    factor = float(loss_correction(rate.rate, residence))
    if factor == 1.0:
        return product
    n = len(product)
    shape = LossFactor(float(rate.rate * residence.mean), log_sd, residence.cv)
    who = np.full(n, rate.analyte) if labels is None else labels
    term = Term("sewer_loss", level, who, np.full(n, 1.0 if log_sd else 0.0), shape)
    below = None if product.below is None else product.below.shifted(math.log(factor))
    log_central = product.log_central + math.log(factor)
    return replace(product, log_central=log_central, terms=(*product.terms, term), below=below)


@dataclass(frozen=True)
class SewerInputs:
    """What is known of a sewer, each with its spread.

    Attributes
    ----------
    parent_rate, product_rate : float
        At the temperature of the sewer [1/hour].
    residence : GammaResidence
    parent_rate_log_sd, product_rate_log_sd, residence_log_sd : float
        Of the log of the rate, and of the log of the mean residence time [1].
    conversion : Distribution or None
        In the place of the transformation's own number.

    Examples
    --------
    >>> from wbe.backcalc import GammaResidence, SewerInputs
    >>> sewer = SewerInputs(
    ...     parent_rate=0.045, product_rate=0.0, residence=GammaResidence(6.0),
    ...     parent_rate_log_sd=0.3, product_rate_log_sd=0.0, residence_log_sd=0.3,
    ... )
    >>> sewer.residence.mean
    6.0
    """

    parent_rate: float
    product_rate: float
    residence: GammaResidence
    parent_rate_log_sd: float
    product_rate_log_sd: float
    residence_log_sd: float
    conversion: Distribution | None = None


@dataclass(frozen=True)
class ProductBeforeSewer:
    """Loads of a product at the toilet, with their uncertainty.

    Attributes
    ----------
    median, lower, upper : ndarray (row,) [unit of the loads]
        NaN where the product is not identifiable.
    p_positive : ndarray (row,)
        Probability that some of the product was excreted [1].
    identifiable : ndarray (row,) of bool
    reason : ndarray (row,) of str
    level : float
        Of the interval [1].
    draws, seed : int
    method : str
    """

    median: Floats
    lower: Floats
    upper: Floats
    p_positive: Floats
    identifiable: NDArray[np.bool_]
    reason: NDArray[np.str_]
    level: float
    draws: int
    seed: int
    method: str = "monte_carlo"


def product_before_sewer(
    parent: Product,
    product: Product,
    path: Transformation,
    sewer: SewerInputs,
    *,
    labels: NDArray[np.str_],
    draws: int = 10_000,
    seed: int,
) -> ProductBeforeSewer:
    """Loads of a product at the toilet: what was formed under way subtracted, draw by draw.

    Parameters
    ----------
    parent, product : Product (row,)
        Loads at the sampler in one unit, without results below limits.
    path : Transformation
    sewer : SewerInputs
    labels : ndarray (row,) of str
        Sewer of each row; rows of one sewer share its unknowns.
    draws : int
    seed : int

    Returns
    -------
    ProductBeforeSewer
        Draws below 0 are 0; `p_positive` says how many are not.

    Raises
    ------
    UsageError
        If a central correction is above a factor of 2, or rows do not match.

    Notes
    -----
    B = max(0, B_out - A_out f(k_A, k_B) / S(k_A)) / S(k_B), see `before_sewer`. Errors that both
    loads share (flow, sampling) act on both.

    References
    ----------
    Thai 2014, 10.1016/j.watres.2013.10.019; JCGM 101:2008, 10.59161/JCGM101-2008

    Examples
    --------
    >>> import numpy as np
    >>> from wbe import backcalc
    >>> path = backcalc.transformation_of(
    ...     "cocaine", "benzoylecgonine", conversion=1.0, source="bound"
    ... )
    >>> sewer = backcalc.SewerInputs(0.045, 0.0, backcalc.GammaResidence(6.0), 0.3, 0.3, 0.3)
    >>> found = backcalc.product_before_sewer(
    ...     backcalc.known([60.0]), backcalc.known([125.0]), path, sewer,
    ...     labels=np.array(["plant"]), draws=4000, seed=1,
    ... )
    >>> round(float(found.median[0]))
    107
    """
    if sewer.conversion is not None:
        path = replace(path, conversion=min(1.0, sewer.conversion.median))
    central = before_sewer(
        np.exp(parent.log_central), np.exp(product.log_central), path,
        parent_rate=sewer.parent_rate, product_rate=sewer.product_rate, residence=sewer.residence,
    )  # fmt: skip
    n = len(product)
    rows = stacked([parent, product, *_unknowns(sewer, path, labels)])

    def call(drawn: Floats) -> Floats:
        a, b, rate_a, rate_b, mean, share = drawn.reshape(6, n, -1)
        share = np.minimum(share, 1.0) if path.conversion or sewer.conversion else 0.0 * share
        time = GammaResidence(mean, sewer.residence.cv)
        formed = formed_per_parent(path, rate_a, rate_b, time, share) / time.survival(rate_a)
        left = np.maximum(b - a * formed, 0.0) / time.survival(rate_b)
        return np.vstack([left, left > 0])

    got = propagate(Joint(rows, call), method="monte_carlo", draws=draws, seed=seed)
    quantiles = np.where(central.identifiable[:, None], got.quantiles[:n], np.nan)
    lower, median, upper = quantiles.T
    return ProductBeforeSewer(
        median, lower, upper, got.mean[n:], central.identifiable, central.reason,
        0.95, draws, seed,
    )  # fmt: skip


def _unknowns(sewer: SewerInputs, path: Transformation, labels: NDArray[np.str_]) -> list[Product]:
    """Return the sewer's unknowns as rows: both rates, mean residence time, conversion."""
    stated = {
        "sewer_parent_rate": (sewer.parent_rate, sewer.parent_rate_log_sd),
        "sewer_product_rate": (sewer.product_rate, sewer.product_rate_log_sd),
        "sewer_residence": (float(sewer.residence.mean), sewer.residence_log_sd),
    }
    rows = [pure(name, value, labels, log_sd) for name, (value, log_sd) in stated.items()]
    shape = sewer.conversion
    middle = path.conversion if shape is None else shape.median
    # a conversion of 0 has no logarithm; the function that reads the row puts it back
    return [*rows, pure("sewer_conversion", middle or 1.0, labels, shape=shape)]
