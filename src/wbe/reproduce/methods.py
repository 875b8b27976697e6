"""Calculations that tables of the catalogue name, each made of the library's public functions.

Nothing is calculated here: a method says which functions follow each other, and under which names
the catalogue hands them their arguments.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from wbe import backcalc
from wbe.recipes import protocols
from wbe.trends import changes_between_rounds
from wbe.trends.strata import stratified_mean
from wbe.uncertainty import StudentT

Floats = NDArray[np.float64]
Arguments = Mapping[str, Floats]
Labels = Mapping[str, NDArray[np.str_]]


@dataclass(frozen=True)
class Method:
    """A calculation of the catalogue.

    Attributes
    ----------
    compute : callable
        From arguments and labels, one value a row each, to one result a row.
    arguments, labels : tuple of str
        Names that a table must state.
    steps : str
        The public functions behind it, in order.
    """

    compute: Callable[[Arguments, Labels], Floats]
    arguments: tuple[str, ...]
    steps: str
    labels: tuple[str, ...] = ()


def _mass_load(x: Arguments, _: Labels) -> Floats:
    return np.asarray(backcalc.mass_load.bare(x["concentration"], x["flow"]))


def _pn_load(x: Arguments, _: Labels) -> Floats:
    load = backcalc.mass_load.bare(x["concentration"], x["flow"])
    return np.asarray(backcalc.per_1000.bare(load, x["population"]))


def _per_1000(x: Arguments, _: Labels) -> Floats:
    return np.asarray(backcalc.per_1000.bare(x["load"], x["population"]))


def _consumption(x: Arguments, _: Labels) -> Floats:
    return np.asarray(
        backcalc.pn_consumption.bare(x["load"], x["molar_mass_ratio"], x["excretion"])
    )


def _excretion(x: Arguments, _: Labels) -> Floats:
    return np.asarray(x["excretion"])


def _water(x: Arguments, _: Labels) -> Floats:
    return np.asarray(backcalc.pn_mass_load_from_water.bare(x["concentration"], x["water"]))


def _prevalence(x: Arguments, _: Labels) -> Floats:
    return np.asarray(
        backcalc.daily_prevalence.bare(x["consumption"], x["dose"], x["frequency"], x["age_share"])
    )


def _prevalence_of_mass(x: Arguments, labels: Labels) -> Floats:
    used = backcalc.per_1000.bare(x["load"], x["population"])
    return _prevalence({**x, "consumption": np.asarray(used)}, labels)


def _prevalence_of_load(x: Arguments, labels: Labels) -> Floats:
    return _prevalence({**x, "consumption": _consumption(x, labels)}, labels)


def _prevalence_of_residue(x: Arguments, labels: Labels) -> Floats:
    return _prevalence_of_load({**x, "load": _per_1000(x, labels)}, labels)


def _annual_mass(x: Arguments, _: Labels) -> Floats:
    of_one = backcalc.per_1000.bare(1.0, x["population"])  # per 1000, of 1 mg/day of all
    return np.asarray(backcalc.annual_mass.bare(x["consumption"] / of_one, x["days"]))


def _change(x: Arguments, _: Labels) -> Floats:
    pairs = zip(x["before"].tolist(), x["after"].tolist(), strict=True)
    return np.array(
        [changes_between_rounds(total=p, population=(1.0, 1.0)).total.percent for p in pairs]
    )


def _t_end(x: Arguments, _: Labels) -> Floats:
    """The end of a t interval: quantile ``probability`` of value + standard error times t."""
    score = ndtri(x["probability"])
    several = zip(x["value"], x["standard_error"], x["df"], score, strict=True)
    # a standard error that was rounded to zero has no t
    return np.array([StudentT(v, s, n).value(z) if s > 0 else v for v, s, n, z in several])


def _sites_mean(x: Arguments, labels: Labels) -> Floats:
    """The plain mean over sites that have a value in every period, repeated for each row."""
    period, site = labels["period"], labels["site"]
    periods = np.unique(period)
    known = np.isfinite(x["value"])
    everywhere = [
        s for s in np.unique(site) if len(np.unique(period[known & (site == s)])) == len(periods)
    ]
    out = np.full(len(period), np.nan)
    for each in periods:
        here = (period == each) & np.isin(site, everywhere)
        values, size = x["value"][here], float(here.sum())
        stratum = np.zeros(len(values), dtype=np.intp)
        out[period == each] = stratified_mean(values, stratum, np.array([size])).mean
    return out


def _mean(x: Arguments, labels: Labels) -> Floats:
    """The plain mean of all values of a site and period, repeated for each row."""
    group = np.char.add(np.char.add(labels["site"], "|"), labels["period"])
    _, which, count = np.unique(group, return_inverse=True, return_counts=True)
    order = np.argsort(which, kind="stable")
    several = np.split(x["value"][order], np.cumsum(count)[:-1])
    means = [
        stratified_mean(v, np.zeros(len(v), dtype=np.intp), np.array([float(len(v))])).mean
        for v in several
    ]
    return np.array(means)[which]


WEEK: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def _week(statistic: str) -> Callable[[Arguments, Labels], Floats]:
    """Return the calculation of one mean of the week; 2021 had other days."""

    def compute(x: Arguments, labels: Labels) -> Floats:
        out = np.full(len(labels["period"]), np.nan)
        for analyte in np.unique(labels["analyte"]).tolist():
            for odd in (False, True):
                at = (labels["analyte"] == analyte) & ((labels["period"] == "2021") == odd)
                if at.any():
                    value = np.column_stack([x[day][at] for day in WEEK])
                    weeks = (
                        tuple(labels["place"][at].tolist()),
                        tuple(labels["period"][at].tolist()),
                    )
                    out[at] = _weeks(value.tobytes(), *weeks, analyte, odd)[statistic]
        return out

    return compute


@lru_cache(maxsize=64)  # the three means of a week are three tables of the same numbers
def _weeks(
    raw: bytes, place: tuple[str, ...], period: tuple[str, ...], analyte: str, odd: bool
) -> dict[str, Floats]:
    """Return the means of each row's seven days; a printed 0 is below a limit not known."""
    import pandas as pd

    value = np.frombuffer(raw).reshape(len(place), len(WEEK))
    below = value <= 0
    days = protocols.day_values(
        np.full(value.size, "NaT", dtype="datetime64[D]"),
        np.where(below, np.nan, value).ravel(),
        below=below.ravel(),
        weekday=np.tile(np.arange(1, 8), len(place)),
        site=np.repeat(place, 7),
        round=np.repeat(period, 7),
        analyte=analyte,
        draws=0,
    )
    made = protocols.euda_week_2021(days) if odd else protocols.euda_week(days)
    keys = pd.MultiIndex.from_arrays([place, period])
    wide = made.pivot_table(
        index=["place", "period"], columns="statistic", values="value", dropna=False
    ).reindex(keys)
    return {str(name): wide[name].to_numpy(dtype=float) for name in wide}


_OF_WEEK: Final = ("analyte", "place", "period")
_EUDA: Final = "recipes.protocols.day_values, euda_week (euda_week_2021 for 2021)"

METHODS: Final[Mapping[str, Method]] = {
    "mass_load": Method(_mass_load, ("concentration", "flow"), "backcalc.mass_load"),
    "pn_load": Method(
        _pn_load,
        ("concentration", "flow", "population"),
        "backcalc.mass_load, backcalc.per_1000",
    ),
    "per_1000": Method(_per_1000, ("load", "population"), "backcalc.per_1000"),
    "consumption": Method(
        _consumption,
        ("load", "molar_mass_ratio", "excretion"),
        "backcalc.pn_consumption",
    ),
    "excretion": Method(_excretion, ("excretion",), "factors.load_set"),
    "load_from_water": Method(_water, ("concentration", "water"), "pn_mass_load_from_water"),
    "prevalence": Method(
        _prevalence,
        ("consumption", "dose", "frequency", "age_share"),
        "backcalc.daily_prevalence",
    ),
    "prevalence_of_mass": Method(
        _prevalence_of_mass,
        ("load", "population", "dose", "frequency", "age_share"),
        "backcalc.per_1000, backcalc.daily_prevalence",
    ),
    "prevalence_of_load": Method(
        _prevalence_of_load,
        ("load", "molar_mass_ratio", "excretion", "dose", "frequency", "age_share"),
        "backcalc.pn_consumption, backcalc.daily_prevalence",
    ),
    "prevalence_of_residue": Method(
        _prevalence_of_residue,
        ("load", "population", "molar_mass_ratio", "excretion", "dose", "frequency", "age_share"),
        "backcalc.per_1000, backcalc.pn_consumption, backcalc.daily_prevalence",
    ),
    "annual_mass": Method(
        _annual_mass,
        ("consumption", "population", "days"),
        "backcalc.per_1000, backcalc.annual_mass",
    ),
    "change": Method(_change, ("before", "after"), "trends.changes_between_rounds"),
    "t_end": Method(
        _t_end, ("value", "standard_error", "df", "probability"), "uncertainty.StudentT"
    ),
    "sites_mean": Method(
        _sites_mean, ("value",), "trends.strata.stratified_mean", ("site", "period")
    ),
    "mean": Method(_mean, ("value",), "trends.strata.stratified_mean", ("site", "period")),
    "weekday_mean": Method(_week("weekday_mean"), WEEK, _EUDA, _OF_WEEK),
    "weekend_mean": Method(_week("weekend_mean"), WEEK, _EUDA, _OF_WEEK),
    "daily_mean": Method(_week("daily_mean"), WEEK, _EUDA, _OF_WEEK),
}
"""By the name that a table states."""


def names(methods: Sequence[str] = tuple(METHODS)) -> str:
    """Return the known names, for messages."""
    return ", ".join(sorted(methods))
