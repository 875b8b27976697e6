"""The closing lines: the tier table in order, aligned, and honest about what is missing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from wbe.findings import Findings
from wbe.run import config, summary
from wbe.run.campaign import Results


def tiers():
    import pandas as pd

    rows = [
        # area, value, lower, upper, tier, p_general, p_severe, resolved, rank, flags
        ("b", 10.0, 5.0, 20.0, "general", 0.96, 0.04, True, 2.0, ""),
        ("a", 90.0, 40.0, 200.0, "severe", 0.3, 0.7, False, 1.0, "sample_rejected"),
        ("惠来", np.nan, np.nan, np.nan, "", np.nan, np.nan, False, np.nan, "suppressed"),
        ("d", np.nan, np.nan, np.nan, "", np.nan, np.nan, False, np.nan, "no_data"),
    ]
    names = ["area", "value", "lower", "upper", "tier", "p_general", "p_severe", "resolved"]
    frame = pd.DataFrame(rows, columns=[*names, "rank", "flags"])
    frame = frame.assign(name=frame["area"], round="2018Q2", drug="ketamine", unit="mg/day")
    frame.attrs = {
        "round": "2018Q2", "resolved_at": 0.95, "design": "plants", "statistic": "arithmetic",
        "notes": ["single_sites"],
    }  # fmt: skip
    return frame


def lines(lang: str = "en", **privacy) -> list[str]:
    made = config.Config(
        Path("x"), "", "T", lang, config.Data(()), tiers=config.Tiers(drug="ketamine")
    )
    made = replace(made, privacy=replace(made.privacy, **privacy))
    results = Results(None, tiers(), {}, None, Findings())  # type: ignore[arg-type]
    return summary.lines(made, results, Path("out"), ["map.png"], lang)


def test_areas_stand_by_rank_with_interval_and_probability() -> None:
    found = lines()
    assert found[0] == "T: Ketamine, 2018Q2 (mg/day)"
    assert found[2].startswith("1     a")
    assert "90.0" in found[2] and "40.0 – 200" in found[2] and "0.70" in found[2]
    assert found[3].startswith("2     b") and "0.96" in found[3]
    assert "惠来" in found[4] and "nan" not in "".join(found)
    assert not any(line.endswith(" ") for line in found)


def test_areas_without_a_sample_are_counted_and_not_listed() -> None:
    found = lines()
    assert "Areas without a sample of the drug in this round: 1" in found
    assert not any(line.strip().startswith("d ") for line in found)


def test_columns_align_with_chinese_names() -> None:
    found = summary.table([["a", "x"], ["惠来", "y"], ["bbb", "z"]])
    assert found == ["a     x", "惠来  y", "bbb   z"]


def test_guard_and_audience_are_stated() -> None:
    assert (
        "Suppressed (population below 5000 or unknown, or no record of consent): 1 area" in lines()
    )
    assert any("no area is suppressed" in line for line in lines(min_population=0))
    inside = lines(audience="internal", purpose="round", approval="no. 7")
    assert "Internal use only. Purpose: round. Approval: no. 7" in inside


def test_what_was_assumed_is_said_in_both_languages() -> None:
    assert any(line.startswith("Areas by: arithmetic mean load") for line in lines())
    assert any("each site stands for itself" in line for line in lines())
    assert any("污水处理厂的算术平均负荷" in line for line in lines("zh"))


def test_the_note_line_names_the_rules_of_errors_and_the_commonest_note() -> None:
    from wbe.findings import Finding

    many = [Finding("flag", "read_as_nondetect", "cell")] * 3 + [
        Finding("flag", "some_rule", "row")
    ]
    text = summary.noticed(Findings(many), Path("findings.csv"), "en")
    clean = "Findings: nothing rejected; "
    assert text == clean + "4 notes, most of them: 3 non-detects (findings.csv)"
    assert summary.noticed(Findings(many[3:]), Path("f"), "en") == clean + "1 note (f)"
    mixed = [Finding("flag", rule, "row") for rule in ("some_rule", "a", "b", "some_rule")]
    text = summary.noticed(Findings(mixed), Path("f"), "en")
    assert text == clean + "4 notes, most often: 2 some rule (f)"
    assert summary.noticed(Findings(), Path("f"), "en") == clean + "0 notes (f)"
    assert "“未检出”3 条" in summary.noticed(Findings(many), Path("f"), "zh")
    errors = [Finding("error", rule, "row") for rule in ("b", "a", "b")]
    text = summary.noticed(Findings(errors), Path("f"), "en")
    assert text == "Findings: 3 errors (a, b), what they name was not used; 0 notes (f)"
    part = summary.noticed(Findings(), Path("f"), "en", is_part=True)
    assert "nothing rejected in the areas shown" in part


def test_a_run_ends_with_what_was_found_rejected_written_assumed_and_what_to_do_next() -> None:
    starts = ("Found: ", "Findings: ", "Report: ", "Computed with: ", "Next: ")
    ends = lines()[-5:]
    assert [line[: len(start)] for line, start in zip(ends, starts, strict=True)] == list(starts)
    assert ends[0] == (
        "Found: highest tier Severe: a (P 0.70); sure of the tier (P >= 0.95) in 1 of 3 areas"
    )
    assert str(Path("out") / "report.html") in ends[2] and str(Path("out") / "map.png") in ends[2]
    assert ends[3] == (
        "Computed with: factor set default, seed 1, 10000 draws; run.json holds the rest"
    )
    assert ends[4].startswith("Next: read the report; wbe publish out DIR")
    starts = ("结果：", "检查发现：", "报告：", "计算依据：", "下一步：")
    ends = lines("zh")[-5:]
    assert [line[: len(start)] for line, start in zip(ends, starts, strict=True)] == list(starts)


def test_without_draws_no_probability_is_printed_and_without_tiers_that_is_said() -> None:
    rows = tiers()
    rows["p_severe"] = np.nan
    shown = rows[rows["flags"] != "no_data"]
    assert "Severe: a; sure" in summary.outcome(shown, 0.95, "en")
    none = shown.assign(tier="")
    assert summary.outcome(none, 0.95, "en").startswith("Found: no tier in any of 3 areas")
    many = shown[shown["tier"] == "severe"].loc[lambda one: one.index.repeat(5)]
    assert "a, a, a and 2 more; sure" in summary.outcome(many, 0.95, "en")


def test_the_next_step_follows_from_what_was_found() -> None:
    from wbe.findings import Finding

    out, rows = Path("out"), tiers()
    unsure = rows.assign(resolved=False)
    errors = Findings([Finding("error", "date_unreadable", "sample")])
    assert "wbe explain date_unreadable" in summary.next_step(errors, rows, out, "en")
    assert "wbe plan points" in summary.next_step(Findings(), unsure[:2], out, "en")
    assert "wbe publish" in summary.next_step(Findings(), rows[:2], out, "en")
