"""The cotinine rule of Chinese practice, reproduced as it stands, with what it deviates by.

A compatibility profile: for numbers that must agree with a programme's own, never a default.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wbe.backcalc.loads import pn_mass_load_from_marker
from wbe.backcalc.population import population_from_marker
from wbe.errors import MissingPopulationError, UsageError

Floats = NDArray[np.float64]

PROFILE = "cn-cotinine"
"""Name of the profile, to be kept with its numbers."""

MG_A_CIGARETTE = 0.14
"""Cotinine in sewage per cigarette as the rule has it [mg]; 2.9 times less than 1.25 mg nicotine
absorbed, 0.294 of it excreted as cotinine, would give."""


@dataclass(frozen=True)
class CotinineRule:
    """Population and per-capita load by the rule, beside the consistent ones.

    Attributes
    ----------
    population : ndarray
        As the rule has it [inhabitant].
    pn_load : ndarray
        As the rule has it [mg/day/1000 inhabitants].
    consistent_population, consistent_pn_load : ndarray
        The same [inhabitant, mg/day/1000 inhabitants] with one and the same water in load and
        population: without the domestic share.
    deviation : ndarray
        `pn_load` / `consistent_pn_load` - 1 [1]: 1/s - 1.
    marker_load : ndarray
        Per-capita load of cotinine that the rule implies [mg/day/inhabitant].
    form : str
        ``free`` or ``total``: what was measured as cotinine.
    basis, date, profile : str
        ``estimated``, the date of the samples, and the name of the rule.
    """

    population: Floats
    pn_load: Floats
    consistent_population: Floats
    consistent_pn_load: Floats
    deviation: Floats
    marker_load: Floats
    form: str
    date: str
    basis: str = "estimated"
    profile: str = PROFILE

    def __str__(self) -> str:
        low, high = float(np.min(self.deviation)), float(np.max(self.deviation))
        span = f"{low:+.1%}" if low == high else f"{low:+.1%} to {high:+.1%}"
        return (
            f"{self.profile}: population {self.basis} from {self.form} cotinine on {self.date}; "
            f"loads {span} against the consistent formula, because the domestic share divides the "
            "population and not the load"
        )


def cotinine_rule(
    concentration: ArrayLike,
    cotinine: ArrayLike,
    flow: ArrayLike,
    *,
    cigarettes: ArrayLike,
    domestic_share: ArrayLike,
    form: str,
    date: str,
    mg_a_cigarette: float = MG_A_CIGARETTE,
) -> CotinineRule:
    """Population and per-capita load as Chinese programmes take them from cotinine.

    Parameters
    ----------
    concentration, cotinine : array_like [ng/L]
        Of the residue and of cotinine in the same sample.
    flow : array_like [m^3/day]
    cigarettes : array_like [cigarette/day/inhabitant]
        Smoked per inhabitant and day, as the programme states it for the province. No default.
    domestic_share : array_like [1]
        Share of domestic sewage, above 0 and at most 1. No default; 1 applies none.
    form : str
        ``free`` or ``total``: what the laboratory measured as cotinine.
    date : str
        Date or round of the samples: a population without one is refused.
    mg_a_cigarette : float [mg]
        The rule's own constant; another one makes it another rule.

    Returns
    -------
    CotinineRule

    Raises
    ------
    UsageError
        If an input is not positive, a share is above 1, or the form is unknown.
    MissingPopulationError
        If the population would have no date.

    Notes
    -----
    e = cigarettes x 0.14 mg; P = C_cot Q 1e-3 s / e; Lp = 1000 C Q 1e-3 / P = 1000 (C / C_cot)
    e / s: the flow cancels. Since cotinine is measured in the same mixed water as the residue, s
    belongs to both or to neither; the rule inflates every load by 1/s (17.6 % at s = 0.85). The
    constant is a rule of practice that no study was found for; "free" and "total" cotinine differ.

    References
    ----------
    The rule: ``CNPractice`` of the package's bibliography. Consistent form:
    Castiglioni 2015, 10.1136/tobaccocontrol-2014-051553

    Examples
    --------
    >>> from wbe.backcalc import cotinine_rule
    >>> got = cotinine_rule(212.4, 1960, 68_000, cigarettes=4.1, domestic_share=0.85,
    ...                     form="free", date="2024-03-12")
    >>> round(float(got.population)), round(float(got.pn_load), 2)
    (197366, 73.18)
    >>> print(got)  # doctest: +ELLIPSIS
    cn-cotinine: population estimated from free cotinine on 2024-03-12; loads +17.6% against ...
    """
    c, m, q, n, s = _checked(concentration, cotinine, flow, cigarettes, domestic_share)
    if form not in ("free", "total"):
        raise UsageError(f"form = {form!r}: was free or total cotinine measured?")
    if not date:
        raise MissingPopulationError("a population needs a date: that of the samples")
    if not mg_a_cigarette > 0:
        raise UsageError(f"mg_a_cigarette = {mg_a_cigarette}: a positive mass [mg]")
    load = n * mg_a_cigarette
    people = population_from_marker.bare(m, q, load)
    consistent = pn_mass_load_from_marker.bare(c, m, load)
    by_rule = c * q * 1e-3 * 1000.0 / (people * s)
    return CotinineRule(
        population=people * s,
        pn_load=by_rule,
        consistent_population=people,
        consistent_pn_load=consistent,
        deviation=by_rule / consistent - 1.0,
        marker_load=load,
        form=form,
        date=date,
    )


def _checked(*given: ArrayLike) -> tuple[Floats, ...]:
    """Return the inputs as arrays of one shape: positive, and the last a share."""
    names = ("concentration", "cotinine", "flow", "cigarettes", "domestic_share")
    arrays = np.broadcast_arrays(*(np.asarray(x, dtype=float) for x in given))
    for name, values in zip(names, arrays, strict=True):
        if not (np.isfinite(values).all() and (values > 0).all()):
            raise UsageError(f"{name} must be known and positive in every sample")
    if (arrays[-1] > 1).any():
        raise UsageError("domestic_share is a share: above 0 and at most 1")
    return tuple(arrays)


__all__ = ["MG_A_CIGARETTE", "PROFILE", "CotinineRule", "cotinine_rule"]
