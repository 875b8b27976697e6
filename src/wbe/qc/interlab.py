"""Scores of a laboratory's results on a material, and what they ask for.

The formulae of ISO 13528. Assigned values are in `wbe.qc.assigned`, whole rounds in tables in
`wbe.qc.interlab_table`.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wbe.errors import UsageError
from wbe.options import require_choice

Floats = NDArray[np.float64]
Strings = NDArray[np.str_]

LIMITS: Final = {"z": (2.0, 3.0), "z_prime": (2.0, 3.0), "zeta": (2.0, 3.0), "en": (1.0, 1.0)}
"""Score -> magnitudes up to which it is satisfactory, and from which it asks for action."""

SATISFACTORY, WARNING, ACTION, NOT_ASSESSED = "satisfactory", "warning", "action", "not_assessed"
NEGLIGIBLE: Final = 0.3
"""Largest u(x_pt) / sigma_pt that z may leave out."""


def z_score(x: ArrayLike, assigned: float, sigma_pt: float) -> Floats:
    """Return z, how many target standard deviations results lie from the assigned value.

    Parameters
    ----------
    x : array_like [any one unit]
    assigned, sigma_pt : float [the same unit]
        `sigma_pt` above 0.

    Returns
    -------
    ndarray, shape of `x` [1]

    Raises
    ------
    UsageError
        If `sigma_pt` is not above 0.

    Notes
    -----
    z = (x - x_pt) / sigma_pt. For an uncertain assigned value, u(x_pt) from 0.3 sigma_pt on, there
    is `z_prime`.

    References
    ----------
    ISO 13528:2015, 9.4

    Examples
    --------
    >>> z_score([12.0, 9.0], 10.0, 1.0).tolist()
    [2.0, -1.0]
    """
    return z_prime(x, assigned, sigma_pt, 0.0)


def z_prime(x: ArrayLike, assigned: float, sigma_pt: float, u_assigned: float) -> Floats:
    """Return z', a z score that allows for the uncertainty of the assigned value.

    Parameters
    ----------
    x : array_like [any one unit]
    assigned, sigma_pt, u_assigned : float [the same unit]
        `sigma_pt` above 0.

    Returns
    -------
    ndarray, shape of `x` [1]

    Raises
    ------
    UsageError
        If `sigma_pt` is not above 0, or the uncertainty is negative.

    Notes
    -----
    z' = (x - x_pt) / sqrt(sigma_pt^2 + u(x_pt)^2).

    References
    ----------
    ISO 13528:2015, 9.5

    Examples
    --------
    >>> round(float(z_prime(12.0, 10.0, 1.0, 0.2)), 5)
    1.96116
    """
    if not (math.isfinite(sigma_pt) and sigma_pt > 0):
        raise UsageError(f"sigma_pt = {sigma_pt}; scores need a target sd above 0")
    if not u_assigned >= 0:
        raise UsageError(f"u(x_pt) = {u_assigned} must be known and not negative")
    wide = math.hypot(sigma_pt, u_assigned)
    return np.asarray((np.asarray(x, dtype=float) - assigned) / wide)


def zeta_score(x: ArrayLike, assigned: float, u_x: ArrayLike, u_assigned: float) -> Floats:
    """Return zeta: whether results agree with the assigned value within their own uncertainty.

    Parameters
    ----------
    x : array_like [any one unit]
    assigned : float [the same unit]
    u_x : array_like [the same unit]
        Standard uncertainty that each laboratory states.
    u_assigned : float [the same unit]

    Returns
    -------
    ndarray, shape of `x` [1]

    Raises
    ------
    UsageError
        If an uncertainty is negative, or both are 0.

    Notes
    -----
    zeta = (x - x_pt) / sqrt(u(x)^2 + u(x_pt)^2). A large zeta beside a small z says that the
    uncertainty is understated. It holds where the two errors are independent: not quite for a
    consensus to which the laboratory contributed.

    References
    ----------
    ISO 13528:2015, 9.6

    Examples
    --------
    >>> round(float(zeta_score(12.0, 10.0, 0.5, 0.2)), 5)
    3.71391
    """
    own = np.asarray(u_x, dtype=float)
    wide = np.hypot(own, u_assigned)
    if (own < 0).any() or not u_assigned >= 0 or (wide == 0).any():
        raise UsageError("zeta needs uncertainties that are not negative and not both 0")
    return np.asarray((np.asarray(x, dtype=float) - assigned) / wide)


def en_score(
    x: ArrayLike, assigned: float, expanded_x: ArrayLike, expanded_assigned: float
) -> Floats:
    """Return E_n, as `zeta_score` with expanded uncertainties (coverage factor 2).

    Parameters
    ----------
    x : array_like [any one unit]
    assigned : float [the same unit]
    expanded_x : array_like [the same unit]
        U(x) = k u(x), as certificates state it.
    expanded_assigned : float [the same unit]

    Returns
    -------
    ndarray, shape of `x` [1]
        Satisfactory below 1.

    Raises
    ------
    UsageError
        If an uncertainty is negative, or both are 0.

    Notes
    -----
    E_n = (x - x_pt) / sqrt(U(x)^2 + U(x_pt)^2).

    References
    ----------
    ISO 13528:2015, 9.7

    Examples
    --------
    >>> round(float(en_score(12.0, 10.0, 1.0, 0.4)), 5)
    1.85695
    """
    return zeta_score(x, assigned, expanded_x, expanded_assigned)


def u_is_negligible(u_assigned: float, sigma_pt: float) -> bool:
    """Tell whether z may be used: u(x_pt) < 0.3 sigma_pt; ISO 13528:2015, 9.2.

    Parameters
    ----------
    u_assigned : float
        Standard uncertainty of the assigned value [unit of the results].
    sigma_pt : float
        Target sd [same unit].

    Returns
    -------
    bool

    Examples
    --------
    >>> u_is_negligible(0.2, 1.0), u_is_negligible(0.3, 1.0)
    (True, False)
    """
    return u_assigned < NEGLIGIBLE * sigma_pt


def decide(low: ArrayLike, high: ArrayLike | None = None, *, score: str = "z") -> Strings:
    """Return what scores ask for.

    Parameters
    ----------
    low : array_like [1]
        Scores, or the lowest that a result below a limit may have.
    high : array_like, optional [1]
        The highest that it may have. As `low` if not given.
    score : str
        One of `LIMITS`: z, z' and zeta are satisfactory up to 2 and ask for action from 3 on, E_n
        is satisfactory below 1 and asks for action from there.

    Returns
    -------
    ndarray of str
        ``satisfactory``, ``warning``, ``action``; of a result below a limit what is sure whatever
        it was, else ``not_assessed``. NaN is not assessed.

    Raises
    ------
    UsageError
        If the score is unknown.

    References
    ----------
    ISO 13528:2015, 9.4.2 and 9.7.3

    Examples
    --------
    >>> decide([2.0, 2.5, -3.0]).tolist()
    ['satisfactory', 'warning', 'action']
    >>> decide([-5.0, -5.0], [-3.2, -1.0]).tolist()
    ['action', 'not_assessed']
    """
    require_choice("score", score, LIMITS)
    a = np.asarray(low, dtype=float)
    b = a if high is None else np.asarray(high, dtype=float)
    warn, act = LIMITS[score]
    worst = np.maximum(np.abs(a), np.abs(b))
    best = np.where(a * b <= 0, 0.0, np.minimum(np.abs(a), np.abs(b)))
    well = worst < warn if warn == act else worst <= warn
    found = np.full(a.shape, NOT_ASSESSED, dtype="<U12")
    found[(best > warn) & (best < act)] = WARNING
    found[best >= act] = ACTION
    found[well] = SATISFACTORY
    return found
