"""What a row is by its words: a sub-total, a remark, or a row of quality control."""

from __future__ import annotations

import re
from functools import lru_cache

from wbe.io.words import load, plain, squeezed, word_set

# What laboratories hang on the id of the sample: S1-DUP, S1-MSD2, HL-18-1-FB. Not "-MS", which is
# a place as often as a matrix spike.
_ENDINGS = {"dup": "duplicate", "msd": "spike", "lcs": "control", "fb": "blank", "tb": "blank"}
_ENDING = re.compile(rf"[-_]({'|'.join(_ENDINGS)})[0-9]*$", re.IGNORECASE)


@lru_cache(maxsize=65536)
def is_subtotal(text: str) -> bool:
    """Whether a cell says that its row sums up others."""
    return len(text) < 20 and squeezed(text) in word_set("words", "subtotal", "exact")


@lru_cache(maxsize=65536)
def begins_remark(text: str) -> bool:
    """Whether a row that begins with this text is a remark about the table."""
    shown = plain(text).casefold()
    return shown.startswith(tuple(load("words")["subtotal"]["begins"])) or (
        ":" in shown and not shown[0].isdigit() and len(shown) > 4
    )


@lru_cache(maxsize=65536)
def control_kind(text: str, field_id: str) -> str:
    """``blank``, ``duplicate``, ``spike``, ``control``, or "" for an ordinary sample."""
    if not text:
        return ""
    words = load("words")["quality_control"]
    ending = _ENDING.search(text) if field_id == "sample_id" else None
    if ending:
        return _ENDINGS[ending[1].casefold()]
    whole = squeezed(plain(text))
    compact = whole.rstrip("0123456789#-_ ")
    for kind in ("blank", "duplicate", "spike", "control"):
        if compact in word_set("words", "quality_control", f"exact_{kind}"):
            return kind
        if field_id == "note":
            if compact in word_set("words", "quality_control", kind):
                return kind
        elif any(word in whole for word in words[kind]):
            return kind
    return ""
