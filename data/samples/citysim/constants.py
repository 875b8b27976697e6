"""What the synthetic city centre is made of: plants, habits, events, laboratories, errors."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from countysim.constants import ANALYTES, INDEX, Analyte

FIRST, LAST = dt.date(2023, 1, 1), dt.date(2024, 12, 31)
CITY, CITY_EN = "示例市中心城区", "Example city centre"

#: Laboratories, in the order of their codes: the drainage company's, a hired one, a third.
LABS = ("示例四号检测室(合成)", "示例五号检测室(合成)", "Example laboratory six (synthetic)")


@dataclass(frozen=True)
class Plant:
    """One sewage plant and its catchment.

    Attributes
    ----------
    zh, en : str
        Name of the catchment.
    served : int
        People really connected [inhabitant].
    litres : float
        Dry-weather water a person [L/day].
    domestic : float
        Share of domestic sewage in the flow [1].
    combined : float
        Extra flow over dry weather in 20 mm of rain [1]: old districts have combined sewers.
    lab : int
        Code of the laboratory.
    """

    zh: str
    en: str
    served: int
    litres: float
    domestic: float
    combined: float
    lab: int

    @property
    def site(self) -> str:
        """Name as its laboratory writes it."""
        return f"{self.en} WWTP" if self.lab == 2 else f"{self.zh}污水处理厂"


#: Fictional catchments, the middle one first. No district of any real city is meant.
PLANTS = (
    Plant("望舒", "Wangshu", 412_000, 310.0, 0.85, 0.60, 0),
    Plant("听澜", "Tinglan", 268_000, 280.0, 0.85, 0.45, 0),
    Plant("折桂", "Zhegui", 183_000, 245.0, 0.92, 0.25, 1),
    Plant("枕流", "Zhenliu", 224_000, 260.0, 0.88, 0.35, 0),
    Plant("漱石", "Shushi", 96_000, 230.0, 0.90, 0.15, 0),
    Plant("临风", "Linfeng", 141_000, 240.0, 0.91, 0.20, 0),
    Plant("揽月", "Lanyue", 305_000, 295.0, 0.80, 0.50, 2),
    Plant("拂晓", "Fuxiao", 62_000, 220.0, 0.93, 0.10, 2),
)
AREAS = tuple(f"CC{i + 1:02d}" for i in range(len(PLANTS)))


@dataclass(frozen=True)
class Habit:
    """How much of an analyte there is, and when.

    Attributes
    ----------
    level : float
        Geometric city level on an ordinary day [mg/day/1000 inhabitants].
    between : float
        Standard deviation of the log level between plants [1].
    trend : float
        Change of the log level in a year [1].
    weekend : float
        Factor on days that begin on Saturday or Sunday.
    season : float
        Amplitude of the yearly wave of the log, highest in the middle of July [1].
    holiday : float
        Factor in the holiday week of October.
    """

    level: float
    between: float = 0.3
    trend: float = 0.0
    weekend: float = 1.0
    season: float = 0.0
    holiday: float = 1.0


#: Residues follow the level of what they come from (``FOLLOWS``): theirs is not used.
HABITS = {
    "methamphetamine": Habit(42.0, 0.6, -0.22, 1.06, 0.10, 1.20),
    "amphetamine": Habit(float("nan")),
    "MDMA": Habit(0.6, 0.5, 0.10, 2.4, 0.15, 1.6),
    "ketamine": Habit(5.5, 0.5, 0.18, 1.5, 0.05, 1.4),
    "norketamine": Habit(float("nan")),
    "morphine": Habit(7.5, 0.25, -0.05),
    "codeine": Habit(4.0, 0.3, 0.0, 1.0, -0.20),
    "benzoylecgonine": Habit(0.3, 0.6, 0.05, 1.8, 0.0, 1.3),
    "cotinine": Habit(600.0, 0.12, -0.03),
    "ammonium": Habit(7e6, 0.08),
}
#: (the other, ratio of loads)
FOLLOWS = {"amphetamine": ("methamphetamine", 0.09), "norketamine": ("ketamine", 0.25)}
IDS = tuple(HABITS)
#: The county's panel holds the Chinese names and the limits of detection and quantification.
PANEL: dict[str, Analyte] = {name: ANALYTES[INDEX[name]] for name in IDS}

#: Days on which people have gone home, and the share of them who stay.
SPRING_FESTIVALS = ((dt.date(2023, 1, 20), dt.date(2023, 1, 29)),
                    (dt.date(2024, 2, 8), dt.date(2024, 2, 18)))  # fmt: skip
STAYING = 0.72
#: First and last day of October's holiday week: people stay, use changes (``Habit.holiday``).
OCTOBER = (1, 7)

#: A flow meter that repeats its last value: plant, first and last day.
STUCK = (3, dt.date(2023, 11, 6), dt.date(2023, 11, 26))
#: Days without a sample though the row is written: plant, first and last day.
FAILURES = (
    (1, dt.date(2023, 2, 13), dt.date(2023, 2, 16)),
    (0, dt.date(2023, 7, 3), dt.date(2023, 7, 5)),
    (4, dt.date(2024, 5, 20), dt.date(2024, 5, 28)),
    (7, dt.date(2023, 9, 11), dt.date(2023, 9, 14)),
    (6, dt.date(2024, 8, 5), dt.date(2024, 8, 6)),
)
#: Share of days without a row at all.
MISSING = 0.015
#: Months of the rains, chance that a dry and a wet day is followed by a wet one, mean rain [mm].
WET_MONTHS = (4, 5, 6, 7, 8, 9)
RAIN_CHANCE = {True: (0.25, 0.60), False: (0.08, 0.40)}
RAIN_MEAN = {True: 14.0, False: 6.0}


@dataclass(frozen=True)
class Spread:
    """Standard deviations on the log scale [1].

    Attributes
    ----------
    day : float
        Load of a family of analytes from day to day: real, part of the truth.
    people, water : float
        People present and dry-weather water from day to day: real.
    composite : float
        Sampling by the 24-h composite.
    analysis, lab : float
        Repeatability; bias of a laboratory for an analyte.
    flow, population : float
        Bias of a plant's flow meter; of its served population.
    """

    day: float = 0.15
    people: float = 0.02
    water: float = 0.05
    composite: float = 0.10
    analysis: float = 0.12
    lab: float = 0.10
    flow: float = 0.10
    population: float = 0.15
