"""From the truth to what the laboratories report: the sampling of a county, once per seed.

The log of the per-capita load that a sewage sample stands for is

    z = ln(theta of the town and round) + visit + point + sampling

with the visit shared by all sewage points of the town and round and by all drugs, the point kept
over the rounds, and neither touching population markers. The concentration follows by the water
that carries the load; reported values add bias and repeatability, are rounded to three
significant digits, and are cut at the limits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from .constants import (
    ANALYTES,
    CHANNEL,
    IDS,
    INDEX,
    LABS,
    MATRIX,
    PLANT,
    POINTS,
    ROUNDS,
    SOIL,
    SOIL_PANEL,
    STREAM,
    STREAM_PANEL,
    TOWNS,
    Spread,
)
from .tables import areas_table, records_table, sites_table, truth_table
from .truth import Array, Codes, Truth, draw_truth, ordinal, stream_of

N_TOWNS = len(TOWNS)
DEFAULT_SPREAD = Spread()
#: Streams below former production sites and background streams; methamphetamine, amphetamine,
#: ephedrine, ketamine, cotinine [ng/L].
STREAM_LEVELS = {
    True: (1500.0, 22.0, 900.0, 1.0, 120.0),
    False: (30.0, 2.5, 8.0, 1.0, 150.0),
}
#: Soil with and without residues; methamphetamine, ephedrine [ng/g].
SOIL_LEVELS = {True: (15.0, 6.0), False: (0.4, 0.3)}


@dataclass(frozen=True)
class Design:
    """One entry per sample, as codes: round, town, point (from 0), kind and laboratory."""

    round: Codes
    town: Codes
    point: Codes
    kind: Codes
    lab: Codes


@dataclass(frozen=True)
class County:
    """A simulated county.

    Attributes
    ----------
    seed : int
        Seed of everything but the truth.
    facts : Truth
    design : Design
    analytes : tuple of str
        The simulated ones.
    carried : array (sample, analyte)
        Per-capita load that the sample stands for, after visit, point and sampling
        [mg/day/1000 inhabitants]; NaN for streams and soil.
    exact : array (sample, analyte)
        Concentration before laboratory error [ng/L], soil [ng/g]; NaN where not measured.
    reported : array (sample, analyte)
        As the laboratory prints it, before it is cut at the limits.
    status : array of str (sample, analyte)
    lod, loq : array (sample, analyte)
        The limits as far as the laboratory states them, in the unit of ``reported``.
    visit : array (town, round)
        Visit effects, log scale.
    marker_load : array (town, analyte)
        The town's typical per-capita load of each marker [mg/day/1000 inhabitants], else NaN.
    flow, population : array (sample)
        As reported [m^3/day], [inhabitant]; NaN where there is none.
    """

    seed: int
    facts: Truth
    design: Design
    analytes: tuple[str, ...]
    carried: Array
    exact: Array
    reported: Array
    status: npt.NDArray[np.str_]
    lod: Array
    loq: Array
    visit: Array
    marker_load: Array
    flow: Array
    population: Array

    @cached_property
    def records(self) -> pd.DataFrame:
        """Tidy: one row per sample and analyte, from the truth to what was reported."""
        return records_table(self)

    @cached_property
    def truth(self) -> pd.DataFrame:
        """One row per town, round and analyte: typical loads, visit effect, populations."""
        return truth_table(self)

    @cached_property
    def sites(self) -> pd.DataFrame:
        """The columns of a sites table; identifiers as the lab files spell them."""
        return sites_table(self)

    @cached_property
    def areas(self) -> pd.DataFrame:
        """One row per town: names, resident population, seat."""
        return areas_table(self)


def simulate(
    seed: int,
    *,
    rounds: Sequence[str] = ROUNDS,
    truth_seed: int | None = 2018,
    analytes: Sequence[str] | None = None,
    spread: Spread = DEFAULT_SPREAD,
) -> County:
    """Sample a synthetic county.

    Parameters
    ----------
    seed : int
        Seed of visits, points, shared errors, sampling and analysis.
    rounds : sequence of str
        Quarters.
    truth_seed : int or None
        Seed of the truth: populations, typical loads, kinds of point, geometry. None takes
        ``seed``, so that every seed is another county.
    analytes : sequence of str, optional
        Limit to these canonical names; their numbers are those of the full panel.
    spread : Spread
        Sizes of effects and errors.

    Returns
    -------
    County

    Raises
    ------
    KeyError
        If an analyte is not in the panel.
    """
    columns = [INDEX[name] for name in (IDS if analytes is None else analytes)]
    facts = draw_truth(seed if truth_seed is None else truth_seed, tuple(rounds), spread)
    design = _design(facts)
    visit = np.stack(
        [stream_of(seed, "visit", ordinal(r)).normal(0, spread.visit, N_TOWNS) for r in rounds],
        axis=1,
    )
    marker_load = _marker_loads(seed)
    carried = np.stack(
        [_carried(seed, i, facts, design, visit, marker_load, spread) for i in columns], axis=1
    )
    litres, flow, population = _water(seed, facts, design, spread)
    exact = carried * 1000.0 / litres[:, None]
    for place, i in enumerate(columns):
        _fill_purposive(exact[:, place], seed, i, facts, design)
    exact[~_measured(design, columns)] = np.nan
    factor = np.stack([_laboratory(seed, i, facts, design, spread) for i in columns], axis=1)
    status, lod, loq = _censor(exact * factor, design, columns)
    return County(
        seed=seed,
        facts=facts,
        design=design,
        analytes=tuple(IDS[i] for i in columns),
        carried=carried,
        exact=exact,
        reported=three_digits(exact * factor),
        status=status,
        lod=lod,
        loq=loq,
        visit=visit,
        marker_load=marker_load,
        flow=flow,
        population=population,
    )


def significant(values: Array, digits: int) -> Array:
    """Round to significant decimal digits, each value the float nearest to its decimal print."""
    with np.errstate(divide="ignore", invalid="ignore"):
        places = np.nan_to_num(digits - 1 - np.floor(np.log10(values)))
    up = 10.0 ** np.maximum(places, 0)
    down = 10.0 ** np.maximum(-places, 0)
    return np.asarray(np.rint(values * up / down) * down / up)


def three_digits(values: Array) -> Array:
    """Round as the laboratories do."""
    return significant(values, 3)


def _design(facts: Truth) -> Design:
    """Every point in every round; the third laboratory takes a stream town's points 4 and 5."""
    shape = (len(facts.rounds), N_TOWNS, POINTS)
    round_, town, point = (axis.ravel() for axis in np.indices(shape))
    kind = facts.kinds[town, point]
    stream_town = facts.kinds[town, -1] == STREAM
    third = (kind >= STREAM) | (stream_town & (point == POINTS - 2))
    lab = np.where(kind == PLANT, 0, np.where(third, 2, 1))
    return Design(round=round_, town=town, point=point, kind=kind, lab=lab)


def _marker_loads(seed: int) -> Array:
    loads = np.full((N_TOWNS, len(ANALYTES)), np.nan)
    for i, analyte in enumerate(ANALYTES):
        if not analyte.is_drug:
            effect = stream_of(seed, "marker_town", i).normal(0.0, analyte.town_sd, N_TOWNS)
            loads[:, i] = analyte.level * np.exp(effect)
    return loads


def _per_round(seed: int, layer: str, facts: Truth, design: Design, *keys: int) -> Array:
    """Standard normal numbers (sample), one table of town and point per round."""
    tables = np.stack(
        [
            stream_of(seed, layer, ordinal(r), *keys).standard_normal((N_TOWNS, POINTS))
            for r in facts.rounds
        ]
    )
    return np.asarray(tables[design.round, design.town, design.point])


def _per_point(seed: int, layer: str, design: Design, *keys: int) -> Array:
    """Standard normal numbers (sample) that a point keeps over the rounds."""
    table = stream_of(seed, layer, *keys).standard_normal((N_TOWNS, POINTS))
    return np.asarray(table[design.town, design.point])


def _carried(
    seed: int,
    i: int,
    facts: Truth,
    design: Design,
    visit: Array,
    marker_load: Array,
    spread: Spread,
) -> Array:
    """Per-capita load that each sewage sample stands for, of one analyte."""
    analyte = ANALYTES[i]
    if not analyte.is_drug:
        noise = spread.marker_day * _per_round(seed, "marker_day", facts, design, i)
        load = marker_load[design.town, i] * np.exp(noise)
    else:
        sampling = np.where(design.kind == PLANT, spread.composite, spread.grab)
        log_effect = (
            visit[design.town, design.round]
            + spread.point * _per_point(seed, "point", design, analyte.family)
            + sampling * _per_round(seed, "sampling", facts, design, analyte.family)
        )
        load = facts.all_source[design.town, design.round, i] * np.exp(log_effect)
    return np.where(design.kind <= CHANNEL, load, np.nan)


def _water(seed: int, facts: Truth, design: Design, spread: Spread) -> tuple[Array, Array, Array]:
    """Litres per person really in the water, reported flow and reported served population."""
    channel = spread.channel_water * np.exp(
        np.log(spread.channel_gsd) * _per_point(seed, "water", design)
        + spread.dilution * _per_round(seed, "dilution", facts, design)
    )
    plant = (
        spread.plant_water
        / facts.domestic_share[design.town]
        * np.exp(
            np.log(spread.plant_gsd) * _per_point(seed, "plant_water", design)
            + 0.1 * _per_round(seed, "plant_day", facts, design)
        )
    )
    is_plant = design.kind == PLANT
    present = facts.present[design.town, design.round] * facts.served_share[design.town]
    stated = facts.resident[design.town] * facts.served_share[design.town]
    flow_bias = np.exp(spread.flow * _per_point(seed, "flow", design))
    people_bias = np.exp(spread.population * _per_point(seed, "people", design))
    flow = significant(present * plant / 1000.0 * flow_bias, 4)
    population = np.rint(significant(stated * people_bias, 4))
    return (
        np.where(is_plant, plant, channel),
        np.where(is_plant, flow, np.nan),
        np.where(is_plant, population, np.nan),
    )


def _fill_purposive(exact: Array, seed: int, i: int, facts: Truth, design: Design) -> None:
    """Streams and soil, in place: they follow the former production site, not the sewage."""
    name = IDS[i]
    for kind, panel, levels, layer, marked in (
        (STREAM, STREAM_PANEL, STREAM_LEVELS, "stream", facts.production_share > 0),
        (SOIL, SOIL_PANEL, SOIL_LEVELS, "soil", facts.legacy_soil),
    ):
        if name not in panel:
            continue
        place = panel.index(name)
        level = np.where(marked, levels[True][place], levels[False][place])[design.town]
        # common to the panel: more or less of the same water or earth
        common = 0.5 * _per_point(seed, layer, design)
        if kind == STREAM:
            common = common + 0.4 * _per_round(seed, "stream_round", facts, design)
        own = 0.25 * _per_round(seed, f"{layer}_round", facts, design, i)
        here = design.kind == kind
        exact[here] = (level * np.exp(common + own))[here]


def _measured(design: Design, columns: list[int]) -> npt.NDArray[np.bool_]:
    names = np.array([IDS[i] for i in columns])
    third = design.lab == 2
    soil = design.kind == SOIL
    measured = np.ones((len(design.kind), len(columns)), dtype=bool)
    measured[third] = np.isin(names, STREAM_PANEL)
    measured[soil] = np.isin(names, SOIL_PANEL)
    return measured


def _laboratory(seed: int, i: int, facts: Truth, design: Design, spread: Spread) -> Array:
    bias = stream_of(seed, "lab", i).normal(0.0, spread.lab, len(LABS))[design.lab]
    repeat = spread.analysis * _per_round(seed, "analysis", facts, design, i)
    return np.asarray(np.exp(bias + repeat))


def _censor(
    observed: Array, design: Design, columns: list[int]
) -> tuple[npt.NDArray[np.str_], Array, Array]:
    """Status, and the limits as far as the files state them."""
    soil = (design.kind == SOIL)[:, None]
    lod, loq = (
        np.where(
            soil,
            [getattr(ANALYTES[i], f"soil_{limit}") for i in columns],
            [float(getattr(ANALYTES[i], limit)) for i in columns],
        )
        for limit in ("lod", "loq")
    )
    status = np.full(observed.shape, "quantified", dtype="U12")
    status[observed < loq] = "below_loq"
    status[observed < lod] = "below_lod"
    status[np.isnan(observed)] = "not_measured"
    # only the second laboratory prints limits beside every value; the others print the one that
    # a value fell short of, and for some cells not even that
    listed = (design.lab == 1)[:, None]
    unstated = unstated_limit(design, [IDS[i] for i in columns])
    lod[~((listed & (status != "not_measured")) | ((status == "below_lod") & ~unstated))] = np.nan
    loq[~((listed & (status != "not_measured")) | (status == "below_loq"))] = np.nan
    return status, lod, loq


def unstated_limit(design: Design, analytes: Sequence[str]) -> npt.NDArray[np.bool_]:
    """Cells where a laboratory writes "not detected" and no limit (sample, analyte)."""
    names = np.array(analytes)
    first = (design.lab == 0)[:, None] & (names == "6-monoacetylmorphine")
    third = (design.kind == SOIL)[:, None] & (names == "ephedrine")
    return np.asarray(first | third)


def matrix_of(design: Design) -> npt.NDArray[np.str_]:
    """Matrix of each sample, canonical name."""
    return np.array(MATRIX)[design.kind]
