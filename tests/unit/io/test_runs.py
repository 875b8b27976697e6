"""Finished runs joined: one series of what each holds, and every difference told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from run_folders import TIERS, UNIT, row, written

from wbe.errors import FindingsError, UsageError
from wbe.io import Runs, read_runs

Q1 = [row("A1", "2018Q1", 20.0), row("A2", "2018Q1", 40.0)]
Q2 = [row("A1", "2018Q2", 10.0), row("A2", "2018Q2", 80.0)]
INTERNAL = {"audience": "internal", "purpose": "county round", "approval": "document 7",
            "min_population": 5000, "consent": {}}  # fmt: skip


def pair(tmp_path: Path, **changes: Any) -> Runs:
    """Two runs of a quarter each, the second with another record."""
    written(tmp_path / "runs" / "one", Q1)
    written(tmp_path / "runs" / "two", Q2, **changes)
    return read_runs(str(tmp_path / "runs" / "*"))


def rules(runs: Runs) -> set[str]:
    return {finding.rule for finding in runs.findings}


def test_runs_made_alike_become_one_series_without_a_finding(tmp_path: Path) -> None:
    joined = pair(tmp_path)
    table = joined.tiers
    assert table[["area", "round", "value"]].values.tolist() == [
        ["A1", "2018Q1", 20.0], ["A2", "2018Q1", 40.0],
        ["A1", "2018Q2", 10.0], ["A2", "2018Q2", 80.0],
    ]  # fmt: skip
    assert not joined.findings and joined.audience == "public" and joined.estimates is None
    assert set(table["values_as"]) == set(table["tiers_as"]) == {1}
    assert table["start"].dt.strftime("%Y-%m-%d").unique().tolist() == ["2018-01-01", "2018-04-01"]
    assert table["end"].dt.strftime("%Y-%m-%d").unique().tolist() == ["2018-04-01", "2018-07-01"]
    assert set(table["breaks"]) == {"20;60"} and set(table["factor_set"]) == {"default"}
    assert table.attrs["runs"] == dict(zip(joined.runs["run"], ["one", "two"], strict=True))
    assert table["run"].nunique() == 2 and joined.rounds == ["2018Q1", "2018Q2"]


def test_rounds_stand_in_the_order_of_time_whatever_the_order_of_the_folders(
    tmp_path: Path,
) -> None:
    later = written(tmp_path / "a", [row("A1", "2019Q1")])
    earlier = written(tmp_path / "b", [row("A1", "2018Q4")])
    joined = read_runs([later, earlier])
    assert joined.rounds == ["2018Q4", "2019Q1"]
    assert joined.tiers["round"].tolist() == ["2018Q4", "2019Q1"]
    assert joined.runs["folder"].tolist() == ["b", "a"] and joined.latest.name == "a"


def test_one_round_in_two_runs_is_an_error_that_names_both(tmp_path: Path) -> None:
    written(tmp_path / "one", [*Q1, *Q2])
    written(tmp_path / "two", Q2)
    with pytest.raises(FindingsError) as caught:
        read_runs(tmp_path / "*")
    (found,) = caught.value.findings
    assert (found.rule, found.file, found.value) == ("runs_same_round", "two", "2018Q2")
    assert "one" in found.message and "A1" in found.message
    kept = read_runs(tmp_path / "*", errors="reject")
    assert kept.runs["folder"].tolist() == ["one"] and "runs_same_round" in rules(kept)


def test_two_drugs_of_one_round_in_two_runs_are_no_clash(tmp_path: Path) -> None:
    written(tmp_path / "one", Q1)
    written(tmp_path / "two", [row("A1", "2018Q1", drug="MDMA")])
    assert len(read_runs(tmp_path / "*").tiers) == 3


def broken(kind: str) -> Callable[[Path], None]:
    def apply(folder: Path) -> None:
        file = folder / ("run.json" if kind in ("unfinished", "empty") else "tiers.csv")
        if kind in ("unfinished", "lost"):
            file.unlink()
        elif kind == "empty":
            file.write_bytes(b"")
        else:
            file.write_bytes(file.read_bytes().replace(b"2018", b"2019"))

    return apply


@pytest.mark.parametrize(
    ("kind", "rule", "value"),
    [
        ("unfinished", "runs_unfinished", ""),
        ("record", "runs_record_unreadable", ""),
        ("empty", "runs_record_unreadable", ""),
        ("lost", "runs_outputs_changed", "tiers.csv"),
        ("edited", "runs_outputs_changed", "tiers.csv"),
    ],
)
def test_a_broken_folder_is_a_finding_and_the_rest_is_joined(
    tmp_path: Path, kind: str, rule: str, value: str
) -> None:
    written(tmp_path / "one", Q1)
    folder = written(tmp_path / "two", Q2)
    if kind == "record":
        text = (folder / "run.json").read_text(encoding="utf-8")
        (folder / "run.json").write_text(text.replace("county", "town"), encoding="utf-8")
    else:
        broken(kind)(folder)
    with pytest.raises(FindingsError) as caught:
        read_runs(tmp_path / "*")
    assert [(f.rule, f.file, f.value) for f in caught.value.findings] == [(rule, "two", value)]
    assert read_runs(tmp_path / "*", errors="reject").rounds == ["2018Q1"]


def test_all_findings_come_in_one_go(tmp_path: Path) -> None:
    written(tmp_path / "one", Q1)
    written(tmp_path / "two", Q1)
    (tmp_path / "three").mkdir()
    written(tmp_path / "four", Q2, versions={"wbe": "0.2.0"})
    with pytest.raises(FindingsError) as caught:
        read_runs(tmp_path / "*")
    found = {f.rule for f in caught.value.findings}
    assert found == {"runs_same_round", "runs_unfinished", "runs_version_differs"}


@pytest.mark.parametrize(
    ("changes", "rule", "values_alike", "tiers_alike"),
    [
        ({"breaks": {"methamphetamine": [10.0, 60.0]}}, "runs_tiers_differ", True, False),
        ({"tiers": {**TIERS, "scheme": "model", "round": "2018Q2"}}, "runs_tiers_differ",
         True, False),
        ({"tiers": {**TIERS, "labels": ["low", "mid", "high"], "round": "2018Q2"}},
         "runs_tiers_differ", True, False),
        ({"tiers": {**TIERS, "floor": 5.0, "round": "2018Q2"}}, "runs_tiers_differ", True, False),
        ({"tiers": {**TIERS, "resolved_at": 0.9, "round": "2018Q2"}}, "runs_tiers_differ",
         True, False),
        ({"tiers": {**TIERS, "reference_source": "other", "round": "2018Q2"}},
         "runs_tiers_differ", True, False),
        ({"tiers": {**TIERS, "statistic": "arithmetic", "round": "2018Q2"}},
         "runs_settings_differ", False, False),
        ({"config": {"estimate": {"nondetects": "lod/2", "population": "as_given"},
                     "markers": {"cotinine": "0.6 mg/day/inhabitant"}, "index": {}}},
         "runs_settings_differ", False, False),
        ({"config": {"estimate": {"nondetects": "censored", "population": "as_given"},
                     "markers": {"cotinine": "0.9 mg/day/inhabitant"}, "index": {}}},
         "runs_settings_differ", False, False),
        ({"factor_set": "other"}, "runs_factors_differ", True, True),
        ({"factor_ids": ["f1", "f2"]}, "runs_factors_differ", True, True),
        ({"markers": {"cotinine": {"value": 0.7}}}, "runs_marker_loads_differ", True, True),
        ({"versions": {"wbe": "0.2.0"}}, "runs_version_differs", True, True),
        ({"privacy": INTERNAL}, "runs_audience_differs", True, True),
    ],
)  # fmt: skip
def test_every_difference_is_told_and_says_what_can_be_compared(
    tmp_path: Path, changes: dict[str, Any], rule: str, values_alike: bool, tiers_alike: bool
) -> None:
    joined = pair(tmp_path, **changes)
    assert rules(joined) == {rule} and not joined.findings.errors
    assert (joined.tiers["values_as"].nunique() == 1) is values_alike
    assert (joined.tiers["tiers_as"].nunique() == 1) is tiers_alike


def test_another_quantity_breaks_the_series_and_other_factors_break_consumption(
    tmp_path: Path,
) -> None:
    consumed = [row("A1", r, quantity="pn_consumption") for r in ("2018Q1", "2018Q2")]
    written(tmp_path / "a" / "one", Q1)
    written(tmp_path / "a" / "two", [row("A1", "2018Q2", quantity="concentration", unit="ng/L")])
    other = read_runs(tmp_path / "a" / "*")
    assert rules(other) == {"runs_quantity_differs"} and other.tiers["values_as"].nunique() == 2
    assert (
        "ng/L" in next(iter(other.findings)).message and UNIT in next(iter(other.findings)).message
    )
    written(tmp_path / "b" / "one", consumed[:1])
    written(tmp_path / "b" / "two", consumed[1:], factor_set="other")
    assert read_runs(tmp_path / "b" / "*").tiers["values_as"].nunique() == 2


@pytest.mark.parametrize("quantity", ["consumption", "pn_consumption", "pn_doses", "index"])
def test_every_quantity_that_rests_on_factors_is_broken_by_others(
    tmp_path: Path, quantity: str
) -> None:
    written(tmp_path / "one", [row("A1", "2018Q1", quantity=quantity)])
    written(tmp_path / "two", [row("A1", "2018Q2", quantity=quantity)], factor_set="other")
    assert read_runs(tmp_path / "*").tiers["values_as"].nunique() == 2


def test_a_marker_load_that_was_stated_otherwise_is_told_as_a_setting_alone(
    tmp_path: Path,
) -> None:
    config = {"estimate": {"nondetects": "censored", "population": "as_given"},
              "markers": {"cotinine": "0.9 mg/day/inhabitant"}, "index": {}}  # fmt: skip
    joined = pair(tmp_path, config=config, markers={"cotinine": {"value": 0.9}})
    assert rules(joined) == {"runs_settings_differ"}


def test_of_a_publication_alone_nothing_is_unknown(tmp_path: Path) -> None:
    alone = written(tmp_path / "one", Q1, kind="publication", config=None)
    assert not read_runs(alone).findings


def test_rounds_without_time_stand_last_and_rounds_of_other_length_are_told(
    tmp_path: Path,
) -> None:
    written(tmp_path / "one", Q1)
    written(tmp_path / "two", [row("A1", "2018-07"), row("A1", "pilot")])
    joined = read_runs(tmp_path / "*")
    assert rules(joined) == {"runs_round_without_time", "runs_round_lengths_differ"}
    assert joined.rounds == ["2018Q1", "2018-07", "pilot"]
    assert np.isnat(joined.tiers["start"].iloc[-1].to_datetime64())


def test_one_internal_run_makes_all_internal(tmp_path: Path) -> None:
    joined = pair(tmp_path, privacy=INTERNAL)
    assert joined.audience == joined.tiers.attrs["audience"] == "internal"


def test_a_publication_is_joined_and_what_it_cannot_say_is_told(tmp_path: Path) -> None:
    joined = pair(tmp_path, kind="publication", config=None, markers=None, populations=None)
    assert rules(joined) == {"runs_settings_unknown"} and joined.rounds == ["2018Q1", "2018Q2"]


def test_patterns_of_this_machine_paths_and_records_mean_the_same_folders(tmp_path: Path) -> None:
    pair(tmp_path)
    folder = tmp_path / "runs"
    several: tuple[Any, ...] = (
        str(folder / "*"), folder / "*", [folder / "one", folder / "two"],
        [str(folder / "*"), folder / "one"], str(folder / "*" / "run.json"),
        [folder / "one" / "run.json", folder / "two"],
        [folder / "one", folder / "two", folder / "two" / ".." / "one"],
        str(tmp_path / "**" / "run.json"),
    )  # fmt: skip
    for given in several:
        assert read_runs(given).runs["folder"].tolist() == ["one", "two"], given


def test_a_folder_with_a_bracket_in_its_name_is_that_folder(tmp_path: Path) -> None:
    written(tmp_path / "runs [2018]", Q1)
    assert read_runs(tmp_path / "runs [2018]").rounds == ["2018Q1"]


def test_a_pattern_in_a_folder_with_a_bracket_spaces_and_chinese_means_what_is_there(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "甲 县 [2018]"
    written(folder / "第一季 度", Q1)
    written(folder / "第二季 度", Q2)
    assert read_runs(folder / "第*").runs["folder"].tolist() == ["第一季 度", "第二季 度"]


@pytest.mark.parametrize("key", ["title", "privacy", "tiers", "versions", "draws", "factor_ids"])
def test_a_record_without_what_every_run_states_is_of_another_version(
    tmp_path: Path, key: str
) -> None:
    written(tmp_path / "one", Q1)
    written(tmp_path / "two", Q2, **{key: None})
    kept = read_runs(tmp_path / "*", errors="reject")
    assert kept.rounds == ["2018Q1"] and rules(kept) == {"runs_record_unreadable"}


@pytest.mark.parametrize("changes", [{"schema": 2}, {"outputs": {}}])
def test_another_schema_and_a_run_without_tiers_are_not_read(
    tmp_path: Path, changes: dict[str, Any]
) -> None:
    written(tmp_path / "one", Q1, **changes)
    with pytest.raises(FindingsError, match="of another version"):
        read_runs(tmp_path / "one", errors="reject")


def test_a_record_that_nests_without_end_is_unreadable(tmp_path: Path) -> None:
    written(tmp_path / "one", Q1)
    (tmp_path / "one" / "run.json").write_text("[" * 100_000, encoding="utf-8")
    with pytest.raises(FindingsError, match="cannot be read"):
        read_runs(tmp_path / "one", errors="reject")


def test_breaks_are_told_in_four_figures(tmp_path: Path) -> None:
    joined = pair(tmp_path, breaks={"methamphetamine": [7.66171099293, 26.2204536801]})
    (found,) = joined.findings
    assert "7.662, 26.22" in found.message


@pytest.mark.parametrize("given", ["nothing/*", "nothing", [], "runs_*/[x]"])
def test_what_means_no_folder_is_an_error(given: Any) -> None:
    with pytest.raises(UsageError, match=r"no run was given|no such folder|means no folder"):
        read_runs(given)


def test_errors_is_one_of_two_words(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="errors must be"):
        read_runs(tmp_path, errors="ignore")
