"""Names of EUDA's places: what a release calls differently, and what only looks the same.

The key of a place is country and city (the site id moves between releases). A city that a release
spells or names otherwise is read under the name of the release of 2025; a name that stands for
another catchment of the same city keeps its own.
"""

from __future__ import annotations

import csv
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from wbe.findings import Findings

SAME: Final = "same"
SEPARATOR: Final = "|"


@dataclass(frozen=True)
class Rename:
    """One row of ``layouts/euda_renames.csv``.

    Attributes
    ----------
    country, written, taken : str
        Country, name in an earlier release, name in the release of 2025.
    relation : str
        ``same`` plants under another name, or ``other_catchment``: plants added or left out.
    evidence, source : str
        How that is known, and where it can be seen.
    """

    country: str
    written: str
    taken: str
    relation: str
    evidence: str
    source: str


@cache
def renames() -> tuple[Rename, ...]:
    """Every rename that was seen at a source."""
    return tuple(Rename(**row) for row in _rows("euda_renames"))


@cache
def known_cities() -> frozenset[str]:
    """City names of the release of 2025 and of the renames: what a right decoding must show."""
    cities = {row["city"] for row in _rows("euda_places")}
    return frozenset(cities | {rename.written for rename in renames()})


def place_of(country: str, city: str) -> str:
    """Key of a place, under the name of the release of 2025 where it has one.

    Parameters
    ----------
    country, city : str
        As written.

    Returns
    -------
    str
        ``CZ|České Budějovice``

    Examples
    --------
    >>> from wbe.io.euda.places import place_of
    >>> place_of("CZ", "Budweis"), place_of("AT", "Region Millstaettersee")
    ('CZ|České Budějovice', 'AT|Region Millstaettersee')
    >>> place_of("CZ", "CESKE BUDEJOVICE"), place_of("DE", "Hamburg (2)")
    ('CZ|České Budějovice', 'DE|Hamburg (2)')
    """
    country, city = country.strip(), city.strip()
    taken = _taken().get((country.casefold(), _folded(city)))
    return SEPARATOR.join(taken or (country, city))


def keys_of(
    countries: Sequence[str], cities: Sequence[str], lines: Sequence[int], file: str,
    findings: Findings,
) -> list[str]:  # fmt: skip
    """Keys of places, row after row; names that were replaced are flagged once each.

    Parameters
    ----------
    countries, cities : sequence of str
        As written.
    lines : sequence of int
        Lines of the file.
    file : str
        Its name for findings.
    findings : Findings
        Receives ``site_renamed``.

    Returns
    -------
    list of str
    """
    taken: dict[tuple[str, str], str] = {}
    for country, city, line in zip(countries, cities, lines, strict=True):
        if (country, city) in taken:
            continue
        place = taken[country, city] = place_of(country, city)
        written = f"{country.strip()}{SEPARATOR}{city.strip()}"
        if place != written:
            findings.add("site_renamed", file=file, line=int(line), column="City", site=place,
                         value=written)  # fmt: skip
    return [taken[key] for key in zip(countries, cities, strict=True)]


def note_apart(places: Iterable[str], findings: Findings, file: str = "") -> None:
    """Flag names of two catchments of one city that are read together.

    Parameters
    ----------
    places : iterable of str
        Keys of places.
    findings : Findings
        Receives ``catchment_changed``.
    file : str
        Name of the file, if they stand in one.
    """
    present = set(places)
    for rename in renames():
        pair = [f"{rename.country}{SEPARATOR}{n}" for n in (rename.written, rename.taken)]
        if rename.relation != SAME and present.issuperset(pair):
            findings.add("catchment_changed", file=file, site=pair[0], value=pair[0],
                         other=pair[1], evidence=rename.evidence)  # fmt: skip


@cache
def _rows(name: str) -> tuple[dict[str, str], ...]:
    file = files("wbe").joinpath("io").joinpath("layouts").joinpath(f"{name}.csv")
    return tuple(csv.DictReader(file.read_text(encoding="utf-8").splitlines(), strict=True))


@cache
def _taken() -> dict[tuple[str, str], tuple[str, str]]:
    """Country and folded name to the place; a folded name of two places is left out."""
    found: dict[tuple[str, str], set[tuple[str, str]]] = {}
    listed = [(row["country"], row["city"], row["city"]) for row in _rows("euda_places")]
    listed += [(r.country, r.written, r.taken if r.relation == SAME else r.written)
               for r in renames()]  # fmt: skip
    for country, written, taken in listed:
        found.setdefault((country.casefold(), _folded(written)), set()).add((country, taken))
    return {key: next(iter(places)) for key, places in found.items() if len(places) == 1}


@cache
def _folded(text: str) -> str:
    """Without accents, case and blanks; letters that have no accent to lose keep their sign."""
    plain = unicodedata.normalize("NFKD", text.replace("ß", "ss").replace("ẞ", "SS"))
    bare = "".join(sign for sign in plain if not unicodedata.combining(sign))
    return "".join(bare.casefold().split())
