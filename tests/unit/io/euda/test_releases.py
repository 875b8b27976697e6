"""Several releases of EUDA's table: renamed places, moved site ids, values that were revised."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from builders import reference_file

import wbe
from wbe.errors import ConfigError, FindingsError, UsageError
from wbe.findings import Findings
from wbe.io.euda.places import known_cities, place_of, renames
from wbe.io.euda.table import release_of
from wbe.io.layout.files import load as load_layout
from wbe.io.western import western_text

HEADER = (
    "Year,Metabolite,Site ID,Country,City,Wednesday,Thursday,Friday,Saturday,Sunday,Monday,"
    "Tuesday,Weekday mean,Weekend mean,Daily mean\n"
)


def table(path: Path, *lines: str, encoding: str = "utf-8") -> Path:
    path.write_text(HEADER + "".join(f"{line}\n" for line in lines), encoding=encoding)
    return path


def rules(samples: object) -> dict[str, str]:
    return {f.rule: f.message for f in samples.attrs["findings"]}  # type: ignore[attr-defined]


def test_each_week_counts_once_and_is_that_of_the_later_release(tmp_path: Path) -> None:
    old = table(
        tmp_path / "ww2022.csv", "2021,MDMA,CH007,CH,Hofen,1,2,3,4,5,,7,,,3",
        "2020,MDMA,CH007,CH,Hofen,8,8,8,9,9,9,8,,,8",
    )  # fmt: skip
    new = table(
        tmp_path / "ww2023.csv", "2021,MDMA,CH008,CH,Hofen,1,2,3,4,50,0,,,,9",
        "2022,MDMA,CH008,CH,Hofen,6,6,6,7,7,7,6,,,6",
    )  # fmt: skip
    for paths in ([old, new], [new, old]):  # the order in which they are named decides nothing
        samples = wbe.read(paths)
        assert samples.sizes["sample"] == 7 + 6 + 7
        week = samples.sel(sample=samples["round"] == "2021", analyte="MDMA")
        loads = dict(zip(week["weekday"].values, week["pn_load"].values, strict=True))
        assert (loads["Sunday"], loads["Wednesday"]) == (50, 1) and np.isnan(loads["Monday"])
        assert "Tuesday" not in loads  # the later release has no sample on this day
        found = rules(samples)
        assert "1 weeks" in found["release_overlap"] and "ww2023.csv" in found["release_overlap"]
        differing = [f for f in samples.attrs["findings"] if f.rule == "release_values_differ"]
        assert [(f.file, f.line, f.value) for f in differing] == [
            ("ww2022.csv", 2, "Monday - / 0; Sunday 5 / 50; Tuesday 7 / -")
        ]
        assert "CH|Hofen: CH007 / CH008" in found["site_id_changed"]
        means = samples.attrs["published_means"]
        assert sorted(zip(means["Year"], means["Daily mean"], strict=True)) == [
            ("2020", 8), ("2021", 9), ("2022", 6),
        ]  # fmt: skip


def test_two_tables_of_one_release_that_disagree_are_refused(tmp_path: Path) -> None:
    one = table(tmp_path / "a.csv", "2021,MDMA,A,XX,Town,1,2,3,4,5,6,7,,,")
    two = table(tmp_path / "b.csv", "2021,MDMA,A,XX,Town,1,2,3,4,5,6,8,,,")
    with pytest.raises(FindingsError, match="different results"):
        wbe.read([one, two])
    samples = wbe.read([one, two], errors="reject")
    assert samples["status"].sel(sample="2021|XX|Town|Tuesday").item() == "rejected"
    assert (samples["status"] == "quantified").sum() == 6


def test_the_same_table_twice_is_one_table(tmp_path: Path) -> None:
    lines = "2021,MDMA,A,XX,Town,1,2,3,4,5,6,0,,,", "2021,MDMA,B,XX,Other,3,1,4,1,5,9,2,,,"
    one, two = table(tmp_path / "a.csv", *lines), table(tmp_path / "b.csv", *lines)
    both, alone = wbe.read([one, two]), wbe.read(one)
    np.testing.assert_array_equal(both["pn_load"], alone["pn_load"])
    np.testing.assert_array_equal(both["status"], alone["status"])


@pytest.mark.parametrize(
    ("file", "years", "release"),
    [
        ("ww2025-all-data.csv", ["2011"], 2025), ("ww-data-long-2023-05-02.csv", ["2022"], 2023),
        ("loads.csv", ["2011", "2022"], 2023), ("ww2020.csv", ["2022"], 2023), ("a.csv", [], 0),
    ],
)  # fmt: skip
def test_a_release_is_that_of_its_name_and_not_before_its_last_year(
    file: str, years: list[str], release: int
) -> None:
    assert release_of(file, years) == release


def test_every_rename_has_its_evidence_and_its_source() -> None:
    for rename in renames():
        assert rename.evidence and "release of" in rename.source
        taken = rename.taken if rename.relation == "same" else rename.written
        assert place_of(rename.country, rename.written) == f"{rename.country}|{taken}"
        assert {rename.written, rename.taken} <= known_cities() | {rename.taken}


def test_a_name_of_another_country_is_another_place() -> None:
    assert place_of("AT", "Budweis") == "AT|Budweis"
    assert place_of("GR", "ATHENS ") == "GR|Athens" != place_of("US", "Athens")


def test_a_city_of_two_encodings_is_one_city(tmp_path: Path) -> None:
    line = "{},MDMA,A,CZ,České Budějovice,1,2,3,4,5,6,7,,,"
    western = table(tmp_path / "ww2022.csv", line.format(2021), encoding="cp1250")
    unicode = table(tmp_path / "ww2023.csv", line.format(2022), encoding="utf-16")
    samples = wbe.read([western, unicode])
    assert set(samples["site"].values) == {"CZ|České Budějovice"}
    assert [file["encoding"] for file in samples.attrs["files"]] == ["cp1250", "utf-16"]


@pytest.mark.parametrize(
    "data",
    [
        "Year,City\nZürich\n".encode("cp1252"),  # no programme's table
        (HEADER + "2021,MDMA,A,CH,Zürich\n").encode(),  # Unicode
        "样品,点位\n甲,乙\n".encode("gb18030"),
    ],
)
def test_other_texts_keep_their_ladder(data: bytes) -> None:
    findings = Findings()
    assert western_text(data, "a.csv", findings) is None and not findings


LAYOUT = """form = "euda"
decimal = ","
nondetect = { "n.n." = "loq" }
[columns]
"Jahr" = "Year"
"Stoff" = "metabolite"
"Nr" = "SiteID"
"Land" = "Country"
"Stadt" = "City"
"Mi" = "Wednesday"
"Do" = "Thursday"
"Fr" = "Friday"
"Sa" = "Saturday"
"So" = "Sunday"
"Mo" = "Monday"
"Di" = "Tuesday"
"Notiz" = "skip"
"""


def test_a_layout_file_says_what_other_headers_mean(tmp_path: Path) -> None:
    layout = tmp_path / "weeks.layout.toml"
    layout.write_text(LAYOUT, encoding="utf-8")
    weeks = tmp_path / "weeks.csv"
    weeks.write_text(
        "Liste\nJahr;Stoff;Nr;Land;Stadt;Mo;Di;Mi;Do;Fr;Sa;So;Notiz\n"
        "2024;MDMA;X;XX;Stadt;1,5;2;3;n.n.;;x;5;gut\n", encoding="utf-8",
    )  # fmt: skip
    samples = wbe.read(weeks, layout=layout, errors="reject")
    wrong = [f for f in samples.attrs["findings"] if f.severity == "error"]
    assert [(f.rule, f.line, f.column, f.value) for f in wrong] == [
        ("not_a_number", 3, "Sa", "x")  # the header as the file has it
    ]
    day = samples.sel(analyte="MDMA").set_index(sample="weekday")
    assert day["pn_load"].sel(sample="Monday").item() == 1.5
    assert day["status"].sel(sample="Thursday").item() == "below_loq"
    assert "Friday" not in day["sample"].values
    with pytest.raises(UsageError, match="read, not written"):
        from wbe.run.converting import convert

        convert(
            Path("data/samples/layouts/nord_synthetic.csv"), tmp_path / "o.csv",
            given="data/samples/layouts/nord.layout.toml", wanted=str(layout),
        )  # fmt: skip


def test_a_number_against_the_marks_of_a_layout_is_refused(tmp_path: Path) -> None:
    """1.250 may be 1250 where the layout says that a comma is the decimal mark."""
    layout = tmp_path / "weeks.layout.toml"
    layout.write_text(LAYOUT + '"Amt" = "skip"\n', encoding="utf-8")
    weeks = tmp_path / "weeks.csv"
    weeks.write_text(
        "Notiz;Amt;Jahr;Stoff;Nr;Land;Stadt;Mo;Di;Mi;Do;Fr;Sa;So\n"
        ";;2024;MDMA;X;XX;Stadt;1.250;2,5;3;4;5;6;1.234,5\n", encoding="utf-8",
    )  # fmt: skip
    samples = wbe.read(weeks, layout=layout, errors="reject")
    wrong = [f for f in samples.attrs["findings"] if f.severity == "error"]
    assert {(f.rule, f.line, f.column, f.value) for f in wrong} == {
        ("decimal_mark_unclear", 2, "Mo", "1.250"), ("decimal_mark_unclear", 2, "So", "1.234,5")
    }  # fmt: skip
    assert samples.attrs["findings"].accepted == 0
    found = samples.sel(analyte="MDMA").set_index(sample="weekday")
    assert np.isnan(found["pn_load"].sel(sample="Monday").item())
    assert found["pn_load"].sel(sample="Tuesday").item() == 2.5


def test_commas_inside_quotes_of_a_comma_table_are_not_taken_as_decimal(tmp_path: Path) -> None:
    quoted = table(tmp_path / "ww2022.csv", '2021,MDMA,A,XX,Town,"1,5",2,3,4,5,6,7,,,')
    samples = wbe.read(quoted, errors="reject")
    rules = [f.rule for f in samples.attrs["findings"] if f.severity == "error"]
    assert rules == ["not_a_number"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"Wednesday"', '"Wedensday"', "Wednesday"), ('form = "euda"', 'form = "xyz"', "euda"),
        ('decimal = ","', 'skip_rows = ["Sum"]', "nothing beside form"),
    ],
)  # fmt: skip
def test_a_mistake_in_such_a_layout_is_named(tmp_path: Path, old: str, new: str, said: str) -> None:
    layout = tmp_path / "weeks.layout.toml"
    layout.write_text(LAYOUT.replace(old, new), encoding="utf-8")
    with pytest.raises(ConfigError, match=said):
        load_layout(layout)


#: Rows of the release of 2023, as they stand in github.com/hpacheco/progii.
RELEASE_2023 = (
    "2022,amphetamine,DE026,DE,Munich Gut Großlappen,33.58,28.93,30.07,32.21,39.35,29.91,27.63,"
    "30.05,32.89,31.67",
    "2022,amphetamine,CZ005,CZ,Prague (2),77.51,74.37,63.61,75.17,78.28,82.91,69.97,73.95,74.99,"
    "74.54",
    "2021,amphetamine,CH003,CH,Geneva,10.84,11.88,14.04, , , , ,12.25, ,12.25",
    "2020,amphetamine,DE017,DE,Hamburg (2),56.79,68.8, , ,67.96, ,60.13,61.91,67.96,62.51",
    "2022,methamphetamine,GB001,GB,Bristol, , ,4.91,4.71, , , , ,4.79,4.79",
)


def test_rows_of_the_release_of_2023_are_weeks_of_that_of_2025(tmp_path: Path) -> None:
    old = table(tmp_path / "ww-data-long-2023-05-02.csv", *RELEASE_2023)
    new = reference_file("data", "euda", "ww2025-all-data.csv")
    samples = wbe.read([old, new])
    found = rules(samples)
    assert "Munich G" in found["site_renamed"] and "Hamburg" in found["catchment_changed"]
    assert "CZ|Prague (2): CZ005 / CZ006" in found["site_id_changed"]
    # every week but that of Hamburg's two plants, which the later release has no more
    assert "4 weeks" in found["release_overlap"] and ", 0 of them" in found["release_overlap"]
    assert samples["pn_load"].sel(
        sample="2020|DE|Hamburg (2)|Wednesday", analyte="amphetamine"
    ).item() == 56.79  # fmt: skip
    assert not samples.attrs["findings"].errors
