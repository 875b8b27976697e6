"""What became of every campaign of a batch, on disk at every instant.

``.wbe-batch.json`` is replaced whole after each campaign, so a campaign is in exactly one of three
states: ``not started`` (this batch has not finished it), ``done``, ``failed`` with the reason.
The file informs people; resuming never trusts it, but compares checksums.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from wbe.io.seal import opened, sealed
from wbe.run import disk

NAME = ".wbe-batch.json"
LOCK = ".wbe-batch.lock"
NOT_STARTED, DONE, FAILED = "not started", "done", "failed"


@dataclass(frozen=True)
class Item:
    """One campaign of a batch.

    Parameters
    ----------
    campaign : str
        Its folder, or its configuration, as seen from the folder of the state file.
    results : str
        Its output folder, likewise.
    state : str
        ``not started``, ``done`` or ``failed``.
    code : int or None
        The exit code that the campaign alone would end with.
    reason : str
        Why it failed.
    """

    campaign: str
    results: str
    state: str = NOT_STARTED
    code: int | None = None
    reason: str = ""


def write(items: Sequence[Item], folder: Path) -> None:
    """Write the state file whole.

    Raises
    ------
    EnvironmentFault
        If the disk refuses; the previous states are then still there.
    """
    text = sealed({"kind": "batch", "campaigns": [asdict(item) for item in items]})
    with disk.replacing(folder / NAME) as part:
        part.write_text(text, encoding="utf-8", newline="\n")


def read(folder: Path) -> list[Item]:
    """Read the state file of a batch.

    Raises
    ------
    FileNotFoundError
        If there is none.
    ValueError
        If it was changed since it was written.
    """
    content: Mapping[str, Any] = opened((folder / NAME).read_bytes())
    return [Item(**entry) for entry in content["campaigns"]]
