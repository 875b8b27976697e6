"""Commands about tables: check, convert."""

from __future__ import annotations

from pathlib import Path

import click

from wbe.cli import known
from wbe.cli.options import PATH, common, encoded, exported, formatted, spoken
from wbe.cli.streams import console, echo, warn


@click.command()
@click.argument("paths", nargs=-1, required=True, type=PATH, metavar="FILE_OR_DIR...")
@click.option("--areas", type=PATH, help="Areas to check beside the tables.")
@click.option("--sites", type=PATH, help="Sites to check beside the tables.")
@formatted("text", "json")
@click.option("--strict", is_flag=True, help="Flags count as errors.")
@click.option("--all", "every", is_flag=True, help="Print every finding, repeated ones too.")
@click.option("--annotate", type=PATH, metavar="OUT.xlsx", help="Workbook with marked cells.")
@click.option(
    "--layout",
    default="auto",
    help="Layout of the tables: a name or a file.",
    shell_complete=known.completing(known.forms, known.layouts),
)
@exported
@encoded
@spoken
@common
def check(
    paths: tuple[Path, ...],
    areas: Path | None,
    sites: Path | None,
    form: str,
    strict: bool,
    every: bool,
    annotate: Path | None,
    layout: str,
    sidecar: Path | None,
    enrichment: float | None,
    dilution: float | None,
    unit: str | None,
    encoding: str | None,
    lang: str | None,
    quiet: bool,
    debug: bool,
) -> None:
    """Check lab tables, sites, areas and campaigns; list errors, then flags.

    Of errors that repeat in a column the first are listed, and flags that repeat in a file share
    a line; --all prints each. With --quiet only the closing line is printed. Nothing is written
    but the workbook that --annotate asks for.
    """
    from wbe.run import checking, instrument, listing, spoken_by

    console.lang = lang or spoken_by.campaigns(paths)
    checked = checking.check(
        paths, sites=sites, areas=areas, encoding=encoding, annotate=annotate, lang=console.lang,
        layout=layout, told=instrument.options(sidecar, enrichment, dilution, unit),
    )  # fmt: skip
    if form == "json":
        echo(checked.findings.to_json(lang=console.lang))
    elif quiet:
        echo(listing.verdict(checked.findings, console.lang))
    else:
        echo(listing.report(checked.findings, console.lang, every=every))
    click.get_current_context().exit(checked.code(strict=strict))


@click.command()
@click.argument("source", metavar="IN", type=PATH, required=False)
@click.argument("target", metavar="OUT", type=PATH, required=False)
@click.option(
    "--from",
    "given",
    default="auto",
    help="Layout of IN: a name or a file.",
    shell_complete=known.completing(known.given, known.layouts),
)
@click.option(
    "--to",
    "wanted",
    default="tidy",
    help="Layout of OUT: tidy, wide, a name or a file.",
    shell_complete=known.completing(known.targets, known.layouts),
)
@click.option("--list", "listed", is_flag=True, help="List the layouts and end.")
@click.option("--allow-rejected", is_flag=True, help="Write a table with errors as it is.")
@click.option("--country", default="", help="For --to euda: country of sites that name none.")
@click.option("--sites", type=PATH, help="For --to phes-odm: sites to write along.")
@click.option("--areas", type=PATH, help="For --to phes-odm: areas to write along, as polygons.")
@exported
@encoded
@spoken
@common
def convert(
    source: Path | None,
    target: Path | None,
    given: str,
    wanted: str,
    listed: bool,
    allow_rejected: bool,
    country: str,
    sites: Path | None,
    areas: Path | None,
    sidecar: Path | None,
    enrichment: float | None,
    dilution: float | None,
    unit: str | None,
    encoding: str | None,
    lang: str | None,
    quiet: bool,
    debug: bool,
) -> None:
    """Write the lab table IN in another layout to OUT (.csv, .tsv, .xlsx or .parquet).

    With --to phes-odm OUT is a folder or .xlsx, and --sites and --areas are written along; a folder
    of such tables is read as IN.

    Areas, sites or tiers of a geographic file are written to .gpkg, .parquet or .geojson.

    What the layout cannot carry is listed. A table with errors is not written unless
    --allow-rejected says so; they stay in it as they are.
    """
    from wbe.run import convert_list, converting, instrument, listing

    if listed:
        echo(convert_list.listing(lang or "en"))
        return
    if source is None or target is None:
        raise click.UsageError("Name IN and OUT, or use --list.")
    done = converting.convert(
        source, target, given=given, wanted=wanted, encoding=encoding,
        allow_rejected=allow_rejected, lang=lang or "en",
        instrument=instrument.options(sidecar, enrichment, dilution, unit), country=country,
        sites=sites, areas=areas,
    )  # fmt: skip
    if not quiet:
        if done.findings.errors or not done.written:
            warn(listing.report(done.findings, lang or "en"))
        (echo if done.written else warn)("\n".join(done.lines))
    click.get_current_context().exit(done.code)
