"""Published tables of monitoring programmes: told by their headers, whatever their order and style.

EUDA's table of loads and its table of sites, and the monthly means of Statistics Canada. Their
headers are compared by letters and digits, so that ``Site ID``, ``SiteID`` and ``site_id`` are one.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Final

from wbe.io.words import load, squeezed

FORMS: Final = ("euda", "euda_sites", "statcan")
"""Forms of tables that a programme has published."""


def form_of_programme(row: Sequence[str]) -> str:
    """Which programme's table a header row belongs to; "" if none.

    Parameters
    ----------
    row : sequence of str
        Headers as written.

    Returns
    -------
    str
        A word of `FORMS`, or "".
    """
    written = {_key(cell) for cell in row}
    return next((form for form in FORMS if written >= set(map(_key, _needed(form)))), "")


def programme_words(row: Sequence[str]) -> int:
    """The most headers of any one programme's table that a row holds."""
    written = {_key(cell) for cell in row if cell and len(cell) < 40}
    return max(len(written & _columns(form).keys()) for form in FORMS)


def columns_of(form: str, row: Sequence[str]) -> list[str]:
    """Headers as the programme writes them; unknown ones as they stand.

    Parameters
    ----------
    form : str
        A word of `FORMS`.
    row : sequence of str
        Headers as written.

    Returns
    -------
    list of str
    """
    known = _columns(form)
    return [known.get(_key(cell), cell.strip()) for cell in row]


def known_columns(form: str) -> tuple[str, ...]:
    """Every header of a programme's table that has a meaning, in its own words."""
    return tuple(_columns(form).values())


def _key(text: str) -> str:
    return "".join(sign for sign in squeezed(text) if sign.isalnum())


def _needed(form: str) -> list[str]:
    if form == "statcan":
        return list(load("statcan")["columns"])
    words = load("euda")
    return list(words["sites"]) if form == "euda_sites" else [*words["loads"], *words["days"]]


@cache
def _columns(form: str) -> dict[str, str]:
    optional = {
        "euda": load("euda")["means"],
        "euda_sites": load("euda")["sites_unused"],
        "statcan": load("statcan")["unused"],
    }[form]
    return {_key(name): name for name in [*_needed(form), *optional]}
