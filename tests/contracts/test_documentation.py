"""What the documentation shows works: code runs, output is as printed, links lead somewhere."""

from __future__ import annotations

import contextlib
import copy
import csv
import io
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import click
import documents
import pytest
from click.testing import CliRunner
from documents import DOCS, ROOT, Block, blocks, name, pages

ALL = [block for page in pages() for block in blocks(page)]
CAMPAIGNS = [block for block in ALL if block.language == "toml" and block.note == "campaign"]
OWN_PROCESS = {"--workers"}  # what starts processes of its own


def group() -> click.Group:
    from wbe.cli import cli

    return cli


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    """What writes the generated pages."""
    sys.path.insert(0, str(DOCS))
    try:
        import generate
    finally:
        sys.path.remove(str(DOCS))
    return generate


# blocks


@pytest.mark.parametrize("block", ALL, ids=lambda b: b.place)
def test_every_block_says_how_it_is_tested(block: Block) -> None:
    """Neither code nor output is skipped in silence."""
    assert block.language in documents.NOTES, f"{block.place}: name a language"
    allowed = documents.NOTES[block.language]
    assert re.fullmatch(allowed, block.note), f"{block.place}: {block.note!r} is none of {allowed}"


def test_what_is_not_run_is_little() -> None:
    runnable = [b for b in ALL if b.language in ("python", "console")]
    left = [b for b in runnable if not b.runs]
    assert [b.place for b in left if b.language == "python"] == []
    assert len(left) <= len(runnable) / 5


def run_command(line: str, folder: Path) -> tuple[int, str]:
    """Run one line of a console block; wbe in this process, which is much quicker."""
    words = documents.words(line)
    if words[0] == "wbe" and not OWN_PROCESS & set(words):
        done = CliRunner().invoke(group(), words[1:], prog_name="wbe")
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return done.exit_code, done.output
    assert words[0] in ("wbe", "cp", "mkdir"), f"cannot be run here; say 'not run: why': {line}"
    command = [sys.executable, "-m", "wbe", *words[1:]] if words[0] == "wbe" else words
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, encoding="utf-8",
                         timeout=300, check=False)  # fmt: skip
    return ran.returncode, ran.stdout + ran.stderr


def run_block(block: Block, folder: Path, space: dict[str, object]) -> str:
    """Run a block and return what it printed."""
    if block.language == "python":
        printed = io.StringIO()
        code = compile("\n" * (block.line - 1) + block.code, name(block.page), "exec")
        with contextlib.redirect_stdout(printed):
            exec(code, space)
        return printed.getvalue()
    printed = io.StringIO()
    for line in documents.command_lines(block):
        code, output = run_command(line, folder)
        assert code == documents.exit_code(line), f"{block.place}: {line}\n{output}"
        printed.write(output)
    return printed.getvalue()


def write_file(block: Block, folder: Path) -> None:
    path = folder / str(block.said("file"))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(block.code, encoding="utf-8")


@pytest.mark.slow
@pytest.mark.parametrize("page", [p for p in pages() if any(b.runs for b in blocks(p))], ids=name)
def test_a_page_can_be_walked_through(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its code runs in the order of the page and prints what the page says."""
    import matplotlib

    matplotlib.use("agg")
    shutil.copytree(ROOT / "data" / "samples", tmp_path / "data" / "samples")
    monkeypatch.chdir(tmp_path)
    space: dict[str, object] = {}
    printed = ""
    for block in blocks(page):
        if block.runs:
            printed = run_block(block, tmp_path, space)
        elif block.said("file"):
            write_file(block, tmp_path)
        elif block.note == "printed":
            assert documents.missing_lines(block.code, printed) == [], f"{block.place}:\n{printed}"
        elif command := block.said("printed by"):
            code, output = run_command(command, tmp_path)
            assert code == documents.exit_code(command), output
            assert documents.missing_lines(block.code, output) == [], f"{block.place}:\n{output}"


def test_shown_output_is_compared_line_by_line() -> None:
    printed = "one 1.25\ntwo\nthree\n"
    assert documents.missing_lines("one ...\nthree\n", printed) == []
    assert documents.missing_lines("three\ntwo\n", printed) == ["two"]
    assert documents.missing_lines("one 1x25\n", printed) == ["one 1x25"]


@pytest.mark.parametrize("block", CAMPAIGNS, ids=lambda b: b.place)
def test_campaign_files_are_accepted(block: Block, tmp_path: Path) -> None:
    """A whole campaign.toml as it stands; sections of one in the place of those of `wbe init`."""
    from wbe.run import config, scaffold
    from wbe.uncertainty import default_model

    folder = tmp_path / "campaign"
    scaffold.create(folder, "en")
    default_model().to_csv(folder / "errors.csv")
    for companion in ("limits.toml", "indicators.csv"):
        (folder / companion).write_text("", encoding="utf-8")
    file = folder / "campaign.toml"
    if "schema" not in block.code:
        text = file.read_text(encoding="utf-8")
        for section in re.findall(r"^\[(\w+)", block.code, re.M):
            text = re.sub(rf"^\[{section}\].*?(?=^\[|\Z)", "", text, flags=re.S | re.M)
        kept = block.code if "[data]" not in block.code else block.code.replace(
            "[data]", '[data]\nsamples = ["lab/*.csv"]'
        )  # fmt: skip
        file.write_text(f"{text}\n{kept}", encoding="utf-8")
    else:
        file.write_text(block.code, encoding="utf-8")
    _, problems = config.examine(file)
    assert [str(p) for p in problems] == [], block.place


@pytest.mark.parametrize(
    "block", [b for b in ALL if b.said("starts") or b.said("same as")], ids=lambda b: b.place
)
def test_shown_files_are_those_of_the_project(block: Block) -> None:
    path = ROOT / str(block.said("starts") or block.said("same as"))
    text = path.read_text(encoding="utf-8-sig")
    assert text.startswith(block.code) if block.said("starts") else text == block.code


def shown_commands() -> list[tuple[str, str]]:
    """Every call of wbe on the pages, those that are not run as well."""
    return [
        (block.place, line)
        for block in ALL
        if block.language == "console"
        for line in documents.command_lines(block)
        if line.startswith("wbe ")
    ]


@pytest.mark.parametrize(("place", "line"), shown_commands())
def test_command_lines_parse(place: str, line: str) -> None:
    context = click.Context(group(), info_name="wbe")
    chosen, command, rest = group().resolve_command(context, documents.words(line)[1:])
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


def test_formulas_can_be_drawn(generate: ModuleType) -> None:
    """What the documentation draws them with does not know every command."""
    from docutils.utils.math import MathError

    wrong, number = [], 0
    for page in pages():
        for formula in documents.formulas(page):
            number += 1
            try:
                generate.mathml(formula, block=False)
            except MathError as error:
                wrong.append(f"{name(page)}: {formula}: {error}")
    assert wrong == []
    assert number > 150


# links


@pytest.fixture(scope="module")
def generated(generate: ModuleType) -> dict[str, str]:
    """The generated pages by name, without building the documentation."""
    return {**generate.texts(), **{p.name: "" for p in (ROOT / "notebooks").glob("*.ipynb")}}


@pytest.mark.parametrize("page", pages(), ids=name)
def test_links_within_the_project_lead_somewhere(page: Path, generated: dict[str, str]) -> None:
    assert [why for t in documents.links(page) if (why := _broken(page, t, generated))] == []


def _broken(page: Path, target: str, generated: dict[str, str]) -> str:
    """Why a link leads nowhere; empty if it does not, or leads elsewhere."""
    if re.match(r"\w+:", target):
        return ""
    to, _, anchor = target.partition("#")
    path = (page.parent / to).resolve() if to else page
    if path.parent.name == "generated":
        text = generated.get(path.name) if path.suffix in (".md", ".ipynb") else ""
    elif path.suffix == ".md" and path.is_file():
        text = documents.prose(path)
    else:
        text = "" if path.exists() else None
    if text is None:
        return f"{target}: no such page"
    return "" if not anchor or anchor in documents.anchors(text) else f"{target}: no such anchor"


def test_pages_that_messages_name_are_there(generated: dict[str, str]) -> None:
    """`wbe explain` and errors print an address within the built documentation."""
    from wbe.findings import RULES
    from wbe.run.explaining import EXIT_CODES, PAGES

    ids = {"rule": list(RULES), "code": list(EXIT_CODES), "command": ["wbe-run", "wbe-check"]}
    for kind, address in PAGES.items():
        page, _, anchor = address.partition(".html#")
        text = generated.get(f"{Path(page).name}.md") or documents.prose(DOCS / f"{page}.md")
        known = documents.anchors(text) | documents.identifiers(text)
        wanted = {anchor.format(id=one) for one in ids.get(kind, [""])}
        assert wanted - known == set(), address


def test_every_page_is_in_a_list_of_contents() -> None:
    listed = {found for page in pages() for found in documents.contents(page)}
    alone = {p for p in pages() if DOCS in p.parents} - listed - {DOCS / "index.md"}
    assert sorted(map(name, alone)) == []


def test_addresses_outside_are_listed_with_the_day() -> None:
    """Without a network nothing says that they still answer: a list says when they were noted."""
    used = {t for page in pages() for t in documents.links(page) if t.startswith("http")}
    with (DOCS / "links.csv").open(encoding="utf-8", newline="") as file:
        listed = list(csv.DictReader(file))
    assert {row["address"] for row in listed} == used
    assert [r for r in listed if not re.fullmatch(r"20\d\d-\d\d-\d\d", r["noted"])] == []
    assert {row["read"] for row in listed} <= {"yes: stored copy", "no"}


# what the pages hold


SCIENCE = [
    "doses", "error-model", "population", "budget", "county-model", "tiers", "spatial",
    "geography", "indicators", "planning", "protocols", "quality", "censored", "trends",
    "trend-models", "compare-censored", "interlab", "sewer", "residues", "licit", "sources",
    "science",
]  # fmt: skip


@pytest.mark.parametrize("page", SCIENCE)
def test_a_page_of_science_has_equation_source_and_limits(page: str) -> None:
    text = (DOCS / f"{page}.md").read_text(encoding="utf-8")
    assert "$" in text, "no equation"
    assert re.search(r"10\.\d{4,}/|ISO \d|JCGM|GB/T|HJ ", text), "no reference"
    assert re.search(r"^## (Limits|How far)", text, re.M), "no limits of validity"


def test_the_map_of_science_leads_to_every_step() -> None:
    text = (DOCS / "science.md").read_text(encoding="utf-8")
    assert [p for p in SCIENCE if p != "science" and f"]({p}.md" not in text] == []


def test_the_glossary_has_both_languages() -> None:
    held = documents.glossary()
    assert len(held) > 150
    assert [r for r in held if not re.search(r"[\u4e00-\u9fff]", r[1]) or not r[2]] == []
    words = [word.lower() for word, *_ in held]
    assert sorted({w for w in words if words.count(w) > 1}) == []


def test_the_glossary_has_the_words_of_the_report() -> None:
    """What an area is called where it has no tier, as names.csv prints it."""
    from wbe import names

    text = (ROOT / "CONTEXT.md").read_text(encoding="utf-8")
    said = ("insufficient_data", "not_distinguishable", "not_elevated", "legacy_residue")
    assert [w for w in said if names.display("tier", w, "zh") not in text] == []


def test_generated_pages_name_every_header(generate: ModuleType) -> None:
    page = generate.headers()
    held = generate.rows(generate.PACKAGE / "names.csv")
    fields = [generate.cell(row["id"]) for row in held if row["kind"] == "field"]
    assert len(fields) > 20
    assert [field for field in fields if f"\n| {field} |" not in page] == []


def test_generated_pages_hold_every_rule(generate: ModuleType) -> None:
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
