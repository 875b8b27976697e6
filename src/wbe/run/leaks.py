"""The second look at a publication: no file may name a site, a sample, or a site's place.

The guard does not rest on this search. It catches what a mistake elsewhere would let through.
"""

from __future__ import annotations

import csv
import html
import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from wbe.io.write import bare_text

#: Shorter names cannot be told from ordinary numbers and abbreviations of a page.
MIN_NAME = 3
MIN_BINARY_NAME = 8
#: Files whose words a person reads; of the others only longer names can be told from chance.
TEXTS = (".csv", ".html", ".svg", ".json", ".geojson", ".xlsx")
_COORDINATE = re.compile(r"-?\d{1,3}\.\d{4,}")
_DEGREES = 1e-4


@dataclass(frozen=True)
class Secrets:
    """What a publication may not hold: names of sites and samples, places of sites."""

    names: frozenset[str]
    places: frozenset[tuple[float, float]]
    allowed: frozenset[str]


def secrets(run: Path) -> Secrets:
    """Collect what a finished run knows of sites and samples.

    Parameters
    ----------
    run : Path
        Folder of the run, with estimates.csv, estimates.nc and tiers.csv.

    Notes
    -----
    A name that tiers.csv shows too is allowed: without areas each site stands for itself.
    """
    import xarray as xr

    named = {row[key] for row in _rows(run / "estimates.csv") for key in ("sample_id", "site")}
    columns = ("area", "name", "round", "drug", "quantity", "unit", "tier")
    table = list(_rows(run / "tiers.csv"))
    allowed = {row.get(key, "") for row in table for key in columns}
    with xr.open_dataset(run / "estimates.nc", engine="scipy") as data:
        pairs = zip(data["lon"].values, data["lat"].values, strict=True) if "lon" in data else ()
        places = frozenset((float(x), float(y)) for x, y in pairs if x == x and y == y)
    names = {bare_text(n) for n in named}
    return Secrets(
        frozenset(names - {bare_text(a) for a in allowed} - {""}), places, frozenset(allowed)
    )


def leaks(folder: Path, kept: Secrets) -> list[str]:
    """Search every file of a publication for names and places of sites.

    Returns
    -------
    list of str
        ``file: what was found``, sorted; empty if nothing was.

    Notes
    -----
    Names under three characters or of digits alone are not searched: they cannot be told from
    the numbers of a page.
    """
    found = []
    for file in sorted(f for f in folder.iterdir() if f.is_file()):
        is_text = file.suffix in TEXTS
        text = _text_of(file)
        found += [f"{file.name}: {name}" for name in _named(text, kept, is_text)]
        if is_text:
            found += [f"{file.name}: a site at {x}, {y}" for x, y in _placed(text, kept.places)]
    return found


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        yield from csv.DictReader(file)


def _text_of(file: Path) -> str:
    """What a person or a program could read in a file: markup decoded, pictures left out."""
    if file.suffix == ".xlsx":
        with zipfile.ZipFile(file) as book:
            parts = [n for n in sorted(book.namelist()) if n.endswith(".xml")]
            text = "\n".join(book.read(n).decode("utf-8", "ignore") for n in parts)
    else:
        text = file.read_bytes().decode("utf-8", "ignore")
    if file.suffix in TEXTS and file.suffix != ".csv":
        text = re.sub(r"data:[\w/+.-]+;base64,[A-Za-z0-9+/=\s]+", " ", text)
        text = re.sub(r"\\u([0-9a-fA-F]{4})", lambda m: chr(int(m[1], 16)), text)
        text = html.unescape(text)
    return text


def _named(text: str, kept: Secrets, is_text: bool) -> list[str]:
    """Names found in a text as whole words; a name inside an allowed longer one is no find."""
    least = MIN_NAME if is_text else MIN_BINARY_NAME
    long = {n for n in kept.names if len(n) > 1 and len(n.encode()) >= least}
    names = {n for n in long if not n.isdecimal()}
    return [name for name in sorted(_whole_words(text, names)) if _stands_alone(text, name, kept)]


def _whole_words(text: str, names: set[str]) -> set[str]:
    """Names that stand in a text between word borders, in one pass however many there are."""
    if not names:
        return set()
    lengths: dict[str, set[int]] = {}
    for name in names:
        lengths.setdefault(name[:2], set()).add(len(name))
    found = set()
    firsts = "".join(sorted(re.escape(first) for first in {name[0] for name in names}))
    for match in re.finditer(f"(?<![0-9A-Za-z_])[{firsts}]", text):
        start = match.start()
        for length in lengths.get(text[start : start + 2], ()):
            word, after = text[start : start + length], text[start + length : start + length + 1]
            if word in names and not re.match("[0-9A-Za-z_]", after):
                found.add(word)
    return found


def _stands_alone(text: str, name: str, kept: Secrets) -> bool:
    """Tell whether a name is still found once the allowed names that hold it are taken out."""
    holding = sorted((a for a in kept.allowed if name in a), key=len, reverse=True)
    if not holding:
        return True
    return name in _whole_words(re.sub("|".join(map(re.escape, holding)), " ", text), {name})


def _placed(text: str, places: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    """Places of which longitude and latitude stand close together in a text."""
    numbers = [float(m[0]) for m in _COORDINATE.finditer(text)]
    near = {(round(a, 3), round(b, 3)) for a, b in _neighbours(numbers)}
    around = (-0.001, 0.0, 0.001)
    candidates = [
        p
        for p in sorted(places)
        if any((round(p[0] + i, 3), round(p[1] + j, 3)) in near for i in around for j in around)
    ]
    if not candidates:
        return []
    pairs = list(_neighbours(numbers))
    return [p for p in candidates if any(_is_at(p, pair) for pair in pairs)]


def _neighbours(numbers: list[float]) -> Iterator[tuple[float, float]]:
    for first, second in pairwise(numbers):
        yield first, second
        yield second, first


def _is_at(place: tuple[float, float], pair: tuple[float, float]) -> bool:
    return abs(place[0] - pair[0]) < _DEGREES and abs(place[1] - pair[1]) < _DEGREES
