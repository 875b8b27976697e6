"""The files that a campaign.toml names: found, and looked into where they hold settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wbe.run import files
from wbe.run.database import SampleTable
from wbe.run.keys import (
    error_model_problem,
    is_layout_file,
    is_set_name,
    layouts_problem,
    limits_problem,
    reference_problem,
    wrong,
)
from wbe.run.problems import Problem


@dataclass(frozen=True)
class Data:
    """The input files: absolute paths; of exports of instruments what they do not say themselves.

    ``only_rounds`` are the rounds to use (empty: all). Samples are files or those of `database`.
    """

    samples: tuple[Path, ...]
    sites: Path | None = None
    areas: Path | None = None
    catchments: Path | None = None
    indicators: Path | None = None
    sidecar: Path | None = None
    enrichment: float | None = None
    dilution: float | None = None
    unit: str | None = None
    factors: Path | None = None
    limits: Path | None = None
    reference: Path | None = None
    error_model: Path | None = None
    layout: str = "auto"
    layouts: tuple[Path, ...] = ()
    only_rounds: tuple[str, ...] = ()
    database: SampleTable | None = None


def data_of(
    values: Mapping[str, Any],
    folder: Path,
    overridden: set[str],
    lines: Mapping[str, int],
    problems: list[Problem],
) -> Data:
    """Turn the path keys into absolute paths of existing files.

    Parameters
    ----------
    values : mapping of str to object
        Every key with its value.
    folder : Path
        Of the campaign; paths that are not `overridden` stay inside it.
    overridden : set of str
        Keys whose paths are relative to the working folder.
    lines : mapping of str to int
        Line of each key.
    problems : list of Problem
        Added to.
    """

    def paths(key: str, patterns: list[str]) -> list[Path]:
        anywhere = key in overridden
        base = Path.cwd() if anywhere else folder
        found, refused = files.listed(patterns, base, anywhere=anywhere, glob=key == "data.samples")
        problems.extend(Problem(key, lines.get(key), *verdict) for verdict in refused)
        return found

    def path(key: str) -> Path | None:
        is_path = key != "estimate.factors" or not is_set_name(values[key])
        found = paths(key, [values[key]]) if values[key] and is_path else []
        return found[0] if found else None

    key, stored = "data.samples", values["data.database"]
    if stored and values[key]:
        problems.append(Problem("data.database", lines.get("data.database"), *wrong("two_sources")))
    elif not (stored or values[key]) and not {p.key for p in problems} & {key, "data.database"}:
        problems.append(Problem(key, lines.get("data"), *wrong("samples")))
    layouts = _layout_files(values["data.layout"], folder, paths)
    if verdict := layouts_problem(layouts):
        problems.append(Problem("data.layout", lines.get("data.layout"), *verdict))
    errors = path("estimate.error_model")
    if errors is not None and (verdict := error_model_problem(errors)):
        line = lines.get("estimate.error_model")
        problems.append(Problem("estimate.error_model", line, *verdict))
    limits = path("quality.limits")
    if limits is not None and (verdict := limits_problem(limits)):
        problems.append(Problem("quality.limits", lines.get("quality.limits"), *verdict))
    reference = path("tiers.reference")
    if reference is not None and (verdict := reference_problem(reference)):
        problems.append(Problem("tiers.reference", lines.get("tiers.reference"), *verdict))
    return Data(
        samples=tuple(paths(key, values[key] or [])),
        sites=path("data.sites"),
        areas=path("data.areas"),
        catchments=path("data.catchments"),
        indicators=path("data.indicators"),
        sidecar=path("data.sidecar"),
        enrichment=values["data.enrichment"],
        dilution=values["data.dilution"],
        unit=values["data.unit"],
        factors=path("estimate.factors"),
        limits=limits,
        reference=reference,
        error_model=errors,
        layout=values["data.layout"],
        layouts=layouts,
        only_rounds=tuple(values["data.only_rounds"] or ()),
        database=_database(stored, paths) if stored else None,
    )


def _database(
    stated: Mapping[str, str], paths: Callable[[str, list[str]], list[Path]]
) -> SampleTable | None:
    """The table or query, in a file of the campaign or where the environment says."""
    asked = stated.get("table") or stated["query"]
    if "url_env" in stated:
        return SampleTable(asked, stated["url_env"])
    found = paths("data.database", [stated["file"]])
    return SampleTable(asked, file=found[0]) if found else None


def _layout_files(
    layout: str, folder: Path, paths: Callable[[str, list[str]], list[Path]]
) -> tuple[Path, ...]:
    """The layout file that is named; else those in the folder ``layouts`` of the campaign."""
    if is_layout_file(layout):
        return tuple(paths("data.layout", [layout]))
    return tuple(sorted((folder / "layouts").glob("*.layout.toml"), key=lambda f: f.name))
