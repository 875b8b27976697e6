"""The whole job on a small synthetic campaign: what it writes, and what it refuses."""

from __future__ import annotations

import csv
import json
import os
import re
from pathlib import Path

import pytest

from wbe.errors import EnvironmentFault, FindingsError, UsageError
from wbe.run import about, config, folder, outputs

CONTRACT = [
    "areas.gpkg", "changes.csv", "estimates.csv", "estimates.nc", "findings.csv", "map.png",
    "map.svg", "ranks.csv", "report.html", "run.json", "tiers.csv", "tiers.xlsx",
]  # fmt: skip
SITES = re.compile(r"(?:NORTH|EAST|SOUTH|WEST|HARBOUR|HILL)-[123]|S-2024Q[12]-")


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def change(campaign: Path, old: str, new: str, name: str = "campaign.toml") -> config.Config:
    file = campaign / name
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")
    return config.load(campaign)


def test_every_file_of_the_contract_is_written(public_run) -> None:
    out, _, written = public_run
    assert written == CONTRACT
    assert folder.is_whole(out)


def test_the_small_town_is_suppressed_and_takes_no_rank(public_run) -> None:
    out, _, _ = public_run
    own = [r for r in rows(out / "tiers.csv") if r["drug"] == "methamphetamine"]
    assert len(own) == 12
    for label in ("2024Q1", "2024Q2"):
        by_area = {r["area"]: r for r in own if r["round"] == label}
        assert by_area["hill"]["flags"] == "suppressed" and not by_area["hill"]["value"]
        ranks = sorted(r["rank"] for r in by_area.values() if r["rank"])
        assert ranks == ["1", "2", "3", "4", "5"]


def test_no_publishable_file_of_a_public_run_names_a_site_or_a_sample(public_run) -> None:
    from wbe.run.publish import PUBLISHABLE

    out, _, written = public_run
    for name in set(PUBLISHABLE) & set(written):
        assert not SITES.search((out / name).read_bytes().decode("utf-8", "ignore")), name
    assert SITES.search((out / "estimates.csv").read_text(encoding="utf-8-sig"))


def test_the_record_tells_what_went_in_and_no_machine(public_run, made: Path) -> None:
    out, results, _ = public_run
    text = (out / "run.json").read_text(encoding="utf-8")
    about = json.loads(text)
    assert [i["name"] for i in about["inputs"]] == [
        "lab/synthetic-2024Q1.csv", "lab/synthetic-2024Q2.csv", "sites.csv", "areas.geojson",
        "campaign.toml",
    ]  # fmt: skip
    for entry in about["inputs"]:
        assert entry["sha256"] == folder.checksum(made / entry["name"])
        assert entry["bytes"] == (made / entry["name"]).stat().st_size
    assert about["config"]["estimate"]["draws"] == about["draws"] == 400
    assert about["counts"]["samples"] == 36 and about["counts"]["areas"] == 6
    assert about["tiers"]["round"] == results.round == "2024Q2"
    assert about["tiers"]["reference_round"] == "2024Q1"
    assert len(about["breaks"]["methamphetamine"]) == 2
    assert sorted(about["outputs"]) == [n for n in CONTRACT if n != "run.json"]
    assert about["references"] and all(f["reference"] for f in about["factors"])
    assert str(made) not in text and os.sep + "tmp" not in text
    assert os.environ.get("USER", "nobody-of-this-name") not in text


@pytest.mark.slow
def test_inputs_are_never_written_to_and_a_second_run_is_the_same(
    public_run, made: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    out, _, _ = public_run
    inputs = [made / e["name"] for e in json.loads((out / "run.json").read_bytes())["inputs"]]
    before = [(f.read_bytes(), f.stat().st_mtime_ns) for f in inputs]
    first = {n: (out / n).read_bytes() for n in CONTRACT}
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    monkeypatch.chdir(tmp_path)
    outputs.run(config.load(made), tmp_path / "a")
    outputs.run(config.load(made), tmp_path / "b")
    assert [(f.read_bytes(), f.stat().st_mtime_ns) for f in inputs] == before
    for name in CONTRACT:
        second = (tmp_path / "a" / name).read_bytes()
        assert second == (tmp_path / "b" / name).read_bytes(), name
        assert name == "run.json" or second == first[name], name
    about = json.loads((tmp_path / "a" / "run.json").read_bytes())
    assert about["created"] == "2023-11-14T22:13:20+00:00"


def test_only_chosen_rounds_are_used(campaign: Path) -> None:
    loaded = change(campaign, '# only_rounds = ["2024Q2"]', 'only_rounds = ["2024Q1"]')
    results, _ = outputs.run(loaded, campaign / "out")
    assert set(results.tiers["round"]) == {"2024Q1"} and results.round == "2024Q1"


def test_an_unknown_round_is_an_error_that_lists_the_rounds(campaign: Path) -> None:
    loaded = change(campaign, '# only_rounds = ["2024Q2"]', 'only_rounds = ["2019Q1"]')
    with pytest.raises(UsageError, match=r"2019Q1.*2024Q1, 2024Q2"):
        outputs.run(loaded, campaign / "out")
    loaded = change(campaign, 'only_rounds = ["2019Q1"]', "")
    loaded = change(campaign, 'map_round = "latest"', 'map_round = "2019Q1"')
    with pytest.raises(UsageError, match=r"map_round.*2024Q1, 2024Q2"):
        outputs.run(loaded, campaign / "out")
    assert not (campaign / "out").exists()


def test_fixed_breaks_are_about_the_mapped_drug_alone(campaign: Path) -> None:
    old = 'scheme = "fisher_jenks"'
    loaded = change(campaign, old, 'scheme = "fixed"\nbreaks = [20, 60]\nfloor = 5')
    results, _ = outputs.run(loaded, campaign / "out")
    tiers = results.tiers[results.tiers["flags"] != "suppressed"]
    own = tiers["drug"] == "methamphetamine"
    assert set(tiers.loc[own, "tier"]) <= {"not_elevated", "general", "moderate", "severe"}
    assert tiers.loc[own, "tier"].ne("").all() and tiers.loc[own, "p_not_elevated"].notna().all()
    assert tiers.loc[~own, "tier"].eq("").all()
    assert tiers.loc[~own, "flags"].str.contains("no_breaks|no_consumption").all()


def test_without_draws_there_are_values_and_no_intervals(campaign: Path) -> None:
    results, _ = outputs.run(config.load(campaign, {"estimate.draws": 0}), campaign / "out")
    found = rows(campaign / "out" / "estimates.csv")
    quantified = [r for r in found if r["status"] == "quantified"]
    assert all(r["value"] and not r["lower"] and not r["upper"] for r in quantified)
    assert not results.tiers["resolved"].any()


def test_without_geometry_there_is_no_map_and_the_page_says_so(campaign: Path) -> None:
    loaded = change(campaign, 'areas = "areas.geojson"', "")
    text = (campaign / "sites.csv").read_text(encoding="utf-8").splitlines()
    kept = [",".join(c for i, c in enumerate(r.split(",")) if i not in (3, 4, 5)) for r in text]
    (campaign / "sites.csv").write_text("\n".join(kept) + "\n", encoding="utf-8")
    _, written = outputs.run(loaded, campaign / "out")
    assert not {"map.png", "map.svg", "areas.gpkg"} & set(written)
    assert "No geometry" in (campaign / "out" / "report.html").read_text(encoding="utf-8")


def test_places_of_sites_that_stand_for_areas_are_coarse_in_public(campaign: Path) -> None:
    loaded = change(campaign, 'areas = "areas.geojson"', "")
    results, _ = outputs.run(loaded, campaign / "out")
    places = [p for p in results.tiers.geometry if p is not None]
    assert places and all(p.x == round(p.x, 2) and p.y == round(p.y, 2) for p in places)


def test_a_rejected_sample_leaves_the_rest_and_marks_its_area(campaign: Path) -> None:
    lab = campaign / "lab" / "synthetic-2024Q2.csv"
    text = lab.read_text(encoding="utf-8")
    line = next(r for r in text.splitlines() if r.startswith("S-2024Q2-east-2"))
    cells = line.split(",")
    cells[6] = "1,5±3"
    lab.write_text(text.replace(line, ",".join(f'"{c}"' for c in cells)), encoding="utf-8")
    results, _ = outputs.run(config.load(campaign), campaign / "out")
    counts = about.counts(results)
    assert (counts["rejected_results"], counts["rejected_samples"]) == (1, 1)
    found = rows(campaign / "out" / "findings.csv")
    assert [r["severity"] for r in found].count("error") == len(results.findings.errors) >= 1
    tiers = results.tiers
    own = tiers[(tiers["area"] == "east") & (tiers["drug"] == "methamphetamine")]
    assert own["flags"].str.contains("sample_rejected").any()


def test_nothing_usable_writes_nothing_and_keeps_the_old_results(campaign: Path) -> None:
    outputs.run(config.load(campaign), campaign / "out")
    before = folder.checksum(campaign / "out" / "run.json")
    for lab in (campaign / "lab").iterdir():
        head = lab.read_text(encoding="utf-8").splitlines()[0]
        lab.write_text(f"{head}\nS,NORTH-1,2024-02-10,,,methamphetamine,?,ng/L\n", encoding="utf-8")
    with pytest.raises(FindingsError) as caught:
        outputs.run(config.load(campaign), campaign / "out")
    assert caught.value.exit_code == 4 and caught.value.findings.errors
    assert folder.checksum(campaign / "out" / "run.json") == before
    assert not list(campaign.glob(".wbe-*"))


@pytest.mark.slow
def test_a_disk_that_fills_up_keeps_the_old_results(
    campaign: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from wbe.io import write
    from wbe.io.netcdf import files as netcdf_files

    outputs.run(config.load(campaign), campaign / "out")

    def full(*args: object) -> None:
        raise OSError(28, "No space left on device", str(args[-1]))

    for place, function in (
        (write, "write_estimates"), (netcdf_files, "netcdf_bytes"), (write, "write_areas"),
    ):  # fmt: skip
        with monkeypatch.context() as patch:
            patch.setattr(place, function, full)
            with pytest.raises(EnvironmentFault, match="No space left"):
                outputs.run(config.load(campaign), campaign / "out")
        assert folder.is_whole(campaign / "out")
        assert not list(campaign.glob(".wbe-*"))


def test_every_page_says_that_the_guard_is_off(campaign: Path) -> None:
    from wbe import plot

    loaded = change(campaign, "min_population = 5000", "min_population = 0")
    titles: list[str] = []
    draw = plot.tier_map

    def noting(*args, **options):
        titles.append(options["title"])
        return draw(*args, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plot, "tier_map", noting)
        results, _ = outputs.run(loaded, campaign / "out")
    assert all("no area is suppressed" in title for title in titles) and titles
    page = (campaign / "out" / "report.html").read_text(encoding="utf-8")
    assert "no area is suppressed" in page
    assert not results.tiers["flags"].str.contains("suppressed").any()


def test_sites_are_placed_in_wgs84_whatever_their_datum(campaign: Path) -> None:
    import xarray as xr

    text = (campaign / "sites.csv").read_text(encoding="utf-8")
    here = text.replace(",0.065,0.112,wgs84,", ",116.30178,23.03577,bd09,")
    (campaign / "sites.csv").write_text(here, encoding="utf-8")
    outputs.run(config.load(campaign), campaign / "out")
    with xr.open_dataset(campaign / "out" / "estimates.nc", engine="scipy") as data:
        lon = data["lon"].values[data["site"].values == "NORTH-1"]
    assert lon.tolist() == pytest.approx([116.2908] * 2, abs=1e-3)


def test_if_every_area_is_hidden_nothing_of_them_is_told(campaign: Path) -> None:
    loaded = change(campaign, "min_population = 5000", "min_population = 9000000")
    results, _ = outputs.run(loaded, campaign / "out")
    assert set(results.tiers["flags"]) == {"suppressed"}
    assert results.tiers["value"].isna().all() and results.tiers.attrs["breaks"] == {}


def test_an_output_folder_that_holds_an_input_is_refused(campaign: Path) -> None:
    with pytest.raises(UsageError, match="holds the input"):
        outputs.run(config.load(campaign), campaign)
    with pytest.raises(UsageError, match="holds the input"):
        outputs.run(config.load(campaign), campaign / "lab")
    with pytest.raises(UsageError, match="lies in lab, which holds inputs"):
        outputs.run(config.load(campaign), campaign / "lab" / "results")


def test_a_residue_that_the_data_do_not_hold_is_an_error(campaign: Path) -> None:
    loaded = change(campaign, '"methamphetamine"', '"cocaine"')
    with pytest.raises(UsageError, match="no residue"):
        outputs.run(loaded, campaign / "out")


def test_a_chinese_campaign_is_written_in_chinese(campaign: Path) -> None:
    loaded = change(campaign, 'language = "en"', 'language = "zh"')
    outputs.run(loaded, campaign / "out")
    page = (campaign / "out" / "report.html").read_text(encoding="utf-8")
    assert 'lang="zh-CN"' in page and "人口少于 5000" in page


def test_indicators_that_nothing_uses_are_said_to_be_unused(campaign: Path) -> None:
    text = "area,period,indicator,value,unit\nnowhere,2024Q1,found,30,persons\n"
    (campaign / "indicators.csv").write_text(text, encoding="utf-8")
    loaded = change(campaign, "[estimate]", 'indicators = "indicators.csv"\n[estimate]')
    results, _ = outputs.run(loaded, campaign / "out")
    (found,) = results.findings.select(lambda f: f.rule == "indicators_unused")
    assert (found.severity, found.file) == ("flag", "indicators.csv")
    assert any(r["rule"] == found.rule for r in rows(campaign / "out" / "findings.csv"))
    page = (campaign / "out" / "report.html").read_text(encoding="utf-8")
    assert "No statistic could be set beside an area" in page


def test_the_page_says_when_sites_stand_for_areas(campaign: Path, public_run) -> None:
    loaded = change(campaign, 'areas = "areas.geojson"', "")
    loaded = change(campaign, 'sites = "sites.csv"', "")
    outputs.run(loaded, campaign / "out")
    page = (campaign / "out" / "report.html").read_text(encoding="utf-8")
    assert "each site stands for itself" in page
    page = (public_run[0] / "report.html").read_text(encoding="utf-8")
    assert "each site stands for itself" not in page and "Areas by: " in page


def test_findings_of_the_estimate_reach_the_table(campaign: Path) -> None:
    lab = campaign / "lab" / "synthetic-2024Q1.csv"
    with lab.open(encoding="utf-8", newline="") as file:
        table = list(csv.DictReader(file))
    for row in table:
        row["flow"] = row["flow_unit"] = ""
    with lab.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(table[0]))
        writer.writeheader()
        writer.writerows(r for r in table if r["analyte"] != "cotinine")
    results, _ = outputs.run(config.load(campaign), campaign / "out")
    assert results.findings.select(lambda f: f.rule == "no_route")
    assert any(r["rule"] == "no_route" for r in rows(campaign / "out" / "findings.csv"))
