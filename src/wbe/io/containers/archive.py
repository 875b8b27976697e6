"""ZIP archives (XLSX, ODS): checked against limits before and while anything is expanded.

What the headers state is not believed: every entry that is read is expanded in pieces, and one that
grows beyond the size it states is refused there and then. Nothing is ever written to disk, so names
such as ``../x`` or ``/etc/x`` inside an archive are only names.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator

from wbe.io.text import Refused

MAX_ENTRIES = 10_000
MAX_EXPANDED = 500_000_000
MAX_RATIO = 100
_RATIO_FROM = 10_000_000
_PIECE = 1 << 16

_LOCAL = struct.Struct("<4s5H3I2H")
_END = b"PK\x05\x06"
_END_SIZE = 22
_ENCRYPTED = 0x1


class Archive:
    """The entries of a ZIP archive whose headers have passed the limits.

    Parameters
    ----------
    data : bytes
        Content of the file.

    Raises
    ------
    Refused
        ``archive_damaged`` or ``archive_too_large``, before anything is expanded.
    """

    def __init__(self, data: bytes):
        self._data = data
        entries = _listed(data)
        _check_sizes(entries)
        self._begins = _places(data, entries)
        self._entries = {entry.filename: entry for entry in entries}
        self._lower = {name.lower(): name for name in self._entries}
        if len(self._lower) < len(entries):
            raise Refused("archive_damaged", reason="two entries of one name")

    def find(self, name: str) -> str:
        """The entry's own spelling of a name, whatever its case; "" if there is none."""
        return name if name in self._entries else self._lower.get(name.lower(), "")

    def names(self) -> list[str]:
        """Names of all entries, in the order of the archive."""
        return list(self._entries)

    def locked(self, name: str) -> bool:
        """Whether an entry is encrypted."""
        return bool(self._entries[name].flag_bits & _ENCRYPTED)

    def stream(self, name: str) -> Iterator[bytes]:
        """An entry's content in pieces; its size and checksum are checked on the way.

        Parameters
        ----------
        name : str
            As in `names`.

        Yields
        ------
        bytes

        Raises
        ------
        Refused
            ``encrypted``, ``archive_damaged`` or ``archive_too_large``.
        """
        entry = self._entries[name]
        if self.locked(name):
            raise Refused("encrypted")
        begin = self._begins[name]
        packed = memoryview(self._data)[begin : begin + entry.compress_size]
        size = checksum = 0
        for piece in _expanded(packed, entry.compress_type):
            size += len(piece)
            if size > entry.file_size:
                raise Refused("archive_too_large", what="it expands to more than it states")
            checksum = zlib.crc32(piece, checksum)
            yield piece
        if size != entry.file_size or checksum != entry.CRC:
            raise Refused("archive_damaged", reason="checksum")

    def read(self, name: str, limit: int) -> bytes:
        """A small entry as a whole.

        Raises
        ------
        Refused
            As `stream`, and ``archive_too_large`` beyond `limit` bytes.
        """
        if self._entries[name].file_size > limit:
            raise Refused("archive_too_large", what=f"{name[:80]} is too long")
        return b"".join(self.stream(name))


def archive_kind(data: bytes) -> str:
    """What a ZIP archive is: ``xlsx``, ``xlsb``, ``ods`` or ``zip``.

    Raises
    ------
    Refused
        ``archive_damaged`` or ``archive_too_large``, before anything is expanded.
    """
    archive = Archive(data)
    if archive.find("xl/workbook.bin"):
        return "xlsb"
    if any(name.lower().endswith("workbook.xml") for name in archive.names()):
        return "xlsx"
    if archive.find("mimetype") and (
        archive.find("content.xml") or archive.find("META-INF/manifest.xml")
    ):
        return "ods"
    return "zip"


def _listed(data: bytes) -> list[zipfile.ZipInfo]:
    if _ends(data) != 1:
        raise Refused("archive_damaged", reason="cut short, or no single directory")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return archive.infolist()
    except (zipfile.BadZipFile, EOFError, ValueError, OSError, NotImplementedError,
            struct.error, IndexError) as error:  # fmt: skip
        raise Refused("archive_damaged", reason=type(error).__name__) from None


def _ends(data: bytes) -> int:
    """Number of end records that could be meant; with two, programs would see two archives."""
    found = 0
    position = data.find(_END, max(0, len(data) - 65_536 - _END_SIZE))
    while position >= 0:
        if position + _END_SIZE <= len(data):
            size, begin = struct.unpack_from("<II", data, position + 12)
            zip64 = 0xFFFFFFFF in (size, begin)
            directory = data[begin : begin + 4] == b"PK\x01\x02" and begin + size <= position
            found += zip64 or directory or not size
        position = data.find(_END, position + 1)
    return found


def _check_sizes(entries: list[zipfile.ZipInfo]) -> None:
    expanded = sum(entry.file_size for entry in entries)
    packed = max(1, sum(entry.compress_size for entry in entries))
    if len(entries) > MAX_ENTRIES:
        raise Refused("archive_too_large", what=f"{len(entries)} entries")
    if expanded > MAX_EXPANDED:
        raise Refused("archive_too_large", what=f"{expanded / 1e6:.0f} MB expanded")
    if expanded > _RATIO_FROM and expanded / packed > MAX_RATIO:
        raise Refused("archive_too_large", what=f"compressed {expanded / packed:.0f} to 1")


def _places(data: bytes, entries: list[zipfile.ZipInfo]) -> dict[str, int]:
    """Where each entry's data begin; entries that share bytes are refused."""
    places: dict[str, int] = {}
    free = 0
    for entry in sorted(entries, key=lambda e: e.header_offset):
        at = entry.header_offset
        if at < free or at + _LOCAL.size > len(data):
            raise Refused("archive_damaged", reason="entries overlap")
        header = _LOCAL.unpack_from(data, at)
        begin = at + _LOCAL.size + header[-2] + header[-1]
        name = data[at + _LOCAL.size : at + _LOCAL.size + header[-2]]
        free = begin + entry.compress_size
        if header[0] != b"PK\x03\x04" or free > len(data) or not _same_name(name, entry):
            raise Refused("archive_damaged", reason="entry header")
        places[entry.filename] = begin
    return places


def _same_name(raw: bytes, entry: zipfile.ZipInfo) -> bool:
    """Whether the entry's two headers agree on its name, as one program reads only one of them."""
    try:
        return raw.decode("utf-8" if entry.flag_bits & 0x800 else "cp437") == entry.orig_filename
    except UnicodeDecodeError:
        return False


def _expanded(packed: memoryview, method: int) -> Iterator[bytes]:
    if method not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise Refused("archive_damaged", reason=f"compression method {method}")
    engine = zlib.decompressobj(-15)
    for begin in range(0, len(packed), _PIECE):
        piece: bytes | memoryview = packed[begin : begin + _PIECE]
        if method == zipfile.ZIP_STORED:
            yield bytes(piece)
            continue
        while piece:
            try:
                yield engine.decompress(piece, _PIECE)
            except zlib.error:
                raise Refused("archive_damaged", reason="zlib") from None
            piece = engine.unconsumed_tail
    while method == zipfile.ZIP_DEFLATED and not engine.eof:
        rest = engine.decompress(b"", _PIECE)
        if not rest:
            raise Refused("archive_damaged", reason="cut short")
        yield rest
