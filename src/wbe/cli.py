"""The command line: parse, call the run layer, print. Nothing else, and nothing heavy at import."""

from __future__ import annotations

import contextlib
import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn, TextIO, TypeVar

import click

from wbe import __version__, cli_plan
from wbe.errors import EnvironmentFault, FindingsError, WbeError
from wbe.run import stopping

Command = TypeVar("Command", bound=Callable[..., Any])
_PATH = click.Path(path_type=Path)
_LANG = click.Choice(["en", "zh"])
#: Language of errors, and whether a result could not be printed.
_lang = "en"
_unsaid = False


class Commands(click.Group):
    """Commands whose errors end in a message and the contract's exit code, not in a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the chosen command."""
        try:
            return super().invoke(ctx)
        except WbeError as error:
            stopping.pulse()  # what a library makes of a stop may look like a fault of the input
            if "--debug" in sys.argv:
                traceback.print_exc()
            _print_error(error, _lang)
            ctx.exit(error.exit_code)


def common(command: Command) -> Command:
    """Add the options that every command has."""
    for option in (
        click.version_option(__version__, prog_name="wbe"),
        click.option("--debug", is_flag=True, help="Show a traceback when something fails."),
        click.option("--quiet", is_flag=True, help="No progress and no closing lines."),
    ):
        command = option(command)
    return command


def spoken(command: Command) -> Command:
    """Add the language of what is printed for people."""
    text = "Language of the messages; default: English or the campaign's."
    return click.option("--lang", type=_LANG, help=text, callback=_speak)(command)


def _speak(ctx: click.Context, option: click.Parameter, lang: str | None) -> str | None:
    """Keep the language for messages that are printed where the command has failed.

    A command without a language has that of its group.
    """
    global _lang
    lang = lang or (ctx.parent.params.get("lang") if ctx.parent else None)
    _lang = lang or "en"
    return lang


def encoded(command: Command) -> Command:
    """Add the encoding of the lab tables."""
    text = "Encoding of the lab tables, such as gb18030; default: found out."
    return click.option("--encoding", help=text)(command)


def exported(command: Command) -> Command:
    """Add what the exports of instruments do not say themselves."""
    for option in (
        click.option("--unit", help="Instrument export without units: unit of the vials."),
        click.option("--dilution", type=float, help="Instrument export: dilution of the extract."),
        click.option(
            "--enrichment", type=float, help="Instrument export: sample per extract volume."
        ),
        click.option(
            "--sidecar", type=_PATH, help="Instrument export: table of vials and samples."
        ),
    ):
        command = option(command)
    return command


@click.group(cls=Commands)
@click.version_option(__version__, prog_name="wbe")
def cli() -> None:
    """Wastewater drug epidemiology: lab files in; consumption, tiers, map and report out."""


@cli.command()
@click.argument("inputs", nargs=-1, required=True, type=_PATH, metavar="CAMPAIGN...|LAB_FILE...")
@click.option("--samples", multiple=True, help="Lab file for the campaign's; may be repeated.")
@click.option("--sites", help="Table of sites.")
@click.option("--areas", help="Areas: GeoJSON, GeoPackage or Shapefile.")
@click.option("--factors", help="Named factor set, or a CSV of the same columns.")
@click.option("--draws", type=click.IntRange(min=0), help="Monte Carlo draws; 0: no uncertainty.")
@click.option("--seed", type=click.IntRange(min=0), help="Seed of the draws.")
@click.option("--out", type=_PATH, help="Folder to write; default: results/ beside the input.")
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

    from wbe.run import batch

    # Millions of small objects, next to none in cycles: looking for cycles after every 700 new
    # ones costs a tenth of a run.
    gc.set_threshold(50_000, 20, 20)
    code = batch.run_all(inputs, echo=_echo, warn=_warn, quiet=quiet, debug=debug, **options)
    click.get_current_context().exit(code)


@cli.command()
@click.argument("source", metavar="RUN", type=_PATH)
@click.argument("target", metavar="DIR", type=_PATH)
@spoken
@common
def publish(source: Path, target: Path, lang: str | None, quiet: bool, debug: bool) -> None:
    """Copy the publishable set of a finished RUN to DIR: areas only, checked once more."""
    from wbe.run.publish import publish as publish_run
    from wbe.run.words import say

    written = publish_run(source, target)
    if not quiet:
        _echo(say("published", lang or "en", n=len(written), path=target))


@cli.command()
@click.argument("paths", nargs=-1, required=True, type=_PATH, metavar="FILE_OR_DIR...")
@click.option("--areas", type=_PATH, help="Areas to check beside the tables.")
@click.option("--sites", type=_PATH, help="Sites to check beside the tables.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
@click.option("--strict", is_flag=True, help="Flags count as errors.")
@click.option("--all", "every", is_flag=True, help="Print every finding, repeated ones too.")
@click.option("--annotate", type=_PATH, metavar="OUT.xlsx", help="Workbook with marked cells.")
@click.option("--layout", default="auto", help="Layout of the tables: a name or a file.")
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
    from wbe.run import checking, instrument, listing

    checked = checking.check(
        paths, sites=sites, areas=areas, encoding=encoding, annotate=annotate, lang=lang or "en",
        layout=layout, told=instrument.options(sidecar, enrichment, dilution, unit),
    )  # fmt: skip
    if form == "json":
        _echo(checked.findings.to_json(lang=lang or "en"))
    elif quiet:
        _echo(listing.verdict(checked.findings, lang or "en"))
    else:
        _echo(listing.report(checked.findings, lang or "en", every=every))
    click.get_current_context().exit(checked.code(strict=strict))


@cli.command()
@click.argument("folder", metavar="DIR", type=_PATH)
@spoken
@common
def init(folder: Path, lang: str | None, quiet: bool, debug: bool) -> None:
    """Make DIR, a commented campaign on small synthetic data that runs at once."""
    from wbe.run import scaffold
    from wbe.run.words import say

    scaffold.create(folder, lang or "en")
    if not quiet:
        _echo(say("init.done", lang or "en", path=folder))


@cli.command()
@click.argument("subject", metavar="[DRUG|RUN]", required=False)
@click.option("--set", "chosen", metavar="NAME", help="Only the rows of a named set.")
@click.option("--compare", metavar="DRUG", help="What each factor of DRUG does to its consumption.")
@click.option("--format", "form", type=click.Choice(["text", "csv"]), default="text")
@spoken
@common
def factors(
    subject: str | None,
    chosen: str | None,
    compare: str | None,
    form: str,
    lang: str | None,
    quiet: bool,
    debug: bool,
) -> None:
    """Show the factor tables and their sources, of one DRUG or of all.

    With --compare the factors of a drug are set side by side: over the factor of a set, or over
    the one that a finished RUN used, with what each does to the consumption and ranks of its areas.
    """
    from wbe.run import factor_compare, factor_list

    if compare is None:
        _echo(factor_list.listing(subject, chosen, form=form, lang=lang or "en"))
        return
    run = None if subject is None else Path(subject)
    _echo(factor_compare.listing(compare, run, base=chosen, form=form, lang=lang or "en"))


@cli.command()
@click.argument("source", metavar="IN", type=_PATH, required=False)
@click.argument("target", metavar="OUT", type=_PATH, required=False)
@click.option("--from", "given", default="auto", help="Layout of IN: a name or a file.")
@click.option("--to", "wanted", default="tidy", help="Layout of OUT: tidy, wide, a name or a file.")
@click.option("--list", "listed", is_flag=True, help="List the layouts and end.")
@click.option("--allow-rejected", is_flag=True, help="Write a table with errors as it is.")
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

    What the layout cannot carry is listed. A table with errors is not written unless
    --allow-rejected says so; they stay in it as they are.
    """
    from wbe.run import converting, instrument, listing

    if listed:
        _echo(converting.listing(lang or "en"))
        return
    if source is None or target is None:
        raise click.UsageError("Name IN and OUT, or use --list.")
    done = converting.convert(
        source, target, given=given, wanted=wanted, encoding=encoding,
        allow_rejected=allow_rejected, lang=lang or "en",
        instrument=instrument.options(sidecar, enrichment, dilution, unit),
    )  # fmt: skip
    if not quiet:
        if done.findings.errors or not done.written:
            _warn(listing.report(done.findings, lang or "en"))
        (_echo if done.written else _warn)("\n".join(done.lines))
    click.get_current_context().exit(done.code)


@cli.command()
@click.argument("keys", nargs=-1, metavar="[STUDY]...")
@click.option("--study", "more", multiple=True, metavar="STUDY", help="As STUDY; may be repeated.")
@click.option("--out", type=_PATH, help="Folder for a page with pictures of ours against theirs.")
@spoken
@common
def reproduce(
    keys: tuple[str, ...],
    more: tuple[str, ...],
    out: Path | None,
    lang: str | None,
    quiet: bool,
    debug: bool,
) -> None:
    """Recompute published estimates and show agreement, one line a table.

    STUDY is a key of the catalogue; without one all are recomputed. Data that may not be handed
    on are read from the folder that WBE_REFERENCE_DATA names. With --quiet only the closing lines
    are printed.
    """
    from wbe.run import reproducing

    text, code = reproducing.run((*keys, *more), out=out, lang=lang or "en")
    _echo("\n".join(text.splitlines()[-1 - (out is not None) :]) if quiet else text)
    click.get_current_context().exit(code)


cli.add_command(cli_plan.group(common, spoken, lambda text: _echo(text)))


def main(args: list[str] | None = None) -> NoReturn:
    """Run the command line and end the process with the contract's exit code."""
    given = args if args is not None else sys.argv[1:]
    _prepare(debug="--debug" in given)
    code = 0
    try:
        code = _run(args)
    except stopping.Stopped:
        pass
    except Exception:  # a library may have made it out of the request to stop
        if stopping.asked() is None:
            raise
    stopping.ignore()
    if (stopped := stopping.asked()) is not None:
        code = stopped.exit_code
        if "--quiet" not in given:
            _warn(_ending(stopped))
    sys.exit(code)


def _ending(stopped: stopping.Stopped) -> str:
    """What people see of a stop: what it left, and how to go on."""
    from wbe.run.words import say

    kept = stopped.kept or say("stopped", _lang)
    return f"wbe: {kept}"


def _run(args: list[str] | None) -> int:
    """Run the command and see its last line out."""
    try:
        code = cli.main(args=args, prog_name="wbe", standalone_mode=False) or 0
    except click.ClickException as error:
        with contextlib.suppress(OSError):
            error.show()
        return 2
    return code or (EnvironmentFault.exit_code if _unsaid else 0)


def _prepare(*, debug: bool) -> None:
    """Streams that never fail on a narrow encoding; signals that unwind; no stray tracebacks."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    stopping.listen()
    if not debug:
        sys.excepthook = _explain
        # Errors in finalisers, whose cause was reported already or is a signal.
        sys.unraisablehook = lambda unraisable: None


def _explain(kind: type[BaseException], error: BaseException, trace: object) -> None:
    """What people see of an error that nobody foresaw."""
    print(f"wbe: internal error: {kind.__name__}: {error}", file=sys.stderr)
    print("Run the same command with --debug for the details.", file=sys.stderr)


def _print_error(error: WbeError, lang: str) -> None:
    """Print a message, or every finding that the error carries."""
    from wbe.run import listing

    said = listing.explained(error, lang)
    _warn(said if isinstance(error, FindingsError) else f"wbe: {said}")


def _echo(text: str) -> None:
    """Print a result; a reader that went away (``| head``) changes neither work nor exit code."""
    global _unsaid
    stopping.pulse()  # what was computed after a swallowed stop may lack something
    try:
        print(text, flush=True)
    except BrokenPipeError:
        _silence(sys.stdout)
    except OSError as error:  # a full disk below a redirect
        _silence(sys.stdout)
        _unsaid = True
        _warn(f"wbe: standard output: {error.strerror}")


def _warn(text: str) -> None:
    """Print a message; nobody is left to hear that it could not be printed."""
    try:
        print(text, file=sys.stderr, flush=True)
    except OSError:
        _silence(sys.stderr)


def _silence(stream: TextIO) -> None:
    """Let the rest of a stream go nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


if __name__ == "__main__":
    main()
