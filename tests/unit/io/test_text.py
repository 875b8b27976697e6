"""From bytes to text: kinds of files and the encoding ladder."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wbe.errors import UsageError
from wbe.io.text import Refused, decode, kind_of

HEADER = "样品编号,采样点位,检测项目\n"


@pytest.mark.parametrize(
    ("codec", "name"),
    [
        ("utf-8", "utf-8"), ("utf-8-sig", "utf-8-sig"), ("utf-16", "utf-16"),
        ("gbk", "gb18030"), ("gb2312", "gb18030"), ("gb18030", "gb18030"),
    ],
)  # fmt: skip
def test_the_ladder(codec: str, name: str) -> None:
    decoded = decode(HEADER.encode(codec))
    assert (decoded.text, decoded.encoding) == (HEADER, name)


def test_rare_characters_survive_gb18030() -> None:
    text = "采样点,滘埗漖冚𠮷\n"
    assert decode(text.encode("gb18030")).text == text


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b"\xff\xfe\x00", "encoding_invalid"), (b"\xef\xbb\xbf\xff", "encoding_invalid"),
        (b"a,b\n\x00\x01", "not_text"), (b"a\x07b", "not_text"),
        (b"\xff\xff\xff", "encoding_invalid"),
    ],
)  # fmt: skip
def test_what_is_no_text(data: bytes, rule: str) -> None:
    with pytest.raises(Refused) as caught:
        decode(data)
    assert caught.value.rule == rule


def test_the_line_of_a_bad_byte_is_named() -> None:
    with pytest.raises(Refused) as caught:
        decode("a,b\n好,".encode() + b"\xff\xff")
    assert caught.value.line == 2


def test_a_named_encoding_is_used_strictly() -> None:
    assert decode("é".encode("cp1252"), "cp1252").text == "é"
    with pytest.raises(Refused):
        decode("é".encode("cp1252"), "utf-8")
    with pytest.raises(UsageError):
        decode(b"", "nonsense")


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"", "empty"), (b" \r\n\t", "empty"), (b"a,b", "text"), (b"<HTML><body>", "html"),
        (b"\xef\xbb\xbf <!DOCTYPE html>", "html"), (b"PK\x03\x04..", "zip"), (b"PAR1", "parquet"),
        (b"%PDF-1.4", "pdf"), (b"<5,ng/L", "text"),
        (b'<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?>', "xml"),
    ],
)  # fmt: skip
def test_kinds_by_their_first_bytes(data: bytes, kind: str) -> None:
    assert kind_of(data) == kind


@given(st.binary(max_size=200))
def test_no_bytes_break_the_decoder(data: bytes) -> None:
    kind_of(data)
    try:
        decoded = decode(data)
    except Refused as refused:
        assert refused.rule in ("not_text", "encoding_invalid")
    else:
        assert decoded.text.encode(decoded.encoding).decode(decoded.encoding) == decoded.text
