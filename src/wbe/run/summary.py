"""The closing lines of a run: what a person wants to know before opening anything."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from wbe import names
from wbe.plot.words import class_name, class_of, label_of, number, selected, width
from wbe.run import listing, notes, public_part
from wbe.run.config import Config
from wbe.run.publish import warning
from wbe.run.words import has, say

if TYPE_CHECKING:
    import pandas as pd

    from wbe.findings import Findings
    from wbe.run.campaign import Results

COLUMNS = ("rank", "area", "tier", "value", "interval", "chance", "flags")


def lines(config: Config, results: Results, out: Path, written: list[str], lang: str) -> list[str]:
    """Tier table of the mapped drug and round, how sure it is, and where the rest lies."""
    tiers, privacy = results.tiers, config.privacy
    rows = in_order(selected(tiers, config.tiers.drug, results.round))
    empty = rows["flags"].astype(str).str.split(";").map(lambda flags: "no_data" in flags)
    unit = str(rows["unit"].iloc[0])
    drug = names.display("drug", config.tiers.drug, lang)
    found = [say("title", lang, title=config.title, drug=drug, round=results.round, unit=unit)]
    found += table([[say(f"column.{c}", lang) for c in COLUMNS], *cells(rows[~empty], lang)])
    sure = int((rows["resolved"].astype(bool) & rows["tier"].ne("")).sum())
    least = tiers.attrs.get("resolved_at", "")
    found.append(say("resolved", lang, n=sure, of=int((~empty).sum()), p=least))
    if hidden := int((rows["class"] == "suppressed").sum()):
        found.append(say("suppressed", lang, n=hidden, least=privacy.min_population))
    if empty.any():
        found.append(say("no_data", lang, n=int(empty.sum())))
    found += filter(None, [warning(privacy, lang)])
    is_public = privacy.audience == "public"
    return found + _places(results, out, written, lang, is_public=is_public)


def in_order(rows: pd.DataFrame) -> pd.DataFrame:
    """Highest rank first, areas without a rank last, by name within."""
    return rows.sort_values(["rank", "area"], kind="stable", na_position="last")


def cells(rows: pd.DataFrame, lang: str) -> list[list[str]]:
    """One list of texts a row, in the order of `COLUMNS`."""
    found = []
    for row in rows.to_dict("records"):
        chance = row.get(f"p_{row['tier']}") if row["tier"] else None
        interval = f"{number(row['lower'])} – {number(row['upper'])}"
        flags = str(row["flags"] or "").split(";")
        found.append(
            [
                number(row["rank"], pad=False),
                label_of(row["name"], row["area"]),
                class_name(class_of(row["tier"], row["flags"]), lang),
                number(row["value"]),
                interval if number(row["upper"]) else "",
                "" if chance is None or chance != chance else f"{chance:.2f}",
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


def _places(
    results: Results, out: Path, written: list[str], lang: str, *, is_public: bool
) -> list[str]:
    found = []
    noted = public_part.shown_findings(results) if is_public else results.findings
    if "map.png" in written:
        found.append(say("wrote.map", lang, path=out / "map.png"))
    else:
        found.append(say("no_geometry", lang))
    found.append(say("wrote.report", lang, path=out / "report.html"))
    found += notes.sentences(results.tiers.attrs, lang)
    found.append(noticed(noted, out / "findings.csv", lang))
    # Whether there are any, and how many, would tell about the areas that are not shown.
    if is_public and public_part.hides(results):
        found.append(say("findings.hidden", lang))
    return found


def noticed(findings: Findings, file: Path, lang: str) -> str:
    """How many errors and notes there are, and what most of the notes are."""
    errors, flags = len(findings.errors), len(findings.flags)
    rule, count = listing.commonest(findings.flags)
    key = "findings.most" if 2 * count > flags else "findings.often"
    most = say(key, lang, n=count, rule=_rule_name(rule, lang)) if count > 1 else ""
    return say("findings", lang, errors=errors, flags=flags, most=most, file=file)


def _rule_name(rule: str, lang: str) -> str:
    """What a rule is about, in words; rules without words of their own go by their id."""
    return say(f"rule.{rule}", lang) if has(f"rule.{rule}") else rule.replace("_", " ")
