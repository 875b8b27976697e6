"""From habits and weather to what the laboratories report, day by day.

The load that a catchment's sewage carries on a day, for a thousand people connected, is

    level of the plant x trend x season x weekday x holiday x day x (people present / connected)

It rides in the day's water: dry-weather use of the people present, and rain in combined sewers.
A composite sample, the laboratory, the flow meter and the stated population add their errors;
results are rounded to three significant digits and cut at the limits.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd
from countysim.model import significant, three_digits
from countysim.truth import Array, keyed

from .constants import (
    AREAS,
    FAILURES,
    FIRST,
    FOLLOWS,
    HABITS,
    IDS,
    LABS,
    LAST,
    MISSING,
    OCTOBER,
    PANEL,
    PLANTS,
    RAIN_CHANCE,
    RAIN_MEAN,
    SPRING_FESTIVALS,
    STAYING,
    STUCK,
    WET_MONTHS,
    Spread,
)

Flags = npt.NDArray[np.bool_]
N_PLANTS = len(PLANTS)
DEFAULT_SPREAD = Spread()

#: One number per independent layer of randomness, beyond the county's; never reuse or reorder.
LAYERS = {
    name: number
    for number, name in enumerate(
        (
            "level", "day", "people", "water", "rain_chance", "rain_amount", "missing",
            "composite", "analysis", "lab", "flow", "population", "geometry",
        ),
        start=101,
    )
}  # fmt: skip


def stream_of(seed: int, layer: str, *keys: int) -> np.random.Generator:
    """Return the random stream of one of the city's layers; see `countysim.truth.stream_of`."""
    return keyed(seed, LAYERS[layer], *keys)


@dataclass(frozen=True)
class City:
    """A simulated city centre.

    Attributes
    ----------
    seed, truth_seed : int
        Seed of the errors; of everything that is true.
    days : tuple of date
        First days of the 24 hours, all of them.
    analytes : tuple of str
    level : array (plant, analyte)
        Load of an ordinary day at the start [mg/day/1000 inhabitants connected].
    load : array (plant, day, analyte)
        True load [mg/day/1000 inhabitants connected].
    present : array (plant, day)
        People present over people connected [1].
    rain : array (day)
        Rain of the 24 hours [mm].
    water : array (plant, day)
        True flow [m^3/day].
    flow : array (plant, day)
        As the meter shows it [m^3/day].
    population : array (plant)
        As the operator states it [inhabitant].
    reported : array (plant, day, analyte)
        As the laboratory prints it, before it is cut at the limits [ng/L].
    status : array of str (plant, day, analyte)
        ``quantified``, ``below_loq``, ``below_lod``; "" without a sample.
    failed, listed : array of bool (plant, day)
        Days whose sampler failed; days that have a row.
    """

    seed: int
    truth_seed: int
    days: tuple[dt.date, ...]
    analytes: tuple[str, ...]
    level: Array
    load: Array
    present: Array
    rain: Array
    water: Array
    flow: Array
    population: Array
    reported: Array
    status: npt.NDArray[np.str_]
    failed: Flags
    listed: Flags

    @property
    def sampled(self) -> Flags:
        """Days with results (plant, day)."""
        return self.listed & ~self.failed

    @cached_property
    def rounds(self) -> npt.NDArray[np.str_]:
        """Quarter of each day (day), ``2023Q1``."""
        return np.array([f"{d.year}Q{(d.month + 2) // 3}" for d in self.days])

    @cached_property
    def truth(self) -> pd.DataFrame:
        """One row per catchment, quarter and analyte."""
        rows = [
            self._true_row(p, round_, column)
            for p in range(N_PLANTS)
            for round_ in dict.fromkeys(self.rounds.tolist())
            for column in range(len(self.analytes))
        ]
        return pd.DataFrame(rows)

    def _true_row(self, p: int, round_: str, column: int) -> dict[str, object]:
        here = self.rounds == round_
        load = self.load[p, here, column]
        name = self.analytes[column]
        habit = HABITS[FOLLOWS.get(name, (name, 1.0))[0]]
        return {
            "area": AREAS[p],
            "name": PLANTS[p].zh,
            "site": PLANTS[p].site,
            "round": round_,
            "analyte": name,
            "mean_load": load.mean(),
            "geometric_load": np.exp(np.log(load).mean()),
            "trend_per_year": habit.trend,
            "weekend_factor": habit.weekend,
            "season_amplitude": habit.season,
            "october_factor": habit.holiday,
            "population_connected": PLANTS[p].served,
            "people_present": PLANTS[p].served * self.present[p, here].mean(),
            "days_sampled": int(self.sampled[p, here].sum()),
            "days_failed": int((self.failed & self.listed)[p, here].sum()),
            "days_meter_stuck": int(stuck_days(self.days)[p, here].sum()),
        }


def simulate(
    seed: int,
    *,
    truth_seed: int | None = 2023,
    first: dt.date = FIRST,
    last: dt.date = LAST,
    analytes: tuple[str, ...] = IDS,
    spread: Spread = DEFAULT_SPREAD,
) -> City:
    """Sample the synthetic city centre.

    Parameters
    ----------
    seed : int
        Seed of the errors: sampling, laboratories, meters, stated populations, missing days.
    truth_seed : int or None
        Seed of levels, days, people, water and rain. None takes ``seed``.
    first, last : date
        Days to simulate; those of a shorter time are those of the whole.
    analytes : tuple of str
        Limit to these canonical names; their numbers are those of the full panel.
    spread : Spread
        Sizes of the variation and of the errors.

    Returns
    -------
    City
    """
    true = seed if truth_seed is None else truth_seed
    days = tuple(FIRST + dt.timedelta(i) for i in range((LAST - FIRST).days + 1))
    chosen = np.array([first <= day <= last for day in days])
    level = np.stack([_level(true, name) for name in analytes], axis=1)
    present = _present(true, days, spread)
    load = np.stack([_load(true, name, days, spread) for name in analytes], axis=2)
    load = level[:, None, :] * load * present[:, :, None]
    rain = _rain(true, days)
    water = _water(true, present, rain, spread)
    exact = load / water[:, :, None] * _connected()[:, None, None]  # mg/1000 people = ug; ng/L
    errors = np.stack([_errors(seed, name, len(days), spread) for name in analytes], axis=2)
    reported = three_digits(exact * errors)
    failed, listed = _failed(days), _listed(seed, len(days))
    return City(
        seed=seed,
        truth_seed=true,
        days=tuple(day for day, inside in zip(days, chosen, strict=True) if inside),
        analytes=tuple(analytes),
        level=level,
        load=load[:, chosen],
        present=present[:, chosen],
        rain=rain[chosen],
        water=water[:, chosen],
        flow=_metered(seed, water, days, spread)[:, chosen],
        population=_stated(seed, spread),
        reported=reported[:, chosen],
        status=_status(reported, analytes, listed & ~failed)[:, chosen],
        failed=failed[:, chosen],
        listed=listed[:, chosen],
    )


def _connected() -> Array:
    return np.array([plant.served for plant in PLANTS], dtype=float)


def _level(seed: int, name: str) -> Array:
    """Level of an ordinary day at the start (plant) [mg/day/1000 inhabitants]."""
    source, ratio = FOLLOWS.get(name, (name, 1.0))
    habit = HABITS[source]
    drawn = stream_of(seed, "level", IDS.index(source)).normal(0.0, habit.between, N_PLANTS)
    return np.asarray(ratio * habit.level * np.exp(drawn))


def _load(seed: int, name: str, days: tuple[dt.date, ...], spread: Spread) -> Array:
    """Load over that of an ordinary day at the start (plant, day), for the people present."""
    habit = HABITS[FOLLOWS.get(name, (name, 1.0))[0]]
    since = np.arange(len(days)) / 365.25
    wave = np.cos(2 * np.pi * (np.array([d.timetuple().tm_yday for d in days]) - 196) / 365.25)
    weekend = np.array([d.weekday() >= 5 for d in days])
    october = np.array([d.month == 10 and OCTOBER[0] <= d.day <= OCTOBER[1] for d in days])
    log = habit.trend * since + habit.season * wave
    log = log + np.log(habit.weekend) * weekend + np.log(habit.holiday) * october
    shape = (N_PLANTS, len(days))
    noise = stream_of(seed, "day", PANEL[name].family).standard_normal(shape)
    # the mean over days is the level: what varies by the day leaves it as it is
    return np.asarray(np.exp(log + spread.day * noise - spread.day**2 / 2))


def _present(seed: int, days: tuple[dt.date, ...], spread: Spread) -> Array:
    away = np.array([any(a <= d <= b for a, b in SPRING_FESTIVALS) for d in days])
    noise = stream_of(seed, "people").standard_normal((N_PLANTS, len(days)))
    return np.asarray(np.where(away, STAYING, 1.0) * np.exp(spread.people * noise))


def _rain(seed: int, days: tuple[dt.date, ...]) -> Array:
    """Rain of each day [mm]: wet days follow wet days, more so in the months of the rains."""
    chance = stream_of(seed, "rain_chance").uniform(size=len(days))
    amount = stream_of(seed, "rain_amount").exponential(size=len(days))
    rain = np.zeros(len(days))
    wet = False
    for i, day in enumerate(days):
        season = day.month in WET_MONTHS
        wet = bool(chance[i] < RAIN_CHANCE[season][int(wet)])
        rain[i] = RAIN_MEAN[season] * amount[i] if wet else 0.0
    return np.round(rain, 1)


def _water(seed: int, present: Array, rain: Array, spread: Spread) -> Array:
    """True flow (plant, day) [m^3/day]."""
    litres = np.array([plant.litres / plant.domestic for plant in PLANTS])
    combined = np.array([plant.combined for plant in PLANTS])
    noise = np.exp(spread.water * stream_of(seed, "water").standard_normal(present.shape))
    # what is not domestic flows on when people are away
    domestic = np.array([plant.domestic for plant in PLANTS])[:, None]
    people = domestic * present + (1.0 - domestic)
    wet = 1.0 + combined[:, None] * rain / 20.0
    return np.asarray((_connected() * litres / 1e3)[:, None] * people * noise * wet)


def _errors(seed: int, name: str, n_days: int, spread: Spread) -> Array:
    """Reported over exact concentration (plant, day)."""
    lab = np.array([plant.lab for plant in PLANTS])
    i, shape = IDS.index(name), (N_PLANTS, n_days)
    bias = spread.lab * stream_of(seed, "lab", i).standard_normal(len(LABS))[lab]
    # the bottle is one for all analytes, the analysis is each one's own
    bottle = spread.composite * stream_of(seed, "composite").standard_normal(shape)
    repeat = spread.analysis * stream_of(seed, "analysis", i).standard_normal(shape)
    return np.asarray(np.exp(bias[:, None] + bottle + repeat))


def _metered(seed: int, water: Array, days: tuple[dt.date, ...], spread: Spread) -> Array:
    bias = np.exp(spread.flow * stream_of(seed, "flow").standard_normal(N_PLANTS))
    flow = significant(water * bias[:, None], 4)
    stuck = stuck_days(days)
    plant = STUCK[0]
    flow[plant, stuck[plant]] = flow[plant, np.flatnonzero(stuck[plant])[0]]
    return flow


def stuck_days(days: tuple[dt.date, ...]) -> Flags:
    """Days on which a flow meter shows the same value (plant, day)."""
    return _between(days, (STUCK,))


def _failed(days: tuple[dt.date, ...]) -> Flags:
    return _between(days, FAILURES)


def _between(days: tuple[dt.date, ...], spans: tuple[tuple[int, dt.date, dt.date], ...]) -> Flags:
    found = np.zeros((N_PLANTS, len(days)), dtype=bool)
    for plant, first, last in spans:
        found[plant] |= [first <= day <= last for day in days]
    return found


def _listed(seed: int, n_days: int) -> Flags:
    drawn = stream_of(seed, "missing").uniform(size=(N_PLANTS, n_days))
    return np.asarray(drawn >= MISSING)


def _stated(seed: int, spread: Spread) -> Array:
    bias = np.exp(spread.population * stream_of(seed, "population").standard_normal(N_PLANTS))
    return np.rint(significant(_connected() * bias, 3))


def _status(reported: Array, analytes: tuple[str, ...], sampled: Flags) -> npt.NDArray[np.str_]:
    lod, loq = (
        np.array([getattr(PANEL[name], limit) for name in analytes]) for limit in ("lod", "loq")
    )
    status = np.full(reported.shape, "quantified", dtype="U12")
    status[reported < loq] = "below_loq"
    status[reported < lod] = "below_lod"
    status[~sampled] = ""
    return status
