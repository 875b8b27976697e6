"""Loss of a residue between the toilet and the sampler: first order, over a residence time.

Off unless asked for. Published rates differ by factors, most are recalled, and hardly a sewer's
residence time is known: `wbe.backcalc.sewer_band` is the use that these functions are meant for.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wbe.errors import UsageError
from wbe.units import quantities

Floats = NDArray[np.float64]

REFERENCE_CELSIUS: Final = 20.0
"""Temperature for which rates are stated [degree Celsius]."""

MOST_CORRECTION: Final = 2.0
"""Largest factor by which a load is corrected; beyond, half of it or more is a model's guess."""

_ALIKE: Final = 1e-150  # rates closer than this [1/hour] are one rate
_NO_SPREAD: Final = 1e-6  # a smaller cv changes no factor below 2 by more than 1e-12


class Residence:
    """How long sewage is under way; see `GammaResidence` and `ListedResidence`."""

    def survival(self, rate: ArrayLike) -> Floats:
        """Return the share that survives, the mean of exp(-k tau) over the residence times.

        Parameters
        ----------
        rate : array_like, any shape [1/hour]
        """
        raise NotImplementedError

    def passed(self, first: ArrayLike, second: ArrayLike) -> Floats:
        """Return the mean of (exp(-a tau) - exp(-b tau)) / (b - a) [hour].

        What has left a first pool and not yet a second, per unit of the first rate. Symmetric; for
        equal rates the mean of tau exp(-a tau). Exact for rates that are nearly equal as well.

        Parameters
        ----------
        first, second : array_like, broadcastable [1/hour]
        """
        raise NotImplementedError


@dataclass(frozen=True)
class GammaResidence(Residence):
    """Residence times with a gamma distribution; all alike where `cv` is 0.

    Attributes
    ----------
    mean : float or ndarray [hour]
        An array broadcasts with the rates: a mean a site, or a mean a draw.
    cv : float
        Standard deviation over mean [1].

    Notes
    -----
    Mean of exp(-k tau) = (1 + k m v^2)^(-1 / v^2), the Laplace transform of the gamma
    distribution with mean m and cv v; exp(-k m) for v = 0.

    Examples
    --------
    >>> round(float(GammaResidence(6.0, 0.5).survival(0.045)), 4)
    0.7701
    """

    mean: float | Floats
    cv: float = 0.0

    def __post_init__(self) -> None:
        mean = np.asarray(self.mean, dtype=float)
        if not ((mean >= 0) & np.isfinite(mean)).all() or not 0 <= self.cv < math.inf:
            raise UsageError("a residence time has a finite mean [hour] and a cv, both 0 or above")

    def survival(self, rate: ArrayLike) -> Floats:
        """Return the share that survives [1]."""
        return np.asarray(np.exp(-self._lost(np.asarray(rate, dtype=float), 0.0)))

    def passed(self, first: ArrayLike, second: ArrayLike) -> Floats:
        """Return the mean of (exp(-a tau) - exp(-b tau)) / (b - a) [hour]."""
        a, b = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
        apart = np.where(np.abs(b - a) > _ALIKE, b - a, 1.0)
        unequal = -np.expm1(-self._lost(apart, a)) / apart
        equal = np.asarray(self.mean) / (1.0 + a * self.mean * self.cv**2)
        return self.survival(a) * np.where(np.abs(b - a) > _ALIKE, unequal, equal)

    def _lost(self, further: Floats, rate: Floats | float) -> Floats:
        """Return -ln of the share that a further rate leaves of what a rate has left."""
        if self.cv < _NO_SPREAD:
            return np.asarray(further * self.mean)
        spread = self.mean * self.cv**2
        return np.asarray(np.log1p(further * spread / (1.0 + rate * spread)) / self.cv**2)


@dataclass(frozen=True)
class ListedResidence(Residence):
    """Residence times as a sewer model or a tracer gives them: hours, and the share of each.

    Attributes
    ----------
    hours : tuple of float [hour]
    shares : tuple of float
        Share of the sewage under way for so long [1]; they sum to 1.

    Examples
    --------
    >>> from wbe.backcalc import ListedResidence
    >>> round(float(ListedResidence(hours=(2.0, 6.0), shares=(0.7, 0.3)).survival(0.045)), 4)
    0.8688
    """

    hours: tuple[float, ...]
    shares: tuple[float, ...]

    def __post_init__(self) -> None:
        good = len(self.hours) == len(self.shares) > 0 and min(*self.hours, *self.shares) >= 0
        if not good or not math.isclose(sum(self.shares), 1.0, rel_tol=1e-9):
            raise UsageError("each residence time [hour] has a share, and the shares sum to 1")

    def survival(self, rate: ArrayLike) -> Floats:
        """Return the share that survives [1]."""
        return self._over(lambda t: np.exp(-np.asarray(rate, dtype=float) * t))

    def passed(self, first: ArrayLike, second: ArrayLike) -> Floats:
        """Return the mean of (exp(-a tau) - exp(-b tau)) / (b - a) [hour]."""
        return self._over(lambda t: GammaResidence(t).passed(first, second))

    def _over(self, of_one: Any) -> Floats:
        parts = zip(self.hours, self.shares, strict=True)
        return np.asarray(sum(share * of_one(hours) for hours, share in parts))


@quantities(bulk="1/hour", biofilm="m/hour", area_to_volume="1/m", returns="1/hour")
def sewer_rate(
    bulk: Any,
    biofilm: Any = None,
    area_to_volume: Any = None,
    *,
    temperature: ArrayLike,
    theta: float | None = None,
) -> Any:
    """Rate of loss in a sewer, from wastewater alone and from the biofilm on its wall.

    Parameters
    ----------
    bulk : DataArray, Quantity or str, any shape [1/hour]
        Rate in wastewater alone, at 20 degree Celsius.
    biofilm : same, broadcastable, optional [m/hour]
        Rate by wall area at 20 degree Celsius; with `area_to_volume` or not at all.
    area_to_volume : same, optional [1/m]
        Wetted wall over volume of sewage.
    temperature : float or ndarray [degree Celsius]
        Of the sewage.
    theta : float, optional
        Factor a degree [1]; needed at any other temperature than 20. Recalled values lie between
        1.04 and 1.10, half-lives at 10 and 20 degree Celsius give 1.05 for 6-monoacetylmorphine and
        1.17 for cocaine (Senta 2014), which is why none is a default.

    Returns
    -------
    same kind as the input [1/hour]

    Raises
    ------
    UsageError
        If one of the two biofilm terms is missing, a rate is negative, the temperature is outside
        0 to 40 degree Celsius, or theta is missing or below 1.
    UnitError
        If a value carries no unit, or one of another dimension.

    Notes
    -----
    k = (k_bulk + k_bio A / V) theta^(T - 20). pH is not in it, though it governs the hydrolysis
    of esters: rates hold for the pH at which they were measured (7.5 in Thai 2014).

    References
    ----------
    Thai 2014, 10.1016/j.watres.2013.10.019 (first order, with biofilm);
    McCall 2016, 10.1021/acs.est.6b04200 (area to volume);
    Senta 2014, 10.1016/j.scitotenv.2013.12.054 (two temperatures)

    Examples
    --------
    >>> rate = sewer_rate("0.045 1/hour", "0.001 m/hour", "33 1/m", temperature=20.0)
    >>> round(float(rate.magnitude), 4)
    0.078
    """
    if (biofilm is None) != (area_to_volume is None):
        raise UsageError("a biofilm acts by its area: state biofilm and area_to_volume, or neither")
    total = bulk if biofilm is None else bulk + biofilm * area_to_volume
    if bool(np.any(np.asarray(total) < 0)):
        raise UsageError("a rate of loss is 0 or above; formation is a Transformation")
    return total * _warmth(np.asarray(temperature, dtype=float), theta)


def _warmth(celsius: Floats, theta: float | None) -> Floats:
    """Return theta^(T - 20), checked."""
    if not ((celsius >= 0) & (celsius <= 40)).all():
        raise UsageError("sewage has between 0 and 40 degree Celsius")
    if (celsius == REFERENCE_CELSIUS).all():
        return np.ones_like(celsius)
    if theta is None or not 1.0 <= theta < math.inf:
        raise UsageError(
            "rates are stated at 20 degree Celsius: name theta, 1 or above, for another temperature"
        )
    return np.asarray(theta ** (celsius - REFERENCE_CELSIUS))


def loss_factor(rate: ArrayLike, residence: Residence) -> Floats:
    """Load at the toilet over load at the sampler, whatever its size.

    Parameters
    ----------
    rate : array_like, any shape [1/hour]
        0 or above, at the temperature of the sewer.
    residence : Residence

    Returns
    -------
    ndarray [1]

    Raises
    ------
    UsageError
        If a rate is negative or unknown.

    Notes
    -----
    1 / (mean of exp(-k tau)); exp(k tau) for one residence time, (1 + k m v^2)^(1 / v^2) for a
    gamma distribution. For one decaying residue that nothing in the sewer forms.

    References
    ----------
    Thai 2014, 10.1016/j.watres.2013.10.019

    Examples
    --------
    >>> round(float(loss_factor(0.05, GammaResidence(6.0))), 4)
    1.3499
    """
    k = np.asarray(rate, dtype=float)
    if not (k >= 0).all():
        raise UsageError("a rate of loss is known and 0 or above [1/hour]")
    return np.asarray(1.0 / residence.survival(k))


def loss_correction(rate: ArrayLike, residence: Residence) -> Floats:
    """Factor that corrects a load for its loss in the sewer; refused above 2.

    Parameters
    ----------
    rate : array_like, any shape [1/hour]
    residence : Residence

    Returns
    -------
    ndarray [1]
        From 1 to 2.

    Raises
    ------
    UsageError
        If a factor is above 2, or a rate is negative or unknown.

    References
    ----------
    Thai 2014, 10.1016/j.watres.2013.10.019

    Examples
    --------
    >>> float(loss_correction(0.045, GammaResidence(6.0)).round(3))
    1.31
    >>> loss_correction(0.045, GammaResidence(30.0))
    Traceback (most recent call last):
    wbe.errors.UsageError: a correction by 3.86 is refused: above 2 more of the load is ...
    """
    factor = loss_factor(rate, residence)
    if (factor > MOST_CORRECTION).any():
        raise UsageError(
            f"a correction by {float(factor.max()):.3g} is refused: above {MOST_CORRECTION:g} more "
            "of the load is assumed than was measured; use a stable residue, or report the load"
        )
    return factor
