"""The words of ``layouts/*.toml``, ready to compare with."""

from __future__ import annotations

import tomllib
import unicodedata
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

FULL_WIDTH = {0xFF01 + i: 0x21 + i for i in range(94)} | {0x3000: 0x20}


@cache
def load(name: str) -> dict[str, Any]:
    """Content of ``layouts/<name>.toml``."""
    file = files("wbe").joinpath("io").joinpath("layouts").joinpath(f"{name}.toml")
    return tomllib.loads(file.read_text(encoding="utf-8"))


@lru_cache(maxsize=16_384)
def plain(text: str) -> str:
    """Full-width ASCII to plain ASCII, every kind of blank to one; nothing else changes.

    Unlike NFKC this keeps what stands in units and coordinates: ``″``, ``º``, ``µ``, ``m³``.
    """
    return " ".join(text.translate(FULL_WIDTH).replace("\ufeff", "").split())


@lru_cache(maxsize=16_384)
def squeezed(text: str) -> str:
    """For comparing words: NFKC, lower case, no blanks."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


@cache
def word_set(file: str, table: str, entry: str) -> frozenset[str]:
    """One list of words, squeezed."""
    return frozenset(squeezed(word) for word in load(file)[table][entry])
