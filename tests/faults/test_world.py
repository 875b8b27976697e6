"""Clock, locale, time zone, hash seed, working folder and umask change no byte."""

from __future__ import annotations

import locale
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import trials

LOCALES = {"de_DE.UTF-8": "de_DE", "zh_CN.GB18030": "zh_CN"}


@pytest.fixture(scope="module")
def locales(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Locales built for the test; without them it would prove nothing."""
    folder = tmp_path_factory.mktemp("locales")
    tool = shutil.which("localedef")
    if tool is None:
        pytest.skip("localedef is not installed, so no locale can be built")
    for name, source in LOCALES.items():
        command = [tool, "-i", source, "-f", name.partition(".")[2], str(folder / name)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if not (folder / name).is_dir():
            pytest.skip(f"localedef cannot build {name}: {done.stderr[:200]}")
    return folder


def later() -> None:
    """Ten years on, for everything that asks Python for the time."""
    real, local, universal = time.time, time.localtime, time.gmtime
    time.time = lambda: real() + 10 * 365 * 86400
    time.localtime = lambda seconds=None: local(time.time() if seconds is None else seconds)
    time.gmtime = lambda seconds=None: universal(time.time() if seconds is None else seconds)


def zone(name: str) -> None:
    os.environ["TZ"] = name
    time.tzset()


def speak(name: str, folder: Path) -> None:
    """Set a locale and make sure that it is in force: German writes a decimal comma."""
    os.environ |= {"LOCPATH": str(folder), "LC_ALL": name}
    locale.setlocale(locale.LC_ALL, "")
    assert locale.localeconv()["decimal_point"] == ("," if name.startswith("de") else ".")
    assert locale.nl_langinfo(locale.CODESET) == name.partition(".")[2]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """A campaign with a map in Chinese, and the tree of its run."""
    trials.warm()
    base = tmp_path_factory.mktemp("world")
    campaign = trials.campaign(base / "made", mapped=True)
    file = campaign / "campaign.toml"
    text = file.read_text(encoding="utf-8").replace("[data]", 'language = "zh"\n[data]')
    file.write_text(text, encoding="utf-8")
    end = trials.wbe("run", campaign, "--out", base / "plain")
    assert end.code == 0, end.err
    return campaign, trials.tree(base / "plain")


WORLDS: dict[str, Callable[[Path], object]] = {
    "clock": lambda folder: later(),
    "de_DE": lambda folder: speak("de_DE.UTF-8", folder),
    "zh_CN": lambda folder: speak("zh_CN.GB18030", folder),
    "Shanghai": lambda folder: zone("Asia/Shanghai"),
    "New York": lambda folder: zone("America/New_York"),
    "umask 077": lambda folder: os.umask(0o077),
    "umask 000": lambda folder: os.umask(0),
}


@pytest.mark.parametrize("world", ["clock", *trials.later(*[w for w in WORLDS if w != "clock"])])
def test_the_world_changes_no_byte(
    made, tmp_path: Path, world: str, request: pytest.FixtureRequest
) -> None:
    campaign, expected = made
    out = tmp_path / "out"
    built = request.getfixturevalue("locales") if world in ("de_DE", "zh_CN") else tmp_path
    change = lambda: WORLDS[world](built)  # noqa: E731
    end = trials.wbe("run", campaign, "--out", out, before=change, cwd=tmp_path)
    assert end.code == 0 and len(expected) == 11, end.err
    assert trials.differing(trials.tree(out), expected) == ""


@pytest.mark.slow
@pytest.mark.parametrize("seed", ["0", "1"])
def test_the_hash_seed_changes_no_byte(made, tmp_path: Path, seed: str) -> None:
    campaign, expected = made
    world = {"PYTHONHASHSEED": seed, "SOURCE_DATE_EPOCH": "1700000000"}
    command = [
        sys.executable,
        "-m",
        "wbe.cli",
        "run",
        str(campaign),
        "--out",
        str(tmp_path / "out"),
    ]
    subprocess.run(command, env={**os.environ, **world}, check=True, capture_output=True)
    assert trials.differing(trials.tree(tmp_path / "out"), expected) == ""
