"""A campaign's own error model: from its table to the run record and the page."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from wbe.errors import ConfigError
from wbe.run import config, outputs
from wbe.uncertainty import Correlation, ErrorModel, default_model

TRIANGLE = {
    "distribution": "triangular", "measure": "range", "spread": None, "low": 0.8, "high": 1.3,
    "source": "calibration of 2024", "verified": "confirmed",
}  # fmt: skip


def named(campaign: Path, records: list[dict[str, object]]) -> Path:
    """Write an error model into a campaign and name it there."""
    ErrorModel.from_records(records).to_csv(campaign / "errors.csv")
    file = campaign / "campaign.toml"
    text = file.read_text(encoding="utf-8")
    new = text.replace("[estimate]\n", '[estimate]\nerror_model = "errors.csv"\n')
    file.write_text(new, encoding="utf-8")
    return campaign


def edited(**rows: dict[str, object]) -> list[dict[str, object]]:
    return [{**r, **rows.get(r["component"], {})} for r in default_model().to_records()]


@pytest.fixture
def own(campaign: Path) -> Callable[..., Path]:
    return lambda records: named(campaign, records)


def test_an_edited_table_is_used_and_kept_in_the_run_record(own: Callable[..., Path]) -> None:
    pair = {**default_model().to_records()[0], "component": "flow", "partner": "population",
            "measure": "correlation", "distribution": "", "term": "", "spread": 0.3}  # fmt: skip
    campaign = own([*edited(flow=TRIANGLE), pair])
    results, _ = outputs.run(config.load(campaign), campaign / "results")
    model = ErrorModel.from_json(results.result.attrs["error_model"])
    assert model == ErrorModel.read_csv(campaign / "errors.csv")
    run = json.loads((campaign / "results" / "run.json").read_text(encoding="utf-8"))
    assert ErrorModel.from_records(run["error_model"]) == model
    assert model.distribution("flow", {}).kind == "triangular"
    assert model.correlations[0].rho == 0.3
    (entry,) = (i for i in run["inputs"] if i["kind"] == "error_model")
    data = (campaign / "errors.csv").read_bytes()
    assert (entry["name"], entry["sha256"]) == ("errors.csv", hashlib.sha256(data).hexdigest())
    assert run["config"]["data"]["error_model"] == "errors.csv"
    page = (campaign / "results" / "report.html").read_text(encoding="utf-8")
    assert "triangular" in page and "0.3 (correlation)" in page


def test_without_a_table_the_packages_model_is_in_the_record(
    public_run: tuple[Path, object, list[str]],
) -> None:
    run = json.loads((public_run[0] / "run.json").read_text(encoding="utf-8"))
    assert ErrorModel.from_records(run["error_model"]) == default_model()
    assert run["config"]["data"]["error_model"] is None


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("flow,site,flow,,lognormal,rsd,0.1,", "flow,site,flow,,lognormal,rsd,-1,",
         "errors.csv, line 10, key 'spread': flow: spread -1.0 must be finite and >= 0"),
        ("flow,site,flow,", "flow,site,weather,",
         "errors.csv, line 10, key 'term': flow belongs to flow"),
        ("dose,global,", "dose,lab,", "errors.csv, line 22, key 'level': dose is one number"),
    ],
)  # fmt: skip
def test_a_table_that_cannot_be_used_is_a_problem_of_the_configuration(
    own: Callable[..., Path], old: str, new: str, words: str
) -> None:
    campaign = own(edited())
    file = campaign / "errors.csv"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")
    _, (problem,) = config.examine(campaign / "campaign.toml")
    lines = (campaign / "campaign.toml").read_text(encoding="utf-8").splitlines()
    assert problem.key == "estimate.error_model"
    assert lines[problem.line - 1] == 'error_model = "errors.csv"'
    assert words in problem.message


def test_a_table_outside_of_the_campaign_is_refused(own: Callable[..., Path]) -> None:
    campaign = own(edited())
    (campaign / "errors.csv").rename(campaign.parent / "errors.csv")
    file = campaign / "campaign.toml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace('"errors.csv"', '"../errors.csv"'), encoding="utf-8")
    with pytest.raises(ConfigError, match="outside"):
        config.load(campaign)


def test_correlations_survive_the_netcdf_file(own: Callable[..., Path]) -> None:
    import xarray as xr

    model = ErrorModel(default_model().components, (Correlation("flow", "population", -0.2),))
    campaign = own(model.to_records())
    outputs.run(config.load(campaign), campaign / "results")
    with xr.open_dataset(campaign / "results" / "estimates.nc") as stored:
        assert ErrorModel.from_json(stored.attrs["error_model"]) == model
