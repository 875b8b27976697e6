"""Every public name says what it takes and gives, in what unit, what it raises, and how to call it.

What counts as public and how docstrings are read stands in ``tests/public_names.py``.
"""

from __future__ import annotations

import re
from collections import Counter
from importlib import import_module
from pathlib import Path

import pytest
from public_names import Docstring, Entry, Public, given_back, hints, parsed, public, raised

PUBLIC = public()
FUNCTIONS = [p for p in PUBLIC if not p.is_class]
CLASSES = [p for p in PUBLIC if p.is_class and not p.is_error]
QUANTITY = re.compile(r"\b(float|Floats|ArrayLike|DataArray|NDArray\[np\.float64\])\b")
# Arrays of something else than quantities, as the place of the type says.
NO_QUANTITY = re.compile(
    r"datetime64|\bof (str|bool|int|labels)\b|\bor str\b|callable|Series|Frame"
)
# "As in `other`": the unit stands there. "in the unit of the values", "any unit": said in words.
REFERS = re.compile(r"\b[Aa]s (in|for) `|\bAs `|\bunits?\b")
RETURNS_NUMBERS = re.compile(r"(tuple\[)?(float|Floats|ArrayLike)\b")


def test_the_walk_finds_what_people_use() -> None:
    paths = {p.path for p in PUBLIC}
    assert {"wbe.estimate", "wbe.qc.kappa", "wbe.backcalc.mass_load", "wbe.units.scale"} <= paths
    assert len(FUNCTIONS) > 300 and len(CLASSES) > 100


def test_a_docstring_starts_with_one_sentence_on_one_line() -> None:
    summaries = {p.path: p.doc.summary for p in PUBLIC}
    assert {p: s for p, s in summaries.items() if not re.fullmatch(r".{5,95}[.:]", s)} == {}


def undescribed(one: Public) -> list[str]:
    """Return what of the parameters (or of what makes a class) is missing or out of order."""
    wanted = one.parameters
    if one.is_class:
        said = {n for e in one.doc.entries("Parameters", "Attributes") for n in e.names}
        return [n for n in wanted if n not in said]
    listed = [n for e in one.doc.entries("Parameters") for n in e.names]
    return [] if listed == wanted else [f"{listed} is not {wanted}"]


def test_parameters_are_those_of_the_signature_in_its_order() -> None:
    assert {p.path: undescribed(p) for p in PUBLIC if undescribed(p)} == {}


def test_a_function_says_what_it_returns() -> None:
    giving = [p for p in FUNCTIONS if hints(p)["return"] != "None"]
    assert [p.path for p in giving if not p.doc.sections.keys() & {"Returns", "Yields"}] == []


def test_a_function_that_can_refuse_says_so() -> None:
    silent = [p for p in FUNCTIONS if "Raises" not in p.doc.sections]
    assert {p.path: raised(p.bare) for p in silent if raised(p.bare)} == {}


def test_a_function_that_converts_its_arguments_names_the_error_of_units() -> None:
    converting = [p for p in FUNCTIONS if hasattr(p.value, "in_units")]
    assert len(converting) > 10
    assert [p.path for p in converting if "UnitError" not in p.doc.sections["Raises"]] == []


def without_unit(doc: Docstring, annotations: dict[str, str]) -> list[str]:
    """Return the entries for quantities that state no unit; ``[1]`` is the one of plain numbers."""
    given = doc.entries("Parameters", "Attributes")
    found = [
        " ".join(e.names)
        for e in given
        if any(QUANTITY.search(annotations.get(n, "")) for n in e.names) and not _has_unit(e)
    ]
    if RETURNS_NUMBERS.match(annotations.get("return", "")):
        found += [e.type for e in doc.entries("Returns", "Yields") if not _has_unit(e)]
    return found


def _has_unit(entry: Entry) -> bool:
    said = f"{entry.type} {entry.text}"
    bracket = re.search(r"\[[^\[\]]+\]", said)
    return bool(bracket or NO_QUANTITY.search(entry.type) or REFERS.search(said))


def test_every_quantity_has_its_unit() -> None:
    missing = {p.path: without_unit(p.doc, hints(p)) for p in PUBLIC}
    assert {path: names for path, names in missing.items() if names} == {}


def has_example(one: Public) -> bool:
    return ">>> " in one.doc.sections.get("Examples", "")


def test_every_function_has_an_example() -> None:
    assert [p.path for p in FUNCTIONS if not has_example(p)] == []


def test_every_class_that_people_make_has_an_example() -> None:
    """Others come from a function, whose example shows them, or are a part of what it returns."""
    made = [p for p in CLASSES if p.bare.__name__ not in given_back()]
    assert [p.path for p in made if not has_example(p)] == []


def test_no_example_is_skipped(root: Path) -> None:
    word = "doctest: +" + "SKIP"
    sources = sorted((root / "src" / "wbe").rglob("*.py"))
    assert [str(p) for p in sources if word in p.read_text(encoding="utf-8")] == []


def listed(root: Path) -> list[str]:
    """Return every name of the page of the API, as an import path."""
    page = (root / "docs/reference/api.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^\.\. autosummary::\n(.*?)^```", page, re.M | re.S)
    return [f"wbe.{n}" for block in blocks for n in re.findall(r"^   ([a-z]\S*)$", block, re.M)]


def found_at(path: str) -> object:
    """Return what stands at a path of modules and names."""
    module, _, last = path.rpartition(".")
    try:
        return getattr(import_module(module), last)
    except (ImportError, AttributeError):
        return import_module(path)


def test_the_page_of_the_api_lists_every_public_name_once(root: Path) -> None:
    paths = listed(root)
    assert [p for p, n in Counter(paths).items() if n > 1] == []
    there = {id(found_at(p)) for p in paths}
    assert [p.path for p in PUBLIC if id(p.value) not in there] == []


FAULTS = {
    "an unknown parameter": "Sum.\n\nParameters\n----------\nb : float\n    [ng/L]\n",
    "no unit": "Sum.\n\nParameters\n----------\na : float\n    Concentration.\n",
    "a number returned without unit": "Sum.\n\nReturns\n-------\nfloat\n    The sum.\n",
}


@pytest.mark.parametrize("fault", FAULTS)
def test_the_rules_see_what_they_should(fault: str) -> None:
    def made(a: float) -> float:
        return a

    made.__doc__ = FAULTS[fault]
    one = Public("made", made)
    unclear = without_unit(parsed(FAULTS[fault]), {"a": "float", "return": "float"})
    assert undescribed(one) or unclear


def test_the_rule_of_errors_looks_into_what_is_called() -> None:
    from wbe.qc import z_prime, z_score

    assert raised(z_score, depth=0) == set()
    assert raised(z_score) == raised(z_prime, depth=0) == {"UsageError"}
