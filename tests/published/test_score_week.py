"""EUDA's published weeks of 2024 by the recipe that starts from concentrations."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from builders import reference_file

from wbe.recipes import published

DAYS = ["Wednesday", "Thursday", "Friday", "Saturday", "Sunday", "Monday", "Tuesday"]
MEANS = {
    "weekday_mean": "Weekday mean",
    "weekend_mean": "Weekend mean",
    "daily_mean": "Daily mean",
}
RESIDUES = {
    "MDMA": "MDMA", "cocaine": "benzoylecgonine", "methamphetamine": "methamphetamine",
    "amphetamine": "amphetamine", "ketamine": "ketamine",
}  # fmt: skip
HALF_A_DIGIT = 0.0101


def _weeks(name: str, metabolite: str) -> pd.DataFrame:
    file = reference_file("published", "c01_euda_weekly_means", name)
    table = pd.read_csv(file, keep_default_na=False, na_values=["", "NA"])
    own = table[(table["Year"] == 2024) & (table["Metabolite"].str.casefold() == metabolite)]
    return own.set_index(own["Country"] + "|" + own["City"])


@pytest.mark.parametrize("metabolite", RESIDUES)
def test_complete_weeks_of_single_plants_are_as_printed(metabolite: str) -> None:
    loads = _weeks("inputs.csv", metabolite.casefold())
    printed = _weeks("expected.csv", metabolite.casefold())
    loads = loads[loads[DAYS].notna().all(axis=1) & ~loads["City"].str.contains(r"\(\d")]
    assert len(loads) > 10
    people, flow = 120_000.0, 30_000.0  # any: loads are per 1000 inhabitants
    values = loads[DAYS].to_numpy().ravel()
    concentration = np.where(values > 0, values * people / flow, np.nan)  # C = Lp P / Q
    week = np.datetime64("2024-03-13") + np.arange(7)
    residue = RESIDUES[metabolite]
    samples = published.samples_of(
        {residue: concentration}, limits={residue: np.where(values > 0, np.nan, 1.0)},
        flow=flow, population=people, date=np.tile(week, len(loads)),
        site=np.repeat(loads.index.to_numpy(str), 7), population_basis="served",
    )  # fmt: skip
    made = published.score_week(samples, draws=0)
    ours = made.pivot(index="place", columns="statistic", values="value").loc[loads.index]
    for statistic, column in MEANS.items():
        apart = (ours[statistic] - printed.loc[loads.index, column]).abs()
        assert (apart <= HALF_A_DIGIT).all(), apart[apart > HALF_A_DIGIT]
