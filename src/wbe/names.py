"""Canonical names and their spellings in English and Chinese.

One table, ``names.csv``, holds every name that a file may use for a column, an analyte, a matrix
and so on, with the one identifier the package works with and the words it prints. A row may serve
several kinds (``analyte|drug``). Standard library only: the command line imports this module.
"""

from __future__ import annotations

import csv
import difflib
import io
import unicodedata
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final, NamedTuple

from wbe.errors import Said, in_language

LANGUAGES: Final = ("en", "zh")


class Name(NamedTuple):
    """One row of ``names.csv`` under one kind.

    Attributes
    ----------
    kind, id : str
        Such as ``analyte`` and ``benzoylecgonine``.
    en, zh : str
        Printed names.
    aliases : tuple of str
        Further accepted spellings.

    Examples
    --------
    >>> from wbe.names import Name
    >>> Name("drug", "MDMA", "MDMA", "摇头丸", ("ecstasy",)).spellings
    ('MDMA', 'MDMA', '摇头丸', 'ecstasy')
    """

    kind: str
    id: str
    en: str
    zh: str
    aliases: tuple[str, ...]

    @property
    def spellings(self) -> tuple[str, ...]:
        """Every accepted spelling, the identifier first."""
        return (self.id, self.en, self.zh, *self.aliases)


def key(text: str) -> str:
    """Reduce a spelling to what two spellings of one name have in common.

    Full-width characters become plain ones (NFKC), case is folded, and everything that is
    neither letter nor digit (blanks, hyphens of any kind, brackets, points) is dropped.

    Parameters
    ----------
    text : str
        As written in a file.

    Returns
    -------
    str
        Two spellings of one name have one key.

    Examples
    --------
    >>> key(" NH4＋-N "), key("镇（场）"), key("6‐mam")
    ('nh4n', '镇场', '6mam')
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(c for c in folded if c.isalnum())


def resolve(kind: str, text: str) -> str | None:
    """Return the identifier that a spelling stands for.

    Parameters
    ----------
    kind : str
        Kind of name: field, analyte, drug, matrix, mode, basis, role, site_type, status,
        quantity, tier, flag, method or datum.
    text : str
        The word as written; identifiers, display names and aliases all match.

    Returns
    -------
    str or None
        The identifier, or None for a word that no row knows. Of several candidates the first
        in the table; the only such spelling is ``COD`` (see `candidates`).

    Raises
    ------
    KeyError
        `kind` is none of the kinds.

    Examples
    --------
    >>> resolve("analyte", "甲基安非他明"), resolve("field", "样品编号")
    ('methamphetamine', 'sample_id')
    """
    found = candidates(kind, text)
    return found[0] if found else None


@lru_cache(maxsize=4096)
def candidates(kind: str, text: str) -> tuple[str, ...]:
    """Return every identifier that a spelling may stand for, in the order of the table.

    Chemists write COD for codeine and for chemical oxygen demand; the unit tells them apart
    (ng/L against mg/L), so a reader that knows the unit asks here.

    Parameters
    ----------
    kind : str
        One of `kinds`.
    text : str
        A spelling in either language.

    Returns
    -------
    tuple of str
        Empty where no row of the table has the spelling.

    Raises
    ------
    KeyError
        `kind` is none of the kinds.

    Examples
    --------
    >>> candidates("analyte", "COD")
    ('codeine', 'chemical oxygen demand')
    """
    return _spellings(kind).get(key(text), ()) if key(text) else ()


def suggest(kind: str, text: str, n: int = 3) -> list[str]:
    """Return the identifiers whose spellings come nearest to `text`, best first.

    Parameters
    ----------
    kind : str
        One of `kinds`.
    text : str
        A spelling that is not in the table.
    n : int
        Longest list.

    Returns
    -------
    list of str
        Empty where nothing is near.

    Raises
    ------
    KeyError
        `kind` is none of the kinds.

    Examples
    --------
    >>> suggest("analyte", "metamphetamine", n=1)
    ['methamphetamine']
    """
    table = _spellings(kind)
    close = difflib.get_close_matches(key(text), sorted(table), n=3 * n, cutoff=0.6)
    found = dict.fromkeys(name for spelling in close for name in table[spelling])
    return list(found)[:n]


def display(kind: str, id: str, lang: str = "en") -> str:
    """Return the printed name of an identifier, or the identifier where there is none.

    Parameters
    ----------
    kind : str
        One of `kinds`.
    id : str
        Identifier, see `ids`.
    lang : str
        ``en`` or ``zh``.

    Returns
    -------
    str

    Raises
    ------
    KeyError
        `kind` is none of the kinds.

    Examples
    --------
    >>> display("tier", "severe", "zh"), display("drug", "unheard of")
    ('严重', 'unheard of')
    """
    name = _by_id(kind).get(id)
    if name is None:
        return id
    return (name.zh if lang == "zh" else name.en) or name.en or id


def ids(kind: str) -> tuple[str, ...]:
    """Return the identifiers of a kind, in the order of the table.

    Parameters
    ----------
    kind : str
        One of `kinds`.

    Returns
    -------
    tuple of str

    Raises
    ------
    KeyError
        `kind` is none of the kinds.

    Examples
    --------
    >>> from wbe import names
    >>> names.ids("tier")[:4]
    ('not_elevated', 'general', 'moderate', 'severe')
    """
    return tuple(_by_id(kind))


def kinds() -> tuple[str, ...]:
    """Return the kinds of names, in the order of the table.

    Returns
    -------
    tuple of str

    Examples
    --------
    >>> from wbe import names
    >>> "analyte" in names.kinds()
    True
    """
    return tuple(_table())


def text(key: str, lang: str = "en", /, **values: object) -> str:
    """Return a sentence of the user interface with its values filled in.

    Parameters
    ----------
    key : str
        Key of ``texts.csv``. An unknown key is returned as it is, so that a missing sentence
        shows in the output and does not end a run.
    lang : str
        ``en`` or ``zh``; English stands in where a sentence has not been translated.
    **values : object
        Values of the placeholders, by name.

    Returns
    -------
    str
        In the language asked for.

    Examples
    --------
    >>> from wbe import names
    >>> names.text("disclaimer.schematic", "en")
    'Schematic, not a boundary reference.'
    """
    sentences = _texts().get(key)
    if sentences is None:
        return key
    return (sentences.get(lang) or sentences["en"]).format(**values)


def both(key: str, /, **values: object) -> Said:
    """Return a sentence in both languages, for an error whose reader is not known yet.

    Parameters
    ----------
    key : str
        Key of ``texts.csv``, as in `text`.
    **values : object
        Values of the placeholders, by name; a `wbe.errors.Said` in its own language.

    Returns
    -------
    Said
        The English sentence, which knows its Chinese.

    Examples
    --------
    >>> from wbe import names
    >>> names.both("disclaimer.schematic").zh
    '示意图，不作为划界依据。'
    """
    english, chinese = (
        text(key, lang, **{name: in_language(value, lang) for name, value in values.items()})
        for lang in ("en", "zh")
    )
    return Said(english, chinese)


def said(word: str, lang: str = "en") -> str:
    """Return a word of a table that the package ships in a language; any other word as written.

    Parameters
    ----------
    word : str
        Such as a measure of spread.
    lang : str
        ``en`` or ``zh``.

    Returns
    -------
    str

    Examples
    --------
    >>> said("log_sd"), said("log_sd", "zh"), said("own judgement", "zh")
    ('log sd', '对数标准偏差', 'own judgement')
    """
    key = f"cell.{word}"
    printed = text(key, lang)
    return word if printed == key else printed


@lru_cache(maxsize=1)
def _table() -> dict[str, tuple[Name, ...]]:
    rows: dict[str, list[Name]] = {}
    for row in _rows("names.csv"):
        aliases = tuple(filter(None, row["aliases"].split("|")))
        for kind in row["kind"].split("|"):
            name = Name(kind, row["id"], row["en"], row["zh"], aliases)
            rows.setdefault(kind, []).append(name)
    return {kind: tuple(names) for kind, names in rows.items()}


def of_kind(kind: str) -> tuple[Name, ...]:
    """Return every name of a kind, in the order of the table.

    Parameters
    ----------
    kind : str
        One of `kinds`.

    Returns
    -------
    tuple of Name

    Raises
    ------
    KeyError
        If there is no such kind.

    Examples
    --------
    >>> [name.zh for name in of_kind("mode")][:2]
    ['24小时混合样', '混合样']
    """
    try:
        return _table()[kind]
    except KeyError:
        raise KeyError(f"no kind of name {kind!r}; there are {', '.join(kinds())}") from None


@cache
def _by_id(kind: str) -> dict[str, Name]:
    return {name.id: name for name in of_kind(kind)}


@cache
def _spellings(kind: str) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for name in of_kind(kind):
        for spelling in dict.fromkeys(map(key, name.spellings)):
            if spelling:
                found[spelling] = (*found.get(spelling, ()), name.id)
    return found


@lru_cache(maxsize=1)
def _texts() -> dict[str, dict[str, str]]:
    return {row["key"]: row for row in _rows("texts.csv")}


def _rows(table: str) -> list[dict[str, str]]:
    content = files("wbe").joinpath(table).read_text(encoding="utf-8-sig")
    return list(csv.DictReader(io.StringIO(content, newline="")))
