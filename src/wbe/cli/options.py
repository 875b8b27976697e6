"""Options that several commands have."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from wbe import __version__
from wbe.cli.streams import console

Command = TypeVar("Command", bound=Callable[..., Any])
PATH: Final = click.Path(path_type=Path)
LANG: Final = click.Choice(["en", "zh"])


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
    return click.option("--lang", type=LANG, help=text, callback=_speak)(command)


def _speak(ctx: click.Context, option: click.Parameter, lang: str | None) -> str | None:
    """Keep the language for messages that are printed where the command has failed.

    A command without a language has that of its group.
    """
    lang = lang or (ctx.parent.params.get("lang") if ctx.parent else None)
    console.lang = lang or "en"
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
        click.option("--sidecar", type=PATH, help="Instrument export: table of vials and samples."),
    ):
        command = option(command)
    return command


def formatted(*forms: str) -> Callable[[Command], Command]:
    """Add the form of what is printed; the first is the default."""
    return click.option("--format", "form", type=click.Choice(forms), default=forms[0])
