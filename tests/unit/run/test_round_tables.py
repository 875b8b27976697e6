"""Changes between rounds and the order of areas, as files of a run."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pandas as pd
import pytest

from wbe.errors import UsageError
from wbe.run import config, outputs, publish
from wbe.run.round_tables import FILES, read_tables

pytestmark = pytest.mark.slow  # eight runs of a county

INDEX = """
[index]
methamphetamine = "methamphetamine|Zuccato2008"
MDMA = { dose = "100 mg/dose", source = "made up" }
"""


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def county(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The synthetic county of thirteen towns; one of them is small."""
    folder = tmp_path_factory.mktemp("county") / "county"
    shutil.copytree(root / "data" / "samples" / "example-county", folder)
    file = folder / "campaign.toml"
    text = file.read_text(encoding="utf-8").replace("draws = 10000", "draws = 400 ")
    file.write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def county_run(county: Path) -> Path:
    out = county / "results"
    outputs.run(config.load(county), out)
    return out


def rewritten(county: Path, target: Path, **changes: str) -> Path:
    """The county with other words in its campaign.toml."""
    folder = Path(shutil.copytree(county, target, ignore=shutil.ignore_patterns("results")))
    file = folder / "campaign.toml"
    text = file.read_text(encoding="utf-8")
    for old, new in changes.items():
        line = next(x for x in text.splitlines() if x.startswith(f"{old} "))
        text = text.replace(line, new, 1)
    file.write_text(text, encoding="utf-8")
    return folder


def test_a_hidden_area_is_named_and_nothing_is_said_of_it(county_run: Path) -> None:
    hidden = {r["area"] for r in table(county_run / "tiers.csv") if "suppressed" in r["flags"]}
    assert len(hidden) == 1
    rows = [r for r in table(county_run / "changes.csv") if r["area"] in hidden]
    assert rows and {r["outcome"] for r in rows} == {"suppressed"}
    said = {k for r in rows for k, v in r.items() if v}
    assert said == {"area", "name", "drug", "quantity", "round_before", "round_after", "outcome"}
    unranked = [r for r in table(county_run / "ranks.csv") if r["area"] in hidden]
    assert unranked and {r["flags"] for r in unranked} == {"suppressed"}
    said = {k for r in unranked for k, v in r.items() if v}
    assert said == {"area", "name", "round", "drug", "quantity", "flags"}


def test_every_area_of_a_round_stands_among_the_ranks(county_run: Path) -> None:
    rows = table(county_run / "ranks.csv")
    drug = rows[0]["drug"]
    tiers = [r for r in table(county_run / "tiers.csv") if r["drug"] == drug]
    names = ("round", "area", "name")
    assert {tuple(r[n] for n in names) for r in rows} == {tuple(r[n] for n in names) for r in tiers}
    assert len(rows) == len(tiers)
    assert all(bool(r["rank_lower"]) != bool(r["flags"]) for r in rows)


def test_a_hidden_area_takes_no_part_in_the_spread_or_the_number_of_tests(
    county: Path, county_run: Path, tmp_path: Path
) -> None:
    """Without its channels, nothing that is shown of the measured drug differs."""
    name = next(r["name"] for r in table(county_run / "tiers.csv") if "suppressed" in r["flags"])
    folder = rewritten(county, tmp_path / "other")
    for file in (folder / "lab").glob("*_channels_*.csv"):
        text = file.read_text(encoding="utf-8-sig").splitlines()
        kept = [x for x in text if name not in x]
        assert len(kept) < len(text)
        file.write_text("\n".join(kept) + "\n", encoding="utf-8")
    outputs.run(config.load(folder), tmp_path / "out")
    shown = [
        [r for r in table(run / "changes.csv") if r["drug"] == "methamphetamine" and r["p"]]
        for run in (county_run, tmp_path / "out")
    ]
    assert shown[0] == shown[1]


def test_the_page_says_what_the_table_holds_in_both_languages(
    county: Path, county_run: Path, tmp_path: Path
) -> None:
    english = (county_run / "report.html").read_text(encoding="utf-8")
    assert "No area of 12 tested can be said to have moved" in english
    folder = rewritten(county, tmp_path / "zh", language='language = "zh"')
    outputs.run(config.load(folder), tmp_path / "zh-out")
    chinese = (tmp_path / "zh-out" / "report.html").read_text(encoding="utf-8")
    assert "参加检验的12个区域中，没有一个可以判定为发生变化" in chinese
    tables = [(run / "changes.csv").read_bytes() for run in (county_run, tmp_path / "zh-out")]
    assert tables[0] == tables[1]


def test_a_publication_copies_them_and_an_internal_run_keeps_its_own_for_it(
    county: Path, county_run: Path, tmp_path: Path
) -> None:
    publish.publish(county_run, tmp_path / "public")
    internal = 'audience = "internal"\npurpose = "round"\napproval = "7"'
    folder = rewritten(county, tmp_path / "in", audience=internal)
    run = tmp_path / "in-out"
    outputs.run(config.load(folder), run)
    ranked = [len([r for r in table(at / "ranks.csv") if r["p_top_1"]]) for at in (run, county_run)]
    assert ranked[0] > ranked[1]
    publish.publish(run, tmp_path / "from-internal")
    for name in FILES:
        one, other = (tmp_path / d / name for d in ("public", "from-internal"))
        assert one.read_bytes() == (county_run / name).read_bytes() == other.read_bytes()
    assert read_tables(run).changes is not None


def test_an_index_is_mapped_with_every_drug_beside_it_and_its_weights_in_the_record(
    county: Path, tmp_path: Path
) -> None:
    folder = rewritten(
        county, tmp_path / "index", drug='drug = "index"', quantity="", scheme="", breaks=""
    )
    file = folder / "campaign.toml"
    text = file.read_text(encoding="utf-8").replace("[privacy]", f"{INDEX}[privacy]")
    file.write_text(text, encoding="utf-8")
    results, _ = outputs.run(config.load(folder), tmp_path / "out")
    rows = pd.DataFrame(table(tmp_path / "out" / "tiers.csv"))
    assert set(rows.loc[rows["drug"] == "index", "quantity"]) == {"index"}
    assert set(rows.loc[rows["drug"] != "index", "quantity"]) == {"pn_consumption"}
    assert results.tiers.attrs["index_weights"]["methamphetamine"]["value"] == 30
    record = (tmp_path / "out" / "run.json").read_text(encoding="utf-8")
    assert '"made up"' in record and "methamphetamine|Zuccato2008" in record


def test_the_county_model_is_a_scheme_of_a_campaign(county: Path, tmp_path: Path) -> None:
    folder = rewritten(county, tmp_path / "model", scheme='scheme = "model"')
    results, _ = outputs.run(config.load(folder), tmp_path / "out")
    tiers = results.tiers[results.tiers["drug"] == "methamphetamine"]
    assert results.tiers.attrs["resolved_at"] == 0.9
    assert 0.05 < tiers["resolved"].mean() < 0.9


def test_percentiles_of_a_reference_set_are_a_scheme_of_a_campaign(
    county: Path, tmp_path: Path
) -> None:
    folder = rewritten(
        county, tmp_path / "ref", scheme='scheme = "percentile"\nreference = "reference.csv"',
        breaks="breaks = [50, 90]",
    )  # fmt: skip
    rows = [f"{5 * k},pn_mass_load,mg/day/1000 inhabitants,geometric,made up" for k in range(1, 31)]
    text = "\n".join(["value,quantity,unit,statistic,source", *rows])
    (folder / "reference.csv").write_text(text, encoding="utf-8")
    results, _ = outputs.run(config.load(folder), tmp_path / "out")
    assert results.tiers.attrs["reference_source"] == "made up"
    low, high = results.tiers.attrs["breaks"]["methamphetamine"]
    assert 70 < low < 85 and 130 < high < 150
    (folder / "reference.csv").write_text(text.replace("geometric", "arithmetic"), encoding="utf-8")
    with pytest.raises(UsageError, match="same quantity, unit and statistic"):
        outputs.run(config.load(folder), tmp_path / "other")
