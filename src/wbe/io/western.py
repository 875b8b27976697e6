"""Text of a programme's table that is neither Unicode nor Chinese, although its bytes allow both.

EUDA's release of 2026 is in Windows-1252, and tables saved again on a Central European system are
in Windows-1250. Two letters of such a name are one character in GB18030, which the ladder of
`wbe.io.text` would read. These tables are known by headers in plain ASCII. One in their shape may
be Chinese: then every byte beyond ASCII has a partner, as accented letters hardly ever have.
"""

from __future__ import annotations

import codecs
import csv
import re
from typing import Final

from wbe.findings import Findings
from wbe.io.euda.places import known_cities
from wbe.io.programme import form_of_programme
from wbe.io.tables import DELIMITERS
from wbe.io.text import Decoded

CODECS: Final = ("cp1252", "cp1250")
_CHINESE: Final = "gb2312"
"""The common characters, both bytes beyond ASCII; GB18030 also takes an accent and a letter."""
_MARKS: Final = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_SEARCHED: Final = 20
_CELL_ENDS: Final = re.compile(r"[,;|\t\r\n]")


def western_text(data: bytes, file: str, findings: Findings) -> Decoded | None:
    """A programme's table in a Western code page; None for every other file, Chinese ones too.

    Of the code pages the one is taken in which most cities of EUDA's tables are met, and
    Windows-1252 where that does not tell.

    Parameters
    ----------
    data : bytes
        Content of the file.
    file : str
        Its name for findings.
    findings : Findings
        Receives ``encoding_western``.

    Returns
    -------
    Decoded or None
    """
    if data.startswith(_MARKS) or b"\x00" in data or _is_unicode(data):
        return None
    if not has_programme_header(data):
        return None
    texts = {name: text for name in CODECS if (text := _decoded(data, name)) is not None}
    if not texts:
        return None
    met = {codec: _cities_met(text) for codec, text in texts.items()}
    if not any(met.values()) and _decoded(data, _CHINESE) is not None:
        return None
    name = max(texts, key=lambda codec: met[codec])
    findings.add("encoding_western", file=file, encoding=name)
    return Decoded(texts[name], name, guessed=True)


def _is_unicode(data: bytes) -> bool:
    return _decoded(data, "utf-8") is not None


def _decoded(data: bytes, name: str) -> str | None:
    try:
        return data.decode(name)
    except UnicodeDecodeError:
        return None


def has_programme_header(data: bytes) -> bool:
    """Whether one of the first lines is the header of a programme's table."""
    lines = data[:10_000].decode("latin-1").splitlines()[:_SEARCHED]
    return any(
        form_of_programme(next(csv.reader([line], delimiter=mark), []))
        for line in lines for mark in DELIMITERS
    )  # fmt: skip


def _cities_met(text: str) -> int:
    """How many names with letters beyond ASCII are those of a known city."""
    words = {word.strip(' "') for word in _CELL_ENDS.split(text)}
    return sum(not word.isascii() and word in known_cities() for word in words)
