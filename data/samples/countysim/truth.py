"""The county's truth: populations, kinds of point, typical loads. Drawn once per truth seed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .constants import (
    ANALYTES,
    CHANNEL,
    EPH_PER_MADE_METH,
    FOLLOWS,
    INDEX,
    OTHER_STREAM_RANKS,
    PLANT,
    POINTS,
    POPULATION_RANGE,
    PRODUCTION_SHARE,
    SMALL_POPULATION,
    SMALL_TOWN,
    SOIL,
    STREAM,
    TOWNS,
    VISITORS,
    Spread,
)

Array = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]

METH = INDEX["methamphetamine"]

#: One number per independent layer of randomness; never reuse or reorder.
LAYERS = {
    name: number
    for number, name in enumerate(
        (
            "population", "town", "round", "kinds", "geometry", "served", "share", "ratio",
            "visit", "point", "sampling", "analysis", "lab", "flow", "people", "marker_town",
            "marker_day", "water", "dilution", "plant_water", "plant_day", "stream",
            "stream_round", "soil", "soil_round",
        ),
        start=1,
    )
}  # fmt: skip


def stream_of(seed: int, layer: str, *keys: int) -> np.random.Generator:
    """Return the random stream of a layer, keyed by what it belongs to and never by position.

    Parameters
    ----------
    seed : int
    layer : str
        A key of ``LAYERS``.
    *keys : int
        Round ordinal, analyte or family: leaving out a round or an analyte changes no other.

    Returns
    -------
    numpy.random.Generator
    """
    return keyed(seed, LAYERS[layer], *keys)


def keyed(seed: int, layer: int, *keys: int) -> np.random.Generator:
    """Return the random stream of a numbered layer; the city's layers begin at 101."""
    # the number of keys is part of the seed: numpy reads [1, 2] and [1, 2, 0] as the same seed
    return np.random.default_rng([seed, layer, len(keys), *keys])


def ordinal(round_: str) -> int:
    """Return the running number of a quarter written ``2018Q1``."""
    year, quarter = round_.split("Q")
    return int(year) * 4 + int(quarter)


@dataclass(frozen=True)
class Truth:
    """What is true of the county, whatever is sampled.

    Attributes
    ----------
    seed : int
    rounds : tuple of str
    resident : array (town)
        Registered as living there [inhabitant].
    present : array (town, round)
        Really there when sampled [inhabitant].
    served_share : array (town)
        Share of the town's people behind the plant at point 1 [1].
    domestic_share : array (town)
        Share of domestic sewage in the plant's flow [1].
    kinds : array (town, point)
        Codes of ``constants.MATRIX``.
    production_share : array (town)
        Part of the methamphetamine in the town's sewage that was made there, not used [1].
    legacy_soil : array (town)
        Whether the soil point still carries residues.
    all_source, use_only : array (town, round, analyte)
        Typical sewage load theta [mg/day/1000 inhabitants]; NaN for population markers, whose
        level is an error shared by a town's samples and so belongs to the sampling seed.
    """

    seed: int
    rounds: tuple[str, ...]
    resident: Array
    present: Array
    served_share: Array
    domestic_share: Array
    kinds: Codes
    production_share: Array
    legacy_soil: npt.NDArray[np.bool_]
    all_source: Array
    use_only: Array


def draw_truth(seed: int, rounds: tuple[str, ...], spread: Spread) -> Truth:
    """Draw a county.

    Parameters
    ----------
    seed : int
    rounds : tuple of str
        Quarters, ``2018Q1``.
    spread : Spread

    Returns
    -------
    Truth
    """
    resident = _populations(seed)
    effect = stream_of(seed, "town", 0).normal(0.0, spread.town, len(TOWNS))
    ranked = [town for town in np.argsort(-effect, kind="stable") if town != SMALL_TOWN]
    production = np.zeros(len(TOWNS))
    for rank, share in PRODUCTION_SHARE.items():
        production[ranked[rank]] = share
    kinds = _kinds(seed, ranked)
    use, made = _town_loads(seed, effect, production)
    change = np.array(
        [stream_of(seed, "round", ordinal(r)).normal(0, spread.round_) for r in rounds]
    )
    by_round = np.exp(change)[None, :, None]
    present = np.repeat(resident[:, None], len(rounds), axis=1)
    if VISITORS[1] in rounds:
        present[ranked[VISITORS[0]], rounds.index(VISITORS[1])] *= VISITORS[2]
    soil_towns = np.flatnonzero(kinds[:, -1] == SOIL)
    legacy = np.zeros(len(TOWNS), dtype=bool)
    legacy[soil_towns[: len(soil_towns) // 2]] = True
    return Truth(
        seed=seed,
        rounds=rounds,
        resident=resident,
        present=present,
        served_share=stream_of(seed, "served").uniform(0.35, 0.8, len(TOWNS)),
        domestic_share=np.round(stream_of(seed, "share").uniform(0.8, 0.95, len(TOWNS)), 2),
        kinds=kinds,
        production_share=production,
        legacy_soil=legacy,
        all_source=(use + made)[:, None, :] * by_round,
        use_only=use[:, None, :] * by_round,
    )


def _populations(seed: int) -> Array:
    low, high = np.log(POPULATION_RANGE)
    drawn = np.exp(stream_of(seed, "population").uniform(low, high, len(TOWNS)))
    drawn[0] = POPULATION_RANGE[1]
    drawn[:] = np.round(drawn, -2)
    drawn[SMALL_TOWN] = SMALL_POPULATION
    return np.asarray(drawn, dtype=np.float64)


def _kinds(seed: int, ranked: list[int]) -> Codes:
    """Point 1 is the plant, 2-4 channels, 5 a stream (6 towns), soil (4) or a channel (3)."""
    kinds = np.full((len(TOWNS), POINTS), CHANNEL)
    kinds[:, 0] = PLANT
    streams = [ranked[rank] for rank in (*PRODUCTION_SHARE, *OTHER_STREAM_RANKS)]
    kinds[streams, -1] = STREAM
    rest = [town for town in range(len(TOWNS)) if town not in streams]
    kinds[stream_of(seed, "kinds").permutation(rest)[:4], -1] = SOIL
    return kinds


def _town_loads(seed: int, effect: Array, production: Array) -> tuple[Array, Array]:
    """Typical loads from use, and from production, before the round's change: (town, analyte)."""
    use = np.full((len(TOWNS), len(ANALYTES)), np.nan)
    made = np.zeros_like(use)
    for i, analyte in enumerate(ANALYTES):
        if analyte.is_drug and i != METH and analyte.id not in FOLLOWS:
            drawn = stream_of(seed, "town", i).normal(0.0, analyte.town_sd, len(TOWNS))
            use[:, i] = analyte.level * np.exp(drawn)
    total = ANALYTES[METH].level * np.exp(effect)
    made[:, METH] = total * production
    use[:, METH] = total - made[:, METH]
    for name, (other, ratio) in FOLLOWS.items():
        i = INDEX[name]
        drawn = stream_of(seed, "ratio", i).normal(0.0, ANALYTES[i].town_sd, len(TOWNS))
        use[:, i] = ratio * np.exp(drawn) * use[:, INDEX[other]]
    made[:, INDEX["ephedrine"]] = EPH_PER_MADE_METH * made[:, METH]
    return use, made
