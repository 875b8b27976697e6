"""What the command line says, in English and Chinese: ``words.csv``, one sentence a row."""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files

from wbe.errors import Said, in_language


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
