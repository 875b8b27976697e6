"""Prevalence from a result: the mean of a site's samples, with the errors of the result."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import wbe
from wbe.backcalc import DailyUse, assumed
from wbe.errors import MissingFactorError, UsageError
from wbe.recipes import users
from wbe.run import scaffold

USE = DailyUse(
    assumed("dose", "30 mg/dose", low=10, high=90, source="synthetic"),
    assumed("frequency", "1.5 dose/day", low=0.7, high=3.2, source="synthetic"),
)
AGE = assumed("age_share", 0.72, sd=0.02, source="synthetic")
GROUP = "inhabitants aged 18-64"


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory):
    folder: Path = tmp_path_factory.mktemp("users") / "six"
    scaffold.create(folder)
    return wbe.read(sorted((folder / "lab").glob("*.csv")))


@pytest.fixture(scope="module")
def result(samples):
    return wbe.estimate(samples, draws=1_000, markers={"cotinine": {"calibrate": True}})


def test_a_site_has_the_interval_of_the_mean_of_its_consumption(result) -> None:
    found = users(result, "methamphetamine", USE, AGE, of=GROUP, thresholds=[0.0])
    drawn = wbe.draws(result, "pn_consumption").sel(
        pathway="methamphetamine|METH|Zuccato2008"
    )  # fmt: skip
    site, round_ = found.labels[0].split("|")
    here = (result["site"].values == site) & (result["round"].values == round_)
    mean = np.median(np.nanmean(drawn.values[here], axis=0))
    middle = np.sqrt(found.lower[0] * found.upper[0])
    assert middle == pytest.approx(mean / (1000 * 0.72 * 45), rel=0.15)
    assert found.upper[0] / found.lower[0] > 10 and found.above[0.0][0] == 1
    assert found.statements()[0].startswith(f"{found.labels[0]}: methamphetamine")
    assert found.no_spread == ()
    assert f", {GROUP}: " in found.statements()[0]  # whose share it is, as it was said


def test_what_is_withheld_or_missing(result, samples) -> None:
    net = users(result, "amphetamine", USE, AGE, of=GROUP)
    assert "net" in net.withheld and np.isnan(net.upper).all()
    with pytest.raises(MissingFactorError, match="it has"):
        users(result, "cocaine", USE, AGE, of=GROUP)
    with pytest.raises(UsageError, match="draws"):
        users(wbe.estimate(samples, draws=0), "methamphetamine", USE, AGE, of=GROUP)
    loads = wbe.estimate(samples, factors="euda", draws=500)
    assert "load only" in users(loads, "methamphetamine", USE, AGE, of=GROUP).withheld


def test_the_residue_that_gives_a_consumption_is_taken_before_one_of_load_alone(
    samples, tmp_path: Path
) -> None:
    rows = [
        "factor_id,drug,analyte,quantity,value,distribution,use,gives,source",
        "own|AMP,methamphetamine,amphetamine,excretion,0.05,point,load_only,load,own study",
        "own|METH,methamphetamine,methamphetamine,excretion,0.43,point,consumption,consumption,own",
    ]
    (tmp_path / "own.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    result = wbe.estimate(samples, factors=str(tmp_path / "own.csv"), draws=500)
    found = users(result, "methamphetamine", USE, AGE, of=GROUP)
    assert not found.withheld and np.isfinite(found.upper).any()
