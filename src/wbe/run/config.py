"""campaign.toml: read, checked whole, and completed with defaults.

Every problem of a file is found in one go. A value that cannot be used is an error and never
replaced by a default; a default is used only where the file says nothing.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from wbe import names
from wbe.errors import ConfigError
from wbe.findings import Findings
from wbe.run import files
from wbe.run.keys import (
    KEYS,
    KINDS,
    check_marker,
    is_layout_file,
    is_set_name,
    layouts_problem,
    limits_problem,
    suggest_key,
)

FILE_NAME = "campaign.toml"
RULE = "config_invalid"
#: ``"0.6 mg/day/inhabitant"``, ``{"calibrate": True}`` or ``{"value": "...", "rsd": 0.3}``.
Marker = str | dict[str, Any]
SECTIONS = ("data", "estimate", "markers", "tiers", "quality", "privacy")


@dataclass(frozen=True)
class Problem:
    """One thing wrong with a configuration."""

    key: str
    line: int | None
    message: str
    fix: str

    def __str__(self) -> str:
        line = f"line {self.line}, " if self.line else ""
        where = f"{line}key {self.key!r}: " if self.key else ""
        return f"{where}{self.message}. {self.fix}"


@dataclass(frozen=True)
class Data:
    """The input files: absolute paths; of exports of instruments what they do not say themselves.

    ``only_rounds`` are the rounds to use (empty: all).
    """

    samples: tuple[Path, ...]
    sites: Path | None = None
    areas: Path | None = None
    indicators: Path | None = None
    sidecar: Path | None = None
    enrichment: float | None = None
    dilution: float | None = None
    unit: str | None = None
    factors: Path | None = None
    limits: Path | None = None
    layout: str = "auto"
    layouts: tuple[Path, ...] = ()
    only_rounds: tuple[str, ...] = ()


@dataclass(frozen=True)
class Estimate:
    """How consumption is estimated; the arguments of :func:`wbe.estimate`."""

    factors: str = "default"
    draws: int = 10_000
    seed: int = 1
    nondetects: str = "censored"
    population: str = "as_given"


@dataclass(frozen=True)
class Tiers:
    """How areas are classified; the arguments of :func:`wbe.spatial.rank`."""

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
    """For whom the outputs are, and below which population an area stays hidden."""

    audience: str = "public"
    purpose: str = ""
    approval: str = ""
    min_population: int = 5000


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
        raise _error(file, problems)
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
        raise _error(Path(files[0].name), problems)
    return config


def examine(
    file: Path, overrides: Mapping[str, Any] | None = None
) -> tuple[Config | None, list[Problem]]:
    """Read one campaign.toml; return the configuration, or None and every problem."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        return None, [Problem("", None, "the file is not UTF-8", "Save it as UTF-8 text.")]
    except OSError as error:
        why = f"cannot be read: {error.strerror or error}"
        return None, [Problem("", None, why, "Check the path and its permission.")]
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"line (\d+)", str(error))
        line = int(found[1]) if found else None
        at = f" (line {line})" if line else ""
        return None, [Problem("", line, f"not valid TOML{at}: {error}", "Mend the syntax.")]
    return _build(raw, key_lines(text), file.resolve().parent, file.name, overrides or {})


def findings_of(file: str, problems: Iterable[Problem]) -> Findings:
    """Turn the problems of a configuration into findings, as ``wbe check`` lists them."""
    found = Findings()
    for problem in problems:
        note(found, RULE, file, problem)
    return found


def note(found: Findings, rule: str, file: str, problem: Problem) -> None:
    """Add a finding about a configuration, at the key and line of the problem."""
    found.add(
        rule,
        file=file,
        line=problem.line,
        column=problem.key,
        problem=problem.message.rstrip("."),
        remedy=problem.fix,
    )


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
        raise ConfigError("there is no such file; wbe init DIR makes a campaign folder", str(path))
    return path


def key_lines(text: str) -> dict[str, int]:
    """Find the line of every key by a search of the text: dotted key -> 1-based line.

    tomllib keeps no positions; this scan knows ``[section]`` headers and ``key =`` at the start
    of a line, which is how people write the file.
    """
    lines: dict[str, int] = {}
    section = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if header := re.match(r"\s*\[\s*([^\[\]]+?)\s*\]", line):
            section = re.sub(r"[\"'\s]", "", header[1])
            lines.setdefault(section, number)
        elif key := re.match(r"\s*([A-Za-z0-9_\-.\"'\s]+?)\s*=", line):
            name = re.sub(r"[\"']", "", key[1]).replace(" ", "" if "." in key[1] else " ")
            lines.setdefault(f"{section}.{name}" if section else name, number)
    return lines


def _error(file: Path, problems: list[Problem]) -> ConfigError:
    if len(problems) == 1:
        one = problems[0]
        return ConfigError(f"{one.message}. {one.fix}", file.name, one.key, one.line)
    listed = "\n".join(f"  {problem}" for problem in problems)
    return ConfigError(f"{len(problems)} problems\n{listed}", file.name)


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
    typed = {key: value for key, value in overrides.items() if value is not None}
    values = _values(flat | typed, lines, problems)
    wrong = {problem.key for problem in problems}
    problems += _together(values, wrong, lines)
    data = _data(values, folder, set(typed), lines, problems)
    if problems:
        return None, sorted(problems, key=lambda p: (p.line or 0, p.key))
    title = values["title"] or folder.name
    return Config(folder, name, title, values["language"], data, *_sections(values, markers)), []


def _flatten(
    raw: dict[str, Any], lines: Mapping[str, int], problems: list[Problem]
) -> dict[str, Any]:
    """Spread the sections to dotted keys; unknown keys and sections become problems."""
    flat: dict[str, Any] = {}
    for name, value in raw.items():
        if name in SECTIONS:
            if not isinstance(value, dict):
                fix = f"Write [{name}] on a line of its own."
                problems.append(Problem(name, lines.get(name), "this must be a section", fix))
            elif name != "markers":
                flat |= {f"{name}.{key}": item for key, item in value.items()}
        else:
            flat[name] = value
    for key in [k for k in flat if k not in KEYS]:
        problems.append(Problem(key, lines.get(key), "unknown key", suggest_key(key)))
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
        what, is_right = KINDS[key.kind]
        if not is_right(value):
            fix = f"Write {what}."
            problems.append(Problem(key.name, lines.get(key.name), f"{value!r} is not {what}", fix))
        elif key.check and (verdict := key.check(value)):
            problems.append(Problem(key.name, lines.get(key.name), *verdict))
        else:
            values[key.name] = value
    return values


def _together(
    values: dict[str, Any], wrong: set[str], lines: Mapping[str, int]
) -> Iterable[Problem]:
    """What single keys cannot tell: breaks against scheme, labels and floor; audience."""

    def problem(key: str, message: str, fix: str) -> Problem:
        return Problem(key, lines.get(key, lines.get(key.partition(".")[0])), message, fix)

    breaks, labels, floor = (values[f"tiers.{k}"] for k in ("breaks", "labels", "floor"))
    scheme = values["tiers.scheme"]
    if breaks is None and scheme == "fixed" and "tiers.breaks" not in wrong:
        fix = "Give breaks = [..] in the quantity's unit."
        yield problem("tiers.scheme", "scheme 'fixed' has no breaks", fix)
    if breaks is not None and scheme not in (None, "fixed") and "tiers.scheme" not in wrong:
        fix = 'Leave breaks out, or write scheme = "fixed".'
        yield problem("tiers.breaks", f"scheme {scheme!r} computes its own breaks", fix)
    if breaks is not None and "tiers.labels" not in wrong and len(labels) != len(breaks) + 1:
        fix = f"{len(breaks)} breaks need {len(breaks) + 1} labels."
        yield problem("tiers.labels", f"{len(labels)} labels do not fit {len(breaks)} breaks", fix)
    if breaks and floor and floor >= breaks[0]:
        fix = "The floor lies below the first break."
        yield problem("tiers.floor", f"floor {floor} is not below {breaks[0]}", fix)
    if values["privacy.audience"] == "internal":
        for key in ("privacy.purpose", "privacy.approval"):
            if not values[key] and key not in wrong:
                fix = f'Write {key.partition(".")[2]} = "..."; it is printed on every page.'
                yield problem(key, f"audience 'internal' needs {key.partition('.')[2]}", fix)


def _data(
    values: Mapping[str, Any],
    folder: Path,
    overridden: set[str],
    lines: Mapping[str, int],
    problems: list[Problem],
) -> Data:
    """Turn the path keys into absolute paths of existing files."""

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

    key = "data.samples"
    if not values[key] and all(p.key != key for p in problems):
        fix = 'Write samples = ["lab/*.csv"] in [data].'
        problems.append(Problem(key, lines.get("data"), "no lab file is named", fix))
    layouts = _layout_files(values["data.layout"], folder, paths)
    if wrong := layouts_problem(layouts):
        problems.append(Problem("data.layout", lines.get("data.layout"), *wrong))
    limits = path("quality.limits")
    if limits is not None and (wrong := limits_problem(limits)):
        problems.append(Problem("quality.limits", lines.get("quality.limits"), *wrong))
    return Data(
        samples=tuple(paths(key, values[key] or [])),
        sites=path("data.sites"),
        areas=path("data.areas"),
        indicators=path("data.indicators"),
        sidecar=path("data.sidecar"),
        enrichment=values["data.enrichment"],
        dilution=values["data.dilution"],
        unit=values["data.unit"],
        factors=path("estimate.factors"),
        limits=limits,
        layout=values["data.layout"],
        layouts=layouts,
        only_rounds=tuple(values["data.only_rounds"] or ()),
    )


def _layout_files(
    layout: str, folder: Path, paths: Callable[[str, list[str]], list[Path]]
) -> tuple[Path, ...]:
    """The layout file that is named; else those in the folder ``layouts`` of the campaign."""
    if is_layout_file(layout):
        return tuple(paths("data.layout", [layout]))
    return tuple(sorted((folder / "layouts").glob("*.layout.toml"), key=lambda f: f.name))


def _sections(
    values: Mapping[str, Any], markers: dict[str, Marker]
) -> tuple[Estimate, Mapping[str, Any], Tiers, Quality, Privacy]:
    def part(section: str) -> dict[str, Any]:
        return {k.partition(".")[2]: v for k, v in values.items() if k.startswith(f"{section}.")}

    tiers = part("tiers")
    tiers["drug"] = names.resolve("drug", tiers["drug"])
    tiers["scheme"] = tiers["scheme"] or ("fixed" if tiers["breaks"] else "fisher_jenks")
    tiers["breaks"] = tuple(map(float, tiers["breaks"])) if tiers["breaks"] else None
    tiers["labels"] = tuple(tiers["labels"])
    quality = {k: v for k, v in part("quality").items() if k != "limits"}
    privacy = {k: v for k, v in part("privacy").items() if v is not None}
    return (
        Estimate(**part("estimate")),
        MappingProxyType(markers),
        Tiers(**tiers),
        Quality(**quality),
        Privacy(**privacy),
    )
