"""Text on lines: cleaned, measured and broken, also where it is Chinese."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable


def clean(text: object) -> str:
    r"""Return a text on one line without control, surrogate and direction-changing characters.

    Examples
    --------
    >>> clean("North\n Town\x08 ")
    'North Town'
    """
    kept = (" " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in str(text))
    return " ".join("".join(c for c in kept if unicodedata.category(c) not in ("Cf", "Cs")).split())


def width(text: str) -> int:
    """Return the width of a text in Latin letters; a Chinese character counts two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def wrap(text: str, columns: int) -> list[str]:
    """Break a text into lines of at most `columns` Latin letters' width.

    Lines break at blanks and between Chinese characters; a longer word is cut.

    Examples
    --------
    >>> wrap("one two three", 7), wrap("惠来县污水", 4)
    (['one two', 'three'], ['惠来', '县污', '水'])
    """
    lines, line = [], ""
    for piece in _pieces(text):
        if line and width(line + piece.rstrip()) > columns:
            lines.append(line.rstrip())
            line = ""
        line += piece
        while width(line.rstrip()) > columns:
            cut = next(i for i in range(len(line), 0, -1) if width(line[:i]) <= max(columns, 2))
            lines.append(line[:cut])
            line = line[cut:]
    return [*lines, line.rstrip()] if line.strip() or not lines else lines


def _pieces(text: str) -> Iterable[str]:
    """Yield what may stand on a line of its own: words with their blank, or one ideograph.

    Closing punctuation stays with the character before it.
    """
    piece = ""
    for i, char in enumerate(text):
        piece += char
        follows = text[i + 1 : i + 2]
        wide = width(char) == 2 or (follows != "" and width(follows) == 2)
        if char == " " or (wide and follows not in tuple("，。；：、）》”’！？")):
            yield piece
            piece = ""
    if piece:
        yield piece
