"""A sensitivity band, and several residues as one, of a finished campaign."""

import numpy as np
import pytest
import xarray as xr
from builders import build_samples

from wbe import backcalc
from wbe.backcalc import GammaResidence, Scenario
from wbe.errors import UsageError
from wbe.recipes import estimate, joint_residues, sewer_band

BE, COC, NORBE = "benzoylecgonine", "cocaine", "norbenzoylecgonine"
IDS = ("cocaine|BE|Castiglioni2013", "cocaine|norBE|Jones2014")


def campaign(**options):
    """Synthetic: BE found, below its limit, found; cocaine below its limit in the last."""
    samples = build_samples(
        {BE: [500.0, np.nan, 250.0], COC: [240.0, 60.0, np.nan], NORBE: [32.0, np.nan, 16.0]},
        status={BE: ["quantified", "below_loq", "quantified"],
                COC: ["quantified", "quantified", "below_loq"],
                NORBE: ["quantified", "below_loq", "quantified"]},
        loq={name: [5.0] * 3 for name in (BE, COC, NORBE)},
    )  # fmt: skip
    return estimate(samples, **{"draws": 20, **options})


def formed(conversion=1.0):
    path = backcalc.transformation_of(COC, BE, conversion=conversion, source="bound")
    return [Scenario("all to BE", 0.0, GammaResidence(6.0), path, 0.045)]


@pytest.mark.parametrize("quantity", ["mass_load", "pn_mass_load"])
def test_the_band_of_a_campaign_is_that_of_its_loads(quantity):
    r = campaign()
    table = sewer_band(r, BE, formed(), quantity=quantity)
    load, parent = (r[quantity].sel(analyte=a).values[0] for a in (BE, COC))
    alone = backcalc.sensitivity_band([load], formed(), parent_load=[parent])
    assert table["sample_id"].tolist() == ["s1", "s3"]  # a limit has no band
    assert table["load"].iloc[0] == pytest.approx(load, rel=1e-9)
    assert table["lower"].iloc[0] == pytest.approx(alone.lower[0], rel=1e-9)
    assert table["lower"].iloc[0] < 0.95 * load
    assert set(table["unit"]) == {r[quantity].attrs["units"]}
    assert table.attrs["scenarios"] == ["all to BE"]
    assert table.attrs["convention"] == "sensitivity band"


def test_a_parent_below_its_limit_leaves_the_band_open():
    table = sewer_band(campaign(), BE, formed(), quantity="pn_mass_load")
    assert table["open_below"].tolist() == [False, True]
    absent = campaign().sel(analyte=[BE])
    table = sewer_band(absent, BE, formed(), quantity="pn_mass_load")
    assert table["open_below"].all()


def test_a_band_does_not_change_the_result():
    r = campaign()
    before = r.copy(deep=True)
    sewer_band(r, BE, formed(), quantity="pn_mass_load")
    assert r.identical(before)


def test_bands_of_what_is_not_there_are_refused():
    r = campaign()
    with pytest.raises(UsageError, match="no ketamine"):
        sewer_band(r, "ketamine", formed(), quantity="pn_mass_load")
    with pytest.raises(UsageError, match="pn_consumption"):
        sewer_band(r, BE, formed(), quantity="pn_consumption")
    with pytest.raises(UsageError, match="scenario"):
        sewer_band(r, BE, [], quantity="pn_mass_load")
    heroin = backcalc.transformation_of(
        "6-monoacetylmorphine", "morphine", conversion=1.0, source="bound"
    )
    other = Scenario("other", 0.0, GammaResidence(6.0), heroin, 0.01)
    with pytest.raises(UsageError, match="one parent"):
        sewer_band(r, BE, [*formed(), other], quantity="pn_mass_load")


@pytest.mark.parametrize("quantity", ["mass_load", "pn_mass_load"])
def test_joint_residues_of_a_campaign_are_those_of_its_evidence(quantity):
    r = campaign()
    table = joint_residues(r, IDS, quantity=quantity, disagreement="shown")
    found = [backcalc.evidence_of_samples(r, i, quantity=quantity) for i in IDS]
    alone = backcalc.joint_consumption(found, disagreement="shown")
    assert table["sample_id"].tolist() == ["s1", "s2", "s3"]
    assert table["status"].tolist() == ["estimate", "bound", "estimate"]
    assert table["value"].to_numpy() == pytest.approx(alone.value, nan_ok=True)
    assert set(table["drug"]) == {"cocaine"} and set(table["unit"]) == {r[quantity].units}
    assert "source_ratio" in table.attrs["cautions"][0]


def test_samples_without_a_load_are_left_out_of_the_joint_table():
    samples = build_samples({BE: [500.0, 400.0], NORBE: [32.0, 20.0]}, flow=[5e4, np.nan])
    table = joint_residues(
        estimate(samples, draws=20), IDS, quantity="pn_mass_load", disagreement="widened"
    )
    assert table["sample_id"].tolist() == ["s1"] and table.attrs["convention"] == "widened"


def test_both_read_the_file_of_a_finished_run(tmp_path):
    from wbe.io.write import write_netcdf

    r = campaign(markers={"water": "250 L/day/inhabitant"}, population="combined")
    write_netcdf(r, tmp_path / "estimates.nc")
    with xr.open_dataset(tmp_path / "estimates.nc", engine="scipy") as again:
        for one, other in (
            [sewer_band(x, BE, formed(), quantity="pn_mass_load") for x in (r, again)],
            [joint_residues(x, IDS, quantity="pn_mass_load", disagreement="shown")
             for x in (r, again)],
        ):  # fmt: skip
            assert one.equals(other)
