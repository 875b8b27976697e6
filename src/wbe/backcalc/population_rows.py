"""Populations of samples as rows of the engine: each estimate with the errors it carries.

An estimate carries the unknowns of what it is made from, under the names and labels that loads use:
a population from a marker has the flow of its site, and a load over it has none.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from wbe.backcalc import error_terms
from wbe.backcalc.arrays import SEWAGE, Samples
from wbe.backcalc.combining import Combined, combine
from wbe.backcalc.measured import marker_load, measured
from wbe.uncertainty import Product, Term

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Flags = NDArray[np.bool_]

GIVEN = "as_given"
"""The population that the tables state."""

COMBINED = "combined"


OF_THE_BOTTLE = ("sampling", "visit")
"""Errors that a load keeps whole over the population from a marker of its bottle."""


def sources(s: Samples) -> tuple[str, ...]:
    """Return what can give a population here: the tables, and the markers of the campaign."""
    return (GIVEN, *s.markers)


def population(s: Samples, source: str, i: Ints) -> Product:
    """Return the population of samples from one source, as a product of errors.

    Parameters
    ----------
    s : Samples
    source : str
        `GIVEN`, ``water`` or a marker of the campaign.
    i : ndarray (row,) of int
        Samples.

    Returns
    -------
    Product
        ln P [inhabitant]; NaN where the source says nothing: no population stated, no flow, the
        marker not quantified, or water that is no sewage.

    Notes
    -----
    Stated: ln P. Marker: ln C_m + ln Q + ln 1e-3 - ln e_m. Water: ln Q + ln 1000 - ln w. Sampling,
    visit and flow have the labels of the sample's loads, so that L / P loses them.
    """
    if source == GIVEN:
        return _given(s, i)
    usable = np.isin(s.matrix[i], SEWAGE) & (s.flow[i] > 0)
    log_load = float(np.log(s.markers[source]["value"]))
    if source == "water":
        central = np.log(np.where(usable, s.flow[i], np.nan)) + np.log(1e3) - log_load
        terms: list[Term] = []
    else:
        column = s.column(source)
        amount = s.amount[i, column] if column >= 0 else np.full(len(i), np.nan)
        usable &= (amount > 0) & (s.kind[i, column] == "concentration")
        volume = np.where(usable, s.flow[i], np.nan)
        central = np.log(np.where(usable, amount, np.nan)) + np.log(volume) + np.log(1e-3)
        central -= log_load
        terms = measured(s, i, np.full(len(i), column), live=usable) if column >= 0 else []
    terms += error_terms.terms(
        s, "flow", i, np.zeros(len(i), dtype=np.intp), rsd=s.flow_rsd[i], live=usable
    )
    terms += marker_load(s, i, source, usable, divides=True)
    return Product(central, tuple(terms), None, s.model.correlations)


def populations(s: Samples, i: Ints, wanted: tuple[str, ...]) -> dict[str, Product]:
    """Return the population of samples from each of several sources."""
    return {name: population(s, name, i) for name in wanted}


def combined(s: Samples, i: Ints, log_sd: float | None = None) -> Combined:
    """Return the populations of samples from all sources as one.

    Parameters
    ----------
    s : Samples
    i : ndarray (row,) of int
        Samples.
    log_sd : float, optional
        Sd of their disagreement [1]; estimated from these rows where not given.

    Returns
    -------
    Combined
        See `wbe.backcalc.combining.combine`.
    """
    return combine(populations(s, i, sources(s)), s.site[i], log_sd=log_sd)


def divided_by_combined(s: Samples, i: Ints, live: Flags) -> tuple[Floats, list[Term]]:
    """Return ln P of the combination, and its errors with the sign of what divides by it.

    Parameters
    ----------
    s : Samples
    i : ndarray (row,) of int
        Samples.
    live : ndarray (row,) of bool
        Rows that use it; the others are exact and NaN.

    Notes
    -----
    The flow is in the load and, to the power of the weights of its markers, in the population: what
    is left of it is the weight of the stated population. Sampling and visit stay whole, as in the
    ratio to one marker: residue and marker need not follow one course of the day.
    """
    own, where = np.unique(i[live], return_inverse=True)  # residues of a sample share one
    both = combined(s, own, log_sd=s.disagreement).product
    log_people = np.full(len(i), np.nan)
    log_people[live] = both.log_central[where]
    kept = [term for term in both.terms if term.name not in OF_THE_BOTTLE]
    return log_people, [_spread_out(term, live, where) for term in kept]


def _spread_out(term: Term, live: Flags, where: Ints) -> Term:
    labels = np.full(len(live), "", dtype=term.labels.dtype)
    size = np.zeros(len(live))
    labels[live], size[live] = term.labels[where], -term.size[where]
    return replace(term, labels=labels, size=size)


def _given(s: Samples, i: Ints) -> Product:
    known = s.population[i] > 0
    none = np.zeros(len(i), dtype=np.intp)
    terms = error_terms.terms(s, "population", i, none, rsd=s.population_rsd[i], live=known)
    central = np.log(np.where(known, s.population[i], np.nan))
    return Product(central, tuple(terms), None, s.model.correlations)


__all__ = [
    "COMBINED", "GIVEN", "combined", "divided_by_combined", "population", "populations", "sources",
]  # fmt: skip
