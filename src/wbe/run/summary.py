"""The closing lines of a run: what a person wants to know before opening anything."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wbe import names
from wbe.plot.words import class_name, class_of, label_of, number, selected, width
from wbe.run import listing, notes, public_part, record
from wbe.run.config import Config
from wbe.run.publish import warning
from wbe.run.words import has, say

if TYPE_CHECKING:
    import pandas as pd

    from wbe.findings import Findings
    from wbe.run.campaign import Results

#: Areas of the highest tier that are named.
FEW = 3
COLUMNS = ("rank", "area", "tier", "value", "interval", "chance", "flags")


def lines(config: Config, results: Results, out: Path, written: list[str], lang: str) -> list[str]:
    """Tier table of the mapped drug and round, what it assumes, and five lines to end with."""
    tiers, privacy = results.tiers, config.privacy
    rows = in_order(selected(tiers, config.tiers.drug, results.round))
    empty = rows["flags"].astype(str).str.split(";").map(lambda flags: "no_data" in flags)
    unit = str(rows["unit"].iloc[0])
    drug = names.display("drug", config.tiers.drug, lang)
    found = [say("title", lang, title=config.title, drug=drug, round=results.round, unit=unit)]
    found += table([[say(f"column.{c}", lang) for c in COLUMNS], *cells(rows[~empty], lang)])
    if hidden := int((rows["class"] == "suppressed").sum()):
        found.append(say("suppressed", lang, n=hidden, least=privacy.min_population))
    if empty.any():
        found.append(say("no_data", lang, n=int(empty.sum())))
    found += filter(None, [warning(privacy, lang)])
    found += notes.sentences(tiers.attrs, lang)
    if "map.png" not in written:
        found.append(say("no_geometry", lang))
    is_public = privacy.audience == "public"
    # Whether there are any, and how many, would tell about the areas that are not shown.
    is_part = is_public and public_part.hides(results)
    if is_part:
        found.append(say("findings.hidden", lang))
    noted = public_part.shown_findings(results) if is_public else results.findings
    return [
        *found,
        outcome(rows[~empty], tiers.attrs.get("resolved_at", ""), lang),
        noticed(noted, out / "findings.csv", lang, is_part=is_part),
        _places(out, written, lang),
        _basis(config, lang),
        next_step(noted, rows, out, lang),
    ]


def outcome(rows: pd.DataFrame, least: object, lang: str) -> str:
    """What was found: the areas in the highest tier, and of how many areas the tier is sure."""
    with_tier = rows[rows["tier"].ne("")]
    sure = int(with_tier["resolved"].astype(bool).sum())
    if with_tier.empty:
        return say("found.none", lang, of=len(rows))
    best = in_order(with_tier)
    top = best[best["tier"].eq(best["tier"].iloc[0])]
    named = [_with_chance(row, lang) for row in top.head(FEW).to_dict("records")]
    more = say("found.more", lang, n=len(top) - FEW) if len(top) > FEW else ""
    tier = class_name(class_of(top["tier"].iloc[0], ""), lang)
    joined = say("found.join", lang).join(named)
    return say("found", lang, tier=tier, names=joined, more=more, n=sure, of=len(rows), p=least)


def _with_chance(row: Mapping[Any, Any], lang: str) -> str:
    name, chance = label_of(row["name"], row["area"]), _chance(row)
    return say("found.area", lang, name=name, p=chance) if chance else name


def _chance(row: Mapping[Any, Any]) -> str:
    """Probability of the row's tier, nothing where there is none."""
    chance = row.get(f"p_{row['tier']}") if row["tier"] else None
    return "" if chance is None or chance != chance else f"{chance:.2f}"


def in_order(rows: pd.DataFrame) -> pd.DataFrame:
    """Highest rank first, areas without a rank last, by name within."""
    return rows.sort_values(["rank", "area"], kind="stable", na_position="last")


def cells(rows: pd.DataFrame, lang: str) -> list[list[str]]:
    """One list of texts a row, in the order of `COLUMNS`."""
    found = []
    for row in rows.to_dict("records"):
        interval = f"{number(row['lower'])} – {number(row['upper'])}"
        flags = str(row["flags"] or "").split(";")
        found.append(
            [
                number(row["rank"], pad=False),
                label_of(row["name"], row["area"]),
                class_name(class_of(row["tier"], row["flags"]), lang),
                number(row["value"]),
                interval if number(row["upper"]) else "",
                _chance(row),
                ", ".join(names.display("flag", f, lang) for f in flags if f),
            ]
        )
    return found


def table(rows: list[list[str]]) -> list[str]:
    """Align texts in columns; a Chinese character is two wide. No trailing blanks."""
    widths = [max(width(row[i]) for row in rows) for i in range(len(rows[0]))]
    padded = (
        "  ".join(text + " " * (w - width(text)) for text, w in zip(row, widths, strict=True))
        for row in rows
    )
    return [line.rstrip() for line in padded]


def _places(out: Path, written: list[str], lang: str) -> str:
    """Where the report lies, and the map where there is one."""
    key = "wrote.both" if "map.png" in written else "wrote.report"
    return say(key, lang, path=out / "report.html", map=out / "map.png")


def _basis(config: Config, lang: str) -> str:
    """What the numbers rest on, for whoever repeats the run."""
    chosen = config.estimate
    return say(
        "basis", lang, set=record.factor_set(config), seed=str(chosen.seed),
        draws=str(chosen.draws),
    )  # fmt: skip


def next_step(noted: Findings, rows: pd.DataFrame, out: Path, lang: str) -> str:
    """What to do next: mend what was rejected, sample more where little is sure, or publish."""
    if noted.errors:
        rule, _ = listing.commonest(noted.errors)
        return say("next.errors", lang, rule=rule)
    unsure = rows["tier"].ne("") & ~rows["resolved"].astype(bool)
    return say("next.unsure" if 2 * unsure.sum() > len(rows) else "next.publish", lang, path=out)


def noticed(findings: Findings, file: Path, lang: str, *, is_part: bool = False) -> str:
    """What was rejected and by which rules; how many notes there are, and what most of them are."""
    errors, flags = len(findings.errors), len(findings.flags)
    rule, count = listing.commonest(findings.flags)
    key = "findings.most" if 2 * count > flags else "findings.often"
    most = say(key, lang, n=count, rule=_rule_name(rule, lang)) if count > 1 else ""
    said = {"flags": flags, "most": most, "file": file}
    if not errors:
        return say("findings.clean_part" if is_part else "findings.clean", lang, **said)
    rules = ", ".join(sorted({finding.rule for finding in findings.errors}))
    return say("findings", lang, errors=errors, rules=rules, **said)


def _rule_name(rule: str, lang: str) -> str:
    """What a rule is about, in words; rules without words of their own go by their id."""
    return say(f"rule.{rule}", lang) if has(f"rule.{rule}") else rule.replace("_", " ")
