"""Records of wide tables with fewer columns, so that they fit a page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from wbe import names
from wbe.plot import words

Record = dict[str, Any]


def all_references(rows: Iterable[Record], references: Sequence[str]) -> list[str]:
    """Return the references as printed: the list given, then what factor rows name beyond it."""
    own = (str(row["reference"]) for row in rows if row.get("reference"))
    return list(dict.fromkeys([*references, *own]))


def factors(rows: Iterable[Record], references: Sequence[str], language: str) -> list[Record]:
    """Return factor rows whose source points into the numbered list of references.

    Parameters
    ----------
    rows : iterable of dict
        With ``source`` and ``reference``, and perhaps ``drug`` and ``analyte``.
    references : sequence of str
        The list as printed (see `all_references`), numbered from 1.
    language : str
        ``en`` or ``zh``, for the names of drugs and residues.

    Returns
    -------
    list of dict
        Without ``reference``.

    Examples
    --------
    >>> factors([{"drug": "MDMA", "source": "A2008", "reference": "A. 2008"}], ["A. 2008"], "en")
    [{'drug': 'MDMA', 'source': 'A2008 [1]'}]
    """
    numbers = {reference: i for i, reference in enumerate(references, start=1)}
    return [_cited(dict(row), numbers, language) for row in rows]


def _cited(row: Record, numbers: dict[str, int], language: str) -> Record:
    reference = row.pop("reference", "")
    if reference:
        row["source"] = f"{row.get('source', '')} [{numbers[reference]}]".lstrip()
    named = {k: names.display(k, str(row[k]), language) for k in ("drug", "analyte") if k in row}
    return row | named


def errors(rows: Iterable[Record]) -> list[Record]:
    """Return rows of the error model with the measure of spread beside its number.

    Examples
    --------
    >>> errors([{"term": "flow", "measure": "rsd", "spread": 0.2}])
    [{'term': 'flow', 'spread': '0.2 (rsd)'}]
    """
    return [_measured(dict(row)) for row in rows]


def _measured(row: Record) -> Record:
    measure, spread = row.pop("measure", ""), row.get("spread")
    if measure and spread is not None and spread == spread:
        size = words.number(spread, pad=False) if isinstance(spread, float) else str(spread)
        row["spread"] = f"{size} ({measure})"
    return row
