"""Large text files, piece by piece: nothing of them is in memory at once.

Small files are read whole, which is simpler and lets every check look at everything. From `LARGE`
bytes on a file is passed over twice: once for its checksum, its encoding and bytes that no text
holds, once for its rows.
"""

from __future__ import annotations

import codecs
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from wbe.io.text import CONTROL, Refused, codec_named, line_at, mojibake

LARGE = 8_000_000
PIECE = 2_000_000
_CONTROL_BYTES = bytes([*range(0x09), *range(0x0E, 0x1B), *range(0x1C, 0x20)])
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True)
class LargeText:
    """A text file that is read in pieces.

    Attributes
    ----------
    path : Path
    encoding : str
        As in `wbe.io.text.Decoded`.
    guessed : bool
        False where a BOM or the caller named the encoding.
    sha256 : str
        Of the bytes, as they were when the encoding was found.
    doubtful : tuple of (int, str) or None
        Line and text of the first place that looks wrongly read as GB18030.
    """

    path: Path
    encoding: str
    guessed: bool
    sha256: str
    doubtful: tuple[int, str] | None = None

    def pieces(self, first_line: int = 1) -> Iterator[tuple[int, str]]:
        """Parts of the text that end with a line, after the number of their first line.

        Parameters
        ----------
        first_line : int
            Lines before it are left out.
        """
        line, rest = 1, ""
        for text in self._decoded():
            text = rest + text
            cut = max(text.rfind("\n"), text.rfind("\r", 0, -1)) + 1
            whole, rest = text[:cut], text[cut:]
            if whole:
                yield from _from_line(line, whole, first_line)
                line += line_ends(whole)
        if rest:
            yield from _from_line(line, rest, first_line)

    def head(self, size: int = 2_000_000) -> str:
        """The beginning of the text, cut at a line end."""
        text = ""
        for part in self._decoded(size):
            text += part
            if len(text) >= size // 8:
                break
        else:
            return text
        cut = max(text.rfind("\n"), text.rfind("\r", 0, -1)) + 1
        return text[:cut] if cut else text

    def text(self) -> str:
        """All of it."""
        return "".join(self._decoded())

    def _decoded(self, size: int = PIECE) -> Iterator[str]:
        decoder = codecs.getincrementaldecoder(self.encoding)("strict")
        with self.path.open("rb") as file:
            while data := file.read(size):
                yield decoder.decode(data)
            if tail := decoder.decode(b"", final=True):
                yield tail


_LINE_END = re.compile(r"\r\n|\r|\n")


def line_ends(text: str) -> int:
    """Number of line ends, of whatever kind."""
    ends = text.count("\n")
    return ends + text.count("\r") - text.count("\r\n") if "\r" in text else ends


def _from_line(line: int, text: str, first_line: int) -> Iterator[tuple[int, str]]:
    if line >= first_line:
        yield line, text
        return
    for skipped, end in enumerate(_LINE_END.finditer(text), start=line + 1):
        if skipped == first_line:
            if text[end.end() :]:
                yield first_line, text[end.end() :]
            return


def open_large(path: Path, encoding: str | None) -> LargeText:
    """Find the encoding of a large text file: BOM, strict UTF-8, strict GB18030, or the one named.

    Parameters
    ----------
    path : Path
    encoding : str or None
        Codec to use instead of the ladder.

    Returns
    -------
    LargeText

    Raises
    ------
    UsageError
        If the codec named does not exist.
    Refused
        ``encoding_invalid`` or ``not_text``, with the line.
    """
    with path.open("rb") as file:
        head = file.read(4)
    named = codec_named(encoding, head) if encoding else ""
    bom = next((name for mark, name in _BOMS if head.startswith(mark)), "")
    for name in (named,) if named else (bom,) if bom else ("utf-8", "gb18030"):
        try:
            sha256, doubtful = _pass_over(path, name)
        except UnicodeDecodeError:
            if name == "utf-8" and not named:
                continue
            raise _first_nul(path, not (named or bom)) or _refusal(path, name) from None
        except Refused as refused:
            raise _first_nul(path, not (named or bom)) or refused from None
        guessed = not (named or bom)
        return LargeText(path, name, guessed, sha256, doubtful if guessed else None)
    raise AssertionError("the last encoding of the ladder is refused or taken")


def checksum(path: Path) -> str:
    """SHA-256 of a file, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class _Lines:
    """Counts the lines of a text that comes in parts, which may part a carriage return and feed."""

    def __init__(self) -> None:
        self.number = 1
        self._returned = False

    def take(self, text: str) -> None:
        """Go on by some text."""
        self.number += line_ends(text) - (self._returned and text.startswith("\n"))
        self._returned = text.endswith("\r") if text else self._returned


def _pass_over(path: Path, encoding: str) -> tuple[str, tuple[int, str] | None]:
    """Checksum of a file whose bytes are text, and the first place that looks wrongly read."""
    digest = hashlib.sha256()
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    wide = encoding.startswith("utf-16")
    lines, doubtful, before = _Lines(), None, ""
    with path.open("rb") as file:
        while data := file.read(PIECE):
            digest.update(data)
            text = decoder.decode(data)
            if wide or len(data.translate(None, _CONTROL_BYTES)) != len(data):
                control = CONTROL.search(text)
                if control:
                    lines.take(text[: control.start()])
                    raise Refused("not_text", line=lines.number)
            if encoding == "gb18030" and doubtful is None:
                found = mojibake(before + text)
                if found:
                    at = max(0, found[0] - len(before))
                    doubtful = lines.number + line_at(text, at) - 1, found[1]
                before = (before + text)[-2:]
            lines.take(text)
        decoder.decode(b"", final=True)
    return digest.hexdigest(), doubtful


def _first_nul(path: Path, guessed: bool) -> Refused | None:
    """Refusal of a file that holds a NUL byte, which no text of a guessed encoding does."""
    lines = _Lines()
    with path.open("rb") as file:
        while guessed and (data := file.read(PIECE)):
            before, nul, _ = data.decode("latin-1").partition("\x00")
            lines.take(before)
            if nul:
                return Refused("not_text", line=lines.number)
    return None


def _refusal(path: Path, encoding: str) -> Refused:
    """Where the bytes stop being text: found again, in the piece concerned byte by byte."""
    decoder, lines = codecs.getincrementaldecoder(encoding)("strict"), _Lines()
    with path.open("rb") as file:
        while True:
            state, data = decoder.getstate(), file.read(PIECE)
            try:
                lines.take(decoder.decode(data, final=not data))
            except UnicodeDecodeError as error:
                decoder.setstate(state)
                fault = _fault(decoder, data, lines) or error
                byte = f"0x{fault.object[fault.start]:02X}"
                return Refused("encoding_invalid", line=lines.number, encoding=encoding, byte=byte)


def _fault(
    decoder: codecs.IncrementalDecoder, data: bytes, lines: _Lines
) -> UnicodeDecodeError | None:
    """Decode byte by byte up to the error; None if only the end of the file is one."""
    for number in range(len(data)):
        try:
            lines.take(decoder.decode(data[number : number + 1]))
        except UnicodeDecodeError as error:
            return error
    return None
