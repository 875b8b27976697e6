"""The command line: parse, call the run layer, print. Nothing else, and nothing heavy at import."""

from wbe.cli.entry import cli, main

__all__ = ["cli", "main"]
