"""Records of the XLS format (BIFF5 and BIFF8), and the texts in them."""

from __future__ import annotations

import codecs
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from wbe.io.text import Refused

BOF, EOF, CONTINUE = 0x809, 0x0A, 0x3C
FILEPASS, CODEPAGE, DATEMODE, BOUNDSHEET = 0x2F, 0x42, 0x22, 0x85
FORMAT, XF, SST = 0x41E, 0xE0, 0xFC
ROW, COLINFO, MERGEDCELLS = 0x208, 0x7D, 0xE5
NUMBER, RK, MULRK, BOOLERR = 0x203, 0x27E, 0xBD, 0x205
LABELSST, LABEL, RSTRING = 0xFD, 0x204, 0xD6
FORMULA, STRING = 0x06, 0x207

_PAGES = {
    936: "gb18030", 1200: "utf-16-le", 10000: "mac_roman", 32768: "mac_roman", 32769: "cp1252",
}  # fmt: skip


@dataclass
class Record:
    """One record, with those that continue it.

    Attributes
    ----------
    kind : int
    parts : list of bytes
        Its own bytes, then those of each continuation.
    """

    kind: int
    parts: list[bytes] = field(default_factory=list)

    @property
    def data(self) -> bytes:
        """The record's own bytes."""
        return self.parts[0]

    def numbers(self, layout: str, at: int = 0) -> tuple[Any, ...]:
        """Numbers at an offset.

        Raises
        ------
        Refused
            ``archive_damaged`` if the record is too short.
        """
        try:
            return struct.unpack_from(layout, self.parts[0], at)
        except struct.error:
            raise short_record() from None


def records(stream: bytes, at: int) -> Iterator[Record]:
    """Records from an offset on to the end of their substream, without what is embedded in it.

    Parameters
    ----------
    stream : bytes
        The workbook's stream.
    at : int
        Where the substream's first record stands.

    Yields
    ------
    Record

    Raises
    ------
    Refused
        ``archive_damaged``.
    """
    depth = 0
    current: Record | None = None
    for kind, data in _raw(stream, at):
        if not depth and kind != BOF:
            raise Refused("archive_damaged", reason="no sheet where one should begin")
        if kind == CONTINUE and current is not None:
            current.parts.append(data)
            continue
        if current is not None and depth == 1:
            yield current
        current = None if kind == CONTINUE else Record(kind, [data])
        depth += (kind == BOF) - (kind == EOF)
        if depth <= 0:
            return


def _raw(stream: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    while True:
        if at + 4 > len(stream):
            raise Refused("archive_damaged", reason="cut short")
        kind, length = struct.unpack_from("<HH", stream, at)
        data = stream[at + 4 : at + 4 + length]
        if len(data) < length:
            raise Refused("archive_damaged", reason="cut short")
        yield kind, data
        at += 4 + length


class Texts:
    """Reads texts from a record and its continuations, in either of the two ways to write them.

    Parameters
    ----------
    record : Record
    at : int
        Offset in its own bytes.
    codec : str
        Of texts that are bytes (BIFF5); "" for BIFF8.
    """

    def __init__(self, record: Record, at: int, codec: str = ""):
        self._parts, self._part, self._at, self._codec = record.parts, 0, at, codec

    @property
    def more(self) -> bool:
        """Whether any byte is left."""
        return self._at < len(self._parts[self._part]) or self._part + 1 < len(self._parts)

    def text(self, counts: str) -> str:
        """The next text; its length is a number of the layout `counts` (``B`` or ``H``)."""
        length = self._number(counts)
        if self._codec:
            return self._bytes(length).decode(self._codec, errors="replace")
        flags = self._number("B")
        runs = self._number("H") if flags & 8 else 0
        readings = self._number("I") if flags & 4 else 0
        shown = self._characters(length, flags)
        self._bytes(4 * runs + readings)
        return shown

    def skip(self, length: int) -> None:
        """Leave bytes out."""
        self._bytes(length)

    def _number(self, layout: str) -> int:
        size = struct.calcsize("<" + layout)
        return int(struct.unpack("<" + layout, self._bytes(size))[0])

    def _bytes(self, length: int) -> bytes:
        found = bytearray()
        while len(found) < length:
            if self._at >= len(self._parts[self._part]):
                self._turn()
            piece = self._parts[self._part][self._at : self._at + length - len(found)]
            found += piece
            self._at += len(piece)
        return bytes(found)

    def _characters(self, length: int, flags: int) -> str:
        """A text that is continued begins again with a byte that says how wide its letters are."""
        found = ""
        while length:
            if self._at >= len(self._parts[self._part]):
                self._turn()
                flags = self._number("B")
            width = 1 + (flags & 1)
            part = self._parts[self._part]
            taken = min(length, (len(part) - self._at) // width)
            if not taken:
                raise short_record()
            raw = part[self._at : self._at + taken * width]
            found += raw.decode("utf-16-le" if width == 2 else "latin-1", errors="replace")
            self._at += taken * width
            length -= taken
        return found

    def _turn(self) -> None:
        if self._part + 1 >= len(self._parts):
            raise short_record()
        self._part, self._at = self._part + 1, 0


def codec_of(page: int) -> str:
    """Python's name of a code page.

    Raises
    ------
    Refused
        ``archive_damaged`` if there is none.
    """
    name = _PAGES.get(page, f"cp{page}")
    try:
        return codecs.lookup(name).name
    except LookupError:
        raise Refused("archive_damaged", reason=f"code page {page}") from None


def rk_number(raw: int) -> float:
    """A number packed in four bytes."""
    if raw & 2:
        value = float((raw - (1 << 32) if raw & 0x80000000 else raw) >> 2)
    else:
        value = float(struct.unpack("<d", struct.pack("<II", 0, raw & 0xFFFFFFFC))[0])
    return value / 100 if raw & 1 else value


def short_record() -> Refused:
    """The refusal of a record that ends too early."""
    return Refused("archive_damaged", reason="a record ends early")
