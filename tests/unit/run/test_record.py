"""run.json: plain, complete, and silent about the machine."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from wbe.errors import UsageError
from wbe.run import config, record


def test_the_time_stamp_honours_source_date_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    assert record.created() == "1970-01-01T00:00:00+00:00"
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "yesterday")
    with pytest.raises(UsageError, match="SOURCE_DATE_EPOCH='yesterday'"):
        record.created()
    monkeypatch.delenv("SOURCE_DATE_EPOCH")
    assert record.created() > "2026"


def test_every_kind_of_value_becomes_plain_json() -> None:
    mixed = {
        1: np.float64("nan"),
        "a": (np.int64(3), np.array([1.5, np.inf])),
        "b": [True, None, {"x"}, Path("/secret/place/file.csv")],
    }
    assert record.plain(mixed) == {
        "1": None, "a": [3, [1.5, None]], "b": [True, None, ["x"], "file.csv"],
    }  # fmt: skip


def test_versions_name_every_library_that_makes_numbers() -> None:
    found = record.versions()
    assert {"wbe", "python", "numpy", "scipy", "geopandas", "matplotlib"} <= set(found)
    assert all(found.values())


def test_inputs_outside_the_campaign_go_by_their_base_name(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outside = tmp_path / "downloads" / "loads.csv"
    outside.parent.mkdir()
    outside.write_text("x", encoding="utf-8")
    loaded = config.load(made, {"data.samples": [str(outside)]})
    assert record.inputs(loaded)[0]["name"] == "loads.csv"
    assert record.settings(loaded)["data"]["samples"] == ["loads.csv"]
    assert str(tmp_path) not in json.dumps(record.plain(record.settings(loaded)))


def test_a_record_is_read_back_as_written(tmp_path: Path) -> None:
    about = {"schema": record.SCHEMA, "title": "县", "outputs": {}}
    record.write(about, tmp_path)
    assert record.read(tmp_path) == about
    assert "县" in (tmp_path / "run.json").read_text(encoding="utf-8")


def test_a_public_page_prints_no_input_file_and_no_population() -> None:
    about = {
        "schema": 1, "kind": "run", "title": "t", "seed": 3, "created": "now", "outputs": {},
        "inputs": [{"kind": "samples", "name": "plant-7.csv", "sha256": "ab", "bytes": 1}],
        "config": {"data": {"samples": ["plant-7.csv"]}, "privacy": {"purpose": "secret"}},
        "privacy": {"purpose": ""}, "populations": {"a": 3.0}, "references": ["r"],
    }  # fmt: skip
    shown = record.for_page(about, internal=False)
    assert shown["seed"] == 3 and shown["inputs"] == [{"kind": "samples", "sha256": "ab"}]
    assert not {"plant-7", "secret", "populations", "now"} & set(json.dumps(shown).split('"'))
    inside = record.for_page(about, internal=True)
    assert inside["inputs"][0]["name"] == "plant-7.csv" and "data" in inside["config"]
