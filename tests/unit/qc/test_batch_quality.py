"""Batches judged by hand-made records: which result carries which flag, and why."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wbe import qc
from wbe.errors import UsageError
from wbe.qc.acceptance import parse_limits
from wbe.qc.flags import failed

METH, AMP = "methamphetamine", "amphetamine"
DEFAULTS = qc.load_limits()


@pytest.fixture
def read(samples: Callable[..., Any]) -> Callable[..., Any]:
    """Builder of samples as a reader leaves them: three of one file, two analytes."""

    def build(**cells: Any) -> Any:
        made = samples(
            {METH: [100.0, 200.0, 4.0], AMP: [10.0, np.nan, 30.0]},
            status={AMP: ["quantified", "below_loq", "quantified"]},
            loq={METH: [3.0] * 3, AMP: [3.0] * 3},
            lab="",
        )
        made.attrs["files"] = [{"name": "a.csv"}]
        made["source_file"][:] = 0
        made["source_line"][:] = np.array([[2, 3], [4, 5], [6, 7]])
        for name, values in cells.items():
            made[name] = (("sample", "analyte"), np.array(values))
        return made

    return build


def row(kind: str, **cells: Any) -> dict[str, Any]:
    usual = {"analyte": METH, "unit": "ng/L", "status": "quantified", "file": "a.csv", "line": 20}
    return {"kind": kind, **usual, **cells}


def flags(made: Any, *rows: dict[str, Any], limits: Any = DEFAULTS, **options: Any) -> Any:
    """Flags of measured failures by sample and analyte."""
    out = qc.assess(made, pd.DataFrame(list(rows)), limits, **options)
    found = {}
    for i, sample in enumerate(out["sample"].values):
        for j, analyte in enumerate(out["analyte"].values):
            own = set(str(out["qc_flags"].values[i, j]).split(";")) & set(qc.FAILED)
            if own:
                found[sample, analyte] = sorted(own)
    return found


def criterion(out: Any, name: str) -> tuple[int, int]:
    [entry] = [c for c in out.attrs["quality"]["criteria"] if c["criterion"] == name]
    return entry["judged"], entry["outside"]


def test_a_file_without_quality_control_is_not_accused(read: Any) -> None:
    out = qc.assess(read(), pd.DataFrame(), DEFAULTS)
    assert (out["qc_flags"].values == "").all()
    assert sum(c["judged"] for c in out.attrs["quality"]["criteria"]) == 0
    assert len(out.attrs["findings"]) == 0


@pytest.mark.parametrize(("value", "poor"), [(1.0, True), (0.9999, False), (1.1, True)])
def test_a_blank_at_a_third_of_the_limit_is_contaminated(
    read: Any, value: float, poor: bool
) -> None:
    found = flags(read(), row("field_blank", value=value))
    assert found == (
        {(s, METH): ["blank_contaminated"] for s in ("s1", "s2", "s3")} if poor else {}
    )


def test_a_blank_has_its_own_limit_first(read: Any) -> None:
    assert not flags(read(), row("blank", value=1.5, loq=6.0))
    assert flags(read(), row("blank", value=1.5, loq=4.0))


def test_a_blank_says_nothing_of_a_non_detect_and_nothing_was_found_in_a_clean_one(
    read: Any,
) -> None:
    found = flags(read(), row("method_blank", analyte=AMP, value=2.0))
    assert set(found) == {("s1", AMP), ("s3", AMP)}
    assert not flags(read(), row("method_blank", status="below_lod", value=np.nan))


def test_a_duplicate_at_its_limit_is_good_and_near_the_limit_a_wider_one_holds(read: Any) -> None:
    # 90 and 110 differ by 20 % of 100; 4 lies below five times the limit of 3
    made = read(concentration=[[90.0, 10.0], [200.0, np.nan], [4.0, 30.0]])
    assert not flags(made, row("duplicate", parent="s1", value=110.0))
    assert flags(made, row("duplicate", parent="s1", value=110.1)) == {
        ("s1", METH): ["duplicate_poor"]
    }
    assert not flags(made, row("duplicate", parent="s3", value=5.4))
    assert flags(made, row("duplicate", parent="s3", value=5.5))


def test_duplicates_stated_beside_the_result(read: Any) -> None:
    rpd = [[0.2, np.nan], [0.21, np.nan], [0.29, np.nan]]
    assert flags(read(duplicate_rpd=rpd)) == {("s2", METH): ["duplicate_poor"]}


def test_duplicates_give_a_repeatability(read: Any) -> None:
    made = read(concentration=[[90.0, 10.0], [200.0, np.nan], [4.0, 30.0]])
    rows = [row("duplicate", parent="s1", value=110.0), row("duplicate", parent="s2", value=220.0,
                                                            line=21)]  # fmt: skip
    out = qc.assess(made, pd.DataFrame(rows), DEFAULTS)
    measured = out.attrs["quality"]["repeatability"][METH]
    assert measured["pairs"] == 2
    assert measured["rsd"] == pytest.approx(np.sqrt((0.2**2 + (20 / 210) ** 2) / 4))


@pytest.mark.parametrize(
    ("spiked", "poor"), [(170.0, False), (169.9, True), (220.0, False), (220.2, True)]
)
def test_a_spike_vouches_for_its_batch(read: Any, spiked: float, poor: bool) -> None:
    # 100 were there and 100 were added: 70 to 120 come back
    found = flags(read(), row("spike", parent="s1", value=spiked, expected=100.0))
    assert found == ({(s, METH): ["recovery_outside"] for s in ("s1", "s2", "s3")} if poor else {})


def test_a_spike_into_a_non_detect_is_outside_only_where_both_bounds_say_so(read: Any) -> None:
    # between 0 and 3 of the limit of 3 was there: 7.5 of 10 are 45 % or 75 %
    assert not flags(read(), row("spike", analyte=AMP, parent="s2", value=7.5, expected=10.0))
    assert flags(read(), row("spike", analyte=AMP, parent="s2", value=6.9, expected=10.0))


def test_recoveries_stated_beside_the_result_are_its_own(read: Any) -> None:
    recovery = [[0.7, 1.2], [0.69, 1.0], [1.21, np.nan]]
    assert set(flags(read(recovery=recovery))) == {("s2", METH), ("s3", METH)}


def test_internal_standards_against_the_median_of_their_batch(read: Any) -> None:
    # the median of 40, 100, 200 is 100; quality control counts with the samples
    areas = [[49.0, np.nan], [100.0, np.nan], [151.0, np.nan]]
    assert set(flags(read(istd_area=areas))) == {("s1", METH), ("s3", METH)}
    assert not flags(read(istd_area=[[50.0, np.nan], [100.0, np.nan], [150.0, np.nan]]))
    rows = [row("blank", value=0.0, istd_area=a, line=i) for i, a in enumerate((99.0, 500.0))]
    out = qc.assess(read(istd_area=areas), pd.DataFrame(rows), DEFAULTS)
    # the blank that is off is found and flags nobody's result
    assert criterion(out, "internal_standard") == (5, 3)


def standards(*pairs: tuple[float, float], **more: Any) -> list[dict[str, Any]]:
    return [row("standard", expected=x, value=y, line=30 + i, **more)
            for i, (x, y) in enumerate(pairs)]  # fmt: skip


def test_standards_calculated_back(read: Any) -> None:
    # at the limit of 3 a quarter is accepted, above it a fifth
    good = standards((3, 3.75), (30, 36), (300, 240), (1000, 1000))
    assert not {f for v in flags(read(), *good).values() for f in v} - {"calibration_poor"}
    out = qc.assess(read(), pd.DataFrame(good), DEFAULTS)
    assert criterion(out, "standard") == (4, 0)
    for bad in ((3, 3.76), (30, 36.1), (300, 239)):
        rows = pd.DataFrame(standards(bad, (1000, 1000)))
        assert criterion(qc.assess(read(), rows, DEFAULTS), "standard") == (2, 1)


def test_a_calibration_is_judged_by_the_r2_that_is_stated_else_by_its_standards(read: Any) -> None:
    assert not flags(read(), row("standard", r2=0.99))
    assert set(flags(read(), row("standard", r2=0.9899))) == {(s, METH) for s in ("s1", "s2", "s3")}
    straight = standards((1, 1), (10, 10), (100, 100))
    assert not flags(read(), *straight)
    out = qc.assess(read(), pd.DataFrame(straight), DEFAULTS)
    assert criterion(out, "calibration") == (1, 0)


def test_ion_ratio_and_retention_against_the_mean_of_the_standards(read: Any) -> None:
    rows = [row("standard", ion_ratio=r, rt=t, line=30 + i)
            for i, (r, t) in enumerate(((0.4, 5.0), (0.6, 5.2)))]  # fmt: skip
    made = read(
        ion_ratio=[[0.65, np.nan], [0.66, np.nan], [0.34, np.nan]],
        retention_time=[[5.2, np.nan], [5.1, np.nan], [4.99, np.nan]],
    )
    # means 0.5 and 5.1: 30 % off is 0.35 or 0.65, and 0.1 min is 5.0 or 5.2
    assert flags(made, *rows) == {
        ("s2", METH): ["ion_ratio_outside"],
        ("s3", METH): ["ion_ratio_outside", "retention_shifted"],
    }


def test_check_samples_and_their_chart(read: Any) -> None:
    assert not flags(read(), row("qc_check", value=120.0, expected=100.0))
    assert flags(read(), row("qc_check", value=120.1, expected=100.0))
    chart = [row("qc_check", value=100.0 + (i % 3) - 1, expected=100.0, line=40 + i)
             for i in range(20)]  # fmt: skip
    out = qc.assess(read(), pd.DataFrame(chart), DEFAULTS)
    assert criterion(out, "control_chart") == (20, 0)
    jump = [*chart[:-1], row("qc_check", value=110.0, expected=100.0, line=59)]
    out = qc.assess(read(), pd.DataFrame(jump), DEFAULTS)
    assert criterion(out, "control_chart") == (20, 1)
    assert "control_chart_outside" in {f.rule for f in out.attrs["findings"]}
    assert criterion(qc.assess(read(), pd.DataFrame(jump[1:]), DEFAULTS), "control_chart")[0] == 0


def test_what_a_batch_did_not_report_is_said_once_a_kind(read: Any) -> None:
    out = qc.assess(read(), pd.DataFrame([row("blank", value=0.0)]), DEFAULTS)
    missing = [f for f in out.attrs["findings"] if f.rule == "qc_missing"]
    assert len(missing) == 3
    assert (out["qc_flags"].values == "qc_missing").all()
    # what is not reported is no failure
    assert not failed(out).any()


def test_twenty_one_samples_need_two_rows(samples: Any) -> None:
    made = samples({METH: [100.0] * 21}, loq={METH: [3.0] * 21}, lab="")
    made = made.assign_coords(sample=[f"s{i:02d}" for i in range(21)])
    made.attrs["files"], made["source_file"][:] = [{"name": "a.csv"}], 0
    rows = [row(kind, value=100.0, expected=100.0, line=50 + i)
            for i, kind in enumerate(("blank", "duplicate", "spike", "qc_check"))]  # fmt: skip
    rows[0] |= {"value": 0.0}
    rows[1] |= {"parent": "s00"}
    rows[2] |= {"parent": "s00", "value": 200.0}
    out = qc.assess(made, pd.DataFrame(rows), DEFAULTS)
    assert criterion(out, "frequency") == (4, 4)
    twenty = made.isel(sample=slice(20))
    assert criterion(qc.assess(twenty, pd.DataFrame(rows), DEFAULTS), "frequency") == (4, 0)


def test_a_row_vouches_for_its_own_file_batch_and_laboratory(read: Any) -> None:
    bad = row("blank", value=2.0)
    assert not flags(read(), {**bad, "file": "other.csv"})
    made = read(batch=[["B1", "B1"], ["B1", "B1"], ["B2", "B2"]])
    assert set(flags(made, {**bad, "batch": "B2"})) == {("s3", METH)}
    assert len(flags(made, bad)) == 3
    named = read().assign_coords(lab=("sample", ["L1", "L2", "L2"]))
    assert set(flags(named, {**bad, "lab": "L1"})) == {("s1", METH)}


def test_one_row_for_two_batches_is_one_finding_and_one_judgement(read: Any) -> None:
    made = read(batch=[["B1", "B1"], ["B1", "B1"], ["B2", "B2"]])
    out = qc.assess(made, pd.DataFrame([row("blank", value=2.0)]), DEFAULTS)
    [finding] = [f for f in out.attrs["findings"] if f.rule == "blank_contaminated"]
    assert (finding.file, finding.line) == ("a.csv", 20)
    assert "3 results" in finding.message
    assert criterion(out, "blank") == (1, 1)


def test_nothing_is_deleted_unless_the_campaign_asks(read: Any) -> None:
    bad = pd.DataFrame([row("spike", parent="s1", value=110.0, expected=100.0)])
    kept = qc.assess(read(), bad, DEFAULTS)
    assert (kept["concentration"].values[:, 0] == [100, 200, 4]).all()
    assert {f.severity for f in kept.attrs["findings"]} == {"flag"}
    gone = qc.assess(read(), bad, DEFAULTS, "reject")
    assert (gone["status"].values[:, 0] == "rejected").all()
    assert np.isnan(gone["concentration"].values[:, 0]).all()
    assert (gone["status"].values[:, 1] == read()["status"].values[:, 1]).all()
    assert {f.rule for f in gone.attrs["findings"].errors} == {"recovery_outside"}


def test_a_user_s_limit_decides(read: Any) -> None:
    wide = parse_limits('[recovery_low]\nvalue = 5\nunit = "%"\n', "own.toml")
    bad = row("spike", parent="s1", value=110.0, expected=100.0)
    assert flags(read(), bad) and not flags(read(), bad, limits=wide)
    out = qc.assess(read(), pd.DataFrame([bad]), wide)
    [own] = [r for r in out.attrs["quality"]["limits"] if r["verified"] == "user"]
    assert (own["id"], own["value"], own["source"]) == ("recovery_low", 5, "own.toml")


def test_samples_are_assessed_once(read: Any) -> None:
    out = qc.assess(read(), pd.DataFrame(), DEFAULTS)
    with pytest.raises(UsageError, match="already"):
        qc.assess(out, pd.DataFrame(), DEFAULTS)
    with pytest.raises(UsageError, match="on_fail"):
        qc.assess(read(), pd.DataFrame(), DEFAULTS, "delete")


@pytest.mark.slow
@settings(max_examples=12)
@given(st.floats(1e-3, 1e3), st.floats(1.0, 1e3), st.floats(1.0, 1e3))
def test_judgements_know_no_unit(k: float, duplicate: float, spiked: float) -> None:
    from builders import build_samples

    def judged(by: float) -> Any:
        made = build_samples({METH: [100.0 * by, 50.0 * by]}, loq={METH: [3.0 * by] * 2}, lab="")
        made.attrs["files"], made["source_file"][:] = [{"name": "a.csv"}], 0
        rows = [row("duplicate", parent="s1", value=duplicate * by, line=5),
                row("spike", parent="s1", value=spiked * by, expected=100.0 * by, line=6),
                row("blank", value=0.5 * by, line=7)]  # fmt: skip
        return qc.assess(made, pd.DataFrame(rows), DEFAULTS)

    one, other = judged(1.0), judged(k)
    counts = [[(c["judged"], c["outside"]) for c in out.attrs["quality"]["criteria"]]
              for out in (one, other)]  # fmt: skip
    # a value that lies within rounding of its limit may fall on either side
    assert counts[0] == counts[1]
    assert (one["qc_flags"].values == other["qc_flags"].values).all()


# Recoveries applied


def uncorrected(read: Any, **cells: Any) -> Any:
    made = read(recovery_statement=[["uncorrected"] * 2] * 3, **cells)
    return qc.flag_unstated(qc.assess(made, pd.DataFrame(), DEFAULTS))


def test_value_and_limits_are_divided_together(read: Any) -> None:
    recovery = [[0.8, 0.8], [np.nan, 0.8], [0.8, np.nan]]
    out = qc.correct_recovery(uncorrected(read, recovery=recovery))
    assert out["concentration"].values[:, 0] == pytest.approx([125, 200, 5])
    assert out["loq"].values[:, 0] == pytest.approx([3.75, 3, 3.75])
    assert out["loq"].values[1, 1] == pytest.approx(3.75)
    assert np.isnan(out["concentration"].values[1, 1])
    assert out["recovery_applied"].values[0, 0] == 0.8
    assert np.isnan(out["recovery_applied"].values[1, 0])
    assert out.attrs["recovery_correction"] == 4
    assert "recovery_not_applied" in out["qc_flags"].values[1, 0]


def test_the_uncertainty_of_the_recovery_is_added(read: Any) -> None:
    rsd = [[0.1, np.nan], [np.nan, np.nan], [np.nan, np.nan]]
    recovery = [[0.8, np.nan], [0.8, np.nan], [np.nan, np.nan]]
    out = qc.correct_recovery(uncorrected(read, recovery=recovery, concentration_rsd=rsd))
    # a recovery without uncertainty has the repeatability of one measurement, 15 %
    assert out["concentration_rsd"].values[0, 0] == pytest.approx(np.hypot(0.1, 0.15))
    assert out["concentration_rsd"].values[1, 0] == pytest.approx(0.15 * np.sqrt(2))
    assert np.isnan(out["concentration_rsd"].values[2, 0])


def test_the_spikes_of_a_batch_stand_in_where_a_row_states_none(read: Any) -> None:
    made = read(recovery_statement=[["uncorrected", ""]] * 3)
    rows = [row("spike", parent="s1", value=100 + r, expected=100.0, line=20 + r)
            for r in (80, 90, 100)]  # fmt: skip
    out = qc.correct_recovery(qc.assess(made, pd.DataFrame(rows), DEFAULTS))
    assert out["concentration"].values[:, 0] == pytest.approx(np.array([100, 200, 4]) / 0.9)
    single = [0.15 * np.hypot(100 + r, 100) / 100 for r in (80, 90, 100)]
    expected = max(np.mean(single), 0.1) / np.sqrt(3)
    assert out["spike_recovery_u"].values[0, 0] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("share", "done"), [(0.3, True), (0.29, False), (1.4, True), (1.41, False)]
)
def test_no_result_is_divided_by_a_recovery_that_recovers_nothing(
    read: Any, share: float, done: bool
) -> None:
    out = qc.correct_recovery(uncorrected(read, recovery=[[share, np.nan]] * 3))
    assert (out["concentration"].values[0, 0] != 100) == done
    rule = "recovery_applied" if done else "recovery_not_applied"
    assert rule in {f.rule for f in out.attrs["findings"]}


@pytest.mark.parametrize("said", ["", "corrected"])
def test_without_the_laboratory_s_word_nothing_is_divided(read: Any, said: str) -> None:
    made = read(recovery=[[0.8, 0.8]] * 3, recovery_statement=[[said] * 2] * 3)
    out = qc.correct_recovery(qc.flag_unstated(qc.assess(made, pd.DataFrame(), DEFAULTS)))
    assert (out["concentration"].values[:, 0] == [100, 200, 4]).all()
    flagged = "recovery_correction_unstated" in out["qc_flags"].values[0, 0]
    assert flagged == (said == "")


def test_a_correction_is_made_once(read: Any) -> None:
    out = qc.correct_recovery(uncorrected(read, recovery=[[0.8, 0.8]] * 3))
    with pytest.raises(UsageError, match="already"):
        qc.correct_recovery(out)


@given(st.floats(0.3, 1.4), st.floats(1.0, 1e4))
def test_a_correction_undoes_what_the_method_lost(share: float, true: float) -> None:
    from builders import build_samples

    made = build_samples({METH: [share * true]}, loq={METH: [3.0]})
    made = made.assign(
        recovery=(("sample", "analyte"), [[share]]),
        recovery_statement=(("sample", "analyte"), np.array([["uncorrected"]])),
    )
    out = qc.correct_recovery(made)
    assert out["concentration"].values[0, 0] == pytest.approx(true)
    # limits move with the value: what was above its limit stays above
    ratio = out["concentration"] / out["loq"]
    assert ratio.values[0, 0] == pytest.approx(share * true / 3.0)
