"""run.json: what went in, what was assumed, what came out. Enough to repeat a run and to trust it.

No absolute path, user or machine name is ever written; inputs go by their name inside the
campaign, or by their base name where they lie elsewhere.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import platform
from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from wbe.errors import EnvironmentFault, Said, UsageError
from wbe.io.seal import opened, sealed
from wbe.run import instrument
from wbe.run.config import Config
from wbe.run.disk import checksum
from wbe.run.folder import RECORD
from wbe.run.public_part import seen_by_public
from wbe.run.words import both

SCHEMA = 1
#: What tells one input from another; the rest of its entry says what became of it.
IDENTITY = ("kind", "name", "sha256", "bytes")
PACKAGES = (
    "numpy", "pandas", "scipy", "xarray", "geopandas", "shapely", "pyproj", "matplotlib", "pint",
)  # fmt: skip
#: Keys of the record that a publication keeps; none of them can name a site or a sample.
PUBLISHED = (
    "schema", "title", "language", "factor_set", "factor_ids", "factors", "references",
    "error_model", "seed", "draws", "engine", "versions", "breaks", "tiers", "tier_counts",
    "privacy", "quality",
)  # fmt: skip
#: Parts of the record that have a table of their own on the page.
ELSEWHERE = (
    "factors", "references", "error_model", "findings", "populations", "tier_counts", "quality",
    "public", "withheld",
)  # fmt: skip


def created() -> str:
    """Time stamp in UTC; ``SOURCE_DATE_EPOCH`` replaces the clock.

    Raises
    ------
    UsageError
        If ``SOURCE_DATE_EPOCH`` is not a number of seconds.
    """
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    if not epoch:
        return datetime.now(UTC).isoformat(timespec="seconds")
    try:
        return datetime.fromtimestamp(int(epoch), UTC).isoformat(timespec="seconds")
    except (ValueError, OverflowError, OSError) as error:
        raise UsageError(f"SOURCE_DATE_EPOCH={epoch!r} is not a number of seconds") from error


def versions() -> dict[str, str]:
    """Versions of the package, Python and the libraries that make numbers and pictures."""
    from wbe import __version__

    found = {"wbe": __version__, "python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = ""
    return found


def input_name(path: Path, folder: Path) -> str:
    """Name of an input: relative to the campaign, or its base name outside of it."""
    if path.resolve().is_relative_to(folder):
        return path.resolve().relative_to(folder).as_posix()
    return path.name


def input_files(config: Config) -> list[tuple[str, Path]]:
    """Kind and path of every file that a campaign reads, the configuration last."""
    given: list[tuple[str, Path]] = []
    for field in fields(config.data):
        value = getattr(config.data, field.name)
        files = value if isinstance(value, tuple) else (value,)
        given += [(field.name, file) for file in files if isinstance(file, Path)]
    if config.data.sidecar is None:  # it is among the fields
        beside = instrument.sidecars(config.data.samples, instrument.of_campaign(config.data))
        given += [("sidecar", file) for file in beside]
    if config.name:
        given.append(("config", config.folder / config.name))
    return given


def inputs(config: Config) -> list[dict[str, Any]]:
    """Name, kind, SHA-256 and size of every file that goes in, and the rows of a database.

    A file that cannot be read has neither checksum nor size; reading it makes a finding of that.
    """
    stored = [] if config.data.database is None else [config.data.database.content()]
    return stored + [
        {"kind": kind, "name": input_name(file, config.folder), **_content(file)}
        for kind, file in input_files(config)
    ]


def _content(file: Path) -> dict[str, Any]:
    try:
        return {"sha256": checksum(file), "bytes": file.stat().st_size}
    except OSError:
        return {"sha256": "", "bytes": None}


def stamps(config: Config) -> dict[Path, tuple[int, int, int]]:
    """What changes when somebody writes to an input: size, time of the last change, file number.

    Returns
    -------
    dict of Path to tuple of int
    """
    found = {}
    for _, file in input_files(config):
        with contextlib.suppress(OSError):  # a file that is gone has none; reading it says so
            stat = file.stat()
            found[file] = (stat.st_size, stat.st_mtime_ns, stat.st_ino)
    return found


def require_unchanged(config: Config, before: Mapping[Path, tuple[int, int, int]]) -> None:
    """Refuse results of inputs that were written to while they were read.

    Raises
    ------
    EnvironmentFault
        Naming the inputs whose stamp is another one.
    """
    now = stamps(config)
    changed = sorted(
        input_name(f, config.folder) for f in {*before, *now} if before.get(f) != now.get(f)
    )
    if changed:
        raise EnvironmentFault(f"{', '.join(changed)}: changed during the run; run again")


def settings(config: Config, encoding: str | None = None) -> dict[str, Any]:
    """The effective configuration, defaults and overrides included, as plain values.

    Parameters
    ----------
    config : Config
    encoding : str, optional
        Encoding of the lab tables, where the command line gave one.
    """

    def named(value: Any) -> Any:
        if isinstance(value, tuple):
            return [named(item) for item in value]
        return input_name(value, config.folder) if isinstance(value, Path) else value

    data = {name: named(value) for name, value in asdict(config.data).items()}
    data["encoding"] = encoding
    return {
        "title": config.title,
        "language": config.language,
        "data": data,
        "estimate": {**asdict(config.estimate), "factors": factor_set(config)},
        "markers": dict(config.markers),
        "index": dict(config.index),
        "tiers": asdict(config.tiers),
        "quality": asdict(config.quality),
        "privacy": asdict(config.privacy),
    }


def factor_set(config: Config) -> str:
    """Name of the factor set of a campaign, or of its own table of factors."""
    table = config.data.factors
    return input_name(table, config.folder) if table else config.estimate.factors


def outputs(folder: Path) -> dict[str, str]:
    """SHA-256 of every file in the folder but the record."""
    files = sorted(f for f in folder.iterdir() if f.is_file() and f.name != RECORD)
    return {file.name: checksum(file) for file in files}


def write(record: Mapping[str, Any], folder: Path) -> None:
    """Write the record, which is the last file of a run; NaN becomes null."""
    (folder / RECORD).write_text(sealed(plain(record)), encoding="utf-8", newline="\n")


def read(folder: Path) -> dict[str, Any]:
    """Read the record of a finished run.

    Raises
    ------
    UsageError
        If the folder holds none that can be read, or it was changed.
    """
    try:
        data = (folder / RECORD).read_bytes()
        found = json.loads(data)
    except (OSError, ValueError) as error:
        raise UsageError(_no_run(folder)) from error
    if not isinstance(found, dict) or found.get("schema") != SCHEMA or "outputs" not in found:
        raise UsageError(both("usage.run_schema", path=folder / RECORD))
    try:
        return opened(data)
    except ValueError as error:
        raise UsageError(both("usage.run_changed", path=folder, names=RECORD)) from error


def _no_run(folder: Path) -> Said:
    """Say that a folder is no run, and which run a campaign holds where it is one."""
    from wbe.run.jobs import RESULTS

    inside = folder / RESULTS
    if (inside / RECORD).is_file():
        return both("usage.no_run_here", path=folder, record=RECORD, inside=inside)
    return both("usage.no_run", path=folder, record=RECORD)


def reduced(record: Mapping[str, Any]) -> dict[str, Any]:
    """Keep what a publication may say: no input name, no sample, no site, no count below areas."""
    seen = seen_by_public(record)
    kept = {key: seen[key] for key in PUBLISHED if key in seen}
    keys = ("kind", "sha256")
    sums = [{key: i[key] for key in keys if key in i} for i in seen["inputs"]]
    return {"kind": "publication", **kept, "inputs": sums, "created": record.get("created", "")}


def for_page(record: Mapping[str, Any], *, internal: bool) -> dict[str, Any]:
    """The record as the page prints it; a public one names no input file."""
    record = record if internal else seen_by_public(record)
    shown = {k: v for k, v in record.items() if k not in (*ELSEWHERE, "schema", "kind", "privacy")}
    if not internal:
        shown["inputs"] = reduced(record)["inputs"]
        config = {k: v for k, v in record["config"].items() if k != "data"}
        shown["config"] = {**config, "privacy": record["privacy"]}
    return {k: plain(v) for k, v in shown.items() if k not in ("created", "outputs")}


def plain(value: Any) -> Any:
    """Reduce to what JSON knows: numpy scalars, arrays, tuples and mappings included."""
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, str | bool | None):
        return value
    if isinstance(value, Path):
        return value.name
    if hasattr(value, "tolist"):  # numpy scalars and arrays
        return plain(value.tolist())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, int):
        return value
    if isinstance(value, Iterable):
        return [plain(v) for v in value]
    return str(value)
