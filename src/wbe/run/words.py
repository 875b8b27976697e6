"""What the command line says, in English and Chinese: ``words.csv``, one sentence a row."""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files


@cache
def _table() -> dict[str, dict[str, str]]:
    text = files("wbe.run").joinpath("words.csv").read_text(encoding="utf-8")
    return {row["key"]: row for row in csv.DictReader(text.splitlines())}


def say(key: str, lang: str = "en", /, **values: object) -> str:
    """Return one sentence with its values filled in.

    Raises
    ------
    KeyError
        If no row has the key, or its text names a value not given.

    Examples
    --------
    >>> say("findings", "en", errors=1, flags=2, file="findings.csv")
    'Findings: 1 errors, 2 flags (findings.csv)'
    """
    row = _table()[key]
    return (row[lang] or row["en"]).format(**values)
