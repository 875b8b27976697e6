"""Published sets of robust statistics and agreement, with the results that others found."""

import json
from functools import cache
from pathlib import Path
from typing import Any

PATH = Path(__file__).resolve().parent / "published" / "interlaboratory.json"


@cache
def published(name: str) -> dict[str, Any]:
    """Values of a set under their own keys, results under ``expected``."""
    found: dict[str, Any] = json.loads(PATH.read_text(encoding="utf-8"))[name]
    return found
