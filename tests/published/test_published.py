"""Published results recomputed from their published inputs.

Each ``<author><year>_<table>.csv`` has a ``.toml`` beside it that names its source, the public
function and the columns. A value reproduces if it lies within half a unit of its last printed
digit, plus what half a unit of the last printed digit of the inputs can move it.
"""

from __future__ import annotations

import csv
import importlib
import itertools
import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
STUDIES = sorted(path.stem for path in HERE.glob("*.toml"))
SLACK = 1e-12  # of float arithmetic, relative


def load_study(name: str) -> tuple[dict[str, Any], list[dict[str, str]]]:
    study = tomllib.loads((HERE / f"{name}.toml").read_text(encoding="utf-8"))
    with (HERE / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return study, list(csv.DictReader(file))


def half_digit(printed: str) -> float:
    """Half a unit of the last printed digit: 0.05 for ``12.0``, 0.5 for ``12``."""
    exponent = Decimal(printed.lstrip("<")).as_tuple().exponent
    assert isinstance(exponent, int)
    return 0.5 * 10.0**exponent


def compute(study: dict[str, Any], row: dict[str, str], shift: dict[str, float]) -> float:
    """The function of the study on one row, its inputs moved by ``shift``."""
    module, _, function = study["compute"]["function"].rpartition(".")
    bare = getattr(importlib.import_module(module), function).bare
    values = {
        argument: (float(row[source].lstrip("<")) if isinstance(source, str) else float(source))
        + shift.get(argument, 0.0)
        for argument, source in study["compute"]["arguments"].items()
    }
    return float(bare(**values))


def propagated(study: dict[str, Any], row: dict[str, str]) -> float:
    """How far the rounding of the printed inputs can move the result."""
    names = study["compute"]["rounded"]
    halves = [half_digit(row[study["compute"]["arguments"][name]]) for name in names]
    centre = compute(study, row, {})
    corners = itertools.product(*[(-half, half) for half in halves])
    return max(abs(compute(study, row, dict(zip(names, c, strict=True))) - centre) for c in corners)


def is_censored(study: dict[str, Any], row: dict[str, str]) -> bool:
    return row[study["compute"]["output"]].startswith("<")


def test_there_are_studies() -> None:
    assert "kim2015_table" in STUDIES


@pytest.mark.parametrize("name", STUDIES)
def test_source_is_stated(name: str) -> None:
    study, _ = load_study(name)
    assert study["doi"].startswith("10.")
    assert study["citation"] and study["table"] and study["transcribed_by"]
    assert isinstance(study["verified"], bool)


@pytest.mark.parametrize("name", STUDIES)
def test_printed_values_reproduce(name: str) -> None:
    study, rows = load_study(name)
    output = study["compute"]["output"]
    missed, tight = [], 0
    uncensored = [row for row in rows if not is_censored(study, row)]
    for row in uncensored:
        off = abs(compute(study, row, {}) - float(row[output]))
        own = half_digit(row[output])
        tight += off <= own * (1 + SLACK)
        if off > (own + propagated(study, row)) * (1 + SLACK):
            missed.append((row, off))
    assert not missed
    assert len(uncensored) == study["expected"]["rows"]
    assert tight == study["expected"]["within_last_digit"]


@pytest.mark.parametrize("name", STUDIES)
def test_censored_rows_follow_their_stated_rule(name: str) -> None:
    """Each censored row reproduces by the rule stated for it, and by no other of these rules."""
    study, rows = load_study(name)
    output = study["compute"]["output"]
    stated = {(entry["site"], entry["analyte"]): entry for entry in study.get("censored", [])}
    censored = {(r["site"], r["analyte"]): r for r in rows if is_censored(study, r)}
    assert set(stated) == set(censored)
    for key, row in censored.items():
        printed = float(row[output].lstrip("<"))
        tolerance = half_digit(row[output]) + propagated(study, row)
        whole = compute(study, row, {})
        fitting = [share for share in (0.5, 1.0) if abs(share * whole - printed) <= tolerance]
        assert fitting == [stated[key]["share"]], stated[key]["rule"]
