"""The command of a monitoring centre: one page over the runs of many rounds."""

from __future__ import annotations

from pathlib import Path

import click

from wbe.cli.options import PATH, common, spoken
from wbe.cli.streams import echo, warn


@click.command()
@click.argument("runs", nargs=-1, required=True, type=PATH, metavar="RUN...")
@click.option("--out", type=PATH, required=True, metavar="DIR", help="Folder to write.")
@click.option("--title", help="Title of the page; default: that of the latest run.")
@spoken
@common
def dashboard(
    runs: tuple[Path, ...], out: Path, title: str | None, lang: str | None, quiet: bool, debug: bool
) -> None:
    """Join finished runs into one series and write the page over all of their rounds.

    RUN is the folder of a run or of a publication, or a pattern such as "runs/*". What keeps rounds
    from being compared is listed, and stands on the page. Values of areas only; one internal run
    makes the page internal.
    """
    from wbe.run import dashboards, listing

    made = dashboards.make(runs, out, lang=lang, title=title)
    if not quiet:
        if made.findings:
            warn(listing.listed(made.findings, made.lang))
        echo(made.said)
    click.get_current_context().exit(made.code)
