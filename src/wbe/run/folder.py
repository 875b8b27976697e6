"""The folder that a run writes: built beside its place, swapped in whole, held by a lock.

Several files replaced one by one cannot be both whole and unmixed, so a run builds a sibling
folder and renames it. Beside an output folder ``results`` there may lie, hidden: the folder being
built ``.wbe-results.new``, the one moved aside ``.wbe-results.old`` and the lock
``.wbe-results.lock``. At every instant either the old or the new folder is whole on disk, and the
next start completes whatever a crash left.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from wbe.errors import EnvironmentFault, UsageError
from wbe.io.seal import opened
from wbe.run import disk, lock
from wbe.run.disk import checksum, faults
from wbe.run.words import both

RECORD = "run.json"
#: Side files of SQLite that make no sense beside another database.
SIDE_FILES = ("-wal", "-shm", "-journal")
#: What runs and publications write, where a damaged record no longer says which it was.
WRITTEN = (
    "estimates.csv", "estimates.nc", "findings.csv", "tiers.csv", "tiers.xlsx", "areas.gpkg",
    "map.png", "map.svg", "report.html", "changes.csv", "ranks.csv", "changes.public.csv",
    "ranks.public.csv",
)  # fmt: skip


@dataclass(frozen=True)
class Place:
    """The output folder and its hidden neighbours.

    Parameters
    ----------
    out : Path
        The folder that people open, absolute.
    """

    out: Path

    @classmethod
    def at(cls, out: str | Path) -> Place:
        """Place an output folder; a link is followed once, here."""
        return cls(Path(out).resolve())

    def _beside(self, kind: str) -> Path:
        return self.out.with_name(f".wbe-{self.out.name}.{kind}")

    @property
    def new(self) -> Path:
        """The folder being built."""
        return self._beside("new")

    @property
    def old(self) -> Path:
        """The previous results, moved aside for the moment of the swap."""
        return self._beside("old")

    @property
    def gone(self) -> Path:
        """The previous results once nothing in them is wanted any more."""
        return self._beside("gone")

    @property
    def lock(self) -> Path:
        """The lock file."""
        return self._beside("lock")


def require_usable(
    place: Place,
    inputs: Iterable[Path],
    *,
    typed: Path | None = None,
    choose: str = "--out",
    base: Path | None = None,
) -> None:
    """Refuse an output folder that would harm something, before anything is computed.

    Parameters
    ----------
    place : Place
    inputs : iterable of Path
        Files that are read.
    typed : Path, optional
        The folder as the person wrote it, for messages.
    choose : str
        What to choose another of, as the command names it.
    base : Path, optional
        Folder of the campaign. Its folders that hold inputs hold no results: patterns such as
        ``lab/**/*.csv`` would find them there.

    Raises
    ------
    UsageError
        If it is a file, holds an input, lies among inputs, or holds files and is not the folder
        of a run.
    """
    out, name = place.out, typed if typed is not None else place.out.name
    if out.exists() and not out.is_dir():
        raise UsageError(both("usage.is_file", name=name, choose=choose))
    for file in (f.resolve() for f in inputs):
        if file.is_relative_to(out):
            raise UsageError(both("usage.holds_input", name=name, input=file.name, choose=choose))
        if base is not None and (among := _folder_of(file, base)) and out.is_relative_to(among):
            raise UsageError(
                both("usage.among_inputs", name=name, folder=among.name, choose=choose)
            )
    if out.is_dir() and any(out.iterdir()) and not (out / RECORD).is_file():
        raise UsageError(both("usage.foreign", name=name, choose=choose))


def _folder_of(file: Path, base: Path) -> Path | None:
    """The folder in `base` under which a file lies; none for files beside the configuration."""
    inner = file.relative_to(base).parts if file.is_relative_to(base) else ()
    return base / inner[0] if len(inner) > 1 else None


@contextlib.contextmanager
def locked(place: Place) -> Iterator[None]:
    """Hold the lock of an output folder, so that two runs never mix.

    Raises
    ------
    EnvironmentFault
        If another process holds it (named by its id), or the folder or its place cannot be
        written.
    """
    if place.out.is_dir() and not os.access(place.out, os.W_OK | os.X_OK):
        raise EnvironmentFault(
            both("fault.closed", folder=place.out, why=os.strerror(errno.EACCES))
        )
    with faults(place.out.parent):
        place.out.parent.mkdir(parents=True, exist_ok=True)
    with lock.held(place.lock, place.out):
        yield


def start(place: Place) -> Path:
    """Recover what a crash left and return a fresh, empty folder to build in.

    Raises
    ------
    EnvironmentFault
        If the disk refuses.
    """
    with faults(place.new):
        recover(place)
        _remove(place.new)
        place.new.mkdir()
    return place.new


def recover(place: Place) -> None:
    """Complete an interrupted swap: forwards if the new folder is whole, else backwards."""
    if place.old.is_dir() and not place.out.exists():
        try:
            disk.rename(place.new if is_whole(place.new) else place.old, place.out)
        except (OSError, EnvironmentFault):
            if place.out.exists():
                raise
            disk.rename(place.old, place.out)
    if place.old.is_dir():
        _keep_foreign(place.old, place.out)
        _remove(place.gone)
        os.replace(place.old, place.gone)  # in one step, so that half of it is never taken for ours
    _remove(place.gone)


def finish(place: Place) -> None:
    """Put the built folder on disk and swap it in; the previous one is removed last.

    Raises
    ------
    EnvironmentFault
        If the disk refuses; the previous results are then still in their place.
    """
    with faults(place.out):
        _sync_tree(place.new)
        try:
            if place.out.exists():
                disk.rename(place.out, place.old)
            disk.rename(place.new, place.out)
            disk.sync(place.out.parent)
        finally:
            recover(place)


def discard(place: Place) -> None:
    """Remove what was built and not swapped in."""
    with contextlib.suppress(OSError):
        _remove(place.new)


def is_whole(folder: Path) -> bool:
    """Tell whether a folder holds a run record and every output it lists, unchanged."""
    return not changed_outputs(folder)


def changed_outputs(folder: Path) -> list[str]:
    """Names of outputs that are missing or differ from the run record, the record included."""
    try:
        outputs = opened((folder / RECORD).read_bytes())["outputs"].items()
    except (OSError, ValueError, KeyError, AttributeError):
        return [RECORD]
    return [
        name
        for name, sha in sorted(outputs)
        if not (folder / name).is_file() or checksum(folder / name) != sha
    ]


def _keep_foreign(old: Path, out: Path) -> None:
    """Move files that people put beside the outputs (notes, styles) into the new folder."""
    try:
        ours = {RECORD, *opened((old / RECORD).read_bytes())["outputs"]}
    except (OSError, ValueError, KeyError, TypeError):
        ours = {RECORD, *WRITTEN}
    for file in sorted(old.iterdir()):
        is_side = any(file.name == name + side for name in ours for side in SIDE_FILES)
        if file.name not in ours and not is_side and not (out / file.name).exists():
            os.replace(file, out / file.name)


def _remove(folder: Path) -> None:
    if folder.is_dir():
        shutil.rmtree(folder)


def _sync_tree(folder: Path) -> None:
    """Put every file on disk, the run record last, then the folder itself."""
    files = sorted((f for f in folder.rglob("*") if f.is_file()), key=lambda f: f.name == RECORD)
    for file in files:
        disk.sync(file)
    disk.sync(folder)
