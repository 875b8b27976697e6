"""Records of wide tables with fewer columns, so that they fit a page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from wbe import names
from wbe.plot import words

if TYPE_CHECKING:
    import pandas as pd

Record = dict[str, Any]
#: Columns of the error model whose texts are fixed.
_OF_ERRORS = ("component", "level", "term", "distribution", "source", "verified", "note")
#: Fields that conditions of the error model name, and the kinds of their values.
_CONDITIONS = {
    "mode": "mode", "population_basis": "basis", "matrix": "matrix", "analyte": "analyte",
}  # fmt: skip
#: Columns of the error model that are told in one cell, with the spread.
_OF_SIZE = ("low", "mode", "high", "coverage", "values")


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


def in_words(row: Record, columns: Iterable[str], language: str) -> Record:
    """Return a record with the fixed texts of some columns in words (see `wbe.names.said`)."""
    return row | {name: names.said(str(row[name]), language) for name in columns if name in row}


def _cited(row: Record, numbers: dict[str, int], language: str) -> Record:
    row = in_words(row, ("gives", "verified"), language)
    reference = row.pop("reference", "")
    if reference:
        row["source"] = f"{row.get('source', '')} [{numbers[reference]}]".lstrip()
    named = {k: names.display(k, str(row[k]), language) for k in ("drug", "analyte") if k in row}
    return row | named


def errors(rows: Iterable[Record], language: str) -> list[Record]:
    """Return rows of the error model in words, the measure of spread beside its number.

    Examples
    --------
    >>> errors([{"term": "flow", "measure": "rsd", "spread": 0.2, "when": "mode=grab"}], "en")
    [{'term': 'flow', 'spread': '0.2 (rsd)', 'when': 'Sampling mode: Grab'}]
    >>> errors([{"component": "flow", "measure": "range", "low": 0.8, "high": 1.3}], "en")
    [{'component': 'flow', 'spread': '0.8–1.3 (range)'}]
    """
    return [_measured(in_words(dict(row), _OF_ERRORS, language), language) for row in rows]


def sources(table: pd.DataFrame | None, round_: str, language: str) -> list[Record]:
    """Return classes of sources in words: one round, the prior that flags rest on.

    Parameters
    ----------
    table : DataFrame or None
        Columns of ``sources.csv``.
    round_ : str
        The round on the map.
    language : str
        ``en`` or ``zh``.
    """
    if table is None:
        return []
    here = table[(table["round"] == round_) & (table["prior"] == "routine")]
    classes = [str(name) for name in table.columns if str(name).startswith("p_")]
    heads = {
        c: names.text("column.p", language, label=names.text(f"source.{c[2:]}", language))
        for c in classes
    }
    ending = "_zh" if language == "zh" else ""
    return [
        {
            "name": row["name"],
            "drug": names.display("drug", row["drug"], language),
            **{heads[c]: row[c] for c in classes},
            "flag": names.text(f"source.{row['flag']}", language) if row["flag"] else "",
            "wording": row[f"wording{ending}"],
            "alternatives": row[f"alternatives{ending}"],
        }
        for row in here.to_dict("records")
    ]


def _measured(row: Record, language: str) -> Record:
    measure, spread = row.pop("measure", ""), row.get("spread")
    ends = _ends({name: row.pop(name, None) for name in _OF_SIZE})
    stated = spread is not None and spread == spread
    if measure and (stated or ends):
        size = f"{_number(spread) if stated else ends} ({names.said(measure, language)})"
        row["spread"] = f"{size}, {ends}" if stated and ends else size
    if partner := row.pop("partner", ""):
        row["component"] = f"{row['component']}, {names.said(str(partner), language)}"
    if row.get("when"):
        row["when"] = _condition(str(row["when"]), language)
    return row


def _ends(size: Record) -> str:
    """Range of an error, its most likely value between the ends; or its values."""
    if size["values"]:
        return ", ".join(map(_number, size["values"]))
    ends = [_number(size[n]) for n in ("low", "mode", "high") if size[n] is not None]
    if size["low"] is None and size["high"] is not None:
        return f"< {ends[-1]}"
    if size["high"] is None and size["low"] is not None:
        return f"> {ends[0]}"
    coverage = "" if size["coverage"] is None else f", {_number(100 * size['coverage'])} %"
    return "–".join(ends) + coverage


def _number(value: Any) -> str:
    return words.number(value, pad=False) if isinstance(value, float) else str(value)


def _condition(when: str, language: str) -> str:
    """Where a row of the error model holds, ``field=value``, in words."""
    field, is_equation, value = when.partition("=")
    kind = _CONDITIONS.get(field)
    if not is_equation or kind is None:
        return when
    shown = names.display(kind, value, language) if value else names.text("unstated", language)
    return names.text(
        "condition", language, field=names.display("field", field, language), value=shown
    )
