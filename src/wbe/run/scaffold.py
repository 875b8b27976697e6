"""A campaign folder to begin with: it runs at once and says what every line is for."""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from wbe.errors import UsageError
from wbe.run.folder import faults


def create(folder: Path, language: str = "en") -> list[Path]:
    """Write a commented campaign with small synthetic data into an empty or new folder.

    Parameters
    ----------
    folder : Path
        Made with its parents if it does not exist.
    language : str
        Language of map and report: ``en`` or ``zh``.

    Returns
    -------
    list of Path
        The files written, sorted.

    Raises
    ------
    UsageError
        If the folder holds anything, or is a file.
    EnvironmentFault
        If the disk refuses.
    """
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder.name} is a file; choose a new folder")
    if folder.is_dir() and any(folder.iterdir()):
        raise UsageError(f"{folder.name}/ is not empty; choose a new folder")
    with faults(folder):
        written = _copy(files("wbe.run").joinpath("scaffold"), folder)
        config = folder / "campaign.toml"
        text = config.read_text(encoding="utf-8")
        text = text.replace('language = "en"', f'language = "{language}"')
        config.write_text(text, encoding="utf-8", newline="\n")
    return sorted(written)


def _copy(source: Traversable, target: Path) -> list[Path]:
    target.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    for item in source.iterdir():
        if item.is_dir():
            written += _copy(item, target / item.name)
        else:
            (target / item.name).write_bytes(item.read_bytes())
            written.append(target / item.name)
    return written
