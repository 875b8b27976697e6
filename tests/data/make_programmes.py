"""Write the corpus group ``programmes``: published tables of EUDA's and Statistics Canada's shape.

All numbers are synthetic. Names of places are real where a file is about a renamed or an accented
one. Run from anywhere: ``python tests/data/make_programmes.py``.
"""

from __future__ import annotations

import codecs
from collections.abc import Sequence

from raw_files import Group

Finding = tuple[str, str, str, str, str]  # rule, severity, line, column, value

DAYS = ("Wednesday", "Thursday", "Friday", "Saturday", "Sunday", "Monday", "Tuesday")
MEANS = ("Weekday mean", "Weekend mean", "Daily mean")
HEADER = ("Year", "Metabolite", "Site ID", "Country", "City", *DAYS, *MEANS)
LOADS = ("10.5", "12", "14.25", "20", "22.5", "16", "11", "11.17", "18.19", "15.18")
SITES = ("SiteID", "Country", "City", "Location", "Latitude", "Longitude", "Population")
UNIT = "Milligrams per one thousand people per day (mg/1000 people/day)"
LOAD = "Load per capita (milligrams per one thousand people per day)"
LOWER, UPPER = (f"{end} 95% confidence interval, load per capita" for end in ("Low", "High"))
STATCAN = (
    "REF_DATE", "GEO", "DGUID", "Measure", "Characteristics", "UOM", "SCALAR_FACTOR", "VALUE",
    "STATUS",
)  # fmt: skip
DATELESS: Finding = ("date_unstated", "flag", "", "", "")


def flag(rule: str, line: object = "", column: str = "", value: str = "") -> Finding:
    """A finding that leaves the value in use."""
    return rule, "flag", str(line), column, value


def error(rule: str, line: object = "", column: str = "", value: str = "") -> Finding:
    """A finding that refuses."""
    return rule, "error", str(line), column, value


def week(
    country: str, city: str, *, year: str = "2024", name: str = "MDMA", site_id: str = "ZZ001",
    loads: Sequence[str] = LOADS,
) -> list[str]:  # fmt: skip
    """One row of a table of loads."""
    return [year, name, site_id, country, city, *loads]


def text(header: Sequence[str], *rows: Sequence[str], mark: str = ",") -> str:
    """A delimited table; a cell that holds the delimiter is quoted."""
    lines = [[f'"{cell}"' if mark in cell else cell for cell in row] for row in (header, *rows)]
    return "".join(mark.join(line) + "\n" for line in lines)


def scaled(loads: Sequence[str], factor: int) -> list[str]:
    """Other loads than `LOADS`, and not copies of them."""
    return [f"{float(load) * factor + 0.5:g}" for load in loads]


class Programmes(Group):
    """The group, whose findings have severities of their own."""

    def put(
        self, file: str, content: bytes | str, outcome: str, *found: Finding, near: str = "",
        reads: str = "lab", options: str = "",
    ) -> None:  # fmt: skip
        """Write a file (or only list a folder that was written) and what it must end in."""
        if content:
            data = content if isinstance(content, bytes) else content.encode()
            (self.folder / file).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / file).write_bytes(data)
        for index, one in enumerate(found or (("", "", "", "", ""),)):
            rule, severity, line, column, value = one
            self.rows.append({
                "file": file, "outcome": outcome, "reads": reads, "rule": rule,
                "severity": severity, "line": line, "column": column, "value": value,
                "near_miss_of": "" if index else near, "options": "" if index else options,
            })  # fmt: skip


def encodings(group: Programmes) -> None:
    """The same towns in every encoding met."""
    towns = text(HEADER, week("CH", "Zürich"), week("AT", "Region Millstättersee"),
                 week("SE", "Växjö", loads=scaled(LOADS, 3)))  # fmt: skip
    eastern = text(HEADER, week("CZ", "České Budějovice"), week("CZ", "Plzeň"),
                   week("PL", "Kraków", loads=scaled(LOADS, 3)))  # fmt: skip
    chinese = text(HEADER, week("CN", "惠来"), week("CN", "陆丰", loads=scaled(LOADS, 3)))
    read_as, zurich = flag("encoding_western"), flag("site_renamed", 2, "City", "CH|Zürich")
    near = "encoding_western encoding_doubtful"
    group.put("towns_utf8.csv", towns, "flag", zurich, DATELESS, near=near)
    group.put("towns_utf8_bom.csv", codecs.BOM_UTF8 + towns.encode(), "flag", zurich, DATELESS,
              near=near, options="equals=towns_utf8.csv")  # fmt: skip
    group.put("towns_utf16.csv", towns.encode("utf-16"), "flag", zurich, DATELESS, near=near,
              options="equals=towns_utf8.csv")  # fmt: skip
    group.put("towns_cp1252.csv", towns.encode("cp1252"), "flag", read_as, zurich, DATELESS,
              near="encoding_doubtful encoding_invalid",
              options="equals=towns_utf8.csv")  # fmt: skip
    group.put("chinese_utf8.csv", chinese, "flag", DATELESS, near="encoding_western")
    group.put("chinese_gbk.csv", chinese.encode("gbk"), "flag", DATELESS,
              near="encoding_western encoding_invalid",
              options="equals=chinese_utf8.csv")  # fmt: skip
    group.put("eastern_utf8.csv", eastern, "flag", DATELESS, near=near)
    group.put("eastern_cp1250.csv", eastern.encode("cp1250"), "flag", read_as, DATELESS,
              near="encoding_doubtful encoding_invalid site_renamed",
              options="equals=eastern_utf8.csv")  # fmt: skip
    group.put("eastern_cp1250_named.csv", eastern.encode("cp1250"), "flag", DATELESS,
              near="encoding_western",
              options="encoding=cp1250; equals=eastern_utf8.csv")  # fmt: skip
    sites = text(SITES, ["ZZ001", "CH", "Zürich", "Werdhölzli", "47.37", "8.51", "471275"])
    unstated = (flag("population_basis_unstated"), flag("population_date_unstated"))
    group.put("sites_cp1252.csv", sites.encode("cp1252"), "flag", read_as, zurich, *unstated,
              reads="sites")  # fmt: skip


def numbers(group: Programmes) -> None:
    """Decimal marks, blanks, and cells that are no load."""
    commas = [load.replace(".", ",") for load in LOADS]
    group.put("decimal_commas.csv", text(HEADER, week("XX", "Town", loads=commas), mark=";"),
              "flag", flag("decimal_comma_read"), DATELESS)  # fmt: skip
    group.put("points_semicolons.csv", text(HEADER, week("XX", "Town"), mark=";"), "flag",
              DATELESS, near="decimal_comma_read not_a_number")  # fmt: skip
    groups = ["1,250", "1,100", "980", "1,310", "1,405", "1,020", "990", "1,057", "1,171", "1,122"]
    group.put(
        "commas_of_groups.csv", text(HEADER, week("XX", "Town", loads=groups), mark=";"), "error",
        *(error("not_a_number", 2, day, load)
          for day, load in zip(DAYS, groups, strict=False) if "," in load),
        near="decimal_comma_read",
    )  # fmt: skip
    mixed = [commas[0], *LOADS[1:]]
    group.put("comma_and_points.csv", text(HEADER, week("XX", "Town", loads=mixed), mark=";"),
              "error", error("not_a_number", 2, "Wednesday", "10,5"), DATELESS,
              near="decimal_comma_read")  # fmt: skip
    blanks = ["10.5", " ", "NA", "20", "N/A", "", "11", "11", "20", "13.8"]
    group.put("no_sample_marks.csv", text(HEADER, week("XX", "Town", loads=blanks)), "flag",
              DATELESS, near="not_a_number")  # fmt: skip
    wrong = ["10.5", "-3", "n.d.", "20", "22.5", "16", "11", "11.17", "18.19", "15.18"]
    group.put("no_loads.csv", text(HEADER, week("XX", "Town", loads=wrong)), "error",
              error("negative_value", 2, "Thursday", "-3"),
              error("not_a_number", 2, "Friday", "n.d."), DATELESS)  # fmt: skip


def shapes(group: Programmes) -> None:
    """Columns in another order and style, more of them, and rows that do not fit."""
    order = [3, 4, 0, 1, 2, *range(5, 15)]
    styles = ("country", "city", "year", "METABOLITE", "site_id", *map(str.lower, DAYS),
              "weekday_mean", "Weekend Mean", "DailyMean")  # fmt: skip
    rows = [week("XX", "Town"), week("XX", "Other", loads=scaled(LOADS, 2))]
    group.put("headers_as_published.csv", text(HEADER, *rows), "flag", DATELESS,
              near="column_unknown column_twice row_too_long row_too_short")  # fmt: skip
    group.put("headers_otherwise.csv", text(styles, *([r[i] for i in order] for r in rows)),
              "flag", DATELESS, near="column_unknown",
              options="equals=headers_as_published.csv")  # fmt: skip
    group.put("without_means.csv", text(HEADER[:12], *(r[:12] for r in rows)), "flag", DATELESS,
              near="column_unknown", options="equals=headers_as_published.csv")  # fmt: skip
    group.put("column_more.csv", text((*HEADER, "Laboratory"), *([*r, "L1"] for r in rows)),
              "flag", flag("column_unknown", 1, "Laboratory"), DATELESS,
              options="equals=headers_as_published.csv")  # fmt: skip
    index = week("XX", "Town", name="cot", loads=["1", *LOADS[1:]])
    group.put("residue_left_out.csv", text(HEADER, rows[0], index), "flag",
              flag("residue_left_out", "", "Metabolite", "cot"), DATELESS,
              near="analyte_unknown")  # fmt: skip
    group.put("residue_unknown.csv", text(HEADER, rows[0], week("XX", "Town", name="cotton")),
              "error", error("analyte_unknown", 3, "Metabolite", "cotton"), DATELESS,
              near="residue_left_out")  # fmt: skip
    group.put("column_twice.csv", text((*HEADER, "site id"), *([*r, "ZZ001"] for r in rows)),
              "error", error("column_twice", 1, "site id"))  # fmt: skip
    group.put("rows_of_other_lengths.csv",
              text(HEADER, rows[0], [*rows[1], "7"], week("XX", "Short")[:9]), "error",
              error("row_too_long", 3), error("row_too_short", 4), DATELESS)  # fmt: skip
    group.put("year_and_place.csv",
              text(HEADER, rows[0], week("XX", "Town", year="24"), week("", "Town"),
                   week("XX", "")), "error",
              error("date_out_of_range", 3, "Year", "24"), error("site_missing", 4, "Country"),
              error("site_missing", 5, "City"), DATELESS)  # fmt: skip


def places(group: Programmes) -> None:
    """Names that changed, and catchments that did."""
    group.put("renamed.csv", text(
                  HEADER, week("CZ", "Budweis"), week("DE", "Munich Gut Großlappen"),
                  week("AT", "MURZZUSCHLAG", loads=scaled(LOADS, 3))), "flag",
              flag("site_renamed", 2, "City", "CZ|Budweis"),
              flag("site_renamed", 3, "City", "DE|Munich Gut Großlappen"),
              flag("site_renamed", 4, "City", "AT|MURZZUSCHLAG"), DATELESS)  # fmt: skip
    group.put("renamed_elsewhere.csv", text(HEADER, week("AT", "Budweis"), week("CZ", "Brno"),
              week("CZ", "Budweis 2", loads=scaled(LOADS, 3))), "flag", DATELESS,
              near="site_renamed")  # fmt: skip
    both = [week("DE", "Hamburg (2)", year="2020"), week("DE", "Hamburg N", loads=scaled(LOADS, 2))]
    group.put("two_catchments.csv", text(HEADER, *both), "flag",
              flag("catchment_changed", "", "", "DE|Hamburg (2)"), DATELESS,
              near="site_renamed")  # fmt: skip
    group.put("one_catchment.csv", text(HEADER, both[0]), "flag", DATELESS,
              near="catchment_changed")  # fmt: skip
    sites = text(SITES, ["CZ002", "CZ", "Budweis", "UCOV CB", "48.96", "14.46", "110300"])
    group.put("sites_renamed.csv", sites, "flag", flag("site_renamed", 2, "City", "CZ|Budweis"),
              flag("population_basis_unstated"), flag("population_date_unstated"),
              reads="sites")  # fmt: skip


def releases(group: Programmes) -> None:
    """Two tables read together: what both hold, and what only one does."""
    old, new = "ww2023_synthetic.csv", "ww2024_synthetic.csv"
    kept = week("XX", "Town", year="2022")
    revised = week("XX", "Other", year="2022", loads=[*LOADS[:6], "13.5", *LOADS[7:]])
    later = [week("XX", "Town", year="2023", loads=scaled(LOADS, 2)), revised]
    moved = week("XX", "Town", year="2022", site_id="ZZ002")
    first = [kept, week("XX", "Other", year="2022")]
    tables = {
        f"two_releases/{old}": first, f"two_releases/{new}": [*later, moved],
        f"same_weeks/{old}": [kept], f"same_weeks/{new}": [later[0], kept],
        f"years_apart/{old}": [kept], f"years_apart/{new}": [later[0]],
        "one_release/a_synthetic.csv": first, "one_release/b_synthetic.csv": [revised],
    }  # fmt: skip
    for file, rows in tables.items():
        (group.folder / file).parent.mkdir(parents=True, exist_ok=True)
        (group.folder / file).write_bytes(text(HEADER, *rows).encode())
    group.put("two_releases", b"", "flag", flag("release_overlap"),
              flag("release_values_differ", 3, "", "Tuesday 11 / 13.5"),
              flag("site_id_changed", "", "", "ZZ001"), DATELESS, reads="folder")  # fmt: skip
    group.put("same_weeks", b"", "flag", flag("release_overlap"), DATELESS, reads="folder",
              near="release_values_differ site_id_changed")  # fmt: skip
    group.put("years_apart", b"", "flag", DATELESS, reads="folder",
              near="release_overlap release_values_differ")  # fmt: skip
    group.put("one_release", b"", "error", error("duplicate_conflict", 2, "Tuesday", "13.5"),
              DATELESS, reads="folder", near="release_values_differ release_overlap")  # fmt: skip


def month(
    kind: str, value: str, *, symbol: str = "", place: str = "Town, Province", unit: str = UNIT,
    date: str = "2022-01", name: str = "Methadone",
) -> list[str]:  # fmt: skip
    """One row of a table of monthly means."""
    return [date, place, "", name, kind, unit, "units", value, symbol]


def means(group: Programmes) -> None:
    """Published monthly means."""
    good = [month(LOAD, "12.50"), month(LOWER, "10.00"), month(UPPER, "15.00")]
    group.put("means.csv", text(STATCAN, *good), "ok", reads="means",
              near="means_with_caution means_withheld mean_outside_interval not_published_means "
                   "programme_word_unknown column_left_out")  # fmt: skip
    group.put("means_as_samples.csv", text(STATCAN, *good), "error",
              error("published_means_table", 1))  # fmt: skip
    group.put("loads_no_means.csv", text(HEADER, week("XX", "Town")), "error",
              error("not_published_means"), reads="means",
              near="published_means_table")  # fmt: skip
    marked = [month(kind, value, symbol="E") for kind, value in zip((LOAD, LOWER, UPPER),
              ("12.50", "10.00", "15.00"), strict=True)]  # fmt: skip
    group.put("means_caution.csv", text(STATCAN, *marked), "flag", flag("means_with_caution"),
              reads="means", near="means_withheld")  # fmt: skip
    withheld = [
        month(LOAD, "", symbol=s, date=f"2022-0{i}") for i, s in enumerate(("F", "x", ".."), 2)
    ]
    group.put("means_withheld.csv", text(STATCAN, *good, *withheld), "flag", flag("means_withheld"),
              reads="means", near="not_a_number means_with_caution")  # fmt: skip
    group.put("means_outside.csv", text(STATCAN, month(LOAD, "9.99"), *good[1:]), "error",
              error("mean_outside_interval", 2, "VALUE", "9.99"), reads="means")  # fmt: skip
    wrong = [
        month(LOAD, "1", date="2022-13"), month(LOAD, "1", name="Moonshine"),
        month("Median", "1"), month(LOAD, "1", symbol="Q"),
        month(LOAD, "1", unit="Litres", place=""),
        month(LOAD, "", date="2022-03"), month(LOAD, "7", symbol="F", date="2022-04"),
    ]  # fmt: skip
    wrong[4][4] = UPPER
    group.put("means_wrong.csv", text(STATCAN, *good, *wrong), "error",
              error("date_unreadable", 5, "REF_DATE", "2022-13"),
              error("analyte_unknown", 6, "Measure", "Moonshine"),
              error("programme_word_unknown", 7, "Characteristics", "Median"),
              error("programme_word_unknown", 8, "STATUS", "Q"),
              error("site_missing", 9, "GEO"),
              error("programme_word_unknown", 9, "UOM", "Litres"),
              error("not_a_number", 10, "VALUE"),
              error("status_contradicts", 11, "VALUE", "7"), reads="means")  # fmt: skip
    twice = [*good, good[0], month(LOWER, "11.00")]
    group.put("means_twice.csv", text(STATCAN, *twice), "error",
              flag("duplicate_row", 5, "VALUE", "12.50"),
              error("duplicate_conflict", 6, "VALUE", "11.00"), reads="means")  # fmt: skip
    more = [[*row, "x"] for row in good]
    group.put("means_column_more.csv", text((*STATCAN, "Remark"), *more), "flag",
              flag("column_left_out", 1, "Remark"), reads="means")  # fmt: skip


def main() -> None:
    """Write the group."""
    group = Programmes("programmes")
    for part in (encodings, numbers, shapes, places, releases, means):
        part(group)
    group.close()


if __name__ == "__main__":
    main()
