"""The data of a page as JSON inside it, for its own script: texts as printed, and nothing else."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final

from wbe import names
from wbe.plot import words
from wbe.report import changes, views
from wbe.report.selection import Key, Shown

MOST_ROWS: Final = 12_000
"""Rows of all drugs and rounds that a page can choose from: about 2 MB of JSON."""

# Texts that the script sets.
_TEXTS: Final = (
    "column.name", "column.tier", "column.value", "column.interval", "column.n_sites",
    "column.n_samples", "column.n_censored", "column.flags", "table.unsure", "page.chance",
    "page.print_map", "page.print_map.hide", "list.separator", "colon",
)  # fmt: skip
# What would end the element, or a line of a script, is written as an escape.
_ESCAPES: Final = {c: f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"}


@lru_cache(maxsize=1)
def script() -> str:
    """Return the page's own script."""
    return files("wbe.report").joinpath("templates", "report.js").read_text(encoding="utf-8")


def script_source() -> str:
    """Return how a content policy permits the script and no other: its SHA-256."""
    digest = hashlib.sha256(script().encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"


def as_json(content: object) -> str:
    r"""Return JSON that stays text inside an HTML element, whatever its strings hold.

    Examples
    --------
    >>> as_json(["</script>", "a & b", "滘"])
    '["\\u003c/script\\u003e","a \\u0026 b","滘"]'
    """
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for character, escape in _ESCAPES.items():
        text = text.replace(character, escape)
    return text


def chosen(rows_of: Mapping[Key, views.Rows], mapped: Key, most: int = MOST_ROWS) -> list[Key]:
    """Return the drugs and rounds that a page can show, the mapped one always among them.

    Where there are too many, the mapped drug and the mapped round come before the others, and
    later rounds before earlier ones.

    Parameters
    ----------
    rows_of : mapping of (drug, round) to rows
        From `wbe.report.selection.by_view`.
    mapped : tuple of str
        The mapped drug and round.
    most : int
        Rows to be shown at most.
    """
    latest = sorted(rows_of, key=lambda key: key[1], reverse=True)
    order = sorted(
        latest, key=lambda key: (key != mapped, key[0] != mapped[0], key[1] != mapped[1])
    )
    kept: list[Key] = []
    left = most
    for key in order:
        left -= len(rows_of[key])
        if kept and left < 0:
            break
        kept.append(key)
    return sorted(kept)


def areas(shown: Mapping[Key, Shown]) -> dict[str, str]:
    """Return the printed names of all areas by id, in the order of the ids."""
    named = {row.area_id: row.area for one in shown.values() for row in one.ranked.rows}
    return dict(sorted(named.items()))


def content(
    shown: Mapping[Key, Shown],
    mapped: Key,
    compared: Mapping[str, list[changes.Compared]],
    language: str,
) -> dict[str, Any]:
    """Return what the script of the page needs.

    Parameters
    ----------
    shown : mapping of (drug, round) to Shown
        What can be chosen.
    mapped : tuple of str
        The mapped drug and round.
    compared : mapping of str to list of Compared
        Changes between rounds by drug; the tables of each have the same heads.
    language : str
        ``en`` or ``zh``.

    Returns
    -------
    dict
        Areas are named once, and rows point to them by position. What has no value is left out.
    """
    named = areas(shown)
    place = {area: i for i, area in enumerate(named)}
    drugs, rounds = (sorted({key[i] for key in shown}) for i in (0, 1))
    return {
        "mapped": [drugs.index(mapped[0]), rounds.index(mapped[1])],
        "drugs": [views.drug_name(drug, language) for drug in drugs],
        "rounds": [words.round_name(round_, language) for round_ in rounds],
        "areas": list(named.values()),
        "texts": {key: names.text(key, language) for key in _TEXTS},
        "views": {f"{drugs.index(d)}.{rounds.index(r)}": _view(one, place)
                  for (d, r), one in sorted(shown.items())},
        "changes": {str(drugs.index(d)): [_change(one) for one in own]
                    for d, own in sorted(compared.items()) if d in drugs},
    }  # fmt: skip


def _view(one: Shown, place: Mapping[str, int]) -> dict[str, Any]:
    return {
        "subtitle": one.subtitle, "quantity": one.quantity, "unit": one.unit,
        "found": one.found, "sure": one.sure, "status": one.status, "note": one.note,
        "legend": one.legend, "doubt": one.doubt,
        "rows": [_row(row, place) for row in one.ranked.rows], "remarks": one.ranked.remarks,
    }  # fmt: skip


def _row(row: views.RankedRow, place: Mapping[str, int]) -> dict[str, Any]:
    """One line of a table; empty cells are left out."""
    cells = {
        "rank": row.rank, "text": row.cell.text, "value": row.cell.value,
        "interval": row.cell.interval, "chances": _any(row.chances), "chance": row.chance,
        "ranks": row.rank_interval, "counts": _any(row.counts), "remarks": row.remarks,
        "unsure": int(not row.cell.sure), "step": row.step,
    }  # fmt: skip
    given = {name: value for name, value in cells.items() if value}
    return {"area": place[row.area_id], "tier": row.cell.colour, **given}


def _any(texts: Sequence[str]) -> Sequence[str]:
    return texts if any(texts) else ()


def _change(one: changes.Compared) -> dict[str, Any]:
    return {"heading": one.heading, "sentences": one.sentences, "rows": one.table[1]}
