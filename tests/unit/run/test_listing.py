"""Findings as text: errors first, repeated flags on one line."""

from __future__ import annotations

from wbe.errors import FindingsError, UsageError
from wbe.findings import Finding, Findings
from wbe.run import listing


def finding(severity: str, rule: str = "some_rule", **place) -> Finding:
    return Finding(severity, rule, "cell", message="It is wrong", fix="Mend it.", **place)


def found() -> Findings:
    return Findings(
        [
            finding("error", file="b.csv", line=7, column="flow", value="1,250"),
            finding("error", file="b.csv", line=8),
            finding("flag", file="a.xlsx", sheet="S1", line=3, cell="C3", value="two\nlines"),
            finding("flag", file="b.csv", line=9),
            finding("flag", file="b.csv", line=2),
            finding("flag", "other_rule", file="b.csv", line=5),
        ],
        10,
        9,
    )


def test_errors_stand_first_and_repeated_flags_share_a_line() -> None:
    assert listing.report(found()).splitlines() == [
        "b.csv",
        "  error some_rule (line 7, column flow): It is wrong. [1,250] Mend it.",
        "  error some_rule (line 8): It is wrong. Mend it.",
        "a.xlsx / S1",
        "  flag some_rule (line 3, C3): It is wrong. [two lines] Mend it.",
        "b.csv",
        "  flag some_rule (2 times, first at line 2): It is wrong. Mend it.",
        "  flag other_rule (line 5): It is wrong. Mend it.",
        "wbe explain some_rule says more.",
        "10 rows, 9 accepted; 2 errors, 4 flags",
    ]


def test_all_prints_every_flag() -> None:
    lines = listing.report(found(), every=True).splitlines()
    assert sum(" flag " in line for line in lines) == 4
    assert "times" not in "".join(lines)


def test_errors_that_repeat_in_a_column_are_counted_after_the_first() -> None:
    many = [finding("error", file="a.csv", line=i, column="flow") for i in range(2, 1002)]
    other = [finding("error", file="a.csv", line=9, column="date"), finding("error", file="b.csv")]
    lines = listing.report(Findings([*many, *other])).splitlines()
    assert [line.split(":")[0] for line in lines] == [
        "a.csv",
        *(f"  error some_rule (line {i}, column flow)" for i in range(2, 7)),
        "  error some_rule (column flow)",
        "  error some_rule (line 9, column date)",
        "b.csv",
        "  error some_rule",
        "wbe explain some_rule says more.",
        "0 rows, 0 accepted; 1002 errors, 0 flags",
    ]
    assert "995 more like these" in lines[6]
    assert "另有 995 处" in listing.report(Findings(many), "zh")
    assert len(listing.report(Findings(many), every=True).splitlines()) == 1003


def test_it_speaks_chinese_and_counts_one_as_one() -> None:
    assert "第 7 行" in listing.report(found(), "zh") and "共 2 处" in listing.report(found(), "zh")
    one = Findings([finding("error", file="a.csv")], 1, 0)
    assert listing.report(one).endswith("1 row, 0 accepted; 1 error, 0 flags")
    assert listing.report(Findings()) == "No findings."


def test_an_error_that_carries_findings_lists_them() -> None:
    text = listing.explained(FindingsError(Findings([finding("error")])))
    assert text.splitlines()[:2] == ["-", "  error some_rule: It is wrong. Mend it."]
    assert listing.explained(UsageError("no")) == "no"


def test_the_commonest_rule() -> None:
    assert listing.commonest(found().flags) == ("some_rule", 3)
    assert listing.commonest(Findings()) == ("", 0)
