"""OLE compound files (XLS, and Office files under a password): named streams inside one file.

The file is a small file system with chained sectors. Every chain is followed once: a sector met
twice, or one outside the file, refuses the file, so that a chain in a circle ends.
"""

from __future__ import annotations

import struct

from wbe.io.text import Refused

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_HEADER = struct.Struct("<8s16s6H10I")
_IN_HEADER = 109
_END, _FREE, _LAST = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFA
_ENTRY = 128
_STREAM, _ROOT = 2, 5


class CompoundFile:
    """The streams of a compound file.

    Parameters
    ----------
    data : bytes
        Content of the file.

    Raises
    ------
    Refused
        ``archive_damaged``.
    """

    def __init__(self, data: bytes):
        self._data = data
        if len(data) < 512 or not data.startswith(MAGIC):
            raise _damaged("header")
        fields = _HEADER.unpack_from(data)
        shift, small_shift = fields[5], fields[6]
        if shift not in (9, 12) or small_shift != 6:
            raise _damaged("sector size")
        self._size = 1 << shift
        directory, self._cutoff, small_table = fields[11], fields[13], fields[14]
        self._next = self._table(self._sectors_of_table(fields[16]))
        self._streams = self._listed(self._chain(directory))
        self._small_next = self._table(self._places(small_table))
        root = next((e for e in self._streams if e[0] == _ROOT), None)
        self._small = self._chain(root[2])[: root[3]] if root and root[3] else b""

    def names(self) -> set[str]:
        """Names of all streams, whatever folder holds them."""
        return {name for kind, name, _, _ in self._streams if kind == _STREAM}

    def read(self, name: str) -> bytes:
        """Content of a stream.

        Raises
        ------
        Refused
            ``archive_damaged``.
        """
        for kind, found, begin, length in self._streams:
            if kind == _STREAM and found == name:
                if length < self._cutoff:
                    return self._small_chain(begin)[:length]
                return self._chain(begin)[:length]
        raise _damaged(f"no {name} in it")

    def _sectors_of_table(self, extra: int) -> list[int]:
        """Sectors that hold the table of chains: 109 in the header, more in a chain of lists."""
        places = list(struct.unpack_from(f"<{_IN_HEADER}I", self._data, 76))
        seen = set()
        while extra < _LAST:
            if extra in seen:
                raise _damaged("a chain in a circle")
            seen.add(extra)
            numbers = struct.unpack(f"<{self._size // 4}I", self._sector(extra))
            places += numbers[:-1]
            extra = numbers[-1]
        return [place for place in places if place < _LAST]

    def _table(self, sectors: list[int]) -> list[int]:
        if len(set(sectors)) < len(sectors):
            raise _damaged("a chain in a circle")
        table: list[int] = []
        for sector in sectors:
            table += struct.unpack(f"<{self._size // 4}I", self._sector(sector))
        return table

    def _sector(self, number: int) -> bytes:
        begin = (number + 1) * self._size
        found = self._data[begin : begin + self._size]
        if not found:
            raise _damaged("cut short")
        return found.ljust(self._size, b"\0")  # the last one may end early

    def _places(self, begin: int) -> list[int]:
        return _followed(self._next, begin)

    def _chain(self, begin: int) -> bytes:
        return b"".join(self._sector(place) for place in self._places(begin))

    def _small_chain(self, begin: int) -> bytes:
        places = _followed(self._small_next, begin)
        if places and (max(places) + 1) * 64 > len(self._small) + 63:
            raise _damaged("cut short")
        return b"".join(self._small[place * 64 : place * 64 + 64] for place in places)

    def _listed(self, directory: bytes) -> list[tuple[int, str, int, int]]:
        entries = []
        for at in range(0, len(directory) - _ENTRY + 1, _ENTRY):
            entry = directory[at : at + _ENTRY]
            length, kind = struct.unpack_from("<HB", entry, 64)
            begin, size = struct.unpack_from("<II", entry, 116)
            if kind in (_STREAM, _ROOT):
                name = entry[: min(max(length - 2, 0), 62)].decode("utf-16-le", errors="replace")
                entries.append((kind, name, begin, size))
        return entries


def _followed(table: list[int], begin: int) -> list[int]:
    """The places of a chain in their order."""
    places: list[int] = []
    seen = set()
    while begin < _LAST:
        if begin in seen:
            raise _damaged("a chain in a circle")
        if begin >= len(table):
            raise _damaged("a chain out of the file")
        seen.add(begin)
        places.append(begin)
        begin = table[begin]
    return places


def _damaged(reason: str) -> Refused:
    return Refused("archive_damaged", reason=reason)
