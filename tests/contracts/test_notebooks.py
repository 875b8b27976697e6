"""What every notebook owes its reader; that they run is tested by ``make notebooks``."""

from __future__ import annotations

import csv
import json
import re
import sys
from pathlib import Path

import pytest
from builders import reference_file

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
EXCERPT = ROOT / "data" / "samples" / "published" / "euda2024" / "excerpt"
MACHINE = r"(?<![\w.}/])/(?:home|tmp|work|Users|mnt|root)/|[A-Z]:\\\\"
"""Paths that exist on one machine only."""


def sources(path: Path, kind: str = "") -> list[str]:
    """The cells of a notebook, of one kind or all."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return ["".join(c["source"]) for c in cells if kind in ("", c["cell_type"])]


def name(path: Path) -> str:
    return path.stem


def test_there_are_notebooks() -> None:
    assert len(NOTEBOOKS) >= 10


@pytest.mark.parametrize("path", NOTEBOOKS, ids=name)
def test_the_title_is_a_question_and_the_first_cell_says_for_whom_and_on_what(path: Path) -> None:
    first = sources(path)[0]
    title = first.splitlines()[0]
    assert title.startswith("# ") and title.endswith("?")
    assert re.search(r"^For ", first, flags=re.M)
    assert "**synthetic**" in first or "**published**" in first or "**real and published**" in first


@pytest.mark.parametrize("path", NOTEBOOKS, ids=name)
def test_the_last_cell_says_what_it_does_not_say_and_where_to_read_on(path: Path) -> None:
    last = sources(path)[-1]
    assert last.startswith("## What this does not say")
    assert "**Read on:**" in last


@pytest.mark.parametrize("path", NOTEBOOKS, ids=name)
def test_links_lead_somewhere(path: Path) -> None:
    text = "\n".join(sources(path, "markdown"))
    targets = [t for t in re.findall(r"\]\(([^)\s]+)\)", text) if not t.startswith("http")]
    assert targets
    assert [t for t in targets if not (path.parent / t.partition("#")[0]).exists()] == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=name)
def test_no_cell_names_a_place_of_one_machine(path: Path) -> None:
    assert [s for s in sources(path) if re.search(MACHINE, s)] == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=name)
def test_cells_are_short_and_figures_of_invented_data_say_so(path: Path) -> None:
    code = sources(path, "code")
    assert max(len(cell.splitlines()) for cell in code) <= 30
    if "**published**" in sources(path)[0] or "and published**" in sources(path)[0]:
        return
    titles = re.findall(r"title=f?\"([^\"]+)\"", "\n".join(code))
    assert [t for t in titles if not re.search("synthetic|合成", t, flags=re.I)] == []


def test_the_page_of_notebooks_lists_each_and_nothing_else() -> None:
    page = (ROOT / "docs" / "notebooks.md").read_text(encoding="utf-8")
    table = re.findall(r"^\| \[[^]]+\]\(reference/generated/(\w+)\.ipynb\)", page, flags=re.M)
    contents = re.findall(r"^reference/generated/(\w+)$", page, flags=re.M)
    assert sorted(table) == [path.stem for path in NOTEBOOKS]
    assert table == contents


def test_links_are_right_where_the_documentation_shows_notebooks() -> None:
    sys.path.insert(0, str(ROOT / "docs"))
    try:
        import generate
    finally:
        sys.path.remove(str(ROOT / "docs"))
    moved = generate.from_generated("[one](../docs/tiers.md), [two](08_plan_sampling.ipynb)")
    assert moved == "[one](../../tiers.md), [two](08_plan_sampling.ipynb)"
    for target in ("../../tiers.md", "../../decisions/0006-tiers.md"):
        assert (generate.OUT / target).resolve().is_file()


def test_the_first_campaign_is_the_code_of_the_readme() -> None:
    """Ten lines, the same in both places but for the folder, the round and the title."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = next(b for b in re.findall(r"^```python\n(.*?)^```$", readme, flags=re.S | re.M)
                 if "tier_map" in b)  # fmt: skip
    held = sources(ROOT / "notebooks" / "01_first_campaign.ipynb", "code")[0]
    held = held.replace("../data", "data").splitlines()
    lines = [line for line in shown.splitlines() if line]
    assert [line for line in lines[:-1] if line not in held] == []
    assert lines[-1].removesuffix(")") in "\n".join(held)


# the excerpt of the European table


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_the_excerpt_is_small() -> None:
    assert sum(len(rows(path)) for path in EXCERPT.glob("*.csv")) < 50


@pytest.mark.parametrize(
    ("excerpt", "source", "keys"),
    [
        ("ww2025-all-data-excerpt.csv", "ww2025-all-data.csv",
         ("Year", "Metabolite", "Country", "City")),
        ("ww2025-site-info-excerpt.csv", "ww2025-site-info-table.csv", ("Country", "City")),
    ],
)  # fmt: skip
def test_the_excerpt_is_what_the_source_prints(
    excerpt: str, source: str, keys: tuple[str, ...]
) -> None:
    whole = rows(reference_file("data", "euda", source))
    known = {tuple(row[k] for k in keys): row for row in whole}
    for row in rows(EXCERPT / excerpt):
        printed = known[tuple(row[k] for k in keys)]
        assert row == {column: printed[column] for column in row}
