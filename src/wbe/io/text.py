"""From bytes to text: what kind of file it is, and in which encoding.

The ladder is BOM, strict UTF-8, strict GB18030, on the whole file. Statistical detectors call valid
Chinese UTF-8 a DOS code page; the ladder does not, and what it cannot tell (Big5, Shift-JIS,
Windows-1252) shows in the header, which then names no known column.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from typing import Any

from wbe.errors import UsageError

OTHER_ENCODINGS = ("big5", "shift_jis", "cp1252")

# First bytes of formats that are no text. Longest first where one begins another.
_MAGIC = (
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "xls"),
    (b"SQLite format 3\x00", "gpkg"),
    (b"PAR1", "parquet"),
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"%PDF-", "pdf"),
    (b"\x1f\x8b", "gzip"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"Rar!\x1a\x07", "rar"),
    (b"\x89PNG", "png"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"\x89HDF\r\n\x1a\n", "hdf5"),
    (b"CDF\x01", "netcdf"),
    (b"CDF\x02", "netcdf"),
)
_HTML = re.compile(rb"<(!doctype\s+html|html|table|head|body|meta)\b", re.IGNORECASE)
_XML_SHEET = re.compile(rb"<\?mso-application|urn:schemas-microsoft-com:office:spreadsheet")
CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
UNREADABLE = ("quote_not_closed", "cell_too_long")
"""Rules that refuse a text as a whole, also where its first rows have been read by then."""
# A Western name read as GB18030: a Chinese character inside a Latin word.
_MOJIBAKE = re.compile(r"[A-Za-z][\u3400-\u9fff\ue000-\uf8ff][a-z]")


class Refused(Exception):
    """A file or sheet that cannot be read at all; becomes a finding of the file.

    Parameters
    ----------
    rule : str
        Id of the finding.
    line : int or None
        Line as a person sees it, where known.
    **details
        Values that the rule's templates name.
    """

    def __init__(self, rule: str, line: int | None = None, **details: Any):
        super().__init__(rule)
        self.rule, self.line, self.details = rule, line, details


@dataclass(frozen=True)
class Decoded:
    """Text of a file and the encoding it was written in.

    Attributes
    ----------
    text : str
        Without a byte-order mark.
    encoding : str
        Name of the codec: ``utf-8-sig``, ``utf-16``, ``utf-8``, ``gb18030`` or the one given.
    guessed : bool
        False where a BOM or the caller named it.
    """

    text: str
    encoding: str
    guessed: bool


def kind_of(data: bytes) -> str:
    """What the first bytes say a file is, whatever its name says.

    Parameters
    ----------
    data : bytes
        Content of the file.

    Returns
    -------
    str
        ``empty``, ``text``, ``html``, ``xml``, ``zip``, ``xls``, ``gpkg``, ``parquet``, or another
        format's short name.
    """
    if not data.strip():
        return "empty"
    for magic, kind in _MAGIC:
        if data.startswith(magic):
            return kind
    head = data[:4096].lstrip(codecs.BOM_UTF8).lstrip()
    if head.startswith(b"<") and _HTML.search(head):
        return "html"
    if head.startswith(b"<?xml") and _XML_SHEET.search(head):
        return "xml"
    return "text"


def decode(data: bytes, encoding: str | None = None) -> Decoded:
    """Decode a whole file, strictly.

    Parameters
    ----------
    data : bytes
        Content of the file.
    encoding : str, optional
        Codec to use instead of the ladder.

    Returns
    -------
    Decoded

    Raises
    ------
    UsageError
        If the codec named does not exist.
    Refused
        ``encoding_invalid`` or ``not_text``.
    """
    decoded = _named(data, encoding) if encoding else _ladder(data)
    control = CONTROL.search(decoded.text)
    if control:
        raise Refused("not_text", line=line_at(decoded.text, control.start()))
    return decoded


def _named(data: bytes, encoding: str) -> Decoded:
    name = codec_named(encoding, data)
    return Decoded(_strict(data, name), name, guessed=False)


def codec_named(encoding: str, data: bytes) -> str:
    """Python's name of the codec that somebody asked for; with the BOM if the data begin with it.

    Raises
    ------
    UsageError
        If there is none of this name.
    """
    try:
        name = codecs.lookup(encoding).name
    except LookupError:
        raise UsageError(
            f"unknown encoding {encoding!r}: use a name such as utf-8, gb18030, big5 or cp1252"
        ) from None
    if name == "utf-8" and data.startswith(codecs.BOM_UTF8):
        name = "utf-8-sig"
    return name


def _ladder(data: bytes) -> Decoded:
    if data.startswith(codecs.BOM_UTF8):
        return Decoded(_strict(data, "utf-8-sig"), "utf-8-sig", guessed=False)
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return Decoded(_strict(data, "utf-16"), "utf-16", guessed=False)
    if b"\x00" in data:
        raise Refused("not_text", line=line_at(data.decode("latin-1"), data.index(b"\x00")))
    try:
        return Decoded(data.decode("utf-8"), "utf-8", guessed=True)
    except UnicodeDecodeError:
        return Decoded(_strict(data, "gb18030"), "gb18030", guessed=True)


def _strict(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        found = error.object  # a codec that strips a BOM counts from behind it
        before = data[: len(data) - len(found) + error.start].decode(encoding, "ignore")
        line = line_at(before, len(before))  # a byte 0x0A of UTF-16 need not end a line
        byte = f"0x{found[error.start]:02X}"
        raise Refused("encoding_invalid", line=line, encoding=encoding, byte=byte) from None


def also_decodes(data: bytes) -> dict[str, str]:
    """The text in each encoding that the ladder cannot tell, where the bytes allow it.

    Parameters
    ----------
    data : bytes
        Content of the file.

    Returns
    -------
    dict of str to str
        Codec name to text.
    """
    found = {}
    for name in OTHER_ENCODINGS:
        try:
            found[name] = data.decode(name)
        except UnicodeDecodeError:
            continue
    return found


def mojibake(text: str) -> tuple[int, str] | None:
    """Where a text read as GB18030 looks like another encoding, and what stands there.

    Parameters
    ----------
    text : str

    Returns
    -------
    tuple of (int, str) or None
        Position and text of the first such place.
    """
    found = _MOJIBAKE.search(text)
    return (found.start(), found.group()) if found else None


def line_at(text: str, position: int) -> int:
    """Line of a position of a text, counted from 1, whatever ends the lines."""
    ends = text.count("\n", 0, position) + text.count("\r", 0, position)
    return ends - text.count("\r\n", 0, position) + 1
