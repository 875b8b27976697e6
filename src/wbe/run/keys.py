"""What campaign.toml may say: every key with its type, its choices and its default, as data."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from wbe import names
from wbe.errors import Said
from wbe.run.words import both

SCHEMA = 1
LANGUAGES = ("en", "zh")
SCHEMES = ("fixed", "quantile", "relative", "fisher_jenks", "percentile", "model")
#: Schemes whose breaks the user states.
STATED = ("fixed", "percentile", "model")
STATISTICS = ("geometric", "arithmetic")
QUANTITIES = ("pn_mass_load", "pn_consumption", "concentration", "index")
INDEX = "index"
ROUNDS = ("column", "month", "quarter", "year", "all")
AUDIENCES = ("public", "internal")
LABELS = ("general", "moderate", "severe")

#: (message, fix) of something wrong, or None.
Verdict = tuple[str, str] | None


def wrong(key: str, /, **values: object) -> tuple[Said, Said]:
    """Say what is wrong and how to mend it: two sentences of the words, ``KEY`` and ``KEY.fix``."""
    return both(f"config.{key}", **values), both(f"config.{key}.fix", **values)


@dataclass(frozen=True)
class Key:
    """One key of campaign.toml.

    Parameters
    ----------
    name : str
        Dotted name, for example ``tiers.breaks``.
    kind : str
        ``text``, ``boolean``, ``integer``, ``number``, ``texts``, ``numbers``, ``records``.
    default : object
        The value where the file says nothing; None where it stays unset.
    check : callable or None
        Takes a value of the right kind, returns (message, fix) or None.
    """

    name: str
    kind: str
    default: Any = None
    check: Callable[[Any], Verdict] | None = None


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


#: Tells whether a value is of a kind; the words say what it must be (``config.kind.*``).
KINDS: dict[str, Callable[[Any], bool]] = {
    "text": _is_text,
    "boolean": lambda v: isinstance(v, bool),
    "integer": lambda v: isinstance(v, int) and not isinstance(v, bool),
    "number": _is_number,
    "texts": lambda v: isinstance(v, list) and bool(v) and all(_is_text(i) for i in v),
    "records": lambda v: isinstance(v, dict) and all(isinstance(i, str) for i in v.values()),
    "numbers": lambda v: isinstance(v, list) and bool(v) and all(_is_number(i) for i in v),
    # anything: what is wrong with it is said without its value, which may be a password
    "database": lambda v: True,
}


def one_of(*choices: str) -> Callable[[str], Verdict]:
    """Accept one of the named choices."""

    def check(value: str) -> Verdict:
        if value in choices:
            return None
        listed = ", ".join(repr(c) for c in choices)
        message = both("config.choice", value=repr(value), choices=listed)
        fix = both("config.choice.fix")
        return message, _nearest(value, choices) or fix

    return check


def at_least(low: int) -> Callable[[Any], Verdict]:
    """Accept numbers that are not below `low`."""

    def check(value: float) -> Verdict:
        return None if value >= low else wrong("low", value=repr(value), low=low)

    return check


def check_schema(value: int) -> Verdict:
    """Only the schema that this version reads."""
    return None if value == SCHEMA else wrong("schema", value=value, known=SCHEMA)


def check_drug(value: str) -> Verdict:
    """A drug that names.csv knows, in any accepted spelling."""
    if value == INDEX or names.resolve("drug", value):
        return None
    message, fix = wrong("drug", value=repr(value))
    return message, _near("drug", value) or fix


def check_database(value: object) -> Verdict:
    """One source (a variable that holds the address, or a file) and one table or query."""
    known = {"url_env", "file", "table", "query"}
    if not isinstance(value, dict) or not all(_is_text(item) for item in value.values()):
        return wrong("database")
    one_each = ("url_env" in value) + ("file" in value), ("table" in value) + ("query" in value)
    if set(value) - known or one_each != (1, 1):
        return wrong("database")
    named = re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", value.get("url_env", "LAB_DB"))
    return None if named else wrong("database")


def check_breaks(value: list[float]) -> Verdict:
    """Breaks rise strictly and lie above zero."""
    if any(b <= 0 for b in value):
        return wrong("breaks.positive", value=value)
    if any(b <= a for a, b in pairwise(value)):
        return wrong("breaks.order", value=value, rising=sorted(set(value)))
    return None


def check_labels(value: list[str]) -> Verdict:
    """Labels become column names (p_<label>): ASCII words, each once."""
    bad = [v for v in value if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", v)]
    if bad:
        return wrong("labels.words", value=bad)
    if len(set(value)) < len(value):
        return wrong("labels.twice", value=value)
    if "not_elevated" in value:
        return wrong("labels.floor")
    return None if len(value) > 1 else wrong("labels.one")


def percentiles_problem(breaks: Sequence[float]) -> Verdict:
    """Percentiles lie below 100; that they rise from above 0 is looked at with all breaks."""
    return wrong("percentiles", value=list(breaks)) if max(breaks) >= 100 else None


def reference_problem(file: Path) -> Verdict:
    """A reference set that can be read."""
    from wbe.errors import UsageError
    from wbe.run.reference_file import read_reference

    try:
        read_reference(file)
    except UsageError as error:
        return str(error).rstrip("."), both("config.reference.fix")
    return None


def check_dose(drug: str, value: object) -> Verdict:
    """What the index takes a dose of a drug to be: a dose id, or a dose with its source."""
    from wbe.errors import WbeError
    from wbe.run.index_weights import dose_of

    if names.resolve("drug", drug) in (None, INDEX):
        return check_drug(drug) or wrong("drug", value=repr(drug))
    try:
        dose_of(str(names.resolve("drug", drug)), value)
    except WbeError as error:
        return str(error).rstrip("."), both("config.index.fix")
    return None


def check_floor(value: float) -> Verdict:
    """A floor lies above zero; the breaks are compared with it elsewhere."""
    return None if value > 0 else wrong("floor", value=repr(value))


def check_factor(value: float) -> Verdict:
    """A ratio of volumes lies above zero."""
    return None if value > 0 else wrong("ratio", value=repr(value))


def check_unit(value: str) -> Verdict:
    """A unit of concentrations, for exports that state none."""
    from wbe.errors import UsageError
    from wbe.io.instruments import Options

    try:
        Options(unit=value)
    except UsageError as error:
        return str(error).rstrip("."), both("config.unit.fix")
    return None


def check_nondetects(value: str) -> Verdict:
    """A rule for non-detects that the estimate knows."""
    from wbe.qc.nondetects import RULES

    return one_of(*RULES)(value)


def check_population(value: str) -> Verdict:
    """The stated population, all of them combined, water, or a marker by any of its names."""
    if value == "water" or names.resolve("method", value) in names.ids("analyte"):
        return None
    markers = [name for name in names.ids("method") if name in names.ids("analyte")]
    return one_of("as_given", "combined", "water", *markers)(value)


def is_set_name(text: str) -> bool:
    """Tell the name of a factor set from the path of a table: a path ends in .csv."""
    return not text.casefold().endswith(".csv")


def check_consent(value: dict[str, str]) -> Verdict:
    """Records of consent by site: each a name and a date."""
    from wbe.io.consent import consent_of

    bad = [site for site, record in value.items() if consent_of(record) is None]
    return wrong("consent", sites=", ".join(map(repr, bad))) if bad else None


def check_factors(value: str) -> Verdict:
    """A named factor set; paths are checked with the other files."""
    from wbe.factors import set_names

    return one_of(*set_names())(value) if is_set_name(value) else None


def error_model_problem(file: Path) -> Verdict:
    """An error model that can be read and that the calculation keeps."""
    from wbe.backcalc.error_terms import read_error_model
    from wbe.errors import ConfigError

    try:
        read_error_model(file)
    except ConfigError as error:
        return str(error), "docs/error-model.md says what may be edited."
    return None


def limits_problem(file: Path) -> Verdict:
    """Acceptance limits of a laboratory batch that can be read; every campaign key at once."""
    from wbe.errors import ConfigError
    from wbe.qc import load_limits

    try:
        load_limits(file)
    except ConfigError as error:
        return str(error), both("config.limits.fix")
    return None


def check_layout(value: str) -> Verdict:
    """A form of table or a layout of the package; files and names of own layouts are looked up."""
    from wbe.io.layout.files import known_names

    if value in known_names() or is_layout_file(value):
        return None
    listed = ", ".join(repr(name) for name in known_names())
    message = both("config.choice", value=repr(value), choices=listed)
    return message, _nearest(value, known_names()) or both("config.layout.fix")


def is_layout_file(text: str) -> bool:
    """Tell the path of a layout from the name of one."""
    return text.casefold().endswith(".toml")


def layouts_problem(files: Sequence[Path]) -> Verdict:
    """Layout files that can be read; everything wrong with the first that cannot."""
    from wbe.errors import ConfigError
    from wbe.io.layout.files import load

    for file in files:
        try:
            load(file)
        except ConfigError as error:
            return str(error), both("config.layouts.fix", file=file.name)
    return None


def check_marker(name: str, value: object) -> Verdict:
    """A per-capita load with its unit, or ``{calibrate = true}``; water takes a volume."""
    from wbe import units
    from wbe.errors import UnitError

    if name != "water" and not names.resolve("analyte", name):
        message, fix = wrong("marker", value=repr(name))
        return message, _near("analyte", name) or fix
    if value == {"calibrate": True} and name != "water":
        return None
    unit = "L/day/inhabitant" if name == "water" else "mg/day/inhabitant"
    stated = value
    if isinstance(value, dict):
        rsd = value.get("rsd", 1.0)
        known = {"value", "rsd", "form", "derived_from"}
        if set(value) - known or not (_is_number(rsd) and rsd > 0):
            return wrong("marker.form", value=repr(value), unit=unit)
        stated = value.get("value")
    if not isinstance(stated, str):
        return wrong("marker.unit", value=repr(stated), unit=unit)
    try:
        positive = 0 < units.magnitude(stated, unit) < math.inf
    except UnitError as error:
        return str(error).rstrip("."), both("config.marker.number.fix", unit=unit)
    return None if positive else wrong("marker.positive", value=repr(stated))


def _near(kind: str, word: str) -> str:
    near = ", ".join(repr(n) for n in names.suggest(kind, word))
    return both("config.near", near=near) if near else ""


def _nearest(word: str, choices: tuple[str, ...]) -> str:
    import difflib

    near = difflib.get_close_matches(word, choices, n=1)
    return both("config.nearest", near=repr(near[0])) if near else ""


def suggest_key(name: str) -> str:
    """Say where an unknown key may belong: the nearest key, or its right section."""
    known = tuple(KEYS)
    leaf = name.rpartition(".")[2]
    for other in known:
        if other.rpartition(".")[2] == leaf:
            section = other.rpartition(".")[0]
            if not section:
                return both("config.key.top", key=repr(leaf))
            return both("config.key.section", key=repr(leaf), section=section)
    return _nearest(name, known) or both("config.key.fix", keys=", ".join(known))


KEYS: dict[str, Key] = {
    key.name: key
    for key in (
        Key("schema", "integer", SCHEMA, check_schema),
        Key("title", "text"),
        Key("language", "text", "en", one_of(*LANGUAGES)),
        Key("data.samples", "texts"),
        Key("data.database", "database", None, check_database),
        Key("data.sites", "text"),
        Key("data.areas", "text"),
        Key("data.catchments", "text"),
        Key("data.indicators", "text"),
        Key("data.sidecar", "text"),
        Key("data.enrichment", "number", None, check_factor),
        Key("data.dilution", "number", None, check_factor),
        Key("data.unit", "text", None, check_unit),
        Key("data.layout", "text", "auto", check_layout),
        Key("data.only_rounds", "texts"),
        Key("estimate.factors", "text", "default", check_factors),
        Key("estimate.error_model", "text"),
        Key("estimate.draws", "integer", 10_000, at_least(0)),
        Key("estimate.seed", "integer", 1, at_least(0)),
        Key("estimate.engine", "text", "numpy", one_of("numpy", "numba")),
        Key("estimate.nondetects", "text", "censored", check_nondetects),
        Key(
            "estimate.population",
            "text",
            "as_given",
            check_population,
        ),
        Key("tiers.drug", "text", "methamphetamine", check_drug),
        Key("tiers.quantity", "text", None, one_of(*QUANTITIES)),
        Key("tiers.scheme", "text", None, one_of(*SCHEMES)),
        Key("tiers.breaks", "numbers", None, check_breaks),
        Key("tiers.statistic", "text", None, one_of(*STATISTICS)),
        Key("tiers.labels", "texts", list(LABELS), check_labels),
        Key("tiers.floor", "number", None, check_floor),
        Key("tiers.rounds", "text", "auto", one_of("auto", *ROUNDS)),
        Key("tiers.map_round", "text", "latest"),
        Key("tiers.reference_round", "text", "first"),
        Key("tiers.reference", "text"),
        Key("quality.limits", "text"),
        Key("quality.on_fail", "text", "flag", one_of("flag", "reject")),
        Key("quality.recovery_corrected", "boolean"),
        Key("privacy.audience", "text", "public", one_of(*AUDIENCES)),
        Key("privacy.purpose", "text"),
        Key("privacy.approval", "text"),
        Key("privacy.min_population", "integer", 5000, at_least(0)),
        Key("privacy.consent", "records", None, check_consent),
    )
}
