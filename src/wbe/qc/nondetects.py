"""Non-detects: the limits that they lie below, and named substitutions."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from wbe.options import require_choice

Floats = NDArray[np.float64]

WITHOUT_DRAWS = "limit/2"
"""Substitution used for means when there are no draws and `nondetects` is ``censored``."""

_SUBSTITUTIONS: dict[str, tuple[str, float]] = {
    "limit/2": ("limit", 0.5),
    "limit": ("limit", 1.0),
    "lod": ("lod", 1.0),
    "loq": ("loq", 1.0),
    "lod/2": ("lod", 0.5),
    "loq/2": ("loq", 0.5),
    "lod/sqrt2": ("lod", 1 / math.sqrt(2)),
    "loq/sqrt2": ("loq", 1 / math.sqrt(2)),
    "zero": ("limit", 0.0),
    # Half the limit enters means (SL 219-2013, 12.2.5); its other half, zero in total loads, does
    # not arise here, because a non-detect's own total is given by its bounds.
    "sl219": ("limit", 0.5),
    "soil_hjt166": ("limit", 0.5),
    "surface_2020_82": ("limit", 0.5),
    # HJ 91 rules how a non-detect is stored, as its limit with the flag L, and nothing on means: a
    # mean over stored numbers takes the limit.
    "hj91_L": ("limit", 1.0),
}

TOTALS = {"sl219": "zero", "hj91_L": "excluded"}
"""Rules that treat non-detects in sums over results (total loads) otherwise than in means."""

RULES = ("censored", *_SUBSTITUTIONS)
"""Accepted values of `nondetects`."""


def require_rule(name: str) -> str:
    """Return `name` if it is a known rule for non-detects.

    Parameters
    ----------
    name : str
        One of `RULES`.

    Returns
    -------
    str
        The same.

    Raises
    ------
    UsageError
        If it is not; the message lists the rules.

    Examples
    --------
    >>> from wbe import qc
    >>> qc.require_rule("loq/2")
    'loq/2'
    """
    require_choice("nondetects", name, RULES)
    return name


def reporting_limit(status: NDArray[np.str_], lod: Floats, loq: Floats) -> Floats:
    """Return the limit that a non-detect lies below, NaN where it is unknown or not censored.

    Parameters
    ----------
    status : ndarray, any shape, of str
    lod, loq : ndarray, same shape [any one unit]

    Returns
    -------
    ndarray, same shape [same unit]
        The LOD below the LOD, the LOQ below the LOQ; where only the other one is stated, that one.

    Examples
    --------
    >>> import numpy as np
    >>> from wbe import qc
    >>> status = np.array(["quantified", "below_lod", "below_loq"])
    >>> qc.reporting_limit(status, np.full(3, 1.0), np.full(3, 3.0)).tolist()
    [nan, 1.0, 3.0]
    """
    below_lod = np.where(np.isnan(lod), loq, lod)
    below_loq = np.where(np.isnan(loq), lod, loq)
    limit = np.where(status == "below_lod", below_lod, np.nan)
    return np.where(status == "below_loq", below_loq, limit)


def substitute(rule: str, limit: Floats, lod: Floats, loq: Floats) -> Floats:
    """Return the values that a named substitution puts in the place of non-detects.

    Parameters
    ----------
    rule : str
        One of `RULES`; ``censored`` is `WITHOUT_DRAWS` here.
    limit, lod, loq : ndarray, any shape [any one unit]

    Returns
    -------
    ndarray, same shape [same unit]
        NaN where the limit that the rule names is not stated.

    Raises
    ------
    UsageError
        If the rule is not known.

    Examples
    --------
    >>> import numpy as np
    >>> from wbe.qc import substitute
    >>> one = np.array([3.0])
    >>> float(substitute("loq/2", one, np.array([1.0]), one)[0])
    1.5
    """
    rule = WITHOUT_DRAWS if require_rule(rule) == "censored" else rule
    which, by = _SUBSTITUTIONS[rule]
    return {"limit": limit, "lod": lod, "loq": loq}[which] * by
