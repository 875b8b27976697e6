"""Whole runs: nothing public depends on what must stay hidden, in any file or printed line.

The strongest statement is that of no interference. Two campaigns that differ only in what must stay
hidden (the results of hidden areas and withheld sites, how many samples they have, which of them
are non-detects) have the same publication, byte for byte: whoever reads it cannot tell one from
the other, by whatever means.
"""

from __future__ import annotations

import csv
import re
import tempfile
from pathlib import Path

import pytest
from click.testing import CliRunner
from disclosure_attack import spelt_in
from disclosure_runs import public_files, route, towns, write
from effort import times

from wbe.cli import cli
from wbe.recipes import estimation
from wbe.run import campaign as job
from wbe.run import config, guard

pytestmark = pytest.mark.slow
#: Checksums of inputs and of the outputs of another hour: they say that something is another.
SUMS = re.compile(rb"\b[0-9a-f]{64}\b")


def published(folder: Path) -> dict[str, bytes]:
    """Run and publish a campaign by the commands; everything public, checksums masked."""
    invoke = CliRunner().invoke
    ran = invoke(cli, ["run", str(folder)])
    assert ran.exit_code in (0, 3), ran.output
    done = invoke(cli, ["publish", str(folder / "results"), str(folder.parent / "public")])
    assert done.exit_code == 0, done.output
    said = (ran.output + done.output).replace(str(folder.parent), "")
    files = public_files(folder.parent / "public", said)
    return {name: SUMS.sub(b"-", data) for name, data in files.items()}


def hidden_truth(folder: Path, seed: int) -> dict[str, float]:
    """The values of the hidden areas, from a run that hides nothing for its population."""
    found = job.compute(config.load(folder, {"privacy.min_population": 0})).tiers
    names = {town.name for town in towns(seed) if town.hidden}
    rows = found[found["area"].isin(names)]
    return {
        f"{area}|{label}|{drug}|{column}": float(row[column])
        for (area, label, drug), row in rows.set_index(["area", "round", "drug"]).iterrows()
        for column in ("value", "lower", "upper")
        if row[column] == row[column]
    }


def differing(folder: Path, seed: int) -> set[str]:
    """Public files that tell two campaigns apart which differ only in what must stay hidden."""
    first = published(write(folder / "a" / "campaign", seed))
    second = published(write(folder / "b" / "campaign", seed, salt=1))
    return {name for name in first if first[name] != second.get(name)}


def assert_no_counts(data: bytes, seed: int) -> None:
    """Of a hidden town the statistics give its names and the reason, and nothing else."""
    hidden = {town.name for town in towns(seed) if town.hidden}
    rows = [r for r in csv.DictReader(data.decode("utf-8-sig").splitlines()) if r["area"] in hidden]
    assert {r["area"] for r in rows} == hidden or not hidden
    said = {key for row in rows for key, text in row.items() if text}
    assert said <= {"area", "name", "round", "period", "days", "indicator", "unit", "flags"}


@pytest.fixture(autouse=True)
def fixed_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")


#: One minute; all 1,000 take more than an hour.
PAIRS = times(12, 1000)
#: Files that a publication of these campaigns has beside tiers, map and page.
ATTACKED = {"ranks.csv", "indicators.csv", "areas.gpkg!layer_styles", "logs"}


@pytest.mark.parametrize("start", range(0, PAIRS, 4))
def test_what_must_stay_hidden_changes_nothing_that_is_public(start: int) -> None:
    for seed in range(start, start + 4):
        language = ("en", "zh")[seed % 2]
        with tempfile.TemporaryDirectory() as at:
            one = write(Path(at) / "a" / "campaign", seed, language=language)
            two = write(Path(at) / "b" / "campaign", seed, salt=1, language=language)
            first, second = published(one), published(two)
            assert (one / "lab" / "lab.csv").read_bytes() != (two / "lab" / "lab.csv").read_bytes()
            assert first == second, [n for n in first if first[n] != second.get(n)]
            assert first.keys() >= ATTACKED
            assert "changes.csv" in first or route(seed) != "stated"  # plants have none
            assert_no_counts(first["indicators.csv"], seed)
            truth = hidden_truth(one, seed)
        # Of four digits a page holds thousands by chance; a file that cannot know them, too.
        assert spelt_in(truth, first.items(), least=6) == []


def test_the_comparison_notices_a_guard_that_only_empties_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_cut(result, areas, *rest):
        import pandas as pd

        return result, areas, pd.DataFrame({"area": [], "name": []})

    monkeypatch.setattr(guard, "cut", no_cut)
    changed = differing(tmp_path, 3)
    assert {"tiers.csv", "report.html", "map.png", "areas.gpkg!layer_styles"} <= changed


@pytest.mark.parametrize(("seed", "way"), [(3, "stated"), (1, "calibrated"), (5, "combined")])
def test_the_comparison_notices_what_hidden_areas_help_to_decide(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int, way: str
) -> None:
    assert route(seed) == way
    monkeypatch.setattr(estimation, "refitted", lambda result: result)
    assert "tiers.csv" in differing(tmp_path, seed)
