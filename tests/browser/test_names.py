"""Names that are attempts on a browser: the page and the map show them, and nothing runs."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import nasty
import pytest

from wbe.plot import words
from wbe.run import config, outputs

#: Handed to the page from outside, where no policy applies: hears every way a name could act.
LISTENER = """<script>
window.addEventListener("DOMContentLoaded", () => console.log("listening " + document.title));
for (const name of ["alert", "confirm", "prompt", "open", "eval", "fetch"])
  window[name] = () => console.error("ACTED " + name);
window.addEventListener("error", (event) => console.error("ACTED error " + event.message));
</script>"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run for the office, whose page shows sites too."""
    folder = nasty.campaign(tmp_path_factory.mktemp("nasty") / "campaign", draws=0)
    outputs.run(config.load(folder), folder / "results")
    return folder / "results"


class Drawn(HTMLParser):
    """Elements and text of what the browser made of a page."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: set[str] = set()
        self.scripts = 0
        self.texts: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if ("src", "x") in attrs or tag != "img":  # the map may be a picture of its own
            self.tags.add(tag)
        self.scripts += tag == "script"

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_page_as_written_is_silent_and_shows_names_as_text(driven: Any, run: Path) -> None:
    """The policy refuses every script but the page's own aloud: silence means there was none."""
    with driven.visit(run / "report.html") as opened:
        page = Drawn(opened.content())
    assert not page.tags & {"img", "iframe"}
    assert page.scripts == 2
    text = "".join(page.texts)
    for name in nasty.NAMES:
        assert words.clean(name) in text


def test_nothing_acts_without_the_policy_either(driven: Any, run: Path, tmp_path: Path) -> None:
    """Escaping alone must hold: the same page, its policy taken out and a listener put in."""
    page = (run / "report.html").read_text(encoding="utf-8")
    bare = re.sub(r"<meta http-equiv=\"Content-Security-Policy\"[^>]*>", LISTENER, page, count=1)
    assert bare != page
    (tmp_path / "bare.html").write_text(bare, encoding="utf-8")
    heard: list[str] = []
    with driven.visit(tmp_path / "bare.html", said=heard):
        pass
    assert len(heard) == 1 and heard[0].startswith("listening Synthetic <script>")


def test_map_opened_alone_is_silent(driven: Any, run: Path) -> None:
    with driven.visit(run / "map.svg") as opened:
        page = opened.content()
    assert "<svg" in page and "<script" not in page


def test_a_name_that_acts_would_be_heard(driven: Any, tmp_path: Path) -> None:
    """Negative control: the same names, written into a page as they are."""
    page = f"<!DOCTYPE html><meta charset='utf-8'>{LISTENER}<p>{nasty.NAMES[0]}{nasty.NAMES[2]}</p>"
    (tmp_path / "open.html").write_text(page, encoding="utf-8")
    heard: list[str] = []
    with driven.visit(tmp_path / "open.html", said=heard) as opened:
        opened.wait_for_load_state("networkidle")
    assert "ACTED alert" in " ".join(heard)
