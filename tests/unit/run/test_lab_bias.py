"""A run with the bias of its own laboratory: in the record, in the file, in the intervals."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from wbe import qc
from wbe.run import config, outputs
from wbe.uncertainty import ErrorModel, default_model


@pytest.mark.slow
def test_a_run_with_a_bias_row_widens_its_drug_and_keeps_the_row_in_its_record(
    campaign: Path,
) -> None:
    plain, _ = outputs.run(config.load(campaign), campaign / "plain")
    analytes = [str(a) for a in plain.result["analyte"].values]
    first = plain.result["mass_load_upper"].notnull().any("sample").values
    analyte = analytes[int(np.argmax(first))]
    own = qc.LabBias("the city's laboratory", analyte, 6, 0.5, 0.1, 0.02)
    model = qc.with_lab_bias(default_model(), [own], source="synthetic exercise")
    model.to_csv(campaign / "errors.csv")
    file = campaign / "campaign.toml"
    text = file.read_text(encoding="utf-8")
    new = text.replace("[estimate]\n", '[estimate]\nerror_model = "errors.csv"\n')
    file.write_text(new, encoding="utf-8")
    biased, _ = outputs.run(config.load(campaign), campaign / "results")
    record = json.loads((campaign / "results" / "run.json").read_text(encoding="utf-8"))
    assert ErrorModel.from_records(record["error_model"]) == model
    widths = [
        np.log(run.result["mass_load_upper"] / run.result["mass_load_lower"])
        for run in (plain, biased)
    ]
    known = widths[0].notnull()
    before, after = (w.where(known) for w in widths)
    here = {"analyte": analyte}
    # both general errors together: bias 0.1 before, own.log_sd() after; the rest unchanged
    rest = before.sel(here) ** 2 - (3.92 * np.sqrt(np.log1p(0.1**2))) ** 2
    expected = np.sqrt(rest + (3.92 * own.log_sd()) ** 2)
    quantified = plain.result["status"].sel(here) == "quantified"
    ratio = (after.sel(here) / expected).where(quantified)
    assert float(abs(ratio - 1).max()) < 0.02
    others = [a for a in analytes if a != analyte]
    same = (after.sel(analyte=others) / before.sel(analyte=others)).values
    assert np.nanmax(np.abs(same - 1)) < 1e-9
