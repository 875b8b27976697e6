"""The walls of the house: import-linter holds the layers, this file what imports cannot show."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

# May be imported where numpy and pandas must not be (`wbe --help`).
LIGHT = [
    "__init__.py", "errors.py", "names.py", "chinese.py", "findings.py", "markup.py", "rules.py",
    *(f"cli/{name}.py" for name in (
        "__init__", "campaigns", "entry", "known", "looking", "options", "plan", "streams",
        "tables",
    )),
]  # fmt: skip
HEAVY = {
    "numpy", "pandas", "scipy", "xarray", "geopandas", "matplotlib", "pint", "openpyxl",
    "python_calamine", "shapely", "jinja2", "fontTools",
}  # fmt: skip


def sources(root: Path) -> list[Path]:
    return sorted((root / "src" / "wbe").rglob("*.py"))


def is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)


def imports(node: ast.AST, *, into_functions: bool) -> Iterator[str]:
    """Yield the dotted names a module imports, those under TYPE_CHECKING left out."""
    for child in ast.iter_child_nodes(node):
        if is_type_checking(child):
            continue
        if isinstance(child, ast.Import):
            yield from (alias.name for alias in child.names)
        elif isinstance(child, ast.ImportFrom) and not child.level:
            yield from (f"{child.module}.{alias.name}" for alias in child.names)
        function = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        if into_functions or not function:
            yield from imports(child, into_functions=into_functions)


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def test_import_linter_keeps_every_contract(root: Path) -> None:
    done = subprocess.run(
        [str(Path(sys.executable).parent / "lint-imports"), "--no-cache", "--no-logo"],
        cwd=root, capture_output=True, text=True, encoding="utf-8", timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 kept, 0 broken" in done.stdout


def test_scipy_stats_is_imported_nowhere(root: Path) -> None:
    # import-linter sees only the root of an outside package, not scipy.stats.
    found = [
        f"{path.relative_to(root)}: {name}"
        for path in sources(root)
        for name in imports(tree(path), into_functions=True)
        if name.startswith("scipy.stats")
    ]
    assert found == []


def test_errors_uses_the_standard_library_only(root: Path) -> None:
    used = {
        n.partition(".")[0] for n in imports(tree(root / "src/wbe/errors.py"), into_functions=True)
    }
    assert used <= set(sys.stdlib_module_names)


@pytest.mark.parametrize("name", LIGHT)
def test_light_modules_import_nothing_heavy_at_their_top(root: Path, name: str) -> None:
    used = {
        n.partition(".")[0] for n in imports(tree(root / "src/wbe" / name), into_functions=False)
    }
    assert used & HEAVY == set()


def test_geopandas_and_matplotlib_are_imported_inside_functions(root: Path) -> None:
    found = [
        f"{path.relative_to(root)}: {name}"
        for path in sources(root)
        for name in imports(tree(path), into_functions=False)
        if name.partition(".")[0] in {"geopandas", "matplotlib"}
    ]
    assert found == []
