"""From consumption to how many people take a drug: intervals, never a headline count.

Dose, frequency and age share are each known within a factor, so that the interval spans one to two
orders of magnitude. What is returned has ends and no middle, and prints with two figures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wbe.backcalc.assumptions import Assumed, uncertain
from wbe.backcalc.doses import divided, rows_of, times
from wbe.backcalc.prevalence_habits import PeriodUse, Use, per_user
from wbe.backcalc.prevalence_statements import UserInterval
from wbe.errors import MissingFactorError, UsageError
from wbe.factors import FactorSet, load_set
from wbe.options import require_level
from wbe.uncertainty import Joint, Mean, Product, propagate
from wbe.uncertainty.joint import of_rows
from wbe.units import PN_UNIT, quantities

Floats = NDArray[np.float64]

_PN: Final = 1000.0  # people a per-capita value is about


@quantities(consumption=PN_UNIT, dose="mg/dose", frequency="dose/day", age_share="1", returns="1")
def daily_prevalence(consumption: Any, dose: Any, frequency: Any, age_share: Any) -> Any:
    """Share of an age group that takes the drug on a day, from central values alone.

    Parameters
    ----------
    consumption : DataArray, Quantity or str, any shape [mg/day/1000 inhabitants]
    dose : same, broadcastable [mg/dose]
    frequency : same, broadcastable [dose/day]
        Doses of one user on a day of use.
    age_share : same, broadcastable [1]
        Share of the age group among the inhabitants.

    Returns
    -------
    same kind as the input [1]

    Raises
    ------
    UnitError
        If a value carries no unit, or one of another dimension.

    Notes
    -----
    p = Mp / (1000 a d f). The equation, for calculations that go on; for a statement about people
    use `prevalence`, which has an interval.

    References
    ----------
    Zuccato 2008, 10.1289/ehp.11022

    Examples
    --------
    >>> used = "157 mg/day/1000 inhabitants"
    >>> round(float(daily_prevalence(used, "34 mg/dose", "1 dose/day", 0.72).magnitude), 4)
    0.0064
    """
    return consumption / (_PN * age_share * dose * frequency)


@quantities(prevalence="1", dose="mg/dose", frequency="dose/day", age_share="1", returns=PN_UNIT)
def consumption_of_users(prevalence: Any, dose: Any, frequency: Any, age_share: Any) -> Any:
    """Consumption that a share of users would make: `daily_prevalence` the other way.

    Parameters
    ----------
    prevalence : DataArray, Quantity or str, any shape [1]
        Share of the age group that takes the drug on a day, as a survey has it.
    dose : same, broadcastable [mg/dose]
    frequency : same, broadcastable [dose/day]
        Doses of one user on a day of use.
    age_share : same, broadcastable [1]

    Returns
    -------
    same kind as the input [mg/day/1000 inhabitants]

    Raises
    ------
    UnitError
        If a value carries no unit, or one of another dimension.

    Notes
    -----
    Mp = 1000 p a d f.

    References
    ----------
    Zuccato 2008, 10.1289/ehp.11022

    Examples
    --------
    >>> x = consumption_of_users(0.0064, "34.07 mg/dose", "1 dose/day", 0.72)
    >>> round(float(x.magnitude))
    157
    """
    return _PN * prevalence * age_share * dose * frequency


def prevalence(
    consumption: Product | Mean | ArrayLike,
    use: Use,
    age_share: Assumed,
    *,
    drug: str,
    factors: str | FactorSet,
    of: str,
    net: bool = False,
    thresholds: Sequence[float] = (),
    level: float = 0.95,
    draws: int = 10_000,
    seed: int,
) -> UserInterval:
    """Return the interval of the share of an age group that takes a drug.

    Parameters
    ----------
    consumption : Product, Mean or array_like (row,) [mg/day/1000 inhabitants]
        Per-capita consumption, all ages. A product brings its errors; plain numbers have none.
    use : DailyUse or PeriodUse
        What a user takes.
    age_share : Assumed
        Share of the age group among the inhabitants.
    drug : str
    factors : str or FactorSet
        The factor set behind the consumption; it decides whether there is one.
    of : str
        Whose share, in words: the group that `age_share` is the share of, such as ``inhabitants
        aged 15-64``. There is no default: studies count 15 to 64, 16 to 59 or everybody.
    net : bool
        Whether licit and metabolic sources were subtracted, where the set demands it.
    thresholds : sequence of float
        Shares [1] for which the probability of more is wanted.
    level : float [1]
        Probability of the interval.
    draws, seed : int

    Returns
    -------
    UserInterval
        Withheld, with the reason, for a drug that the set gives as a load only.

    Raises
    ------
    MissingFactorError
        If the set has no row of the drug.
    UsageError
        If an assumption is of the wrong kind.

    Notes
    -----
    On a day: p = Mp / (1000 a d f). In a period of T days: p = Mp T / (1000 a sum_g s_g t_g m_g)
    over groups of users with shares s_g, days of use t_g and amounts m_g a day of use. Valid for a
    steady load of a drug that only the age group takes, mean over the days that it stands for.

    References
    ----------
    Zuccato 2008, 10.1289/ehp.11022; Jones 2014, 10.1016/j.scitotenv.2014.02.101;
    Pei 2016, 10.1016/j.drugpo.2016.06.013

    Examples
    --------
    >>> from wbe.backcalc import DailyUse, assumed, dose_row, prevalence
    >>> use = DailyUse(
    ...     dose_row("methamphetamine|Zuccato2008"),
    ...     assumed("frequency", "1.5 dose/day", low=0.8, high=3, source="survey"),
    ... )
    >>> share = assumed("age_share", 0.72, sd=0.01, source="census 2020")
    >>> about = {"drug": "methamphetamine", "of": "inhabitants aged 15-64", "factors": "default"}
    >>> prevalence(157.0, use, share, **about, seed=1).statements()[0][:83]
    'methamphetamine, users on a day, inhabitants aged 15-64: order of magnitude 0.12 % '
    """
    if age_share.name != "age_share":
        raise UsageError(f"age_share is a {age_share.name}")
    if not of:
        raise UsageError("of is empty; say whose share it is, such as 'inhabitants aged 15-64'")
    asked = _Asked(drug, of, "1", thresholds, level, draws, seed)
    return _interval(consumption, use, (age_share,), _PN, asked, factors, net)


def user_count(
    consumption: Product | Mean | ArrayLike,
    use: Use,
    *,
    drug: str,
    factors: str | FactorSet,
    net: bool = False,
    thresholds: Sequence[float] = (),
    level: float = 0.95,
    draws: int = 10_000,
    seed: int,
) -> UserInterval:
    """Return the interval of the number of users in a catchment.

    Parameters
    ----------
    consumption : Product, Mean or array_like (row,) [mg/day]
        Consumption of the whole catchment: the population, and its error, does not enter.
    use, drug, factors, net, thresholds, level, draws, seed
        As for `prevalence`; thresholds in persons.

    Returns
    -------
    UserInterval
        In persons. There is no central value, and it prints with two figures.

    Raises
    ------
    MissingFactorError
        If the set has no row of the drug.

    Notes
    -----
    N = M / (d f), or N = M T / sum_g s_g t_g m_g. See `prevalence`.

    References
    ----------
    Zuccato 2008, 10.1289/ehp.11022

    Examples
    --------
    >>> from wbe.backcalc import DailyUse, assumed, dose_row, user_count
    >>> use = DailyUse(
    ...     dose_row("methamphetamine|Zuccato2008"),
    ...     assumed("frequency", "1.5 dose/day", low=0.8, high=3, source="survey"),
    ... )
    >>> found = user_count([15_700.0], use, drug="methamphetamine", factors="default", seed=1)
    >>> found.statements()[0][54:120]
    'ent: order of magnitude 92 to 1,400 (95% interval, a factor of 14)'
    """
    asked = _Asked(drug, "persons in the catchment", "persons", thresholds, level, draws, seed)
    return _interval(consumption, use, (), 1.0, asked, factors, net)


@dataclass(frozen=True)
class _Asked:
    drug: str
    of: str
    unit: str
    thresholds: Sequence[float]
    level: float
    draws: int
    seed: int


def _interval(
    consumption: Product | Mean | ArrayLike,
    use: Use,
    more: tuple[Assumed, ...],
    people: float,
    asked: _Asked,
    factors: str | FactorSet,
    net: bool,
) -> UserInterval:
    require_level(asked.level)
    chosen = factors if isinstance(factors, FactorSet) else load_set(factors)
    rows = rows_of(consumption)
    n = len(rows.labels) if isinstance(rows, Mean) else len(rows)
    lower, upper, above = np.full(n, np.nan), np.full(n, np.nan), {}
    reason, method, draws = withheld(asked.drug, chosen, net=net), "", 0
    if not reason:
        model = divided(rows, (*per_user(use, asked.draws, asked.seed), *more))
        model = times(model, 1 / people)
        at = ((1 - asked.level) / 2, (1 + asked.level) / 2)
        found = propagate(model, draws=asked.draws, seed=asked.seed, at=at)
        lower, upper = (np.asarray(found.quantile(p)) for p in at)
        method, drawn = found.method, found.method != "fft" or isinstance(use, PeriodUse)
        draws = asked.draws if drawn or asked.thresholds else 0
        above = _above(model, asked)
    return UserInterval(
        asked.drug, use.said, asked.of, asked.unit, lower, upper, asked.level, above,
        tuple(rows.labels) if isinstance(rows, Mean) else (), reason,
        _no_spread(rows, use, more), use, more, chosen.name, method, draws, asked.seed,
    )  # fmt: skip


def _no_spread(rows: Product | Mean, use: Use, more: tuple[Assumed, ...]) -> tuple[str, ...]:
    terms = (rows.of if isinstance(rows, Mean) else rows).terms
    first = () if any(term.size.any() for term in terms) else ("consumption",)
    return (*first, *use.no_spread, *uncertain(more))


def withheld(drug: str, chosen: FactorSet, *, net: bool) -> str:
    """Return why no number of users follows from a factor set; empty where one does.

    Parameters
    ----------
    drug : str
    chosen : FactorSet
    net : bool
        Whether other sources were subtracted.

    Raises
    ------
    MissingFactorError
        If the set has no row of the drug.
    """
    rows = chosen.rows[chosen.rows["drug"] == drug]
    if rows.empty:
        there = ", ".join(sorted(set(chosen.rows["drug"])))
        raise MissingFactorError(f"the set {chosen.name!r} has no row of {drug!r}; it has {there}")
    gives = set(rows["gives"])
    if "consumption" in gives or ("net" in gives and net):
        return ""
    if "net" in gives:
        return f"the set {chosen.name} gives {drug} only net of other sources; subtract them first"
    return f"the set {chosen.name} gives {drug} as a load only: no factor for use is accepted"


def _above(model: Product | Mean, asked: _Asked) -> dict[float, Floats]:
    """Return the probability that each row exceeds each threshold, from its draws."""
    if not asked.thresholds:
        return {}
    goal = np.asarray(asked.thresholds, dtype=float)[:, None, None]
    if not (np.isfinite(goal).all() and (goal >= 0).all()):
        raise UsageError("thresholds are numbers, 0 or above")
    values = of_rows(Joint(model, lambda x: x), asked.draws, asked.seed, 1)
    known = np.isfinite(values).all(axis=-1)
    chance = np.where(known, (values[None] > goal).mean(axis=-1), np.nan)
    return {float(t): row for t, row in zip(asked.thresholds, chance, strict=True)}
