"""Whatever a laboratory states comes back from ODM-shaped tables, or is named as lost."""

from __future__ import annotations

import csv
import io
import tempfile
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

import wbe
from wbe.io import read_odm, write_odm
from wbe.io.convert.compare import differences

ANALYTES = ("methamphetamine", "benzoylecgonine", "6-monoacetylmorphine", "MDMA", "THC-COOH",
            "cotinine", "ammonium", "etomidate acid")  # fmt: skip
#: Unit of a liquid -> nanograms a litre in it.
UNITS = {"ng/L": 1, "ug/L": 1000, "µg·L⁻¹": 1000, "mg/L": 1_000_000, "ng/mL": 1000}
SITES = ("折桂污水处理厂", "云帆镇3号点", "Plant A", "São João", "P-07 (north)")
HEADS = ("sample_id", "site", "start", "end", "analyte", "concentration", "unit", "lod", "loq",
         "status", "matrix", "mode", "flow", "flow_unit", "population", "population_basis",
         "lon", "lat", "crs", "rsd", "domestic_share", "round", "lab", "note")  # fmt: skip
DIGITS = st.decimals(min_value=Decimal("0.001"), max_value=Decimal("99999"), places=3)


def plain(number: Decimal) -> str:
    return format(number.normalize(), "f")


@st.composite
def samples_of(draw: st.DrawFn) -> list[dict[str, str]]:
    """Rows of a long table: what is said of a sample is the same in all of its rows."""
    rows = []
    for number in range(draw(st.integers(1, 4))):
        hours = draw(st.sampled_from((0, 1, 6, 24, 48)))
        day = draw(st.dates(min_value=pd.Timestamp("2015-01-01").date(),
                            max_value=pd.Timestamp("2029-12-28").date()))  # fmt: skip
        start = pd.Timestamp(day) + pd.Timedelta(minutes=draw(st.sampled_from((0, 1, 495))))
        mode = draw(st.sampled_from(("grab", "composite", "passive")))
        solid = draw(st.integers(0, 5)) == 0
        placed = draw(st.booleans())
        sample = {
            "sample_id": f"S{number}", "site": f"{draw(st.sampled_from(SITES))}{number}",
            "start": f"{start:%Y-%m-%d %H:%M}" if hours else f"{start:%Y-%m-%d}",
            "end": f"{start + pd.Timedelta(hours=hours):%Y-%m-%d %H:%M}" if hours else "",
            "matrix": "soil" if solid else draw(st.sampled_from(
                ("wwtp_influent", "wwtp_effluent", "open_channel", "surface_water"))),
            "mode": "composite_24h" if hours == 24 else mode,
            "flow": "" if solid else plain(draw(DIGITS)),
            "flow_unit": "" if solid else draw(st.sampled_from(("m3/d", "万吨/日", "ML/d", "L/s"))),
            "population": "" if solid else str(draw(st.integers(1, 10_000_000))),
            "population_basis": "" if solid else draw(
                st.sampled_from(("resident", "registered", "served", "design", "estimated"))),
            "lon": plain(draw(st.decimals(74, 135, places=6))) if placed else "",
            "lat": plain(draw(st.decimals(4, 53, places=6))) if placed else "",
            "crs": draw(st.sampled_from(("wgs84", "cgcs2000", "gcj02", "bd09"))) if placed else "",
            "domestic_share": draw(st.sampled_from(("", "87%", "0.5%", "100%"))),
            "round": draw(st.sampled_from(("", "2024Q1", "第三轮", "2024-05"))),
            "lab": draw(st.sampled_from(("", "一号实验室", "Lab 2"))),
            "note": draw(st.sampled_from(("", "=1+1", "@home", "雨后", "a, \"b\"; c"))),
        }  # fmt: skip
        chosen = draw(st.lists(st.sampled_from(ANALYTES), min_size=1, max_size=4, unique=True))
        rows += [{**sample, **draw(result_of(analyte, solid=solid))} for analyte in chosen]
    return rows


@st.composite
def result_of(draw: st.DrawFn, analyte: str, *, solid: bool) -> dict[str, str]:
    status = draw(st.sampled_from(
        ("quantified", "quantified", "below_lod", "below_loq", "above_range", "missing",
         "not_measured")))  # fmt: skip
    lod = draw(DIGITS)
    limits = draw(st.booleans())
    return {
        "analyte": analyte, "status": status,
        "concentration": plain(draw(DIGITS)) if status == "quantified" else "",
        "unit": "ng/g" if solid else draw(st.sampled_from(sorted(UNITS))),
        "lod": plain(lod) if limits else "", "loq": plain(lod * 3) if limits else "",
        "rsd": draw(st.sampled_from(("", "12%", "0.7%", "250%"))),
    }  # fmt: skip


def long_table(rows: list[dict[str, str]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, HEADS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode("utf-8-sig")


@given(rows=samples_of(), workbook=st.booleans())
@settings(max_examples=30)
def test_nothing_changes_on_the_way_there_and_back(
    rows: list[dict[str, str]], workbook: bool
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "lab_synthetic.csv")
        source.write_bytes(long_table(rows))
        samples = wbe.read(source)
        target = Path(folder, "odm.xlsx" if workbook else "odm")
        written = write_odm(samples, target)
        again = read_odm(target).samples
        assert differences(samples, again, ()) == []
        assert set(written.lost) <= {"findings about no one sample"}
        for name in ("concentration", "lod", "loq", "content"):
            np.testing.assert_allclose(again[name], samples[name], rtol=1e-14)
        if not workbook:
            numbers_stand(rows, target)


def numbers_stand(rows: list[dict[str, str]], folder: Path) -> None:
    """Every number of the laboratory stands in the table, digit by digit."""
    measures = pd.read_csv(folder / "measures.csv", dtype=str, keep_default_na=False,
                           encoding="utf-8-sig").set_index(["sampleID", "measure"])  # fmt: skip
    for row in rows:
        if row["status"] != "quantified":
            continue
        found = measures.loc[(row["sample_id"], f"wbe:{row['analyte']}")]
        solid = row["unit"] == "ng/g"
        factor = Decimal(1) if solid else Decimal(UNITS[row["unit"]]) / 1_000_000
        assert found["unit"] == ("wbe:ng/g" if solid else "mgL")
        for name, column in (("concentration", "value"), ("lod", "wbe:lod"), ("loq", "wbe:loq")):
            if row[name]:
                assert Decimal(found[column]) == Decimal(row[name]) * factor
            elif column in measures:
                assert found[column] == ""


@given(st.lists(st.tuples(
    st.sampled_from(SITES), st.decimals(-180, 180, places=7), st.decimals(-90, 90, places=7),
    st.integers(1, 10**8)), min_size=1, max_size=5, unique_by=lambda site: site[0]))  # fmt: skip
@settings(max_examples=20)
def test_sites_come_back_unchanged(
    listed: list[tuple[str, Decimal, Decimal, int]],
) -> None:
    lines = ["site,name,lon,lat,crs,population,population_basis,population_date,type"]
    for number, (site, lon, lat, people) in enumerate(listed):
        crs = ("wgs84", "cgcs2000", "bd09", "unknown")[number % 4]
        kind = ("wwtp", "channel", "pumping_station", "")[number % 4]
        about = f"{crs},{people},served,2020-11-01,{kind}"
        lines.append(f"{site},{site} ({number}),{lon},{lat},{about}")
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "sites.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
        Path(folder, "lab.csv").write_text(
            "sample_id,site,date,analyte,concentration,unit,matrix,mode\n"
            f"S1,{listed[0][0]},2024-03-04,cocaine,12,ng/L,influent,grab\n",
            encoding="utf-8",
        )
        try:
            sites = wbe.read_sites(Path(folder, "sites.csv"))
        except wbe.errors.FindingsError:
            return  # positions that no site can have, such as 0, 0
        write_odm(wbe.read(Path(folder, "lab.csv")), Path(folder, "odm"), sites=sites)
        again = read_odm(Path(folder, "odm"), errors="reject").sites
        kept = again[again["site"].isin(sites["site"])].reset_index(drop=True)
        pd.testing.assert_frame_equal(kept, sites, check_exact=True)
