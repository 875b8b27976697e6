"""Thresholds of the plausibility checks, each with its reason, from ``thresholds.csv``.

One table for all of them: the checks compute with it and the documentation prints it. Standard
library only.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType


@dataclass(frozen=True)
class Threshold:
    """One row of ``thresholds.csv``.

    Attributes
    ----------
    id : str
        ``id:of`` for a value of its own for one analyte.
    values : tuple of float
        One number, or a list or range of them.
    unit : str
    meaning, reason : str
        What it bounds, and why there.
    rules : tuple of str
        Findings that it decides about.
    """

    id: str
    values: tuple[float, ...]
    unit: str
    meaning: str
    reason: str
    rules: tuple[str, ...]


@cache
def table() -> Mapping[str, Threshold]:
    """Every threshold by its id, in the order of the table."""
    text = files("wbe").joinpath("thresholds.csv").read_text(encoding="utf-8")
    found = {}
    for row in csv.DictReader(text.splitlines()):
        values = tuple(float(number) for number in row["value"].split())
        rules = tuple(row["rules"].split())
        found[row["id"]] = Threshold(
            row["id"], values, row["unit"], row["meaning"], row["reason"], rules
        )
    return MappingProxyType(found)


def number(id: str, of: str = "") -> float:
    """The one number of a threshold.

    Parameters
    ----------
    id : str
    of : str
        What it is about, such as an analyte: a row ``id:of`` counts before the row ``id``.

    Raises
    ------
    KeyError
        There is no such threshold.
    ValueError
        It holds several numbers.
    """
    (value,) = (table().get(f"{id}:{of}") or table()[id]).values
    return value


def numbers(id: str) -> tuple[float, ...]:
    """All numbers of a threshold.

    Raises
    ------
    KeyError
        There is no such threshold.
    """
    return table()[id].values


def of_rule(rule: str) -> list[Threshold]:
    """The thresholds that decide about a finding, in the order of the table; most have none.

    Parameters
    ----------
    rule : str
        Id of a row of ``findings.csv``.

    Examples
    --------
    >>> [one.id for one in of_rule("load_contradicts")]
    ['load_share']
    """
    return [one for one in table().values() if rule in one.rules]
