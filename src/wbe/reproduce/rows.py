"""Rows of a published table with its inputs: text as printed, joined by their keys."""

from __future__ import annotations

import csv
import datetime
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from wbe.errors import ConfigError, EnvironmentFault
from wbe.reproduce import rounding
from wbe.reproduce.study import EXTERNAL, Study, StudyTable, reference_folder

Row = dict[str, str]
CONDITIONS: Final = ("is", "without", "containing", "positive", "present", "from", "to", "complete")


def read_rows(study: Study, name: str) -> list[Row] | None:
    """Return the rows of a file.

    Parameters
    ----------
    study : Study
    name : str
        As a table states it.

    Returns
    -------
    list of dict, or None
        None where it is one of the reference data and these are not at hand.

    Raises
    ------
    EnvironmentFault
        If the catalogue's own file cannot be read.
    """
    if not name.startswith(EXTERNAL):
        return _csv(study.folder / name)
    base = reference_folder()
    path = None if base is None else base / name.removeprefix(EXTERNAL)
    return None if path is None or not path.is_file() else _csv(path)


def _csv(path: Path) -> list[Row]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file))
    except OSError as error:
        raise EnvironmentFault(f"{path.parent.name}/{path.name}: {error.strerror}") from error


def joined(study: Study, table: StudyTable) -> list[Row] | None:
    """Return the rows of a table, published values beside their inputs.

    Parameters
    ----------
    study : Study
    table : StudyTable

    Returns
    -------
    list of dict, or None
        In the order of the published values; only those that the table selects. A column that
        both files have is that of the published values. None where data are not at hand.

    Raises
    ------
    ConfigError
        If a key names two rows, or a published value has no inputs.
    """
    expected = read_rows(study, table.expected)
    same = table.inputs in ("", table.expected)
    inputs = expected if same else read_rows(study, table.inputs)
    if expected is None or inputs is None:
        return None
    require_columns(study, table, table.expected, expected, (*table.keys, *table.output))
    if table.iso_week:
        inputs = [{**row, "iso_week": week_of(row[table.iso_week])} for row in inputs]
    if same:
        found = expected
    elif table.aggregate:
        published = _by_key(study, table, table.expected, expected)
        found = [{**row, **published.get(key_of(row, table.keys), {})} for row in inputs]
        found = [row for row in found if table.output[0] in row]
    else:
        own = _by_key(study, table, table.inputs, inputs)
        found = [{**_inputs_of(study, table, row, own), **row} for row in expected]
    return [row for row in found if meets(row, table.select)]


def week_of(date: str) -> str:
    """Return year and number of the ISO week of a date.

    Examples
    --------
    >>> week_of("2021-01-03"), week_of("2021-01-04")
    ('2020-53', '2021-01')
    """
    year, week, _ = datetime.date.fromisoformat(date).isocalendar()
    return f"{year}-{week:02d}"


def _inputs_of(
    study: Study, table: StudyTable, row: Row, inputs: Mapping[tuple[str, ...], Row]
) -> Row:
    key = key_of(row, table.keys)
    if key not in inputs:
        raise ConfigError(
            f"no inputs for {'/'.join(key)}", f"{study.key}/{table.inputs}", table.keys[0]
        )
    return inputs[key]


def require_columns(
    study: Study, table: StudyTable, file: str, rows: Sequence[Row], columns: Sequence[str]
) -> None:
    """Raise for columns that a file lacks."""
    missing = [name for name in columns if rows and name not in rows[0]]
    if missing:
        text = f"table {table.name!r} reads a column that is missing: {', '.join(missing)}"
        raise ConfigError(text, f"{study.key}/{file}", missing[0])


def _by_key(
    study: Study, table: StudyTable, file: str, rows: list[Row]
) -> dict[tuple[str, ...], Row]:
    require_columns(study, table, file, rows, table.keys)
    found: dict[tuple[str, ...], Row] = {}
    for row in rows:
        key = key_of(row, table.keys)
        if key in found:
            raise ConfigError(f"{'/'.join(key)} stands twice", f"{study.key}/{file}")
        found[key] = row
    return found


def key_of(row: Mapping[str, str], keys: Sequence[str]) -> tuple[str, ...]:
    """Return the key of a row."""
    return tuple(row[name] for name in keys)


def meets(row: Mapping[str, str], conditions: Sequence[Mapping[str, Any]]) -> bool:
    """Tell whether a row meets all conditions.

    Parameters
    ----------
    row : mapping of str to str
    conditions : sequence of mapping
        Each of a ``column`` (``columns`` for ``complete``) and one of `CONDITIONS`: ``is`` one of
        a list, ``without`` or ``containing`` a text, ``positive`` or ``present`` true or false,
        a number not below ``from`` or not above ``to``, all ``complete`` or not.

    Raises
    ------
    ConfigError
        If a condition is none of these.
    """
    return all(_meets(row, condition) for condition in conditions)


def _meets(row: Mapping[str, str], condition: Mapping[str, Any]) -> bool:
    kind = next((name for name in CONDITIONS if name in condition), "")
    if not kind:
        known = ", ".join(CONDITIONS)
        raise ConfigError(f"{dict(condition)} is no condition; write one of {known}")
    wanted: Any = condition[kind]
    if kind == "complete":
        return bool(all(_present(row[name]) for name in condition["columns"]) is wanted)
    text = row[condition["column"]]
    tests: dict[str, Callable[[], bool]] = {
        "is": lambda: text in wanted,
        "without": lambda: wanted not in text,
        "containing": lambda: wanted in text,
        "positive": lambda: (rounding.number(text) > 0) is wanted,
        "present": lambda: _present(text) is wanted,
        "from": lambda: rounding.number(text) >= wanted,
        "to": lambda: rounding.number(text) <= wanted,
    }
    return bool(tests[kind]())


def _present(text: str) -> bool:
    return text.strip() not in ("", "NA")
