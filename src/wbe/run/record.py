"""run.json: what went in, what was assumed, what came out. Enough to repeat a run and to trust it.

No absolute path, user or machine name is ever written; inputs go by their name inside the
campaign, or by their base name where they lie elsewhere.
"""

from __future__ import annotations

import json
import math
import os
import platform
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from wbe.errors import UsageError
from wbe.run.config import Config
from wbe.run.folder import RECORD, checksum

SCHEMA = 1
FILES = ("sites", "areas", "indicators", "factors")
PACKAGES = (
    "numpy", "pandas", "scipy", "xarray", "geopandas", "shapely", "pyproj", "matplotlib", "pint",
)  # fmt: skip
#: Keys of the record that a publication keeps; none of them can name a site or a sample.
PUBLISHED = (
    "schema", "title", "language", "factor_set", "factor_ids", "factors", "references",
    "error_model", "seed", "draws", "engine", "versions", "breaks", "tiers", "tier_counts",
    "privacy",
)  # fmt: skip
#: Parts of the record that have a table of their own on the page.
ELSEWHERE = ("factors", "references", "error_model", "findings", "populations", "tier_counts")


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


def inputs(config: Config) -> list[dict[str, Any]]:
    """Name, kind, SHA-256 and size of every file that went in."""
    data = config.data
    given = [("samples", f) for f in data.samples]
    given += [(kind, f) for kind in FILES if (f := getattr(data, kind)) is not None]
    if config.name:
        given.append(("config", config.folder / config.name))
    return [
        {
            "kind": kind,
            "name": input_name(file, config.folder),
            "sha256": checksum(file),
            "bytes": file.stat().st_size,
        }
        for kind, file in given
    ]


def settings(config: Config) -> dict[str, Any]:
    """The effective configuration, defaults and overrides included, as plain values."""
    data = asdict(config.data)
    for kind in FILES:
        data[kind] = input_name(data[kind], config.folder) if data[kind] else None
    data["samples"] = [input_name(file, config.folder) for file in data["samples"]]
    return {
        "title": config.title,
        "language": config.language,
        "data": data,
        "estimate": {**asdict(config.estimate), "factors": _factors(config)},
        "markers": dict(config.markers),
        "tiers": asdict(config.tiers),
        "privacy": asdict(config.privacy),
    }


def _factors(config: Config) -> str:
    table = config.data.factors
    return input_name(table, config.folder) if table else config.estimate.factors


def outputs(folder: Path) -> dict[str, str]:
    """SHA-256 of every file in the folder but the record."""
    files = sorted(f for f in folder.iterdir() if f.is_file() and f.name != RECORD)
    return {file.name: checksum(file) for file in files}


def write(record: Mapping[str, Any], folder: Path) -> None:
    """Write the record, which is the last file of a run; NaN becomes null."""
    text = json.dumps(plain(record), ensure_ascii=False, indent=2, allow_nan=False)
    (folder / RECORD).write_text(text + "\n", encoding="utf-8", newline="\n")


def read(folder: Path) -> dict[str, Any]:
    """Read the record of a finished run.

    Raises
    ------
    UsageError
        If the folder holds none that can be read.
    """
    try:
        found = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"{folder} is not a finished run: no readable {RECORD}") from error
    if not isinstance(found, dict) or found.get("schema") != SCHEMA or "outputs" not in found:
        raise UsageError(f"{folder / RECORD} is not a run record that this version reads")
    return found


def reduced(record: Mapping[str, Any]) -> dict[str, Any]:
    """Keep what a publication may say: no input name, no sample, no site, no count below areas."""
    kept = {key: record[key] for key in PUBLISHED if key in record}
    sums = [{"kind": i["kind"], "sha256": i["sha256"]} for i in record.get("inputs", [])]
    return {"kind": "publication", **kept, "inputs": sums, "created": record.get("created", "")}


def for_page(record: Mapping[str, Any], *, internal: bool) -> dict[str, Any]:
    """The record as the page prints it; a public one names no input file."""
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
