"""The tables and views of a store, the same in SQLite and in PostgreSQL.

A row belongs to a run, and a run never changes. What is current is a matter of `entries` alone: for
each campaign and round, the run entered last of those that hold the round.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)

from wbe.io.store.geometry import Geometry
from wbe.schema import STATUSES

#: Version of everything below. A store of an earlier one is read, and brought up to this one by the
#: next run that enters it (`ADDED`); of a later one it is refused.
SCHEMA: Final = 2
KIND: Final = "wbe store"
_IN_INTERVAL: Final = "(value IS NULL OR lower IS NULL OR lower <= value) AND " \
    "(value IS NULL OR upper IS NULL OR value <= upper) AND " \
    "(lower IS NULL OR upper IS NULL OR lower <= upper)"  # fmt: skip

#: What a row of a table is about.
_COMPARED: Final = ("area", "drug", "quantity", "round_before", "round_after")
_RANKED: Final = ("area", "round", "drug", "quantity")

#: SQLite's own has 64 bits already, and a GeoPackage knows no BIGINT.
_Size: Final = BigInteger().with_variant(Integer, "sqlite")

metadata = MetaData()


def _one_of(column: str, words: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(word) for word in words)})"


def _run() -> Column[Any]:
    return Column("run_id", ForeignKey("runs.run_id"), nullable=False)


def _texts(names: str) -> list[Column[Any]]:
    return [Column(name, Text) for name in names.split()]


def _numbers(names: str) -> list[Column[Any]]:
    return [Column(name, Double) for name in names.split()]


about = Table(
    "store_about", metadata,
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
    comment="Version of the schema, and what is to be said about every number here.",
)  # fmt: skip

runs = Table(
    "runs", metadata,
    Column("run_id", Text, primary_key=True, comment="from all of run.json but its time stamp"),
    Column("campaign", Text, nullable=False, comment="title of the campaign"),
    Column("created", Text, nullable=False),
    Column("audience", Text, nullable=False),
    *_texts("purpose approval"),
    Column("min_population", Double, nullable=False),
    Column("language", Text, nullable=False),
    Column("factor_set", Text, nullable=False),
    Column("draws", Integer, nullable=False),
    Column("seed", Text, nullable=False, comment="a whole number of any size"),
    Column("wbe_version", Text, nullable=False),
    Column("n_estimates", Integer, nullable=False),
    Column("n_tiers", Integer, nullable=False),
    Column("n_findings", Integer, nullable=False),
    Column("record", Text, nullable=False, comment="run.json, whole"),
    CheckConstraint(_one_of("audience", ("public", "internal")), name="run_audience_known"),
    CheckConstraint("draws >= 0", name="run_draws_not_negative"),
    comment="One row a run. The record is the laboratory's working data.",
)  # fmt: skip

entries = Table(
    "entries", metadata,
    Column("entry", Integer, primary_key=True, autoincrement=False),
    _run(),
    Column("entered", Text, nullable=False),
    comment="When each run was entered; of two that hold a round the later one is current.",
)  # fmt: skip

rounds = Table(
    "rounds", metadata,
    _run(),
    Column("round", Text, nullable=False),
    PrimaryKeyConstraint("run_id", "round"),
    comment="Rounds that a run holds.",
)  # fmt: skip

inputs = Table(
    "inputs", metadata,
    _run(),
    Column("position", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("sha256", Text),
    Column("bytes", _Size),
    *_texts("state reason"),
    PrimaryKeyConstraint("run_id", "position"),
    CheckConstraint("sha256 IS NULL OR length(sha256) = 64", name="input_sha256_whole"),
    comment="Files that a run read. Working data.",
)  # fmt: skip

estimates = Table(
    "estimates", metadata,
    _run(),
    Column("row", Integer, nullable=False, comment="place in estimates.csv"),
    *_texts("sample_id site area"),
    Column("round", Text, nullable=False),
    *_texts("time matrix lab analyte drug quantity method unit"),
    *_numbers("value lower upper"),
    Column("status", Text, nullable=False),
    *_texts("factor_ids"),
    PrimaryKeyConstraint("run_id", "row"),
    ForeignKeyConstraint(["run_id", "round"], ["rounds.run_id", "rounds.round"]),
    CheckConstraint(_IN_INTERVAL, name="estimate_in_interval"),
    CheckConstraint(_one_of("status", STATUSES), name="estimate_status_known"),
    comment="estimates.csv: one row a sample, analyte and quantity. Working data, never shown.",
)  # fmt: skip

geometries = Table(
    "geometries", metadata,
    Column("geometry_id", Integer, primary_key=True, autoincrement=False),
    Column("sha256", Text, nullable=False, unique=True),
    Column("geom", Geometry, nullable=False),
    comment="Outlines of areas, each once; longitude and latitude, WGS 84.",
)  # fmt: skip
Index("geometries_geom", geometries.c.geom, postgresql_using="gist").ddl_if(dialect="postgresql")

areas = Table(
    "areas", metadata,
    _run(),
    Column("area", Text, nullable=False),
    Column("name", Text),
    Column("geometry_id", ForeignKey("geometries.geometry_id")),
    PrimaryKeyConstraint("run_id", "area"),
    comment="Areas of a run.",
)  # fmt: skip

tier_rows = Table(
    "tier_rows", metadata,
    Column("fid", Integer, primary_key=True, autoincrement=False),
    _run(),
    Column("area", Text, nullable=False),
    Column("round", Text, nullable=False),
    Column("drug", Text, nullable=False),
    *_texts("quantity unit"),
    *_numbers("value lower upper"),
    *_texts("tier"),
    Column("resolved", Boolean, nullable=False),
    *_numbers("rank rank_lower rank_upper"),
    *(Column(name, Integer) for name in ("n_sites", "n_samples", "n_censored")),
    *_texts("flags"),
    UniqueConstraint("run_id", "area", "round", "drug", name="tier_row_once"),
    ForeignKeyConstraint(["run_id", "round"], ["rounds.run_id", "rounds.round"]),
    ForeignKeyConstraint(["run_id", "area"], ["areas.run_id", "areas.area"]),
    CheckConstraint(_IN_INTERVAL, name="tier_in_interval"),
    CheckConstraint("rank_lower <= rank_upper", name="tier_rank_in_interval"),
    CheckConstraint("n_sites >= 0 AND n_samples >= 0 AND n_censored >= 0", name="tier_counts"),
    comment="tiers.csv without probabilities; read `tiers` or `current_tiers`.",
)  # fmt: skip

probabilities = Table(
    "tier_probabilities", metadata,
    Column("fid", ForeignKey("tier_rows.fid"), nullable=False),
    Column("position", Integer, nullable=False, comment="0: the lowest tier"),
    Column("tier", Text, nullable=False),
    Column("p", Double, comment="NULL: suppressed, or a run without draws"),
    PrimaryKeyConstraint("fid", "position"),
    UniqueConstraint("fid", "tier", name="tier_probability_once"),
    CheckConstraint("p >= 0 AND p <= 1", name="tier_probability_between_0_and_1"),
    comment="Probability of each tier: the columns p_... of tiers.csv.",
)  # fmt: skip

findings = Table(
    "findings", metadata,
    _run(),
    Column("row", Integer, nullable=False, comment="place in findings.csv"),
    Column("severity", Text, nullable=False),
    Column("rule", Text, nullable=False),
    *_texts("scope file sheet"),
    Column("line", Integer),
    *_texts("column cell sample_id site analyte value message fix"),
    PrimaryKeyConstraint("run_id", "row"),
    CheckConstraint(_one_of("severity", ("error", "flag")), name="finding_severity_known"),
    comment="findings.csv: what was noticed about the input. Working data.",
)  # fmt: skip

changes = Table(
    "changes", metadata,
    _run(),
    Column("row", Integer, nullable=False, comment="place in changes.csv"),
    *(Column(name, Text, nullable=False) for name in _COMPARED),
    *_texts("tier_before tier_after"),
    Column("outcome", Text, nullable=False),
    *_texts("reason"),
    Column("ratio", Double, comment="value of the later round over that of the earlier one"),
    *_numbers("lower upper p"),
    Column("detectable", Double, comment="ratio that the test would most probably have shown"),
    *(Column(name, Integer) for name in ("n_kept", "n_before", "n_after")),
    PrimaryKeyConstraint("run_id", "row"),
    UniqueConstraint("run_id", *_COMPARED, name="change_once"),
    ForeignKeyConstraint(["run_id", "area"], ["areas.run_id", "areas.area"]),
    *(ForeignKeyConstraint(["run_id", name], ["rounds.run_id", "rounds.round"])
      for name in ("round_before", "round_after")),
    CheckConstraint(_IN_INTERVAL.replace("value", "ratio"), name="change_in_interval"),
    CheckConstraint("p >= 0 AND p <= 1", name="change_p_between_0_and_1"),
    comment="changes.csv: whether an area differs between two rounds of one run.",
)  # fmt: skip

ranks = Table(
    "ranks", metadata,
    _run(),
    Column("row", Integer, nullable=False, comment="place in ranks.csv"),
    *(Column(name, Text, nullable=False) for name in _RANKED),
    *(Column(name, Integer) for name in ("rank_lower", "rank_upper", "n_higher", "n_lower")),
    *_texts("flags"),
    PrimaryKeyConstraint("run_id", "row"),
    UniqueConstraint("run_id", *_RANKED, name="rank_once"),
    ForeignKeyConstraint(["run_id", "area"], ["areas.run_id", "areas.area"]),
    ForeignKeyConstraint(["run_id", "round"], ["rounds.run_id", "rounds.round"]),
    CheckConstraint("rank_lower <= rank_upper", name="rank_in_interval"),
    CheckConstraint("n_higher >= 0 AND n_lower >= 0", name="rank_counts"),
    comment="ranks.csv without probabilities: the order of areas, all statements together.",
)  # fmt: skip

tops = Table(
    "rank_probabilities", metadata,
    _run(),
    Column("row", Integer, nullable=False),
    Column("top", Integer, nullable=False, comment="k"),
    Column("p", Double, comment="probability of a rank of k or higher; NULL: no rank"),
    PrimaryKeyConstraint("run_id", "row", "top"),
    ForeignKeyConstraint(["run_id", "row"], ["ranks.run_id", "ranks.row"]),
    CheckConstraint("p >= 0 AND p <= 1", name="rank_probability_between_0_and_1"),
    comment="Columns p_top_... of ranks.csv.",
)  # fmt: skip

_TIERS: Final = """
SELECT t.fid AS fid, g.geom AS geom, t.run_id AS run_id, r.campaign AS campaign,
  r.audience AS audience, t.area AS area, a.name AS name, t.round AS round, t.drug AS drug,
  t.quantity AS quantity, t.unit AS unit, t.value AS value, t.lower AS lower, t.upper AS upper,
  t.tier AS tier, p.p AS p_tier, t.resolved AS resolved, t.rank AS rank,
  t.rank_lower AS rank_lower, t.rank_upper AS rank_upper, t.n_sites AS n_sites,
  t.n_samples AS n_samples, t.n_censored AS n_censored, t.flags AS flags
FROM tier_rows t
JOIN runs r ON r.run_id = t.run_id
JOIN areas a ON a.run_id = t.run_id AND a.area = t.area
LEFT JOIN geometries g ON g.geometry_id = a.geometry_id
LEFT JOIN tier_probabilities p ON p.fid = t.fid AND p.tier = t.tier"""

#: Name to query, in the order in which they need each other.
VIEWS: Final = {
    "current_rounds": """
SELECT campaign, round, run_id FROM (
  SELECT r.campaign AS campaign, o.round AS round, o.run_id AS run_id,
    row_number() OVER (PARTITION BY r.campaign, o.round ORDER BY e.entry DESC) AS age
  FROM rounds o
  JOIN runs r ON r.run_id = o.run_id
  JOIN entries e ON e.run_id = o.run_id) held
WHERE age = 1""",
    "tiers": _TIERS,
    "current_tiers": f"""{_TIERS}
JOIN current_rounds c ON c.run_id = t.run_id AND c.round = t.round""",
    "current_estimates": """
SELECT r.campaign AS campaign, e.* FROM estimates e
JOIN runs r ON r.run_id = e.run_id
JOIN current_rounds c ON c.run_id = e.run_id AND c.round = e.round""",
    # of two rounds that one run holds and is current for
    "current_changes": """
SELECT r.campaign AS campaign, r.audience AS audience, a.name AS name, x.* FROM changes x
JOIN runs r ON r.run_id = x.run_id
JOIN areas a ON a.run_id = x.run_id AND a.area = x.area
JOIN current_rounds b ON b.run_id = x.run_id AND b.round = x.round_before
JOIN current_rounds c ON c.run_id = x.run_id AND c.round = x.round_after""",
    "current_ranks": """
SELECT r.campaign AS campaign, r.audience AS audience, a.name AS name, x.* FROM ranks x
JOIN runs r ON r.run_id = x.run_id
JOIN areas a ON a.run_id = x.run_id AND a.area = x.area
JOIN current_rounds c ON c.run_id = x.run_id AND c.round = x.round""",
}
#: Views that have a geometry; programs that are told no layer open the first.
LAYERS: Final = {
    "current_tiers": "Tiers: for each campaign and round the latest run",
    "tiers": "Tiers of every run",
}
#: What must not stand in a database that is to become a store.
NAMES: Final = frozenset({*metadata.tables, *VIEWS})
#: What a version has that the one before it had not.
ADDED: Final = {
    2: frozenset({"changes", "ranks", "rank_probabilities", "current_changes", "current_ranks"}),
}
