"""What must hold for the files of the project as a whole."""

from __future__ import annotations

import ast
import re
import subprocess
from collections import Counter
from pathlib import Path

import pytest

BINARY = {".png", ".gpkg", ".xlsx", ".xls", ".nc", ".parquet", ".ttf", ".otf", ".ods"}
# Written in pieces: this file is searched too.
HOSTS = [
    "py" + "pi.org",
    "python" + "hosted",
    "npm" + "js.org",
    "deb.deb" + "ian",
    "conda" + ".anaconda",
]
MACHINE = ["/wo" + "rk/", "/fa" + "rm/", "/ro" + "ot/", "/ho" + "me/", "C:\\" + "Users"]


def files(root: Path) -> list[Path]:
    """List the files of the project: those of git and those about to be added."""
    if not (root / ".git").exists():
        pytest.skip("not a git clone: the list of committed files is not known")
    listed = subprocess.run(
        ["git", "-c", "core.quotepath=off", "ls-files", "-z", "-co", "--exclude-standard"],
        cwd=root, capture_output=True, text=True, encoding="utf-8", check=True,
    ).stdout  # fmt: skip
    return [root / name for name in listed.split("\0") if name and (root / name).is_file()]


def test_no_file_names_a_package_index_or_a_path_of_a_machine(root: Path) -> None:
    found = []
    for path in files(root):
        if path.suffix in BINARY:
            continue
        content = path.read_bytes()
        found += [
            f"{path.relative_to(root)}: {word}"
            for word in HOSTS + MACHINE
            if word.encode() in content
        ]
    assert found == []


def test_constraints_are_bare_pins(root: Path) -> None:
    lines = (root / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert [p for p in pins if not re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.+]+", p)] == []
    names = Counter(re.sub(r"[-_.]+", "-", p.partition("==")[0]).lower() for p in pins)
    assert [n for n, count in names.items() if count > 1] == []


def test_every_requirement_is_pinned(root: Path) -> None:
    import tomllib

    def names(requirements: list[str]) -> set[str]:
        words = (re.match(r"[A-Za-z0-9._-]+", r) for r in requirements)
        return {re.sub(r"[-_.]+", "-", w.group()).lower() for w in words if w}

    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    needed = names([*project["dependencies"], *extras["test"], *extras["docs"], *extras["dev"]])
    pinned = names((root / "constraints.txt").read_text(encoding="utf-8").splitlines())
    assert sorted(needed - pinned - {"wbe-drugs"}) == []


def test_every_file_with_tests_is_collected(root: Path) -> None:
    """A test in a file that pytest does not collect never fails: look for such files on purpose."""
    stray = []
    for path in sorted((root / "tests").rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        tests = [
            node.name
            for node in ast.walk(tree)
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
        ]
        if bool(tests) != path.name.startswith("test_"):
            stray.append(str(path.relative_to(root)))
    assert stray == []


def test_no_test_is_hidden_by_a_second_one_of_the_same_name(root: Path) -> None:
    hidden = []
    for path in sorted((root / "tests").rglob("test_*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for scope in [tree, *(n for n in ast.walk(tree) if isinstance(n, ast.ClassDef))]:
            names = Counter(n.name for n in scope.body if isinstance(n, ast.FunctionDef))
            hidden += [f"{path.relative_to(root)}: {n}" for n, count in names.items() if count > 1]
    assert hidden == []


def test_every_release_in_the_changelog_starts_with_changed_numbers(root: Path) -> None:
    text = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    releases = re.split(r"^## ", text, flags=re.M)[1:]
    assert releases
    first = [re.search(r"^### (.*)$", release, re.M) for release in releases]
    assert [m.group(1) if m else "" for m in first] == ["Changed numbers"] * len(releases)


def test_every_decision_names_a_test_that_exists(root: Path) -> None:
    wrong = []
    for path in sorted((root / "docs/decisions").glob("[0-9]*.md")):
        text = path.read_text(encoding="utf-8")
        headings = re.findall(r"^## (.*)$", text, re.M)
        if headings != ["Context", "Decision", "Consequences", "Compliance"]:
            wrong.append(f"{path.name}: headings {headings}")
        compliance = text.partition("## Compliance")[2]
        named = re.findall(r"`(tests/[\w/.-]+|benchmarks/[\w/.-]+)`", compliance)
        if not named:
            wrong.append(f"{path.name}: Compliance names no test")
        wrong += [f"{path.name}: {n} does not exist" for n in named if not (root / n).exists()]
    assert wrong == []
