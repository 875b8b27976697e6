"""What a finished campaign says: its closing lines, its warnings and its exit code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from wbe.run import losses, summary, verdict
from wbe.run.config import Config
from wbe.run.words import say

if TYPE_CHECKING:
    from wbe.run.campaign import Results


@dataclass(frozen=True)
class Closing:
    """What a person is told at the end.

    Parameters
    ----------
    lines : tuple of str
        The result: tiers, how sure they are, where the rest lies.
    warnings : tuple of str
        What was lost to errors.
    code : int
        The exit code of the campaign.
    """

    lines: tuple[str, ...]
    warnings: tuple[str, ...]
    code: int


def closing(
    config: Config, results: Results, out: Path, written: Sequence[str], language: str
) -> Closing:
    """Put together what there is to say.

    Parameters
    ----------
    config : Config
    results : Results
    out : Path
        The output folder, as a person typed it.
    written : sequence of str
        Names of the files in it.
    language : str
    """
    found, warnings = results.findings, []
    if found.errors:
        lost, samples = losses.lost(results.result, found)
        key = "rejected" if samples else "rejected.rows"
        warnings.append(say(key, language, results=lost, samples=len(samples)))
    if unused := sorted({one.file for one in found.errors if one.scope == "file"}):
        warnings.append(say("files.unused", language, names=", ".join(unused)))
    lines = summary.lines(config, results, out, list(written), language)
    return Closing(tuple(lines), tuple(warnings), verdict.code(found, usable=True))
