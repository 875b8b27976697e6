"""What injections are, and which compounds are internal standards."""

from __future__ import annotations

import pytest

from wbe.io.instruments.kinds import (
    KINDS,
    file_key,
    is_standard,
    kind_of,
    plain_compound,
    unlabelled,
)
from wbe.io.instruments.vocabulary import load


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("Unknown", "sample"), ("Sample", "sample"), ("Analyte", "sample"),
        ("Unknown Sample", "sample"), ("Cal", "standard"), ("Standard", "standard"),
        ("Cal Std", "standard"), ("Std Bracket Sample", "standard"), ("QC", "control"),
        ("Quality Control", "control"), ("QC Std", "control"), ("QC Check", "control"),
        ("Blank", "blank"), ("Matrix Blank", "blank"), ("Double Blank", "double_blank"),
        ("DoubleBlank", "double_blank"), ("Solvent", "solvent"), (" blank ", "blank"),
    ],
)  # fmt: skip
def test_vendors_words(word: str, kind: str) -> None:
    assert kind_of(word, "WW-17") == (kind, False)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("QC_low_1", "control"), ("LQC3", "control"), ("blank-2", "blank"), ("BLK1", "blank"),
        ("DBLK_1", "double_blank"), ("double blank", "double_blank"), ("MeOH", "solvent"),
        ("Cal_5", "standard"), ("std 100", "standard"), ("WW-3_spike", "spike"),
        ("WW-3 SPK2", "spike"), ("空白1", "blank"), ("加标-A", "spike"), ("质控2", "control"),
        ("标曲3", "standard"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("vendor", ["", "Unknown", "Sample"])
def test_names_tell_what_the_software_leaves_open(vendor: str, name: str, kind: str) -> None:
    assert kind_of(vendor, name) == (kind, True)
    assert kind_of(vendor, "", f"D:\\data\\{name}.d") == (kind, True)


@pytest.mark.parametrize(
    "name", ["WW-17", "Calais", "Quebec", "Stdal-1", "QCH-2", "Blankenberge", "spikeville", ""]
)
def test_words_inside_other_words_say_nothing(name: str) -> None:
    assert kind_of("Unknown", name) == ("sample", False)


def test_the_vendors_word_counts_before_the_name() -> None:
    assert kind_of("Standard", "QC_low") == ("standard", False)


def test_all_kinds_of_the_words_are_known() -> None:
    assert set(load()["kinds"]) == set(KINDS)
    assert set(load()["names"]) < set(KINDS)
    told = [word for words in load()["kinds"].values() for word in words]
    assert len(told) == len(set(told))


@pytest.mark.parametrize(
    "name",
    [
        "METH-d5", "Methamphetamine-D5", "Cocaine D3", "cocaine_d3", "d5-METH", "D11-Amphetamine",
        "13C6-Amphetamine", "Benzoylecgonine-13C6", "MDMA (ISTD)", "Ketamine [ISTD]", "THC-D9",
        "THC-COOH-d9", "Cotinine-15N2", "Amphetamine-d5 (150 -> 91)", "MDA_IS", "Morphine-13C,d3",
    ],
)  # fmt: skip
def test_labelled_compounds_are_internal_standards(name: str) -> None:
    assert is_standard(name)


@pytest.mark.parametrize(
    "name",
    ["Methamphetamine", "MDMA", "MDA", "D9-THC", "delta-9-THC-COOH", "D8-THC", "6-MAM", "EDDP",
     "Cocaine (304.2 -> 182.1)", "NORF", "2C-B", "a-PVP", "25D-NBOMe", "4-MEC", "THISIS"],
)  # fmt: skip
def test_analytes_are_none(name: str) -> None:
    assert not is_standard(name)


def test_the_export_can_say_it_itself() -> None:
    assert is_standard("Surrogate 1", True) and not is_standard("Surrogate 1")


def test_delta_nine_is_the_usual_isomer_and_delta_eight_is_not() -> None:
    assert plain_compound("D9-THC-COOH") == "THC-COOH"
    assert plain_compound("D8-THC-COOH") == "D8-THC-COOH"


@pytest.mark.parametrize(
    ("standard", "of"),
    [("METH-d5", "methamphetamine"), ("Methamphetamine-d5 (ISTD)", "methamphetamine"),
     ("d3-Cocaine", "cocaine"), ("13C6-BE", "benzoylecgonine"), ("Unobtainium-d4", "unobtainium")],
)  # fmt: skip
def test_the_compound_of_a_standard(standard: str, of: str) -> None:
    assert unlabelled(standard) == of


def test_raw_files_are_compared_without_folder_and_suffix() -> None:
    for name in ("a_01.d", "A_01.RAW", r"C:\data\a_01.raw", "data/a_01", "a_01.wiff2"):
        assert file_key(name) == "a_01"
    assert file_key("a.b_01") == "a.b_01"
