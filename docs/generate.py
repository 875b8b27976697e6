"""Pages made from the package at build time, so that they cannot contradict it."""

from __future__ import annotations

import contextlib
import csv
import html
import io
import json
import re
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
PACKAGE = ROOT / "src" / "wbe"
OUT = HERE / "reference" / "generated"


def pages(app: Any) -> None:
    """Write every generated page; unchanged ones are left alone, so that rebuilds are quick."""
    OUT.mkdir(parents=True, exist_ok=True)
    for name, text in texts().items():
        write(name, text)
    budget_picture()
    plan_pictures()
    laboratory_pictures()
    for notebook in sorted((ROOT / "notebooks").glob("*.ipynb")):
        run_notebook(notebook)


def texts() -> dict[str, str]:
    """Return every generated page of text by its name."""
    return {
        "commands.md": commands(),
        "findings.md": findings(),
        "headers.md": headers(),
        "factors.md": factors(),
        "factor_status.md": factor_status(),
        "error_model.md": error_model(),
        "links.md": links(),
    }


def write(name: str, text: str) -> None:
    path = OUT / name
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8", newline="\n")


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def table(header: list[str], body: list[list[str]]) -> str:
    """Return a Markdown table; the text of a cell is shown as it is."""
    lines = [header, ["---"] * len(header), *body]
    return "\n".join("| " + " | ".join(map(cell, line)) + " |" for line in lines) + "\n"


def cell(text: str) -> str:
    for character in "\\|*_<>[]{}$`":
        text = text.replace(character, "\\" + character)
    return " ".join(text.split())


def findings() -> str:
    """Return the catalogue of rules from findings.csv, one section a rule, errors first."""
    text = io.StringIO()
    text.write("# Catalogue of findings\n\nEverything that is noticed about input, ")
    text.write("from the table that the package itself uses. ")
    text.write("Words in braces are filled in with what was met. The files are in the folder ")
    text.write("`tests/data/bad` of the sources; all of them are synthetic.\n")
    rules = sorted(rows(PACKAGE / "findings.csv"), key=lambda r: r["id"])
    triggers, misses = corpus()
    titles = {
        "error": "Errors: what they name is not used",
        "flag": "Flags: the value is used, and the finding says how",
    }
    for severity, title in titles.items():
        chosen = [r for r in rules if r["severity"] == severity]
        text.write(f"\n## {title}\n\n")
        text.write(", ".join(f"[{r['id']}](#{r['id']})" for r in chosen) + "\n")
        for rule in chosen:
            text.write(rule_section(rule, triggers.get(rule["id"]), misses.get(rule["id"])))
    return text.getvalue()


def corpus() -> tuple[dict[str, dict[str, str]], dict[str, dict[str, str]]]:
    """Return for each rule the first case of the corpus that triggers it, and that nearly does."""
    triggers: dict[str, dict[str, str]] = {}
    misses: dict[str, dict[str, str]] = {}
    for path in sorted((ROOT / "tests" / "data" / "bad").glob("*/cases.csv")):
        for case in rows(path):
            case["file"] = f"{path.parent.name}/{case['file']}"
            if case["rule"]:
                triggers.setdefault(case["rule"], case)
            for rule in case["near_miss_of"].split():
                misses.setdefault(rule, case)
    return triggers, misses


def rule_section(
    rule: dict[str, str], trigger: dict[str, str] | None, miss: dict[str, str] | None
) -> str:
    """Return one rule's section; its anchor is the id that a finding prints."""
    lines = [f"\n({rule['id']})=", f"### {rule['id']}", ""]
    if rule["severity"] == "error":
        lines.append(f"An error; it rejects the {rule['scope']}.")
    else:
        lines.append(f"A flag about a {rule['scope']}.")
    said = {"Message": "message", "Fix": "fix", "消息": "message_zh", "处理": "fix_zh"}
    lines += ["", *(f"- {title}: {cell(rule[key])}" for title, key in said.items())]
    if trigger is not None:
        lines.append(f"- Example: `{trigger['file']}`{place_of(trigger)}")
    if miss is not None:
        lines.append(f"- Near miss: `{miss['file']}`")
    return "\n".join(lines) + "\n"


def place_of(case: dict[str, str]) -> str:
    """Return line, column and value of an example, as far as they are stated."""
    parts = [f"line {case['line']}"] if case["line"] else []
    if case["column"] not in ("", "*"):
        parts.append(f"column {cell(case['column'])}")
    if case["value"]:
        parts.append(f"value {cell(case['value'])}")
    return f", {', '.join(parts)}" if parts else ""


HEADERS = {
    "field": "Columns",
    "analyte": "Analytes",
    "matrix": "Kinds of sample (`matrix`)",
    "mode": "Ways of sampling (`mode`)",
    "basis": "Bases of a population (`population_basis`)",
    "status": "States of a result (`status`)",
    "role": "Roles of a site (`role`)",
    "site_type": "Types of a site (`type`)",
    "datum": "Datums (`crs`)",
}
"""Kinds of names that tables may hold, and their titles."""


def headers() -> str:
    """Return every header and word that is understood in tables, from names.csv."""
    text = io.StringIO()
    text.write("# Headers and words that are understood\n\n")
    text.write("Case, blanks, brackets and full-width characters do not matter; a unit may follow ")
    text.write("in brackets. Anything else needs a [layout](../../layouts.md).\n")
    held = rows(PACKAGE / "names.csv")
    for kind, title in HEADERS.items():
        text.write(f"\n## {title}\n\n")
        chosen = [row for row in held if kind in row["kind"].split("|")]
        cells = [[r["id"], r["en"], r["zh"], r["aliases"].replace("|", ", ")] for r in chosen]
        text.write(table(["name", "English", "中文", "also"], cells))
    return text.getvalue()


def links() -> str:
    """Return the addresses outside that the pages name, with the day on which they were noted."""
    text = io.StringIO()
    text.write("# Addresses outside\n\n")
    text.write("Every address that these pages lead to. Nothing here asks a network, so none is ")
    text.write("tested: the day is the one on which it was noted. *Read* says whether a stored ")
    text.write("copy of what stands there was read; how factors were checked is told in ")
    text.write("[](../../factors-verification.md).\n\n")
    held = rows(HERE / "links.csv")
    cells = [f"| <{row['address']}> | {row['noted']} | {row['read']} |" for row in held]
    text.write("\n".join(["| address | noted | read |", "| --- | --- | --- |", *cells]) + "\n")
    return text.getvalue()


def factors() -> str:
    """Return every factor table with its sources, as the package holds them."""
    text = io.StringIO()
    text.write("# Catalogue of factors\n\n")
    text.write("What is assumed, and who said so: one row is one published statement. ")
    text.write("`verified` says whether the number was checked in the source or recalled.\n")
    for path in sorted((PACKAGE / "factors").glob("*.csv")):
        held = rows(path)
        header = [h for h in held[0] if any(r[h] for r in held)]
        text.write(f"\n## {path.name}\n\n")
        text.write(table(header, [[r[h] or "" for h in header] for r in held]))
    text.write("\n## Named sets\n\n")
    for path in sorted((PACKAGE / "factors" / "sets").glob("*.csv")):
        held = rows(path)
        text.write(f"\n### {path.stem}\n\n")
        text.write(table(list(held[0]), [[v or "" for v in r.values()] for r in held]))
    return text.getvalue()


FACTOR_TABLES = {
    "excretion": ("Excretion fractions and correction factors", "factor_id", ("value",)),
    "doses": ("Doses", "dose_id", ("value",)),
    "markers": ("Population markers", "marker_id", ("value", "rule")),
    "stability": ("Stability in sewers", "analyte", ("k_bulk", "k_rising_main")),
}
"""Title, column of the id, and columns that hold the numbers, of each factor table."""


def factor_status() -> str:
    """Return for every row of the factor tables whether its number was read, and where."""
    status = {name: table_status(name) for name in FACTOR_TABLES}
    text = io.StringIO()
    text.write("# Factors read and recalled\n\n")
    text.write("Which number of the [factor tables](factors.md) was read, and where. ")
    text.write("[](../../factors-verification.md) says how, and what could not be reached.\n\n")
    counts = [[FACTOR_TABLES[name][0], *counted(held)] for name, held in status.items()]
    text.write(table(["table", "rows", "read", "still recalled"], counts))
    text.write("\n## Still recalled only\n\n")
    for name, held in status.items():
        ids = [f"`{row[0]}`" for row in held if not number_read(row[2])]
        text.write(f"- {FACTOR_TABLES[name][0]}: {', '.join(ids)}\n")
    for name, held in status.items():
        text.write(f"\n## {FACTOR_TABLES[name][0]}\n\n")
        text.write(table(["id", "value", "status", "source", "where"], held))
    return text.getvalue()


def table_status(name: str) -> list[list[str]]:
    """Return id, value, status, source and locator of every row of one factor table."""
    _, key, numbers = FACTOR_TABLES[name]
    held = []
    for row in rows(PACKAGE / "factors" / f"{name}.csv"):
        row_id = f"{row[key]}|{row['source']}" if name == "stability" else row[key]
        value = " to ".join(row[n] for n in numbers if row[n])
        held.append([row_id, value or "none", row["verified"], row["source"], row["locator"]])
    return held


def counted(held: list[list[str]]) -> list[str]:
    read = sum(number_read(row[2]) for row in held)
    return [str(len(held)), str(read), str(len(held) - read)]


def number_read(status: str) -> bool:
    """Return whether all of a row was read: not where a finding was, and its number recalled."""
    return status.startswith("yes: ") and "; no: " not in status


def error_model() -> str:
    """Return the default error model as a table, to be included in a page."""
    header = [
        "component", "level", "when", "distribution", "measure", "spread", "verified", "source",
    ]  # fmt: skip
    held = rows(PACKAGE / "uncertainty" / "error_model.csv")
    return table(header, [[r[h] for h in header] for r in held])


def budget_picture() -> None:
    """Draw the budget of one town of the synthetic county, unless the picture is up to date."""
    import wbe

    target, folder = OUT / "budget.svg", ROOT / "data" / "samples" / "example-county"
    sources = [*PACKAGE.rglob("*.py"), *PACKAGE.rglob("*.csv"), *folder.rglob("*.*")]
    if target.exists() and target.stat().st_mtime > max(s.stat().st_mtime for s in sources):
        return
    samples = wbe.read(sorted(folder.glob("lab/*")), errors="reject")
    sites, areas = wbe.read_sites(folder / "sites.csv"), wbe.read_areas(folder / "areas.geojson")
    located = wbe.locate(samples, sites, areas)
    result = wbe.estimate(located, draws=1_000, markers={"cotinine": {"calibrate": True}})
    town = wbe.spatial.budget(
        wbe.by_area(result), "EX01", "methamphetamine", quantity="pn_consumption", round="2018Q1"
    )
    axes = wbe.plot.budget(town, title="Example county (synthetic)")
    wbe.plot.save_map(axes.figure, target)


def plan_pictures() -> None:
    """Draw the four plans that the page on planning shows."""
    import wbe
    from wbe.trends import design

    days = design.DayVariation(cv=0.5, measurement_cv=0.1, weekday=0.1, autocorrelation=0.3)
    town = design.TownSpread(place_sd=0.5, sample_sd=0.4, visit_sd=0.4)
    rounds = design.RoundSpread(place_sd=0.5, sample_sd=0.4, visit_sd=0.2)
    place = design.Catchment(population=20_000, users=2, pulses_per_user=4)
    plans = {
        "days": design.days_for_mean(0.2, days, shared_cv=0.05),
        "points": design.points_for_tier(0.9, 35.0, [20, 60], town),
        "change": design.points_for_change(2.5, rounds),
        "sampler": design.plan_sampler(0.1, place, design.Sampler(duration=4)),
    }
    for name, plan in plans.items():
        wbe.plot.save_map(wbe.plot.plan(plan).figure, OUT / f"plan-{name}.svg")


def laboratory_pictures() -> None:
    """Draw the pictures of the page on laboratories, by the code that the page shows."""
    import wbe

    page = (ROOT / "docs" / "interlab.md").read_text(encoding="utf-8")
    space: dict[str, Any] = {}
    quiet = contextlib.redirect_stdout(io.StringIO())
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder), quiet:
        for code in re.findall(r"^```python\n(.*?)^```$", page, re.S | re.M):
            exec(code, space)
    for name in ("scores", "ewma"):
        wbe.plot.save_map(space[f"{name}_axes"].figure, OUT / f"lab-{name}.svg")


def commands() -> str:
    """Return the help of every command, as `wbe COMMAND --help` prints it."""
    import click

    from wbe.cli import cli

    group = cli
    context = click.Context(group, info_name="wbe", terminal_width=96, max_content_width=96)
    text = io.StringIO()
    text.write("# Commands\n\nThe pages that `--help` prints.\n")
    text.write(f"\n## wbe\n\n```text\n{group.get_help(context)}\n```\n")
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        inner = click.Context(
            command, info_name=name, parent=context, terminal_width=96, max_content_width=96
        )
        text.write(f"\n## wbe {name}\n\n```text\n{command.get_help(inner)}\n```\n")
        if isinstance(command, click.Group):
            for part, one in command.commands.items():
                deeper = click.Context(
                    one, info_name=part, parent=inner, terminal_width=96, max_content_width=96
                )
                text.write(f"\n### wbe {name} {part}\n\n```text\n{one.get_help(deeper)}\n```\n")
    return text.getvalue()


def run_notebook(path: Path) -> None:
    """Run a notebook in its own folder and write it with its outputs, if anything changed."""
    import nbformat
    from nbclient import NotebookClient

    target = OUT / path.name
    sources = [path, *PACKAGE.rglob("*.py"), *PACKAGE.rglob("*.csv")]
    if target.exists() and target.stat().st_mtime > max(s.stat().st_mtime for s in sources):
        return
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(
        notebook,
        timeout=600,
        kernel_name="python3",
        resources={"metadata": {"path": str(path.parent)}},
    ).execute()
    for part in notebook.cells:
        part.metadata.pop("execution", None)  # times of day
        if part.cell_type == "markdown":
            part.source = from_generated(part.source)
    target.write_text(json.dumps(notebook, ensure_ascii=False, indent=1), encoding="utf-8")


def from_generated(text: str) -> str:
    """Return Markdown of a notebook with its links to pages as seen from the generated folder."""
    return text.replace("](../docs/", "](../../")


def mathml(formula: str, *, block: bool) -> str:
    """Return a formula as MathML, which browsers draw without any script."""
    from docutils.utils.math import latex2mathml

    tree = latex2mathml.tex2mathml(formula, as_block=block)
    return tree if isinstance(tree, str) else tree.toxml()


def inline_math(self: Any, node: Any) -> None:
    from docutils import nodes

    self.body.append(mathml(node.astext(), block=False))
    raise nodes.SkipNode


def block_math(self: Any, node: Any) -> None:
    from docutils import nodes

    number = (
        f'<span class="eqno">({html.escape(str(node["number"]))})</span>'
        if node.get("number")
        else ""
    )
    self.body.append(f'<div class="math">{number}{mathml(node.astext(), block=True)}</div>\n')
    raise nodes.SkipNode
