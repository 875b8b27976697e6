"""From the vial to the sample."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wbe.errors import UsageError
from wbe.io.instruments.amounts import factor_of, has_area, in_sample
from wbe.io.instruments.export import Export, Peak, accuracy_of, with_points
from wbe.io.instruments.options import Options
from wbe.io.instruments.sidecar import Line
from wbe.io.tables import Sheet

positive = st.floats(min_value=1e-3, max_value=1e4)


@given(vial=positive, sample=positive, final=positive, dilution=positive)
def test_the_equation(vial: float, sample: float, final: float, dilution: float) -> None:
    stated = {"sample_volume": sample, "final_volume": final, "dilution": dilution}
    factor = factor_of(Line(1, stated), Options())
    peak = Peak("a", "cocaine", concentration=repr(vial))
    wanted = vial * final / sample * dilution
    assert float(in_sample(peak, factor.value)) == pytest.approx(wanted, rel=1e-12)


@given(enrichment=positive, dilution=positive)
def test_options_and_sidecar_say_the_same_in_the_same_words(
    enrichment: float, dilution: float
) -> None:
    line = Line(1, {"enrichment": enrichment, "dilution": dilution})
    options = Options(enrichment=enrichment, dilution=dilution)
    assert factor_of(line, Options()) == factor_of(None, options)


def test_options_hold_where_a_row_says_nothing() -> None:
    options = Options(enrichment=10, dilution=5)
    assert factor_of(Line(1, {"enrichment": 10.0}), options).value == 0.5
    assert factor_of(Line(1, {"dilution": 5.0}), options).value == 0.5
    assert factor_of(Line(1, {}), options).value == 0.5


@pytest.mark.parametrize(
    ("stated", "field", "said"),
    [
        ({"enrichment": 100.0}, "enrichment", "100"),
        ({"enrichment": 10.05}, "enrichment", "10.05"),
        ({"sample_volume": 50.0, "final_volume": 0.5}, "enrichment", "100"),
        ({"dilution": 2.0}, "dilution", "2"),
    ],
)
def test_a_row_that_says_something_else_than_the_options_is_refused(
    stated: dict[str, float], field: str, said: str
) -> None:
    factor = factor_of(Line(1, stated), Options(enrichment=10, dilution=5))
    assert (factor.rule, factor.field, factor.second) == ("option_contradicts", field, said)
    assert math.isnan(factor.value)


def test_volumes_agree_with_an_option_as_they_do_with_a_stated_enrichment() -> None:
    volumes = {"sample_volume": 50.0, "final_volume": 0.502}  # 99.6
    assert factor_of(Line(1, volumes), Options(enrichment=100)).rule == ""


@pytest.mark.parametrize(
    ("stated", "rule"),
    [
        ({}, "enrichment_missing"),
        ({"sample_volume": 50.0}, "enrichment_missing"),
        ({"final_volume": 0.5}, "enrichment_missing"),
        ({"dilution": 2.0}, "enrichment_missing"),
        ({"enrichment": 100.0, "sample_volume": 50.0, "final_volume": 0.5}, ""),
        ({"enrichment": 99.5, "sample_volume": 50.0, "final_volume": 0.5}, ""),
        ({"enrichment": 50.0, "sample_volume": 50.0, "final_volume": 0.5}, "sidecar_contradicts"),
    ],
)
def test_what_is_missing_or_contradicts_has_a_rule(stated: dict[str, float], rule: str) -> None:
    factor = factor_of(Line(1, stated), Options())
    assert factor.rule == rule and math.isnan(factor.value) == bool(rule)


def test_a_row_that_cannot_be_read_is_not_replaced_by_the_options() -> None:
    line = Line(1, {"enrichment": math.nan}, refused=True)
    assert factor_of(line, Options(enrichment=100)).rule == "refused"


@pytest.mark.parametrize(
    ("stated", "rule"), [("", ""), ("0", ""), ("1.0", ""), ("2", "dilution_twice")]
)
def test_a_dilution_counts_once(stated: str, rule: str) -> None:
    assert factor_of(None, Options(enrichment=100, dilution=2), stated).rule == rule
    assert factor_of(None, Options(enrichment=100), stated).rule == ""


@pytest.mark.parametrize(
    ("text", "area", "cell"),
    [
        ("12.5", "310", "0.125"), ("0", "310", "0.0"), ("1e3", "310", "10.0"),
        ("N/F", "", "ND"), ("NF", "12", "ND"), ("Not Found", "", "ND"), ("ND", "", "ND"),
        ("", "", "ND"), ("N/A", "N/A", "ND"), ("N/A", "0", "ND"), ("", "0.0", "ND"),
        ("N/A", "310", "NA"), ("", "310", "NA"), ("NaN", "310", "NA"),
        ("-0.3", "310", "<LOQ"), ("<0", "310", "<LOQ"), ("< 0", "310", "<LOQ"),
        ("no root", "310", "no root"), ("1,25", "310", "1,25"), (">500", "310", ">500"),
        ("1e999", "310", "1e999"),
    ],
)  # fmt: skip
def test_cells(text: str, area: str, cell: str) -> None:
    assert in_sample(Peak("a", "cocaine", concentration=text, area=area), 0.01) == cell


@pytest.mark.parametrize("area", ["", "N/A", "0", "0.0", "-1"])
def test_no_peak_has_no_area(area: str) -> None:
    assert not has_area(Peak("a", "b", area=area))


@pytest.mark.parametrize("value", [0, -1, math.nan, math.inf])
@pytest.mark.parametrize("name", ["enrichment", "dilution"])
def test_options_are_positive_numbers(name: str, value: float) -> None:
    with pytest.raises(UsageError, match=name):
        Options(**{name: value})


@pytest.mark.parametrize("unit", ["mL", "ng/g", "blobs"])
def test_the_unit_is_a_concentration(unit: str) -> None:
    with pytest.raises(UsageError, match="unit"):
        Options(unit=unit)


def test_deviation_and_accuracy() -> None:
    assert [accuracy_of(t) for t in ("-3.5", "2,5", "0", "", "n/a")] == [
        "96.5", "102.5", "100", "", "",
    ]  # fmt: skip


def _export(*texts: str) -> Export:
    peaks = [Peak("a", "b", concentration=text, retention_time=text) for text in texts]
    return Export("sciex", [Sheet("f")], "x", peaks=peaks)


def test_decimal_commas_are_read_where_the_file_shows_them() -> None:
    read = with_points(_export("12,5", "1250", ""))
    assert read.decimal_comma
    assert [p.concentration for p in read.peaks] == ["12.5", "1250", ""]


@pytest.mark.parametrize("texts", [("12,5", "3.25"), ("12.5",), ("1250",), ("1,250,000",)])
def test_other_commas_stay_for_the_reader_to_refuse(texts: tuple[str, ...]) -> None:
    read = with_points(_export(*texts))
    assert not read.decimal_comma and [p.concentration for p in read.peaks] == list(texts)
