"""What docstrings promise is true: units, references, examples."""

from __future__ import annotations

import ast
import doctest
import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import wbe

DOI = re.compile(r"10\.\d{4,9}/[^\s\"'<>\])},;`]+")
UNIT = re.compile(r"\[([^\[\]]+)\]")
MODULES = sorted(
    m.name for m in pkgutil.walk_packages(wbe.__path__, "wbe.") if not m.name.endswith("__main__")
)


def functions_with_units() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Yield every function that declares its units by decorator, once."""
    for name in MODULES:
        module = importlib.import_module(name)
        for attribute, value in sorted(vars(module).items()):
            if hasattr(value, "in_units") and getattr(value, "__module__", "") == name:
                yield f"{name}.{attribute}", value


def entries(text: str, section: str) -> dict[str, str]:
    """Split a numpydoc section into its entries: name -> everything said about it."""
    match = re.search(rf"^{section}\n-+\n(.*?)(?=\n\n?\S[^\n]*\n-{{3,}}\n|\Z)", text, re.S | re.M)
    found: dict[str, str] = {}
    names: list[str] = []
    for line in (match.group(1) if match else "").splitlines():
        if line and not line.startswith(" "):
            names = [n.strip() for n in line.partition(" :")[0].split(",")]
        for name in names:
            found[name] = f"{found.get(name, '')}\n{line}"
    return found


def units_in(text: str) -> set[str]:
    from wbe import units
    from wbe.errors import UnitError

    found = set()
    for unit in UNIT.findall(text):
        try:
            found.add(units.normalise(unit))
        except UnitError:  # a bracket that holds no unit, "[1]_" or an interval
            continue
    return found


def test_some_functions_declare_units() -> None:
    assert any(name.startswith("wbe.backcalc") for name, _ in functions_with_units())


def test_docstrings_state_the_units_that_the_decorator_holds() -> None:
    from wbe import units

    wrong = []
    for name, function in functions_with_units():
        text = inspect.getdoc(function) or ""
        for parameter, unit in function.in_units.items():
            said = entries(text, "Parameters").get(parameter, "")
            if units.normalise(unit) not in units_in(said):
                wrong.append(f"{name}: parameter {parameter} takes [{unit}]")
        out = getattr(function, "out_units", None)
        if isinstance(out, str) and units.normalise(out) not in units_in(
            "\n".join(entries(text, "Returns").values())
        ):
            wrong.append(f"{name}: returns [{out}]")
    assert wrong == []


def test_every_doi_in_a_docstring_is_in_the_bibliography(root: Path) -> None:
    bibliography = (root / "src/wbe/factors/references.bib").read_text(encoding="utf-8").casefold()
    missing = []
    for path in sorted((root / "src" / "wbe").rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
                continue
            for doi in DOI.findall(ast.get_docstring(node) or ""):
                if doi.rstrip(".").casefold() not in bibliography:
                    missing.append(f"{path.relative_to(root)}: {doi}")
    assert missing == []


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings_run(name: str, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root)  # examples read data/samples
    module = importlib.import_module(name)
    failed, _ = doctest.testmod(
        module, optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE, verbose=False
    )
    assert failed == 0
