"""What an unknown analyte or unit may have been meant for."""

from __future__ import annotations

import pytest

from wbe import names
from wbe.io import suggestions


@pytest.mark.parametrize(
    ("text", "first"),
    [("heroin", "morphine"), ("海洛因", "morphine"), ("THC", "THC-COOH"),
     ("d-methamphetamine", "methamphetamine"), ("S-MDMA", "MDMA"),
     ("METH-d5", "methamphetamine"), ("methamfetamin", "methamphetamine"),
     ("甲基本丙胺", "methamphetamine"), ("伪麻黄", "pseudoephedrine")],
)  # fmt: skip
def test_analytes(text: str, first: str) -> None:
    assert names.resolve("analyte", text) is None
    assert suggestions.analytes(text)[0] == first


def test_a_british_spelling_and_nonsense() -> None:
    assert "amphetamine" in suggestions.analytes("amfetamine")
    assert suggestions.analytes("zzzz") == ()


@pytest.mark.parametrize(
    ("text", "expected", "first"),
    [("ng/I", "ng/L", "ng/L"), ("ngL", "ng/L", "ng/L"),
     ("万顿/日", "m^3/day", "万吨/日"), ("m3/tag", "m^3/day", "m^3/day")],
)  # fmt: skip
def test_units(text: str, expected: str, first: str) -> None:
    assert suggestions.units(text, expected)[0] == first


def test_a_known_unit_of_another_dimension_has_no_near_spelling() -> None:
    assert suggestions.units("mg/day", "ng/L") == ()
    assert suggestions.units("blobs", "ng/L") == ()
    assert "m3/d" not in suggestions.units("ng/d", "ng/L")
