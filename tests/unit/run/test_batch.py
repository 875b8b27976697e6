"""Which campaigns a call means, where their results and states go, what is shown meanwhile."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest

from wbe.errors import UsageError
from wbe.run import jobs, state, stopping, verdict
from wbe.run.batch import Ended
from wbe.run.progress import Progress


def made(folder: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / "campaign.toml").write_text("", encoding="utf-8")
    return folder


def test_lab_files_make_one_campaign_after_the_others(tmp_path: Path) -> None:
    a, lab = made(tmp_path / "a"), tmp_path / "lab"
    files = (lab / "1.csv", lab / "2.xlsx")
    found = jobs.listed([files[0], a, files[1], a.parent / "b.toml"], None)
    assert [job.source for job in found] == [a, tmp_path / "b.toml", files]
    assert [job.out for job in found] == [
        a / "results", tmp_path / "results", lab / "results",
    ]  # fmt: skip
    assert [job.name for job in found] == ["a", tmp_path.name, "lab"]


def test_under_out_every_campaign_has_a_folder_of_its_name(tmp_path: Path) -> None:
    a, b = made(tmp_path / "a"), made(tmp_path / "b")
    assert [job.out.name for job in jobs.listed([a, b / "campaign.toml"], tmp_path / "o")] == [
        "a",
        "b",
    ]
    assert jobs.listed([a], tmp_path / "o")[0].out == tmp_path / "o"
    with pytest.raises(UsageError, match="same name"):
        jobs.listed([a, made(tmp_path / "x" / "a")], tmp_path / "o")
    with pytest.raises(UsageError, match="same name"):  # one folder on many file systems
        jobs.listed([a, made(tmp_path / "x" / "A")], tmp_path / "o")
    with pytest.raises(UsageError, match="name each once"):
        jobs.listed([a, a / "campaign.toml"], None)


def test_the_state_lies_under_out_or_in_the_shared_folder(tmp_path: Path) -> None:
    pair = jobs.listed([made(tmp_path / "x" / "a"), made(tmp_path / "x" / "b")], None)
    assert jobs.home(pair, None) == tmp_path / "x"
    assert jobs.home(pair, tmp_path / "o") == tmp_path / "o"
    assert pair[0].item(tmp_path / "x") == state.Item("a", "a/results")
    apart = jobs.listed([made(tmp_path / "a"), Path(os.sep, "elsewhere", "b.toml")], None)
    assert jobs.home(apart, None) == tmp_path / "a"


def test_a_state_is_read_back_and_a_damaged_one_is_not(tmp_path: Path) -> None:
    items = [state.Item("a", "a/results"), state.Item("b", "b/results", state.FAILED, 4, "县")]
    state.write(items, tmp_path)
    assert state.read(tmp_path) == items
    assert os.listdir(tmp_path) == [state.NAME]
    file = tmp_path / state.NAME
    file.write_text(file.read_text(encoding="utf-8").replace("failed", "done"), encoding="utf-8")
    with pytest.raises(ValueError):
        state.read(tmp_path)


@pytest.mark.parametrize(
    ("code", "word"),
    [(0, "done"), (3, "done"), (1, "failed"), (2, "failed"), (4, "failed"), (5, "failed")],
)
def test_a_campaign_is_done_unless_it_wrote_nothing(code: int, word: str) -> None:
    assert Ended(code).state == word


@pytest.mark.parametrize(
    ("codes", "joined"),
    [([0, 0], 0), ([0, 3], 3), ([0, 5], 3), ([5, 5], 5), ([2, 4], 3), ([1, 0], 3)],
)
def test_the_code_of_a_batch_is_that_on_which_all_agree(codes: list[int], joined: int) -> None:
    assert verdict.joined(codes) == joined


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("terminal", "quiet"), [(True, False), (True, True), (False, False)])
def test_progress_names_the_campaign_its_number_and_its_step_on_a_terminal_only(
    monkeypatch: pytest.MonkeyPatch, terminal: bool, quiet: bool
) -> None:
    stream = Terminal() if terminal else io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    progress = Progress(3, quiet=quiet)
    for name in ("north", "south"):
        with progress.campaign(name):
            progress.step("read", "en", 1000)
            progress.step("write", "en", 1000)
    progress.close()
    shown = stream.getvalue()
    words = ["north", "south", "0/3", "1/3", "reading the lab files (1000)", "writing"]
    assert all((word in shown) == (terminal and not quiet) for word in words), shown


def test_a_message_stands_apart_from_the_bars(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Terminal()
    monkeypatch.setattr("sys.stderr", stream)
    progress = Progress(2, quiet=False)
    with progress.campaign("north"):
        progress.beside(lambda text: print(text, file=stream))("a message")
    progress.close()
    # The line of the bar is wiped before the message, which therefore starts a line.
    before = stream.getvalue().partition("a message\n")[0]
    assert before.endswith("\r") or before.endswith("\x1b[A")


def test_a_step_ends_the_work_that_was_asked_to_end(monkeypatch: pytest.MonkeyPatch) -> None:
    progress = Progress(1, quiet=True)
    progress.step("read", "en", 1)
    monkeypatch.setattr(stopping, "_asked", stopping.Stopped(15))
    with pytest.raises(stopping.Stopped):
        progress.step("write", "en", 1)
