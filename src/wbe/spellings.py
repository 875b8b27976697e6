"""Identifiers that a spreadsheet or a hand has changed: told with candidates, never merged.

A spreadsheet turns ``1-2`` into ``2-Jan``, ``201803120001`` into ``2.01803E+11``, ``007`` into
``7`` and a number of 18 digits into one that ends in zeros. People type O for 0, l for 1, blanks,
full-width letters and other cases. Each such name is another name for the program: the findings
say which, and leave it to the laboratory to correct them. Standard library only.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from wbe.thresholds import number

_MONTHS: Final = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_MONTH: Final = "|".join(_MONTHS)
_DAY_MONTH: Final = re.compile(rf"(\d{{1,2}})-({_MONTH})(?:-\d{{2,4}})?", re.IGNORECASE)
_MONTH_YEAR: Final = re.compile(rf"({_MONTH})-(\d{{2,4}})", re.IGNORECASE)
_CHINESE: Final = re.compile(r"(\d{1,2})月(\d{1,2})日")
_EXPONENT: Final = re.compile(r"\d(?:\.\d+)?E\+\d{2,3}", re.IGNORECASE)
_DECIMAL: Final = re.compile(r"\d+\.0+")
_ANY: Final = re.compile(
    rf"^(?:\d{{1,2}}-(?:{_MONTH})(?:-\d{{2,4}})?|(?:{_MONTH})-\d{{2,4}}|\d{{1,2}}月\d{{1,2}}日"
    r"|\d(?:\.\d+)?E\+\d{2,3}|\d+\.0+)$",
    re.IGNORECASE | re.MULTILINE,
)
# one of these is part of every such name; a search for plain text is much faster than a pattern
_MARKS: Final = ("+", "月", ".0", "-")
_ROUNDED_CHANCE: Final = 1e-3

# letters that look like digits or like each other, once case is folded
_LOOKALIKE: Final = str.maketrans({"o": "0", "l": "1", "i": "1", "|": "1", "о": "0", "а": "a",
                                   "е": "e", "с": "c", "р": "p", "х": "x"})  # fmt: skip
_SEPARATORS: Final = re.compile(r"[\s_\-‐‑–—.#/()\[\]（）【】]+")
_ZEROS: Final = re.compile(r"(?<!\d)0+(?=\d)")


@dataclass(frozen=True)
class Mangled:
    """One name that a spreadsheet has changed.

    Attributes
    ----------
    position : int
        In the names given.
    rule : str
        ``id_is_date``, ``id_is_exponent`` or ``id_is_decimal``.
    candidates : tuple of str
        What it may have been; empty where that is lost.
    """

    position: int
    rule: str
    candidates: tuple[str, ...]


def mangled(names: Sequence[str]) -> list[Mangled]:
    """Names that look like a spreadsheet's rendering of another.

    Parameters
    ----------
    names : sequence of str

    Returns
    -------
    list of Mangled
        In the order of the names.

    Examples
    --------
    >>> [(m.rule, m.candidates) for m in mangled(["A1", "2-Jan", "101.0"])]
    [('id_is_date', ('1-2', '2-1')), ('id_is_decimal', ('101',))]
    """
    joined = "\n".join(names)
    if not any(mark in joined for mark in _MARKS) or not _ANY.search(joined):
        return []
    found = []
    for position, name in enumerate(names):
        rule, candidates = _reading(name)
        if rule:
            found.append(Mangled(position, rule, candidates))
    return found


@lru_cache(maxsize=4096)
def _reading(name: str) -> tuple[str, tuple[str, ...]]:
    if found := _DAY_MONTH.fullmatch(name):
        day, month = found[1], _MONTHS.index(found[2].lower()) + 1
        return "id_is_date", (f"{month}-{day}", f"{day}-{month}")
    if found := _MONTH_YEAR.fullmatch(name):
        month, year = _MONTHS.index(found[1].lower()) + 1, found[2]
        return "id_is_date", (f"{month}-{year}", f"{year}-{month}")
    if found := _CHINESE.fullmatch(name):
        return "id_is_date", (f"{found[1]}-{found[2]}", f"{found[2]}-{found[1]}")
    if _EXPONENT.fullmatch(name):
        return "id_is_exponent", ()
    if _DECIMAL.fullmatch(name):
        return "id_is_decimal", (name.partition(".")[0],)
    return "", ()


def rounded(names: Iterable[str]) -> list[str]:
    """Names of more than 15 digits that all end in zeros, as a spreadsheet leaves them.

    Parameters
    ----------
    names : iterable of str

    Returns
    -------
    list of str
        All long names, if so many zeros are no chance; else none.

    Examples
    --------
    >>> rounded(["445224201803120000", "445224201803121000"])
    ['445224201803120000', '445224201803121000']
    >>> rounded(["445224201803120001", "445224201803121000"])
    []
    """
    kept = int(number("digits_kept"))
    long = [name for name in names if len(name) > kept and name.isascii() and name.isdigit()]
    if any(name[kept:].strip("0") for name in long):
        return []
    chance = 10.0 ** -sum(len(name) - kept for name in long)
    return long if long and chance <= _ROUNDED_CHANCE else []


@lru_cache(maxsize=16_384)
def skeleton(name: str) -> str:
    """What two spellings of one name have in common.

    Case, width, blanks and other separators, leading zeros, a trailing ``.0`` and letters that
    look like digits are levelled. Digits stay apart: ``1-12`` is not ``11-2``.

    Examples
    --------
    >>> skeleton("North ") == skeleton("north"), skeleton("007") == skeleton("7")
    (True, True)
    >>> skeleton("S-O1") == skeleton("S01"), skeleton("1-12") == skeleton("11-2")
    (True, False)
    """
    text = unicodedata.normalize("NFKC", name).casefold().strip()
    if _DECIMAL.fullmatch(text):
        text = text.partition(".")[0]
    text = _SEPARATORS.sub("-", text).strip("-").translate(_LOOKALIKE)
    text = re.sub(r"-(?!\d)|(?<!\d)-", "", text)
    return _ZEROS.sub("", text)


def alike(names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Pairs of different names with one skeleton: each later one with the first.

    Examples
    --------
    >>> list(alike(["North", "South", "north", "007", "7"]))
    [('north', 'North'), ('7', '007')]
    """
    first: dict[str, str] = {}
    for name in dict.fromkeys(names):
        known = first.setdefault(skeleton(name), name)
        if known != name:
            yield name, known


def nearest(name: str, known: Iterable[str], n: int = 3) -> list[str]:
    """Known names that a name may have been meant for, best first.

    Parameters
    ----------
    name : str
    known : iterable of str
    n : int
        How many at most.

    Returns
    -------
    list of str
        Those of the same skeleton, then similar ones. Names that differ in their numbers only are
        different places and are not suggested.

    Examples
    --------
    >>> nearest("Nroth plant", ["South plant", "North plant"]), nearest("S2", ["S1", "S3"])
    (['North plant', 'South plant'], [])
    """
    choices = list(dict.fromkeys(known))
    same = [choice for choice in choices if skeleton(choice) == skeleton(name)]
    digits = re.findall(r"\d+", skeleton(name))
    others = {
        choice: choice.casefold()
        for choice in choices
        if choice not in same and re.findall(r"\d+", skeleton(choice)) == digits
    }
    near = difflib.get_close_matches(
        name.casefold(), sorted(others.values()), n, number("name_similarity")
    )
    similar = [choice for text in near for choice, folded in others.items() if folded == text]
    return list(dict.fromkeys([*same, *similar]))[:n]
