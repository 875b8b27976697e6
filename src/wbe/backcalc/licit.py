"""Licit use subtracted: what is left of a residue when medicines have been taken off.

Amounts are bounded at zero. What is left is reported with the probability that anything is left,
or not at all where the licit share is too large to tell: "not identifiable" is a result.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from wbe.backcalc.licit_parts import Part
from wbe.backcalc.products import residue_per_drug, stacked
from wbe.errors import UsageError
from wbe.factors import Factor
from wbe.uncertainty import Product, draw
from wbe.units import PN_UNIT, quantities

Floats = NDArray[np.float64]
Strings = NDArray[np.str_]
Flags = NDArray[np.bool_]

_QUANTILE: Final = 0.96
"""Quantile behind the 95 % bound: differences are skewed, and its own covers 94.5 to 95 %."""

INCONSISTENT: Final = 0.025
"""P(net > 0) below which the stated licit amounts do not fit what was measured."""

_FEWEST: Final = 250  # draws above zero that a 96 % quantile needs: ten beyond it
_ROWS: Final = 256  # rows drawn at a time; changes no number

IDENTIFIED: Final = ""
SHARE_TOO_LARGE: Final = "licit share too large: what is left is the small difference of two"
EXCEEDS: Final = "what is subtracted exceeds what was measured: amounts, factors or catchment"
NO_6MAM: Final = "6-MAM below its limit: heroin is not shown, an upper bound only"


@dataclass(frozen=True)
class Net:
    """What is left of measured amounts after subtraction; arrays have one entry a row.

    Attributes
    ----------
    median, lower, upper : ndarray (row,)
        Of max(0, net), central `level` interval, in the unit of the measured amount (times the
        factor, where one was given). All three are NaN where nothing is identified: what can be
        said then is `bound`.
    bound : ndarray (row,) [unit of the measured amount]
        One-sided upper bound with a coverage of at least 95 %: the 96 % quantile of the net given
        that it is not negative. Where hardly any draw is above zero, that of the measured amount
        with nothing subtracted.
    p_positive : ndarray (row,)
        P(net > 0) [1], before the bound at zero is applied.
    licit_share : ndarray (row,)
        Median of what was subtracted over what was measured [1]; may exceed 1.
    shares : dict of str to ndarray (row,)
        The same for each part.
    identifiable : ndarray (row,) of bool
    reason : ndarray (row,) of str
        Why not; empty where it is.
    largest_share : float
        Licit share above which nothing is identified [1].
    level : float
        Probability of the interval [1].
    convention : str
        ``bounded at zero``.
    sources : tuple of str
        Who stated the parts and the factor.
    draws, seed : int
    """

    median: Floats
    lower: Floats
    upper: Floats
    bound: Floats
    p_positive: Floats
    licit_share: Floats
    shares: dict[str, Floats]
    identifiable: Flags
    reason: Strings
    largest_share: float
    level: float
    convention: str
    sources: tuple[str, ...]
    draws: int
    seed: int


@quantities(load=PN_UNIT, licit=PN_UNIT, returns=PN_UNIT)
def net_load(load: Any, licit: Any) -> Any:
    """Load that licit use does not explain, without uncertainty.

    Parameters
    ----------
    load : DataArray, Quantity or str, any shape [mg/day/1000 inhabitants]
        Measured load of the residue.
    licit : same, broadcastable [mg/day/1000 inhabitants]
        Load of the residue that licit use explains.

    Returns
    -------
    same kind as the input [mg/day/1000 inhabitants]

    Raises
    ------
    UnitError
        If a value carries no unit, or one of another dimension.

    Notes
    -----
    L_net = max(0, L - L_licit). A difference of two uncertain numbers: `subtract` says how
    likely it is that anything is left.

    References
    ----------
    Been 2015, 10.1016/j.drugalcdep.2015.03.022

    Examples
    --------
    >>> from wbe import backcalc
    >>> x = backcalc.net_load("6.7 mg/day/1000 inhabitants", "3.4 mg/day/1000 inhabitants")
    >>> round(float(x.magnitude), 2)
    3.3
    """
    return np.maximum(load - licit, 0.0)


def subtract(
    measured: Product,
    parts: Sequence[Part],
    *,
    largest_share: float,
    draws: int,
    seed: int,
    factor: Product | None = None,
    level: float = 0.95,
) -> Net:
    """Subtract uncertain amounts from an uncertain amount, bounded at zero.

    Parameters
    ----------
    measured : Product (row,)
        What was measured, such as per-capita loads [mg/day/1000 inhabitants].
    parts : sequence of Part
        What explains some of it, in the same unit, one product of as many rows each.
    largest_share : float
        Median licit share [1] above which the answer is "not identifiable". 0.7 is usual; 1
        never refuses for that reason.
    draws, seed : int
        Of the keyed Monte Carlo calculation.
    factor : Product or None
        What the net is multiplied with, such as a correction factor [1].
    level : float
        Probability of the two-sided interval [1].

    Returns
    -------
    Net

    Raises
    ------
    UsageError
        If there is no part, two have one name, or rows do not match.

    Notes
    -----
    N = F max(0, M - sum_k S_k), all drawn together: errors of one name and label are one error,
    so that flow and population cancel in the shares. The bound is the 96 % quantile of N given
    N >= 0; it covers a true amount at or above zero in 95 % of cases or more, also where the
    plain difference comes out negative.

    Valid where the parts are independent of what was measured but for errors they share by name.

    References
    ----------
    Been 2015, 10.1016/j.drugalcdep.2015.03.022; JCGM 101:2008, 10.59161/JCGM101-2008

    Examples
    --------
    >>> from wbe import backcalc
    >>> morphine = backcalc.known([6.7], rsd=0.2, name="flow", labels=["plant"])
    >>> medicines = backcalc.Part("medicines", backcalc.known([2.0]), "sales 2021")
    >>> net = backcalc.subtract(morphine, [medicines], largest_share=0.7, draws=4000, seed=1)
    >>> [round(float(x[0]), 1) for x in (net.lower, net.median, net.upper)]
    [2.5, 4.7, 7.9]
    """
    names = [part.name for part in parts]
    if not parts or len(set(names)) < len(names):
        raise UsageError("name at least one part to subtract, and each part once")
    scale = Product(np.zeros(len(measured))) if factor is None else factor
    pieces = []
    for start in range(0, len(measured), _ROWS):
        rows = np.arange(start, min(start + _ROWS, len(measured)))
        table = stacked([p.take(rows) for p in (measured, *(q.load for q in parts), scale)])
        values = draw(table, draws, seed).reshape(len(parts) + 2, len(rows), draws)
        pieces.append(_summary(values, level))
    found = {k: np.concatenate([p[k] for p in pieces], axis=-1) for k in pieces[0]}
    shares = dict(zip(names, found.pop("shares"), strict=True))
    reason = _reasons(found["p_positive"], found["licit_share"], largest_share)
    said = tuple(dict.fromkeys(part.source for part in parts))
    return Net(
        **withheld(found, reason),
        shares=shares,
        largest_share=largest_share,
        level=level,
        convention="bounded at zero",
        sources=said,
        draws=draws,
        seed=seed,
    )


def withheld(found: dict[str, Floats], reason: Strings) -> dict[str, Any]:
    """Return summaries without median and interval where there is a reason against them.

    Where more is subtracted than was measured the interval collapses at zero, which would read as
    a finding of nothing; the bound does not collapse.
    """
    fine = reason == IDENTIFIED
    hidden = {name: np.where(fine, found[name], np.nan) for name in ("median", "lower", "upper")}
    return {**found, **hidden, "identifiable": fine, "reason": reason}


def _summary(values: Floats, level: float) -> dict[str, Floats]:
    """Return what is said of each row from draws (measured, parts..., factor; row, draw)."""
    measured, parts, scale = values[0], values[1:-1], values[-1]
    net = (measured - parts.sum(axis=0)) * scale
    tails = ((1 - level) / 2, 0.5, (1 + level) / 2)
    lower, median, upper = np.quantile(np.maximum(net, 0.0), tails, axis=1)
    ratios = parts / measured
    return {
        "median": median,
        "lower": lower,
        "upper": upper,
        "bound": np.array([_bound(n, m) for n, m in zip(net, measured * scale, strict=True)]),
        "p_positive": (net > 0).mean(axis=1),
        "licit_share": np.median(ratios.sum(axis=0), axis=1),
        "shares": np.median(ratios, axis=2),
    }


def _bound(net: Floats, whole: Floats) -> float:
    left = net[net >= 0]
    return float(np.quantile(left if len(left) >= _FEWEST else whole, _QUANTILE))


def _reasons(p_positive: Floats, share: Floats, largest: float) -> Strings:
    reason = np.where(share > largest, SHARE_TOO_LARGE, IDENTIFIED)
    return np.where(p_positive < INCONSISTENT, EXCEEDS, reason)


def heroin_from_morphine(
    morphine: Product,
    parts: Sequence[Part],
    factor: Factor,
    *,
    six_mam: Literal["detected", "below_limit", "not_measured"],
    largest_share: float,
    draws: int,
    seed: int,
) -> Net:
    """Heroin that explains the morphine which medicines do not.

    Parameters
    ----------
    morphine : Product (row,)
        Per-capita load of total morphine [mg/day/1000 inhabitants].
    parts : sequence of Part
        Morphine from medical morphine, codeine and poppy, as `licit_parts` makes them. There is
        no consumption of heroin from morphine without them.
    factor : Factor
        A row of the drug heroin and the analyte morphine.
    six_mam : str
        Whether 6-monoacetylmorphine, which comes from heroin alone, was found. Where it was
        below its limit the answer is an upper bound.
    largest_share, draws, seed
        As for `subtract`.

    Returns
    -------
    Net
        Pure heroin base [mg/day/1000 inhabitants].

    Raises
    ------
    UsageError
        If the factor row is of another drug or residue, or no part is named.

    Notes
    -----
    M = (M_heroin / M_morphine) / E (L_morphine - S u E_morphine - r L_codeine - L_poppy).
    Poppy and codeine made 59 % and 9 % of the morphine of 49 Chinese cities, heroin 3 %.

    References
    ----------
    Been 2015, 10.1016/j.drugalcdep.2015.03.022; PoppyStraw2024, 10.1021/acsestwater.3c00466

    Examples
    --------
    >>> from wbe import backcalc
    >>> from wbe.factors.table import excretion_rows
    >>> medicines = backcalc.Part("medicines", backcalc.known([3.35]), "sales 2021")
    >>> net = backcalc.heroin_from_morphine(
    ...     backcalc.known([6.7]), [medicines], excretion_rows()["heroin|MOR|Zuccato2008"],
    ...     six_mam="detected", largest_share=0.7, draws=4000, seed=1,
    ... )
    >>> round(float(net.median[0]), 1)
    10.3
    """
    if (factor.drug, factor.analyte) != ("heroin", "morphine"):
        raise UsageError(f"{factor.factor_id} is no row of heroin and morphine")
    if six_mam not in ("detected", "below_limit", "not_measured"):
        raise UsageError(f"six_mam = {six_mam!r}: say detected, below_limit or not_measured")
    per_drug = residue_per_drug(factor, len(morphine))
    scale = Product(np.zeros(len(morphine)), correlations=morphine.correlations).over(per_drug)
    net = subtract(
        morphine, parts, largest_share=largest_share, draws=draws, seed=seed, factor=scale
    )
    net = cited(net, factor.source)
    return bound_only(net, NO_6MAM) if six_mam == "below_limit" else net


def cited(net: Net, source: str) -> Net:
    """Return a result with one more source."""
    return Net(**{**vars(net), "sources": tuple(dict.fromkeys((*net.sources, source)))})


def bound_only(net: Net, reason: str) -> Net:
    """Return a result of which only the bound is said, with the reason."""
    nothing = np.full(len(net.median), np.nan)
    why = np.where(net.identifiable, reason, net.reason)
    return Net(
        **{**vars(net), "median": nothing, "lower": nothing.copy(), "upper": nothing.copy(),
           "reason": why, "identifiable": np.zeros(len(nothing), dtype=bool)}
    )  # fmt: skip
