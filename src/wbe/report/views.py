"""What each section of the page says, as plain lists and texts for the template."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from wbe import names
from wbe.plot import words

Rows = Sequence[Mapping[str, Any]]

# Parts of run.json with a table of their own, or that change from run to run.
_NOT_SCALAR = ("inputs", "outputs", "versions", "config", "changes")
_TIMES = ("generated", "created", "started", "finished", "timestamp", "time")


# Flags that leave an area without a tier.
_REASONS = {
    "bounds_cross_break", "insufficient_data", "limit_unknown", "no_breaks", "no_data",
    "no_per_capita_route", "not_distinguishable", "population_missing", "suppressed",
    "too_few_areas",
}  # fmt: skip


class Cell(NamedTuple):
    """A tier in a table: its words, the index of its colour, and whether it is sure."""

    text: str
    colour: int | None
    sure: bool
    value: str
    interval: str
    tier: int | None = None  # its place among the tiers; None without one


def interval(row: Any) -> str:
    """Return the 95 % interval as ``lower – upper``; empty where there is none."""
    low, high = words.number(row["lower"]), words.number(row["upper"])
    return f"{low} – {high}" if low and high else ""


def rank_interval(row: Any) -> str:
    """Return the rank's 95 % interval as ``1 – 4``; empty where there is none."""
    low, high = (whole(row[c]) for c in ("rank_lower", "rank_upper"))
    return f"{low} – {high}" if low and high else ""


def whole(value: object) -> str:
    """Return a count or rank; a shared rank may be a half."""
    return "" if value != value or value is None else f"{float(str(value)):g}"


def flag_ids(text: object) -> list[str]:
    """Return the ids in a cell of flags, in its order."""
    return [f for f in str(text).split(";") if f] if text == text and text is not None else []


def heading(column: str, language: str) -> str:
    """Return the printed name of a column; its id where it has none."""
    if column.startswith("p_"):
        label = words.class_name(column[2:], language)
        return names.text("column.p", language, label=label)
    printed = names.text(f"column.{column}", language)
    return names.display("field", column, language) if printed == f"column.{column}" else printed


def found(rows: Rows, classes: list[words.TierClass], language: str) -> list[str]:
    """Return one sentence a tier, highest first, its areas in the order of the alphabet.

    Parameters
    ----------
    rows : sequence of mapping
        Of one drug and round, with the columns of ``tiers.csv`` and ``class``.
    classes : list of TierClass
        What `wbe.plot.words.classes` returns.
    language : str
        ``en`` or ``zh``.
    """
    unit = printed_unit(rows)
    sentences = []
    for entry in words.from_highest(classes):
        own = [row for row in rows if row["class"] == entry.id]
        tier = entry.name
        if entry.span:
            limits = f"{entry.span} {unit}".strip()
            tier = names.text("found.limits", language, tier=tier, limits=limits)
        key = "found.areas" if len(own) else "found.none"
        if len(rows) == 1:
            key = "found.only" if len(own) else "found.none.only"
        sentences.append(names.text(key, language, tier=tier, n=len(own), total=len(rows),
                                    areas=listed(area_names(own), language)))  # fmt: skip
    return sentences


def area_names(rows: Rows) -> list[str]:
    """Return the printed names of some rows' areas, sorted by code point."""
    return sorted(words.label_of(row["name"], row["area"]) for row in rows)


def listed(items: Sequence[str], language: str) -> str:
    """Join names as a sentence does."""
    return names.text("list.comma", language).join(items)


def printed_unit(rows: Rows) -> str:
    """Return the unit of some rows' values; empty for an index."""
    unit = str(rows[0]["unit"])
    return "" if unit in ("", "1", "nan") else unit


def how_sure(rows: Rows, sure_at: str, language: str) -> list[str]:
    """Return how many tiers are certain, and what the probabilities and intervals mean."""
    sentences = []
    if _all_flagged(rows, words.NOT_DISTINGUISHABLE):
        sentences.append(names.text("map.not_distinguishable", language))
    if _all_flagged(rows, "no_draws"):
        return [*sentences, names.text("sure.no_draws", language)]
    return [*sentences, _certain(rows, sure_at, language),
            names.text("sure.probability", language),
            names.text("sure.interval", language)]  # fmt: skip


def pooled(about: Mapping[Any, Any], drug: str, round: str, language: str) -> list[str]:
    """Return what the county model's pooling takes off the highest area; nothing without it."""
    told = (about.get("understated") or {}).get(drug, {}).get(round)
    if told is None:
        return []
    return [names.text("sure.pooled", language, factor=f"{math.exp(told):.2g}")]


def _all_flagged(rows: Rows, flag: str) -> bool:
    return bool(rows) and all(flag in flag_ids(row["flags"]) for row in rows)


def _certain(rows: Rows, sure_at: str, language: str) -> str:
    """Say in how many areas the tier is certain, and in which."""
    tiered = [row for row in rows if row["class"] not in words.WITHOUT_TIER]
    sure = [row for row in tiered if words.yes(row["resolved"])]
    if not tiered:
        return _without_tier(rows, language)
    key, shown = ("sure.some", sure) if len(sure) else ("sure.none", sure)
    if len(tiered) == 1:
        key, shown = ("sure.one" if len(sure) else "sure.one.none"), tiered
    elif len(sure) == len(tiered):
        key = "sure.all"
    return names.text(key, language, n=len(sure), total=len(tiered), p=sure_at,
                      areas=listed(area_names(shown), language))  # fmt: skip


def _without_tier(rows: Rows, language: str) -> str:
    """Say that no area has a tier, and the commonest reason: a remark, else the class."""
    flags = Counter(flag for row in rows for flag in set(flag_ids(row["flags"])) & _REASONS)
    if flags:
        flag, n = min(flags.items(), key=lambda item: (-item[1], item[0]))
        reason = names.display("flag", flag, language)
    else:
        classes = Counter(str(row["class"]) for row in rows)
        id, n = min(classes.items(), key=lambda item: (-item[1], item[0]))
        reason = words.class_name(id, language)
    return names.text("sure.no_tier", language, reason=reason, n=n, total=len(rows))


class RankedRow(NamedTuple):
    """One line of the table of one drug and round."""

    rank: str
    rank_interval: str
    area: str
    cell: Cell
    chances: list[str]
    counts: list[str]
    remarks: str
    area_id: str
    step: int

    @property
    def chance(self) -> str:
        """The probability of the row's own tier."""
        return self.chances[self.cell.tier] if self.cell.tier is not None else ""


class Ranked(NamedTuple):
    """The table of one drug and round, its remarks spelt out once below it."""

    heads: list[str]
    rows: list[RankedRow]
    remarks: list[tuple[str, str]]


_COUNTS = ("n_sites", "n_samples", "n_censored")


def ranked(rows: Rows, colours: dict[str, int], language: str, threshold: float = 0.9) -> Ranked:
    """Return the table's lines by rank, then by area; remarks as letters.

    Areas whose value is not shown come last, by area: the order must not tell what the cells hide.

    Parameters
    ----------
    rows : sequence of mapping
        Of one drug and round, with the columns of ``tiers.csv``, ``class`` and ``step``.
    colours : dict of str to int
        Class to the index of its colour.
    language : str
        ``en`` or ``zh``.
    threshold : float
        Probability from which a tier is certain.
    """
    columns = [name for name in rows[0] if name.startswith("p_")]
    ids = sorted({flag for row in rows for flag in flag_ids(row["flags"])})
    letters = {flag: letter(i) for i, flag in enumerate(ids)}
    table = [ranked_row(row, columns, colours, letters, language, threshold)
             for row in sorted(rows, key=_order)]  # fmt: skip
    spelt = [(letters[flag], names.display("flag", flag, language)) for flag in ids]
    return Ranked([heading(c, language) for c in columns], table, spelt)


def _order(row: Mapping[str, Any]) -> tuple[float, str]:
    rank = None if row["class"] in words.WITHOUT_VALUE else row["rank"]
    return (float(rank) if rank == rank and rank is not None else math.inf, str(row["area"]))


def ranked_row(
    row: Any, columns: list[str], colours: dict[str, int], letters: dict[str, str], language: str,
    threshold: float,
) -> RankedRow:  # fmt: skip
    """Return one line; of a suppressed area nothing but its name and the reason."""
    id = row["class"]
    shown, valued = id != words.SUPPRESSED, id not in words.WITHOUT_VALUE
    return RankedRow(
        whole(row["rank"]) if valued else "",
        rank_interval(row) if valued else "",
        words.label_of(row["name"], row["area"]),
        cell(row, colours, language, columns),
        [words.chance(row[c], threshold) if valued else "" for c in columns],
        [whole(row[c]) if shown else "" for c in _COUNTS],
        " ".join(letters[flag] for flag in flag_ids(row["flags"])),
        str(row["area"]),
        row["step"],
    )


def letter(position: int) -> str:
    """Return ``a`` to ``z``, then ``aa``, ``ab``...

    Examples
    --------
    >>> [letter(i) for i in (0, 25, 26)]
    ['a', 'z', 'aa']
    """
    high, low = divmod(position, 26)
    return (letter(high - 1) if high else "") + "abcdefghijklmnopqrstuvwxyz"[low]


def cell(row: Any, colours: dict[str, int], language: str, columns: Sequence[str] = ()) -> Cell:
    """Return one area's tier with value and interval, or with the bounds of its non-detects."""
    id = row["class"]
    sure = words.yes(row["resolved"]) or id in words.WITHOUT_TIER
    value, limits = words.number(row["value"]), interval(row)
    if id in words.WITHOUT_VALUE:
        value = limits = ""
    elif not value and "bounds_only" in flag_ids(row["flags"]):
        value, limits = words.bound(row), ""
    own = f"p_{id}"
    tier = list(columns).index(own) if own in columns else None
    return Cell(words.class_name(id, language), colours.get(id), sure, value, limits, tier)


def drug_name(drug: str, language: str) -> str:
    """Return the printed name of a drug, or of the index of drugs."""
    return names.display("quantity" if drug == "index" else "drug", drug, language)


def plain_table(rows: Iterable[dict[str, Any]], language: str) -> tuple[list[str], list[list[str]]]:
    """Return heads and cells of a list of records; the columns are all keys, first come first."""
    records = list(rows)
    keys = list(dict.fromkeys(key for record in records for key in record))
    table = [[plain(record.get(key), language) for key in keys] for record in records]
    return [heading(str(key), language) for key in keys], table


def plain(value: object, language: str) -> str:
    """Return any value as a cell's text: numbers at 3 significant figures, the rest as it is."""
    if value is None or value != value:
        return ""
    if isinstance(value, bool) or str(value) in ("True", "False"):
        return names.text("yes" if str(value) == "True" else "no", language)
    if isinstance(value, float) or hasattr(value, "dtype"):
        return words.number(value, pad=False)
    if isinstance(value, list | tuple):
        return listed([plain(item, language) for item in value], language)
    return words.clean(value)


def run_record(run: dict[str, Any], language: str) -> dict[str, Any]:
    """Return inputs, versions, single values and configuration of a run, for printing."""
    inputs = run.get("inputs") or []
    if isinstance(inputs, dict):
        inputs = [v if isinstance(v, dict) else {"name": k, "sha256": v} for k, v in inputs.items()]
    inputs = [{"file" if k == "name" else k: v for k, v in entry.items()} for entry in inputs]
    single = {k: v for k, v in run.items() if k not in (*_NOT_SCALAR, *_TIMES)}
    config = run.get("config")
    values = [(heading(k, language), _value(v, language)) for k, v in single.items()]
    versions = sorted((run.get("versions") or {}).items())
    return {
        "inputs": plain_table(inputs, language) if inputs else None,
        "versions": listed([f"{k} {v}" for k, v in versions], language),
        "values": [(k, v) for k, v in values if v],
        "config": json.dumps(config, ensure_ascii=False, indent=1, sort_keys=True, default=str)
        if config else "",
    }  # fmt: skip


def _value(value: object, language: str) -> str:
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return plain(value, language)
