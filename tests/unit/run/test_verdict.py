"""The exit code that run and check share."""

from __future__ import annotations

import pytest

from wbe.findings import Finding, Findings
from wbe.run import verdict


def finding(severity: str, rule: str = "some_rule") -> Finding:
    return Finding(severity, rule, "cell")


@pytest.mark.parametrize(
    ("found", "usable", "strict", "code"),
    [
        ([], True, False, 0),
        ([], False, False, 4),
        ([finding("flag")], True, False, 0),
        ([finding("flag")], True, True, 3),
        ([finding("error")], True, False, 3),
        ([finding("error")], False, False, 4),
        ([finding("error", "config_invalid")], True, False, 2),
    ],
)
def test_the_code_is_that_of_the_contract(found, usable: bool, strict: bool, code: int) -> None:
    assert verdict.code(Findings(found), usable=usable, strict=strict) == code


def test_codes_join_to_the_common_one_or_to_partly() -> None:
    assert [verdict.joined(c) for c in ([0], [4, 4], [0, 2], [0, 3])] == [0, 4, 3, 3]
