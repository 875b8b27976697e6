"""The pages of the documentation as data: fenced blocks, anchors and links.

What a fenced block says about itself, after its language:

``python``, ``console``
    is run, in the order of the page, in one folder with ``data/samples``.
``... not run: REASON``
    is not; command lines of wbe must parse all the same.
``text printed``
    is what the block before it prints; ``...`` stands for anything.
``text printed by: COMMAND``
    is what a command prints.
``text file: PATH`` (``toml``, ``json``)
    is written there before what follows is run.
``text starts: PATH``, ``toml same as: PATH``
    is the beginning of that file of the project, or all of it.
``toml campaign``
    is a campaign.toml, or sections of one.
``text shown: REASON``
    is only looked at.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
FRONT = ("README.md", "CONTRIBUTING.md", "CONTEXT.md", "CHANGELOG.md", "tests/README.md")
NOTES = {
    "python": r"(not run: .+)?",
    "console": r"(not run: .+)?",
    "toml": r"campaign|(same as|file): \S+",
    "json": r"file: \S+",
    "text": r"printed|printed by: .+|(file|starts): \S+|shown: .+",
}
"""What a block of each language may say about itself."""


@dataclass(frozen=True)
class Block:
    """One fenced block: where its first line stands, its language, what it says, its lines."""

    page: Path
    line: int
    language: str
    note: str
    code: str

    @property
    def place(self) -> str:
        """Page and line, for messages."""
        return f"{name(self.page)}:{self.line}"

    def said(self, key: str) -> str | None:
        """What stands behind ``key:``; None where it does not stand there."""
        head, _, rest = self.note.partition(":")
        return rest.strip() if head == key else None

    @property
    def runs(self) -> bool:
        """Whether it is code that is to be run."""
        return self.language in ("python", "console") and not self.note


def pages() -> list[Path]:
    """Every page that people wrote."""
    written = [p for p in DOCS.rglob("*.md") if not {"_build", "generated"} & set(p.parts)]
    return [*(ROOT / front for front in FRONT), *sorted(written)]


def name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@cache
def blocks(page: Path) -> tuple[Block, ...]:
    """The fenced blocks of a page; directives in braces are Sphinx's own."""
    text = page.read_text(encoding="utf-8")
    fence = re.compile(r"^(`{3,})(\S*)[ ]?([^\n]*)\n(.*?)^\1$", re.S | re.M)
    return tuple(
        Block(page, text.count("\n", 0, m.start()) + 2, m[2], m[3].strip(), m[4])
        for m in fence.finditer(text)
        if not m[2].startswith("{")
    )


def command_lines(block: Block) -> list[str]:
    """The commands of a console block; a backslash at the end goes on in the next line."""
    joined = re.sub(r"\s*\\\n\s*", " ", block.code)
    return [line.strip() for line in joined.splitlines() if line.strip()]


def words(line: str) -> list[str]:
    """A command line in words, without its comment."""
    return shlex.split(line, comments=True)


def exit_code(line: str) -> int:
    """The code with which a command ends: 0 unless its comment says another."""
    said = re.search(r"# ends with (\d+)", line)
    return int(said[1]) if said else 0


def missing_lines(shown: str, printed: str) -> list[str]:
    """The lines of `shown` that `printed` does not hold in this order."""
    left, missing = printed.splitlines(), []
    for line in filter(str.strip, shown.splitlines()):
        if line.strip() == "...":
            continue
        pattern = re.escape(line.rstrip()).replace(r"\.\.\.", ".*")
        at = next((i for i, have in enumerate(left) if re.fullmatch(pattern, have.rstrip())), None)
        if at is None:
            missing.append(line)
        else:
            del left[: at + 1]
    return missing


def prose(page: Path) -> str:
    """A page without its code, what it includes put in."""
    text = page.read_text(encoding="utf-8")
    included = re.compile(r"^```\{include\} (\S+\.md)\n.*?^```$", re.S | re.M)
    text = included.sub(lambda m: _included(page.parent / m[1]), text)
    text = re.sub(r"^(`{3,}).*?^\1$", "", text, flags=re.S | re.M)
    return re.sub(r"`[^`\n]+`", "code", text)


def _included(path: Path) -> str:
    return "" if "generated" in path.parts else prose(path)


def links(page: Path) -> Iterator[str]:
    """Every target of a link or picture, as written."""
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"^```\{(?:image|figure)\} (\S+)$", text, re.M):
        yield target
    text = re.sub(r"^(`{3,}).*?^\1$", "", text, flags=re.S | re.M)
    for target in re.findall(r"\]\(<?([^)\s>]+)>?\)", re.sub(r"`[^`\n]+`", "code", text)):
        yield target
    yield from re.findall(r"<(https?://[^>\s]+)>", text)


def slug(heading: str) -> str:
    """The anchor of a heading, as MyST and code hosts make it."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).strip().lower().replace(" ", "-")
    return re.sub(r"[^\w\u4e00-\u9fff\-]", "", text)


def anchors(text: str) -> set[str]:
    """What a link to a page may name behind ``#``: headings of three levels, and labels."""
    headings = re.findall(r"^#{1,3} (.+)$", text, re.M)
    return {*map(slug, headings), *re.findall(r"^\(([\w-]+)\)=$", text, re.M)}


def identifiers(text: str) -> set[str]:
    """The ids that docutils gives the headings of a built page."""
    headings = re.findall(r"^#{1,6} (.+)$", text, re.M)
    return {re.sub(r"[^a-z0-9]+", "-", heading.lower()).strip("-") for heading in headings}


def formulas(page: Path) -> list[str]:
    """Every formula of a page, those that stand alone and those within a line."""
    found = re.findall(r"\$\$(.+?)\$\$|(?<![\\$])\$(?!\s)([^$\n]+?)\$", prose(page), re.S)
    return [display or inline for display, inline in found]


def contents(page: Path) -> set[Path]:
    """The pages that the lists of contents of a page name."""
    bodies = re.findall(r"^```\{toctree\}\n(.*?)^```$", page.read_text("utf-8"), re.S | re.M)
    lines = [line for body in bodies for line in body.splitlines() if line and line[0] != ":"]
    named = [re.sub(r".*<(.+)>$", r"\1", line) for line in lines]
    return {found.resolve() for entry in named for found in page.parent.glob(f"{entry}.md")}


def glossary() -> list[list[str]]:
    """The rows of the glossary that define a word: word, Chinese, meaning."""
    text = (ROOT / "CONTEXT.md").read_text(encoding="utf-8")
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in text.splitlines()
        if line.startswith("| ")
    ]
    return [row for row in rows if len(row) == 3 and row[0] != "Word"]
