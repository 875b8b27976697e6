"""Streams and soil of a run: symbols and a sentence on an internal map, nothing in public."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from wbe import plot
from wbe.run import config, outputs, publish
from wbe.run.beside_map import symbols
from wbe.run.campaign import Results
from wbe.spatial import by_area

SITES = (
    "NORTH-R1,River above (synthetic),north,0.075,0.124,wgs84,,,,former_production\n"
    "NORTH-R2,River below (synthetic),north,0.075,0.126,wgs84,,,,former_production\n"
    "EAST-R1,River (synthetic),east,0.125,0.074,wgs84,,,,former_production\n"
    "SOUTH-R1,River of few people (synthetic),south,0.075,0.024,wgs84,900,served,2023-12-31,\n"
    "EAST-S1,Ground (synthetic),east,0.125,0.076,wgs84,,,,former_production\n"
)
ROW = "S-2024Q2-{site},{site},2024-05-10,{matrix},grab,methamphetamine,{value},{unit},1,5,,,,,,s\n"
WATER = {"NORTH-R1": 2.0e3, "NORTH-R2": 7.0, "EAST-R1": 9.0, "SOUTH-R1": 8.0}


@pytest.fixture(scope="module")
def run(made: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Results, list[Any]]:
    """An internal run of a campaign with streams and soil, with the maps that it drew."""
    folder = tmp_path_factory.mktemp("streams") / "six-towns"
    shutil.copytree(made, folder, ignore=shutil.ignore_patterns("results"))
    with (folder / "sites.csv").open("a", encoding="utf-8") as file:
        file.write(SITES)
    with (folder / "lab" / "synthetic-2024Q2.csv").open("a", encoding="utf-8") as file:
        for site, value in WATER.items():
            file.write(ROW.format(site=site, matrix="surface_water", value=value, unit="ng/L"))
        file.write(ROW.format(site="EAST-S1", matrix="soil", value=12, unit="ng/g"))
    text = (folder / "campaign.toml").read_text(encoding="utf-8")
    internal = '[privacy]\naudience = "internal"\npurpose = "round"\napproval = "document 7"\n'
    text = text[: text.index("[privacy]")] + internal
    (folder / "campaign.toml").write_text(text, encoding="utf-8")
    drawn: list[Any] = []
    true_map = plot.tier_map

    def noting(*args: Any, **options: Any) -> Any:
        drawn.append(options)
        return true_map(*args, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plot, "tier_map", noting)
        results, _ = outputs.run(config.load(folder), folder / "out")
        publish.publish(folder / "out", folder / "public")
    return folder, results, drawn


@pytest.mark.slow
def test_an_internal_map_tells_of_streams_and_soil(run: Any) -> None:
    streams, soil = (run[2][0][name] for name in ("purposive", "legacy"))
    told = streams.set_index("area")
    assert told["p_any_high"]["north"] > 0.5 and told["p_any_high"]["east"] < 0.05
    assert soil[["area", "matrix", "highest"]].to_numpy().tolist() == [["east", "soil", 12.0]]
    for folder, said in (("out", True), ("public", False)):
        svg = (run[0] / folder / "map.svg").read_text(encoding="utf-8")
        assert ("Surface water, purposively placed" in svg) is said
        assert ("Soil and sediment keep" in svg) is said


def test_a_stream_whose_catchment_is_too_small_tells_nothing(run: Any) -> None:
    assert "south" not in set(run[1].symbols.streams["area"])
    assert "SOUTH-R1" not in set(run[2][0]["sites"]["site"])


def test_points_have_the_matrix_and_the_role_of_their_samples(run: Any) -> None:
    sites = run[2][0]["sites"].set_index("site")
    assert sites["matrix"][["NORTH-1", "NORTH-R1", "EAST-S1"]].tolist() == [
        "wwtp_influent", "surface_water", "soil",
    ]  # fmt: skip
    assert sites["role"][["NORTH-1", "NORTH-R1"]].tolist() == ["routine", "former_production"]
    assert (sites.geometry.x * 100 % 1).round(6).isin([0, 1]).all()


def test_a_publication_of_it_shows_areas_only(run: Any) -> None:
    assert [run[2][1][name] for name in ("sites", "purposive", "legacy")] == [None] * 3
    page = (run[0] / "public" / "report.html").read_text(encoding="utf-8")
    assert "Surface water" not in page and "NORTH-R1" not in page


def test_an_index_has_no_stream(run: Any) -> None:
    values = by_area(run[1].result)
    assert symbols(values, "index", ()).streams is None
    assert len(symbols(values, "methamphetamine", ()).streams) == 3
