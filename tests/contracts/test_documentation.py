"""What the documentation shows works: Python blocks run, command lines parse."""

from __future__ import annotations

import copy
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
PAGES = [p for p in PAGES if not {"_build", "generated"} & set(p.relative_to(ROOT).parts)]


def blocks(page: Path, language: str) -> list[tuple[int, str]]:
    """Return the fenced blocks of a page with the line where each starts."""
    text = page.read_text(encoding="utf-8")
    fence = re.compile(rf"^```{language}\n(.*?)^```$", re.S | re.M)
    return [(text.count("\n", 0, m.start()) + 2, m.group(1)) for m in fence.finditer(text)]


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.slow
@pytest.mark.parametrize("page", [p for p in PAGES if blocks(p, "python")], ids=name)
def test_python_blocks_run_in_order(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import matplotlib

    matplotlib.use("agg")
    shutil.copytree(ROOT / "data" / "samples", tmp_path / "data" / "samples")
    monkeypatch.chdir(tmp_path)
    space: dict[str, object] = {}
    for line, code in blocks(page, "python"):
        exec(compile("\n" * (line - 1) + code, name(page), "exec"), space)


def command_lines() -> list[tuple[str, str]]:
    """Return every line of a console block that calls wbe, with the page it stands on."""
    return [
        (name(page), line.strip())
        for page in PAGES
        for _, block in blocks(page, "console")
        for line in block.splitlines()
        if line.strip().startswith("wbe ")
    ]


def test_the_documentation_shows_commands() -> None:
    assert len(command_lines()) > 8


@pytest.mark.parametrize(("page", "line"), command_lines())
def test_command_lines_parse(page: str, line: str) -> None:
    import click

    from wbe import cli

    group = next(v for v in vars(cli).values() if isinstance(v, click.Group))
    words = shlex.split(line, comments=True)[1:]
    context = click.Context(group, info_name="wbe")
    chosen, command, rest = group.resolve_command(context, words)
    while isinstance(command, click.Group):  # wbe plan days
        chosen, command, rest = command.resolve_command(context, rest)
    assert command is not None
    # Arguments are files that need not exist here; option names, counts and choices must be right.
    command = copy.deepcopy(command)
    for parameter in command.params:
        if isinstance(parameter.type, click.Path):
            parameter.type = click.Path()
    with command.make_context(chosen, rest, parent=context) as inner:
        assert inner.params


@pytest.mark.slow
@pytest.mark.parametrize("page", ["README.md", "docs/tutorials/laboratory.md"])
def test_command_lines_run_in_order(page: str, tmp_path: Path) -> None:
    """Where the sample data are; a comment says so where a command does not end with 0."""
    shutil.copytree(ROOT / "data" / "samples", tmp_path / "data" / "samples")
    for line in [line for shown, line in command_lines() if shown == page]:
        command = [sys.executable, "-m", "wbe.cli", *shlex.split(line, comments=True)[1:]]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True,
                              encoding="utf-8", timeout=300, check=False)  # fmt: skip
        said = re.search(r"# ends with (\d)", line)
        assert done.returncode == int(said[1] if said else 0), f"{line}\n{done.stderr}"


def test_generated_pages_hold_every_rule() -> None:
    sys.path.insert(0, str(ROOT / "docs"))
    try:
        import generate
    finally:
        sys.path.remove(str(ROOT / "docs"))
    from wbe.findings import RULES

    page = generate.findings()
    sections = dict(re.findall(r"^\((\w+)\)=\n### (\w+)$", page, flags=re.M))
    assert sections == {rule: rule for rule in RULES}
    texts = page.split("\n### ")[1:]
    for text in texts:
        rule = RULES[text.partition("\n")[0]]
        words = (rule.message, rule.fix, rule.message_zh, rule.fix_zh)
        assert [said for said in words if generate.cell(said) not in text] == []


def test_the_documentation_states_the_thresholds_of_the_code() -> None:
    from wbe.qc.censoring import lognormal_fit
    from wbe.spatial import heterogeneity, levels, tier_rules
    from wbe.uncertainty import default_model

    science = " ".join((ROOT / "docs/science.md").read_text(encoding="utf-8").split())
    visit = default_model().of("visit")[0].spread
    said = [
        f"its probability is at least {tier_rules.RESOLVED:g}",
        f"exceeds {heterogeneity.TAU_THRESHOLD:g} is below {heterogeneity.REQUIRED:g}",
        f"a log-sd of {visit:g}",
        f"more than {lognormal_fit.MAX_CENSORED_SHARE:.0%}".replace("%", " %"),
    ]
    # 0.9 must not be found in 0.95
    assert [s for s in said if not re.search(re.escape(s) + r"(?!\d)", science)] == []
    assert (levels.MIN_SITES, lognormal_fit.MIN_DETECTS) == (3, 5)
    assert "fewer than three valid points" in science
    assert "fewer than five detects" in science


@pytest.mark.parametrize("word", ["make demo", "make test", "pip install -e ."])
def test_the_readme_shows_how_to_start(word: str) -> None:
    assert word in (ROOT / "README.md").read_text(encoding="utf-8")


def test_notebooks_are_stored_without_outputs() -> None:
    import json

    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        code = [c for c in cells if c["cell_type"] == "code"]
        assert [c["outputs"] for c in code] == [[]] * len(code), path.name
        assert [c["execution_count"] for c in code] == [None] * len(code), path.name
