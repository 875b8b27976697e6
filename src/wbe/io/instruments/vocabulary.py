"""The words of ``words.toml``, ready to compare with."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any


@cache
def load() -> Mapping[str, Any]:
    """Content of ``words.toml``."""
    text = files("wbe.io.instruments").joinpath("words.toml").read_text(encoding="utf-8")
    return MappingProxyType(tomllib.loads(text))


def word(text: str) -> str:
    """A cell as it is compared: lower case, single blanks."""
    return " ".join(text.split()).casefold()


@cache
def words(table: str, entry: str) -> frozenset[str]:
    """One list of words."""
    return frozenset(map(word, load()[table][entry]))


@cache
def headers(layout: str) -> Mapping[str, tuple[str, ...]]:
    """Field to its headers, as compared, for the columns of a layout."""
    return {field: tuple(map(word, names)) for field, names in load()["columns"][layout].items()}


def find_columns(layout: str, cells: Sequence[str]) -> dict[str, int]:
    """Position of each field that a header row names.

    Parameters
    ----------
    layout : str
        Name of a table under ``[columns]``.
    cells : sequence of str
        The header row.

    Returns
    -------
    dict of str to int
        Of several headers of one field the one that ``words.toml`` lists first.
    """
    places: dict[str, int] = {}
    for index, cell in enumerate(cells):
        places.setdefault(word(cell), index)
    found = {}
    for field, names in headers(layout).items():
        known = [places[name] for name in names if name in places]
        if known:
            found[field] = known[0]
    return found


def has(cells: Sequence[str], *wanted: str) -> bool:
    """Whether a row holds all of these words as cells (already in the form that is compared)."""
    held = {word(cell) for cell in cells if len(cell) < 100}
    return held.issuperset(wanted)
