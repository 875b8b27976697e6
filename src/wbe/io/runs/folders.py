"""A finished run read back from its folder, every file held against its checksum."""

from __future__ import annotations

import glob
import hashlib
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from wbe.errors import UsageError
from wbe.findings import Findings
from wbe.io.seal import opened
from wbe.io.sources import shown_names
from wbe.io.write import bare_text, read_tier_table

if TYPE_CHECKING:
    import pandas as pd

RECORD: Final = "run.json"
SCHEMA: Final = 1
TIERS, CHANGES, ESTIMATES = "tiers.csv", "changes.csv", "estimates.csv"
#: Kind of a folder that joined runs were written to.
DASHBOARD: Final = "dashboard"
_MAGIC: Final = "*?["
#: Digits of the checksum by which a run is called.
_ID: Final = 12
#: Keys of a record that every run and publication has.
_NEEDED: Final = frozenset({"schema", "kind", "title", "language", "privacy", "tiers", "versions",
                            "factor_set", "factor_ids", "draws", "seed", "outputs"})  # fmt: skip
_NUMBERS: Final = ("ratio", "lower", "upper", "p", "detectable", "n_kept", "n_before", "n_after")


@dataclass(frozen=True)
class RunFolder:
    """A folder whose record is whole and whose outputs are those of the record.

    Attributes
    ----------
    path : Path
    name : str
        As findings call it.
    id : str
        First digits of the SHA-256 of its run.json.
    about : mapping
        Content of run.json.
    """

    path: Path
    name: str
    id: str
    about: Mapping[str, Any]

    @property
    def internal(self) -> bool:
        """Whether the run was for an internal audience."""
        return str(self.about["privacy"]["audience"]) == "internal"

    @property
    def is_publication(self) -> bool:
        """Whether this is what ``wbe publish`` made of a run."""
        return self.about.get("kind") == "publication"

    @cached_property
    def tiers(self) -> pd.DataFrame:
        """Rows of tiers.csv."""
        return read_tier_table(self.path / TIERS)

    @cached_property
    def rounds(self) -> frozenset[str]:
        """Rounds that it holds."""
        return frozenset(self.tiers["round"])

    def changes(self) -> pd.DataFrame | None:
        """Rows of changes.csv; None where the run has none."""
        return self._table(CHANGES, _NUMBERS)

    def estimates(self) -> pd.DataFrame | None:
        """Rows of estimates.csv of an internal run; None of a public one."""
        if not self.internal:
            return None
        return self._table(ESTIMATES, ("value", "lower", "upper"))

    def text(self, name: str) -> str:
        """Text of an output; empty where the run did not write it."""
        if name not in self.about["outputs"]:
            return ""
        return (self.path / name).read_text(encoding="utf-8-sig")

    def _table(self, name: str, numbers: Iterable[str]) -> pd.DataFrame | None:
        import pandas as pd

        if name not in self.about["outputs"]:
            return None
        frame = pd.read_csv(self.path / name, encoding="utf-8-sig", dtype=str,
                            keep_default_na=False)  # fmt: skip
        for column in frame.columns:
            if column in numbers:
                frame[column] = pd.to_numeric(frame[column]).astype(float)
            else:
                frame[column] = [bare_text(value) for value in frame[column]]
        return frame


def folders(given: str | os.PathLike[str] | Iterable[str | os.PathLike[str]]) -> list[Path]:
    """Return the folders that paths and patterns mean, each once.

    Parameters
    ----------
    given : str, path, or iterable of them
        Folders of runs, run.json files, or patterns such as ``runs/*``. Of a pattern only what
        holds a folder counts; hidden ones (a run that is being written) are left out.

    Raises
    ------
    UsageError
        Nothing is given, a pattern means no folder, or a path is no folder.
    """
    several = [given] if isinstance(given, str | os.PathLike) else list(given)
    if not several:
        raise UsageError("no run was given: name folders of runs, or a pattern such as runs/*")
    found: dict[Path, Path] = {}
    for one in several:
        for folder in _meant(os.fspath(one)):
            found.setdefault(folder.resolve(), folder)
    return list(found.values())


def _meant(text: str) -> list[Path]:
    """Folders of one path or pattern; a folder whose name holds a bracket is a folder."""
    path = Path(text)
    if path.is_dir():
        return [path]
    if path.name == RECORD and path.is_file():
        return [path.parent]
    if not any(sign in text for sign in _MAGIC):
        raise UsageError(f"{text}: there is no such folder of a run")
    # A bracket in the name of a folder that is there belongs to the name.
    there = next(folder for folder in path.parents if folder.is_dir())
    pattern = os.path.join(glob.escape(os.fspath(there)), path.relative_to(there))
    matches = (Path(match) for match in sorted(glob.glob(pattern, recursive=True)))
    found = [m.parent if m.name == RECORD else m for m in matches if m.is_dir() or m.name == RECORD]
    if not found:
        raise UsageError(f"{text}: the pattern means no folder; name folders of finished runs")
    return found


def open_folders(paths: list[Path], findings: Findings) -> list[RunFolder]:
    """Open the folders of runs; what is unfinished, damaged or changed becomes a finding."""
    opened_ones = (_opened(path, name, findings)
                   for path, name in zip(paths, shown_names(paths), strict=True))  # fmt: skip
    return [run for run in opened_ones if run is not None]


def _opened(path: Path, name: str, findings: Findings) -> RunFolder | None:
    record = path / RECORD
    if not record.is_file():
        findings.add("runs_unfinished", file=name)
        return None
    try:
        data = record.read_bytes()
        about = opened(data)
    except (OSError, ValueError, RecursionError):
        findings.add("runs_record_unreadable", file=name)
        return None
    if about.get("kind") == DASHBOARD:  # made of runs, and no run itself
        return None
    if not about.keys() >= _NEEDED or about["schema"] != SCHEMA or TIERS not in about["outputs"]:
        findings.add("runs_record_unreadable", file=name)
        return None
    changed = [n for n, sha in sorted(about["outputs"].items()) if _checksum(path / n) != sha]
    if changed:
        findings.add("runs_outputs_changed", file=name, value=", ".join(changed))
        return None
    return RunFolder(path, name, hashlib.sha256(data).hexdigest()[:_ID], about)


def _checksum(path: Path) -> str:
    """SHA-256 of a file; empty where it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""
