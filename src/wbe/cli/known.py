"""Words that the shell can complete: drugs, factor sets, studies, layouts, rules.

Read from the package's tables and folders; no word needs numpy or pandas.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib.resources import files
from typing import Final

import click
from click.shell_completion import CompletionItem, get_completion_class

from wbe import names
from wbe.errors import UsageError
from wbe.findings import RULES

SHELLS: Final = ("bash", "zsh", "fish", "powershell")
#: Asks the program for completions instead of running it.
VARIABLE: Final = "_WBE_COMPLETE"
Completer = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


def completing(*sources: Callable[[], Iterable[str]]) -> Completer:
    """Return what click asks for completions: the words of the sources that begin as typed."""

    def complete(
        context: click.Context, parameter: click.Parameter, typed: str
    ) -> list[CompletionItem]:
        return [
            CompletionItem(word)
            for source in sources
            for word in source()
            if word.casefold().startswith(typed.casefold())
        ]

    return complete


def drugs() -> tuple[str, ...]:
    """Return the drugs by their identifiers."""
    return names.ids("drug")


def factor_sets() -> list[str]:
    """Return the named factor sets."""
    return _entries("factors/sets", ".csv")


def studies() -> list[str]:
    """Return the keys of the published studies that can be recomputed."""
    folder = files("wbe").joinpath("reproduce/catalogue")
    return sorted(
        entry.name for entry in folder.iterdir() if entry.joinpath("study.toml").is_file()
    )


def layouts() -> list[str]:
    """Return the layouts of laboratories that the package has."""
    return _entries("io/layouts", ".layout.toml")


def forms() -> tuple[str, ...]:
    """Return the forms of table that need no layout."""
    from wbe.run.convert_odm import ODM

    return tuple(word for word in given() if word != ODM)


def given() -> tuple[str, ...]:
    """Return the forms of table that can be converted from by name."""
    from wbe.run.converting import BY_WORDS

    return ("auto", *BY_WORDS)


def targets() -> tuple[str, ...]:
    """Return the forms that a table can be converted to by name."""
    from wbe.run.convert_euda import EUDA
    from wbe.run.convert_odm import ODM
    from wbe.run.converting import TIDY

    return (TIDY, "wide", EUDA, ODM)


def rules() -> list[str]:
    """Return the rules of the findings."""
    return sorted(RULES)


def keys() -> list[str]:
    """Return the keys of campaign.toml."""
    from wbe.run.keys import KEYS

    return list(KEYS)


def script(shell: str, program: click.Command) -> str:
    """Return the script that makes a shell complete the command line.

    Parameters
    ----------
    shell : str
        One of `SHELLS`.
    program : Command
        The group of all commands.

    Raises
    ------
    UsageError
        If the version of click that is installed cannot write it (PowerShell before 8.4).
    """
    found = get_completion_class(shell)
    if found is None:
        raise UsageError(f"this version of click has no completion for {shell}")
    return found(program, {}, "wbe", VARIABLE).source().rstrip("\n")


def _entries(folder: str, suffix: str) -> list[str]:
    """Return the names of a folder's files without their suffix."""
    found = (entry.name for entry in files("wbe").joinpath(folder).iterdir())
    return sorted(name.removesuffix(suffix) for name in found if name.endswith(suffix))
