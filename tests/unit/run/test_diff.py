"""``wbe diff``: what changed between two runs, and no more about why than the records tell."""

from __future__ import annotations

import copy
import csv
import io
import json
import math
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from wbe.cli import cli
from wbe.errors import UsageError
from wbe.io.seal import opened, sealed
from wbe.run import config, diff, outputs, scaffold
from wbe.run.diff_causes import causes, differences
from wbe.run.diff_numbers import moved
from wbe.run.diff_text import _told
from wbe.run.folder import RECORD


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of the synthetic campaign, without draws."""
    folder = tmp_path_factory.mktemp("diff") / "six-towns"
    scaffold.create(folder)
    outputs.run(config.load(folder, {"estimate.draws": 0}), folder / "results")
    return folder / "results"


@pytest.fixture
def about(run: Path) -> dict[str, Any]:
    return opened((run / RECORD).read_bytes())


def rerun(run: Path, target: Path, overrides: dict[str, Any], change=("", "")) -> Path:
    """The campaign of a run again in a copy, other settings or lab results in it."""
    folder = Path(shutil.copytree(run.parent, target, ignore=lambda *_: ["results"]))
    lab = folder / "lab" / "synthetic-2024Q2.csv"
    text = lab.read_text(encoding="utf-8")
    assert change[0] in text
    lab.write_text(text.replace(*change), encoding="utf-8")
    outputs.run(config.load(folder, {"estimate.draws": 0, **overrides}), folder / "results")
    return folder / "results"


def edited(run: Path, target: Path, edit) -> Path:
    """A copy of a run whose record says something else, properly sealed."""
    shutil.copytree(run, target)
    content = opened((target / RECORD).read_bytes())
    edit(content)
    (target / RECORD).write_text(sealed(content), encoding="utf-8", newline="\n")
    return target


def row(area: str, value: str, tier: str = "severe", **more: str) -> dict[str, str]:
    given = {"area": area, "name": area.upper(), "round": "r1", "drug": "cocaine", "rank": "1"}
    basis = {"quantity": "pn_mass_load", "unit": "mg", "lower": "1", "flags": ""}
    return {**given, **basis, "value": value, "tier": tier, **more}


def test_the_same_run_has_no_difference(run: Path) -> None:
    found = diff.Comparison(diff.Run.of(run), diff.Run.of(run))
    assert (found.differences, found.moved, found.verdict) == ([], [], "same")
    assert diff.listing(run, run).splitlines()[-1] == "No number of an area differs."


def test_one_changed_result_is_named_with_its_file_its_area_and_its_size(
    run: Path, tmp_path: Path
) -> None:
    change = ("wwtp_influent,composite_24h,methamphetamine,196,",
              "wwtp_influent,composite_24h,methamphetamine,392,")  # fmt: skip
    other = rerun(run, tmp_path / "b", {}, change)
    found = diff.Comparison(diff.Run.of(run), diff.Run.of(other))
    (cause,) = causes(found.differences)
    assert (cause.kind, cause.name) == ("input", "lab/synthetic-2024Q2.csv")
    assert found.verdict == "one"
    (south,) = [one for one in found.moved if "value" in one.fields]
    assert (south.area, south.drug, south.round) == ("south", "methamphetamine", "2024Q2")
    assert south.ratio == pytest.approx(2 ** (1 / 3), rel=1e-4)  # one of three points, doubled
    lines = diff.listing(run, other).splitlines()
    assert "Only one thing changed, so what differs below comes of it." in lines
    assert any(line.startswith("South Town") and "+26 %" in line for line in lines)


@pytest.mark.slow
def test_another_factor_set_is_one_cause_and_its_factors_follow(run: Path, tmp_path: Path) -> None:
    of_load = rerun(run, tmp_path / "a", {"tiers.quantity": "pn_consumption"})
    other = rerun(run, tmp_path / "b", {
        "tiers.quantity": "pn_consumption", "estimate.factors": "khannicell",
    })  # fmt: skip
    found = diff.Comparison(diff.Run.of(of_load), diff.Run.of(other))
    assert [(c.kind, c.name, c.before, c.after) for c in causes(found.differences)] == [
        ("setting", "estimate.factors", "default", "khannicell")
    ]
    factors = [one for one in found.differences if one.kind == "factor"]
    assert factors and all(one.follows for one in factors)
    meth = next(one for one in factors if one.name.startswith("methamphetamine (methamphetamine"))
    assert "Zuccato2008" in meth.before and "doi:" in meth.before
    assert found.verdict == "one" and all(math.isfinite(m.size) for m in found.moved if m.is_main)


def test_a_factor_of_another_set_is_said_to_come_with_it_and_a_reference_to_move_nothing() -> None:
    def record(chosen: str, factor: str, reference: str) -> dict[str, Any]:
        row = {"drug": "cocaine", "analyte": "BE", "gives": "consumption", "factor_id": chosen}
        row |= {"correction_factor": factor, "reference": reference}
        return {
            "inputs": [], "config": {"estimate": {"factors": chosen}}, "factors": [row],
            "error_model": [], "versions": {"matplotlib": reference}, "breaks": {},
        }  # fmt: skip

    first = record("default", "3.59", "a")
    for other, ends in (
        (record("khannicell", "2.77", "a"), {"factor": ("above)", "带来）")}),
        (record("default", "3.59", "b"), {"factor": ("number)", "数值）"),
                                          "version": ("number)", "数值）")}),
    ):  # fmt: skip
        found = {one.kind: one for one in differences(first, other)}
        for kind, (english, chinese) in ends.items():
            assert _told(found[kind], "en").endswith(english)
            assert _told(found[kind], "zh").endswith(chinese)


def test_another_quantity_has_no_ratio(run: Path, tmp_path: Path) -> None:
    other = rerun(run, tmp_path / "b", {"tiers.quantity": "pn_consumption"})
    found = diff.Comparison(diff.Run.of(run), diff.Run.of(other))
    assert any("value" in one.fields and math.isnan(one.ratio) for one in found.moved)
    assert "another quantity" in diff.listing(run, other)


def test_several_causes_are_listed_and_none_is_blamed(run: Path, tmp_path: Path) -> None:
    def edit(content: dict[str, Any]) -> None:
        content["versions"]["wbe"] = "0.2.0"
        content["config"]["estimate"]["seed"] = 7

    other = edited(run, tmp_path / "b", edit)
    values = (other / "tiers.csv").read_text(encoding="utf-8-sig").replace("109.", "119.")
    (other / "tiers.csv").write_text(values, encoding="utf-8-sig")
    edited_again = edited(other, tmp_path / "c", lambda c: c["outputs"].update(
        {"tiers.csv": _sha(other / "tiers.csv")}))  # fmt: skip
    found = diff.Comparison(diff.Run.of(run), diff.Run.of(edited_again))
    assert {(c.kind, c.name) for c in causes(found.differences)} == {
        ("version", "wbe"), ("setting", "estimate.seed"),
    }  # fmt: skip
    assert found.verdict == "several"
    assert "The records do not tell which of them" in diff.listing(run, edited_again)


def _sha(file: Path) -> str:
    from wbe.run.disk import checksum

    return checksum(file)


def test_a_table_changed_after_the_run_is_told_and_explains_nothing(
    run: Path, tmp_path: Path
) -> None:
    other = tmp_path / "t"
    shutil.copytree(run, other)
    text = (other / "tiers.csv").read_text(encoding="utf-8-sig")
    assert "109." in text
    (other / "tiers.csv").write_text(text.replace("109.", "209."), encoding="utf-8-sig")
    found = diff.Comparison(diff.Run.of(run), diff.Run.of(other))
    assert (found.b.altered, found.verdict) == (["tiers.csv"], "altered")
    said = diff.listing(run, other)
    assert "B: changed after the run, so not what it wrote: tiers.csv" in said
    assert "+92 %" in said


def test_numbers_that_differ_under_one_version_are_called_unexplained(
    run: Path, tmp_path: Path
) -> None:
    first = tmp_path / "t"
    shutil.copytree(run, first)
    text = (first / "tiers.csv").read_text(encoding="utf-8-sig").replace("109.", "110.")
    (first / "tiers.csv").write_text(text, encoding="utf-8-sig")
    other = edited(first, tmp_path / "u", lambda c: c["outputs"].update(
        {"tiers.csv": _sha(first / "tiers.csv")}))  # fmt: skip
    found = diff.Comparison(diff.Run.of(run), diff.Run.of(other))
    assert (found.differences, found.verdict) == ([], "unexplained")


def test_names_references_and_pictures_are_no_cause(about: dict[str, Any]) -> None:
    other = copy.deepcopy(about)
    other["config"]["title"] = "another title"
    other["versions"]["matplotlib"] = "0"
    other["factors"][0]["reference"] = "put right"
    other["breaks"]["ketamine"] = [1.0, 2.0]
    other["markers"]["cotinine"]["value"] = 0.5
    found = differences(about, other)
    assert {one.kind for one in found} == {"setting", "version", "factor", "breaks", "marker"}
    assert causes(found) == []


def test_a_number_in_a_factor_row_and_a_term_of_the_error_model_are_causes(
    about: dict[str, Any],
) -> None:
    other = copy.deepcopy(about)
    other["factors"][0]["excretion"] = 0.4
    other["factors"][0]["correction_factor"] = 2.5
    other["error_model"][0]["spread"] = 0.2
    other["inputs"][0]["sha256"] = "0" * 64
    assert [one.kind for one in causes(differences(about, other))] == ["input", "factor", "error"]
    gone = copy.deepcopy(about)
    del gone["inputs"][0]
    (cause,) = causes(differences(about, gone))
    assert (cause.name, cause.after) == ("lab/synthetic-2024Q1.csv", "")


def test_the_largest_change_stands_first_and_a_new_value_before_all() -> None:
    before = [row("a", "10"), row("b", "10"), row("c", "10"), row("d", ""), row("e", "10"),
              row("f", "10")]  # fmt: skip
    after = [row("a", "11"), row("b", "2"), row("c", "10", "general"), row("d", "5"),
             row("e", "10", lower="2"), row("f", "10")]  # fmt: skip
    found = moved(before, after)
    assert [one.area for one in found] == ["d", "b", "a", "c", "e"]
    assert [one.is_main for one in found] == [True] * 4 + [False]
    assert found[1].ratio == pytest.approx(0.2) and found[0].size == math.inf


def test_rounds_drugs_and_areas_of_one_run_alone_are_named_once(run: Path, tmp_path: Path) -> None:
    other = rerun(run, tmp_path / "b", {"data.only_rounds": ["2024Q2"]})
    found = diff.Comparison(diff.Run.of(run), diff.Run.of(other))
    assert found.only == {"round": (["2024Q1"], []), "drug": ([], []), "area": ([], [])}
    assert {one.round for one in found.moved} <= {"2024Q2"}
    assert "Only in A: rounds 2024Q1" in diff.listing(run, other)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_csv_and_json_hold_every_column_that_differs(run: Path, tmp_path: Path, lang: str) -> None:
    change = ("composite_24h,methamphetamine,196,", "composite_24h,methamphetamine,392,")
    other = rerun(run, tmp_path / "b", {}, change)
    rows = list(csv.DictReader(io.StringIO(diff.listing(run, other, form="csv", lang=lang))))
    assert rows[0]["what"] == "input" and len(rows[0]["after"]) == 64
    (value,) = [r for r in rows if r["what"] == "value"]
    ratio = float(value["after"]) / float(value["before"])
    assert float(value["ratio"]) == pytest.approx(ratio, rel=1e-5)
    body = json.loads(diff.listing(run, other, form="json", lang=lang))
    assert body["verdict"] == "one"
    assert {n["area"] for n in body["numbers"] if "value" in n["fields"]} == {"south"}
    assert str(run.parent.parent) not in json.dumps(body)


DAMAGES = {
    "another separator": (lambda data: data.replace(b",", b";"), "line 2 lacks area"),
    "cut off": (lambda data: data[: data.rindex(b",amphetamine,") + 14], "lacks unit"),
    "a word for a number": (lambda data: data.replace(b"inhabitants,", b"inhabitants,about "),
                            "value: 'about "),
    "another encoding": (lambda data: data.decode("utf-8-sig").encode("utf-16"), "UTF-8"),
}  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_table_that_was_damaged_after_the_run_is_refused_with_its_line(
    run: Path, tmp_path: Path, damage: str
) -> None:
    change, said = DAMAGES[damage]
    other = Path(shutil.copytree(run, tmp_path / "other"))
    (other / diff.TIERS).write_bytes(change((run / diff.TIERS).read_bytes()))
    with pytest.raises(UsageError, match=said) as caught:
        diff.listing(other, run)
    assert str(other / diff.TIERS) in str(caught.value)
    for command in (["diff", str(run), str(other)], ["factors", "--compare", "METH", str(other)]):
        done = CliRunner().invoke(cli, [*command, "--lang", "zh"])
        assert done.exit_code == 2 and "无法读取运行结果中的" in done.stderr
        assert "不是 UTF-8 编码" in done.stderr or "在运行之后被改动" in done.stderr


def test_a_campaign_named_in_the_place_of_its_run_is_told_where_the_run_is(
    run: Path, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=r"six-towns/results does$"):
        diff.listing(run.parent, run)
    with pytest.raises(UsageError, match=r"run\.json$"):
        diff.listing(tmp_path, run)


def test_another_file_of_factors_is_one_change_whatever_it_is_called(
    about: dict[str, Any],
) -> None:
    def with_factors(name: str, sha256: str) -> dict[str, Any]:
        own = copy.deepcopy(about)
        own["config"]["estimate"]["factors"] = name
        own["inputs"].append({"kind": "factors", "name": name, "sha256": sha256})
        own["factors"][0]["correction_factor"] += int(sha256[0])
        return own

    first, second = with_factors("first.csv", "1" * 64), with_factors("second.csv", "2" * 64)
    (cause,) = causes(differences(first, second))
    assert (cause.kind, cause.name) == ("input", "first.csv → second.csv")
    assert (cause.before, cause.after) == ("1" * 64, "2" * 64)
    (cause,) = causes(differences(about, first))
    assert (cause.kind, cause.after) == ("setting", "first.csv")
    (cause,) = causes(differences(first, with_factors("first.csv", "3" * 64)))
    assert (cause.kind, cause.name) == ("input", "first.csv")


def test_files_of_another_quarter_are_two_changes(about: dict[str, Any]) -> None:
    other = copy.deepcopy(about)
    other["inputs"][0] |= {"name": "lab/another.csv", "sha256": "4" * 64}
    assert other["inputs"][0]["kind"] == "samples"
    assert [one.kind for one in causes(differences(about, other))] == ["input", "input"]


def test_folders_that_are_no_finished_run_are_refused_in_the_language_asked(
    run: Path, tmp_path: Path
) -> None:
    from wbe.run.publish import publish

    publish(run, tmp_path / "pub")
    with pytest.raises(UsageError, match="what was published of a run"):
        diff.listing(run, tmp_path / "pub")
    with pytest.raises(UsageError, match="not a finished run"):
        diff.listing(tmp_path, run)
    damaged = tmp_path / "damaged"
    shutil.copytree(run, damaged)
    (damaged / RECORD).write_text((damaged / RECORD).read_text("utf-8").replace("six", "sex"),
                                  encoding="utf-8")  # fmt: skip
    with pytest.raises(UsageError, match=r"changed since the run: run\.json"):
        diff.listing(run, damaged)
    said = CliRunner().invoke(cli, ["diff", str(tmp_path), str(run), "--lang", "zh"])
    assert said.exit_code == 2 and "不是已完成的运行" in said.stderr


def test_the_command_ends_with_0_and_speaks_as_the_runs_do(run: Path, tmp_path: Path) -> None:
    chinese = edited(run, tmp_path / "z", lambda content: content.update(language="zh"))
    assert (
        "各区域数值均无变化" in CliRunner().invoke(cli, ["diff", str(chinese), str(chinese)]).stdout
    )
    done = CliRunner().invoke(cli, ["diff", str(run), str(chinese)])
    assert done.exit_code == 0 and "No number of an area differs." in done.stdout


def test_the_text_lists_some_areas_and_says_how_many_more(run: Path) -> None:
    from wbe.run import diff_text

    one = diff.Run.of(run)
    rows = [{**r, "value": str(2 * float(r["value"]))} if r["value"] else r for r in one.rows]
    found = diff.Comparison(one, diff.Run(run, one.about, rows, []))
    count = sum(bool(r["value"]) for r in one.rows)
    assert count > diff_text.FEW
    said = diff_text.as_text(found, "en")
    assert said.count("+100 %") == diff_text.FEW
    assert f"\n{count - diff_text.FEW} more; --format csv" in said
