"""Mann-Kendall, Sen, Hamed-Rao and seasonal Kendall against the numbers of other packages."""

from __future__ import annotations

import csv
import json
from typing import Any

import numpy as np
import pytest
from builders import reference_file
from scipy.special import ndtr

from wbe.qc.ranking import two_sided, untied_pairs
from wbe.trends.hamed_rao import hamed_rao
from wbe.trends.mann_kendall import mann_kendall
from wbe.trends.seasonal import seasonal_kendall, seasonal_sen_slope
from wbe.trends.sen import sen_slope

EXACT = {"rel": 1e-9, "abs": 0}


def table(name: str) -> dict[str, list[str]]:
    with reference_file("reference", "trend", name).open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {key: [row[key] for row in rows] for key in rows[0]}


def expected(name: str) -> dict[str, Any]:
    return json.loads(reference_file("reference", "trend", name).read_text(encoding="utf-8"))


def numbers(column: list[str]) -> np.ndarray:
    return np.array([float("nan") if v == "NA" else float(v) for v in column])


def single(value: float) -> float:
    return float(np.float32(value))


@pytest.fixture
def sulfate() -> tuple[np.ndarray, np.ndarray]:
    read = table("epa_ex17_6_sulfate.csv")
    return numbers(read["t"]), numbers(read["value"])


@pytest.mark.parametrize(
    ("block", "continuity"), [("envstats_with_continuity", True), ("envstats_no_continuity", False)]
)
def test_sulfate_by_the_conventions_of_envstats(sulfate, block: str, continuity: bool) -> None:
    want = expected("epa_ex17_6_sulfate.expected.json")[block]
    test, sen = mann_kendall(*sulfate, continuity=continuity), sen_slope(*sulfate)
    got = {
        "tau": test.tau, "slope": sen.slope, "intercept": sen.intercept, "z": test.z, "p": test.p,
        "S": test.s, "var.S": test.variance, "slope_ci95": [sen.lower, sen.upper],
    }  # fmt: skip
    assert set(got) == set(want)
    for name, value in want.items():
        assert got[name] == pytest.approx(value, **EXACT), name


def test_sulfate_by_the_conventions_of_the_package_kendall(sulfate) -> None:
    want = expected("epa_ex17_6_sulfate.expected.json")["Kendall_pkg"]
    test = mann_kendall(*sulfate)
    pairs = len(sulfate[0]) * (len(sulfate[0]) - 1) / 2
    # That package computes in single precision: its p is a multiple of 2^-24.
    denominator = single(np.sqrt(pairs * untied_pairs(sulfate[1])))
    got = {
        "tau": single(np.float32(test.s) / np.float32(denominator)),
        "p_two_sided": 2 * (1 - single(ndtr(test.z))),
        "S": test.s,
        "D": denominator,
        "varS": test.variance,
    }
    assert set(got) == set(want)
    for name, value in want.items():
        assert got[name] == pytest.approx(value, **EXACT), name
    assert test.tau_b == pytest.approx(want["tau"], rel=1e-7)


def test_sulfate_by_the_conventions_of_pymannkendall(sulfate) -> None:
    want = expected("epa_ex17_6_sulfate.expected.json")["pymannkendall_1_4_3"]
    test, at = mann_kendall(*sulfate), np.arange(len(sulfate[1]))
    sen, corrected = sen_slope(at, sulfate[1]), hamed_rao(*sulfate, detrend="positions")
    got = {
        "p": test.p, "z": test.z, "Tau": test.tau, "s": test.s, "var_s": test.variance,
        "slope_per_index": sen.slope, "intercept": sen.intercept,
    }  # fmt: skip
    assert set(want) - set(got) == {"trend", "h", "hamed_rao", "note"}
    for name, value in got.items():
        assert value == pytest.approx(want[name], **EXACT), name
    assert want["h"] is (test.p < 0.05)
    assert want["trend"] == "increasing" and test.z > 0
    for name in ("z", "p"):
        assert getattr(corrected, name) == pytest.approx(want["hamed_rao"][name], **EXACT)


def test_seasons_of_the_unified_guidance() -> None:
    read, want = table("epa_ex14_8_seasonal.csv"), expected("epa_ex14_8_seasonal.expected.json")
    data = numbers(read["year"]), numbers(read["unadj"]), read["month"]
    test, sen = seasonal_kendall(*data), seasonal_sen_slope(*data)
    plain = seasonal_kendall(*data, continuity=False)
    got = {
        "tau": test.tau, "slope": sen.slope, "intercept": sen.intercept,
        "chisq_het": test.heterogeneity, "z": test.z, "p": test.p,
        "slope_ci95": [sen.lower, sen.upper], "z_no_continuity": plain.z,
    }  # fmt: skip
    assert set(want) - set(got) == {"source", "pymannkendall_1_4_3"}
    for name, value in got.items():
        assert value == pytest.approx(want[name], **EXACT), name
    got = {
        "p": test.p, "z": test.z, "Tau": test.tau, "s": test.s, "var_s": test.variance,
        "slope": sen.slope,
    }  # fmt: skip
    assert set(got) == set(want["pymannkendall_1_4_3"])
    for name, value in want["pymannkendall_1_4_3"].items():
        assert got[name] == pytest.approx(value, **EXACT), name


def test_seasons_with_gaps_by_the_conventions_of_the_package_kendall() -> None:
    read, want = table("guelph_p.csv"), expected("guelph_p.expected.json")
    y = numbers(read["value"])
    test = seasonal_kendall(numbers(read["year"]), y, read["month"], continuity=False)
    assert test.n_missing == np.isnan(y).sum() == 4
    # Single precision season by season, in the order of that package, then sums in double.
    variance = sum(single(g.variance) for g in test.seasons)
    root = np.sqrt(np.float32([g.n * (g.n - 1) / 2 for g in test.seasons]))
    untied = [untied_pairs(y[(np.array(read["month"]) == g.name) & ~np.isnan(y)])
              for g in test.seasons]  # fmt: skip
    denominator = float((root * np.sqrt(np.float32(untied))).astype(float).sum())
    got = {
        "S": test.s, "varS": variance, "D": denominator, "tau": test.s / denominator,
        "p_two_sided": two_sided(test.s / np.sqrt(variance)),
    }  # fmt: skip
    assert set(want) - set(got) == {"source"}
    for name, value in got.items():
        assert value == pytest.approx(want[name], **EXACT), name
    # In double precision, as the library has it.
    assert (test.variance, test.tau_b, test.p) == pytest.approx(
        (want["varS"], want["tau"], want["p_two_sided"]), rel=2e-7
    )


def test_edge_cases() -> None:
    rising, equal, two, gaps, falling = expected("edge_cases.expected.json")["cases"]

    def both(case: dict[str, Any]):
        y = np.array([np.nan if v is None else v for v in case["y"]], dtype=float)
        return mann_kendall(np.arange(len(y)), y), sen_slope(np.arange(len(y)), y)

    test, sen = both(rising)
    assert (test.s, test.tau, sen.slope) == (rising["S"], rising["tau"], rising["sen_slope"])
    test, _ = both(equal)
    assert (test.s, test.z, test.p, test.tau_b) == (0, 0, 1.0, None)
    test, _ = both(two)
    assert (test.p, test.testable) == (None, False) and "4" in test.reason
    test, sen = both(gaps)
    assert (sen.slope, test.n_missing) == (1.0, 2)
    test, sen = both(falling)
    assert (test.s, sen.slope) == (falling["S"], falling["sen_slope"])
