"""A campaign computed by one process and written by another.

A worker reads the inputs and computes; it changes nothing that others see, so that it may be killed
and the work done again at any time. The process that was asked writes, under the locks and in the
order of every other run.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from wbe.errors import EnvironmentFault
from wbe.run import closing, disk, folder, outputs, record, room
from wbe.run.closing import Closing
from wbe.run.config import Config
from wbe.run.folder import Place


@dataclass(frozen=True)
class Made:
    """What a worker made of a campaign.

    Parameters
    ----------
    files : dict of str to bytes
        Every output but the run record.
    about : dict
        What the record has to say.
    closing : Closing
    """

    files: dict[str, bytes]
    about: dict[str, Any]
    closing: Closing


def make(config: Config, out: Path, language: str, encoding: str | None = None) -> Made:
    """Compute a campaign; for a worker, which needs the inputs under the same paths.

    Parameters
    ----------
    config : Config
    out : Path
        Where the results will go, as a person typed it.
    language : str
        Of the closing lines.
    encoding : str, optional
        Encoding of the lab tables.

    Raises
    ------
    WbeError
        As of every run; EnvironmentFault also for inputs that are not there.
    """
    with disk.faults(config.folder):
        results, inputs = outputs.computed(config, encoding=encoding)
    with TemporaryDirectory(prefix="wbe-") as name:
        target = Path(name)
        with disk.faults(target, lambda: room.needed(results)):
            about = outputs.fill(config, results, target, inputs=inputs, encoding=encoding)
            files = {file.name: file.read_bytes() for file in sorted(target.iterdir())}
    said = closing.closing(config, results, out, [*files, folder.RECORD], language)
    return Made(files, about, said)


def put(made: Made, config: Config, target: Path) -> None:
    """Write the folder of a campaign that a worker computed, whole or not at all.

    Parameters
    ----------
    made : Made
    config : Config
        The configuration that the worker was given.
    target : Path
        The output folder; a previous run's is replaced in one step at the end.

    Raises
    ------
    UsageError
        If the folder is not ours to replace.
    EnvironmentFault
        If the disk refuses, another run writes there, or the worker had other inputs or versions.
    """
    place = Place.at(target)
    outputs.require_usable(place, config, target)
    with folder.locked(place):
        try:
            new = folder.start(place)
            with disk.faults(new, lambda: sum(map(len, made.files.values()))):
                require_same(made.about, config)
                for name, data in made.files.items():
                    (new / name).write_bytes(data)
                outputs.sign(made.about, new)
            folder.finish(place)
        finally:
            folder.discard(place)


def require_same(about: Mapping[str, Any], config: Config) -> None:
    """Refuse what was made of other inputs, or by other versions, than those of here and now.

    Raises
    ------
    EnvironmentFault
        Naming what differs.
    """
    here = _identities(record.inputs(config))
    if files := sorted({str(one[1]) for one in _identities(about["inputs"]) ^ here}):
        raise EnvironmentFault(
            f"{', '.join(files)}: the worker read other contents than are here now; let workers "
            "see the same files, and run again"
        )
    theirs, ours = about["versions"], record.versions()
    differing = [
        f"{name} {theirs.get(name) or 'none'}, here {ours.get(name) or 'none'}"
        for name in sorted({*theirs, *ours})
        if theirs.get(name) != ours.get(name)
    ]
    if differing:
        raise EnvironmentFault(
            f"the worker has other versions ({'; '.join(differing)}); install the same everywhere"
        )


def _identities(entries: Iterable[Mapping[str, Any]]) -> set[tuple[Any, ...]]:
    return {tuple(entry.get(key) for key in record.IDENTITY) for entry in entries}
