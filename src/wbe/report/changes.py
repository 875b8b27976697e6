"""What the page says of changes between rounds."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from wbe import names
from wbe.plot import words
from wbe.report import views

if TYPE_CHECKING:
    import pandas as pd

_LARGEST = 1000.0
"""Detectable ratio above which only that is printed."""

_SURELY_LARGER = 1.5
"""Times the stated spread of visits from which the seen one is remarked; judgement."""


class Compared(NamedTuple):
    """Two rounds of one drug: sentences, and one line an area."""

    heading: str
    sentences: list[str]
    table: tuple[list[str], list[list[str]]]


def by_drug(
    changes: pd.DataFrame | None, run: Mapping[str, Any], language: str
) -> dict[str, list[Compared]]:
    """Return what is said of every drug's changes, two rounds after the other.

    Parameters
    ----------
    changes : DataFrame or None
        Columns of ``changes.csv``.
    run : mapping
        Content of ``run.json``; ``changes`` holds power and spreads.
    language : str
        ``en`` or ``zh``.
    """
    if changes is None:
        return {}
    pairs: dict[tuple[str, str, str], list[dict[Any, Any]]] = {}
    for row in changes.to_dict("records"):
        key = (str(row["drug"]), str(row["round_before"]), str(row["round_after"]))
        pairs.setdefault(key, []).append(row)
    found: dict[str, list[Compared]] = {}
    for (drug, *rounds), rows in pairs.items():
        found.setdefault(drug, []).append(_compared(drug, rounds, rows, run, language))
    return found


def _compared(
    drug: str, rounds: list[str], rows: views.Rows, run: Mapping[str, Any], language: str
) -> Compared:
    before, after = rounds
    labels = {"before": words.round_name(before, language)}
    labels["after"] = words.round_name(after, language)
    about = dict(run.get("changes") or {})
    spreads = dict(about.get("about", {}).get(f"{drug}|{before}|{after}", {}))
    return Compared(
        names.text("changes.heading", language, **labels),
        _sentences(rows, float(about.get("power", 0.8)), spreads, language),
        _table(rows, language),
    )


def _sentences(
    rows: views.Rows, power: float, spreads: Mapping[str, float | None], language: str
) -> list[str]:
    tested = [row for row in rows if row["p"] == row["p"] and row["p"] is not None]
    if not tested:
        return [names.text("changes.untested", language)]
    said = []
    moved = [row for row in tested if row["outcome"] == "moved"]
    up = [row for row in moved if row["ratio"] > 1]
    down = [row for row in moved if row["ratio"] < 1]
    for key, part in (("up", up), ("down", down)):
        if part:
            areas = views.listed(views.area_names(part), language)
            said.append(names.text(f"changes.moved.{key}", language, areas=areas))
    if not moved:
        said.append(names.text("changes.none", language, n=len(tested)))
    said += _listed(rows, language)
    said.append(_detectable(tested, power, language))
    # a spread that nothing was known of is null in the record
    seen, stated = (spreads.get(name) or 0.0 for name in ("visit_seen", "visit"))
    if stated and seen > _SURELY_LARGER * stated:
        numbers = {"seen": words.number(seen), "stated": words.number(stated)}
        said.append(names.text("changes.visit_larger", language, **numbers))
    return said


def _tier(value: object) -> str:
    """Return a tier's id; empty where a cell holds none."""
    return value if isinstance(value, str) else ""


def _listed(rows: views.Rows, language: str) -> list[str]:
    """Say how many areas a plain list of tiers would call moved."""
    pairs = [(_tier(row["tier_before"]), _tier(row["tier_after"])) for row in rows]
    both = [pair for pair in pairs if all(pair)]
    n = sum(before != after for before, after in both)
    return [names.text("changes.list", language, n=n, total=len(both))] if n else []


def _detectable(tested: views.Rows, power: float, language: str) -> str:
    known = [row["detectable"] for row in tested if row["detectable"] == row["detectable"]]
    low, high = (_ratio(end(known, default=math.nan)) for end in (min, max))
    chance = f"{power:.0%}"
    if low == high:
        return names.text("changes.detectable", language, ratio=low, power=chance)
    return names.text("changes.detectable.range", language, low=low, high=high, power=chance)


def _ratio(value: float) -> str:
    if value != value:
        return ""
    return f"> {_LARGEST:.0f}" if value > _LARGEST else words.number(value, 2, pad=False)


def _table(rows: views.Rows, language: str) -> tuple[list[str], list[list[str]]]:
    """Return heads and one line an area, by its name."""
    columns = ("name", "tier_before", "tier_after", "outcome", "reason", "ratio", "interval",
               "detectable", "n_kept")  # fmt: skip
    lines = [_line(row, language) for row in rows]
    return [views.heading(c, language) for c in columns], sorted(lines)


def _line(row: Mapping[Any, Any], language: str) -> list[str]:
    both = (_tier(row["tier_before"]), _tier(row["tier_after"]))
    tiers = [words.class_name(tier, language) if tier else "" for tier in both]
    reason = row["reason"] if isinstance(row["reason"], str) else ""
    return [
        words.label_of(row["name"], row["area"]),
        *tiers,
        names.text(f"change.{row['outcome']}", language),
        names.text(f"change.reason.{reason}", language) if reason else "",
        words.number(row["ratio"]),
        views.interval(row),
        _ratio(row["detectable"]),
        views.whole(row["n_kept"]),
    ]
