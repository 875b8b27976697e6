"""Rules, likelihoods, priors and wordings of source classes: data with their sources."""

from __future__ import annotations

import csv
import io
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from scipy.special import ndtri

from wbe.errors import UsageError

CLASSES: Final = ("consumption", "disposal", "manufacture", "legacy", "unresolved")
KINDS: Final = ("log", "linear", "background", "chance")


@dataclass(frozen=True)
class Likelihood:
    """How a feature is distributed where one class is the source.

    Attributes
    ----------
    drug, feature, source_class : str
    kind : str
        ``log``: lognormal; ``linear``: normal; ``background``: lognormal, as multiples of the
        background; ``chance``: `low` is the chance that the feature is present.
    low, high : float
        Range that holds `share` of the values [1].
    share : float
    source, locator, verified, note : str
    """

    drug: str
    feature: str
    source_class: str
    kind: str
    low: float
    high: float
    share: float
    source: str
    locator: str
    verified: str
    note: str

    @property
    def centre(self) -> float:
        """Middle of the range, on the scale of `kind` [1]."""
        if self.kind == "linear":
            return (self.low + self.high) / 2
        return (math.log(self.low) + math.log(self.high)) / 2

    @property
    def sd(self) -> float:
        """Standard deviation on the scale of `kind` [1]; 0 where the range is a point."""
        if self.high == self.low:
            return 0.0
        ends = (self.low, self.high)
        if self.kind != "linear":
            ends = (math.log(self.low), math.log(self.high))
        return float((ends[1] - ends[0]) / (2 * ndtri((1 + self.share) / 2)))


@dataclass(frozen=True)
class Rule:
    """What a feature may not be used for, or what it needs; with its source."""

    rule_id: str
    drug: str
    feature: str
    effect: str
    reason: str
    source: str
    locator: str
    verified: str


@dataclass(frozen=True)
class Prior:
    """Probability of a class before the data."""

    prior: str
    source_class: str
    probability: float
    source: str
    verified: str
    note: str


@dataclass(frozen=True)
class Wording:
    """What is printed of a class: never more than "consistent with", and the alternatives."""

    source_class: str
    name_zh: str
    wording: str
    wording_zh: str
    alternatives: str
    alternatives_zh: str


@lru_cache(maxsize=1)
def rules() -> tuple[Rule, ...]:
    """Return all rules, in the order of ``rules.csv``."""
    return tuple(Rule(**row) for row in _read("rules.csv"))


def likelihoods(path: str | os.PathLike[str] | None = None) -> tuple[Likelihood, ...]:
    """Return the table of likelihoods.

    Parameters
    ----------
    path : path or None
        A table of your own with the columns of ``likelihoods.csv``; None: that of the package.

    Raises
    ------
    UsageError
        If a column is missing, a kind or class is unknown, or a range makes no sense.
    """
    lines = _read("likelihoods.csv") if path is None else _rows(Path(path).read_text("utf-8-sig"))
    return tuple(_likelihood(line) for line in lines)


def priors(name: str) -> tuple[Prior, ...]:
    """Return the priors of one set, in the order of `CLASSES`.

    Parameters
    ----------
    name : str
        ``routine``, ``purposive`` or ``even``.

    Raises
    ------
    UsageError
        If there is no such set.
    """
    rows = [row for row in _read("priors.csv") if row["prior"] == name]
    if not rows:
        known = sorted({row["prior"] for row in _read("priors.csv")})
        raise UsageError(f"prior = {name!r} is none of {', '.join(known)}")
    found = {
        row["source_class"]: Prior(**{**row, "probability": float(row["probability"])})
        for row in rows
    }
    return tuple(found[source_class] for source_class in CLASSES)


@lru_cache(maxsize=1)
def wordings() -> Mapping[str, Wording]:
    """Return what is printed of each class."""
    return MappingProxyType({r["source_class"]: Wording(**r) for r in _read("classes.csv")})


def _likelihood(line: Mapping[str, Any]) -> Likelihood:
    try:
        numbers = {k: float(line[k]) if line[k] else math.nan for k in ("low", "high", "share")}
        row = Likelihood(**{**line, **numbers})
    except (KeyError, TypeError, ValueError) as error:
        raise UsageError(f"a line of the likelihoods cannot be read: {dict(line)}") from error
    where = f"{row.drug}, {row.feature}, {row.source_class}"
    if row.kind not in KINDS or row.source_class not in CLASSES:
        raise UsageError(f"{where}: unknown kind {row.kind!r} or class")
    if row.kind == "chance":
        if not 0 < row.low < 1:
            raise UsageError(f"{where}: a chance lies between 0 and 1")
    elif not (0 < row.low <= row.high and (row.low == row.high or 0 < row.share < 1)):
        raise UsageError(f"{where}: a range is 0 < low <= high and holds a share of (0, 1)")
    if not row.source:
        raise UsageError(f"{where}: a likelihood without a source is not used")
    return row


def _read(name: str) -> list[dict[str, Any]]:
    return _rows(files("wbe.backcalc.sources").joinpath(name).read_text(encoding="utf-8"))


def _rows(text: str) -> list[dict[str, Any]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))
