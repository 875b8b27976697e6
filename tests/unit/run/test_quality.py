"""The laboratory's batches in a run: flags to the tiers, the page, the record and estimates.nc."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from wbe.errors import ConfigError, FindingsError
from wbe.run import campaign as campaigns
from wbe.run import config, outputs
from wbe.run.campaign import Results

FILE = "lab/synthetic-2024Q1.csv"
ROWS = {
    "blank": "FB-1,现场空白,2024-02-10,wwtp_influent,grab,methamphetamine,{value},ng/L,1.5,5"
    ",,,,,,synthetic\n",
}


def with_rows(campaign: Path, *rows: str, quality: str = "") -> config.Config:
    lab = campaign / FILE
    lab.write_text(lab.read_text(encoding="utf-8").rstrip("\n") + "\n" + "".join(rows),
                   encoding="utf-8")  # fmt: skip
    file = campaign / "campaign.toml"
    text = file.read_text(encoding="utf-8")
    head, _, rest = text.partition("[quality]")
    file.write_text(f"{head}[quality]\n{quality}\n[privacy]{rest.partition('[privacy]')[2]}",
                    encoding="utf-8")  # fmt: skip
    return config.load(campaign)


def run(campaign: Path, *rows: str, quality: str = "") -> tuple[Results, Path]:
    out = campaign / "out"
    results, _ = outputs.run(with_rows(campaign, *rows, quality=quality), out)
    return results, out


def flagged(results: Results) -> set[tuple[str, str]]:
    """Drug and round of the areas that rest on results of a failed batch."""
    rows = results.tiers[results.tiers["flags"].str.split(";").map(lambda f: "qa_flagged" in f)]
    return set(zip(rows["drug"], rows["round"], strict=True))


def test_a_contaminated_blank_reaches_tiers_page_record_and_netcdf(campaign: Path) -> None:
    import xarray as xr

    results, out = run(campaign, ROWS["blank"].format(value=2))
    assert flagged(results) == {("methamphetamine", "2024Q1")}
    about = json.loads((out / "run.json").read_text(encoding="utf-8"))
    criteria = {c["criterion"]: c for c in about["quality"]["criteria"]}
    assert (criteria["blank"]["judged"], criteria["blank"]["outside"]) == (1, 1)
    assert {row["id"] for row in about["quality"]["limits"]} > {"recovery_low", "loq_to_blank"}
    page = (out / "report.html").read_text(encoding="utf-8")
    start = page.index('id="s-quality"')
    section = page[start : page.index("</section>", start)]
    said = re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", section))
    assert "Blanks 1 1 below the limit of quantification / 3" in said
    assert "FB-1" not in page and "NORTH" not in section
    with xr.open_dataset(out / "estimates.nc", engine="scipy") as stored:
        texts = {str(t) for t in stored["qc_flags"].values.ravel()}
    assert any("blank_contaminated" in text for text in texts)


def test_a_clean_blank_flags_no_area(campaign: Path) -> None:
    results, _ = run(campaign, ROWS["blank"].format(value="ND"))
    assert flagged(results) == set()
    assert "qc_missing" in {f.rule for f in results.findings}


def test_without_quality_control_nothing_changes(
    campaign: Path, public_run: tuple[Path, Results, list[str]]
) -> None:
    results, _ = run(campaign)
    assert (results.result["qc_flags"].values == "").all()
    assert results.tiers["value"].equals(public_run[1].tiers["value"])


def test_a_campaign_may_reject_what_fails(campaign: Path) -> None:
    results, out = run(campaign, ROWS["blank"].format(value=2), quality='on_fail = "reject"')
    meth = results.result["status"].sel(analyte="methamphetamine")
    first = results.result["round"].values == "2024Q1"
    assert not (meth.values[first] == "quantified").any()
    assert (meth.values[~first] == "quantified").any()
    assert {f.rule for f in results.findings.errors} == {"blank_contaminated"}
    counts = json.loads((out / "run.json").read_text(encoding="utf-8"))["counts"]
    assert counts["rejected_results"] > 0


def test_nothing_left_after_rejection_is_an_error(campaign: Path) -> None:
    for lab in (campaign / "lab").iterdir():
        head, *rows = lab.read_text(encoding="utf-8").splitlines()
        kept = [row for row in rows if ",methamphetamine," in row and "<" not in row]
        blank = ROWS["blank"].format(value=5)
        lab.write_text("\n".join([head, *kept, blank]), encoding="utf-8")
    with pytest.raises(FindingsError) as caught:
        campaigns.compute(with_rows(campaign, quality='on_fail = "reject"'))
    assert {f.rule for f in caught.value.findings.errors} == {"blank_contaminated"}


def test_own_limits_are_an_input_and_stand_in_the_record(campaign: Path) -> None:
    (campaign / "limits.toml").write_text(
        '[loq_to_blank]\nvalue = 2\nunit = "1"\nsource = "own, synthetic"\n', encoding="utf-8"
    )
    results, out = run(campaign, ROWS["blank"].format(value=2), quality='limits = "limits.toml"')
    assert flagged(results) == set()
    about = json.loads((out / "run.json").read_text(encoding="utf-8"))
    assert "limits.toml" in {entry["name"] for entry in about["inputs"]}
    [own] = [row for row in about["quality"]["limits"] if row["id"] == "loq_to_blank"]
    assert (own["value"], own["source"], own["verified"]) == (2, "own, synthetic", "user")


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ('on_fial = "flag"', "quality.on_fial"),
        ('on_fail = "delete"', "quality.on_fail"),
        ('recovery_corrected = "no"', "quality.recovery_corrected"),
        ('limits = "none.toml"', "quality.limits"),
        ('limits = "bad.toml"', "quality.limits"),
    ],
)
def test_a_key_that_cannot_be_used_is_named(campaign: Path, line: str, key: str) -> None:
    (campaign / "bad.toml").write_text('[recovery_low]\nvalue = 60\nunit = "min"\n')
    with pytest.raises(ConfigError) as caught:
        with_rows(campaign, quality=line)
    assert key in str(caught.value)
