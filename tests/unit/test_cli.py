"""The command line: lazy imports, exit codes, streams and signals."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from wbe import __version__
from wbe.cli import cli
from wbe.run import scaffold

COMMANDS = (
    "run", "publish", "diff", "check", "init", "factors", "convert", "reproduce", "explain",
    "completion",
)  # fmt: skip
PLANS = ("days", "points", "change", "sampler")
HEAVY = ("numpy", "pandas", "scipy", "xarray", "geopandas", "matplotlib", "pint", "jinja2")


def wbe(*args: object, **options):
    """Run the command line in a process of its own."""
    environment = {**os.environ, **options.pop("env", {})}
    return subprocess.run(
        [sys.executable, "-m", "wbe.cli", *map(str, args)],
        capture_output=True, env=environment, timeout=120, check=False, **options,
    )  # fmt: skip


def invoke(*args: object):
    return CliRunner().invoke(cli, [str(a) for a in args])


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cli") / "six-towns"
    scaffold.create(folder)
    return folder


@pytest.fixture
def campaign(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "six-towns"))


@pytest.mark.parametrize(
    "args",
    [["--help"], ["--version"], ["plan", "--help"], ["plan", "--version"],
     *([c, "--help"] for c in COMMANDS), *(["plan", p, "--help"] for p in PLANS)],
)  # fmt: skip
def test_help_and_version_load_nothing_heavy(args: list[str]) -> None:
    code = (
        "import sys\nfrom wbe.cli import main\n"
        f"try:\n    main({args!r})\nexcept SystemExit as end:\n    assert end.code == 0\n"
        f"print('loaded:', *[m for m in {HEAVY!r} if m in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.split() == ["loaded:"]
    assert done.stdout


def test_every_command_is_listed_and_has_the_common_options() -> None:
    for command in (*([c] for c in COMMANDS), *(["plan", p] for p in PLANS)):
        text = invoke(*command, "--help").output
        assert all(option in text for option in ("--quiet", "--debug", "--version", "--lang"))
        assert invoke(*command, "--version").output.strip().endswith(__version__)
    listed = invoke("--help").output
    assert all(c in listed for c in (*COMMANDS, "plan"))


def test_run_prints_the_tier_table_and_where_the_map_is(campaign: Path) -> None:
    done = invoke("run", campaign, "--draws", 200, "--seed", 3)
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert lines[0].endswith("Methamphetamine, 2024Q2 (mg/day/1000 inhabitants)")
    assert lines[1].split() == [
        "rank", "area", "tier", "value", "95", "%", "interval", "P(tier)", "remarks",
    ]  # fmt: skip
    assert lines[2].startswith("1     Harbour Town")
    assert str(campaign / "results" / "map.png") in done.stdout
    about = json.loads((campaign / "results" / "run.json").read_text(encoding="utf-8"))
    assert (about["draws"], about["seed"]) == (200, 3)


def test_run_in_chinese_and_quiet(campaign: Path) -> None:
    done = invoke("run", campaign, "--draws", 0, "--lang", "zh", "--out", campaign / "b")
    assert "甲基苯丙胺" in done.stdout and "检查发现" in done.stdout
    done = invoke("run", campaign, "--draws", 0, "--quiet", "--out", campaign / "b")
    assert (done.exit_code, done.stdout, done.stderr) == (0, "", "")


def test_lab_files_alone_run_on_defaults(campaign: Path) -> None:
    files = sorted((campaign / "lab").iterdir())
    places = ["--sites", campaign / "sites.csv", "--areas", campaign / "areas.geojson"]
    done = invoke("run", *files, *places, "--draws", 0)
    assert done.exit_code == 0, done.output
    assert (campaign / "lab" / "results" / "map.png").is_file()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("draws = 10000", "drawz = 1"), "line 21, key 'estimate.drawz'"),
        (('samples = ["lab/*.csv"]', 'samples = ["../*.csv"]'), "outside the campaign"),
    ],
)
def test_a_wrong_configuration_ends_with_2(campaign: Path, change, words: str) -> None:
    file = campaign / "campaign.toml"
    text = file.read_text(encoding="utf-8")
    assert change[0] in text
    file.write_text(text.replace(*change), encoding="utf-8")
    done = invoke("run", campaign, "--quiet")
    assert done.exit_code == 2 and words in done.stderr
    assert "Traceback" not in done.output


def test_rejected_rows_end_with_3_and_the_rest_is_done(campaign: Path) -> None:
    lab = campaign / "lab" / "synthetic-2024Q1.csv"
    first, row, *rest = lab.read_text(encoding="utf-8").splitlines()
    row = row.replace("methamphetamine,19.8", 'methamphetamine,"1,9"')
    lab.write_text("\n".join([first, row, *rest]), encoding="utf-8")
    done = invoke("run", campaign, "--draws", 0)
    assert done.exit_code == 3, done.output
    assert "Findings: 1 error (comma_in_number)" in done.stdout
    assert "Next: wbe explain comma_in_number" in done.stdout.splitlines()[-1]
    assert "1 result of 1 sample lost to errors" in done.stderr
    assert (campaign / "results" / "map.png").is_file()


def test_nothing_usable_ends_with_4_and_lists_the_findings(campaign: Path) -> None:
    lab = campaign / "lab" / "synthetic-2024Q1.csv"
    head = lab.read_text(encoding="utf-8").splitlines()[0]
    lab.write_text(f"{head}\nS1,NORTH-1,2024-02-10,,,ketamine,?,ng/L\n", encoding="utf-8")
    done = invoke("run", lab)
    assert done.exit_code == 4
    assert "synthetic-2024Q1.csv" in done.stderr and "line 2" in done.stderr
    assert "wbe: :" not in done.stderr and ": :" not in done.stderr
    assert not (campaign / "lab" / "results").exists()


def test_a_held_lock_ends_with_5_and_names_the_process(campaign: Path) -> None:
    from wbe.run import folder

    with folder.locked(folder.Place.at(campaign / "results")):
        done = wbe("run", campaign, "--quiet")
    assert done.returncode == 5
    assert f"process {os.getpid()}" in done.stderr.decode()


def test_a_bad_campaign_never_stops_the_others(campaign: Path, tmp_path: Path) -> None:
    other = tmp_path / "bad"
    other.mkdir()
    (other / "campaign.toml").write_text("nonsense = 1\n", encoding="utf-8")
    done = invoke("run", other, campaign, tmp_path / "nowhere.toml", "--draws", 0, "--quiet")
    assert done.exit_code == 3
    assert "nonsense" in done.stderr and "nowhere" in done.stderr
    assert (campaign / "results" / "run.json").is_file()
    assert invoke("run", other, tmp_path / "nowhere.toml").exit_code == 2


@pytest.mark.slow
def test_several_campaigns_under_one_out_get_a_folder_each(campaign: Path, tmp_path: Path) -> None:
    second = shutil.copytree(campaign, tmp_path / "second")
    out = tmp_path / "out"
    done = invoke("run", campaign, second, "--draws", 0, "--quiet", "--out", out)
    assert done.exit_code == 0, done.output
    assert sorted(f.name for f in out.iterdir()) == [".wbe-batch.json", "second", "six-towns"]
    twin = shutil.copytree(campaign, tmp_path / "x" / "second")
    done = invoke("run", second, twin, "--out", out)
    assert done.exit_code == 2 and "same name" in done.stderr


def test_publish_copies_and_refuses(campaign: Path, tmp_path: Path) -> None:
    invoke("run", campaign, "--draws", 0, "--quiet")
    done = invoke("publish", campaign / "results", tmp_path / "pub")
    assert (done.exit_code, done.stdout) == (0, f"Published: 8 files in {tmp_path / 'pub'}\n")
    assert invoke("publish", tmp_path, tmp_path / "pub2").exit_code == 2


def test_publish_speaks_the_language_of_the_run(campaign: Path, tmp_path: Path) -> None:
    text = (campaign / "campaign.toml").read_text(encoding="utf-8")
    text = text.replace('language = "en"', 'language = "zh"')
    (campaign / "campaign.toml").write_text(text, encoding="utf-8")
    invoke("run", campaign, "--draws", 0, "--quiet")
    done = invoke("publish", campaign / "results", tmp_path / "pub")
    assert done.stdout == f"已发布：{tmp_path / 'pub'} 中 8 个文件\n"
    again = invoke("publish", tmp_path / "pub", tmp_path / "again")
    assert again.exit_code == 2 and "已是发布内容" in again.stderr
    said = invoke("publish", campaign / "results", tmp_path / "pub", "--lang", "en").stdout
    assert said.startswith("Published: 8 files")


def test_a_campaign_that_cannot_be_used_says_so_in_its_language(campaign: Path) -> None:
    text = (campaign / "campaign.toml").read_text(encoding="utf-8")
    text = text.replace('language = "en"', 'language = "zh"').replace("draws =", "drawz =")
    (campaign / "campaign.toml").write_text(text, encoding="utf-8")
    for command in ("run", "check"):
        assert "未知的键" in invoke(command, campaign).output
        assert "unknown key" in invoke(command, campaign, "--lang", "en").output


@pytest.mark.slow
def test_errors_name_where_to_read_on(campaign: Path, tmp_path: Path) -> None:
    """An error of use: the command's page; of a key: what explains it; of the machine: its code."""
    for args, page in [
        (("run", "--nonsense"), "commands.html#wbe-run"),
        (("plan", "days"), "commands.html#wbe-plan-days"),
        (("publish", tmp_path, tmp_path / "p"), "commands.html#wbe-publish"),
    ]:
        assert page in wbe(*args).stderr.decode().splitlines()[-1], args
    done = invoke("run", campaign, "--factors", "defalt")
    assert done.stderr.splitlines()[-1] == "wbe explain estimate.factors says more."
    done = invoke("check", campaign)
    assert done.stdout.splitlines()[-2] == "wbe explain read_as_nondetect says more."
    assert "says more" not in invoke("explain", "no_such_thing_at_all").stderr


def test_check_in_text_json_and_strict(campaign: Path) -> None:
    done = invoke("check", campaign)
    assert done.exit_code == 0 and "rows" in done.stdout.splitlines()[-1]
    body = json.loads(invoke("check", campaign, "--format", "json").stdout)
    assert set(body) == {"findings", "summary"}
    assert set(body["summary"]) == {"rows", "accepted", "errors", "flags"}
    assert body["summary"]["flags"] > 0
    assert len(invoke("check", campaign, "--all").stdout) > len(done.stdout)
    assert invoke("check", campaign, "--strict").exit_code == 3
    quiet = invoke("check", campaign, "--quiet", "--annotate", campaign / "a.xlsx")
    assert quiet.exit_code == 0 and quiet.stdout.splitlines() == done.stdout.splitlines()[-1:]
    assert (campaign / "a.xlsx").is_file()
    assert invoke("check", campaign / "nowhere").exit_code == 2


def test_init_makes_a_campaign_and_refuses_a_full_folder(tmp_path: Path) -> None:
    done = invoke("init", tmp_path / "new")
    assert done.exit_code == 0 and "wbe run" in done.stdout
    assert invoke("init", tmp_path / "new").exit_code == 2


def test_factors_as_text_and_csv() -> None:
    done = invoke("factors", "cocaine")
    assert done.exit_code == 0 and "3.59" in done.stdout and "doi:" in done.stdout
    rows = invoke("factors", "--set", "euda", "--format", "csv").stdout.splitlines()
    assert rows[0].startswith("factor_id,") and len(rows) > 3
    done = invoke("factors", "cocane")
    assert done.exit_code == 2 and "cocaine" in done.stderr
    assert invoke("factors", "--set", "nothing").exit_code == 2
    for words, said in (
        (("cocane",), "不是已知毒品"), (("--set", "nothing"), "没有参数集 'nothing'"),
        (("cocaine", "--set", "heroin6mam"), "没有符合条件的参数"),
    ):  # fmt: skip
        done = invoke("factors", *words, "--lang", "zh")
        assert done.exit_code == 2 and said in done.stderr


@pytest.mark.slow
def test_a_narrow_encoding_never_fails(campaign: Path) -> None:
    for encoding in ("ascii", "gbk", "cp1252"):
        done = wbe(
            "run", campaign, "--draws", 0, "--lang", "zh", env={"PYTHONIOENCODING": encoding}
        )
        assert done.returncode == 0, done.stderr
        assert b"Traceback" not in done.stderr and done.stdout


@pytest.mark.slow
def test_a_reader_that_goes_away_changes_nothing(campaign: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "wbe.cli", "run", str(campaign), "--draws", "0"],
        stdout=writer, stderr=subprocess.PIPE, timeout=120, check=False,
    )  # fmt: skip
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, b"")
    assert (campaign / "results" / "run.json").is_file()


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_without_a_traceback_and_keeps_the_old_results(
    campaign: Path, number: int, code: int
) -> None:
    invoke("run", campaign, "--draws", 0, "--quiet")
    before = (campaign / "results" / "run.json").read_bytes()
    process = subprocess.Popen(
        [sys.executable, "-m", "wbe.cli", "run", str(campaign), "--draws", "200000"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while not (campaign / ".wbe-results.new").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.3)
    process.send_signal(number)
    _, errors = process.communicate(timeout=60)
    assert (process.returncode, b"Traceback" in errors) == (code, False), errors
    assert (campaign / "results" / "run.json").read_bytes() == before
    assert not list(campaign.glob(".wbe-*"))


@pytest.mark.slow
def test_debug_shows_the_traceback_and_nothing_else_does(tmp_path: Path) -> None:
    assert b"Traceback" not in wbe("run", tmp_path).stderr
    assert b"Traceback" in wbe("run", tmp_path, "--debug").stderr


def test_an_unforeseen_error_is_one_line_for_people() -> None:
    code = (
        "from wbe.run import scaffold\nfrom wbe import cli\n"
        "scaffold.create = lambda *a: 1 / 0\ncli.main(['init', 'x'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert done.returncode == 1 and b"Traceback" not in done.stderr
    assert b"internal error: ZeroDivisionError" in done.stderr and b"--debug" in done.stderr
    spoken = code.replace("'x'", "'x', '--lang', 'zh'")
    done = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", spoken], capture_output=True, check=False
    )
    assert "程序内部错误：ZeroDivisionError" in done.stderr.decode("utf-8")


def localised(tmp_path: Path) -> dict[str, str]:
    """A GB18030 locale built for the test; without it the test would prove nothing."""
    tool = shutil.which("localedef")
    if tool is None:
        pytest.skip("localedef is not installed, so no GB18030 locale can be built")
    built = subprocess.run(
        [tool, "-i", "zh_CN", "-f", "GB18030", str(tmp_path / "zh_CN.GB18030")],
        capture_output=True, check=False,
    )  # fmt: skip
    if not (tmp_path / "zh_CN.GB18030").is_dir():
        pytest.skip(f"localedef cannot build the locale: {built.stderr.decode()[:200]}")
    return {"LOCPATH": str(tmp_path), "LC_ALL": "zh_CN.GB18030"}


@pytest.mark.slow
def test_locale_time_zone_hash_seed_and_folder_change_no_byte(
    campaign: Path, tmp_path: Path
) -> None:
    text = (campaign / "campaign.toml").read_text(encoding="utf-8")
    text = text.replace('language = "en"', 'language = "zh"').replace("10000", "300")
    (campaign / "campaign.toml").write_text(text, encoding="utf-8")
    chinese = localised(tmp_path)
    probe = "import locale; locale.setlocale(locale.LC_ALL, ''); print(locale.getencoding())"
    told = subprocess.run(
        [sys.executable, "-c", probe],
        env={**os.environ, **chinese},
        capture_output=True,
        check=True,
    )
    assert told.stdout.strip().lower() == b"gb18030"
    worlds = (
        {"LC_ALL": "C", "TZ": "UTC", "PYTHONHASHSEED": "0", "PYTHONUTF8": "0"},
        {**chinese, "TZ": "Asia/Shanghai", "PYTHONHASHSEED": "1", "PYTHONUTF8": "0"},
    )
    found = []
    for i, world in enumerate(worlds):
        out = tmp_path / f"out{i}"
        done = wbe(
            "run", campaign, "--out", out, cwd=(tmp_path, campaign)[i],
            env={**world, "SOURCE_DATE_EPOCH": "1700000000"},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        found.append({f.name: f.read_bytes() for f in sorted(out.iterdir())})
    assert list(found[0]) == list(found[1]) and len(found[0]) == 12
    for name in found[0]:
        assert found[0][name] == found[1][name], name
