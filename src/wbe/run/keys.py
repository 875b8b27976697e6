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

SCHEMA = 1
LANGUAGES = ("en", "zh")
SCHEMES = ("fixed", "quantile", "relative", "fisher_jenks")
STATISTICS = ("geometric", "arithmetic")
QUANTITIES = ("pn_mass_load", "pn_consumption", "concentration")
ROUNDS = ("column", "month", "quarter", "year", "all")
AUDIENCES = ("public", "internal")
LABELS = ("general", "moderate", "severe")

#: Choices that the contract names and this version does not offer yet.
LATER = {
    "estimate.population": "'as_given' uses the population that the tables state",
    "tiers.scheme": f"available now: {', '.join(SCHEMES)}",
    "tiers.quantity": f"available now: {', '.join(QUANTITIES)}",
    "tiers.drug": "name one drug; tiers.csv holds every drug",
}

#: (message, fix) of something wrong, or None.
Verdict = tuple[str, str] | None


@dataclass(frozen=True)
class Key:
    """One key of campaign.toml.

    Parameters
    ----------
    name : str
        Dotted name, for example ``tiers.breaks``.
    kind : str
        ``text``, ``boolean``, ``integer``, ``number``, ``texts``, ``numbers``.
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


KINDS: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "text": ('a text in quotes, such as "a"', _is_text),
    "boolean": ("true or false", lambda v: isinstance(v, bool)),
    "integer": ("a whole number", lambda v: isinstance(v, int) and not isinstance(v, bool)),
    "number": ("a number", _is_number),
    "texts": (
        'a list of texts, such as ["a", "b"]',
        lambda v: isinstance(v, list) and bool(v) and all(_is_text(i) for i in v),
    ),
    "numbers": (
        "a list of numbers, such as [20, 60]",
        lambda v: isinstance(v, list) and bool(v) and all(_is_number(i) for i in v),
    ),
}


def one_of(
    *choices: str, later: str = "", later_choices: tuple[str, ...] = ()
) -> Callable[[str], Verdict]:
    """Accept one of the named choices; tell a later version's choice from a slip of the pen."""

    def check(value: str) -> Verdict:
        if value in choices:
            return None
        listed = ", ".join(repr(c) for c in choices)
        if value in later_choices or (later and not later_choices):
            return f"{value!r} comes with a later version", f"{LATER[later]}."
        fix = _nearest(value, choices) or f"Use one of {listed}."
        return f"{value!r} is not one of {listed}", fix

    return check


def at_least(low: int) -> Callable[[Any], Verdict]:
    """Accept numbers that are not below `low`."""

    def check(value: float) -> Verdict:
        return None if value >= low else (f"{value!r} is below {low}", f"Use {low} or more.")

    return check


def check_schema(value: int) -> Verdict:
    """Only the schema that this version reads."""
    if value == SCHEMA:
        return None
    return f"schema {value} is not known here", f"This version reads schema = {SCHEMA}."


def check_drug(value: str) -> Verdict:
    """A drug that names.csv knows, in any accepted spelling."""
    if value == "index":
        return "'index' comes with a later version", f"{LATER['tiers.drug']}."
    if names.resolve("drug", value):
        return None
    near = ", ".join(repr(n) for n in names.suggest("drug", value))
    return f"{value!r} is not a known drug", f"Near it: {near}." if near else "See wbe factors."


def check_breaks(value: list[float]) -> Verdict:
    """Breaks rise strictly and lie above zero."""
    if any(b <= 0 for b in value):
        return f"breaks {value} hold a value that is not above 0", "Give positive breaks."
    if any(b <= a for a, b in pairwise(value)):
        return f"breaks {value} do not rise", f"Write {sorted(set(value))}."
    return None


def check_labels(value: list[str]) -> Verdict:
    """Labels become column names (p_<label>): ASCII words, each once."""
    bad = [v for v in value if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", v)]
    if bad:
        fix = "Use ASCII letters, digits and _; the displayed names are in names.csv."
        return f"labels {bad} are not plain ASCII words", fix
    if len(set(value)) < len(value):
        return f"labels {value} hold one twice", "Give every tier a label of its own."
    if "not_elevated" in value:
        return "'not_elevated' is the label below the floor", "Choose another label, or set floor."
    return None if len(value) > 1 else ("one label makes no tiers", "Give two labels or more.")


def check_floor(value: float) -> Verdict:
    """A floor lies above zero; the breaks are compared with it elsewhere."""
    if value > 0:
        return None
    return f"a floor of {value} holds nothing below it", "Leave floor out, or give a value above 0."


def check_factor(value: float) -> Verdict:
    """A ratio of volumes lies above zero."""
    return None if value > 0 else (f"{value!r} is not above 0", "Give a ratio of volumes above 0.")


def check_unit(value: str) -> Verdict:
    """A unit of concentrations, for exports that state none."""
    from wbe.errors import UsageError
    from wbe.io.instruments import Options

    try:
        Options(unit=value)
    except UsageError as error:
        return str(error).rstrip("."), "Write a unit such as ng/mL."
    return None


def check_nondetects(value: str) -> Verdict:
    """A rule for non-detects that the estimate knows."""
    from wbe.qc.nondetects import RULES

    return one_of(*RULES)(value)


def is_set_name(text: str) -> bool:
    """Tell the name of a factor set from the path of a table: a path ends in .csv."""
    return not text.casefold().endswith(".csv")


def check_factors(value: str) -> Verdict:
    """A named factor set; paths are checked with the other files."""
    from wbe.factors import set_names

    return one_of(*set_names())(value) if is_set_name(value) else None


def limits_problem(file: Path) -> Verdict:
    """Acceptance limits of a laboratory batch that can be read; every campaign key at once."""
    from wbe.errors import ConfigError
    from wbe.qc import load_limits

    try:
        load_limits(file)
    except ConfigError as error:
        return str(error), "docs/quality.md lists every limit with its unit."
    return None


def check_layout(value: str) -> Verdict:
    """A form of table or a layout of the package; files and names of own layouts are looked up."""
    from wbe.io.layout import known_names

    if value in known_names() or is_layout_file(value):
        return None
    listed = ", ".join(repr(name) for name in known_names())
    near = _nearest(value, known_names())
    fix = near or "Name one, or a file such as lab.layout.toml."
    return f"{value!r} is not one of {listed}", fix


def is_layout_file(text: str) -> bool:
    """Tell the path of a layout from the name of one."""
    return text.casefold().endswith(".toml")


def layouts_problem(files: Sequence[Path]) -> Verdict:
    """Layout files that can be read; everything wrong with the first that cannot."""
    from wbe.errors import ConfigError
    from wbe.io.layout import load

    for file in files:
        try:
            load(file)
        except ConfigError as error:
            return str(error), f"wbe check {file.name} lists it with its lines."
    return None


def check_marker(name: str, value: object) -> Verdict:
    """A per-capita load with its unit, or ``{calibrate = true}``; water takes a volume."""
    from wbe import units
    from wbe.errors import UnitError

    if name != "water" and not names.resolve("analyte", name):
        near = ", ".join(repr(n) for n in names.suggest("analyte", name))
        fix = f"Near it: {near}." if near else "Name an analyte."
        return f"{name!r} is not a known marker", fix
    if value == {"calibrate": True} and name != "water":
        return None
    unit = "L/day/inhabitant" if name == "water" else "mg/day/inhabitant"
    stated = value
    if isinstance(value, dict):
        rsd = value.get("rsd", 1.0)
        if set(value) - {"value", "rsd"} or not (_is_number(rsd) and rsd > 0):
            forms = f'"... {unit}", {{ value = "... {unit}", rsd = 0.3 }}, {{ calibrate = true }}'
            return f"{value!r} is not understood", f"Write one of {forms}."
        stated = value.get("value")
    if not isinstance(stated, str):
        return f"{stated!r} has no unit", f'Write the number with its unit: "... {unit}".'
    try:
        positive = 0 < units.magnitude(stated, unit) < math.inf
    except UnitError as error:
        return str(error).rstrip("."), f"Write a number with a unit such as {unit}."
    return None if positive else (f"{stated!r} is not above 0", "Give a positive load.")


def _nearest(word: str, choices: tuple[str, ...]) -> str:
    import difflib

    near = difflib.get_close_matches(word, choices, n=1)
    return f"Did you mean {near[0]!r}?" if near else ""


def suggest_key(name: str) -> str:
    """Say where an unknown key may belong: the nearest key, or its right section."""
    known = tuple(KEYS)
    leaf = name.rpartition(".")[2]
    for other in known:
        if other.rpartition(".")[2] == leaf:
            section = other.rpartition(".")[0]
            place = f"in [{section}]" if section else "before the first [section]"
            return f"{leaf!r} belongs {place}."
    return _nearest(name, known) or f"Known keys: {', '.join(known)}."


KEYS: dict[str, Key] = {
    key.name: key
    for key in (
        Key("schema", "integer", SCHEMA, check_schema),
        Key("title", "text"),
        Key("language", "text", "en", one_of(*LANGUAGES)),
        Key("data.samples", "texts"),
        Key("data.sites", "text"),
        Key("data.areas", "text"),
        Key("data.indicators", "text"),
        Key("data.sidecar", "text"),
        Key("data.enrichment", "number", None, check_factor),
        Key("data.dilution", "number", None, check_factor),
        Key("data.unit", "text", None, check_unit),
        Key("data.layout", "text", "auto", check_layout),
        Key("data.only_rounds", "texts"),
        Key("estimate.factors", "text", "default", check_factors),
        Key("estimate.draws", "integer", 10_000, at_least(0)),
        Key("estimate.seed", "integer", 1, at_least(0)),
        Key("estimate.nondetects", "text", "censored", check_nondetects),
        Key(
            "estimate.population",
            "text",
            "as_given",
            one_of(
                "as_given",
                later="estimate.population",
                later_choices=("ammonium", "cotinine", "combined"),
            ),
        ),
        Key("tiers.drug", "text", "methamphetamine", check_drug),
        Key(
            "tiers.quantity",
            "text",
            "pn_mass_load",
            one_of(*QUANTITIES, later="tiers.quantity", later_choices=("index",)),
        ),
        Key(
            "tiers.scheme",
            "text",
            None,
            one_of(*SCHEMES, later="tiers.scheme", later_choices=("model",)),
        ),
        Key("tiers.breaks", "numbers", None, check_breaks),
        Key("tiers.statistic", "text", None, one_of(*STATISTICS)),
        Key("tiers.labels", "texts", list(LABELS), check_labels),
        Key("tiers.floor", "number", None, check_floor),
        Key("tiers.rounds", "text", "auto", one_of("auto", *ROUNDS)),
        Key("tiers.map_round", "text", "latest"),
        Key("tiers.reference_round", "text", "first"),
        Key("quality.limits", "text"),
        Key("quality.on_fail", "text", "flag", one_of("flag", "reject")),
        Key("quality.recovery_corrected", "boolean"),
        Key("privacy.audience", "text", "public", one_of(*AUDIENCES)),
        Key("privacy.purpose", "text"),
        Key("privacy.approval", "text"),
        Key("privacy.min_population", "integer", 5000, at_least(0)),
    )
}
