"""What the synthetic county is made of: analytes, towns, laboratories and the sizes of errors."""

from __future__ import annotations

from dataclasses import dataclass

ROUNDS = ("2018Q1", "2018Q2", "2018Q3", "2018Q4")
POINTS = 5

#: Kinds of sampling point, in the order of their codes.
PLANT, CHANNEL, STREAM, SOIL = range(4)
MATRIX = ("wwtp_influent", "open_channel", "surface_water", "soil")
SITE_TYPE = ("wwtp", "channel", "river", "land")

#: Laboratories, in the order of their codes: plants, channels, streams and soil.
LABS = ("示例一号检测室(合成)", "示例二号检测室(合成)", "示例三号检测室(合成)")


@dataclass(frozen=True)
class Analyte:
    """One analyte of the panel.

    Attributes
    ----------
    id, zh : str
        Canonical name; heading in the lab files.
    family : int
        Analytes of one family share the effect of point and of sampling (a residue and its
        metabolite come from the same people), so that their ratio stays what it is.
    level : float
        Geometric county level of the typical sewage load [mg/day/1000 inhabitants]; NaN for
        residues that follow another (``FOLLOWS``).
    town_sd : float
        Standard deviation of the log load between towns [1]; of the log ratio for residues that
        follow another.
    lod, loq : float
        Limits in water [ng/L].
    soil_lod, soil_loq : float
        Limits in soil [ng/g]; NaN where soil is not analysed for it.
    is_drug : bool
        False for population markers, which no visit effect touches.
    """

    id: str
    zh: str
    family: int
    level: float
    town_sd: float
    lod: float
    loq: float
    soil_lod: float = float("nan")
    soil_loq: float = float("nan")
    is_drug: bool = True


NAN = float("nan")

#: The panel. Levels after published Chinese programmes: common drugs are quantified everywhere,
#: cocaine, MDMA and 6-monoacetylmorphine almost never.
ANALYTES = (
    Analyte("methamphetamine", "甲基苯丙胺", 0, 30.0, 1.0, 1, 3, 0.5, 1.5),
    Analyte("amphetamine", "苯丙胺", 0, NAN, 0.15, 1, 3),
    Analyte("ephedrine", "麻黄碱", 1, 6.0, 0.4, 1, 3, 0.5, 1.5),
    Analyte("ketamine", "氯胺酮", 2, 0.6, 1.0, 1, 3),
    Analyte("norketamine", "去甲氯胺酮", 2, NAN, 0.3, 1, 3),
    Analyte("morphine", "吗啡", 3, 6.7, 0.35, 1, 3),
    Analyte("codeine", "可待因", 3, 3.0, 0.35, 1, 3),
    Analyte("6-monoacetylmorphine", "O6-单乙酰吗啡", 3, 0.02, 0.8, 0.5, 1.5),
    Analyte("MDMA", "MDMA", 4, 0.03, 1.0, 0.5, 1.5),
    Analyte("benzoylecgonine", "苯甲酰爱康宁", 5, 0.015, 1.0, 0.5, 1.5),
    Analyte("cocaine", "可卡因", 5, NAN, 0.3, 0.5, 1.5),
    Analyte("cotinine", "可替宁", 6, 600.0, 0.20, 10, 30, is_drug=False),
    Analyte("ammonium", "氨氮", 7, 7e6, 0.25, 25_000, 100_000, is_drug=False),
)
INDEX = {analyte.id: i for i, analyte in enumerate(ANALYTES)}
IDS = tuple(INDEX)

#: What the third laboratory analyses in water.
STREAM_PANEL = ("methamphetamine", "amphetamine", "ephedrine", "ketamine", "cotinine")
SOIL_PANEL = ("methamphetamine", "ephedrine")

#: Residues whose load follows another's from use: (the other, ratio). Methamphetamine that was
#: made and not used brings no amphetamine.
FOLLOWS = {
    "amphetamine": ("methamphetamine", 0.09),
    "norketamine": ("ketamine", 0.2),
    "cocaine": ("benzoylecgonine", 0.35),
}
#: Ephedrine lost per methamphetamine lost where it is made.
EPH_PER_MADE_METH = 0.4

#: Fictional towns, seat first. No town of any real county is meant.
TOWNS = (
    ("云帆镇", "Yunfan"),
    ("星澜镇", "Xinglan"),
    ("月汐镇", "Yuexi"),
    ("鹭影镇", "Luying"),
    ("霜叶镇", "Shuangye"),
    ("墨池湾镇", "Mochiwan"),
    ("雁书镇", "Yanshu"),
    ("竹笛镇", "Zhudi"),
    ("画屏镇", "Huaping"),
    ("银梭镇", "Yinsuo"),
    ("风铃镇", "Fengling"),
    ("晚钟镇", "Wanzhong"),
    ("纸鸢镇", "Zhiyuan"),
)
#: Index of the town too small to be published.
SMALL_TOWN, SMALL_POPULATION = 12, 4_200
POPULATION_RANGE = (9_000, 180_000)
POPULATION_DATE = "2017-12-31"

#: Share of the town's methamphetamine in sewage that was made and not used, by rank of the
#: town's load among the larger towns (0 = highest).
PRODUCTION_SHARE = {0: 0.75, 2: 0.60, 4: 0.50}
#: Ranks of the other towns whose fifth point is a stream near a former production site.
OTHER_STREAM_RANKS = (1, 6, 9)
#: Rank of the town with many visitors, its round, and present over resident population.
VISITORS = (7, "2018Q3", 1.3)


@dataclass(frozen=True)
class Spread:
    """Standard deviations on the log scale, and levels of the water per person.

    Attributes
    ----------
    town : float
        Scale of the town effect of methamphetamine; the other drugs keep their own [1].
    round_ : float
        County-wide change between rounds [1].
    visit, point : float
        Effect of a town's visit on all its sewage points; of a point over all rounds [1].
    grab, composite : float
        Sampling [1].
    analysis, lab : float
        Repeatability; bias of a laboratory for an analyte [1].
    flow, population : float
        Bias of a plant's flow meter; of its served population [1].
    marker_day : float
        Day-to-day change of a marker's per-capita load [1].
    channel_water, plant_water : float
        Median water per person [L/day].
    channel_gsd, plant_gsd, dilution : float
        Geometric standard deviations of these between points; log sd of the channel's between
        rounds.
    """

    town: float = 1.0
    round_: float = 0.1
    visit: float = 0.4
    point: float = 0.5
    grab: float = 0.35
    composite: float = 0.20
    analysis: float = 0.12
    lab: float = 0.10
    flow: float = 0.10
    population: float = 0.15
    marker_day: float = 0.08
    channel_water: float = 150.0
    plant_water: float = 180.0
    channel_gsd: float = 1.6
    plant_gsd: float = 1.25
    dilution: float = 0.2
