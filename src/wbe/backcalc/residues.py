"""Several residues of one drug: one estimate of what was consumed, and whether they agree.

Benzoylecgonine with norbenzoylecgonine and cocaine, morphine with 6-MAM, methamphetamine with
amphetamine. Each residue gives an estimate through its factor row; they are weighted on the log
scale by the errors they do not share, and what they share (flow, sampling, population) stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc

from wbe.backcalc import residues_weights as weighing
from wbe.backcalc.rows import with_pathway
from wbe.errors import MissingFactorError, UsageError
from wbe.factors.table import Factor, excretion_rows
from wbe.options import require_choice
from wbe.uncertainty import Product, Term, propagate

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Strings = NDArray[np.str_]

DisagreementRule = Literal["shown", "widened"]
"""``shown``: the interval holds the stated errors alone, the test stands beside it; ``widened``:
what the residues differ by beyond them is one more error."""

SIGNIFICANT: Final = 0.05
"""Probability of a test of heterogeneity below which residues disagree [1]."""

AGREE, DISAGREE, UNTESTED = "agree", "disagree", "not testable"
ESTIMATED, BOUND, UNKNOWN = "estimate", "bound", "not measured"


@dataclass(frozen=True)
class Evidence:
    """What one residue says about the consumption of a drug.

    Attributes
    ----------
    factor : Factor
        Row of the factor table.
    consumption : Product (row,)
        Consumption by this residue alone, in the unit of the loads; by its limit where `below`.
    below : ndarray (row,) of bool
        Rows whose residue is below its limit: bounds, without a weight.
    net_of : str
        What was subtracted from the load before.
    """

    factor: Factor
    consumption: Product
    below: Flags
    net_of: str = ""


@dataclass(frozen=True)
class JointConsumption:
    """Consumption of one drug by several residues.

    Attributes
    ----------
    value : ndarray (row,) [unit of the loads]
        exp(sum(w ln estimate)), the headline: what a calculation without errors gives. NaN where
        no residue was found.
    median, lower, upper : ndarray (row,) [unit of the loads]
        Of the distribution. NaN where no residue was found; `upper` is then the least bound, with
        its error, and `lower` 0.
    level : float
        Of the interval [1].
    product : Product (row,)
        The joint estimate, to be carried on: into means over days, ratios, doses.
    weights : ndarray (row, residue) [1]
        They sum to 1 over the residues that were found.
    single : ndarray (row, residue) [unit of the loads]
        What each residue says alone; its bound where it was below its limit.
    used : ndarray (row, residue) of bool
    q, df, p_value, i_squared : ndarray (row,) [1]
        Test of heterogeneity; NaN where fewer than two residues were found, or a factor states no
        uncertainty.
    tau : ndarray (row,)
        Sd of the log between residues beyond the stated errors [1].
    agreement : ndarray (row,) of str
        ``agree``, ``disagree`` or ``not testable``.
    status : ndarray (row,) of str
        ``estimate``, ``bound`` or ``not measured``.
    beyond_bound : ndarray (row,) of bool
        The interval lies above the bound of a residue that was not found: a disagreement too.
    residues, factor_ids : tuple of str
    cautions : tuple of str
        What the factor rows warn of.
    convention : str
        ``shown`` or ``widened``.
    method : str
    """

    value: Floats
    median: Floats
    lower: Floats
    upper: Floats
    level: float
    product: Product
    weights: Floats
    single: Floats
    used: Flags
    q: Floats
    df: Floats
    p_value: Floats
    i_squared: Floats
    tau: Floats
    agreement: Strings
    status: Strings
    beyond_bound: Flags
    residues: tuple[str, ...]
    factor_ids: tuple[str, ...]
    cautions: tuple[str, ...] = field(default=())
    convention: str = "shown"
    method: str = "generalised least squares on the log scale"

    def to_frame(self) -> pd.DataFrame:
        """Return a row an estimate, with a column of weight and of value for each residue."""
        import pandas as pd

        names = ("status", "value", "median", "lower", "upper", "agreement", "p_value", "tau",
                 "beyond_bound")  # fmt: skip
        table = pd.DataFrame({name: getattr(self, name) for name in names})
        for k, residue in enumerate(self.residues):
            table[f"by {residue}"] = self.single[:, k]
            table[f"weight of {residue}"] = self.weights[:, k]
        return table


def evidence(
    load: Product, factor_id: str, *, below: Flags | None = None, net_of: str = ""
) -> Evidence:
    """Return what a residue says about the consumption of a drug.

    Parameters
    ----------
    load : Product (row,)
        Loads of the residue [mg/day or mg/day/1000 inhabitants]; the limit's load where below it,
        NaN where it was not measured.
    factor_id : str
        Row of the factor table, also one that no set uses for consumption, such as
        ``cocaine|norBE|Jones2014``: beside another residue it is a check.
    below : ndarray (row,) of bool, optional
        Rows that are limits.
    net_of : str
        What was subtracted before. Rows for ``net_only`` need it, as morphine does: ``medical
        morphine and codeine``.

    Returns
    -------
    Evidence

    Raises
    ------
    MissingFactorError
        If the table has no such row, or the row states no factor.
    UsageError
        If a row that holds for net loads gets one that is not, or the flags do not fit the rows.

    Notes
    -----
    M = L MR / E. E is logit-normal, one unknown for all rows, with its median at the row's value.

    References
    ----------
    Jones 2014, 10.1016/j.scitotenv.2014.02.101

    Examples
    --------
    >>> import numpy as np
    >>> from wbe import backcalc
    >>> found = backcalc.evidence(backcalc.known([100.0]), "cocaine|BE|Castiglioni2013")
    >>> found.factor.drug, np.exp(found.consumption.log_central).round(0).tolist()
    ('cocaine', [359.0])
    """
    row = excretion_rows().get(factor_id)
    if row is None or row.quantity == "none":
        raise MissingFactorError(f"no factor {factor_id!r} with a number in the factor table")
    if row.use == "net_only" and not net_of:
        raise UsageError(f"{factor_id} holds for net loads: subtract, and say net_of what")
    low = np.zeros(len(load), dtype=bool) if below is None else np.asarray(below, dtype=bool)
    if low.shape != load.log_central.shape or load.below is not None:
        raise UsageError("state limits as the loads they are, with a flag for each row")
    used = with_pathway(load, factor_id, row.correction_factor, row.excretion, row.logit_sd)
    return Evidence(row, used, low, net_of)


def joint_consumption(
    found: Sequence[Evidence], *, disagreement: DisagreementRule
) -> JointConsumption:
    """Estimate the consumption of one drug from all its residues at once.

    Parameters
    ----------
    found : sequence of Evidence
        Of one drug, with the same rows in the same order.
    disagreement : str
        ``shown`` or ``widened``; no default, because the answers differ where residues disagree.

    Returns
    -------
    JointConsumption

    Raises
    ------
    UsageError
        If the evidence is of several drugs, of one residue twice, or has different rows.

    Notes
    -----
    Estimates y_r = ln(L_r CF_r) with the covariance S of their errors, the sum over error terms
    of their products where the label is shared. Weights minimise w'Sw with sum 1 and none below
    0; the interval is that of sum(w_r y_r) by the engine, each error with its own distribution.
    Heterogeneity: Q = y'Py, P = S^-1 - S^-1 1 1'S^-1 / (1'S^-1 1), against chi-squared with one
    degree fewer than residues; I^2 = max(0, (Q - df) / Q), tau^2 = max(0, (Q - df) / trace P).
    A residue below its limit has no weight: its limit bounds the consumption from above, and it
    is never evidence that nothing was used. Two residues of one sample cannot see an error that
    both share, and a test of two or three is weak: to agree is not to be right.

    References
    ----------
    Jones 2014, 10.1016/j.scitotenv.2014.02.101 (two residues at once); Cochran 1954,
    10.2307/3001666; DerSimonian 1986, 10.1016/0197-2456(86)90046-2

    Examples
    --------
    >>> from wbe import backcalc
    >>> flow = {"rsd": 0.2, "name": "flow", "labels": ["plant"]}
    >>> found = [
    ...     backcalc.evidence(backcalc.known([100.0], **flow), "cocaine|BE|Castiglioni2013"),
    ...     backcalc.evidence(backcalc.known([60.0], **flow), "cocaine|COC|Zuccato2008"),
    ... ]
    >>> joint = backcalc.joint_consumption(found, disagreement="shown")
    >>> [round(float(x[0])) for x in (joint.lower, joint.value, joint.upper)]
    [237, 418, 784]
    """
    _require_one_drug(found, disagreement)
    y = np.column_stack([e.consumption.log_central for e in found])
    below = np.column_stack([e.below for e in found]) & np.isfinite(y)
    used = np.isfinite(y) & ~below
    estimates = [e.consumption for e in found]
    cov = weighing.covariances(estimates)
    q, trace = weighing.heterogeneity(y, cov, used)
    testable = used.sum(axis=1) > 1
    testable &= ~(used & np.array([e.factor.logit_sd == 0 for e in found])).any(axis=1)
    df = np.where(testable, used.sum(axis=1) - 1.0, np.nan)
    q = np.where(testable, q, np.nan)
    tau = np.sqrt(np.maximum(0.0, (q - df) / np.where(testable, trace, np.nan)))
    if disagreement == "widened":
        estimates = [
            _widened(p, np.nan_to_num(tau), e) for p, e in zip(estimates, found, strict=True)
        ]
        cov = weighing.covariances(estimates)
    weights = weighing.least_variance(cov, used)
    joint = weighing.combined(estimates, weights, used)
    return _assembled(found, joint, weights, y, used, below, (q, df, tau), disagreement)


def _assembled(
    found: Sequence[Evidence],
    joint: Product,
    weights: Floats,
    y: Floats,
    used: Flags,
    below: Flags,
    test: tuple[Floats, Floats, Floats],
    disagreement: str,
) -> JointConsumption:
    q, df, tau = test
    p_value = np.where(np.isfinite(q), chdtrc(np.nan_to_num(df, nan=1.0), np.nan_to_num(q)), np.nan)
    got = propagate(joint)
    bound = _least_bound(found, below)
    any_used, any_below = used.any(axis=1), below.any(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        i_squared = np.where(q > 0, np.maximum(0.0, (q - df) / q), q)
    return JointConsumption(
        value=np.exp(joint.log_central),
        median=got.median,
        lower=np.where(~any_used & any_below, 0.0, got.lower),
        upper=np.where(any_used, got.upper, bound),
        level=0.95,
        product=joint,
        weights=weights,
        single=np.exp(y),
        used=used,
        q=q,
        df=df,
        p_value=p_value,
        i_squared=i_squared,
        tau=tau,
        agreement=np.where(np.isnan(q), UNTESTED, np.where(p_value < SIGNIFICANT, DISAGREE, AGREE)),
        status=np.where(any_used, ESTIMATED, np.where(any_below, BOUND, UNKNOWN)),
        beyond_bound=any_used & (got.lower > bound),
        residues=tuple(e.factor.analyte for e in found),
        factor_ids=tuple(e.factor.factor_id for e in found),
        cautions=tuple(c for e in found if (c := _caution(e))),
        convention=disagreement,
    )


def _least_bound(found: Sequence[Evidence], below: Flags) -> Floats:
    """Return the least upper end of what residues below their limits allow, NaN without one."""
    bounds = np.full(below.shape, np.nan)
    for k, e in enumerate(found):
        rows = np.flatnonzero(below[:, k])
        if len(rows):
            bounds[rows, k] = propagate(e.consumption.take(rows)).upper
    return np.where(below.any(axis=1), np.nanmin(np.where(below, bounds, np.inf), axis=1), np.nan)


def _widened(p: Product, tau: Floats, e: Evidence) -> Product:
    """Return a residue's estimate with what residues differ by; one unknown of the residue."""
    labels = np.full(len(p), e.factor.analyte)
    return replace(p, terms=(*p.terms, Term("residue_disagreement", "global", labels, tau)))


def _caution(e: Evidence) -> str:
    if e.factor.use in ("consumption", "pharma", "net_only"):
        return ""
    note = f": {e.factor.note}" if e.factor.note else ""
    return f"{e.factor.factor_id} is for {e.factor.use}, not for consumption by itself{note}"


def _require_one_drug(found: Sequence[Evidence], disagreement: str) -> None:
    require_choice("disagreement", disagreement, ("shown", "widened"))
    drugs = sorted({e.factor.drug for e in found})
    if len(drugs) != 1:
        raise UsageError(f"a joint estimate is of one drug, not of {', '.join(drugs) or 'none'}")
    if len({e.factor.analyte for e in found}) != len(found):
        raise UsageError("each residue once: choose one factor row of each")
    if len({len(e.consumption) for e in found}) != 1:
        raise UsageError("residues have the same rows in the same order")
    if any(e.consumption.correlations != found[0].consumption.correlations for e in found):
        raise UsageError("residues are estimated under one error model")
