"""``wbe publish``: the publishable set, verified, and nothing that names a site."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from wbe.errors import UsageError
from wbe.run import folder, leaks, publish, record
from wbe.run.publish import PUBLISHABLE, STATISTICS

#: What a campaign without statistics of its areas publishes.
OWN = [name for name in PUBLISHABLE if name != STATISTICS]
EVERY = sorted([*OWN, "run.json"])


def forge(run: Path, name: str, old: str, new: str) -> None:
    """Change an output and its checksum, as a careful forger or a broken writer would."""
    text = (run / name).read_text(encoding="utf-8")
    assert old in text
    (run / name).write_text(text.replace(old, new), encoding="utf-8")
    about = json.loads((run / "run.json").read_text(encoding="utf-8"))
    about["outputs"][name] = folder.checksum(run / name)
    record.write(about, run)


@pytest.fixture
def run(public_run, tmp_path: Path) -> Path:
    return Path(shutil.copytree(public_run[0], tmp_path / "results"))


def test_the_publishable_set_is_copied_unchanged(run: Path, tmp_path: Path) -> None:
    assert publish.publish(run, tmp_path / "pub") == EVERY
    for name in OWN:
        assert (tmp_path / "pub" / name).read_bytes() == (run / name).read_bytes()
    assert folder.is_whole(tmp_path / "pub")


def test_the_published_record_names_no_input_and_no_site(run: Path, tmp_path: Path) -> None:
    publish.publish(run, tmp_path / "pub")
    text = (tmp_path / "pub" / "run.json").read_text(encoding="utf-8")
    about = json.loads(text)
    assert about["kind"] == "publication" and "config" not in about
    assert "synthetic-2024Q1" not in text and "populations" not in about
    assert all(sorted(i) == ["kind", "sha256"] for i in about["inputs"])


def test_an_internal_run_is_published_as_public(internal_run: Path, tmp_path: Path) -> None:
    inside = (internal_run / "report.html").read_text(encoding="utf-8")
    assert "quarterly county round" in inside and "document 7" in inside
    assert "NORTH-1" in inside
    before = publish.read_tiers(internal_run, json.loads((internal_run / "run.json").read_bytes()))
    assert before.loc[before["area"] == "hill", "value"].notna().any()

    assert publish.publish(internal_run, tmp_path / "pub") == EVERY
    kept = leaks.secrets(internal_run)
    assert len(kept.names) > 40 and kept.places
    assert leaks.leaks(tmp_path / "pub", kept) == []
    page = (tmp_path / "pub" / "report.html").read_text(encoding="utf-8")
    assert "document 7" not in page and "NORTH-1" not in page
    about = json.loads((tmp_path / "pub" / "run.json").read_bytes())
    after = publish.read_tiers(tmp_path / "pub", about)
    hidden = after[after["area"] == "hill"]
    assert hidden["value"].isna().all() and (hidden["flags"] == "suppressed").all()
    shown = after[(after["drug"] == "methamphetamine") & (after["round"] == "2024Q2")]
    assert sorted(shown["rank"].dropna()) == [1, 2, 3, 4, 5]


def test_tiers_read_back_are_the_tiers_written(public_run) -> None:
    import numpy as np

    out, results, _ = public_run
    back = publish.read_tiers(out, json.loads((out / "run.json").read_bytes()))
    assert back["area"].tolist() == results.tiers["area"].tolist()
    assert back["tier"].tolist() == results.tiers["tier"].tolist()
    assert back["resolved"].tolist() == results.tiers["resolved"].tolist()
    np.testing.assert_allclose(back["value"], results.tiers["value"], rtol=1e-5)
    assert back.geometry.notna().all()
    assert back["flags"].tolist() == results.tiers["flags"].tolist()
    assert back.attrs["breaks"] == results.tiers.attrs["breaks"]


def test_a_run_that_was_changed_since_is_refused(run: Path, tmp_path: Path) -> None:
    (run / "tiers.csv").write_text("forged", encoding="utf-8")
    with pytest.raises(UsageError, match=r"changed since the run: tiers\.csv"):
        publish.publish(run, tmp_path / "pub")
    assert not (tmp_path / "pub").exists()


def test_a_hidden_value_in_a_table_is_refused(run: Path, tmp_path: Path) -> None:
    line = next(
        r for r in (run / "tiers.csv").read_text(encoding="utf-8").splitlines() if "hill," in r
    )
    cells = line.split(",")
    cells[6] = "17.5"
    forge(run, "tiers.csv", line, ",".join(cells))
    with pytest.raises(UsageError, match="must be suppressed stand in it: hill"):
        publish.publish(run, tmp_path / "pub")
    assert not (tmp_path / "pub").exists()


@pytest.mark.parametrize("text", ["HARBOUR-2", "S-2024Q2-north-1", "0.0750, 0.0740"])
def test_a_site_in_a_file_is_refused(run: Path, tmp_path: Path, text: str) -> None:
    forge(run, "report.html", "</body>", f"<p>{text}</p></body>")
    with pytest.raises(UsageError, match=r"report\.html: "):
        publish.publish(run, tmp_path / "pub")
    assert not (tmp_path / "pub").exists()


def test_only_an_earlier_publication_is_replaced(run: Path, tmp_path: Path) -> None:
    publish.publish(run, tmp_path / "pub")
    assert publish.publish(run, tmp_path / "pub") == EVERY
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("x", encoding="utf-8")
    with pytest.raises(UsageError, match="no run wrote"):
        publish.publish(run, tmp_path / "mine")
    other = shutil.copytree(run, tmp_path / "other")
    with pytest.raises(UsageError, match="holds a run"):
        publish.publish(run, Path(other))
    with pytest.raises(UsageError, match="publication already"):
        publish.publish(tmp_path / "pub", tmp_path / "again")
    for inside in (run, run / "pub"):
        with pytest.raises(UsageError, match=r"lies in the run .*choose another DIR"):
            publish.publish(run, inside)
    assert not (run / "pub").exists()


def test_refusals_name_the_paths_as_typed(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(run)
    with pytest.raises(UsageError, match=r"^pub lies in the run \.; "):
        publish.publish(Path("."), Path("pub"))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=r"^here/\.\./nothing is not a finished run"):
        publish.publish(Path("here/../nothing"), Path("pub"))
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("x", encoding="utf-8")
    with pytest.raises(UsageError, match=r"^mine holds files .*choose another DIR$"):
        publish.publish(run, Path("mine"))


def test_a_folder_without_a_record_is_no_run(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    with pytest.raises(UsageError, match="not a finished run"):
        publish.publish(tmp_path / "x", tmp_path / "pub")
    (tmp_path / "x" / "run.json").write_text('{"schema": 99}', encoding="utf-8")
    with pytest.raises(UsageError, match="not a run record"):
        publish.publish(tmp_path / "x", tmp_path / "pub")
