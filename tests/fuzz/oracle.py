"""What a table says, by a reading that shares no code with the package and knows far less.

It judges only what has one plain meaning; of everything else it says ``unclear``, and the package
may refuse that, or flag it, but not use it in silence.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

# concentration [ng/L] and flow [m^3/day], by hand
CONCENTRATION = {
    "ng/L": 1.0, "ng/l": 1.0, "ug/L": 1e3, "ug/l": 1e3, "μg/L": 1e3, "µg/L": 1e3, "mg/L": 1e6,
    "ng/mL": 1e3, "pg/mL": 1.0, "纳克/升": 1.0, "微克/升": 1e3, "毫克/升": 1e6, "g/L": 1e9,
    "克/升": 1e9,
}  # fmt: skip
FLOW = {
    "m3/d": 1.0, "m³/d": 1.0, "m3/h": 24.0, "L/s": 86.4, "ML/d": 1e3, "万吨/日": 1e4,
    "立方米/日": 1.0, "t/d": 1.0,
}  # fmt: skip
_NONDETECT = {"nd", "n.d.", "<lod", "未检出", "<loq", "bdl"}
_NOTHING = {"", "na", "n/a", "/", "-", "--", "—", "null"}
_FULL = {0xFF10 + i: 0x30 + i for i in range(10)} | {0xFF0E: 0x2E, 0x3000: 0x20}
_FULL |= {0xFF1C: 0x3C, 0xFF0F: 0x2F}
_PLAIN = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_GROUPS = re.compile(r"\d{1,3}(?: \d{3})+(?:\.\d+)?", re.ASCII)
_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)", re.ASCII)


@dataclass(frozen=True)
class Said:
    """What a cell says: ``number``, ``below`` (its limit, or NaN), ``nothing`` or ``unclear``."""

    kind: str
    value: float = math.nan


@dataclass(frozen=True)
class Line:
    """One row of a file: where it stands, its cells by header, whether it has them all."""

    line: int
    cells: dict[str, str]
    whole: bool


def folded(text: str) -> str:
    """Full-width digits to plain ones, every run of white space to one blank."""
    return " ".join(text.translate(_FULL).replace("\ufeff", "").split())


def said(text: str) -> Said:
    """Read one cell of results or of a quantity."""
    shown = folded(text)
    number = _number(shown)
    if number is not None:
        return Said("number", number)
    word = shown.casefold().replace(" ", "")
    if word in _NONDETECT:
        return Said("below")
    if word in _NOTHING:
        return Said("nothing")
    for form in (r"[<≤](.*)", r"(.*)L"):
        found = re.fullmatch(form, shown)
        limit = _number(found[1].strip()) if found else None
        if limit is not None and limit > 0:
            return Said("below", limit)
    return Said("unclear")


def factor_of(text: str, units: dict[str, float]) -> float:
    """Factor of a unit by one of the tables above; NaN where it is not in there."""
    shown = folded(text).replace(" ", "").replace(".", "")
    return units.get(re.sub(r"(?<!\d)1(?!\d)", "", shown), math.nan)  # one litre is a litre


def _number(shown: str) -> float | None:
    if _GROUPS.fullmatch(shown):
        shown = shown.replace(" ", "")
    if not _PLAIN.fullmatch(shown):
        return None
    value = float(shown)
    return value if math.isfinite(value) else None


def day(text: str) -> str:
    """An ISO day as it is; "" for everything else."""
    shown = folded(text)
    found = _DATE.fullmatch(shown)
    if not found:
        return ""
    year, month, of_month = (int(part) for part in found.groups())
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    days = (31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
    right = 1990 <= year <= 2049 and 1 <= month <= 12 and 1 <= of_month <= days[month - 1]
    return shown if right else ""


def decoded(data: bytes) -> str | None:
    """Text of bytes by byte-order mark, UTF-8 or GB18030; None where none of them fits."""
    marks = {b"\xef\xbb\xbf": "utf-8", b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
    for mark, name in marks.items():
        if data.startswith(mark):
            return _strictly(data[len(mark) :], name)
    text = _strictly(data, "utf-8")
    return text if text is not None else _strictly(data, "gb18030")


def _strictly(data: bytes, name: str) -> str | None:
    try:
        return data.decode(name)
    except UnicodeDecodeError:
        return None


def split(text: str, delimiter: str) -> list[tuple[int, list[str]]]:
    """Cells of delimited text with the line at which each row begins."""
    rows: list[tuple[int, list[str]]] = []
    cells, cell, quoted, was_quoted = [], "", False, False
    line, begins, i = 1, 1, 0
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if text and not text.endswith("\n"):
        text += "\n"
    while i < len(text):
        c = text[i]
        line += c == "\n"
        if quoted:
            if c == '"' and text[i + 1 : i + 2] == '"':
                cell, i = cell + c, i + 1
            elif c == '"':
                quoted = False
            else:
                cell += c
        elif c == '"' and not cell and not was_quoted:
            quoted = was_quoted = True
        elif c in (delimiter, "\n"):
            cells, cell, was_quoted = [*cells, cell], "", False
            if c == "\n":
                rows.append((begins, cells))
                cells, begins = [], line
        else:
            cell += c
        i += 1
    return rows


def lines_of(rows: list[tuple[int, list[str]]], known: dict[str, str]) -> list[Line] | None:
    """Rows under the header, by our names of its words; None where it is not plainly there."""
    filled = [(line, cells) for line, cells in rows if any(c.strip() for c in cells)]
    for position, (_, cells) in enumerate(filled):  # noqa: B007, it is needed below
        header = [known.get(folded(c), "") for c in cells]
        if len(set(header) - {""}) >= 8:
            break
    else:
        return None
    if len([h for h in header if h]) != len({h for h in header if h}):
        return None
    width = len(header)
    return [
        Line(line, {h: c for h, c in zip(header, cells, strict=False) if h}, len(cells) == width)
        for line, cells in filled[position + 1 :]
    ]
