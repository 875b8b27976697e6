"""One small synthetic campaign and its runs, shared by the tests of the job."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from wbe.io.store.database import Store
from wbe.run import config, outputs, scaffold
from wbe.run.campaign import Results

INTERNAL = """
[privacy]
audience = "internal"
purpose = "quarterly county round"
approval = "document 7"
"""


def few_draws(folder: Path, **changes: str) -> Path:
    """Cut the draws of a campaign for speed; replace further texts of its file."""
    file = folder / "campaign.toml"
    text = file.read_text(encoding="utf-8").replace("draws = 10000", "draws = 400")
    for old, new in changes.items():
        text = text.replace(old, new)
    file.write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A campaign as ``wbe init`` makes it, with few draws."""
    folder = tmp_path_factory.mktemp("made") / "six-towns"
    scaffold.create(folder)
    return few_draws(folder)


@pytest.fixture
def campaign(made: Path, tmp_path: Path) -> Path:
    """A campaign of its own for a test that changes it."""
    return Path(shutil.copytree(made, tmp_path / "six-towns"))


@pytest.fixture(scope="session")
def public_run(made: Path) -> tuple[Path, Results, list[str]]:
    """The campaign's run for a public audience: folder, results, names of its files."""
    out = made / "results"
    results, written = outputs.run(config.load(made), out)
    return out, results, written


@pytest.fixture(scope="session")
def internal_run(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same campaign for an internal audience."""
    folder = tmp_path_factory.mktemp("internal") / "six-towns"
    shutil.copytree(made, folder, ignore=shutil.ignore_patterns("results"))
    file = folder / "campaign.toml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text[: text.index("[privacy]")] + INTERNAL, encoding="utf-8")
    outputs.run(config.load(folder), folder / "results")
    return folder / "results"


@pytest.fixture(scope="module")
def run(public_run: tuple[Path, Results, list[str]]) -> Path:
    """The folder of the run for a public audience, for a store."""
    return public_run[0]


@pytest.fixture
def package(tmp_path: Path) -> Store:
    """A store in a file that does not exist yet."""
    return Store.of(tmp_path / "results.gpkg")


@pytest.fixture(params=["geopackage", "postgis"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """A store that does not exist yet, in a file and on a server."""
    if request.param == "postgis":
        return Store.of(request.getfixturevalue("postgres_url"))
    return Store.of(tmp_path / "results.gpkg")
