"""Tables of areas against rounds or drugs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from wbe import names
from wbe.plot import words
from wbe.report import views

_ROUNDS_A_TABLE, _DRUGS_A_TABLE = 5, 4  # what fits on an A4 page beside the area's name


class Grid(NamedTuple):
    """A table of areas against rounds or drugs."""

    heads: list[str]
    rows: list[tuple[str, list[views.Cell | None]]]


def over_rounds(
    rows_of: Mapping[tuple[str, str], views.Rows], drug: str, colours: dict[str, int], language: str
) -> list[Grid]:
    """Return the mapped drug's tiers over rounds; nothing where there is one round only.

    Parameters
    ----------
    rows_of : mapping of (drug, round) to rows
        What `wbe.report.selection.by_view` returns.
    drug : str
        The mapped drug.
    colours : dict of str to int
        Class to the index of its colour.
    language : str
        ``en`` or ``zh``.
    """
    parts = {r: rows for (own, r), rows in sorted(rows_of.items()) if own == drug}
    if len(parts) < 2:
        return []
    heads = {r: words.round_name(r, language) for r in parts}
    return list(_grids(parts, heads, colours, language, _ROUNDS_A_TABLE))


def other_drugs(
    rows_of: Mapping[tuple[str, str], views.Rows], drug: str, round: str, colours: dict[str, int],
    language: str,
) -> list[Grid]:  # fmt: skip
    """Return the other drugs in the map's round, or in their own latest where they lack it."""
    own = rows_of[drug, round]
    usual = (round, str(own[0]["quantity"]), views.printed_unit(own))
    parts, heads = {}, {}
    for other in sorted({d for d, _ in rows_of} - {drug}):
        rounds = {r for d, r in rows_of if d == other}
        shown = round if round in rounds else max(rounds)
        parts[other] = rows_of[other, shown]
        heads[other] = _drug_head(other, shown, parts[other], usual, language)
    return list(_grids(parts, heads, colours, language, _DRUGS_A_TABLE))


def _drug_head(
    drug: str, round: str, rows: views.Rows, usual: tuple[str, str, str], language: str
) -> str:
    """Name of a drug, and of whatever is not as for the mapped drug."""
    parts = [views.drug_name(drug, language)]
    quantity, unit = str(rows[0]["quantity"]), views.printed_unit(rows)
    if round != usual[0]:
        parts.append(words.round_name(round, language))
    if (quantity, unit) != usual[1:]:
        parts += [names.display("quantity", quantity, language), unit]
    return " · ".join(part for part in parts if part)


def _grids(
    parts: Mapping[str, views.Rows], heads: dict[str, str], colours: dict[str, int], language: str,
    at_once: int,
) -> Iterator[Grid]:  # fmt: skip
    """Split a wide table into such as fit on a page."""
    printed: dict[str, str] = {}
    cells: dict[tuple[str, str], views.Cell] = {}
    for key, rows in parts.items():
        for row in rows:
            printed[str(row["area"])] = words.label_of(row["name"], row["area"])
            cells[key, str(row["area"])] = views.cell(row, colours, language)
    areas = sorted(printed, key=lambda area: (printed[area], area))
    keys = list(parts)
    for start in range(0, len(keys), at_once):
        block = keys[start : start + at_once]
        lines = [(printed[a], [cells.get((k, a)) for k in block]) for a in areas]
        yield Grid([heads[k] for k in block], lines)
