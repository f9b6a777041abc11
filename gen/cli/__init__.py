"""The command ``zeroleap``: `command` is its frame, and each subcommand has a file of its name."""

from zeroleap.gen.cli.command import main

__all__ = ["main"]
