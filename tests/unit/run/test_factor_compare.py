"""``wbe factors --compare``: what each factor does to a finished run."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from wbe import names
from wbe.cli import cli
from wbe.errors import UsageError
from wbe.io.seal import sealed
from wbe.run import factor_compare, scaffold

UNIT = "mg/day/1000 inhabitants"
KOREA = Path(__file__).parents[2] / "published" / "kim2015_table.csv"


def invoke(*args: object):
    return CliRunner().invoke(cli, [str(a) for a in args])


def factor(drug: str, analyte: str, cf: float | None, factor_id: str, gives: str = "consumption"):
    return {
        "factor_id": factor_id, "drug": drug, "analyte": analyte, "gives": gives,
        "excretion": None if cf is None else 1 / cf, "correction_factor": cf, "verified": "no",
    }  # fmt: skip


def table(file: Path, rows: list[dict[str, object]]) -> None:
    with file.open("w", encoding="utf-8-sig", newline="") as out:
        writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def tier(area: str, drug: str, value: object, flags: str = "", quantity: str = "pn_mass_load"):
    return {"area": area, "name": area.title(), "round": "2024Q1", "drug": drug,
            "quantity": quantity, "unit": UNIT, "value": value, "flags": flags}  # fmt: skip


def sample(area: str, analyte: str, value: object, number: int = 1, status: str = "quantified"):
    return {"sample_id": f"{area}-{number}", "area": area, "round": "2024Q1", "analyte": analyte,
            "quantity": "pn_mass_load", "value": value, "status": status}  # fmt: skip


def run(folder: Path, factors, tiers, samples=()) -> Path:
    folder.mkdir()
    about = {"schema": 1, "kind": "run", "title": "Synthetic", "factor_set": "default",
             "factors": factors, "outputs": {}}  # fmt: skip
    (folder / "run.json").write_text(sealed(about), encoding="utf-8", newline="\n")
    table(folder / "tiers.csv", tiers)
    if samples:
        table(folder / "estimates.csv", list(samples))
    return folder


METH = factor("methamphetamine", "methamphetamine", 1 / 0.43, "methamphetamine|METH|Zuccato2008")
KET = factor("ketamine", "ketamine", 5.0, "ketamine|KET|Du2020")


def rows_of(drug: str, folder: Path | None, **options: str) -> list[dict[str, str]]:
    text = factor_compare.listing(drug, folder, form="csv", **options)
    return list(csv.DictReader(io.StringIO(text)))


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("compare") / "six-towns"
    scaffold.create(folder)
    done = invoke("run", folder, "--draws", 0, "--quiet")
    assert done.exit_code == 0, done.output
    return folder / "results"


def test_every_set_of_a_drug_over_the_runs_own(finished: Path) -> None:
    done = invoke("factors", "--compare", "METH", finished)
    assert done.exit_code == 0, done.stderr
    line = next(x for x in done.stdout.splitlines() if "GraciaLor2016" in x)
    assert "1.89" in line and "4.41" in line and "gracialor2016" in line and "0/10" in line
    own = next(x for x in done.stdout.splitlines() if x.startswith("*"))
    assert "methamphetamine|METH|Zuccato2008" in own and " 1.00 " in own
    assert "moves no area among areas" in done.stdout
    assert done.stdout == invoke("factors", "--compare", "甲基苯丙胺", finished).stdout


def test_values_are_those_of_the_run_times_the_ratio(finished: Path) -> None:
    with (finished / "tiers.csv").open(encoding="utf-8-sig", newline="") as file:
        shown = {(r["round"], r["area"]): r for r in csv.DictReader(file)
                 if r["drug"] == "methamphetamine"}  # fmt: skip
    rows = rows_of("METH", finished)
    assert {(r["round"], r["area"]) for r in rows} == {p for p, r in shown.items() if r["value"]}
    for row in rows:
        load = float(shown[row["round"], row["area"]]["value"])
        assert float(row["pn_load"]) == pytest.approx(load, rel=1e-5)
        assert float(row["pn_consumption"]) == pytest.approx(
            load * float(row["correction_factor"]), rel=2e-5
        )
        assert float(row["ratio"]) == pytest.approx(0.43 / float(row["excretion"]), rel=2e-5)
        assert row["rank"] == row["own_rank"]


def test_suppressed_areas_stay_hidden(finished: Path) -> None:
    for drug in ("METH", "ketamine", "nicotine", "amphetamine"):
        done = invoke("factors", "--compare", drug, finished, "--format", "csv")
        assert done.exit_code == 0 and ",hill," not in done.stdout and "Hill" not in done.stdout


def test_a_published_folder_can_be_compared(finished: Path, tmp_path: Path) -> None:
    assert invoke("publish", finished, tmp_path / "public").exit_code == 0
    assert rows_of("METH", tmp_path / "public") == rows_of("METH", finished)


def test_korean_loads_under_other_factors(tmp_path: Path) -> None:
    """5.18 mg/day/1000 is 12.0 at 43 %, and 22.8 at 22.7 %."""
    with KOREA.open(encoding="utf-8", newline="") as file:
        quantified = [r for r in csv.DictReader(file) if not r["consumption"].startswith("<")]
    loads = {r["site"]: r for r in quantified if r["analyte"] == "methamphetamine"}
    own = {**METH, "factor_id": "methamphetamine|METH|Kim2015KR"}
    tiers = [tier(site, "methamphetamine", r["pn_load"]) for site, r in loads.items()]
    rows = rows_of("METH", run(tmp_path / "r", [own], tiers))
    for row in (r for r in rows if r["own"] == "true"):
        printed = float(loads[row["area"]]["consumption"])
        assert float(row["pn_consumption"]) == pytest.approx(printed, rel=0.0065)
    other = next(r for r in rows if r["area"] == "B-1" and "GraciaLor2016" in r["factor_id"])
    assert float(other["pn_consumption"]) == pytest.approx(5.18 / 0.227, rel=1e-5)
    assert sum(r["own"] == "true" for r in rows) == len(loads) == 14


def test_another_residue_moves_areas(tmp_path: Path) -> None:
    """By dehydronorketamine the towns change places; only samples with both residues count."""
    values = {"north": 10, "south": 8, "west": 2}
    tiers = [tier(area, "ketamine", value) for area, value in values.items()]
    tiers.append(tier("hill", "ketamine", "", "suppressed"))
    samples = [
        sample("north", "ketamine", 10), sample("north", "dehydronorketamine", 2),
        sample("south", "ketamine", 4), sample("south", "dehydronorketamine", 8),
        sample("south", "ketamine", 16, 2), sample("south", "dehydronorketamine", 8, 2),
        sample("west", "ketamine", 2), sample("west", "dehydronorketamine", 0.5, 1, "below_loq"),
        sample("hill", "ketamine", 900), sample("hill", "dehydronorketamine", 900),
    ]  # fmt: skip
    folder = run(tmp_path / "r", [KET], tiers, samples)
    rows = {r["area"]: r for r in rows_of("ketamine", folder) if "DHNK" in r["factor_id"]}
    assert set(rows) == {"north", "south"}
    cf = float(rows["north"]["correction_factor"])
    assert float(rows["north"]["pn_consumption"]) == pytest.approx(10 * (2 / 10) * cf, rel=1e-5)
    # geometric mean of 8/4 and 8/16 is 1
    assert float(rows["south"]["pn_consumption"]) == pytest.approx(8 * 1.0 * cf, rel=1e-5)
    assert [rows[a]["rank"] + rows[a]["own_rank"] for a in ("north", "south")] == ["21", "12"]
    text = factor_compare.listing("ketamine", folder)
    assert "2024Q1: South 2 -> 1, North 1 -> 2" in text and "2/2" in text


def test_a_factor_may_move_the_drug_among_the_drugs(tmp_path: Path) -> None:
    tiers = [tier("north", "ketamine", 10), tier("north", "methamphetamine", 40)]
    rows = rows_of("ketamine", run(tmp_path / "r", [KET, METH], tiers))
    places = {r["factor_id"]: (r["own_drug_place"], r["drug_place"]) for r in rows if r["area"]}
    assert places["ketamine|KET|Du2020"] == ("2", "2")
    assert places["ketamine|KET|Wieber1975"] == ("2", "1")  # 435 against 93


def test_tiers_on_consumption_give_the_same(tmp_path: Path) -> None:
    load = run(tmp_path / "a", [METH], [tier("north", "methamphetamine", 43)])
    used = run(tmp_path / "b", [METH],
               [tier("north", "methamphetamine", 100, "", "pn_consumption")])  # fmt: skip
    assert rows_of("METH", load) == rows_of("METH", used)


def test_a_load_only_choice_gives_no_number(tmp_path: Path) -> None:
    folder = run(tmp_path / "r", [KET], [tier("north", "ketamine", 10)])
    acic = [r for r in rows_of("ketamine", folder) if r["factor_id"] == "ketamine|KET|ACIC"]
    assert len(acic) == 1 and acic[0]["pn_consumption"] == "" and "load only" in acic[0]["reason"]


def test_a_run_of_loads_alone_gets_consumption_without_a_ratio(tmp_path: Path) -> None:
    own = factor("ketamine", "ketamine", None, "ketamine|KET|ACIC", "load")
    folder = run(
        tmp_path / "r", [own], [tier("north", "ketamine", 10), tier("south", "ketamine", 4)]
    )
    rows = rows_of("ketamine", folder)
    assert rows[0]["own"] == "true" and rows[0]["pn_consumption"] == ""
    made = [r for r in rows if r["factor_id"] == "ketamine|KET|Du2020"]
    columns = ("area", "pn_consumption", "ratio", "rank", "own_drug_place")
    found = [tuple(r[c] for c in columns) for r in made]
    assert found == [("north", "50", "", "1", ""), ("south", "20", "", "2", "")]
    assert "50.0" in factor_compare.listing("ketamine", folder)


def test_a_drug_given_net_is_said_to_be_gross_here(tmp_path: Path) -> None:
    own = factor("heroin", "morphine", 3.08, "heroin|MOR|Zuccato2008", "net")
    samples = [sample("north", "morphine", 6.7)]
    folder = run(tmp_path / "r", [own], [tier("north", "ketamine", 10)], samples)
    assert "before other sources are subtracted" in factor_compare.listing("heroin", folder)
    row = rows_of("heroin", folder)[0]
    assert (
        float(row["pn_consumption"]) == pytest.approx(6.7 * 3.08) and "upper bound" in row["reason"]
    )


def test_a_factor_of_the_user_is_compared_too(tmp_path: Path) -> None:
    own = factor("ketamine", "ketamine", 10.0, "ketamine|KET|mine")
    rows = rows_of("ketamine", run(tmp_path / "r", [own], [tier("north", "ketamine", 10)]))
    by = {r["factor_id"]: r["ratio"] for r in rows}
    assert by["ketamine|KET|mine"] == "1" and by["ketamine|KET|Du2020"] == "0.5"


def test_without_a_run_the_ratios_alone() -> None:
    by = {r["factor_id"]: r for r in rows_of("cocaine", None)}
    assert by["cocaine|BE|Castiglioni2013"]["own"] == "true"
    ratio = float(by["cocaine|BE|Zuccato2008"]["ratio"])
    assert ratio == pytest.approx(303.358 / 289.331 / 0.45 / 3.59, rel=1e-4)
    assert "cocaine|EME|Zuccato2008" not in by  # a ratio of sources, no use
    based = rows_of("cocaine", None, base="uf2019")
    assert {r["factor_id"]: r["own"] for r in based}["cocaine|BE|UF2019"] == "true"
    assert "1.00" in factor_compare.listing("METH", None)


def test_what_cannot_be_compared(tmp_path: Path) -> None:
    folder = run(tmp_path / "r", [KET], [tier("north", "ketamine", 10)])
    for drug, where, base, says in (
        ("cocane", None, None, "cocaine"),
        ("METH", folder, None, "it has ketamine"),
        ("ketamine", folder, "default", "factor set of its own"),
        ("ketamine", tmp_path, None, "finished run"),
        ("MDMA", None, "korea2015", "no factor of MDMA"),
    ):
        with pytest.raises(UsageError, match=says):
            factor_compare.listing(drug, where, base=base)
    record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    record["title"] = "another"
    (folder / "run.json").write_text(json.dumps(record), encoding="utf-8")
    assert invoke("factors", "--compare", "ketamine", folder).exit_code == 2


def test_chinese(tmp_path: Path) -> None:
    folder = run(tmp_path / "r", [KET], [tier("north", "ketamine", 10)])
    text = factor_compare.listing("ketamine", folder, lang="zh")
    assert names.display("drug", "ketamine", "zh") in text and "校正因子" in text
    assert "仅给负荷量" in text and "load only" not in text


def test_ranks_are_those_of_one_round(tmp_path: Path) -> None:
    tiers = [tier("north", "methamphetamine", 100), tier("south", "methamphetamine", 50)]
    tiers += [{**tier(area, "methamphetamine", value), "round": "2024Q2"}
              for area, value in (("north", 5), ("south", 3))]  # fmt: skip
    rows = rows_of("METH", run(tmp_path / "r", [METH], tiers))
    found = {(r["round"], r["area"]): r["rank"] for r in rows if r["own"] == "true"}
    assert found == {("2024Q1", "north"): "1", ("2024Q1", "south"): "2",
                     ("2024Q2", "north"): "1", ("2024Q2", "south"): "2"}  # fmt: skip


def test_a_drug_known_net_of_others_alone_is_no_rival(tmp_path: Path) -> None:
    tiers = [tier("north", "ketamine", 10), tier("north", "methamphetamine", 400)]
    net = {**METH, "gives": "net"}
    rows = rows_of("ketamine", run(tmp_path / "r", [KET, net], tiers))
    assert {r["own_drug_place"] for r in rows if r["area"]} == {"1"}


def test_areas_hidden_in_the_tiers_are_hidden_in_samples_too(tmp_path: Path) -> None:
    """Ketamine is not in the tiers, so that its loads come from the samples."""
    tiers = [
        tier("north", "methamphetamine", 40),
        tier("hill", "methamphetamine", "", "suppressed"),
    ]
    samples = [sample("north", "ketamine", 10), sample("hill", "ketamine", 900)]
    rows = rows_of("ketamine", run(tmp_path / "r", [KET, METH], tiers, samples))
    assert {r["area"] for r in rows if r["area"]} == {"north"}
