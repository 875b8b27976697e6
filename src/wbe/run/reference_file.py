"""The file of a reference set: values of other places, with what they are and whose they are."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING, cast

from wbe.errors import UsageError

if TYPE_CHECKING:
    from wbe.spatial.reference_sets import Kind, ReferenceSet

ABOUT = ("quantity", "unit", "statistic", "source")
MOST_ROWS = 100_000


def read_reference(path: Path) -> ReferenceSet:
    """Read a reference set from a CSV file in UTF-8.

    Parameters
    ----------
    path : Path
        Columns ``value, quantity, unit, statistic, source`` and optionally ``kind`` (``sample`` or
        ``census``); what the values are is stated once, in the first row, or alike in all.

    Raises
    ------
    UsageError
        If the file cannot be read, lacks a column, states different things, or holds a value that
        is no positive number.
    """
    from wbe.spatial.reference_sets import ReferenceSet

    rows = _rows(path)
    missing = [c for c in ("value", *ABOUT) if not rows or c not in rows[0]]
    if missing:
        raise UsageError(f"{path.name} lacks {', '.join(missing)}")
    said = {c: sorted({(r.get(c) or "").strip() for r in rows} - {""}) for c in (*ABOUT, "kind")}
    twice = [c for c in said if len(said[c]) > 1]
    empty = [c for c in ABOUT if not said[c]]
    if twice or empty:
        how = "different things as" if twice else "no"
        raise UsageError(f"{path.name} states {how} {', '.join(twice or empty)}")
    values = tuple(_number(path, line, r["value"]) for line, r in enumerate(rows, 2))
    kind = said["kind"][0] if said["kind"] else "sample"
    quantity, unit, statistic, source = (said[c][0] for c in ABOUT)
    # an unknown kind is refused there
    return ReferenceSet(values, quantity, unit, statistic, source, cast("Kind", kind))


def _rows(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"{path.name} cannot be read as CSV in UTF-8 ({error})") from None
    if len(rows) > MOST_ROWS:
        raise UsageError(f"{path.name} has more than {MOST_ROWS} rows")
    return rows


def _number(path: Path, line: int, text: str | None) -> float:
    try:
        value = float((text or "").strip())
    except ValueError:
        value = float("nan")
    if not 0 < value < float("inf"):
        raise UsageError(f"{path.name}, line {line}: {text!r} is no positive number")
    return value
