"""JSON files that notice when a byte of theirs was changed.

The last key, ``checksum``, is the SHA-256 of the file's own text with that value left empty. It
guards against torn disks and well-meant edits, not against somebody who computes it anew.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

KEY = "checksum"


def sealed(content: Mapping[str, Any]) -> str:
    """The text of a JSON object with its checksum, as it is written to disk.

    Parameters
    ----------
    content : mapping
        Plain values; a ``checksum`` among them is replaced.

    Raises
    ------
    ValueError
        If a number is not finite.
    """
    plain = {key: value for key, value in content.items() if key != KEY}
    text = json.dumps({**plain, KEY: ""}, ensure_ascii=False, indent=2, allow_nan=False) + "\n"
    head, _, tail = text.rpartition('""')
    return f'{head}"{_digest(text)}"{tail}'


def opened(data: bytes) -> dict[str, Any]:
    """Parse a sealed file and take the seal off.

    Raises
    ------
    ValueError
        If it is not the JSON object that was sealed, byte for byte.
    """
    text = data.decode("utf-8")
    content = json.loads(text)
    if not isinstance(content, dict):
        raise ValueError("no JSON object")
    seal = content.pop(KEY, None)
    if not isinstance(seal, str):
        raise ValueError("no checksum")
    head, _, tail = text.rpartition(f'"{seal}"')
    if seal != _digest(f'{head}""{tail}'):
        raise ValueError("changed since it was written")
    return content


def _digest(text: str) -> str:
    return sha256(text.encode("utf-8")).hexdigest()
