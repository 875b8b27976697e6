"""Which campaigns a call asks for, with which settings, and where the results of each go."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wbe.errors import UsageError
from wbe.run.folder import Place
from wbe.run.state import Item
from wbe.run.words import both

RESULTS = "results"
#: Options of the command line that replace keys of the configurations.
OPTIONS = {
    "samples": "data.samples",
    "sites": "data.sites",
    "areas": "data.areas",
    "sidecar": "data.sidecar",
    "enrichment": "data.enrichment",
    "dilution": "data.dilution",
    "unit": "data.unit",
    "factors": "estimate.factors",
    "draws": "estimate.draws",
    "seed": "estimate.seed",
}


@dataclass(frozen=True)
class Job:
    """One campaign.

    Parameters
    ----------
    source : Path or tuple of Path
        campaign.toml or its folder; or lab files that make one campaign together.
    out : Path
        The folder to write, as a person would type it.
    """

    source: Path | tuple[Path, ...]
    out: Path

    @property
    def folder(self) -> Path:
        """The campaign's folder, absolute."""
        return _folder(self.source)

    @property
    def name(self) -> str:
        """What the campaign is called on the console."""
        return self.folder.name

    def item(self, home: Path) -> Item:
        """Its entry in the state file of a batch, not started."""
        source = self.folder
        if isinstance(self.source, Path) and self.source.suffix.lower() == ".toml":
            source /= self.source.name
        return Item(_seen_from(home, source), _seen_from(home, Place.at(self.out).out))


def listed(inputs: Sequence[Path], out: Path | None) -> list[Job]:
    """Sort the inputs of a call into campaigns.

    Parameters
    ----------
    inputs : sequence of Path
        campaign.toml files, folders that hold one, and lab files (together one campaign).
    out : Path, optional
        Folder to write; with several campaigns, the folder of their folders.

    Raises
    ------
    UsageError
        If two campaigns would write to one folder.
    """
    sources = list(_sources(inputs))
    if out is None:
        jobs = [Job(source, _folder(source) / RESULTS) for source in sources]
    elif len(sources) == 1:
        jobs = [Job(sources[0], out)]
    else:
        jobs = [Job(source, out / _folder(source).name) for source in sources]
    # Folded, since some file systems do not tell A from a.
    if len({str(Place.at(job.out).out).casefold() for job in jobs}) < len(jobs):
        if out is None:
            raise UsageError(both("usage.same"))
        raise UsageError(both("usage.name"))
    return jobs


def overrides(options: Mapping[str, Any]) -> dict[str, Any]:
    """Dotted keys of the configurations that options replace, as their file would say them."""
    given = {OPTIONS[name]: value for name, value in options.items() if value not in (None, ())}
    return {key: _as_written(value) for key, value in given.items()}


def home(jobs: Sequence[Job], out: Path | None) -> Path:
    """The folder of a batch's state file: ``--out``, or what the campaigns share.

    Campaigns that share no folder that can be written, such as those on two drives, keep the
    state beside the results of the first.
    """
    if out is not None:
        return out.resolve()
    try:
        shared = Path(os.path.commonpath([job.folder.parent for job in jobs]))
    except ValueError:  # different drives
        return jobs[0].folder
    is_root = shared == Path(shared.anchor)
    return jobs[0].folder if is_root or not os.access(shared, os.W_OK) else shared


def _sources(inputs: Sequence[Path]) -> Iterator[Path | tuple[Path, ...]]:
    """Campaigns one by one; the lab files together at last."""
    lab_files = []
    for path in inputs:
        if path.is_dir() or path.suffix.lower() == ".toml":
            yield path
        else:
            lab_files.append(path)
    if lab_files:
        yield tuple(lab_files)


def _folder(source: Path | tuple[Path, ...]) -> Path:
    if isinstance(source, tuple):
        return source[0].resolve().parent
    return source.resolve().parent if source.suffix.lower() == ".toml" else source.resolve()


def _seen_from(home: Path, path: Path) -> str:
    try:
        return Path(os.path.relpath(path, home)).as_posix()
    except ValueError:  # another drive
        return path.as_posix()


def _as_written(value: Any) -> Any:
    """An option as the file of a configuration would say it."""
    if isinstance(value, tuple):
        return list(value)
    return str(value) if isinstance(value, Path) else value
