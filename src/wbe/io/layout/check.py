"""What a layout file may say: every key with its kind and its check, as data.

All problems of a file are found in one go, each with its key and, as far as a search of the text
can tell, its line.
"""

from __future__ import annotations

import difflib
import json
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from wbe import names
from wbe.errors import UnitError
from wbe.findings import Findings
from wbe.io.header import VALUE_FIELDS, Column, classify
from wbe.io.programme import columns_of, known_columns
from wbe.units import normalise

FORMS = ("long", "wide", "town_blocks", "euda")
"""Forms of table that are known by general words."""
SKIP = "skip"
FAULTS = (
    "layout_syntax", "layout_key_unknown", "layout_value_wrong", "layout_columns_missing",
    "layout_meaning_unknown", "layout_meaning_twice", "layout_unit_unknown",
    "layout_word_unknown", "layout_fill_results", "layout_personal",
)  # fmt: skip
"""Rules about a layout file itself."""
LIMITS = ("lod", "loq")
RESULT_FIELDS = (*VALUE_FIELDS, *LIMITS, "rsd", "status", "recovery", "duplicate_rpd")
#: Fields whose words are checked, and the kind of ``names.csv`` that lists them.
_WORDS = {"matrix": "matrix", "mode": "mode", "population_basis": "basis", "role": "role"}
_NOT_CONSTANT = ("sample_id", "serial_no", *VALUE_FIELDS)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(map(_is_text, value))


def _is_table(value: object) -> bool:
    return isinstance(value, dict) and all(_is_text(v) for v in value.values())


@dataclass(frozen=True)
class Key:
    """One key: whether a value is right, what is right in words, and the value where unstated."""

    is_right: Callable[[Any], bool]
    expected: str
    default: Any = ""


def _among(*choices: object) -> Key:
    # a whole number must not pass for true
    return Key(lambda v: any(v == c and type(v) is type(c) for c in choices),
               " / ".join(map(repr, choices)))  # fmt: skip


_TEXT = Key(_is_text, "a text")
_TEXTS = Key(_is_texts, "a list of texts", ())
_TABLE = Key(_is_table, "a table of texts", {})
KEYS: Mapping[str, Key] = {
    "title": _TEXT,
    "form": _among("euda"),
    "language": _TEXT,
    "match": _TEXTS,
    "sheet": _TEXT,
    "header_line": Key(lambda v: type(v) is int and v > 0, "a line number", None),
    "header_rows": Key(_among(1, 2).is_right, "1 / 2", None),
    "skip_rows": _TEXTS,
    "fill_down": _TEXTS,
    "decimal": _among(".", ","),
    "thousands": _among(".", ",", " ", "'"),
    "date_order": _among("DMY", "MDY"),
    "constants": _TABLE,
    "nondetect": _TABLE,
    "words": _TABLE,
    "columns": _TABLE,
}


#: Keys that a table of a programme's form has a use for.
OF_PROGRAMMES = (
    "title", "form", "language", "match", "sheet", "header_line", "decimal", "thousands",
    "nondetect", "columns",
)  # fmt: skip


@dataclass
class Read:
    """A layout file as it was read.

    Attributes
    ----------
    columns : dict of str to Column
        Header to meaning.
    settings : dict
        Every other key.
    findings : Findings
        Everything that is wrong.
    """

    columns: dict[str, Column] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    findings: Findings = field(default_factory=Findings)


def read_layout(text: str, file: str) -> Read:
    """Read the text of a layout file.

    Parameters
    ----------
    text : str
    file : str
        Its name for findings.

    Returns
    -------
    Read
    """
    read = Read()
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"line (\d+)", str(error))
        line = int(found[1]) if found else len(text.splitlines()) or 1
        read.findings.add("layout_syntax", file=file, line=line, reason=str(error))
        return read
    _Checker(read, file, key_lines(text)).check(raw)
    return read


class _Checker:
    """Checks one file; every problem becomes a finding."""

    def __init__(self, read: Read, file: str, lines: Mapping[str, int]):
        self.read, self.file, self.lines = read, file, lines
        self.form = ""

    def note(self, rule: str, key: str, value: object = "", **more: Any) -> None:
        line = self.lines.get(key, self.lines.get(key.partition("/")[0]))
        self.read.findings.add(
            rule, file=self.file, line=line, column=key.replace("/", ".", 1), value=str(value),
            **more,
        )  # fmt: skip

    def check(self, raw: Mapping[str, Any]) -> None:
        given = self._keys(raw)
        self.form = given["form"]
        for name in (n for n in raw if self.form and n in KEYS and n not in OF_PROGRAMMES):
            self.note("layout_value_wrong", name, raw[name], expected="nothing beside form")
        stated = given.pop("columns")
        self.read.settings = {k: tuple(v) if isinstance(v, list) else v for k, v in given.items()}
        if not stated and "columns" not in raw:
            self.read.findings.add("layout_columns_missing", file=self.file)
        self._columns(stated)
        self._constants(given["constants"])
        for word, limit in given["nondetect"].items():
            if limit not in LIMITS:
                self.note("layout_value_wrong", f"nondetect/{word}", limit, expected="lod / loq")
        self._fill_down(given["fill_down"])
        if given["decimal"] and given["decimal"] == given["thousands"]:
            self.note("layout_value_wrong", "thousands", given["thousands"],
                      expected="another mark than decimal")  # fmt: skip

    def _keys(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        """Every known key with its value, or with its default where it is missing or wrong."""
        for name, value in raw.items():
            if name not in KEYS:
                self.note("layout_key_unknown", name, nearest=nearest(name, KEYS),
                          choices_=", ".join(KEYS))  # fmt: skip
            elif not KEYS[name].is_right(value):
                self.note("layout_value_wrong", name, value, expected=KEYS[name].expected)
        right = {n for n, k in KEYS.items() if n in raw and k.is_right(raw[n])}
        return {n: raw[n] if n in right else key.default for n, key in KEYS.items()}

    def _columns(self, stated: Mapping[str, str]) -> None:
        taken: dict[tuple[str, str, str], str] = {}
        for header, meaning in stated.items():
            column = self._meaning(header, meaning)
            if column is None:
                continue
            twice = (column.kind, column.id, column.limit)
            path = " > " in header  # groups of a two-level header may hold one analyte each
            if column.kind != "blank" and twice in taken and not path:
                self.note("layout_meaning_twice", f"columns/{header}", meaning, first=taken[twice])
            taken.setdefault(twice, header)
            self.read.columns[header] = column

    def _meaning(self, header: str, meaning: str) -> Column | None:
        key = f"columns/{header}"
        if classify(header).kind == "personal":
            self.note("layout_personal", key)
            return None
        if meaning == SKIP:
            return Column(-1, header, "blank")
        if self.form:
            return self._of_programme(header, meaning)
        column = classify(meaning)
        if column.kind not in ("field", "analyte", "limit"):
            self.note("layout_meaning_unknown", key, meaning, nearest=_near_meaning(meaning))
            return None
        if column.unit and not _is_unit(column.unit):
            self.note("layout_unit_unknown", key, meaning, unit=column.unit)
            return None
        return column

    def _of_programme(self, header: str, meaning: str) -> Column | None:
        known = known_columns(self.form)
        name = columns_of(self.form, [meaning])[0]
        if name in known:
            return Column(-1, header, "programme", name)
        near = nearest(meaning, known)
        self.note("layout_meaning_unknown", f"columns/{header}", meaning, nearest=near)
        return None

    def _constants(self, constants: Mapping[str, str]) -> None:
        stated = {c.id for c in self.read.columns.values() if c.kind == "field"}
        for name, text in constants.items():
            key, column = f"constants/{name}", classify(name)
            if column.kind != "field" or column.id != name or name in _NOT_CONSTANT:
                self.note("layout_meaning_unknown", key, name, nearest=_near_meaning(name))
            elif name in stated:
                self.note("layout_meaning_twice", key, text, first=name)
            elif name in _WORDS and not names.resolve(_WORDS[name], text):
                self.note("layout_word_unknown", key, text,
                          choices_=", ".join(names.ids(_WORDS[name])))  # fmt: skip
            elif name in ("unit", "flow_unit") and not _is_unit(text):
                self.note("layout_unit_unknown", key, text, unit=text)

    def _fill_down(self, headers: Iterable[str]) -> None:
        for header in headers:
            column = self.read.columns.get(header) or classify(header.rpartition(" > ")[2])
            of_samples = column.kind == "field" and column.id not in RESULT_FIELDS
            if not of_samples:
                self.note("layout_fill_results", "fill_down", header)


def _is_unit(text: str) -> bool:
    try:
        normalise(text)
    except UnitError:
        return text in ("%", "％", "‰")
    return True


def nearest(word: str, choices: Iterable[str]) -> str:
    """The choice most like a word; ``none`` if none is."""
    near = difflib.get_close_matches(word.casefold(), list(choices), n=1)
    return near[0] if near else "none"


def _near_meaning(meaning: str) -> str:
    """Names of fields and analytes most like a word."""
    found = [*names.suggest("field", meaning, 2), *names.suggest("analyte", meaning, 2)]
    return ", ".join(found) or "none"


_TABLE_LINE = re.compile(r"\s*\[\s*([A-Za-z0-9_-]+)\s*\]")
_KEY_LINE = re.compile(r"""\s*("(?:[^"\\]|\\.)*"|'[^']*'|[^\s=#\["']+)\s*=""")


def key_lines(text: str) -> dict[str, int]:
    """Lines of the keys of a layout file, found by a search of its text.

    Parameters
    ----------
    text : str

    Returns
    -------
    dict of str to int
        ``decimal`` or ``columns/Amount`` to its line, counted from 1.
    """
    lines: dict[str, int] = {}
    table = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if found := _TABLE_LINE.match(line):
            table = found[1]
            lines.setdefault(table, number)
        elif found := _KEY_LINE.match(line):
            name = _bare(found[1])
            lines.setdefault(f"{table}/{name}" if table else name, number)
    return lines


def _bare(key: str) -> str:
    if key.startswith('"'):
        try:
            return str(json.loads(key))
        except ValueError:  # an escape that JSON lacks; only the line is lost
            return key[1:-1]
    return key.strip("'")
