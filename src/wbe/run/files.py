"""Which files a campaign names: patterns inside its folder, and nothing outside of it."""

from __future__ import annotations

import re
from pathlib import Path

from wbe.run.folder import RECORD
from wbe.run.keys import wrong

#: (message, fix) of patterns that cannot be used.
Refusal = tuple[str, str]


def listed(
    patterns: list[str], base: Path, *, anywhere: bool, glob: bool
) -> tuple[list[Path], list[Refusal]]:
    """List the files of patterns, each once, in the order of the patterns and then of names.

    Parameters
    ----------
    patterns : list of str
        As written, relative to `base`.
    base : Path
        Folder of the campaign, or the working folder for what a person typed.
    anywhere : bool
        Whether a path may leave `base`; only for what a person typed.
    glob : bool
        Whether ``*`` and ``?`` are patterns.

    Returns
    -------
    tuple
        Absolute paths of the files, and what is wrong with patterns that name none.
    """
    files: dict[Path, None] = {}
    refused: list[Refusal] = []
    for pattern in patterns:
        found = [base / pattern] if anywhere else _matches(base, pattern, glob=glob)
        if found is None or not (anywhere or all(_is_within(f, base) for f in found)):
            refused.append(wrong("outside", pattern=repr(pattern)))
        elif not found or not all(f.is_file() for f in found):
            refused.append(_missing(pattern, anywhere=anywhere))
        else:
            files |= dict.fromkeys(f.resolve() for f in found)
    return list(files), refused


def is_ours(file: Path, base: Path) -> bool:
    """Tell hidden files, locks of open spreadsheets and results of a run from lab files."""
    inner = file.relative_to(base)
    if any(part.startswith((".", "~$")) for part in inner.parts):
        return True
    return any((base / parent / RECORD).is_file() for parent in inner.parents if parent.name)


def _missing(pattern: str, *, anywhere: bool) -> Refusal:
    return wrong("no_file" if anywhere else "no_match", pattern=repr(pattern))


def _matches(base: Path, pattern: str, *, glob: bool) -> list[Path] | None:
    """Files that a pattern names, sorted by code points; None if it leaves the folder."""
    parts = Path(pattern.replace("\\", "/")).parts
    if Path(pattern).is_absolute() or re.match(r"[A-Za-z]:|[\\/]", pattern) or ".." in parts:
        return None
    if not glob or not re.search(r"[*?\[]", pattern):
        return [base.joinpath(*parts)]
    found = (f for f in base.glob("/".join(parts)) if f.is_file() and not is_ours(f, base))
    return sorted(found, key=lambda f: f.relative_to(base).as_posix())


def _is_within(file: Path, folder: Path) -> bool:
    return file.resolve().is_relative_to(folder.resolve())
