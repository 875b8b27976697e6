"""campaign.toml: read, checked whole, and completed with defaults.

Every problem of a file is found in one go. A value that cannot be used is an error and never
replaced by a default; a default is used only where the file says nothing.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from wbe import names
from wbe.errors import ConfigError
from wbe.run.data_files import Data, data_of
from wbe.run.key_rules import index_problems, together
from wbe.run.keys import (
    INDEX,
    KEYS,
    KINDS,
    check_dose,
    check_marker,
    suggest_key,
    wrong,
)
from wbe.run.problems import Problem, error_of, key_lines
from wbe.run.words import both

FILE_NAME = "campaign.toml"
#: ``"0.6 mg/day/inhabitant"``, ``{"calibrate": True}`` or ``{"value": "...", "rsd": 0.3}``.
Marker = str | dict[str, Any]
#: A dose id, or ``{"dose": "30 mg/dose", "source": "..."}``.
Dose = str | dict[str, str]
SECTIONS = ("data", "estimate", "markers", "index", "tiers", "quality", "privacy")


@dataclass(frozen=True)
class Estimate:
    """How consumption is estimated; the files of factors and errors stand with the data."""

    factors: str = "default"
    draws: int = 10_000
    seed: int = 1
    nondetects: str = "censored"
    population: str = "as_given"
    engine: str = "numpy"


@dataclass(frozen=True)
class Tiers:
    """How areas are classified; the arguments of :func:`wbe.spatial.rank`.

    The file of a reference set stands with the data, the doses of an index in their own section.
    """

    drug: str = "methamphetamine"
    quantity: str = "pn_mass_load"
    scheme: str = "fisher_jenks"
    breaks: tuple[float, ...] | None = None
    statistic: str | None = None
    labels: tuple[str, ...] = ("general", "moderate", "severe")
    floor: float | None = None
    rounds: str = "auto"
    map_round: str = "latest"
    reference_round: str = "first"


@dataclass(frozen=True)
class Quality:
    """How the batches of the laboratory are judged; the limits' file stands with the data.

    ``recovery_corrected`` is None where the campaign does not say it.
    """

    on_fail: str = "flag"
    recovery_corrected: bool | None = None


@dataclass(frozen=True)
class Privacy:
    """For whom the outputs are, and below which population an area stays hidden.

    ``consent`` maps a site to its record, ``name, date``, where the sites table has none.
    """

    audience: str = "public"
    purpose: str = ""
    approval: str = ""
    min_population: int = 5000
    consent: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Config:
    """One campaign, complete and checked.

    Parameters
    ----------
    folder : Path
        Folder of the configuration file (or of the first lab file), absolute.
    name : str
        Base name of the configuration file; empty without one.
    """

    folder: Path
    name: str
    title: str
    language: str
    data: Data
    estimate: Estimate = Estimate()
    markers: Mapping[str, Marker] = field(default_factory=lambda: MappingProxyType({}))
    index: Mapping[str, Dose] = field(default_factory=lambda: MappingProxyType({}))
    tiers: Tiers = Tiers()
    quality: Quality = Quality()
    privacy: Privacy = Privacy()


def load(path: str | Path, overrides: Mapping[str, Any] | None = None) -> Config:
    """Read one campaign.toml, or the folder that holds one.

    Parameters
    ----------
    path : str or Path
        The file or its folder.
    overrides : mapping of str to object, optional
        Dotted keys that replace what the file says, for example ``{"estimate.draws": 0}``. Their
        paths are relative to the working folder and may lie anywhere, since the person at the
        keyboard chose them.

    Raises
    ------
    ConfigError
        Naming every problem of the file with its key and line.
    """
    file = config_file(Path(path))
    config, problems = examine(file, overrides)
    if config is None:
        raise error_of(file, problems)
    return config


def without_file(samples: Iterable[Path], overrides: Mapping[str, Any] | None = None) -> Config:
    """Make the configuration of a campaign that has lab files only: defaults and overrides.

    Raises
    ------
    ConfigError
        If a lab file does not exist or an override cannot be used.
    """
    files = [Path(s) for s in samples]
    given = {**(overrides or {}), "data.samples": [str(f) for f in files]}
    folder = files[0].resolve().parent
    config, problems = _build({}, {}, folder, "", given)
    if config is None:
        raise error_of(Path(files[0].name), problems)
    return config


def examine(
    file: Path, overrides: Mapping[str, Any] | None = None
) -> tuple[Config | None, list[Problem]]:
    """Read one campaign.toml; return the configuration, or None and every problem."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        return None, [Problem("", None, *wrong("encoding"))]
    except OSError as error:
        return None, [Problem("", None, *wrong("unreadable", why=error.strerror or error))]
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"line (\d+)", str(error))
        line = int(found[1]) if found else None
        return None, [Problem("", line, *wrong("syntax", why=error))]
    return _build(raw, key_lines(text), file.resolve().parent, file.name, overrides or {})


def config_file(path: Path) -> Path:
    """Name the campaign.toml that `path` means: itself, or the one in the folder.

    Raises
    ------
    ConfigError
        If there is none.
    """
    if path.is_dir():
        path = path / FILE_NAME
    if not path.is_file():
        raise ConfigError(both("config.absent"), str(path))
    return path


def _build(
    raw: dict[str, Any],
    lines: Mapping[str, int],
    folder: Path,
    name: str,
    overrides: Mapping[str, Any],
) -> tuple[Config | None, list[Problem]]:
    """Check the parsed file key by key, then what keys say together."""
    problems: list[Problem] = []
    flat = _flatten(raw, lines, problems)
    markers = _markers(raw.get("markers", {}), lines, problems)
    doses = _doses(raw.get("index", {}), lines, problems)
    typed = {key: value for key, value in overrides.items() if value is not None}
    values = _values(flat | typed, lines, problems)
    known = {problem.key for problem in problems}
    values["tiers.quantity"] = values["tiers.quantity"] or _usual(values["tiers.drug"])
    problems += [*together(values, known, lines), *index_problems(values, doses, known, lines)]
    data = data_of(values, folder, set(typed), lines, problems)
    if problems:
        problems = [_typed(p) if p.key in typed else p for p in problems]
        return None, sorted(problems, key=lambda p: (p.line or 0, p.key))
    title = values["title"] or folder.name
    return Config(
        folder, name, title, values["language"], data, *_sections(values, markers, doses)
    ), []


def _typed(problem: Problem) -> Problem:
    """The problem of a value that was typed: no line of the file holds it."""
    message = both("config.typed", message=problem.message)
    return Problem(problem.key, None, message, problem.fix, typed=True)


def _flatten(
    raw: dict[str, Any], lines: Mapping[str, int], problems: list[Problem]
) -> dict[str, Any]:
    """Spread the sections to dotted keys; unknown keys and sections become problems."""
    flat: dict[str, Any] = {}
    for name, value in raw.items():
        if name in SECTIONS:
            if not isinstance(value, dict):
                problems.append(Problem(name, lines.get(name), *wrong("section", name=name)))
            elif name not in ("markers", "index"):
                flat |= {f"{name}.{key}": item for key, item in value.items()}
        else:
            flat[name] = value
    for key in [k for k in flat if k not in KEYS]:
        problems.append(Problem(key, lines.get(key), both("config.key"), suggest_key(key)))
        del flat[key]
    return flat


def _markers(raw: object, lines: Mapping[str, int], problems: list[Problem]) -> dict[str, Marker]:
    markers: dict[str, Marker] = {}
    for name, value in raw.items() if isinstance(raw, dict) else ():
        if verdict := check_marker(name, value):
            key = f"markers.{name}"
            problems.append(Problem(key, lines.get(key), *verdict))
        else:
            markers["water" if name == "water" else names.resolve("analyte", name) or name] = value
    return markers


def _doses(raw: object, lines: Mapping[str, int], problems: list[Problem]) -> dict[str, Dose]:
    """Doses of the index by drug."""
    doses: dict[str, Dose] = {}
    for name, value in raw.items() if isinstance(raw, dict) else ():
        if verdict := check_dose(name, value):
            key = f"index.{name}"
            problems.append(Problem(key, lines.get(key), *verdict))
        else:
            doses[str(names.resolve("drug", name))] = value
    return doses


def _usual(drug: str) -> str:
    """The quantity where none is named."""
    return INDEX if drug == INDEX else "pn_mass_load"


def _values(
    given: Mapping[str, Any], lines: Mapping[str, int], problems: list[Problem]
) -> dict[str, Any]:
    """Give every known key its value: as written where right, else its default and a problem."""
    values: dict[str, Any] = {}
    for key in KEYS.values():
        values[key.name] = key.default
        if key.name not in given:
            continue
        value = given[key.name]
        if not KINDS[key.kind](value):
            found = wrong("kind", value=repr(value), what=both(f"config.kind.{key.kind}"))
            problems.append(Problem(key.name, lines.get(key.name), *found))
        elif key.check and (verdict := key.check(value)):
            problems.append(Problem(key.name, lines.get(key.name), *verdict))
        else:
            values[key.name] = value
    return values


def _sections(
    values: Mapping[str, Any], markers: dict[str, Marker], doses: dict[str, Dose]
) -> tuple[Estimate, Mapping[str, Any], Mapping[str, Any], Tiers, Quality, Privacy]:
    def part(section: str) -> dict[str, Any]:
        return {k.partition(".")[2]: v for k, v in values.items() if k.startswith(f"{section}.")}

    tiers = {k: v for k, v in part("tiers").items() if k != "reference"}
    tiers["drug"] = (
        tiers["drug"] if tiers["drug"] == INDEX else names.resolve("drug", tiers["drug"])
    )
    tiers["scheme"] = tiers["scheme"] or ("fixed" if tiers["breaks"] else "fisher_jenks")
    tiers["breaks"] = tuple(map(float, tiers["breaks"])) if tiers["breaks"] else None
    tiers["labels"] = tuple(tiers["labels"])
    estimate = {k: v for k, v in part("estimate").items() if k != "error_model"}
    quality = {k: v for k, v in part("quality").items() if k != "limits"}
    privacy = {k: v for k, v in part("privacy").items() if v is not None}
    return (
        Estimate(**estimate),
        MappingProxyType(markers),
        MappingProxyType(doses),
        Tiers(**tiers),
        Quality(**quality),
        Privacy(**privacy),
    )
