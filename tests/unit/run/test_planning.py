"""``wbe plan``: its three forms, its figure, its exit codes."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from wbe.cli import cli
from wbe.errors import UsageError
from wbe.trends.design import DayVariation, TownSpread, days_for_mean, points_for_tier

DAYS = ["days", "--error", "20%", "--cv", "0.5"]
SPREAD = ["--place-sd", "0.8", "--sample-sd", "0.6"]
POINTS = ["points", "--chance", "0.9", "--truth", "120", "--breaks", "20,60", *SPREAD]
CHANGE = ["change", "--ratio", "0.5", *SPREAD, "--visit-sd", "0"]
TOWN = ["--population", "20000", "--users", "2", "--pulses-per-user", "4", "--duration", "4"]
SAMPLER = ["sampler", "--error", "0.1", *TOWN]
EVERY = {"days": DAYS, "points": POINTS, "change": CHANGE, "sampler": SAMPLER}
ANSWER = {"days": "29", "points": "8", "change": "14", "sampler": "6"}


def plan(*args: object):
    return CliRunner().invoke(cli, ["plan", *map(str, args)])


@pytest.mark.parametrize("kind", EVERY)
def test_text_says_the_answer_and_marks_its_row(kind: str) -> None:
    done = plan(*EVERY[kind])
    assert (done.exit_code, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert ANSWER[kind] in lines[0].split()
    marked = [line for line in lines if line.startswith("*")]
    assert len(marked) == 1 and marked[0].split()[1] == ANSWER[kind]
    assert any(line.startswith("Assumed: ") for line in lines)
    assert not any("plan." in line for line in lines)


@pytest.mark.parametrize("kind", EVERY)
def test_chinese_is_chinese(kind: str) -> None:
    done = plan(*EVERY[kind], "--lang", "zh")
    assert done.exit_code == 0 and "假定：" in done.stdout
    words = "".join(c if c.isascii() and c.isalpha() else " " for c in done.stdout).split()
    assert words == []


def test_the_language_of_the_group_is_that_of_its_commands() -> None:
    chinese = plan(*DAYS, "--lang", "zh")
    assert plan("--lang", "zh", *DAYS).stdout == chinese.stdout != plan(*DAYS).stdout
    assert plan("--lang", "zh", *DAYS, "--lang", "en").stdout == plan(*DAYS).stdout
    wrong = ["days", "--error", "20%", "--cv", "50"]
    failed = plan(*wrong, "--lang", "zh")
    assert failed.exit_code == 2 and plan("--lang", "zh", *wrong).stderr == failed.stderr


@pytest.mark.parametrize("kind", EVERY)
def test_csv_and_json_hold_every_row_and_the_same_numbers(kind: str) -> None:
    rows = list(csv.DictReader(plan(*EVERY[kind], "--format", "csv").stdout.splitlines()))
    body = json.loads(plan(*EVERY[kind], "--format", "json").stdout)
    assert set(body) == {"answer", "table"}
    assert len(rows) == len(body["table"]) >= 28
    for one, other in zip(rows, body["table"], strict=True):
        assert {k: float(v) for k, v in one.items()} == pytest.approx(other)
    first = next(iter(body["answer"].values()))
    assert str(first) == ANSWER[kind] and body["answer"]["reason"] == ""


def test_the_numbers_are_those_of_the_library() -> None:
    body = json.loads(plan(*DAYS, "--shared-cv", "5%", "--format", "json").stdout)
    own = days_for_mean(0.2, DayVariation(0.5), shared_cv=0.05)
    assert body["answer"]["days"] == own.days
    assert [row["upper"] for row in body["table"]] == own.table.upper.tolist()


def test_no_answer_is_a_result_with_a_reason_and_infinity_is_no_number() -> None:
    done = plan(*DAYS, "--shared-cv", "0.15")
    assert done.exit_code == 0 and done.stdout.startswith("No number of days")
    biased = [*SAMPLER, "--mode", "time", "--flow-swing", "0.5", "--format", "json"]
    body = json.loads(plan(*biased).stdout)
    assert body["answer"]["interval_min"] is None and body["answer"]["reason"]
    assert body["table"][0]["population_needed"] is None


def test_the_visit_of_the_error_model_stands_in_and_is_said() -> None:
    assert "0.4 of a visit" in plan(*POINTS).stdout
    assert "0.2 of a visit" in plan(*POINTS, "--visit-sd", "0.2").stdout


def test_days_in_a_row_say_what_decides_them_though_it_be_zero() -> None:
    decides = "season explains 0 % of the real variance; autocorrelation 0;"
    zeros = ["--season", "0", "--autocorrelation", "0"]
    for design in ("weeks", "consecutive"):
        assert decides in plan(*DAYS, "--design", design, *zeros).stdout
    assert "autocorrelation" not in plan(*DAYS).stdout


@pytest.mark.parametrize("design", ["weeks", "consecutive"])
def test_days_in_a_row_ask_for_what_decides_them_by_the_names_of_the_options(design: str) -> None:
    asked = [*DAYS, "--design", design]
    done = plan(*asked)
    said = f"--design {design}: state --autocorrelation, --season, on which"
    assert (done.exit_code, done.stdout) == (2, "") and said in done.stderr
    assert "state --season, on" in plan(*asked, "--autocorrelation", "0.3").stderr
    assert "state --autocorrelation, on" in plan(*asked, "--season", "0").stderr
    chinese = plan(*asked, "--lang", "zh")
    assert chinese.exit_code == 2
    assert f"--design {design}：请给出 --autocorrelation, --season" in chinese.stderr


@pytest.mark.parametrize("breaks", ["60,20", "20,20", "0,20"])
def test_breaks_that_do_not_rise_are_refused_as_by_the_library(breaks: str) -> None:
    done = plan(*POINTS, "--breaks", breaks)
    given = [float(b) for b in breaks.split(",")]
    with pytest.raises(UsageError) as refused:
        points_for_tier(0.9, 120, given, TownSpread(0.8, 0.6, 0.4))
    assert (done.exit_code, done.stdout) == (2, "")
    where = "Documentation: reference/generated/commands.html#wbe-plan"
    assert done.stderr == f"wbe: {refused.value}\n{where}\n" and "that rise" in done.stderr


def test_a_cv_beyond_the_method_is_answered_with_a_note() -> None:
    wide = ["days", "--error", "20%", "--cv", "150%"]
    note = "the method is valid up to a CV of about 1"
    assert note in plan(*wide).stdout and note not in plan(*DAYS).stdout
    assert "本方法适用于变异系数约 1 以内" in plan(*wide, "--lang", "zh").stdout
    assert json.loads(plan(*wide, "--format", "json").stdout)["answer"]["rough"] is True


@pytest.mark.parametrize("suffix", ["png", "svg"])
def test_a_figure_is_written_whole_and_named(tmp_path: Path, suffix: str) -> None:
    target = tmp_path / f"days.{suffix}"
    done = plan(*DAYS, "--figure", target, "--title", "Our plan")
    assert done.exit_code == 0 and done.stdout.splitlines()[-1] == f"Figure: {target}"
    assert [f.name for f in tmp_path.iterdir()] == [target.name]
    start = {"png": b"\x89PNG", "svg": b"<?xml"}[suffix]
    assert target.read_bytes().startswith(start)


def test_quiet_prints_the_table_alone() -> None:
    done = plan(*DAYS, "--quiet")
    assert done.stdout.splitlines()[0].split()[0] == "days"
    assert "Assumed" not in done.stdout


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["days", "--error", "20", "--cv", "0.5"], "write 0.2 or 20%"),
        (["days", "--error", "5", "--cv", "0.5"], "write 0.05 or 5%"),
        (["days", "--error", "0.2", "--cv", "5"], "cv = 5 is 500 %: write 0.05 for 5 %"),
        (["days", "--error", "0.2", "--cv", "500%"], "cv = 5 is 500 %"),
        ([*DAYS, "--shared-cv", "5"], "write 0.05 for 5 %"),
        ([*SAMPLER, "--mass-cv", "50"], "write 0.5 for 50 %"),
        (["days", "--error", "0.2"], "--cv"),
        ([*DAYS, "--error", "much"], "is not a number"),
        ([*DAYS, "--measurement-cv", "0.6"], "hold it already"),
        ([*DAYS, "--design", "daily"], "stratified"),
        ([*DAYS, "--figure", "plan.pdf"], ".png or .svg"),
        ([*POINTS, "--truth", "60"], "lies on a break"),
        ([*POINTS, "--breaks", "low,high"], "20,60"),
        ([*POINTS, "--most", "2"], "most = 2: needs a whole number of at least 3"),
        ([*CHANGE, "--most", "2"], "most = 2: needs a whole number of at least 3"),
        ([*CHANGE, "--ratio", "1"], "no change"),
        ([*SAMPLER, "--duration", "0"], "duration = 0"),
        (["nonsense"], "nonsense"),
    ],
)
def test_what_makes_no_sense_ends_with_2_and_says_why(args: list[str], said: str) -> None:
    done = plan(*args)
    assert done.exit_code == 2
    assert said in done.stderr
    assert (done.stdout, "Traceback" in done.output) == ("", False)


def test_a_figure_where_nobody_may_write_ends_with_5(tmp_path: Path) -> None:
    done = plan(*DAYS, "--figure", tmp_path / "nowhere" / "days.png")
    assert done.exit_code == 5 and "nowhere" in done.stderr
