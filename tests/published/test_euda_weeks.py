"""EUDA's published weekday, weekend and daily means of 4,376 weeks, from its seven daily loads."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from wbe.recipes import protocols

DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
MEANS = {
    "weekday_mean": "Weekday mean",
    "weekend_mean": "Weekend mean",
    "daily_mean": "Daily mean",
}
KEYS = ["analyte", "place", "period"]
HALF_A_DIGIT = 0.0101
"""Of the mean and of its days, all printed with two decimals, and a little for binary numbers."""


def _read(file: Path) -> pd.DataFrame:
    table = pd.read_csv(file, keep_default_na=False, na_values=["", "NA"])
    place = table["Country"] + "|" + table["City"]
    return table.assign(analyte=table["Metabolite"], place=place, period=table["Year"].astype(str))


def _weeks(table: pd.DataFrame, recipe) -> pd.DataFrame:
    """Return the recipe's table of every residue; a printed 0 is below an unknown limit."""
    made = []
    for analyte, own in table.groupby("analyte"):
        value = own[DAYS].to_numpy().ravel()
        days = protocols.day_values(
            np.full(len(value), "NaT", dtype="datetime64[D]"),
            np.where(value == 0, np.nan, value),
            below=value == 0,
            weekday=np.tile(np.arange(1, 8), len(own)),
            site=np.repeat(own["place"].to_numpy(str), 7),
            round=np.repeat(own["period"].to_numpy(str), 7),
            analyte=str(analyte),
            draws=0,  # the published means have no interval
        )
        made.append(recipe(days))
    return pd.concat(made, ignore_index=True)


@pytest.fixture(scope="module")
def weeks(reference_data: Path) -> pd.DataFrame:
    """Return our means beside the published ones, one row a place, year and residue."""
    folder = reference_data / "published" / "c01_euda_weekly_means"
    table = _read(folder / "inputs.csv")
    of_2021 = table["Year"] == 2021
    ours = pd.concat(
        [
            _weeks(table[~of_2021], protocols.euda_week),
            _weeks(table[of_2021], protocols.euda_week_2021),
        ]
    )
    wide = ours.pivot_table(index=KEYS, columns="statistic", values="value", dropna=False)
    daily = ours[ours["statistic"] == "daily_mean"].set_index(KEYS)
    published = _read(folder / "expected.csv").set_index(KEYS)
    joined = published.join(wide).join(daily[["flags", "missing", "n_days", "bound_upper"]])
    joined["complete"] = ~joined["flags"].str.contains("incomplete_week")
    joined["several"] = joined["flags"].str.contains("several_plants")
    assert len(joined) == len(published) == 4_376
    return joined


def _agree(weeks: pd.DataFrame, statistic: str) -> pd.Series:
    return (weeks[statistic] - weeks[MEANS[statistic]]).abs() <= HALF_A_DIGIT


@pytest.mark.parametrize(
    ("statistic", "agreeing"),
    [("weekday_mean", 3_268), ("weekend_mean", 3_268), ("daily_mean", 3_269)],
)
def test_complete_weeks_of_single_plants_since_2016_are_the_published_means(
    weeks, statistic, agreeing
):
    bracketed = weeks.index.get_level_values("place").str.contains(r"\(\d")
    chosen = weeks[weeks["complete"] & ~bracketed & (weeks["Year"] >= 2016)]
    assert len(chosen) == 3_269
    assert int(_agree(chosen, statistic).sum()) == agreeing


@pytest.mark.parametrize("statistic", list(MEANS))
def test_the_only_other_week_is_one_whose_printed_days_are_shifted_by_one(weeks, statistic):
    chosen = weeks[weeks["complete"] & ~weeks["several"] & (weeks["Year"] >= 2016)]
    wrong = chosen[~_agree(chosen, statistic)]
    expected = [] if statistic == "daily_mean" else [("MDMA", "FR|Bordeaux I", "2016")]
    assert wrong.index.tolist() == expected


def test_that_week_is_the_mean_of_monday_to_wednesday(reference_data, weeks):
    folder = reference_data / "published" / "c01_euda_weekly_means"
    day = _read(folder / "inputs.csv").set_index(KEYS).loc[("MDMA", "FR|Bordeaux I", "2016")]
    published = weeks.loc[("MDMA", "FR|Bordeaux I", "2016"), "Weekday mean"]
    assert abs(day[["Monday", "Tuesday", "Wednesday"]].mean() - published) <= HALF_A_DIGIT


@pytest.mark.parametrize("statistic", ["weekday_mean", "weekend_mean"])
def test_no_other_days_explain_2021(reference_data, weeks, statistic):
    folder = reference_data / "published" / "c01_euda_weekly_means"
    table = _read(folder / "inputs.csv")
    table = table[(table["Year"] == 2021) & table[DAYS].notna().all(axis=1)]
    table = table[(table[DAYS] > 0).all(axis=1)]
    documented = _weeks(table, protocols.euda_week)
    documented = documented[documented["statistic"] == statistic].set_index(KEYS)["value"]
    published = weeks.loc[documented.index]
    single = ~published["several"]
    off = (documented - published[MEANS[statistic]]).abs()[single] > HALF_A_DIGIT
    assert off.mean() > 0.9
    assert _agree(published[single], statistic).all()


def test_incomplete_weeks_are_listed_with_their_missing_days(weeks):
    incomplete = weeks[~weeks["complete"]]
    assert len(incomplete) == 245
    assert incomplete["n_days"].value_counts().to_dict() == {6: 172, 5: 54, 4: 11, 2: 4, 3: 4}
    count = incomplete["missing"].str.split(",").str.len()
    assert (count + incomplete["n_days"] == 7).all()
    milan = incomplete.loc[("cocaine", "IT|Milan", "2024")]
    assert milan["missing"] == "Mon,Sat,Sun"


def test_some_published_means_of_incomplete_weeks_are_of_more_samples_than_are_printed(weeks):
    incomplete = weeks[~weeks["complete"]]
    assert int(_agree(incomplete, "daily_mean").sum()) == 146


def test_weeks_of_several_plants_stand_apart(weeks):
    several = weeks[weeks["several"]]
    cities = set(several.index.get_level_values("place"))
    assert {"DE|Berlin (4)", "TR|Istanbul (II-VII)"} <= cities
    assert "BE|Ruisbroek (Puurs)" not in cities
    complete = several[several["complete"]]
    off = ~_agree(complete, "weekday_mean")
    assert 0 < off.sum() < len(complete) / 10


def test_a_week_below_an_unknown_limit_is_zero_without_an_upper_bound(weeks):
    zero = weeks[(weeks["daily_mean"] == 0) & weeks["complete"]]
    assert len(zero) > 100
    assert zero["flags"].str.contains("all_below_limit").all()
    assert zero["bound_upper"].isna().all()
