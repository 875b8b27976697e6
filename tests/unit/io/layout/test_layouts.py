"""The layouts met in practice, each in every encoding, and the shared originals."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from builders import reference_file

import wbe
from wbe.errors import FindingsError

GOOD = Path(__file__).parents[3] / "data" / "good"
ENCODINGS = ("utf8", "utf8sig", "gb18030", "utf16")


def rules(samples: xr.Dataset) -> dict[str, int]:
    found: dict[str, int] = {}
    for finding in samples.attrs["findings"]:
        found[finding.rule] = found.get(finding.rule, 0) + 1
    return found


@pytest.fixture(params=ENCODINGS)
def encoding(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_wide_table_of_plants(encoding: str) -> None:
    samples = wbe.read(GOOD / f"a_wide_{encoding}.csv")
    assert samples.attrs["files"][0]["layout"] == "wide"
    assert samples.attrs["findings"].errors.summary()["errors"] == 0
    east, west, south = "东湖污水处理厂", "西河污水处理厂", "南岭污水处理厂"
    assert samples["site"].values.tolist() == [east, east, west, south]
    assert samples["round"].values.tolist() == ["2023Q4"] * 4
    assert samples["time"].values.astype(str).tolist() == [
        "2023-10-08T08:30:00", "2023-10-11T08:30:00", "2023-10-08T00:00:00", "2023-10-08T00:00:00",
    ]  # fmt: skip
    np.testing.assert_array_equal(samples["duration"], [24, np.nan, np.nan, np.nan])
    assert samples["mode"].values.tolist() == ["composite_24h", "", "", ""]
    np.testing.assert_allclose(samples["flow"], [54000, 56200, 21000, 8700], rtol=1e-12)
    np.testing.assert_allclose(samples["population"], [182000, 182000, 75000, 26000], rtol=1e-12)
    assert set(samples["population_basis"].values.tolist()) == {"served"}
    np.testing.assert_allclose(samples["domestic_share"], [0.88, 0.88, 0.90, np.nan])
    meth = samples.sel(analyte="methamphetamine")
    np.testing.assert_array_equal(meth["concentration"], [150.3, 171.0, 44.1, np.nan])
    assert meth["status"].values.tolist() == ["quantified"] * 3 + ["below_lod"]
    assert meth["lod"].values[3] == 0.4
    mam = samples.sel(analyte="6-monoacetylmorphine")
    assert mam["status"].values.tolist() == ["below_lod", "below_lod", "below_loq", "below_loq"]
    np.testing.assert_array_equal(mam["loq"], [np.nan, np.nan, 0.4, np.nan])
    ammonium = samples["concentration"].sel(analyte="ammonium", sample="WS23Q4-01")
    assert ammonium.item() == pytest.approx(22.5e6)
    found = rules(samples)
    assert found["limit_missing"] == 3 and found["read_as_nondetect"] == 2
    assert found["full_width_digits"] == 2 and found["excel_serial_date"] == 1
    assert found["read_from_title"] == 2 and found["matrix_unstated"] == 1


def test_long_table_with_mixed_units(encoding: str) -> None:
    samples = wbe.read(GOOD / f"b_long_{encoding}.csv")
    assert samples.attrs["files"][0]["layout"] == "long"
    meth = samples.sel(analyte="methamphetamine")
    assert samples["sample"].values.tolist() == ["SL-23-01", "SL-23-02", "SL-23-03", "SL-23-04"]
    np.testing.assert_allclose(meth["concentration"], [2040, np.nan, np.nan, 388])
    np.testing.assert_allclose(meth["lod"], [1, 1, np.nan, 1])
    np.testing.assert_allclose(meth["loq"], [3, 3, np.nan, 3])
    np.testing.assert_allclose(meth["content_lod"], [np.nan, np.nan, 0.5, np.nan])
    assert meth["status"].values.tolist() == ["quantified", "below_lod", "below_lod", "quantified"]
    assert samples["matrix"].values.tolist() == [
        "open_channel", "surface_water", "soil", "wwtp_influent",
    ]  # fmt: skip
    np.testing.assert_allclose(meth["recovery"], [0.93, np.nan, np.nan, 0.96])
    # 相对偏差 is half of the relative percent difference
    np.testing.assert_allclose(meth["duplicate_rpd"], [0.076, np.nan, np.nan, 0.058])
    limits = samples.sel(sample="SL-23-04", analyte="ammonium")
    assert limits["concentration"].item() == pytest.approx(19.7e6)
    assert limits["lod"].item() == pytest.approx(25_000)
    kept_apart = samples.attrs["qc_rows"]
    assert kept_apart["kind"].tolist() == ["blank", "duplicate"]
    assert kept_apart["line"].tolist() == [8, 9]
    assert samples["source_line"].sel(sample="SL-23-04", analyte="ammonium").item() == 7


def test_blocks_of_towns(encoding: str) -> None:
    samples = wbe.read(GOOD / f"c_blocks_{encoding}.tsv")
    assert samples.attrs["files"][0]["layout"] == "town_blocks"
    assert samples["sample"].values.tolist() == [
        "河口镇1#|2023Q3|wwtp_influent", "示例镇1#|2023Q3|soil", "示例镇1#|2023Q3|surface_water",
        "示例镇2#|2023Q3|open_channel", "示例镇2#|2023Q3|soil", "示例镇3#|2023Q3|open_channel",
    ]  # fmt: skip
    assert samples["area"].values.tolist() == ["河口镇"] + ["示例镇"] * 5
    assert set(samples["crs"].values.tolist()) == {"bd09"}
    water = samples.sel(sample="示例镇1#|2023Q3|surface_water")
    assert water["role"].item() == "former_production"
    np.testing.assert_allclose([water["lon"], water["lat"]], [115.51, 22.67])
    np.testing.assert_array_equal(water["concentration"], [27, 1045, 1980])
    soil = samples.sel(sample="示例镇1#|2023Q3|soil", analyte="methamphetamine")
    assert (soil["content"].item(), np.isnan(soil["concentration"].item())) == (12.5, True)
    below = samples.sel(sample="示例镇2#|2023Q3|open_channel", analyte="ephedrine")
    assert (below["status"].item(), below["loq"].item()) == ("below_loq", 3)
    untaken = samples.sel(sample="示例镇3#|2023Q3|open_channel")
    assert untaken["status"].values.tolist() == ["missing"] * 3
    found = rules(samples)
    assert found["subtotal_left_out"] == 1 and found["merged_filled_down"] == 1
    assert found["sample_not_taken"] == 1 and found["blank_digit_groups"] == 2


def test_a_table_of_indicators_is_named(encoding: str) -> None:
    with pytest.raises(FindingsError, match="indicators") as caught:
        wbe.read(GOOD / f"d_indicators_{encoding}.csv")
    assert [f.rule for f in caught.value.findings] == ["indicators_table"]


def test_encodings_are_recorded() -> None:
    for name, codec in (("utf8", "utf-8"), ("utf8sig", "utf-8-sig"), ("gb18030", "gb18030"),
                        ("utf16", "utf-16")):  # fmt: skip
        samples = wbe.read(GOOD / f"a_wide_{name}.csv")
        assert samples.attrs["files"][0]["encoding"] == codec


def reference(name: str) -> Path:
    return reference_file("domain", "china_samples", name)


def test_reference_wide_table() -> None:
    samples = wbe.read(reference("A_wwtp_wide_gb18030.csv"))
    assert dict(samples.sizes) == {"sample": 4, "analyte": 6}
    assert samples["flow"].values.tolist() == pytest.approx([68000, 71000, 19500, 9800])
    assert str(samples["time"].values[3]) == "2024-03-12T00:00:00"


def test_reference_long_table() -> None:
    samples = wbe.read(reference("B_lab_long_utf8sig.csv"))
    first = samples["concentration"].sel(sample="HL-18-1-QS-01")
    assert first.sel(analyte=["amphetamine", "ephedrine", "methamphetamine"]).values.tolist() == (
        pytest.approx([20, 95, 1860])
    )
    assert len(samples.attrs["qc_rows"]) == 2


def test_reference_blocks_of_towns() -> None:
    samples = wbe.read(reference("C_town_blocks_gbk.tsv"))
    assert samples.sizes["sample"] == 6
    assert (
        samples["concentration"]
        .sel(sample="岐石镇1#|2018Q2|surface_water", analyte="methamphetamine")
        .item()
        == 2350
    )


def test_reference_indicators() -> None:
    with pytest.raises(FindingsError, match="indicators"):
        wbe.read(reference("D_enforcement_utf8.csv"))
