"""What a page says of one drug and one round; the same for the mapped one and for those chosen."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from wbe import names
from wbe.plot import certainty, words
from wbe.report import views

if TYPE_CHECKING:
    import pandas as pd

Key = tuple[str, str]


class Shown(NamedTuple):
    """Everything on a page that depends on drug and round, as printed."""

    subtitle: str
    quantity: str
    unit: str
    found: list[str]
    sure: list[str]
    ranked: views.Ranked
    legend: list[tuple[int, str]]  # index of the class, text
    doubt: list[tuple[int, str]]  # step of certainty, text
    status: str
    note: str


def by_view(tiers: pd.DataFrame) -> dict[Key, list[dict[str, Any]]]:
    """Return the rows of every drug and round, sorted by area, with ``class`` and ``step``.

    Parameters
    ----------
    tiers : DataFrame (row)
        Columns of ``tiers.csv``, all drugs and rounds.

    Returns
    -------
    dict of (drug, round) to list of dict
        Numbers have the 6 digits of ``tiers.csv``, so that the page rounds what the file holds.
    """
    ids = [words.class_of(*pair) for pair in zip(tiers["tier"], tiers["flags"], strict=True)]
    table = tiers.assign(**{"class": ids})
    table["step"] = certainty.steps(table)
    found: dict[Key, list[dict[str, Any]]] = {}
    for row in table.sort_values("area", kind="stable").to_dict("records"):
        key = (str(row["drug"]), str(row["round"]))
        found.setdefault(key, []).append({str(k): _written(v) for k, v in row.items()})
    return found


def _written(value: Any) -> Any:
    """Return a number as ``tiers.csv`` has it."""
    return float(f"{value:.6g}") if isinstance(value, float) and math.isfinite(value) else value


def shown(
    rows: views.Rows, meta: Mapping[Any, Any], colours: dict[str, int], language: str
) -> Shown:
    """Return what a page says of one drug and round.

    Parameters
    ----------
    rows : sequence of mapping
        From `by_view`.
    meta : mapping
        attrs of the tiers table.
    colours : dict of str to int
        Class to the index of its colour.
    language : str
        ``en`` or ``zh``.
    """
    drug, round_ = str(rows[0]["drug"]), str(rows[0]["round"])
    own = words.for_drug(meta, drug)
    classes = words.classes(own, [row["class"] for row in rows], language)
    if not _tiered(rows):  # "severe: none" would read as a finding
        classes = [entry for entry in classes if entry.id in words.WITHOUT_TIER]
    subtitle = names.text("map.subtitle", language, drug=views.drug_name(drug, language),
                          round=words.round_name(round_, language))  # fmt: skip
    quantity = names.display("quantity", str(rows[0]["quantity"]), language)
    unit = views.printed_unit(rows)
    return Shown(
        subtitle,
        quantity,
        unit,
        views.found(rows, classes, language),
        [*views.how_sure(rows, words.resolved_at(own), language),
         *views.pooled(meta, drug, round_, language)],
        views.ranked(rows, colours, language, words.threshold(own)),
        _legend(rows, classes, colours, language),
        _doubt(rows, words.threshold(own), language),
        _status(rows, subtitle, language),
        names.text("page.areas.note", language, quantity=quantity, unit=unit),
    )  # fmt: skip


def _tiered(rows: views.Rows) -> list[Mapping[str, Any]]:
    return [row for row in rows if row["class"] not in words.WITHOUT_TIER]


def _legend(
    rows: views.Rows, classes: list[words.TierClass], colours: dict[str, int], language: str
) -> list[tuple[int, str]]:
    """Classes from the highest down, each with how many areas it has."""
    counts = Counter(row["class"] for row in rows)
    joint = names.text("list.separator", language)
    return [
        (
            colours[c.id],
            joint.join([c.text(language), words.counted("map.count", counts[c.id], language)]),
        )
        for c in words.from_highest(classes)
    ]


def _doubt(rows: views.Rows, sure_at: float, language: str) -> list[tuple[int, str]]:
    """Steps of certainty that occur among tiers, as the printed map's legend words them."""
    limits = {"p": words.number(sure_at, pad=False),
              "low": words.number(min(certainty.LIKELY, sure_at), pad=False)}  # fmt: skip
    steps = sorted({row["step"] for row in _tiered(rows)})
    return [(step, names.text(f"map.certainty.{step}", language, **limits)) for step in steps]


def _status(rows: views.Rows, subtitle: str, language: str) -> str:
    """One sentence for those who do not see the picture change."""
    tiered = _tiered(rows)
    sure = sum(words.yes(row["resolved"]) for row in tiered)
    return names.text("page.status", language, subtitle=subtitle, total=len(rows),
                      n=len(tiered), sure=sure)  # fmt: skip
