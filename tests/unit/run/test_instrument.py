"""Exports of instruments in campaigns, checks and batches: options and sidecars go all the way."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

import wbe
from wbe.cli import cli
from wbe.errors import ConfigError, FindingsError, UsageError
from wbe.run import batch, campaign, checking, config, instrument, record, resume
from wbe.run.folder import Place

SAMPLES = Path(__file__).resolve().parents[3] / "data" / "samples" / "instruments"
SIDECAR = SAMPLES / "sidecar.csv"
TOML = '[data]\nsamples = ["lab/*.txt"]\n{}\n[estimate]\ndraws = 0\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A campaign of one export, with its sidecar beside it."""
    (tmp_path / "c" / "lab").mkdir(parents=True)
    shutil.copy(SAMPLES / "sciex.txt", tmp_path / "c" / "lab")
    shutil.copy(SIDECAR, tmp_path / "c" / "lab" / "sciex.sidecar.csv")
    return configured(tmp_path / "c")


def configured(folder: Path, *lines: str) -> Path:
    (folder / "campaign.toml").write_text(TOML.format("\n".join(lines)), encoding="utf-8")
    return folder


def run(*inputs: Path, **options: object) -> int:
    said: list[str] = []
    return batch.run_all(inputs, echo=said.append, warn=said.append, quiet=True, **options)


def recorded(out: Path) -> dict:
    return json.loads((out / "run.json").read_text(encoding="utf-8"))


def reasons(folder: Path, **overrides: object) -> str:
    given = config.load(folder, {f"data.{name}": value for name, value in overrides.items()})
    place = Place.at(folder / "results")
    return "; ".join(resume.standing(given, place, encoding=None, lang="en").reasons)


def wide(result: object, sample: str) -> float:
    return result.result["concentration"].sel(sample=sample, analyte="methamphetamine").item()


def test_a_sidecar_beside_its_export_is_an_input(folder: Path) -> None:
    assert run(folder) == 0
    given = [(i["kind"], i["name"], i["sha256"]) for i in recorded(folder / "results")["inputs"]]
    digest = hashlib.sha256(SIDECAR.read_bytes()).hexdigest()
    assert ("sidecar", "lab/sciex.sidecar.csv", digest) in given
    assert [kind for kind, _, _ in given] == ["samples", "sidecar", "config"]


def test_resume_sees_sidecars_and_factors(folder: Path) -> None:
    run(folder)
    assert reasons(folder) == ""
    assert "data.dilution" in reasons(folder, dilution=2.0)
    beside = folder / "lab" / "sciex.sidecar.csv"
    beside.write_bytes(SIDECAR.read_bytes().replace(b"41000", b"42000"))
    assert "lab/sciex.sidecar.csv" in reasons(folder)
    beside.unlink()
    assert "lab/sciex.sidecar.csv" in reasons(folder)


def test_a_sidecar_that_changes_during_a_run_is_noticed(folder: Path) -> None:
    given = config.load(folder)
    before = record.stamps(given)
    (folder / "lab" / "sciex.sidecar.csv").write_bytes(SIDECAR.read_bytes() + b"\n")
    with pytest.raises(wbe.errors.EnvironmentFault, match=r"sciex\.sidecar\.csv"):
        record.require_unchanged(given, before)


def test_a_named_sidecar_stands_for_those_beside(folder: Path) -> None:
    shutil.copy(SIDECAR, folder / "sequence.csv")
    configured(folder, 'sidecar = "sequence.csv"')
    given = config.load(folder)
    assert [n.name for kind, n in record.input_files(given) if kind == "sidecar"] == [
        "sequence.csv"
    ]
    (folder / "lab" / "sciex.sidecar.csv").unlink()
    assert wide(campaign.compute(given), "S-A1") == 265.0


def test_a_sidecar_among_the_lab_files_does_no_harm(folder: Path) -> None:
    file = folder / "campaign.toml"
    text = file.read_text(encoding="utf-8").replace("lab/*.txt", "lab/*")
    file.write_text(text, encoding="utf-8")
    assert run(folder) == 0
    states = {(i["kind"], i["name"]): i["state"] for i in recorded(folder / "results")["inputs"]}
    assert states[("samples", "lab/sciex.sidecar.csv")] == "done"
    assert states[("sidecar", "lab/sciex.sidecar.csv")] == "done"


def test_factors_of_a_campaign_go_to_the_reader(folder: Path) -> None:
    (folder / "lab" / "sciex.sidecar.csv").unlink()
    with pytest.raises(FindingsError) as caught:
        campaign.compute(config.load(folder))
    assert {f.rule for f in caught.value.findings.errors} == {"export_unit_missing"}
    configured(folder, "enrichment = 100", "dilution = 2", 'unit = "ng/mL"')
    twice = wide(campaign.compute(config.load(folder)), "WW-A1")
    once = wide(campaign.compute(config.load(folder, {"data.dilution": 1.0})), "WW-A1")
    assert (once, twice) == (265.0, 530.0)
    data = record.settings(config.load(folder))["data"]
    assert (data["enrichment"], data["dilution"], data["unit"]) == (100, 2, "ng/mL")


@pytest.mark.parametrize(
    ("line", "key", "words"),
    [
        ("enrichment = 0", "data.enrichment", "0 is not above 0"),
        ("dilution = -2.5", "data.dilution", "-2.5 is not above 0"),
        ("enrichment = true", "data.enrichment", "is not a number"),
        ('unit = "bananas"', "data.unit", "bananas"),
        ('unit = "m3/d"', "data.unit", "no concentration"),
        ('sidecar = "nowhere.csv"', "data.sidecar", "matches no file"),
        ('sidecar = "../sidecar.csv"', "data.sidecar", "outside the campaign"),
    ],
)
def test_what_cannot_be_used_is_named_at_its_key(folder, line: str, key: str, words: str) -> None:
    configured(folder, line)
    with pytest.raises(ConfigError, match=key) as caught:
        config.load(folder)
    assert words in str(caught.value) and "line 3" in str(caught.value)
    found = checking.check([folder])
    assert [f.column for f in found.findings.errors] == [key] and found.code() == 2


def test_lab_files_alone_take_the_options(tmp_path: Path) -> None:
    export = shutil.copy(SAMPLES / "tracefinder.csv", tmp_path)
    with pytest.raises(FindingsError):
        run(Path(export), draws=0)
    assert run(Path(export), draws=0, sidecar=SIDECAR) == 0
    about = recorded(tmp_path / "results")
    assert {(i["kind"], i["name"]) for i in about["inputs"]} == {
        ("samples", "tracefinder.csv"), ("sidecar", "sidecar.csv"),
    }  # fmt: skip
    assert run(Path(export), draws=0, enrichment=100.0) == 0
    assert recorded(tmp_path / "results")["config"]["data"]["enrichment"] == 100.0


def test_a_check_says_what_a_run_would(folder: Path) -> None:
    assert checking.check([folder]).code() == 0
    (folder / "lab" / "sciex.sidecar.csv").unlink()
    lost = checking.check([folder])
    assert (lost.code(), [f.rule for f in lost.findings.errors]) == (4, ["export_unit_missing"])
    told = instrument.options(SIDECAR)
    assert checking.check([folder], told=told).code() == 0
    assert checking.check([folder / "lab" / "sciex.txt"], told=told).code() == 0
    assert checking.check([folder / "lab" / "sciex.txt"]).code() == 4


def test_a_sidecar_is_no_lab_table_whose_results_are_missing(tmp_path: Path) -> None:
    checked = checking.check([SIDECAR])
    assert [f.rule for f in checked.findings] == ["sidecar_apart"] and checked.code() == 0


def test_an_annotation_holds_the_sidecar(folder: Path, tmp_path: Path) -> None:
    from openpyxl import load_workbook

    text = SIDECAR.read_text(encoding="utf-8").replace("2024-03-12", "31/02/2024", 1)
    told = tmp_path / "vials.csv"
    told.write_text(text, encoding="utf-8")
    export = folder / "lab" / "sciex.txt"
    out = tmp_path / "out.xlsx"
    checked = checking.check([export], told=instrument.options(told), annotate=out)
    assert {f.file for f in checked.findings.errors} == {"vials.csv"}
    sheet = next(s for s in load_workbook(out).worksheets if s.title.startswith("vials.csv"))
    noted = [cell for row in sheet.iter_rows() for cell in row if cell.comment]
    assert any(cell.value == "31/02/2024" for cell in noted)


@pytest.mark.parametrize("command", ["run", "check", "convert"])
def test_every_command_has_the_same_options(command: str) -> None:
    options = {o for p in cli.commands[command].params for o in p.opts}
    assert options >= {"--sidecar", "--enrichment", "--dilution", "--unit"}


def test_the_command_line(tmp_path: Path) -> None:
    def ended(*args: object) -> int:
        return CliRunner().invoke(cli, [str(a) for a in args]).exit_code

    export = SAMPLES / "sciex.txt"
    vials = ("--enrichment", 100, "--unit", "ng/mL")
    assert (ended("check", export), ended("check", export, *vials)) == (4, 0)
    assert ended("check", export, "--sidecar", SIDECAR) == 0
    out = tmp_path / "out"
    assert ended("run", export, *vials, "--draws", 0, "--out", out) == 0
    assert (out / "run.json").is_file()
    assert ended("run", export, "--sidecar", SIDECAR, "--draws", 0, "--out", out) == 0
    assert ended("convert", export, tmp_path / "t.csv", *vials) == 0
    tidy = wbe.read(tmp_path / "t.csv")
    assert tidy["concentration"].sel(sample="WW-A1", analyte="methamphetamine").item() == 265.0
    for wrong in (("--enrichment", 0), ("--unit", "m3/d"), ("--sidecar", tmp_path / "none.csv")):
        assert ended("check", export, *wrong) == ended("run", export, *wrong, "--out", out) == 2
        assert ended("convert", export, tmp_path / "u.csv", *wrong) == 2


def test_without_a_file_there_is_no_sidecar() -> None:
    with pytest.raises(UsageError, match="no sidecar"):
        instrument.options(SAMPLES / "nowhere.csv")
    assert instrument.sidecars([SAMPLES / "sciex.txt"], instrument.options()) == []
    told = instrument.options(SIDECAR)
    assert instrument.sidecars([SAMPLES / "sciex.txt", SAMPLES / "masslynx.txt"], told) == [SIDECAR]


VIALS = {"sidecar": SIDECAR, "enrichment": 100.0, "dilution": 2.0, "unit": "ng/mL"}


@pytest.mark.parametrize("name", VIALS)
def test_an_option_that_no_file_can_use_is_refused_by_every_command(
    tmp_path: Path, name: str
) -> None:
    lab = shutil.copy(SAMPLES.parents[2] / "tests" / "data" / "good" / "plain_long.csv", tmp_path)
    option = (f"--{name}", str(VIALS[name]))
    for command in (("check", lab), ("run", lab), ("convert", lab, tmp_path / "t.csv")):
        done = CliRunner().invoke(cli, [*map(str, command), *option])
        assert done.exit_code == 2 and name in done.stderr, command
    for function in (wbe.read, wbe.check):
        with pytest.raises(UsageError, match=name):
            function(lab, **{name: VIALS[name]})
    assert [path.name for path in tmp_path.iterdir()] == ["plain_long.csv"]


def test_an_option_that_one_of_several_files_needs_is_neither_refused_nor_named(
    tmp_path: Path,
) -> None:
    lab = SAMPLES.parents[2] / "tests" / "data" / "good" / "plain_long.csv"
    files = [lab, SAMPLES / "sciex.txt", SAMPLES / "tracefinder.csv"]
    found = wbe.check(files, enrichment=100, unit="ng/mL")  # only one of the two lacks its unit
    assert "option_without_effect" not in {f.rule for f in found}
    alone = wbe.check(files[::2], enrichment=100, unit="ng/mL")
    named = [(f.file, "unit" in f.message) for f in alone if f.rule == "option_without_effect"]
    assert named == [("tracefinder.csv", True)]


def test_a_file_that_cannot_be_opened_may_be_the_export(tmp_path: Path) -> None:
    damaged = tmp_path / "batch.txt"
    damaged.write_bytes(b"")
    assert [f.rule for f in wbe.check(damaged, enrichment=100)] == ["file_empty"]


def test_a_campaign_without_exports_that_states_an_enrichment_is_misconfigured(
    folder: Path,
) -> None:
    lab = SAMPLES.parents[2] / "tests" / "data" / "good" / "plain_long.csv"
    (folder / "lab" / "sciex.txt").write_bytes(lab.read_bytes())
    configured(folder, "enrichment = 100")
    checked = checking.check([folder])
    assert [f.rule for f in checked.findings.errors] == ["config_invalid"]
    assert checked.code() == 2
    with pytest.raises(UsageError, match="enrichment"):
        run(folder)
