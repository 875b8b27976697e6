"""Acceptance limits: the package's own, and a user's laid over them."""

from __future__ import annotations

from pathlib import Path

import pytest

from wbe.errors import ConfigError
from wbe.qc import load_limits
from wbe.qc.acceptance import VERIFIED, parse_limits, records


def test_the_package_s_limits_are_those_of_the_documentation() -> None:
    limits = load_limits()
    shown = {key: limit.text for key, limit in limits.items()}
    assert shown["calibration_r2"] == "0.99"
    assert (shown["calibration_deviation"], shown["calibration_deviation_at_loq"]) == (
        "20 %", "25 %",
    )  # fmt: skip
    assert (shown["istd_area_low"], shown["istd_area_high"]) == ("50 %", "150 %")
    assert (shown["recovery_low"], shown["recovery_high"]) == ("70 %", "120 %")
    assert (shown["duplicate_rpd"], shown["duplicate_rpd_near_loq"]) == ("20 %", "30 %")
    assert (shown["loq_to_blank"], shown["near_loq"]) == ("3", "5")
    assert (shown["ion_ratio_deviation"], shown["retention_shift"]) == ("30 %", "0.1 min")
    assert {shown[f"samples_a_{kind}"] for kind in ("blank", "duplicate", "spike", "check")} == {
        "20"
    }


def test_numbers_are_in_the_unit_of_comparison() -> None:
    limits = load_limits()
    assert limits["recovery_low"].number == pytest.approx(0.7)
    assert limits["retention_shift"].number == pytest.approx(0.1)
    assert limits["samples_a_blank"].number == 20


def test_every_limit_says_where_it_comes_from() -> None:
    for limit in load_limits().values():
        assert limit.source and limit.note
        assert limit.verified in VERIFIED


def test_a_user_replaces_one_limit_in_another_unit() -> None:
    limits = parse_limits('[retention_shift]\nvalue = 12\nunit = "s"\n', "own.toml")
    assert limits["retention_shift"].number == pytest.approx(0.2)
    assert limits["retention_shift"].text == "0.2 min"
    assert (limits["retention_shift"].source, limits["retention_shift"].verified) == (
        "own.toml", "user",
    )  # fmt: skip
    assert limits["recovery_low"] == load_limits()["recovery_low"]


def test_a_fraction_is_as_good_as_a_percentage() -> None:
    limits = parse_limits('[recovery_low]\nvalue = 0.6\nunit = "1"\n', "own.toml")
    assert limits["recovery_low"].text == "60 %"


@pytest.mark.parametrize(
    ("text", "key", "said"),
    [
        ('[recovery_lo]\nvalue = 60\nunit = "%"\n', "recovery_lo", "unknown limit"),
        ('[recovery_low]\nvalue = 60\nunit = "min"\n', "recovery_low.unit", "no unit of this"),
        ('[recovery_low]\nvalue = 60\nunit = "sample"\n', "recovery_low.unit", "no unit of this"),
        ('[samples_a_blank]\nvalue = 10\nunit = "1"\n', "samples_a_blank.unit", "no unit of this"),
        ("[recovery_low]\nvalue = 60\n", "recovery_low", "unit is missing"),
        ('[recovery_low]\nunit = "%"\n', "recovery_low", "value is missing"),
        ('[recovery_low]\nvalue = "60"\nunit = "%"\n', "recovery_low.value", "no positive number"),
        ('[recovery_low]\nvalue = true\nunit = "%"\n', "recovery_low.value", "no positive number"),
        ('[recovery_low]\nvalue = inf\nunit = "%"\n', "recovery_low.value", "no positive number"),
        ('[recovery_low]\nvalue = -1\nunit = "%"\n', "recovery_low.value", "no positive number"),
        ('[recovery_low]\nvalue = 60\nunit = "%"\nunti = 1\n', "recovery_low.unti", "unknown"),
        ('[recovery_low]\nvalue = 130\nunit = "%"\n', "recovery_low", "is not below"),
        ("recovery_low = 60\n", "recovery_low", "with value and unit"),
        ("[recovery_low\n", "", "not valid TOML"),
    ],
)
def test_a_file_that_cannot_be_used_names_file_and_key(text: str, key: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said) as caught:
        parse_limits(text, "own.toml")
    assert (caught.value.file, caught.value.key) == ("own.toml", key)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load_limits(tmp_path / "none.toml")
    (tmp_path / "gbk.toml").write_bytes("# 限值".encode("gbk"))
    with pytest.raises(ConfigError, match="not UTF-8"):
        load_limits(tmp_path / "gbk.toml")


def test_records_are_plain_and_sorted() -> None:
    rows = records(load_limits())
    assert [row["id"] for row in rows] == sorted(load_limits())
    assert set(rows[0]) == {"id", "value", "unit", "source", "verified", "note"}
