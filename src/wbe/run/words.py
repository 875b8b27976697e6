"""What the command line says, in English and Chinese: ``words.csv``, one sentence a row."""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def _table() -> dict[str, dict[str, str]]:
    text = files("wbe.run").joinpath("words.csv").read_text(encoding="utf-8")
    return {row["key"]: row for row in csv.DictReader(text.splitlines())}


class Count(int):
    """A number whose format ``one|many`` is the word that fits it: ``{n} {n:area|areas}``."""

    def __format__(self, spec: str) -> str:
        one, is_pair, many = spec.partition("|")
        if not is_pair:
            return super().__format__(spec)
        return one if self == 1 else many


def has(key: str) -> bool:
    """Tell whether there is a sentence for a key."""
    return key in _table()


def say(key: str, lang: str = "en", /, **values: object) -> str:
    """Return one sentence with its values filled in.

    Raises
    ------
    KeyError
        If no row has the key, or its text names a value not given.

    Examples
    --------
    >>> say("findings.clean", "en", flags=2, most="", file="findings.csv")
    'Findings: nothing rejected; 2 notes (findings.csv)'
    """
    row = _table()[key]
    counted = {k: Count(v) if isinstance(v, int) else v for k, v in values.items()}
    return (row[lang] or row["en"]).format(**counted)


class Said(str):
    """A sentence in English that knows its Chinese, for errors, whose reader is not known yet.

    Parameters
    ----------
    english, chinese : str
    """

    zh: str

    def __new__(cls, english: str, chinese: str) -> Said:
        """Keep both; the text itself is the English one."""
        sentence = super().__new__(cls, english)
        sentence.zh = chinese
        return sentence

    def __reduce__(self) -> tuple[type[Said], tuple[str, str]]:
        return type(self), (str(self), self.zh)


def in_language(text: Any, lang: str) -> Any:
    """Return a `Said` in one language; anything else as it is."""
    return text.zh if lang == "zh" and isinstance(text, Said) else text


def both(key: str, /, **values: object) -> Said:
    """Return one sentence in both languages, as are those of its values that are `Said`.

    Raises
    ------
    KeyError
        As `say`.

    Examples
    --------
    >>> text = both("config.kind", value=5, what=both("config.kind.boolean"))
    >>> text, text.zh
    ('5 is not true or false', '5 不是 true 或 false')
    """
    chinese = {name: in_language(value, "zh") for name, value in values.items()}
    return Said(say(key, "en", **values), say(key, "zh", **chinese))
