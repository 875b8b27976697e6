"""One case: a good file, a few mutations, a reading, a judgement."""

from __future__ import annotations

import random
import signal
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from fuzz import mutations, oracle, seeds
from fuzz.judge import Reading, complaints

SECONDS = 10
FIXTURES = Path(__file__).resolve().parent.parent / "data" / "good"

AREAS = """{"type": "FeatureCollection", "features": [
 {"type": "Feature", "properties": {"area": "A", "name": "A", "population": 12000},
  "geometry": {"type": "Polygon", "coordinates": [[[116, 23], [116.1, 23], [116.1, 23.1], [116, 23.1], [116, 23]]]}},
 {"type": "Feature", "properties": {"area": "B", "name": "B"},
  "geometry": {"type": "Point", "coordinates": [116.3, 23.2]}}]}
"""  # noqa: E501
SITES = """site,name,area,lon,lat,crs,population,population_basis,population_date,role,type
Site A,Plant A,A,116.05,23.05,wgs84,200000,served,2020-11-01,routine,
Site B,Plant B,B,116.30,23.20,gcj02,150000,served,2020-11-01,key_area,
"""
CONFIG = """schema = 1
title = "Synthetic"
[data]
samples = ["*.csv"]
[estimate]
draws = 0
seed = 1
[markers]
cotinine = "0.6 mg/day/inhabitant"
[tiers]
drug = "methamphetamine"
breaks = [20, 60]
scheme = "fixed"
labels = ["general", "moderate", "severe"]
[privacy]
min_population = 5000
"""


class Hang(BaseException):
    """A case computed for longer than `SECONDS`."""


@dataclass
class Result:
    """What became of a case."""

    number: int
    kind: str
    name: str
    data: bytes
    done: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


def _hang(number: int, frame: FrameType | None) -> NoReturn:
    raise Hang


def kinds() -> list[str]:
    """Names of the kinds of files, the laboratory tables first."""
    return [*seeds.KINDS, *_OTHERS, *sorted(path.name for path in FIXTURES.iterdir())]


def run(seed: int, number: int, folder: Path, only: str = "") -> Result:
    """Make and judge one case.

    Parameters
    ----------
    seed, number : int
        Name the case: the same two always make the same bytes.
    folder : Path
        Where its file is written.
    only : str
        A kind of `kinds`; "" to choose by chance, tables more often than the rest.
    """
    rng = random.Random(f"{seed}:{number}")
    tables = list(seeds.KINDS)
    kind = only or (rng.choice(tables) if rng.random() < 0.75 else rng.choice(kinds()))
    make = _table_case if kind in seeds.KINDS else _other_case
    result, judge = make(rng, number, kind)
    path = folder / result.name
    path.write_bytes(result.data)
    _imported()
    before = signal.signal(signal.SIGPROF, _hang)
    signal.setitimer(signal.ITIMER_PROF, SECONDS)  # of computing: other programs take none of it
    try:
        result.failures = judge(path)
    except Hang:
        result.failures = [f"took longer than {SECONDS} s"]
    except Exception:  # whatever it is, it is what the case looks for
        result.failures = [traceback.format_exc()]
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
    return result


@cache
def _imported() -> None:
    """Load the package and what it needs, which no case shall pay for."""
    import wbe
    from wbe.io import areas  # noqa: F401

    wbe.read(FIXTURES / "plain_long.csv")


_Judge = Callable[[Path], list[str]]


def _table_case(rng: random.Random, number: int, kind: str) -> tuple[Result, _Judge]:
    how = seeds.KINDS[kind]
    table = seeds.table(rng, chinese=how.chinese)
    whole = how.write(table)
    result = Result(number, kind, f"case{number}{how.suffix}", whole)
    if rng.random() < 0.25:
        for _ in range(rng.randint(1, 2)):
            result.data, done = mutations.in_bytes(rng, result.data)
            result.done.append(done)
        if not how.delimiter:
            return result, lambda path: _damaged(path, table, exact=kind != "parquet")
    else:
        for _ in range(rng.randint(1, 3)):
            result.done.append(rng.choice(mutations.TABLE)(rng, table))
        result.data = how.write(table)
    if how.delimiter:
        text = oracle.decoded(result.data)
        rows = [] if text is None else oracle.split(text, how.delimiter)
    else:
        xml = kind != "parquet"
        written = [[seeds.possible_in_xml(c) if xml else c for c in row] for row in table]
        rows = list(enumerate(written, start=1))
    lines = oracle.lines_of(rows, seeds.KNOWN)
    return result, lambda path: _judged(path, lines)


def _judged(path: Path, lines: list[oracle.Line] | None) -> list[str]:
    reading = _read(path)
    return [] if lines is None else complaints(lines, reading)


def _damaged(path: Path, table: seeds.Table, *, exact: bool) -> list[str]:
    """Archives carry checksums: what can still be read must be what was written."""
    lines = oracle.lines_of(list(enumerate(table, start=1)), seeds.KNOWN)
    reading = _read(path)
    return complaints(lines or [], reading) if exact and reading.entries else []


def _read(path: Path) -> Reading:
    import wbe

    samples: Any = wbe.read(path, errors="reject")
    return Reading(samples, samples.attrs["findings"])


def _other_case(rng: random.Random, number: int, kind: str) -> tuple[Result, _Judge]:
    if kind in _OTHERS:
        data, suffix, judge = _OTHERS[kind]
        whole = data.encode()
    else:
        whole, suffix, judge = (FIXTURES / kind).read_bytes(), Path(kind).suffix, _lab
    result = Result(number, kind, f"case{number}{suffix}", whole)
    for _ in range(rng.randint(1, 3)):
        result.data, done = mutations.in_bytes(rng, result.data)
        result.done.append(done)
    return result, judge


def _lab(path: Path) -> list[str]:
    _read(path)
    return []


def _areas(path: Path) -> list[str]:
    from wbe.findings import Findings
    from wbe.io.areas import areas_of

    findings = Findings()
    areas = areas_of(path, path.name, findings)
    return [] if areas is not None or findings.errors else ["refused in silence"]


def _sites(path: Path) -> list[str]:
    from wbe.findings import Findings
    from wbe.io.places import sites_of
    from wbe.io.sources import open_source

    findings = Findings()
    sites = sites_of(open_source(path, path.name, findings, None), findings)
    return [] if sites is not None or findings.errors else ["refused in silence"]


def _config(path: Path) -> list[str]:
    from wbe.run import config

    (path.parent / "lab.csv").touch()
    found, problems = config.examine(path)
    return [] if (found is None) == bool(problems) else ["neither a configuration nor a problem"]


_OTHERS: dict[str, tuple[str, str, _Judge]] = {
    "areas": (AREAS, ".geojson", _areas),
    "sites": (SITES, ".csv", _sites),
    "config": (CONFIG, ".toml", _config),
}
