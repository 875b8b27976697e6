"""Every flag that the levels and tiers of areas may carry has a printed name."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest

from wbe import names

ROOT = Path(str(files("wbe")))
FILES = [*sorted((ROOT / "spatial").glob("*.py")), ROOT / "run" / "guard.py"]
COLUMNS = {"bound_lower", "bound_upper", "reference_round"}  # stand in the same statements
KNOWN = {
    "above_range_left_out", "bounds_cross_break", "bounds_only", "design_mixed",
    "insufficient_data", "limit_unknown", "no_breaks", "no_data", "no_draws",
    "no_per_capita_route", "nondetects_imputed", "nondetects_substituted", "not_distinguishable",
    "population_missing", "population_unknown", "purposive_left_out", "sample_rejected",
    "suppressed", "too_few_areas", "wet_left_out",
}  # fmt: skip


def heads(tree: ast.AST) -> Iterator[ast.AST]:
    """Simple statements, and of a loop what it goes over."""
    for node in ast.walk(tree):
        if isinstance(node, ast.For):
            yield ast.Tuple(elts=[node.target, node.iter])
        elif isinstance(node, ast.Return | ast.Assign | ast.Expr):
            yield node


def about_flags(node: ast.AST) -> bool:
    """Whether a name or text in it is called after flags, or says what is left out."""
    found = [getattr(n, "id", "") or getattr(n, "attr", "") or getattr(n, "value", "")
             for n in ast.walk(node)]  # fmt: skip
    return any(re.search(r"\bflags?\b|_flags?\b|\bflag_rows\b|^left$", text)
               for text in found if isinstance(text, str) and len(text) < 30)  # fmt: skip


def literals() -> set[str]:
    found = set()
    for path in FILES:
        for head in filter(about_flags, heads(ast.parse(path.read_text(encoding="utf-8")))):
            found |= {
                n.value
                for n in ast.walk(head)
                if isinstance(n, ast.Constant)
                and isinstance(n.value, str)
                and re.fullmatch("[a-z]+(_[a-z]+)+", n.value)
            }
    others = {i for kind in ("field", "quantity", "status") for i in names.ids(kind)}
    return {f for f in found - COLUMNS - others if not f.startswith("n_")}


def test_search_finds_the_flags_of_the_code() -> None:
    assert {"too_few_areas", "nondetects_imputed", "wet_left_out", "no_data"} <= literals()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_flag_is_printed_in_words(language: str) -> None:
    for flag in sorted(literals() | KNOWN):
        printed = names.display("flag", flag, language)
        assert printed != flag, f"names.csv lacks the flag {flag}"
        assert "_" not in printed
        if language == "zh":
            assert re.search("[\u4e00-\u9fff]", printed)
