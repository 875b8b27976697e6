"""Commands that only tell: factors, published estimates, what a message means, completion."""

from __future__ import annotations

from pathlib import Path

import click

from wbe.cli import known
from wbe.cli.options import PATH, common, formatted, spoken
from wbe.cli.streams import echo


@click.command()
@click.argument(
    "subject",
    metavar="[DRUG|RUN]",
    required=False,
    shell_complete=known.completing(known.drugs),
)
@click.option(
    "--set",
    "chosen",
    metavar="NAME",
    help="Only the rows of a named set.",
    shell_complete=known.completing(known.factor_sets),
)
@click.option(
    "--compare",
    metavar="DRUG",
    help="What each factor of DRUG does to its consumption.",
    shell_complete=known.completing(known.drugs),
)
@formatted("text", "csv")
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
        echo(factor_list.listing(subject, chosen, form=form, lang=lang or "en"))
        return
    run = None if subject is None else Path(subject)
    echo(factor_compare.listing(compare, run, base=chosen, form=form, lang=lang or "en"))


@click.command()
@click.argument(
    "keys", nargs=-1, metavar="[STUDY]...", shell_complete=known.completing(known.studies)
)
@click.option(
    "--study",
    "more",
    multiple=True,
    metavar="STUDY",
    help="As STUDY; may be repeated.",
    shell_complete=known.completing(known.studies),
)
@click.option("--out", type=PATH, help="Folder for a page with pictures of ours against theirs.")
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
    echo("\n".join(text.splitlines()[-1 - (out is not None) :]) if quiet else text)
    click.get_current_context().exit(code)


@click.command()
@click.argument(
    "what",
    metavar="[RULE|EXIT_CODE|KEY]",
    required=False,
    shell_complete=known.completing(known.rules, known.keys),
)
@spoken
@common
def explain(what: str | None, lang: str | None, quiet: bool, debug: bool) -> None:
    """Tell what a finding, an exit code or a key of campaign.toml means, and where to read on.

    Without a word all of them are listed.
    """
    from wbe.run import explaining

    echo(explaining.explained(what, lang or "en"))


@click.command()
@click.argument("shell", type=click.Choice(known.SHELLS))
@spoken
@common
def completion(shell: str, lang: str | None, quiet: bool, debug: bool) -> None:
    """Print the script that lets SHELL complete commands, options, drugs, sets and rules.

    Bash: put `eval "$(wbe completion bash)"` into ~/.bashrc; zsh: the same with zsh into ~/.zshrc.
    Fish: wbe completion fish > ~/.config/fish/completions/wbe.fish.
    PowerShell: add `wbe completion powershell | Out-String | Invoke-Expression` to $PROFILE.
    """
    root = click.get_current_context().find_root()
    echo(known.script(shell, root.command))
