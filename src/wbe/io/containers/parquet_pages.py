"""Sizes that the pages of a Parquet file state, before a library makes room for them.

A page of a few bytes may say that it expands to two gigabytes. The headers of pages stand between
the data, so they are walked here: the compact form of Thrift, as far as it is needed.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

from wbe.io.text import Refused

_DEPTH = 8
_STRUCT, _TRUE, _FALSE, _DOUBLE, _BINARY, _LIST, _SET, _MAP = 12, 1, 2, 7, 8, 9, 10, 11
_DATA, _DATA_2 = 5, 8  # fields of a page header that hold the header of a data page
_ENCODING = {_DATA: 2, _DATA_2: 4}
_DELTAS = (6, 7)  # DELTA_LENGTH_BYTE_ARRAY, DELTA_BYTE_ARRAY
_LONGEST_HEADER = 1 << 20


@dataclass(frozen=True)
class Pages:
    """What the pages of a column chunk state.

    Attributes
    ----------
    expanded : int
        Bytes of all pages after expansion.
    largest : int
        Of the largest.
    deltas : bool
        Whether texts are stored as what differs from the one before: they can grow once more, and
        come only as plain columns.
    """

    expanded: int
    largest: int
    deltas: bool


def read_pages(data: bytes, begin: int, length: int) -> Pages:
    """Walk the page headers of one column chunk.

    Parameters
    ----------
    data : bytes
        Content of the file.
    begin, length : int
        Where the chunk stands.

    Returns
    -------
    Pages

    Raises
    ------
    Refused
        ``archive_damaged``.
    """
    if begin < 0 or length < 0 or begin + length > len(data):
        raise _damaged()
    sizes, deltas, at, end = [0], False, begin, begin + length
    while at < end:
        reader = _Compact(data[at : min(end, at + _LONGEST_HEADER)])
        header = reader.fields()
        expanded, packed = (header.get(place, -1) for place in (2, 3))
        if not isinstance(expanded, int) or not isinstance(packed, int) or expanded | packed < 0:
            raise _damaged()
        sizes.append(expanded)
        for field, place in _ENCODING.items():
            inner = header.get(field)
            deltas |= isinstance(inner, dict) and inner.get(place) in _DELTAS
        at += reader.at + packed
    if at != end:
        raise _damaged()
    return Pages(sum(sizes), max(sizes), deltas)


class _Compact:
    """A struct in Thrift's compact form."""

    def __init__(self, data: bytes):
        self.data, self.at = data, 0

    def fields(self, depth: int = 0) -> dict[int, Any]:
        """Field number to value; lists and maps are skipped."""
        if depth > _DEPTH:
            raise _damaged()
        found: dict[int, Any] = {}
        number = 0
        while True:
            head = self._byte()
            if not head:
                return found
            step, kind = head >> 4, head & 15
            number = number + step if step else self._signed()
            found[number] = self._value(kind, depth)

    def _value(self, kind: int, depth: int) -> Any:
        if kind in (_TRUE, _FALSE):
            return kind == _TRUE
        if kind == _STRUCT:
            return self.fields(depth + 1)
        if kind in (_LIST, _SET):
            return self._list(depth)
        if kind in (_BINARY, _DOUBLE):
            return self._skip(self._unsigned() if kind == _BINARY else 8)
        if kind == _MAP or not 3 <= kind <= 6:
            raise _damaged()  # no page header holds one
        return self._byte() if kind == 3 else self._signed()

    def _list(self, depth: int) -> None:
        head = self._byte()
        size, kind = head >> 4, head & 15
        for _ in range(self._unsigned() if size == 15 else size):
            self._value(3 if kind in (_TRUE, _FALSE) else kind, depth + 1)

    def _byte(self) -> int:
        if self.at >= len(self.data):
            raise _damaged()
        self.at += 1
        return self.data[self.at - 1]

    def _skip(self, length: int) -> None:
        self.at += length
        if self.at > len(self.data):
            raise _damaged()

    def _unsigned(self) -> int:
        value = shift = 0
        while True:
            byte = self._byte()
            value |= (byte & 127) << shift
            shift += 7
            if not byte & 128:
                return value
            if shift > 63:
                raise _damaged()

    def _signed(self) -> int:
        value = self._unsigned()
        return (value >> 1) ^ -(value & 1)


def footer_length(data: bytes) -> int:
    """Length [bytes] of the footer that the end of the file states.

    Raises
    ------
    Refused
        ``encrypted`` or ``archive_damaged``.
    """
    if data[-4:] == b"PARE":
        raise Refused("encrypted")
    if len(data) < 12 or data[-4:] != b"PAR1":
        raise _damaged("cut short")
    length = int(struct.unpack("<I", data[-8:-4])[0])
    if length > len(data) - 12:
        raise _damaged()
    return length


def _damaged(reason: str = "page header") -> Refused:
    return Refused("archive_damaged", reason=reason)
