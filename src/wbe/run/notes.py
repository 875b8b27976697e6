"""What a run assumed where its input left a choice, said on the console and on the page."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from wbe.run.config import Config
from wbe.run.words import say

if TYPE_CHECKING:
    import xarray as xr

AUTO = "auto"


def taken(samples: xr.Dataset, config: Config, rounds: str) -> list[str]:
    """Ids of the notes that a campaign needs.

    Parameters
    ----------
    samples : Dataset (sample, analyte)
        From :func:`wbe.locate`.
    config : Config
    rounds : str
        What `rounds_option` chose.
    """
    areas, sites = (samples[name].values.astype(str) for name in ("area", "site"))
    needed = {
        "single_sites": config.data.areas is None and bool((areas == sites).all()),
        "one_round": rounds != config.tiers.rounds,
    }
    return [name for name, is_needed in needed.items() if is_needed]


def uncalibrated(result: xr.Dataset, shown: xr.Dataset) -> list[str]:
    """Say that the areas shown could not calibrate a marker that the whole campaign could.

    Parameters
    ----------
    result : Dataset (sample, analyte)
        From :func:`wbe.estimate`.
    shown : Dataset
        From :func:`wbe.by_area`, of the areas shown.
    """
    lost = set(json.loads(result.attrs["markers"])) - set(json.loads(shown.attrs["markers"]))
    return ["uncalibrated"] if lost else []


def rounds_option(samples: xr.Dataset, config: Config) -> str:
    """The rounds of the configuration; ``all`` where none are set and no sample has any."""
    stated = (samples["round"].values.astype(str) != "").any()
    dated = samples["time"].notnull().any()
    return "all" if config.tiers.rounds == AUTO and not (stated or dated) else config.tiers.rounds


def sentences(tiers: Mapping[str, Any], lang: str) -> list[str]:
    """Sentences about a run, from the attrs of its tiers: statistic of the areas, and notes."""
    level = say(f"level.{tiers['design']}.{tiers['statistic']}", lang)
    by = "areas_by.stated" if tiers.get("statistic_stated") else "areas_by"
    return [say(by, lang, level=level), *(say(f"note.{n}", lang) for n in tiers.get("notes", ()))]
