"""The group of all commands, and how a command ends: messages, exit codes, signals."""

from __future__ import annotations

import contextlib
import sys
import traceback
from typing import Any, NoReturn

import click

from wbe import __version__
from wbe.cli import campaigns, dashboard, looking, plan, streams, tables
from wbe.cli.streams import console, warn
from wbe.errors import EnvironmentFault, FindingsError, WbeError
from wbe.run import stopping


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
            _print_error(error, f"wbe {ctx.invoked_subcommand}", console.lang)
            ctx.exit(error.exit_code)


@click.group(cls=Commands)
@click.version_option(__version__, prog_name="wbe")
def cli() -> None:
    """Wastewater drug epidemiology: lab files in; consumption, tiers, map and report out."""


for command in (
    campaigns.init, campaigns.run, campaigns.publish, campaigns.diff, dashboard.dashboard,
    tables.check, tables.convert, looking.factors, looking.reproduce, looking.explain,
    looking.completion, plan.group(),
):  # fmt: skip
    cli.add_command(command)


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
            warn(_ending(stopped))
    sys.exit(code)


def _ending(stopped: stopping.Stopped) -> str:
    """What people see of a stop: what it left, and how to go on."""
    from wbe.run.words import say

    kept = stopped.kept or say("stopped", console.lang)
    return f"wbe: {kept}"


def _run(args: list[str] | None) -> int:
    """Run the command and see its last line out."""
    try:
        code = cli.main(args=args, prog_name="wbe", standalone_mode=False) or 0
    except click.ClickException as error:
        with contextlib.suppress(OSError):
            error.show()
        _print_page(error)
        return 2
    return code or (EnvironmentFault.exit_code if console.unsaid else 0)


def _print_page(error: click.ClickException) -> None:
    """Name the page of the command that was called wrongly."""
    from wbe.run import explaining

    context = getattr(error, "ctx", None)
    if context is not None:
        warn(explaining.command_page(context.command_path, console.lang).strip())


def _prepare(*, debug: bool) -> None:
    """Streams that never fail on a narrow encoding; signals that unwind; no stray tracebacks."""
    streams.prepare()
    stopping.listen()
    if not debug:
        sys.excepthook = _explain
        # Errors in finalisers, whose cause was reported already or is a signal.
        sys.unraisablehook = lambda unraisable: None


def _explain(kind: type[BaseException], error: BaseException, trace: object) -> None:
    """What people see of an error that nobody foresaw."""
    from wbe.run.words import say

    said = say("fault.internal", console.lang, kind=kind.__name__, error=str(error))
    print(f"wbe: {said}", file=sys.stderr)
    print(say("fault.debug", console.lang), file=sys.stderr)


def _print_error(error: WbeError, command: str, lang: str) -> None:
    """Print a message, or every finding that the error carries, and where to read on."""
    from wbe.run import explaining, listing

    said = listing.explained(error, lang)
    warn(said if isinstance(error, FindingsError) else f"wbe: {said}")
    if more := explaining.hint(error, command, lang):
        warn(more.strip())
