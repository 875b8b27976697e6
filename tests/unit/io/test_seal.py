"""Sealed files notice every changed byte."""

from __future__ import annotations

import json

import pytest

from wbe.io.seal import opened, sealed

CONTENT = {"title": "县", "numbers": [1, 2.5, None], "empty": "", "checksum": "of another time"}


def test_a_sealed_file_is_json_and_opens_to_its_content() -> None:
    text = sealed(CONTENT)
    assert list(json.loads(text)) == ["title", "numbers", "empty", "checksum"]
    assert opened(text.encode()) == {k: v for k, v in CONTENT.items() if k != "checksum"}
    assert sealed(opened(text.encode())) == text


@pytest.mark.parametrize("bit", [1, 0x10, 0x20, 0x80])
def test_no_byte_can_be_changed(bit: int) -> None:
    data = sealed(CONTENT).encode()
    for i in range(len(data)):
        with pytest.raises(ValueError):
            opened(data[:i] + bytes([data[i] ^ bit]) + data[i + 1 :])


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"checksum": 3}', b'{"checksum": ""}\n'])
def test_what_was_never_sealed_does_not_open(data: bytes) -> None:
    with pytest.raises(ValueError):
        opened(data)


def test_nothing_can_be_cut_off_or_added() -> None:
    data = sealed(CONTENT).encode()
    for changed in (data[:-1], data + b"\n", data + data, data[: len(data) // 2]):
        with pytest.raises(ValueError):
            opened(changed)
