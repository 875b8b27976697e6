"""The language of campaigns and finished runs, told before anything of them is checked.

A campaign that cannot be used still says in which language its people read why.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path

from wbe.run.config import FILE_NAME
from wbe.run.folder import RECORD

LANGUAGES = ("en", "zh")
_STATED = re.compile(r"^\s*language\s*=\s*[\"'](\w+)[\"']", re.MULTILINE)


def campaigns(paths: Iterable[Path]) -> str:
    """Return the language that all campaigns among the paths state; ``en`` where they differ.

    Parameters
    ----------
    paths : iterable of Path
        Configurations, folders that hold one, and other files, which say nothing.

    Returns
    -------
    str
        ``en`` or ``zh``.
    """
    return _common(_campaign(path / FILE_NAME if path.is_dir() else path) for path in paths)


def runs(folders: Iterable[Path]) -> str:
    """Return the language that all runs have; ``en`` where they differ or cannot be read."""
    return _common(_run(folder / RECORD) for folder in folders)


def _common(stated: Iterable[str]) -> str:
    said = {language for language in stated if language in LANGUAGES}
    return said.pop() if len(said) == 1 else LANGUAGES[0]


def _campaign(file: Path) -> str:
    if file.suffix != ".toml":
        return ""
    try:
        found = _STATED.search(file.read_text(encoding="utf-8-sig", errors="replace"))
    except OSError:
        return ""
    return found[1] if found else ""


def _run(file: Path) -> str:
    try:
        about = json.loads(file.read_bytes())
    except (OSError, ValueError):
        return ""
    return str(about.get("language", "")) if isinstance(about, dict) else ""
