"""The EUDA/SCORE source table of 2024: loads as published, consumption as load times 3.59."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import wbe

DAYS = ["Wednesday", "Thursday", "Friday", "Saturday", "Sunday", "Monday", "Tuesday"]


@pytest.fixture(scope="module")
def table(reference_data: Path) -> pd.DataFrame:
    raw = pd.read_csv(
        reference_data / "data" / "euda" / "ww2025-all-data.csv",
        keep_default_na=False,
        na_values=[""],
    )
    raw = raw[raw["Year"] == 2024]
    return raw.assign(area=raw["Country"] + "|" + raw["City"])


@pytest.fixture(scope="module")
def located(reference_data: Path):
    folder = reference_data / "data" / "euda"
    samples = wbe.read(folder / "ww2025-all-data.csv")
    samples = samples.isel(sample=samples["round"].values.astype(str) == "2024")
    return wbe.locate(samples, wbe.read_sites(folder / "ww2025-site-info-table.csv"))


def drug(values, name, quantity):
    here = values.sel(drug=name, quantity=quantity, round="2024")
    columns = {c: here[c].values for c in ("value", "lower", "upper", "n_censored", "flags")}
    return pd.DataFrame(columns, index=here["area"].values.astype(str))


@pytest.fixture(scope="module")
def sharp(located):
    return wbe.by_area(wbe.estimate(located, draws=0))


def test_every_citys_cocaine_is_its_mean_benzoylecgonine_load_times_the_factor(table, sharp):
    mean = table[table["Metabolite"] == "cocaine"].set_index("area")[DAYS].mean(axis=1)
    got = drug(sharp, "cocaine", "pn_consumption")["value"].dropna()
    assert len(got) == len(mean) == 154
    assert np.abs(got / (mean[got.index] * 3.59) - 1).max() < 1e-12


@pytest.mark.parametrize("name", ["methamphetamine", "ketamine"])
def test_all_zero_weeks_are_below_an_unknown_limit_and_never_zero(table, sharp, name):
    own = table[table["Metabolite"] == name].set_index("area")
    zero = own.index[(own[DAYS].fillna(0) == 0).all(axis=1)]
    assert len(zero) == 12
    got = drug(sharp, name, "pn_mass_load").loc[zero]
    assert got[["value", "lower", "upper"]].isna().all(axis=None)
    assert got["flags"].str.contains("limit_unknown").all()


def test_thirds_are_of_equal_size_and_no_city_is_called_severe(sharp):
    tiers = wbe.rank(
        sharp,
        "cocaine",
        quantity="pn_consumption",
        scheme="quantile",
        labels=["lower", "middle", "upper"],
    )
    assert tiers["tier"].value_counts()[["lower", "middle", "upper"]].tolist() == [51, 52, 51]


@pytest.mark.slow
def test_medians_with_draws_lie_within_four_standard_errors(located, sharp):
    drawn = drug(wbe.by_area(wbe.estimate(located)), "cocaine", "pn_consumption").dropna()
    expected = drug(sharp, "cocaine", "pn_consumption")["value"][drawn.index]
    spread = np.log(drawn["upper"] / drawn["lower"]) / 3.92
    error = 1.2533 * spread / np.sqrt(10_000)
    assert (np.log(drawn["value"] / expected).abs() <= 4 * error).all()
