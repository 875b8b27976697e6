"""The rules of findings, as data: ``findings.csv``. Standard library only."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

SEVERITIES = ("error", "flag")
SCOPES = ("cell", "row", "sample", "file", "campaign")


@dataclass(frozen=True)
class Rule:
    """One kind of finding.

    Attributes
    ----------
    id : str
        Stable name of the failure.
    severity : str
        ``error``: the scope is rejected; ``flag``: the value was used, and the message says how.
    scope : str
        What an error rejects: cell, row, sample, file or campaign.
    message, fix, message_zh, fix_zh : str
        ``str.format`` templates.

    Examples
    --------
    >>> from wbe.findings import RULES
    >>> RULES["comma_in_number"].severity
    'error'
    """

    id: str
    severity: str
    scope: str
    message: str
    fix: str
    message_zh: str
    fix_zh: str


@cache
def _read_rules() -> Mapping[str, Rule]:
    text = files("wbe").joinpath("findings.csv").read_text(encoding="utf-8")
    rules = [Rule(**row) for row in csv.DictReader(text.splitlines())]
    for rule in rules:
        if rule.severity not in SEVERITIES or rule.scope not in SCOPES:
            raise ValueError(f"findings.csv: rule {rule.id} has an unknown severity or scope")
    return MappingProxyType({rule.id: rule for rule in rules})


RULES: Mapping[str, Rule] = _read_rules()
