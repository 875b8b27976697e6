"""What the page says of changes between rounds."""

from __future__ import annotations

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
    """Two rounds of the mapped drug: sentences, and one line an area."""

    heading: str
    sentences: list[str]
    table: tuple[list[str], list[list[str]]]


def of_drug(
    changes: pd.DataFrame | None, drug: str, run: Mapping[str, Any], language: str
) -> list[Compared]:
    """Return what is said of a drug's changes, two rounds after the other.

    Parameters
    ----------
    changes : DataFrame or None
        Columns of ``changes.csv``.
    drug : str
        The mapped drug.
    run : mapping
        Content of ``run.json``; ``changes`` holds power and spreads.
    language : str
    """
    if changes is None:
        return []
    own = changes[changes["drug"] == drug]
    pairs = own[["round_before", "round_after"]].drop_duplicates().itertuples(index=False)
    found = []
    for before, after in pairs:
        rows = own[(own["round_before"] == before) & (own["round_after"] == after)]
        labels = {"before": words.round_name(str(before), language)}
        labels["after"] = words.round_name(str(after), language)
        about = dict(run.get("changes") or {})
        spreads = dict(about.get("about", {}).get(f"{drug}|{before}|{after}", {}))
        found.append(
            Compared(
                names.text("changes.heading", language, **labels),
                _sentences(rows, float(about.get("power", 0.8)), spreads, language),
                _table(rows, language),
            )
        )
    return found


def _sentences(
    rows: pd.DataFrame, power: float, spreads: Mapping[str, float | None], language: str
) -> list[str]:
    tested = rows[rows["p"].notna()]
    if tested.empty:
        return [names.text("changes.untested", language)]
    said = []
    moved = tested[tested["outcome"] == "moved"]
    for key, part in (("up", moved[moved["ratio"] > 1]), ("down", moved[moved["ratio"] < 1])):
        if len(part):
            areas = views.listed(views.area_names(part), language)
            said.append(names.text(f"changes.moved.{key}", language, areas=areas))
    if moved.empty:
        said.append(names.text("changes.none", language, n=len(tested)))
    said += _listed(rows, language)
    said.append(_detectable(tested, power, language))
    # a spread that nothing was known of is null in the record
    seen, stated = (spreads.get(name) or 0.0 for name in ("visit_seen", "visit"))
    if stated and seen > _SURELY_LARGER * stated:
        numbers = {"seen": words.number(seen), "stated": words.number(stated)}
        said.append(names.text("changes.visit_larger", language, **numbers))
    return said


def _listed(rows: pd.DataFrame, language: str) -> list[str]:
    """Say how many areas a plain list of tiers would call moved."""
    before, after = rows["tier_before"].fillna(""), rows["tier_after"].fillna("")
    both = (before != "") & (after != "")
    n = int((both & (before != after)).sum())
    if not n:
        return []
    return [names.text("changes.list", language, n=n, total=int(both.sum()))]


def _detectable(tested: pd.DataFrame, power: float, language: str) -> str:
    low, high = (_ratio(x) for x in (tested["detectable"].min(), tested["detectable"].max()))
    chance = f"{power:.0%}"
    if low == high:
        return names.text("changes.detectable", language, ratio=low, power=chance)
    return names.text("changes.detectable.range", language, low=low, high=high, power=chance)


def _ratio(value: float) -> str:
    if value != value:
        return ""
    return f"> {_LARGEST:.0f}" if value > _LARGEST else f"{value:.2g}"


def _table(rows: pd.DataFrame, language: str) -> tuple[list[str], list[list[str]]]:
    """Return heads and one line an area, by its name."""
    columns = ("name", "tier_before", "tier_after", "outcome", "reason", "ratio", "interval",
               "detectable", "n_kept")  # fmt: skip
    lines = [_line(row, language) for row in rows.to_dict("records")]
    return [views.heading(c, language) for c in columns], sorted(lines)


def _line(row: dict[Any, Any], language: str) -> list[str]:
    tiers = [words.class_name(t, language) if isinstance(t, str) and t else ""
             for t in (row["tier_before"], row["tier_after"])]  # fmt: skip
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
