"""Amphetamine where methamphetamine is used: what methamphetamine leaves of it, subtracted.

A tenth of the methamphetamine load appears as amphetamine. Where amphetamine is hardly more than
that, its own use cannot be told: a result with a reason, not a small number.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wbe.backcalc.residues_rows import stacked
from wbe.errors import MissingFactorError, UsageError
from wbe.factors.table import Factor, excretion_rows
from wbe.uncertainty import Z95, Joint, LogitNormal, Product, Term, propagate

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Strings = NDArray[np.str_]

LEAST_RATIO: Final = 0.2
"""AMP/METH of loads below which amphetamine of its own is not identifiable [1]: hard to estimate
from 0.04 to 0.19 (AmphetamineRatio of the bibliography)."""

HUMAN_USE: Final = (0.05, 0.25)
"""AMP/METH of loads where methamphetamine alone is used [1]: the range in which people excrete
both, as KunmingMETH of the bibliography quotes it."""

NET, BOUND, NOT_IDENTIFIABLE, UNKNOWN = "net", "bound", "not identifiable", "not measured"

AS_USE = "consistent with use of methamphetamine alone"
MORE = "more amphetamine than methamphetamine leaves: amphetamine, or a medicine of it, as well"
LESS = "less amphetamine than use usually leaves: loss under way, or methamphetamine not consumed"
A_BOUND = "a bound: amphetamine is below its limit, which is evidence of nothing"
RATIO_UNKNOWN = "methamphetamine is not measured, or below its limit"


@dataclass(frozen=True)
class MetaboliteRatio:
    """Mass of amphetamine that methamphetamine leaves in sewage, per mass of methamphetamine.

    Attributes
    ----------
    name : str
    rows : tuple of Product (row,) of one row
        Whose product is the ratio, with its errors.
    source : str
    """

    name: str
    rows: Product
    source: str

    @property
    def value(self) -> float:
        """Central value [1]."""
        return math.exp(float(self.rows.log_central[0]))

    def of(self, n: int) -> Product:
        """Return the ratio as n rows of one unknown."""
        return self.rows.take(np.zeros(n, dtype=np.intp))


def ratio_by_excretion(metabolite_id: str, parent_id: str) -> MetaboliteRatio:
    """Return the ratio that two excretion fractions of methamphetamine give.

    Parameters
    ----------
    metabolite_id : str
        Row of methamphetamine with the residue amphetamine: ``methamphetamine|AMP(METH)|Li2014``.
    parent_id : str
        Row of methamphetamine with itself: ``methamphetamine|METH|Zuccato2008``.

    Returns
    -------
    MetaboliteRatio

    Raises
    ------
    MissingFactorError
        If the table has no such row.
    UsageError
        If a row is of another drug or residue.

    Notes
    -----
    r = (E_AMP / E_METH) (M_AMP / M_METH). Fractions of different studies are taken as independent.

    References
    ----------
    Li 2014, 10.1016/j.scitotenv.2014.05.042

    Examples
    --------
    >>> found = ratio_by_excretion("methamphetamine|AMP(METH)|Li2014",
    ...                            "methamphetamine|METH|Zuccato2008")
    >>> round(found.value, 3)
    0.105
    """
    product, parent = _row(metabolite_id, "amphetamine"), _row(parent_id, "methamphetamine")
    masses = parent.molar_mass_ratio / product.molar_mass_ratio
    terms = (_fraction(product, 1.0), _fraction(parent, -1.0))
    log = math.log(masses * product.excretion / parent.excretion)
    source = f"{product.source}; {parent.source}"
    return MetaboliteRatio("by excretion", Product(np.array([log]), terms), source)


def ratio_observed(value: float, low: float, high: float, *, source: str) -> MetaboliteRatio:
    """Return a ratio that was seen in sewage where methamphetamine alone is used.

    Parameters
    ----------
    value, low, high : float
        Median [1] and range, read as a 95 % interval on the log scale.
    source : str
        Who saw it.

    Returns
    -------
    MetaboliteRatio

    Raises
    ------
    UsageError
        If the numbers are not 0 < low < high with the median between, or no source is named.

    References
    ----------
    AmphetamineRatio of the bibliography: median 0.09 over 6000 samples. It calls amphetamine hard
    to estimate from 0.04 to 0.19, which may be read as the range of the ratio [judgement].

    Examples
    --------
    >>> round(ratio_observed(0.09, 0.04, 0.19, source="AmphetamineRatio").value, 12)
    0.09
    """
    if not (0 < low <= value <= high and low < high and source):
        raise UsageError("a ratio has 0 < low <= median <= high and a source")
    sd = math.log(high / low) / (2 * Z95)
    term = Term("metabolite_ratio", "global", np.array([source]), np.array([sd]))
    return MetaboliteRatio("observed", Product(np.log([value]), (term,)), source)


@dataclass(frozen=True)
class NetAmphetamine:
    """Amphetamine that methamphetamine does not explain.

    Attributes
    ----------
    value, median, lower, upper : ndarray (row,) [unit of the loads]
        `value` by the central numbers, with ``net`` alone. For ``bound`` and ``not identifiable``
        there are only ends: 0, and all amphetamine that was found, or its limit.
    p_positive : ndarray (row,)
        Probability that there is some [1]; NaN for bounds.
    ratio : ndarray (row,)
        AMP/METH of the loads [1]; an upper bound where amphetamine is below its limit.
    status : ndarray (row,) of str
        ``net``, ``bound``, ``not identifiable`` or ``not measured``.
    reason : ndarray (row,) of str
    explained : float
        Central amphetamine per methamphetamine that was subtracted [1].
    convention : str
        ``by excretion`` or ``observed``.
    source : str
    level : float
        Of the interval [1].
    draws, seed : int
    method : str
    """

    value: Floats
    median: Floats
    lower: Floats
    upper: Floats
    p_positive: Floats
    ratio: Floats
    status: Strings
    reason: Strings
    explained: float
    convention: str
    source: str
    level: float
    draws: int
    seed: int
    method: str = "monte_carlo"


def net_amphetamine(
    amphetamine: Product,
    methamphetamine: Product,
    ratio: MetaboliteRatio,
    *,
    below: Flags | None = None,
    methamphetamine_below: Flags | None = None,
    factor_id: str = "",
    draws: int = 10_000,
    seed: int,
) -> NetAmphetamine:
    """Subtract from amphetamine what methamphetamine leaves of it, with the uncertainty of both.

    Parameters
    ----------
    amphetamine, methamphetamine : Product (row,)
        Loads in one unit; the limit's load where below it, NaN where not measured.
    ratio : MetaboliteRatio
        By excretion or observed; no default, because the two differ.
    below, methamphetamine_below : ndarray (row,) of bool, optional
        Rows that are limits.
    factor_id : str
        Row of amphetamine to carry the net load on to consumption; empty: net load.
    draws : int
    seed : int

    Returns
    -------
    NetAmphetamine

    Raises
    ------
    UsageError
        If rows do not match, or the factor is not of amphetamine.
    MissingFactorError
        If the table has no such factor.

    Notes
    -----
    N = max(0, A - r M); errors that both loads share (flow, sampling, population) act on both.
    AMP/METH below 0.2: not identifiable. Amphetamine below its limit: 0 to the limit, evidence
    neither of use nor of disposal. Methamphetamine below its limit: subtracted at most r times the
    limit for the lower end, nothing for the upper, without a central value.

    References
    ----------
    AmphetamineRatio and Li 2014 (10.1016/j.scitotenv.2014.05.042) of the bibliography

    Examples
    --------
    >>> from wbe import backcalc
    >>> ratio = backcalc.ratio_observed(0.09, 0.04, 0.19, source="AmphetamineRatio")
    >>> amphetamine, methamphetamine = backcalc.known([50.0]), backcalc.known([100.0])
    >>> net = backcalc.net_amphetamine(amphetamine, methamphetamine, ratio, draws=4000, seed=1)
    >>> str(net.status[0]), [round(float(x[0])) for x in (net.lower, net.value, net.upper)]
    ('net', [31, 41, 46])
    """
    n = len(amphetamine)
    low_a, low_m = (_flags(f, n) for f in (below, methamphetamine_below))
    factor = _row(factor_id, "amphetamine", "amphetamine") if factor_id else None
    scale = factor.correction_factor if factor else 1.0
    rows = stacked([amphetamine, methamphetamine, ratio.of(n), _drug(factor, n)])

    def call(drawn: Floats) -> Floats:
        a, m, r, per_load = drawn.reshape(4, n, -1)
        net = np.maximum(a - r * m, 0.0) * per_load
        return np.vstack([net, net > 0, a * per_load])

    got = propagate(Joint(rows, call), method="monte_carlo", draws=draws, seed=seed)
    net, whole = got.quantiles[:n], got.quantiles[2 * n :]
    a, m = np.exp(amphetamine.log_central), np.exp(methamphetamine.log_central)
    status, reason = _verdicts(a / m, low_a, low_m, np.isfinite(a), np.isfinite(m))
    told = (status == NET) & ~low_m
    nothing = status == UNKNOWN
    lower = np.where(status == NET, net[:, 0], np.where(nothing, np.nan, 0.0))
    # what cannot be told apart may all be amphetamine of its own
    upper = np.where((status == NET) & ~low_m, net[:, 2], whole[:, 2])
    return NetAmphetamine(
        value=np.where(told, np.maximum(a - ratio.value * m, 0.0) * scale, np.nan),
        median=np.where(told, net[:, 1], np.nan),
        lower=lower,
        upper=np.where(nothing, np.nan, upper),
        p_positive=np.where(told, got.mean[n : 2 * n], np.nan),
        ratio=a / m,
        status=status,
        reason=reason,
        explained=ratio.value,
        convention=ratio.name,
        source=ratio.source,
        level=0.95,
        draws=draws,
        seed=seed,
    )


def _verdicts(
    ratio: Floats, low_a: Flags, low_m: Flags, has_a: Flags, has_m: Flags
) -> tuple[Strings, Strings]:
    """Return status and reason of each row; `ratio` of limits where a load is one."""
    small = ratio < LEAST_RATIO
    cases = [
        (~has_a, UNKNOWN, "amphetamine was not measured"),
        (low_a, BOUND, A_BOUND),
        (~has_m, NOT_IDENTIFIABLE, "methamphetamine was not measured: nothing can be subtracted"),
        (small & ~low_m, NOT_IDENTIFIABLE, f"AMP/METH is below {LEAST_RATIO:g}"),
        (small, NOT_IDENTIFIABLE, f"AMP/METH may be below {LEAST_RATIO:g}"),
        (low_m, NET, "methamphetamine is below its limit: a range without a central value"),
    ]
    conditions = [c for c, _, _ in cases]
    status = np.select(conditions, [np.array(s) for _, s, _ in cases], np.array(NET))
    return status, np.select(conditions, [np.array(r) for _, _, r in cases], np.array(""))


def amphetamine_reading(
    amphetamine: ArrayLike,
    methamphetamine: ArrayLike,
    *,
    below: Flags,
    methamphetamine_below: Flags,
) -> Strings:
    """Return what AMP/METH of two loads is consistent with, in words.

    Parameters
    ----------
    amphetamine, methamphetamine : array_like (row,) [one unit of load or concentration]
        The limit where below it; NaN where not measured.
    below, methamphetamine_below : ndarray (row,) of bool
        Rows that are limits.

    Returns
    -------
    ndarray (row,) of str
        A reading, never a proof, and no accusation.

    Notes
    -----
    0.05 to 0.25 is what use of methamphetamine alone leaves; a range that is quoted, and no
    interval of a stated probability.

    References
    ----------
    KunmingMETH and AmphetamineRatio of the bibliography

    Examples
    --------
    >>> import numpy as np
    >>> no = np.array([False])
    >>> str(amphetamine_reading([0.72], [5.18], below=no, methamphetamine_below=no)[0])
    'consistent with use of methamphetamine alone'
    """
    a, m = np.asarray(amphetamine, dtype=float), np.asarray(methamphetamine, dtype=float)
    ratio = a / m
    conditions = [
        below & np.isfinite(a),
        methamphetamine_below | ~np.isfinite(ratio),
        ratio < HUMAN_USE[0],
        ratio > HUMAN_USE[1],
    ]
    words = [np.array(w) for w in (A_BOUND, RATIO_UNKNOWN, LESS, MORE)]
    return np.select(conditions, words, np.array(AS_USE))


def _row(factor_id: str, analyte: str, drug: str = "methamphetamine") -> Factor:
    row = excretion_rows().get(factor_id)
    if row is None:
        raise MissingFactorError(f"no factor {factor_id!r} in the factor table")
    if (row.drug, row.analyte) != (drug, analyte):
        raise UsageError(f"{factor_id} is {row.analyte} of {row.drug}, not {analyte} of {drug}")
    return row


def _fraction(row: Factor, power: float) -> Term:
    """Return the error of an excretion fraction: the same unknown as in every other use of it."""
    shape = LogitNormal(row.excretion, row.logit_sd) if row.logit_sd else None
    size = np.array([power if shape else 0.0])
    return Term("excretion", "global", np.array([row.factor_id]), size, shape)


def _drug(factor: Factor | None, n: int) -> Product:
    """Return consumption per load as rows: 1 for net loads."""
    if factor is None:
        return Product(np.zeros(n))
    one = Product(np.log([factor.correction_factor]), (_fraction(factor, -1.0),))
    return one.take(np.zeros(n, dtype=np.intp))


def _flags(stated: Flags | None, n: int) -> Flags:
    flags = np.zeros(n, dtype=bool) if stated is None else np.asarray(stated, dtype=bool)
    if flags.shape != (n,):
        raise UsageError("state for each row whether it is a limit")
    return flags
