"""Published trends: two examples of the Unified Guidance of USEPA (2009), and pymannkendall's own.

The examples are printed in the help of EnvStats 3.1.0, kendallTrendTest and
kendallSeasonalTrendTest; the third series stands in the tests of pymannkendall.
"""

from __future__ import annotations

import csv
from collections import defaultdict

import numpy as np
import pytest
from builders import reference_file

from wbe.trends.mann_kendall import mann_kendall
from wbe.trends.seasonal import seasonal_kendall, seasonal_sen_slope
from wbe.trends.sen import sen_slope

CASE = ("published", "c09_mann_kendall")
SULFATE, MONTHLY, LONG = (
    "epa2009_ex17_6_sulfate", "epa2009_ex14_8_monthly", "pymannkendall_arbitrary_1d",
)  # fmt: skip


def rows(name: str) -> list[dict[str, str]]:
    with reference_file(*CASE, name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def series() -> dict[str, tuple[np.ndarray, np.ndarray, list[str]]]:
    found: dict[str, list[tuple[float, float, str]]] = defaultdict(list)
    for row in rows("inputs.csv"):
        found[row["dataset"]].append((float(row["x"]), float(row["y"] or "nan"), row["season"]))
    return {
        name: (np.array([r[0] for r in read]), np.array([r[1] for r in read]), [r[2] for r in read])
        for name, read in found.items()
    }


def ours() -> dict[tuple[str, str], float | None]:
    read = series()
    x, y, _ = read[SULFATE]
    test, sen = mann_kendall(x, y), sen_slope(x, y)
    out = {
        (SULFATE, "tau (S/D, no tie correction)"): test.tau,
        (SULFATE, "theil_sen_slope"): sen.slope,
        (SULFATE, "intercept_conover"): sen.intercept,
        (SULFATE, "z"): test.z,
        (SULFATE, "p"): test.p,
        (SULFATE, "slope_LCL95"): sen.lower,
        (SULFATE, "slope_UCL95"): sen.upper,
    }
    seasonal = seasonal_kendall(*read[MONTHLY])
    out |= {
        (MONTHLY, "seasonal_slope"): seasonal_sen_slope(*read[MONTHLY]).slope,
        (MONTHLY, "tau"): seasonal.tau,
        (MONTHLY, "z"): seasonal.z,
        (MONTHLY, "p"): seasonal.p,
        (MONTHLY, "chi2_het"): seasonal.heterogeneity,
    }
    x, y, seasons = read[LONG]
    test, sen = mann_kendall(x, y), sen_slope(x, y)
    # That package takes seasons of twelve positions, one a year.
    seasonal = seasonal_kendall(x // 12, y, seasons)
    return out | {
        (LONG, "s"): test.s,
        (LONG, "var_s"): test.variance,
        (LONG, "z"): test.z,
        (LONG, "p"): test.p,
        (LONG, "tau (S/D, no tie correction)"): test.tau,
        (LONG, "theil_sen_slope"): sen.slope,
        (LONG, "sens_intercept"): sen.intercept,
        (LONG, "seasonal12_s"): seasonal.s,
        (LONG, "seasonal12_z"): seasonal.z,
        (LONG, "seasonal12_p"): seasonal.p,
    }


def test_all_published_quantities_are_reproduced() -> None:
    want = {(r["dataset"], r["quantity"]): float(r["expected"]) for r in rows("expected.csv")}
    got = ours()
    assert set(got) == set(want)
    assert len(want) == 22
    # The printed values of the guidance have seven digits; the others are exact.
    wrong = {
        key: (got[key], value)
        for key, value in want.items()
        if got[key] != pytest.approx(value, rel=1e-9 if key[0] == LONG else 2e-7)
    }
    assert wrong == {}
