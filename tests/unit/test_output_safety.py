"""Names that are attempts on a program: no output of a run lets one act.

One campaign (``tests/nasty.py``) is run once for the office and once for the public; every file is
then read as the program would that opens it.
"""

from __future__ import annotations

import csv
import json
import os
import re
import socket
import sqlite3
import subprocess
import sys
import zipfile
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import nasty
import numpy as np
import pandas as pd
import pytest
from openpyxl import load_workbook

from wbe.io.write import FORMULA_STARTS, read_tiers, write_csv
from wbe.plot import words
from wbe.report import embedded
from wbe.report.html import POLICY

AUDIENCES = ("internal", "public")
PUBLIC_FILES = {
    "areas.gpkg", "estimates.csv", "estimates.nc", "findings.csv", "map.png", "map.svg",
    "ranks.csv", "report.html", "run.json", "tiers.csv", "tiers.xlsx",
}  # fmt: skip
#: An internal run keeps beside its own what somebody may publish.
WRITTEN = {
    "public": PUBLIC_FILES,
    "internal": PUBLIC_FILES | {"ranks.public.csv", "tiers.public.csv"},
}
#: What the machine could tell about itself: user, home, folder of the work.
SECRETS = {"USER": "zqxuser", "LOGNAME": "zqxuser", "USERNAME": "zqxuser"}
FOLDER = "zqxfolder"
TEXT_TYPES = ("s", "inlineStr")
#: As a person sees them: on one line, without characters that turn or hide.
SHOWN = [words.clean(name) for name in nasty.NAMES]
#: As the lab table's reader knows them.
KNOWN = ("<script>alert('run')</script>", "=cmd|' /C calc'!A0", "${7*7}", "{{7*7}}", "$x_1$", "CON")


@pytest.fixture(scope="module", params=AUDIENCES)
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished run, made by a process with a name and a home to betray."""
    base = tmp_path_factory.mktemp(FOLDER)
    campaign = nasty.campaign(base / "campaign", audience=request.param)
    environment = {**os.environ, **SECRETS, "HOME": str(base)}
    command = [sys.executable, "-m", "wbe.cli", "run", str(campaign), "--out", str(base / "out")]
    done = subprocess.run(command, env=environment, cwd=base, capture_output=True, text=True,
                          encoding="utf-8", timeout=300, check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr
    return base / "out"


def test_files_have_names_of_their_own_and_lie_in_the_folder(
    run: Path, request: pytest.FixtureRequest
) -> None:
    """No file is named by data, so that no name can lead elsewhere."""
    audience = request.node.callspec.params["run"]
    assert {path.name for path in run.iterdir()} == WRITTEN[audience]
    around = {path.name for path in run.parent.iterdir()}
    assert around <= {"campaign", "out", ".cache", ".config"}
    assert all(path.resolve().is_relative_to(run.resolve()) for path in run.rglob("*"))


def cells(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("name", ["tiers.csv", "estimates.csv", "findings.csv"])
def test_no_cell_of_a_csv_begins_a_formula(run: Path, name: str) -> None:
    table = cells(run / name)
    assert len(table) > 5 and len({len(row) for row in table}) == 1
    risky = [c for row in table for c in row if c.startswith(FORMULA_STARTS) and not is_number(c)]
    assert risky == []


def test_names_stand_in_the_tiers_as_they_were_given(run: Path) -> None:
    found = {row[0] for row in cells(run / "tiers.csv")[1:]}
    for name in KNOWN:
        assert (f"'{name}" if name.startswith(FORMULA_STARTS) else name) in found


def test_negative_numbers_stay_numbers(tmp_path: Path) -> None:
    table = pd.DataFrame({
        "x": [-1.5, 2.0], "n": pd.array([-3, None], dtype="Int64"), "-m": ["-1+1", "-7"],
        "mixed": pd.Series([-2.5, "-2.5"], dtype=object), "e": np.array([-1e-9, -1e12]),
    })  # fmt: skip
    write_csv(table, tmp_path / "t.csv")
    assert cells(tmp_path / "t.csv") == [
        ["x", "n", "'-m", "mixed", "e"],
        ["-1.5", "-3", "'-1+1", "-2.5", "-1e-09"],
        ["2", "", "'-7", "'-2.5", "-1e+12"],
    ]


def test_cells_of_the_workbook_are_typed(run: Path) -> None:
    book = load_workbook(run / "tiers.xlsx")
    every = [cell for sheet in book.worksheets for row in sheet.iter_rows() for cell in row]
    assert {cell.data_type for cell in every} <= {*TEXT_TYPES, "n", "b"}
    texts = [cell for cell in every if cell.data_type in TEXT_TYPES and cell.value]
    assert set(KNOWN) <= {cell.value for cell in texts}
    risky = [cell for cell in texts if cell.value.startswith(FORMULA_STARTS)]
    assert risky and all(cell.quotePrefix for cell in risky)
    sheet = book.worksheets[0]
    column = next(c.column for c in sheet[1] if c.value == "value")
    values = [row[column - 1] for row in sheet.iter_rows(min_row=2)]
    assert all(cell.data_type == "n" for cell in values)
    with zipfile.ZipFile(run / "tiers.xlsx") as archive:
        assert not any(b"<f>" in archive.read(name) for name in archive.namelist())


class Page(HTMLParser):
    """What a browser makes of a page: elements, attributes, text."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.texts: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {key: value or "" for key, value in attrs}))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def acts(attributes: dict[str, str]) -> list[str]:
    """Attributes that run or load something."""
    return [
        f"{key}={value[:60]}" for key, value in attributes.items()
        if key.startswith("on") or key in ("srcdoc", "action", "formaction", "ping", "background")
        or (key in ("href", "src", "xlink:href") and not value.startswith(("#", "data:image/",
                                                                           "data:,")))
    ]  # fmt: skip


def test_page_runs_its_own_script_alone_and_asks_for_nothing(run: Path) -> None:
    text = (run / "report.html").read_text(encoding="utf-8")
    page = Page(text)
    tags = [tag for tag, _ in page.tags]
    assert not {*tags} & {"iframe", "object", "embed", "form", "base", "foreignobject"}
    assert [found for _, attributes in page.tags for found in acts(attributes)] == []
    policies = [a["content"] for tag, a in page.tags if "http-equiv" in a]
    assert policies == [POLICY] and POLICY.startswith("default-src 'none';")
    assert re.findall(r"script-src ([^;]*);", POLICY) == [embedded.script_source()]
    scripts = [a for tag, a in page.tags if tag == "script"]
    assert scripts == [{"type": "application/json", "id": "data"}, {}]
    bare = text.replace(f"<script>{embedded.script()}</script>", "")
    assert bare.count("<script") == 1 and text.count(embedded.script()) == 1
    assert not re.search(r"<img(?! src=\"data:)|srcdoc=|@import|url\((?!data:|#)", bare)


def test_data_in_the_page_are_text_and_name_everybody_as_shown(run: Path) -> None:
    text = (run / "report.html").read_text(encoding="utf-8")
    found = re.findall(r'<script type="application/json" id="data">([^<>&]*)</script>', text)
    assert len(found) == 1
    assert set(SHOWN) <= set(json.loads(found[0])["areas"])


def test_page_shows_names_as_text(run: Path) -> None:
    page = Page((run / "report.html").read_text(encoding="utf-8"))
    shown = {text.strip() for text in page.texts}
    assert set(SHOWN) - shown == set()
    assert words.clean(nasty.TITLE) in shown
    everything = "".join(page.texts)
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u200b\ufeff]", everything)


def test_map_is_a_picture_and_nothing_else(run: Path) -> None:
    root = ElementTree.fromstring((run / "map.svg").read_bytes())
    tags = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert not tags & {"script", "foreignObject", "image", "a", "animate", "set", "iframe"}
    for element in root.iter():
        plain = {key.rpartition("}")[2]: value for key, value in element.attrib.items()
                 if "www.w3.org/1999/02/22-rdf-syntax-ns" not in key}  # fmt: skip
        if element.tag.endswith("}svg") or "www.w3.org/2000/svg" in element.tag:
            assert acts(plain) == [], element.tag


def test_dollars_on_the_map_are_dollars(run: Path) -> None:
    """Mathematics is off: ``$x_1$`` is drawn as it stands, ``$\\frac{a}{`` does not fail."""
    from matplotlib.text import Text

    from wbe.plot import tier_map

    tiers = read_tiers(run / "tiers.csv", run / "areas.gpkg")
    rows = tiers[(tiers["drug"] == "methamphetamine")]
    axes = tier_map(rows, title=nasty.TITLE)
    texts = [t for t in axes.figure.findobj(Text) if "$" in t.get_text()]
    assert {"$x_1$", "$\\frac{a}{"} <= {t.get_text().replace("\n", "") for t in texts}
    assert any(t.get_text().startswith("Synthetic <script>") for t in texts)
    assert not [t.get_text() for t in texts if t.get_parse_math()]


def test_run_record_is_json_without_a_place(run: Path) -> None:
    record = json.loads((run / "run.json").read_text(encoding="utf-8"))
    assert record["title"] == nasty.TITLE
    texts = list(strings(record))
    assert not [
        t for t in texts if t.startswith(("/tmp", str(run.parent), os.path.expanduser("~")))
    ]


def strings(value: object) -> list[str]:
    if isinstance(value, dict):
        return [text for pair in value.items() for part in pair for text in strings(part)]
    if isinstance(value, list):
        return [text for item in value for text in strings(item)]
    return [value] if isinstance(value, str) else []


def test_geopackage_holds_the_names_as_values(run: Path) -> None:
    with sqlite3.connect(run / "areas.gpkg") as database:
        names = {row[0] for row in database.execute("SELECT DISTINCT name FROM tiers")}
        tables = {row[0] for row in database.execute("SELECT name FROM sqlite_master")}
    database.close()
    assert set(KNOWN) <= names
    assert not any(name in table for name in KNOWN for table in tables)


def contents(path: Path) -> bytes:
    """All bytes of a file, those inside an archive unpacked."""
    data = path.read_bytes()
    if path.suffix == ".xlsx":
        with zipfile.ZipFile(path) as archive:
            return data + b"".join(archive.read(name) for name in archive.namelist())
    return data


def test_no_output_says_who_made_it_where(run: Path) -> None:
    betrays = [FOLDER, "zqxuser", str(Path(sys.prefix)), str(Path(__file__).resolve().parents[2])]
    host = socket.gethostname()
    betrays += [host] if len(host) > 5 else []  # a host called "lab" is in many a word
    for path in sorted(run.iterdir()):
        data = contents(path)
        for word in betrays:
            for encoding in ("utf-8", "utf-16-le"):
                assert word.encode(encoding) not in data, f"{path.name}: {word}"
