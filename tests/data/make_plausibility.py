"""Write the files of the corpus about plausibility across rows and about places.

All of it is synthetic. Run from anywhere: ``python tests/data/make_plausibility.py``. Groups
``flow_population``, ``keys`` and ``geography`` of ``bad``; rows of ``cases.csv`` about other files
stay as they are.
"""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

BAD = Path(__file__).parent / "bad"
COLUMNS = (
    "file", "outcome", "reads", "rule", "severity", "line", "column", "value", "near_miss_of",
    "options",
)  # fmt: skip
FIRST = {
    "sample_id": "S1", "site": "North", "date": "2024-03-12", "analyte": "METH",
    "concentration": "120", "unit": "ng/L", "lod": "1", "loq": "3", "flow": "50000",
    "flow_unit": "m3/d", "population": "200000", "population_basis": "served",
    "population_date": "2020-11-01", "matrix": "wwtp_influent", "mode": "composite_24h",
}  # fmt: skip
VALUES = ("120", "95.3", "143", "88.1", "131", "104", "156", "79.6", "112", "99.4", "125", "137")
FLOWS = ("50000", "48300", "52100", "61200", "47900", "50700", "55400", "49100", "51800", "46600",
         "53900", "50300")  # fmt: skip
Row = dict[str, str]
Finding = tuple[str, str, str, str, str]  # rule, severity, line, column, value


def flag(rule: str, line: object = "", column: str = "", value: str = "") -> Finding:
    return rule, "flag", str(line), column, value


def error(rule: str, line: object = "", column: str = "", value: str = "") -> Finding:
    return rule, "error", str(line), column, value


@dataclass
class Group:
    """Files of one group, and the rows of its list of cases."""

    name: str
    rows: list[list[str]] = field(default_factory=list)

    @property
    def folder(self) -> Path:
        return BAD / self.name

    def case(self, file: str, reads: str, *found: Finding, near: str = "") -> None:
        severities = {severity for _, severity, *_ in found}
        outcome = "error" if "error" in severities else "flag" if found else "ok"
        for row in found or (("", "", "", "", ""),):
            self.rows.append([file, outcome, reads, *row, near, ""])

    def lab(self, file: str, rows: Sequence[Row], *found: Finding, near: str = "") -> None:
        self.write(file, table(rows))
        self.case(file, "lab", *found, near=near)

    def write(self, file: str, text: str) -> None:
        path = self.folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode("utf-8"))

    def save(self) -> None:
        path = self.folder / "cases.csv"
        others: list[list[str]] = []
        if path.exists():
            own = {row[0] for row in self.rows}
            with path.open(encoding="utf-8", newline="") as file:
                others = [row for row in list(csv.reader(file))[1:] if row[0] not in own]
        path.write_bytes(as_csv([list(COLUMNS), *others, *self.rows]).encode("utf-8"))


def as_csv(rows: Iterable[Sequence[str]]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def table(rows: Sequence[Row]) -> str:
    header = list(dict.fromkeys(name for row in rows for name in row))
    return as_csv([header, *([row.get(name, "") for name in header] for row in rows)])


def series(n: int = 12, **changes: Sequence[str] | str) -> list[Row]:
    """Samples of one site on following days; a sequence gives each sample its own text."""
    rows = []
    for i in range(n):
        row = {**FIRST, "sample_id": f"S{i + 1}", "date": f"2024-03-{i + 1:02d}",
               "concentration": VALUES[i % 12], "flow": FLOWS[i % 12]}  # fmt: skip
        given = {k: v if isinstance(v, str) else v[i] for k, v in changes.items()}
        rows.append({k: v for k, v in {**row, **given}.items() if v is not None})
    return rows


def put(base: Sequence[str], position: int, value: str) -> list[str]:
    return [*base[:position], value, *base[position + 1 :]]


def without(rows: Sequence[Row], *names: str) -> list[Row]:
    return [{k: v for k, v in row.items() if k not in names} for row in rows]


PN = "mg/day/1000 inhabitants"
WATER = ("flow", "flow_unit")
PEOPLE = ("population", "population_basis", "population_date")


def results(group: Group) -> None:
    """Units of results and of limits; loads."""
    slip = series(concentration=put(VALUES, 4, "118000"))
    group.lab("slip_thousand.csv", slip, flag("unit_slip_suspected", 6, "concentration", "118000"))
    group.lab("slip_million.csv", series(concentration=put(VALUES, 4, "118000000")),
              flag("unit_slip_suspected", 6, "concentration", "1.18e+08"))  # fmt: skip
    low = series(concentration=put(VALUES, 4, "0.118"), lod="0.01", loq="0.03")
    group.lab("slip_low.csv", low, flag("unit_slip_suspected", 6, "concentration", "0.118"))
    group.lab("slip_near.csv", series(concentration=put(VALUES, 4, "3540")),
              near="unit_slip_suspected")  # fmt: skip
    for name, factor, found, near in (
        ("file_unit", 1000.0, [flag("file_unit_suspected")], ""),
        ("file_unit_near", 8.0, [], "file_unit_suspected"),
    ):
        for month, part in enumerate("abc"):
            divisor = factor if part == "c" else 1
            rows = [
                {**row, "sample_id": f"{part}{i}", "date": f"2024-0{month + 1}-{i + 1:02d}",
                 "flow": str(int(row["flow"]) + month), "lod": f"{1 / divisor:g}",
                 "loq": f"{3 / divisor:g}",
                 "concentration": f"{(float(row['concentration']) + month) / divisor:.5g}"}
                for i, row in enumerate(series(6))
            ]  # fmt: skip
            group.write(f"{name}/{part}.csv", table(rows))
        group.case(name, "folder", *found, near=near)
    sites = [*("ABCDEF"[i // 3] for i in range(18))]
    values = [f"{float(VALUES[i % 12]) + i / 8:.5g}" for i in range(18)]
    for name, factor, found, near in (
        ("site_unit.csv", 1000, [flag("site_unit_suspected", "", "", "F")], ""),
        ("site_unit_near.csv", 30, [], "site_unit_suspected"),
    ):
        shifted = [f"{float(v) * factor:.7g}" if s == "F" else v
                   for v, s in zip(values, sites, strict=True)]  # fmt: skip
        group.lab(name, series(18, site=sites, concentration=shifted), *found, near=near)
    lods = ["0.001"] * 3 + ["1"] * 9
    loqs = ["0.003"] * 3 + ["3"] * 9
    group.lab("limits_other_unit.csv", series(lod=lods, loq=loqs), flag("limits_unlike_others"))
    group.lab("limits_other_unit_near.csv",
              series(lod=[v.replace("0.001", "0.02") for v in lods],
                     loq=[v.replace("0.003", "0.06") for v in loqs]),
              near="limits_unlike_others")  # fmt: skip
    group.lab("limits_all_other_unit.csv", series(lod="0.0005", loq="0.0015"),
              flag("limits_unlike_values"))  # fmt: skip
    group.lab("limits_all_near.csv", series(lod="0.005", loq="0.015"), near="limits_unlike_values")
    loads(group)
    ceilings(group)


def ceilings(group: Group) -> None:
    """Results that nothing beside them shows to be too high."""
    for file, changes, rule, value in (
        ("milligrams.csv", {"concentration": "118", "unit": "mg/L"}, "concentration_implausible",
         "118000000"),
        ("milligrams_in_soil.csv",
         {"matrix": "soil", "concentration": "1.2", "unit": "mg/g", "weight_basis": "dry"},
         "concentration_implausible", "1200000"),
        ("load_too_high.csv", {"concentration": "75", "unit": "µg/L"}, "load_implausible",
         "75000"),
        ("load_stated_too_high.csv", {"concentration": None, "pn_load": "15001", "unit": PN},
         "load_implausible", "15001"),
    ):  # fmt: skip
        column = "pn_load" if "pn_load" in changes else "concentration"
        group.lab(file, [alone(**changes)], flag(rule, 2, column, value))
    near = "concentration_implausible load_implausible"
    for file, changes in (
        ("milligrams_near.csv", {"concentration": "2.9", "unit": "mg/L", "flow": None,
                                 "flow_unit": None}),
        ("milligrams_of_ammonium.csv", {"analyte": "NH4-N", "concentration": "118",
                                        "unit": "mg/L"}),
        ("milligrams_in_soil_near.csv",
         {"matrix": "soil", "concentration": "0.9", "unit": "mg/g", "weight_basis": "dry"}),
        ("load_too_high_near.csv", {"concentration": "59", "unit": "µg/L"}),
        ("load_too_high_of_a_grab.csv", {"concentration": "590", "unit": "µg/L", "mode": "grab"}),
        ("load_stated_too_high_near.csv", {"concentration": None, "pn_load": "14999",
                                           "unit": PN}),
    ):  # fmt: skip
        group.lab(file, [alone(**changes)], near=near)


def alone(**changes: str | None) -> Row:
    """The first row with some cells changed, without limits; None takes a column out."""
    row = {**FIRST, **changes}
    return {k: v for k, v in row.items() if v is not None and k not in ("lod", "loq")}


def loads(group: Group) -> None:
    """Loads beside concentrations, and in their place."""
    exact = [f"{float(v) * float(f) * 1e-3:.6g}" for v, f in zip(VALUES, FLOWS, strict=True)]
    group.lab("load_copied.csv", series(load=VALUES), flag("concentration_repeats_load"))
    group.lab("load_other_unit.csv", series(load=[f"{float(v) * 24:.6g}" for v in exact]),
              flag("load_contradicts", 2))  # fmt: skip
    group.lab("load_rounded.csv", series(load=[f"{float(v):.3g}" for v in exact]),
              near="load_contradicts concentration_repeats_load")  # fmt: skip
    flows = [round(2000 * 1.3**i) for i in range(20)]
    common = {"site": [f"P{i}" for i in range(20)], "flow": [str(f) for f in flows],
              "population": [str(4 * f) for f in flows]}  # fmt: skip
    scatter = [float(VALUES[i % 12]) / 110 for i in range(20)]
    group.lab("load_as_concentration.csv",
              series(20, **common, concentration=[f"{s * f / 500:.4g}"
                                                  for s, f in zip(scatter, flows, strict=True)]),
              flag("concentration_follows_flow"))  # fmt: skip
    group.lab("load_as_concentration_near.csv",
              series(20, **common, concentration=[f"{s * 100 + i / 7:.4g}"
                                                  for i, s in enumerate(scatter)]),
              near="concentration_follows_flow")  # fmt: skip


def water(group: Group) -> None:
    """Flows and populations."""
    slipped = put(FLOWS, 4, "1149600")
    group.lab("flow_slip.csv", without(series(flow=slipped), *PEOPLE),
              flag("flow_slip_suspected", 6, "flow", "1149600"))  # fmt: skip
    group.lab("flow_storm.csv", without(series(flow=put(FLOWS, 4, "190000")), *PEOPLE),
              near="flow_slip_suspected")  # fmt: skip
    group.lab("litres_explained.csv", series(flow=put(FLOWS, 4, "1996")),
              flag("flow_per_person_unusual", 6, "flow"))  # fmt: skip
    group.lab("litres_near.csv",
              [{**FIRST, "flow": "10001"},
               {**FIRST, "sample_id": "S2", "site": "South", "flow": "199999"}],
              near="flow_per_person_unusual")  # fmt: skip
    people = ["200000"] * 12
    group.lab("population_slip.csv", without(series(population=put(people, 4, "20")), *WATER),
              flag("population_slip_suspected", 6, "population", "20"))  # fmt: skip
    group.lab("population_changes.csv",
              without(series(population=put(people, 4, "130000")), *WATER),
              near="population_slip_suspected")  # fmt: skip
    one, two = FIRST, {**FIRST, "sample_id": "S2", "concentration": "131"}
    group.lab("flow_conflict.csv", [one, {**two, "flow": "60000"}],
              flag("flow_conflict", 3, "flow", "60000"))  # fmt: skip
    group.lab("flow_conflict_rounded.csv", [one, {**two, "flow": "50200"}], near="flow_conflict")
    group.lab("flow_conflict_grabs.csv",
              [{**one, "mode": "grab"}, {**two, "flow": "60000", "mode": "grab"}],
              near="flow_conflict")  # fmt: skip
    group.lab("population_conflict.csv", [one, {**two, "population": "230000"}],
              flag("population_conflict", 3, "population", "230000"))  # fmt: skip
    group.lab("population_two_bases.csv",
              [one, {**two, "population": "230000", "population_basis": "resident"}],
              near="population_conflict")  # fmt: skip
    for name, changed, found, near in (
        ("population_jump", "320000",
         [flag("population_jumps", 2, "population", "320000")], ""),
        ("population_jump_near", "280000", [], "population_jumps"),
    ):  # fmt: skip
        group.write(f"{name}/a.csv", table(series(3)))
        later = [{**row, "sample_id": f"T{i}", "date": f"2025-03-{i + 1:02d}",
                  "population": changed, "concentration": f"{float(row['concentration']) + 1:g}"}
                 for i, row in enumerate(series(3))]  # fmt: skip
        group.write(f"{name}/b.csv", table(later))
        group.case(name, "folder", *found, near=near)
    group.lab("flow_constant.csv", series(7, flow="50000"),
              flag("flow_constant", 2, "flow", "50000"))  # fmt: skip
    group.lab("flow_constant_near.csv", series(7, flow=["50001", *["50000"] * 6]),
              near="flow_constant")  # fmt: skip


def names(group: Group) -> None:
    """Identifiers that were changed, and names that are nearly the same."""
    one = FIRST
    two = {**FIRST, "date": "2024-03-13", "concentration": "131", "flow": "51000"}
    for file, changed, rule, column in (
        ("id_date.csv", "2-Jan", "id_is_date", "sample_id"),
        ("id_month_year.csv", "Jan-24", "id_is_date", "sample_id"),
        ("id_date_zh.csv", "1月2日", "id_is_date", "site"),
        ("id_exponent.csv", "2.01803E+11", "id_is_exponent", "sample_id"),
        ("id_decimal.csv", "101.0", "id_is_decimal", "sample_id"),
        ("site_decimal.csv", "12.0", "id_is_decimal", "site"),
    ):
        row = {**two, "sample_id": "S2", column: changed}
        group.lab(file, [one, row], flag(rule, 3, column, changed))
    for file, kept, near in (
        ("id_date_near.csv", "2-A", "id_is_date"),
        ("id_exponent_near.csv", "2E10", "id_is_exponent"),
        ("id_decimal_near.csv", "101.5", "id_is_decimal"),
    ):
        group.lab(file, [one, {**two, "sample_id": kept}], near=near)
    long = [{**one, "sample_id": "445224201803120000"}, {**two, "sample_id": "445224201803121000"}]
    group.lab("id_rounded.csv", long,
              flag("id_digits_lost", "", "sample_id", "445224201803120000"))  # fmt: skip
    exact = [long[0], {**long[1], "sample_id": "445224201803121001"}]
    group.lab("id_long.csv", exact, near="id_digits_lost")
    for file, sites, near in (
        ("site_case.csv", ("North", "north"), ""),
        ("site_zeros.csv", ("007", "7"), ""),
        ("site_letter_o.csv", ("S01", "SO1"), ""),
        ("site_blank_inside.csv", ("North Plant", "NorthPlant"), ""),
        ("site_numbers.csv", ("1-12", "11-2"), "names_alike"),
        ("site_other_letter.csv", ("North", "Norths"), "names_alike"),
    ):
        rows = [{**one, "site": sites[0]}, {**two, "sample_id": "S2", "site": sites[1]}]
        found = [] if near else [flag("names_alike", 3, "site", sites[1])]
        group.lab(file, rows, *found, near=near)
    group.lab("id_case.csv", [{**one, "sample_id": "A1"}, {**two, "sample_id": "a1"}],
              flag("names_alike", 3, "sample_id", "a1"))  # fmt: skip
    group.write("site_zeros_in_table/lab.csv", table([{**one, "site": "7"}]))
    group.write("site_zeros_in_table/sites.csv", "site,area,role\n007,A,routine\n")
    group.case("site_zeros_in_table", "folder", flag("site_not_in_sites", "", "", "7"),
               flag("site_without_samples", 2, "", "007"))  # fmt: skip


def copies(group: Group) -> None:
    """Copied samples, repeated values, mistaken analytes."""
    three = (("METH", "120.4"), ("AMP", "31.7"), ("KET", "8.25"))

    def sample(name: str, date: str, results: Sequence[tuple[str, str]], flow: str) -> list[Row]:
        return [
            {**FIRST, "sample_id": name, "date": date, "analyte": a, "concentration": v,
             "flow": flow}
            for a, v in results
        ]  # fmt: skip

    first, day = sample("S1", "2024-03-12", three, "50000"), "2024-03-13"
    group.lab("row_copied.csv", [*first, *sample("S2", day, three, "51000")],
              flag("sample_repeats_another", 5, "", "S2"))  # fmt: skip
    changed = (*three[:2], ("KET", "8.26"))
    group.lab("row_copied_near.csv", [*first, *sample("S2", day, changed, "51000")],
              near="sample_repeats_another")  # fmt: skip
    group.lab("sample_two_ids.csv", [*first, *sample("S2", "2024-03-12", three, "50000")],
              flag("sample_twice_suspected", 5, "", "S2"))  # fmt: skip
    group.lab("sample_two_ids_near.csv", [*first, *sample("S2", "2024-03-12", changed, "50000")],
              near="sample_twice_suspected")  # fmt: skip
    repeated = ["107.3"] * 6 + list(VALUES[6:])
    group.lab("value_repeated.csv", series(concentration=repeated),
              flag("value_repeated", "", "", "107.3"))  # fmt: skip
    group.lab("value_repeated_near.csv", series(concentration=["107.3"] * 3 + list(VALUES[3:])),
              near="value_repeated")  # fmt: skip
    mistyped = put(["METH"] * 12, 7, "MEPH")
    group.lab("analyte_lookalike.csv", series(analyte=mistyped),
              flag("analyte_lookalike", 9, "analyte", "mephedrone"))  # fmt: skip
    both = [*series(), {**series()[7], "analyte": "MEPH", "concentration": "17.2"}]
    group.lab("analyte_lookalike_near.csv", both, near="analyte_lookalike")


SITES = "site,name,area,lon,lat,crs,population,population_basis,population_date,role\n"


def sites(group: Group) -> None:
    """Positions in a table of sites."""

    def case(file: str, *lines: str, found: Sequence[Finding] = (), near: str = "") -> None:
        body = "".join(line + "\n" for line in lines)
        group.write(file, SITES + body)
        group.case(file, "sites", *found, near=near)

    def site(name: str, lon: str, lat: str, crs: str = "wgs84") -> str:
        return f"{name},{name},A,{lon},{lat},{crs},200000,served,2020-11-01,routine"

    good = site("N1", "116.07", "22.93")
    case("coordinates_zero.csv", good, site("N2", "0", "0"),
         found=[error("coordinates_zero", 3, "lon", "0")])  # fmt: skip
    case("coordinates_near_zero.csv", site("N1", "0.07", "0.93"), site("N2", "0", "0.02"),
         near="coordinates_zero")  # fmt: skip
    metres = ("38512345.1", "2543210.5")
    case("coordinates_projected.csv", good, site("N2", *metres),
         found=[error("coordinates_projected", 3, "lon", metres[0])])  # fmt: skip
    case("coordinates_projected_stated.csv", good, site("N2", *metres, "EPSG:4526"),
         near="coordinates_projected crs_contradicts")  # fmt: skip
    case("coordinates_swapped.csv", good, site("N2", "22.94", "116.08"),
         found=[error("coordinates_swapped", 3, "lon", "22.94")])  # fmt: skip
    case("coordinates_west.csv", site("N1", "-58.4", "-34.6"), site("N2", "-58.5", "-34.7"),
         near="coordinates_swapped")  # fmt: skip
    case("crs_metres_but_degrees.csv", good, site("N2", "116.08", "22.94", "EPSG:4526"),
         found=[error("crs_contradicts", 3, "crs", "EPSG:4526")])  # fmt: skip
    case("crs_no_such_code.csv", good, site("N2", "116.08", "22.94", "EPSG:99999"),
         found=[error("crs_unknown", 3, "lon", "116.08")])  # fmt: skip
    minutes = [site(f"N{i}", f"116.0{i}{i}5", f"22.5{i}1{i}") for i in range(1, 6)]
    case("minutes.csv", *minutes, found=[flag("minutes_suspected", "", "lon")])
    case("minutes_near.csv", *minutes[:4], site("N5", "116.0575", "22.5515"),
         near="minutes_suspected")  # fmt: skip
    around = [site(f"N{i}", f"116.{i}7", f"22.{i}93") for i in range(1, 7)]
    case("site_far_away.csv", *around, site("N7", "126.07", "22.93"),
         found=[flag("site_far_away", 8, "lon", "N7")])  # fmt: skip
    case("site_at_the_edge.csv", *around, site("N7", "117.07", "23.93"), near="site_far_away")
    case("sites_alike.csv", good, site("n1", "116.09", "22.97"),
         found=[flag("names_alike", 3, "site", "n1")])  # fmt: skip
    case("sites_id_date.csv", good, site("2-Jan", "116.09", "22.97"),
         found=[flag("id_is_date", 3, "site", "2-Jan")])  # fmt: skip
    case("sites_pair_metres.csv", found=[error("coordinates_projected", 3, "coordinates",
                                               "38512345.1;2543210.5")])  # fmt: skip
    group.write("sites_pair_metres.csv", "site,area,coordinates,crs\nN1,A,116.07;22.93,wgs84\n"
                "N2,A,38512345.1;2543210.5,wgs84\n")  # fmt: skip


def square(x: float, y: float, side: float = 0.1) -> list[list[float]]:
    a, b = round(x + side, 6), round(y + side, 6)
    return [[x, y], [a, y], [a, b], [x, b], [x, y]]


def feature(area: str, rings: Any, kind: str = "Polygon") -> dict[str, Any]:
    geometry = {"type": kind, "coordinates": rings}
    return {"type": "Feature", "properties": {"area": area}, "geometry": geometry}


def collection(*features: dict[str, Any], **more: Any) -> str:
    return json.dumps({"type": "FeatureCollection", **more, "features": list(features)}) + "\n"


FIRST_AREA, SECOND_AREA = square(116.0, 22.9), square(116.2, 22.9)


def areas(group: Group) -> None:
    """GeoJSON files of areas."""

    def case(file: str, text: str, *found: Finding, near: str = "") -> None:
        group.write(file, text)
        group.case(file, "areas", *found, near=near)

    one, two = feature("A", [FIRST_AREA]), feature("B", [SECOND_AREA])
    flags = "geometry_repeated areas_overlap geometry_with_heights geometry_types_mixed"
    case("areas_good.geojson", collection(one, two), near=flags)
    swapped = [feature(a, [[[y, x] for x, y in ring]])
               for a, ring in (("A", FIRST_AREA), ("B", SECOND_AREA))]  # fmt: skip
    case("axes_swapped.geojson", collection(*swapped), error("areas_axes_swapped"))
    case("axes_low_longitudes.geojson", collection(feature("A", [square(23.0, 61.0)])),
         near="areas_axes_swapped")  # fmt: skip
    metric = {"type": "name", "properties": {"name": "EPSG:32650"}}
    case("crs_contradicts.geojson", collection(one, two, crs=metric),
         error("areas_crs_contradicts"))  # fmt: skip
    case("crs_metres.geojson", collection(feature("A", [square(397000.0, 2533000.0, 9000.0)]),
                                          crs=metric), near="areas_crs_contradicts")  # fmt: skip
    case("crs_cgcs2000.geojson",
         collection(one, two, crs={"type": "name", "properties": {"name": "EPSG:4490"}}),
         near="areas_crs_missing")  # fmt: skip
    case("crs_nameless.geojson", collection(one, crs={"type": "name"}), error("not_an_areas_file"))
    case("metres_unstated.geojson",
         collection(feature("A", [square(397000.0, 2533000.0, 9000.0)])),
         error("areas_crs_missing"))  # fmt: skip
    deep = '{"type": "FeatureCollection", "features": ' + "[" * 40 + "]" * 40 + "}\n"
    case("nested_deep.geojson", deep, error("areas_file_too_large"))
    noted = {**one, "properties": {"area": "A", "tags": [[[[[[[["x"]]]]]]]]}}
    case("nested_some.geojson", collection(noted, two), near="areas_file_too_large")
    case("not_a_number.geojson", collection(one, two).replace("22.9", "NaN", 1),
         error("not_an_areas_file"))  # fmt: skip
    case("infinite.geojson", collection(one, two).replace("22.9", "1e999", 1),
         error("geometry_invalid", "", "", "A"))  # fmt: skip
    case("no_features.geojson", '{"type": "FeatureCollection", "features": []}\n',
         error("not_an_areas_file"))  # fmt: skip
    case("bare_geometry.geojson", json.dumps(one["geometry"]) + "\n", error("not_an_areas_file"))
    case("key_twice.geojson", collection(one).replace('"area": "A"', '"area": "A", "area": "B"'),
         error("not_an_areas_file"))  # fmt: skip
    bow = [[116.0, 22.9], [116.1, 23.0], [116.1, 22.9], [116.0, 23.0], [116.0, 22.9]]
    case("self_crossing.geojson", collection(feature("A", [bow]), two),
         error("geometry_invalid", "", "", "A"))  # fmt: skip
    case("ring_open.geojson", collection(feature("A", [FIRST_AREA[:-1]]), two),
         error("geometry_invalid", "", "", "A"))  # fmt: skip
    case("hole_outside.geojson", collection(feature("A", [FIRST_AREA, square(116.3, 22.9)]), two),
         error("geometry_invalid", "", "", "A"))  # fmt: skip
    case("ring_clockwise.geojson", collection(feature("A", [FIRST_AREA[::-1]]), two),
         near="geometry_invalid")  # fmt: skip
    hole = square(116.03, 22.93, 0.02)
    case("hole_inside.geojson", collection(feature("A", [FIRST_AREA, hole]), two),
         near="geometry_invalid")  # fmt: skip
    case("geometry_empty.geojson", collection(feature("A", []), two),
         error("geometry_missing", "", "", "A"))  # fmt: skip
    case("geometry_line.geojson", collection(feature("A", FIRST_AREA, "LineString"), two),
         error("geometry_not_area", "", "", "A"))  # fmt: skip
    case("geometry_multi.geojson", collection(feature("A", [[FIRST_AREA]], "MultiPolygon"), two),
         near="geometry_not_area")  # fmt: skip
    turned = feature("B", [FIRST_AREA[1:] + FIRST_AREA[1:2]])
    case("geometry_twice.geojson", collection(one, turned),
         flag("geometry_repeated", "", "", "B"))  # fmt: skip
    high = [[*point, 12.5] for point in FIRST_AREA]
    case("heights.geojson", collection(feature("A", [high]), two), flag("geometry_with_heights"))
    case("points_and_polygons.geojson", collection(one, feature("B", [116.25, 22.95], "Point")),
         flag("geometry_types_mixed"))  # fmt: skip
    wide = [[-179.9, 10.0], [179.9, 10.0], [179.9, 11.0], [-179.9, 11.0], [-179.9, 10.0]]
    case("dateline.geojson", collection(feature("A", [wide]), two),
         flag("geometry_crosses_dateline", "", "", "A"))  # fmt: skip
    cut = [[square(179.8, 10.0, 0.2)], [square(-180.0, 10.0, 0.2)]]
    case("dateline_near.geojson", collection(feature("A", [square(-80.0, 10.0, 80.0)])),
         near="geometry_crosses_dateline")  # fmt: skip
    case("dateline_cut.geojson", collection(feature("A", cut, "MultiPolygon")),
         near="geometry_crosses_dateline")  # fmt: skip
    case("areas_alike.geojson", collection(feature("A01", [FIRST_AREA]),
                                           feature("a1", [SECOND_AREA])),
         flag("names_alike", "", "", "a1"))  # fmt: skip
    case("areas_overlap.geojson", collection(one, feature("B", [square(116.05, 22.9)])),
         flag("areas_overlap", "", "", "A"))  # fmt: skip


def layers(group: Group) -> None:
    """GeoPackages and Shapefiles."""
    import geopandas as gpd
    import pyogrio
    from shapely.geometry import LineString, Polygon

    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": "2024-01-01T00:00:00.000Z"})
    shapes = [Polygon(FIRST_AREA), Polygon(SECOND_AREA)]
    frame = gpd.GeoDataFrame({"area": ["甲镇", "乙镇"]}, geometry=shapes, crs=4326)
    roads = gpd.GeoDataFrame({"width": [3]}, geometry=[LineString(FIRST_AREA[:2])], crs=4326)
    for file, second, found, near in (
        ("two_layers.gpkg", frame, [error("layers_ambiguous")], ""),
        ("layer_beside.gpkg", roads, [flag("layer_chosen", "", "", "towns")], "layers_ambiguous"),
        ("one_layer.gpkg", None, [], "layer_chosen layers_ambiguous"),
    ):
        path = group.folder / file
        path.unlink(missing_ok=True)
        frame.to_file(path, layer="towns")
        if second is not None:
            second.to_file(path, layer="roads", mode="a")
        group.case(file, "areas", *found, near=near)
    for file, missing, found, near in (
        ("shape_cp936.shp", ".cpg", [], "encoding_wrong"),
        ("shape_no_prj.shp", ".prj", [flag("areas_crs_assumed")], ""),
        ("shape_no_dbf.shp", ".dbf", [error("not_an_areas_file")], ""),
        ("shape_no_shx.shp", ".shx", [error("not_an_areas_file")], ""),
    ):
        path = group.folder / file
        frame.to_file(path, encoding="GBK" if missing == ".cpg" else "UTF-8",
                      DBF_DATE_LAST_UPDATE="2024-01-01")  # fmt: skip
        path.with_suffix(missing).unlink()
        group.case(file, "areas", *found, near=near)


def places(group: Group) -> None:
    """Folders in which samples, sites and areas meet."""
    west = square(87.5, 43.7, 0.2)
    squares = (feature("A", [FIRST_AREA]), feature("B", [SECOND_AREA]))

    def case(
        name: str, where: tuple[str, str, str], *found: Finding, near: str = "",
        shapes: Sequence[dict[str, Any]] = squares, area: str = "A",
    ) -> None:  # fmt: skip
        lab = [{**FIRST, "site": s, "sample_id": f"{s}-1", "concentration": VALUES[i]}
               for i, s in enumerate(("N1", "N2"))]  # fmt: skip
        group.write(f"{name}/lab.csv", table(lab))
        rows = [("N1", area, *where), ("N2", "B", "116.25", "22.95", "wgs84")]
        lines = [f"{s},{s},{a},{x},{y},{crs},200000,served,2020-11-01,routine\n"
                 for s, a, x, y, crs in rows]  # fmt: skip
        group.write(f"{name}/sites.csv", SITES + "".join(lines))
        group.write(f"{name}/areas.geojson", collection(*shapes))
        group.case(name, "folder", *found, near=near)

    # 0.004 degrees outside as WGS 84, inside once the shift of Baidu's system is taken off
    case("datum_wrong", ("116.104", "22.95", "wgs84"),
         flag("site_datum_suspected", 2, "crs", "N1"))  # fmt: skip
    case("datum_right", ("116.104", "22.95", "bd09"), near="site_datum_suspected")
    case("axes_suspected", ("43.8", "87.6", "wgs84"), flag("site_axes_suspected", 2, "", "N1"),
         shapes=(feature("A", [west]), squares[1]))  # fmt: skip
    case("axes_right", ("87.6", "43.8", "wgs84"), near="site_axes_suspected",
         shapes=(feature("A", [west]), squares[1]))  # fmt: skip
    case("minutes_suspected", ("115.5930", "22.5530", "wgs84"),
         flag("site_minutes_suspected", 2, "", "N1"),
         shapes=(feature("A", [square(115.98, 22.9)]), squares[1]))  # fmt: skip
    case("minutes_right", ("115.9917", "22.925", "wgs84"), near="site_minutes_suspected",
         shapes=(feature("A", [square(115.98, 22.9)]), squares[1]))  # fmt: skip
    case("outside_its_area", ("116.22", "22.97", "wgs84"),
         flag("site_outside_its_area", 2, "", "N1"))  # fmt: skip
    case("on_the_border", ("116.1", "22.95", "wgs84"), near="site_outside_its_area")
    third = feature("C", [square(116.4, 22.9)])
    case("area_without_sites", ("116.05", "22.95", "wgs84"), flag("areas_without_sites"),
         shapes=(*squares, third))  # fmt: skip
    case("all_areas_sampled", ("116.05", "22.95", "wgs84"), near="areas_without_sites")
    case("outside_all_areas", ("116.15", "22.95", "wgs84"), flag("areas_without_sites"),
         flag("site_outside_areas", 2, "", "N1"), area="")  # fmt: skip
    case("area_misspelt", ("116.05", "22.95", "wgs84"), flag("areas_without_sites"),
         flag("area_not_in_areas", "", "", "a."), area="a.")  # fmt: skip


def main() -> None:
    """Write everything."""
    first, second, third = Group("flow_population"), Group("keys"), Group("geography")
    shutil.rmtree(third.folder, ignore_errors=True)
    results(first)
    water(first)
    names(second)
    copies(second)
    for make in (sites, areas, layers, places):
        make(third)
    for group in (first, second, third):
        group.save()


if __name__ == "__main__":
    main()
