"""``wbe convert`` between geographic files: what a run guarded stays guarded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner

import wbe
from wbe.cli import cli
from wbe.io import read_tiers
from wbe.run import leaks

BAD = Path(__file__).parents[2] / "data" / "bad"
EXAMPLE = Path(__file__).parents[3] / "data" / "samples" / "example-county"


def convert(*words: Any) -> Any:
    return CliRunner().invoke(cli, ["convert", *map(str, words)])


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("runs") / "results"
    files = [str(EXAMPLE / "lab" / "2018Q1_plants_synthetic.csv")]
    places = ["--sites", str(EXAMPLE / "sites.csv"), "--areas", str(EXAMPLE / "areas.geojson")]
    done = CliRunner().invoke(cli, ["run", *files, *places, "--draws", "100", "--out", str(out)])
    assert done.exit_code in (0, 3), done.output
    return out


@pytest.mark.parametrize("suffix", ["parquet", "geojson", "gpkg"])
def test_the_tiers_of_a_run_are_those_of_its_tables_and_tell_no_site(
    run: Path, tmp_path: Path, suffix: str
) -> None:
    done = convert(run / "areas.gpkg", tmp_path / f"areas.{suffix}")
    assert done.exit_code == 0 and "layout tiers (read as gpkg)" in done.output
    given, back = read_tiers(run / "areas.gpkg"), read_tiers(tmp_path / f"areas.{suffix}")
    pd.testing.assert_frame_equal(pd.DataFrame(back), pd.DataFrame(given), check_like=True)
    hidden = back["flags"].str.contains("suppressed")
    assert hidden.any() and back.loc[hidden, ["value", "lower", "upper"]].isna().all(axis=None)
    assert leaks.leaks(tmp_path, leaks.secrets(run)) == []


def test_properties_that_areas_do_not_have_are_listed_as_lost(tmp_path: Path) -> None:
    done = convert(EXAMPLE / "areas.geojson", tmp_path / "a.gpkg")
    assert done.exit_code == 0 and "name_en (13 cells)" in done.output
    assert wbe.read_areas(tmp_path / "a.gpkg").equals(wbe.read_areas(EXAMPLE / "areas.geojson"))


def test_refused_features_are_left_out_only_where_that_is_allowed(tmp_path: Path) -> None:
    source, target = BAD / "geo_formats" / "shape_cut.parquet", tmp_path / "a.geojson"
    assert convert(source, target).exit_code == 3 and not target.exists()
    done = convert(source, target, "--allow-rejected")
    assert done.exit_code == 3 and "1 refused feature not carried" in done.output
    assert wbe.read_areas(target)["area"].tolist() == ["A2"]


def test_a_file_that_holds_nothing_is_not_written(tmp_path: Path) -> None:
    done = convert(BAD / "geography" / "no_features.geojson", tmp_path / "a.gpkg")
    assert done.exit_code == 4
    assert not (tmp_path / "a.gpkg").exists()


def test_a_layer_is_not_written_over_itself(tmp_path: Path) -> None:
    source = tmp_path / "a.geojson"
    source.write_bytes((EXAMPLE / "areas.geojson").read_bytes())
    done = convert(source, source)
    assert done.exit_code == 2 and source.read_bytes() == (EXAMPLE / "areas.geojson").read_bytes()


def test_samples_of_netcdf_become_a_table(tmp_path: Path) -> None:
    done = convert(BAD / "netcdf" / "samples.nc", tmp_path / "s.csv")
    assert done.exit_code == 0, done.output
    one, other = wbe.read(BAD / "netcdf" / "samples.nc"), wbe.read(tmp_path / "s.csv")
    assert one["concentration"].equals(other["concentration"])
