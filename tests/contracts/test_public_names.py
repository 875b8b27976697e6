"""The names that docs, notebooks and other people's scripts rely on."""

from __future__ import annotations

import importlib
import inspect
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import wbe

FUNCTIONS = [
    "by_area", "check", "cite", "draws", "estimate", "locate", "rank", "read", "read_areas",
    "read_indicators", "read_sites", "to_tidy",
]  # fmt: skip
INNER = [
    "factors.table", "factors.load_set", "plot.budget", "plot.plan", "plot.quadrant",
    "plot.tier_map", "recipes.budget", "spatial.budget", "spatial.budget_of_ratio",
    "spatial.budget_of_tier", "uncertainty.budget",
]  # fmt: skip
MODULES = ["backcalc", "io", "plot", "qc", "recipes", "report", "spatial", "uncertainty"]
# Promised, and public from the day their folder exists.
PLANNED = ["trends", "indicators"]

# name -> the keyword arguments that scripts use, with their defaults
KEYWORDS = {
    "estimate": {"factors": "default", "draws": 10_000, "seed": 1},
    "read": {"errors": "raise"},
}


def exists(module: str) -> bool:
    return importlib.util.find_spec(f"wbe.{module}") is not None


@pytest.mark.parametrize("name", FUNCTIONS + INNER)
def test_every_promised_function_is_callable(name: str) -> None:
    module, _, attribute = name.rpartition(".")
    home = getattr(wbe, module) if module else wbe
    assert callable(getattr(home, attribute))


@pytest.mark.parametrize("name", MODULES)
def test_every_promised_module_is_there(name: str) -> None:
    assert inspect.ismodule(getattr(wbe, name))


def test_a_planned_module_becomes_public_with_its_folder() -> None:
    assert [m for m in PLANNED if exists(m) and m not in wbe.__all__] == []


def test_the_table_of_homes_and_the_list_agree() -> None:
    assert {"__version__", *wbe._HOMES} == set(wbe.__all__)
    assert set(wbe.__all__) <= set(dir(wbe))


def test_star_import_gives_every_name() -> None:
    space: dict[str, object] = {}
    exec("from wbe import *", space)
    assert set(wbe.__all__) <= set(space)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'estimat'"):
        wbe.estimat  # noqa: B018


@pytest.mark.parametrize("name", KEYWORDS)
def test_defaults_that_scripts_rely_on(name: str) -> None:
    parameters = inspect.signature(getattr(wbe, name)).parameters
    assert {k: parameters[k].default for k in KEYWORDS[name]} == KEYWORDS[name]


@pytest.mark.parametrize("name", FUNCTIONS + INNER)
def test_every_public_function_says_what_it_takes_returns_and_raises(name: str) -> None:
    module, _, attribute = name.rpartition(".")
    function = getattr(getattr(wbe, module) if module else wbe, attribute)
    text = inspect.getdoc(function) or ""
    sections = {"Parameters", "Returns", "Raises"}
    if not inspect.signature(function).parameters:
        sections -= {"Parameters", "Raises"}
    assert [s for s in sorted(sections) if f"{s}\n{'-' * len(s)}" not in text] == []


def test_the_version_is_the_one_of_the_distribution(root: Path) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    citation = (root / "CITATION.cff").read_text(encoding="utf-8")
    assert project["version"] == wbe.__version__
    assert f"\nversion: {wbe.__version__}\n" in citation


LIGHT = ["import wbe", "import wbe.cli", "import wbe.errors, wbe.names, wbe.findings"]
HELP = "from wbe.cli import main; import contextlib\nwith contextlib.suppress(SystemExit): main({})"
HEAVY = ("numpy", "pandas", "scipy", "xarray", "geopandas", "matplotlib", "pint")


@pytest.mark.parametrize(
    "code",
    [*LIGHT, HELP.format(["--help"]), HELP.format(["run", "--help"]), HELP.format(["--version"])],
)
def test_help_and_import_stay_light(code: str) -> None:
    script = f"{code}\nimport sys\nsys.stderr.write(' '.join(set({HEAVY}) & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script],
        capture_output=True, text=True, encoding="utf-8", timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
