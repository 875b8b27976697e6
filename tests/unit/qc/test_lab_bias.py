"""A laboratory's bias: its size by hand, in the error model, and in the intervals of estimates."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from builders import build_samples

import wbe
from wbe import qc
from wbe.backcalc import error_terms
from wbe.errors import UsageError
from wbe.recipes import draws
from wbe.uncertainty import ErrorModel, default_model

BE, METH = "benzoylecgonine", "methamphetamine"
SOURCE = "synthetic exercise of three rounds"
OTHERS = ("repeatability", "sampling", "visit", "flow", "population")


def bias(
    value: float = 0.3, spread: float = 0.05, lab: str = "L1", analyte: str = BE
) -> qc.LabBias:
    return qc.LabBias(lab, analyte, 6, value, spread, 0.02)


def alone() -> ErrorModel:
    """Error model in which nothing but the laboratory's bias is uncertain."""
    model = default_model()
    for component in OTHERS:
        model = model.scaled(component, 0)
    return model


def samples(**options: Any) -> Any:
    return build_samples({BE: [500.0, 200.0, 80.0], METH: [90.0, 300.0, 20.0]}, **options)


def log_width(result: Any, quantity: str = "mass_load") -> np.ndarray:
    """Log width of the 95 % intervals, (sample, analyte)."""
    return np.log(result[f"{quantity}_upper"].values / result[f"{quantity}_lower"].values)


def estimated(data: Any, model: ErrorModel, **options: Any) -> Any:
    return wbe.estimate(data, **{"error_model": model, "draws": 2_000, "seed": 3, **options})


# -- the bias itself --------------------------------------------------------------------------


def test_a_bias_by_hand() -> None:
    found = qc.estimate_lab_bias([110, 121, 100], [100, 100, 100], [3, 4, 0], lab="a", analyte=BE)
    d = np.log([1.1, 1.21, 1.0])
    assert found.bias == pytest.approx(np.log(1.1))
    assert found.ratio == pytest.approx(1.1)
    assert found.spread == pytest.approx(d.std(ddof=1))
    assert found.u_reference == pytest.approx(np.sqrt((0.03**2 + 0.04**2) / 3))
    assert found.u**2 == pytest.approx(found.spread**2 / 3 + found.u_reference**2)
    few = (4.30265 / 1.95996) ** 2  # Student's t of 2 degrees of freedom
    scatter = few * found.spread**2
    expected = d.mean() ** 2 + scatter * 2 / 3 + found.u_reference**2
    assert found.log_sd() ** 2 == pytest.approx(expected, rel=1e-5)
    expected = scatter * 4 / 3 + found.u_reference**2
    assert found.log_sd(corrected=True) ** 2 == pytest.approx(expected, rel=1e-5)
    assert not found.shows


def test_a_bias_of_two_results_is_not_told() -> None:
    found = qc.estimate_lab_bias([1.0, 2.0], [1.0, 1.0], [0.1, 0.1], lab="a", analyte=BE)
    assert not found.testable and found.reason.startswith("2 results")
    for use in (
        lambda: qc.bias_component(found, source=SOURCE),
        lambda: qc.correct_lab_bias(samples(lab="a"), [found]),
    ):
        with pytest.raises(UsageError, match="is not known"):
            use()
    with pytest.raises(UsageError, match="above 0"):
        qc.estimate_lab_bias([0.0] * 3, [1.0] * 3, [0.1] * 3, lab="a", analyte=BE)
    with pytest.raises(UsageError, match="for each result"):
        qc.estimate_lab_bias([1.0] * 3, [1.0] * 2, [0.1] * 3, lab="a", analyte=BE)


def test_biases_of_a_table_leave_out_what_lies_below_a_limit() -> None:
    labs, r = [f"x{i}" for i in range(12)], np.random.default_rng(1)
    codes = qc.code_labs(labs, seed=2)
    table = pd.concat([
        pd.DataFrame({"round": k, "analyte": BE, "lab": labs, "below": False,
                      "value": 100 * np.exp(0.05 * r.standard_normal(12))})
        for k in range(4)
    ])  # fmt: skip
    table.loc[table["lab"] == "x3", "value"] *= np.exp(0.25)
    table.loc[(table["lab"] == "x3") & (table["round"] == 2), "below"] = True
    scores = qc.score_table(table, target=qc.Target("relative", 0.2), codes=codes)
    found = {b.lab: b for b in qc.lab_biases(scores)}
    own = found[codes["x3"]]
    assert (own.n, own.n_below) == (3, 1)
    assert own.bias == pytest.approx(0.25, abs=3 * 0.05 / np.sqrt(3)) and own.shows
    others = [b for lab, b in found.items() if lab != codes["x3"]]
    assert max(abs(b.bias) for b in others) < 0.12


# -- in the error model -----------------------------------------------------------------------


def test_the_row_stands_before_the_general_one_and_replaces_only_its_own() -> None:
    model = qc.with_lab_bias(default_model(), [bias(analyte=METH), bias()], source=SOURCE)
    rows = model.of("analysis_bias")
    assert [r.when for r in rows] == [f"analyte={BE}", f"analyte={METH}", ""]
    assert rows[-1] == default_model().of("analysis_bias")[0]
    assert {(r.level, r.measure, r.source, r.verified) for r in rows[:2]} == {
        ("lab", "log_sd", SOURCE, "computed")
    }
    error_terms.require_usable(model)
    again = qc.with_lab_bias(model, [bias(0.1)], source="next round")
    assert len(again.of("analysis_bias")) == 3
    assert again.spread("analysis_bias", {"analyte": BE}) == pytest.approx(bias(0.1).log_sd())
    assert again.spread("analysis_bias", {"analyte": METH}) == pytest.approx(bias().log_sd())
    assert [c for c in model.components if c.component != "analysis_bias"] == [
        c for c in default_model().components if c.component != "analysis_bias"
    ]


def test_the_table_names_no_laboratory_and_survives_a_file(tmp_path: Any) -> None:
    model = qc.with_lab_bias(default_model(), [bias(lab="City centre")], source=SOURCE)
    model.to_csv(tmp_path / "errors.csv")
    assert "City centre" not in (tmp_path / "errors.csv").read_text(encoding="utf-8")
    assert error_terms.read_error_model(tmp_path / "errors.csv") == model


def test_several_laboratories_make_their_root_mean_square() -> None:
    row = qc.bias_component([bias(0.3), bias(0.0, lab="L2")], source=SOURCE)
    expected = np.sqrt((bias(0.3).log_sd() ** 2 + bias(0.0).log_sd() ** 2) / 2)
    assert row.spread == pytest.approx(expected)
    with pytest.raises(UsageError, match="one analyte"):
        qc.bias_component([bias(), bias(analyte=METH)], source=SOURCE)
    with pytest.raises(UsageError, match="well enough"):
        qc.with_lab_bias(default_model(), [], source=SOURCE)


# -- in the intervals -------------------------------------------------------------------------


def test_a_larger_bias_widens_the_interval_of_its_analyte_by_as_much_and_no_other() -> None:
    before = estimated(samples(), alone())
    after = estimated(samples(), qc.with_lab_bias(alone(), [bias()], source=SOURCE))
    meth = list(before["analyte"].values).index(METH)
    be = list(before["analyte"].values).index(BE)
    assert log_width(after)[:, be] == pytest.approx(2 * 1.959964 * bias().log_sd(), rel=1e-6)
    assert (log_width(after)[:, be] > 2.5 * log_width(before)[:, be]).all()
    assert log_width(after)[:, meth] == pytest.approx(log_width(before)[:, meth], rel=1e-12)
    assert after["mass_load"].values == pytest.approx(before["mass_load"].values, rel=1e-12)


def test_all_samples_of_a_laboratory_share_the_bias_and_other_laboratories_do_not() -> None:
    model = qc.with_lab_bias(alone(), [bias()], source=SOURCE)
    result = estimated(samples(lab=["L1", "L1", "L2"]), model, draws=4_000)
    be = draws(result, "mass_load").sel(analyte=BE).values
    first, second, other = np.log(be / np.median(be, axis=1, keepdims=True))
    assert first == pytest.approx(second, abs=1e-12)
    assert abs(np.corrcoef(first, other)[0, 1]) < 4 / np.sqrt(4_000)
    # a mean over the samples of one laboratory is as uncertain as one sample
    mean = np.log(be[:2].mean(axis=0))
    assert mean.std() == pytest.approx(first.std(), rel=1e-9)
    drug = draws(result, "mass_load").sel(analyte=METH).values[0]
    assert abs(np.corrcoef(first, np.log(drug))[0, 1]) < 4 / np.sqrt(4_000)


def test_a_correction_shifts_values_and_limits_once_and_on_request_only() -> None:
    lod = {BE: [10.0] * 3}
    data = samples(lab=["L1", "L1", "L2"], lod=lod, loq={BE: [30.0] * 3})
    own = bias(np.log(1.25))
    untouched = estimated(data, qc.with_lab_bias(alone(), [own], source=SOURCE))
    assert untouched["mass_load"].values == pytest.approx(
        estimated(data, alone())["mass_load"].values
    )
    fixed = qc.correct_lab_bias(data, [own])
    for name in ("concentration", "lod", "loq"):
        ratio = (data[name] / fixed[name]).sel(analyte=BE).values
        assert ratio == pytest.approx([1.25, 1.25, 1.0])
    assert np.isnan(fixed["lab_bias_applied"].sel(analyte=METH).values).all()
    assert fixed["lab_bias_applied"].sel(analyte=BE).values == pytest.approx(
        [1.25, 1.25, np.nan], nan_ok=True
    )
    (kept,) = fixed.attrs["lab_bias_correction"]
    assert kept["bias"] == own.bias and "L1" not in str(kept)
    model = qc.with_lab_bias(alone(), [own], source=SOURCE, corrected=True)
    after = estimated(fixed, model)
    shift = (untouched["mass_load"] / after["mass_load"]).sel(analyte=BE).values
    assert shift == pytest.approx([1.25, 1.25, 1.0], rel=1e-9)
    be = list(after["analyte"].values).index(BE)
    width = 2 * 1.959964 * own.log_sd(corrected=True)
    assert log_width(after)[:, be] == pytest.approx(width, rel=1e-6)
    assert (log_width(after)[:, be] < 0.5 * log_width(untouched)[:, be]).all()
    with pytest.raises(UsageError, match="already"):
        qc.correct_lab_bias(fixed, [own])


def test_a_correction_of_what_is_not_there_is_refused() -> None:
    data = samples(lab="L1")
    with pytest.raises(UsageError, match="no result of benzoylecgonine by laboratory 'L9'"):
        qc.correct_lab_bias(data, [bias(lab="L9")])
    with pytest.raises(UsageError, match="two biases"):
        qc.correct_lab_bias(data, [bias(), bias(0.1)])


def test_with_many_rounds_the_size_is_the_root_mean_square() -> None:
    """Nordtest TR 537: sqrt(RMS of the biases squared + u of the assigned values squared)."""
    d = 0.1 + 0.2 * np.random.default_rng(5).standard_normal(4_000)
    found = qc.estimate_lab_bias(np.exp(d), np.ones(4_000), np.full(4_000, 0.05), lab="a",
                                 analyte=BE)  # fmt: skip
    assert found.log_sd() == pytest.approx(np.sqrt((d**2).mean() + 0.05**2), rel=1e-3)


@pytest.mark.parametrize("rounds", [3, 5, 12])
@pytest.mark.parametrize("level", [0.0, 0.05, 0.2])
@pytest.mark.parametrize("corrected", [False, True])
def test_intervals_hold_the_truth_when_laboratories_are_biased(
    rounds: int, level: float, corrected: bool
) -> None:
    """Synthetic: biases of log-sd `level`, 0.08 between rounds; the campaign is one round more."""
    r = np.random.default_rng([12, rounds])
    labs = 2_500
    off = level * r.standard_normal((labs, 1)) + 0.08 * r.standard_normal((labs, rounds + 1))
    held = np.empty(labs, dtype=bool)
    for k, own in enumerate(off):
        found = qc.estimate_lab_bias(np.exp(own[:-1]), np.ones(rounds), np.full(rounds, 1e-6),
                                     lab="a", analyte=BE)  # fmt: skip
        left = own[-1] - (found.bias if corrected else 0.0)
        held[k] = abs(left) <= 1.959964 * found.log_sd(corrected)
    error = np.sqrt(0.05 * 0.95 / labs)
    # of a bias that is known and not taken out the interval is on the safe side
    assert 0.95 - 4 * error < held.mean() < (0.95 + 4 * error if corrected else 1.0 + 1e-9)
