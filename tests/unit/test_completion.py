"""Completion by the shell: the right words, and nothing heavy loaded for them."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from wbe.cli import known

HEAVY = ("numpy", "pandas", "scipy", "xarray", "geopandas", "matplotlib")


def completions(line: str, place: int) -> list[str]:
    """What bash would offer, asked in a process of its own that must stay light."""
    code = (
        "import sys\nfrom wbe.cli import main\n"
        "try:\n    main([])\nexcept SystemExit:\n    pass\n"
        f"assert not [m for m in {HEAVY!r} if m in sys.modules]"
    )
    asked = {"_WBE_COMPLETE": "bash_complete", "COMP_WORDS": line, "COMP_CWORD": str(place)}
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **asked},
        capture_output=True, text=True, encoding="utf-8", check=True, timeout=60,
    )  # fmt: skip
    return [row.partition(",")[2] for row in done.stdout.splitlines() if row.startswith("plain,")]


@pytest.mark.parametrize(
    ("line", "place", "words"),
    [
        ("wbe exp", 1, ["explain"]),
        ("wbe factors coc", 2, ["cocaine"]),
        ("wbe factors --set zuc", 3, ["zuccato2008"]),
        ("wbe run --factors eu", 3, ["euda"]),
        ("wbe explain load_c", 2, ["load_contradicts"]),
        ("wbe explain tiers.b", 2, ["tiers.breaks"]),
        ("wbe convert --to t", 3, ["tidy"]),
        ("wbe check --layout cn-t", 3, ["cn-town-blocks"]),
        ("wbe reproduce euda_w", 2, ["euda_weeks"]),
    ],
)
def test_words_are_completed_without_loading_anything_heavy(
    line: str, place: int, words: list[str]
) -> None:
    assert completions(line, place) == words


def test_the_words_are_those_that_the_program_knows() -> None:
    from wbe import factors, names, reproduce
    from wbe.io.layout.files import known_names

    assert set(known.factor_sets()) == set(factors.set_names())
    assert set(known.drugs()) == set(names.ids("drug"))
    assert set(known.studies()) == set(reproduce.study_keys())
    assert set(known.forms()) | set(known.layouts()) == set(known_names())


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_of_a_shell_asks_the_program(shell: str) -> None:
    done = subprocess.run([sys.executable, "-m", "wbe.cli", "completion", shell],
                          capture_output=True, text=True, check=True, timeout=60)  # fmt: skip
    assert f"_WBE_COMPLETE={shell}_complete" in done.stdout


def test_bash_takes_the_script() -> None:
    script = subprocess.run([sys.executable, "-m", "wbe.cli", "completion", "bash"],
                            capture_output=True, check=True, timeout=60).stdout  # fmt: skip
    asked = b"\ncomplete -p wbe"
    done = subprocess.run(["bash", "--norc"], input=script + asked, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert b"_wbe_completion" in done.stdout
