"""The search of a publication: names and places of sites are found, ordinary text is not."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest

from wbe.run import leaks

SECRETS = leaks.Secrets(
    names=frozenset({"WWTP-Nord", "隆江排口3", "A1", "12345", "Plant7", "S-2018-01"}),
    places=frozenset({(116.12345, 23.54321)}),
    allowed=frozenset({"隆江", "隆江排口30"}),
)


def found(folder: Path, name: str, text: str) -> list[str]:
    (folder / name).write_text(text, encoding="utf-8")
    return leaks.leaks(folder, SECRETS)


@pytest.mark.parametrize(
    ("name", "text", "what"),
    [
        ("tiers.csv", "area\nWWTP-Nord\n", "WWTP-Nord"),
        ("report.html", "<td>S&#45;2018&#45;01</td>", "S-2018-01"),
        (
            "report.html",
            '<script type="application/json">"\\u9686\\u6c5f\\u6392\\u53e33"',
            "隆江排口3",
        ),
        ("map.svg", "<!-- 隆江排口3 -->", "隆江排口3"),
        ("areas.geojson", '{"note": "\\u9686\\u6c5f\\u6392\\u53e33"}', "隆江排口3"),
        (
            "areas.geojson",
            '{"coordinates": [116.12345, 23.54321]}',
            "a site at 116.12345, 23.54321",
        ),
        ("run.json", '{"inputs": ["lab/WWTP-Nord.csv"]}', "WWTP-Nord"),
        ("report.html", "at 116.12345, 23.54321", "a site at 116.12345, 23.54321"),
        ("report.html", "lat 23.5432 lon 116.1235", "a site at 116.12345, 23.54321"),
    ],
)
def test_names_and_places_of_sites_are_found(
    tmp_path: Path, name: str, text: str, what: str
) -> None:
    assert found(tmp_path, name, text) == [f"{name}: {what}"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("tiers.csv", "area,value\n隆江,12345\n"),  # digits alone cannot be told from numbers
        ("report.html", "隆江排口30 is an area"),
        ("report.html", "XWWTP-Nord2"),
        ("report.html", '<img src="data:image/png;base64,AA/Plant7/AA==">'),
        ("report.html", "116.12345 kg of 3.1415 and 99.9999 and 23.54321"),
        ("notes.bin", "A1"),
    ],
)
def test_what_names_no_site_passes(tmp_path: Path, name: str, text: str) -> None:
    assert found(tmp_path, name, text) == []


def test_workbooks_are_searched_inside(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "tiers.xlsx", "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("xl/sharedStrings.xml", "<t>WWTP-Nord</t>" * 50)
    assert leaks.leaks(tmp_path, SECRETS) == ["tiers.xlsx: WWTP-Nord"]


def test_secrets_of_a_run_leave_out_what_its_tiers_show(tmp_path: Path) -> None:
    import xarray as xr

    header = "sample_id,site\n"
    (tmp_path / "estimates.csv").write_text(header + "x1,Bern\nx2,'=site\n", encoding="utf-8-sig")
    (tmp_path / "tiers.csv").write_text("area,name\nBern,Bern\n", encoding="utf-8-sig")
    data = xr.Dataset(coords={"lon": ("s", [1.5, np.nan]), "lat": ("s", [2.5, 3.0])})
    data.to_netcdf(tmp_path / "estimates.nc", engine="scipy")
    kept = leaks.secrets(tmp_path)
    assert kept.names == {"x1", "x2", "=site"}
    assert kept.places == {(1.5, 2.5)}
    assert "Bern" in kept.allowed
