"""How values become tiers: scheme, labels, breaks, floor, and what each scheme needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from wbe.errors import UsageError
from wbe.spatial.reference_sets import ReferenceSet
from wbe.spatial.schemes import AMONG_AREAS, STATED, breaks_needed, breaks_of, require_scheme

Floats = NDArray[np.float64]

NOT_ELEVATED = "not_elevated"
LABELS = ("general", "moderate", "severe")

RESOLVED = 0.95
"""Probability of its tier from which an area is called resolved, without the county model.

0.95, not 0.9: such areas are not shrunk towards each other, and of the extreme ones that 0.9 would
call resolved 6 % are in another tier (simulated counties; decision 0006)."""

RESOLVED_BY_MODEL = 0.9
"""The same under the county model, whose probabilities are calibrated."""


@dataclass(frozen=True)
class Rule:
    """How values become tiers.

    Attributes
    ----------
    scheme : str
    labels : tuple of str
        Lowest first, that of the floor in front.
    given : tuple of float or None
        Breaks, multiples or percentiles as stated.
    floor : float or None
    reference : ReferenceSet or None
        Of ``percentile``.
    """

    scheme: str
    labels: tuple[str, ...]
    given: tuple[float, ...] | None
    floor: float | None
    reference: ReferenceSet | None = None

    @property
    def moves(self) -> bool:
        """Whether breaks are positions among the areas, and so share the areas' common errors."""
        return self.scheme in AMONG_AREAS

    @property
    def undecided(self) -> bool:
        """Whether the scheme needs breaks and has none for this drug."""
        return self.scheme in STATED and self.given is None

    @property
    def resolved_at(self) -> float:
        """Probability of its tier from which an area is resolved [1]."""
        return RESOLVED_BY_MODEL if self.scheme == "model" else RESOLVED

    def for_drug(self, given: tuple[float, ...] | None) -> Rule:
        """Return the rule with the breaks of one drug."""
        return replace(self, given=given)

    def breaks(self, reference: Floats) -> Floats:
        """Return the breaks from the values of the reference round; empty if there are none."""
        if self.undecided:
            return np.empty(0)
        n, given = len(self.labels) - (self.floor is not None), self.given
        if self.reference is not None and given is not None:
            given = tuple(self.reference.quantiles(given).tolist())
        found = breaks_of(reference, self.scheme, n, given)
        if self.floor is None or not len(found):
            return found
        if self.floor >= found[0]:
            raise UsageError(f"floor = {self.floor} must lie below the lowest break, {found[0]:g}")
        return np.concatenate([[self.floor], found])

    def drawn_breaks(self, breaks: Floats, n_draws: int, seed: int) -> Floats:
        """Return the breaks to classify draws by: a column a draw where they are uncertain."""
        if self.reference is None or self.given is None or not len(breaks):
            return breaks
        heights = self.reference.drawn_heights(n_draws, seed)
        drawn = self.reference.quantiles(self.given, heights)
        if self.floor is None:
            return drawn
        return np.concatenate([np.full((1, n_draws), self.floor), drawn])


def rule_of(
    scheme: str, labels: Sequence[str], floor: float | None, reference: ReferenceSet | None
) -> Rule:
    """Return the rule of a scheme, without breaks yet.

    Raises
    ------
    UsageError
        If scheme and reference set do not belong together, or the labels are wrong.
    """
    require_scheme(scheme)
    if (scheme == "percentile") != (reference is not None):
        raise UsageError("scheme = percentile needs a reference set, and no other scheme takes one")
    if len(set(labels)) != len(labels) or len(labels) < 2:
        raise UsageError(f"labels must be at least two and differ, not {list(labels)}")
    front = (NOT_ELEVATED,) if floor is not None else ()
    return Rule(scheme, (*front, *labels), None, floor, reference)


def require_values(
    values: xr.Dataset, quantity: str, unit: str, statistic: str | None, rule: Rule
) -> None:
    """Refuse values that the breaks are not about.

    Raises
    ------
    UsageError
        If the quantity is not there, the statistics differ, or the county model is asked about
        anything but geometric levels of a county round with draws.
    """
    attrs = values.attrs
    if quantity not in attrs["quantities"]:
        raise UsageError(
            f"quantity = {quantity!r} is not among the area values "
            f"({', '.join(attrs['quantities'])}); name it in by_area(quantities=...)"
        )
    if statistic is not None and statistic != attrs["statistic"]:
        raise UsageError(
            f"the breaks are about the {statistic} mean, the values are {attrs['statistic']}"
            " ones; they differ by a factor of 1.6 at a log-sd of 1: use one statistic for both"
        )
    if rule.reference is not None:
        rule.reference.require_like(quantity, unit, attrs["statistic"])
    if rule.scheme != "model":
        return
    if attrs["design"] != "county_round" or attrs["statistic"] != "geometric":
        raise UsageError("scheme = model is about geometric levels of the towns of a county round")
    if not attrs["draws"] or quantity == "index":
        raise UsageError("scheme = model needs draws, and one drug: it has no model of an index")


def given_breaks(
    breaks: Any, rule: Rule, drugs: list[str], drug: str | None
) -> dict[str, tuple[float, ...] | None]:
    """Return the stated breaks by drug.

    Raises
    ------
    UsageError
        If the scheme needs breaks and has none, or one list is given for several drugs.
    """
    if isinstance(breaks, Mapping):
        return {d: tuple(breaks[d]) if d in breaks else None for d in drugs}
    if breaks is None:
        if rule.scheme in STATED:
            raise UsageError(breaks_needed(rule.scheme))
        return dict.fromkeys(drugs)
    if rule.scheme in STATED and drug is None and len(drugs) > 1:
        raise UsageError(
            f"{rule.scheme} breaks are about one drug: name the drug, or give {{drug: breaks}}"
        )
    return {d: tuple(breaks) for d in drugs}
