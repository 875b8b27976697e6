"""Every number that a report page shows, held against the tables of its run.

The page is read as a stranger would: its embedded JSON and its tables, without the code that made
them. A printed number agrees where it is the table's number rounded (or, next to the threshold of
certainty, cut) to the digits that are printed.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

Row = dict[str, str]


def embedded(page: str) -> dict[str, Any]:
    """The data in a page."""
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.S)
    assert found is not None
    data: dict[str, Any] = json.loads(found[1])
    return data


def table(path: Path) -> list[Row]:
    """A CSV file of a run."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def agree(printed: str, held: str, *, cut: bool = False) -> bool:
    """Tell whether a printed number is the table's one at the digits printed; blank is blank."""
    if not printed or not held:
        return printed == held == ""
    last = Decimal(1).scaleb(int(Decimal(printed).as_tuple().exponent))
    if "." not in printed:  # 1230 has three significant digits
        last = Decimal(1).scaleb(max(len(printed.lstrip("-")) - 3, 0))
    return abs(Decimal(printed) - Decimal(held)) <= last / (1 if cut else 2)


def views(data: Mapping[str, Any], tiers: list[Row]) -> Iterator[tuple[Row, Row, dict[str, Any]]]:
    """Every embedded row beside its row of ``tiers.csv``."""
    drugs, rounds = (sorted({row[c] for row in tiers}) for c in ("drug", "round"))
    areas = sorted({row["area"] for row in tiers})
    held = {(row["drug"], row["round"], row["area"]): row for row in tiers}
    for key, view in data["views"].items():
        d, r = map(int, key.split("."))
        for row in view["rows"]:
            yield held[drugs[d], rounds[r], areas[row["area"]]], row, view


def disagreements(data: Mapping[str, Any], tiers: list[Row]) -> list[str]:
    """Numbers of the embedded rows that are not those of ``tiers.csv``."""
    chances = [name for name in tiers[0] if name.startswith("p_")]
    wrong = []
    for held, row, _ in views(data, tiers):
        pairs = dict(_numbers(row, held, chances))
        known = {*pairs, *(f"chances{i}" for i in range(len(chances)))}
        for name, (printed, number) in pairs.items():
            if not agree(printed, number, cut=name.startswith("chance")):
                wrong.append(
                    f"{held['area']} {held['drug']} {held['round']} {name}: {printed!r} {number!r}"
                )
        texts = {"area", "tier", "text", "remarks", "unsure", "step", "chances", "counts"}
        more = set(row) - texts - {"value", "interval", "ranks", "rank", "chance"}
        wrong += [f"{name}: nobody knows what it is" for name in sorted(more - known)]
    return wrong


def _numbers(row: Mapping[str, Any], held: Row, chances: list[str]) -> Iterator[tuple[str, Any]]:
    """Name, printed number and the table's one, of one row."""
    flags = held["flags"].split(";")
    if "suppressed" in flags or not (held["tier"] or row.get("value")):
        bare = set(row) - {"area", "tier", "text", "step", "remarks", "counts", "unsure"}
        yield "nothing", ("", "".join(sorted(bare)))
        return
    value = row.get("value", "")
    if value.startswith("< "):
        yield "bound", (value.removeprefix("< "), held["upper"])
    elif " – " in value:
        yield "lower", (value.split(" – ")[0], held["lower"])
        yield "upper", (value.split(" – ")[1], held["upper"])
    else:
        yield "value", (value, held["value"])
        low, _, high = row.get("interval", "").partition(" – ")
        yield "lower", (low, held["lower"])
        yield "upper", (high, held["upper"])
    low, _, high = row.get("ranks", "").partition(" – ")
    yield "rank", (row.get("rank", ""), held["rank"])
    yield "rank_lower", (low, held["rank_lower"])
    yield "rank_upper", (high, held["rank_upper"])
    for i, name in enumerate(chances):
        yield f"chances{i}", (row.get("chances", [""] * len(chances))[i], held[name])
    yield "chance", (row.get("chance", ""), held.get(f"p_{held['tier']}", ""))
    for i, name in enumerate(("n_sites", "n_samples", "n_censored")):
        yield name, (row.get("counts", [""] * 3)[i], held[name])


class Tables(HTMLParser):
    """Cells of every table of a page, by the label of what holds it."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[list[list[str]]] = []
        self._in_cell = False
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table" and "data" in (dict(attrs).get("class") or ""):
            self.found.append([])
        elif tag == "tr" and self.found:
            self.found[-1].append([])
        elif tag in ("td", "th") and self.found and self.found[-1]:
            self.found[-1][-1].append("")
            self._in_cell = True

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th", "table"):
            self._in_cell = False

    def handle_data(self, data: str) -> None:
        if self._in_cell and self.found and self.found[-1] and self.found[-1][-1]:
            self.found[-1][-1][-1] += data
