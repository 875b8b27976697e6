"""Small changes to a table or to bytes: what slips of the hand, programs and disks do."""

from __future__ import annotations

import random
from collections.abc import Callable

Table = list[list[str]]

_CHARACTERS = [*"0123456789.,-+eE <>~±*/%'\";:\t\n\rLJ_#=@§μ未１，．　"]
_CHARACTERS += ["\u00a0", "\ufeff", "\u202e", "\x00", "\x07", "😀"]
_TOKENS = (
    "", " ", "0", "-1", "1e3", "1E-3", "1e999", "nan", "inf", "-inf", "1,250", "1.250,5", "1 250",
    "2 350 000", "１２．５", "1_000", "<5", "< 5", "<0", "5L", "ND", "未检出", "< LOD", "<LOQ",
    ">1000", "NA", "N/A", "null", "/", "-", "--", "12-15", "12.5±0.8", "~12", "12.5*", "12.5J",
    "0x1F", "#DIV/0!", "#N/A", "TRUE", "120 ng/L", "0.12 ug/L", "120 m3/d", "5万", "85%", "٣", "½",
    "=1+1",
    "=cmd|' /C calc'!A0", "+120", "00120", "120.", ".5", "1'250", "12;15", "1e", "e5", ".", "1..2",
    "ng/L", "ug/L", "mg/L", "m3/h", "ng/g", "kg", "μg/L", "2024-02-30", "2024-03-12", "03/04/2024",
    "2024年3月12日", "45363", "2024Q1", "2024-03-12 25:00", "3月12日", "9999-12-31", "METH", "xyz",
    "cocaine", "Total", "合计", "field blank", "Note: x", "unit: mg/L", "S1", "S2", "North", "${x}",
    "<script>", "x" * 300, "\u200b", "13912345678",
)  # fmt: skip


def cell(rng: random.Random, table: Table) -> str:
    """Change one cell."""
    row, column = _place(rng, table)
    old = table[row][column]
    new = rng.choice((_token, _insert, _delete, _replace, _shift_point, _copied))(rng, old, table)
    table[row][column] = new
    return f"cell {row + 1}/{column + 1}: {old!r} -> {new!r}"


def _token(rng: random.Random, old: str, table: Table) -> str:
    return rng.choice(_TOKENS)


def _insert(rng: random.Random, old: str, table: Table) -> str:
    at = rng.randint(0, len(old))
    return old[:at] + rng.choice(_CHARACTERS) + old[at:]


def _delete(rng: random.Random, old: str, table: Table) -> str:
    at = rng.randrange(len(old)) if old else 0
    return old[:at] + old[at + 1 :]


def _replace(rng: random.Random, old: str, table: Table) -> str:
    at = rng.randrange(len(old)) if old else 0
    return old[:at] + rng.choice(_CHARACTERS) + old[at + 1 :]


def _shift_point(rng: random.Random, old: str, table: Table) -> str:
    at = rng.randint(0, len(old))
    return old.replace(".", "")[:at] + "." + old.replace(".", "")[at:]


def _copied(rng: random.Random, old: str, table: Table) -> str:
    row, column = _place(rng, table)
    return table[row][column]


def row(rng: random.Random, table: Table) -> str:
    """Change one row."""
    at = rng.randrange(1, len(table)) if len(table) > 1 else 0
    what = rng.choice(("twice", "gone", "swapped", "cut", "longer", "blank", "header", "total"))
    other = rng.randrange(len(table))
    if what == "twice":
        table.insert(rng.randint(1, len(table)), list(table[at]))
    elif what == "gone" and at:
        del table[at]
    elif what == "swapped":
        table[at], table[other] = table[other], table[at]
    elif what == "cut":
        table[at] = table[at][: rng.randrange(len(table[at]) + 1)]
    elif what == "longer":
        table[at] = [*table[at], rng.choice(_TOKENS)]
    elif what == "blank":
        table.insert(at, [""] * len(table[0]))
    elif what == "header":
        table.insert(at, list(table[0]))
    else:
        table.insert(at, ["合计", *[""] * (len(table[0]) - 1)])
    return f"row {at + 1} {what} ({other + 1})"


def column(rng: random.Random, table: Table) -> str:
    """Change one column."""
    width = max(map(len, table))
    at, other = rng.randrange(width), rng.randrange(width)
    what = rng.choice(("gone", "swapped", "twice", "renamed", "nameless", "values", "pushed"))
    for number, cells in enumerate(table):
        if max(at, other) >= len(cells):
            continue
        if what == "gone":
            del cells[at]
        elif what == "twice":
            cells.insert(other, cells[at])
        elif what == "swapped" or (what == "values" and number):
            cells[at], cells[other] = cells[other], cells[at]
        elif what == "pushed" and number:
            cells.insert(at, cells.pop())
    if what in ("renamed", "nameless") and at < len(table[0]):
        table[0][at] = rng.choice(_TOKENS) if what == "renamed" else ""
    return f"column {at + 1} {what} ({other + 1})"


def in_bytes(rng: random.Random, data: bytes) -> tuple[bytes, str]:
    """Change a few bytes; return them and what was done."""
    at = rng.randrange(len(data)) if data else 0
    what = rng.choice(("flip", "gone", "new", "cut", "slice", "ends", "block"))
    some = rng.randbytes(rng.randint(1, 3))
    if what == "flip":
        data = data[:at] + bytes([data[at] ^ (1 << rng.randrange(8))]) + data[at + 1 :]
    elif what == "gone":
        data = data[:at] + data[at + rng.randint(1, 4) :]
    elif what == "new":
        data = data[:at] + some + data[at:]
    elif what == "cut":
        data = data[:at]
    elif what == "slice":
        piece = data[at : at + rng.randint(1, 60)]
        to = rng.randrange(len(data))
        data = data[:to] + piece + data[to:]
    elif what == "ends":
        data = data.replace(b"\n", rng.choice((b"\r", b"\r\n", b"\n\n")))
    else:
        data = data[:at] + bytes([rng.randrange(256)]) * 8 + data[at + 8 :]
    return data, f"bytes {what} at {at}"


TABLE: tuple[Callable[[random.Random, Table], str], ...] = (cell, cell, cell, row, column)


def _place(rng: random.Random, table: Table) -> tuple[int, int]:
    filled = [i for i, cells in enumerate(table) if cells]
    at = rng.choice(filled)
    return at, rng.randrange(len(table[at]))
