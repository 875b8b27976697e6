"""A reader who wants the suppressed values back, with everything that is public in hand.

Three ways of attack, none of which uses the code of the guard:

* `solve`: all published numbers and every relation between cells, first by elimination (which cells
  are determined), then by interval propagation and by linear programs (how closely);
* `from_ranks`, `from_breaks`: what an order or a class limit tells about who is missing in it;
* `spelt_in`: the value itself, in any spelling, rounding or binary form, in any byte of any file:
  members of archives, text chunks of pictures, tables of a GeoPackage, data in pages, logs.

A value counts as recovered where it is known to within 10 % (and, of a count of persons, to less
than 5).
"""

from __future__ import annotations

import base64
import html
import io
import json
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import linprog

NEAR = 0.1
PERSONS = 5.0


@dataclass
class Knowledge:
    """What a reader knows: numbers with their rounding, and relations between numbers.

    ``low``, ``high``: cell to what is printed, give or take its rounding. ``relations``: sums
    ``weights . cells = constant``. Cells of relations without a number are unknown, and none of
    them is negative.
    """

    low: dict[str, float] = field(default_factory=dict)
    high: dict[str, float] = field(default_factory=dict)
    relations: list[tuple[dict[str, float], float]] = field(default_factory=list)

    def number(self, cell: str, value: float, rounding: float = 0.0) -> None:
        """Take down a printed number."""
        self.low[cell], self.high[cell] = value - rounding, value + rounding

    def relation(self, weights: Mapping[str, float], constant: float = 0.0) -> None:
        """Take down that a weighted sum of cells is a constant."""
        self.relations.append((dict(weights), constant))

    @property
    def unknown(self) -> list[str]:
        """Cells of relations that are not printed."""
        cells = {cell for weights, _ in self.relations for cell in weights}
        return sorted(cells - set(self.low))


def solve(known: Knowledge, wanted: Iterable[str] | None = None) -> dict[str, tuple[float, float]]:
    """Return the interval of every unknown cell; as tight as can be for the wanted ones."""
    cells = known.unknown
    found = {cell: (0.0, np.inf) for cell in cells}
    if not cells:
        return found
    determined(known, cells, found)
    propagated(known, found)
    open_ = [c for c in cells if (wanted is None or c in set(wanted)) and found[c][0] < found[c][1]]
    programmed(known, cells, found, open_)
    return found


def determined(known: Knowledge, cells: list[str], found: dict[str, tuple[float, float]]) -> None:
    """Cells that the relations fix: their unit vectors lie in the space of the rows."""
    at = {cell: k for k, cell in enumerate(cells)}
    matrix, right, slack = _system(known, at)
    solution, *_ = np.linalg.lstsq(matrix, right, rcond=None)
    inverse = np.linalg.pinv(matrix)
    projector = inverse @ matrix
    spread = np.abs(inverse) @ slack
    for cell, k in at.items():
        unit = np.zeros(len(cells))
        unit[k] = 1.0
        if np.abs(projector[k] - unit).max() < 1e-8:
            low, high = solution[k] - spread[k], solution[k] + spread[k]
            found[cell] = (max(low, 0.0), high)


def propagated(known: Knowledge, found: dict[str, tuple[float, float]], turns: int = 30) -> None:
    """Tighten every cell of every relation by the others until nothing moves."""
    ends = {**found, **{c: (known.low[c], known.high[c]) for c in known.low}}
    for _ in range(turns):
        before = dict(found)
        for weights, constant in known.relations:
            for cell, weight in weights.items():
                if cell not in found or weight == 0:
                    continue
                others = [(w, ends[c]) for c, w in weights.items() if c != cell]
                low = constant - sum(max(w * a, w * b) for w, (a, b) in others)
                high = constant - sum(min(w * a, w * b) for w, (a, b) in others)
                one, two = sorted((low / weight, high / weight))
                old = found[cell]
                found[cell] = ends[cell] = (max(old[0], one), min(old[1], two))
        if found == before:
            return


def programmed(
    known: Knowledge, cells: list[str], found: dict[str, tuple[float, float]], wanted: list[str]
) -> None:
    """The same by linear programs over all cells at once: the tightest linear answer."""
    printed = sorted({c for weights, _ in known.relations for c in weights} - set(cells))
    everything = [*cells, *printed]
    at = {cell: k for k, cell in enumerate(everything)}
    matrix = np.zeros((len(known.relations), len(everything)))
    for row, (weights, _) in zip(matrix, known.relations, strict=True):
        for cell, weight in weights.items():
            row[at[cell]] += weight
    right = np.array([constant for _, constant in known.relations])
    limits = [(found[c][0] - 1e-9, found[c][1] + 1e-9) for c in cells]
    limits += [(known.low[c] - 1e-9, known.high[c] + 1e-9) for c in printed]
    for cell in wanted:
        k, ends = at[cell], []
        for sign in (1.0, -1.0):
            goal = np.zeros(len(everything))
            goal[k] = sign
            solved = linprog(goal, A_eq=matrix, b_eq=right, bounds=limits, method="highs")
            ends.append(sign * solved.fun if solved.status == 0 else -sign * np.inf)
        found[cell] = (max(found[cell][0], ends[0]), min(found[cell][1], ends[1]))


def _system(known: Knowledge, at: Mapping[str, int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Relations with the printed numbers moved to the right, and what their rounding leaves."""
    matrix = np.zeros((len(known.relations), len(at)))
    right, slack = np.zeros(len(known.relations)), np.zeros(len(known.relations))
    for i, (weights, constant) in enumerate(known.relations):
        right[i] = constant
        for cell, weight in weights.items():
            if cell in at:
                matrix[i, at[cell]] += weight
            else:
                low, high = known.low[cell], known.high[cell]
                right[i] -= weight * (low + high) / 2
                slack[i] += abs(weight) * (high - low) / 2
    return matrix, right, slack


def recovered(
    truth: Mapping[str, float], found: Mapping[str, tuple[float, float]], *, persons: bool
) -> list[str]:
    """Cells that are known too closely: within `NEAR` of the truth, and of persons below 5."""
    names = []
    for cell, (low, high) in found.items():
        if cell not in truth or not np.isfinite(truth[cell]):
            continue
        value = truth[cell]
        reach = max(value - low, high - value)
        least = max(NEAR * abs(value), PERSONS) if persons else NEAR * abs(value)
        if reach < least * (1 - 1e-6) - 1e-6:
            names.append(cell)
    return sorted(names)


def from_ranks(
    shown: Mapping[str, float], ranks: Mapping[str, float], hidden: Sequence[str]
) -> dict[str, tuple[float, float]]:
    """Bounds from a gap in the ranks: who is missing there lies between its neighbours."""
    taken = sorted(ranks.values())
    top = len(ranks) + len(hidden)
    ties = {rank: taken.count(rank) for rank in taken}
    filled = {rank + k for rank, n in ties.items() for k in range(n)}
    gaps = [
        rank for rank in range(1, top + 1) if rank not in filled and rank <= max(taken, default=0)
    ]
    if not gaps:
        return {}
    gap = gaps[0]
    above = [shown[a] for a, r in ranks.items() if r < gap]
    below = [shown[a] for a, r in ranks.items() if r > gap]
    ends = (max(below, default=0.0), min(above, default=np.inf))
    return {area: ends for area in hidden}


def from_breaks(
    shown: Sequence[float],
    breaks: Sequence[float],
    rule: Callable[[np.ndarray], np.ndarray],
    *,
    rounding: float = 2e-5,
) -> tuple[float, float]:
    """Bounds on one missing value from class limits that were found with it among the areas.

    Tries values over six decades: those with which `rule` gives the printed breaks are possible.
    """
    given = np.asarray(breaks, dtype=float)

    def fits(values: np.ndarray) -> bool:
        found = rule(values)
        return len(found) == len(given) and bool(np.allclose(found, given, rtol=rounding))

    values = np.asarray(shown, dtype=float)
    if fits(values):
        return 0.0, np.inf  # the breaks are those of the areas shown: nothing is learnt

    def off(x: float) -> np.ndarray:
        found = rule(np.append(values, x))
        return found - given if len(found) == len(given) else np.full(len(given), np.nan)

    middle = np.exp(np.log(values).mean())
    grid = np.sort(np.concatenate([middle * np.exp(np.linspace(-7, 7, 141)), values * 1.000001]))
    offs = np.array([off(x) for x in grid])
    tried = list(grid)
    for i in range(len(grid) - 1):
        for k in np.flatnonzero(offs[i] * offs[i + 1] < 0):
            tried.append(_crossing(lambda x, k=k: off(x)[k], grid[i], grid[i + 1]))  # type: ignore[misc]
    possible = [x for x in tried if fits(np.append(values, x))]
    return (min(possible), max(possible)) if possible else (0.0, np.inf)


def _crossing(distance: Callable[[float], float], low: float, high: float) -> float:
    """Halve until the sign changes between neighbours."""
    rises = distance(low) < 0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if (distance(middle) < 0) == rises else (low, middle)
    return (low + high) / 2


_NUMBER = re.compile(
    r"(?<![0-9A-Za-z#_.])(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)(?:[eE][+-]?\d{1,3})?"
    r"(?![0-9A-Za-z_])|(?<![0-9A-Za-z#_.,])\d+,\d+(?![0-9A-Za-z_,])"
)
_SCALES = tuple(10.0**power for power in range(-6, 7))
_SHAPES = re.compile(r'\b(?:d|transform|points|viewBox|[xy][12]?|width|height)="[^"]*"')


def numbers_in(text: str) -> dict[str, tuple[float, int]]:
    """Every number that a text spells: its value and its significant digits."""
    found = {}
    for match in _NUMBER.finditer(text):
        written = match[0]
        for plain in {written.replace(",", ""), written.replace(",", ".", 1)}:
            mantissa = re.split("[eE]", plain)[0]
            digits = mantissa.replace(".", "").lstrip("0")
            if plain.count(".") > 1 or "," in plain or not digits:
                continue
            whole = digits.rstrip("0") if "." not in mantissa else digits
            found[plain] = (float(plain), len(whole))
    return found


def matches(value: float, numbers: Mapping[str, tuple[float, int]], least: int) -> list[str]:
    """Spellings of a value, rounded or cut to `least` digits or more, at any usual scale."""
    words = [w for w, (size, digits) in numbers.items() if digits >= least and size > 0]
    if not words:
        return []
    size = np.array([numbers[w][0] for w in words])
    digits = np.minimum([numbers[w][1] for w in words], 15)
    last = 10.0 ** (np.floor(np.log10(size)) - digits + 1)
    scaled = value * np.array(_SCALES)[:, None]
    near = (np.abs(size - scaled) < last * 1.000001).any(axis=0)
    return [w for w, is_near in zip(words, near, strict=True) if is_near]


_DATA = re.compile(rb'<script type="application/json"[^>]*>(.*?)</script>', re.S)


def layers(name: str, data: bytes, depth: int = 0) -> Iterator[tuple[str, bytes]]:
    """A file and everything inside it: zip members, picture chunks, embedded and packed data."""
    yield name, data
    if depth > 4:
        return
    inner: list[tuple[str, bytes]] = []
    if zipfile.is_zipfile(io.BytesIO(data)):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            inner += [(f"{name}!{n}", archive.read(n)) for n in archive.namelist()]
            inner.append((f"{name}!comment", archive.comment))
    if data.startswith(b"\x89PNG"):
        inner += [(f"{name}!{kind}", chunk) for kind, chunk in chunks(data)]
    for i, match in enumerate(_DATA.finditer(data)):
        told = "\n".join(_leaves(json.loads(match[1])))
        inner.append((f"{name}!json{i}", told.encode()))
    for i, match in enumerate(re.finditer(rb"base64,\s*([A-Za-z0-9+/=\s]{16,})", data)):
        try:
            inner.append((f"{name}!data{i}", base64.b64decode(match[1], validate=False)))
        except ValueError:
            continue
    for part, content in inner:
        yield from layers(part, content, depth + 1)


def _leaves(value: object) -> Iterator[str]:
    """Every name, text and number of parsed JSON."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from _leaves(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner)
    else:
        yield str(value)


def chunks(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Chunks of a PNG but for its pixels; compressed texts are opened."""
    at = 8
    while at + 8 <= len(data):
        (length,), kind = struct.unpack(">I", data[at : at + 4]), data[at + 4 : at + 8]
        content = data[at + 8 : at + 8 + length]
        at += 12 + length
        if kind == b"IDAT":
            continue
        yield kind.decode("ascii", "replace"), content
        for start in (i + 2 for i in range(len(content)) if content[i : i + 1] == b"\0"):
            try:
                yield kind.decode("ascii", "replace"), zlib.decompress(content[start:])
            except zlib.error:
                continue


def readable(data: bytes) -> str:
    """The bytes as text, with markup and JSON escapes undone."""
    text = data.decode("utf-8-sig", "ignore")
    text = re.sub(r"data:[\w/+.-]+;base64,[A-Za-z0-9+/=\s]+", " ", text)
    text = re.sub(r"\\u([0-9a-fA-F]{4})", lambda m: chr(int(m[1], 16)), text)
    return html.unescape(text).replace("\u202f", "").replace("\u00a0", "")


def spelt_in(
    values: Mapping[str, float], files: Iterable[tuple[str, bytes]], *, least: int = 4
) -> list[str]:
    """Return ``cell in file`` for every value that stands in any layer of any file.

    A number of a text is the value if it is the value rounded or cut to its own digits, of which
    there must be `least`; outlines of pictures, which are nothing but numbers, are left out. Binary
    forms: double and single, both orders.
    """
    wanted = {cell: v for cell, v in values.items() if np.isfinite(v) and v > 0}
    packed = {}
    for cell, value in wanted.items():
        if float(value).is_integer() and abs(value) < 1e6:
            continue  # as bytes, small whole numbers stand everywhere
        packed |= {struct.pack(f, value): cell for f in (">d", "<d", ">f", "<f")}
    found = []
    for top, content in files:
        for name, data in layers(top, content):
            found += [f"{cell} in {name} (binary)" for form, cell in packed.items() if form in data]
            numbers = numbers_in(_SHAPES.sub(" ", readable(data)))
            for cell, value in wanted.items():
                found += [f"{cell} in {name} as {w}" for w in matches(value, numbers, least)]
    return found
