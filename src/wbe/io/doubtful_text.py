"""Text whose encoding was guessed: what shows that the guess was wrong, or may have been."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from wbe.findings import Findings
from wbe.io.tables import Sheet, parse_delimited
from wbe.io.text import Decoded, Refused, also_decodes, line_at, mojibake

Score = Callable[[Sequence[Sequence[str]]], int]


def require_known_words(data: bytes, decoded: Decoded, sheet: Sheet, score: Score) -> None:
    """Refuse a text without known header words that another encoding would have.

    Parameters
    ----------
    data : bytes
    decoded : Decoded
        What the bytes were read as.
    sheet : Sheet
        Made from the text.
    score : callable
        How well rows are known.

    Raises
    ------
    Refused
        ``encoding_wrong`` or ``header_not_found``.
    """
    if not decoded.guessed or score(sheet.rows) >= 2:
        return
    for name, text in also_decodes(data).items():
        other = parse_delimited(text, sheet.file, score)
        if score(other.rows) >= 2 and name != "cp1252":
            raise Refused("encoding_wrong", read_as=decoded.encoding, better=name)
    raise Refused("header_not_found", tried=decoded.encoding)


def note_doubtful(decoded: Decoded, sheet: Sheet, findings: Findings) -> None:
    """Say so where a text that was taken for Chinese mixes scripts inside a word.

    Parameters
    ----------
    decoded : Decoded
    sheet : Sheet
        Made from the text.
    findings : Findings
        Receives ``encoding_doubtful``.
    """
    found = mojibake(decoded.text) if decoded.guessed and decoded.encoding == "gb18030" else None
    note_doubtful_at(
        (line_at(decoded.text, found[0]), found[1]) if found else None, sheet, findings
    )


def note_doubtful_at(place: tuple[int, str] | None, sheet: Sheet, findings: Findings) -> None:
    """Say so of a line and a word, if there are any."""
    if place is not None:
        findings.add("encoding_doubtful", file=sheet.file, line=place[0], value=place[1])
