"""The command line: ``mmsql COMMAND DB …``."""

from __future__ import annotations

import sys

from mmsql.cli.exits import ExitCode


def main() -> None:
    """Run the command line and leave the process with one of :class:`~mmsql.cli.exits.ExitCode`."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure") and not stream.isatty():
            stream.reconfigure(encoding="utf-8")  # titles and comments are in any language
    try:
        from mmsql.cli.app import app

        app(prog_name="mmsql")
    except KeyboardInterrupt:  # before a command began
        sys.exit(ExitCode.INTERRUPTED)
