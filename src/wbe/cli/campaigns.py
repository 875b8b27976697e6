"""Commands about campaigns and their runs: init, run, publish, diff."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from wbe.cli import known
from wbe.cli.options import PATH, common, encoded, exported, formatted, spoken
from wbe.cli.streams import console, echo, warn


@click.command()
@click.argument("folder", metavar="DIR", type=PATH)
@spoken
@common
def init(folder: Path, lang: str | None, quiet: bool, debug: bool) -> None:
    """Make DIR, a commented campaign on small synthetic data that runs at once."""
    from wbe.run import scaffold
    from wbe.run.words import say

    scaffold.create(folder, lang or "en")
    if not quiet:
        echo(say("init.done", lang or "en", path=folder))


@click.command()
@click.argument("inputs", nargs=-1, required=True, type=PATH, metavar="CAMPAIGN...|LAB_FILE...")
@click.option("--samples", multiple=True, help="Lab file for the campaign's; may be repeated.")
@click.option("--sites", help="Table of sites.")
@click.option("--areas", help="Areas: GeoJSON, GeoPackage or Shapefile.")
@click.option(
    "--factors",
    help="Named factor set, or a CSV of the same columns.",
    shell_complete=known.completing(known.factor_sets),
)
@click.option("--draws", type=click.IntRange(min=0), help="Monte Carlo draws; 0: no uncertainty.")
@click.option("--seed", type=click.IntRange(min=0), help="Seed of the draws.")
@click.option("--out", type=PATH, help="Folder to write; default: results/ beside the input.")
@click.option("--store", metavar="FILE|URL", help="Database that keeps the results of all runs.")
@click.option("--resume", is_flag=True, help="Skip campaigns whose results stand, by checksum.")
@click.option("--workers", type=click.IntRange(min=1), help="Processes of this machine to use.")
@click.option("--scheduler", metavar="ADDRESS", help="Dask cluster to use: tcp://HOST:8786.")
@exported
@encoded
@spoken
@common
def run(inputs: tuple[Path, ...], quiet: bool, debug: bool, **options: Any) -> None:
    """Do the whole job: estimate, classify, draw the map, write the report.

    CAMPAIGN is a campaign.toml or the folder that holds one; several are several campaigns.
    Lab files without a configuration make one campaign on defaults.
    """
    import gc

    from wbe.run import batch, spoken_by

    # Millions of small objects, next to none in cycles: looking for cycles after every 700 new
    # ones costs a tenth of a run.
    gc.set_threshold(50_000, 20, 20)
    console.lang = options["lang"] or spoken_by.campaigns(inputs)
    code = batch.run_all(inputs, echo=echo, warn=warn, quiet=quiet, debug=debug, **options)
    click.get_current_context().exit(code)


@click.command()
@click.argument("source", metavar="RUN", type=PATH)
@click.argument("target", metavar="DIR", type=PATH)
@spoken
@common
def publish(source: Path, target: Path, lang: str | None, quiet: bool, debug: bool) -> None:
    """Copy the publishable set of a finished RUN to DIR: areas only, checked once more."""
    from wbe.run import spoken_by
    from wbe.run.publish import publish as publish_run
    from wbe.run.words import say

    console.lang = lang or spoken_by.runs([source])
    written = publish_run(source, target)
    if not quiet:
        echo(say("published", console.lang, n=len(written), path=target))


@click.command()
@click.argument("before", metavar="RUN_A", type=PATH)
@click.argument("after", metavar="RUN_B", type=PATH)
@click.option("--store", metavar="FILE|URL", help="Store; RUN_A and RUN_B are runs in it.")
@formatted("text", "json", "csv")
@spoken
@common
def diff(
    before: Path, after: Path, store: str | None, form: str, lang: str | None, quiet: bool,
    debug: bool,
) -> None:  # fmt: skip
    """Tell which numbers of two finished runs differ, and what may have changed them.

    Inputs by checksum, settings, factors, error model and versions first; then the areas whose
    value, tier or rank differs, largest change first. Nothing is computed again. --format json and
    csv hold every column that differs.
    """
    from wbe.run import diff as comparing
    from wbe.run import spoken_by

    console.lang = lang or spoken_by.runs([before, after])
    echo(comparing.listing(before, after, form=form, lang=console.lang, store=store))
