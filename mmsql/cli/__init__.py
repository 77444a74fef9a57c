"""The command line: ``mmsql COMMAND DB …``."""

from __future__ import annotations

import sys

from mmsql.cli.exit_codes import ExitCode


def main() -> None:
    """Run the command line, and exit with one of :class:`~mmsql.cli.exit_codes.ExitCode`."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure") and not stream.isatty():
            stream.reconfigure(encoding="utf-8")  # titles and comments may be in any language
    try:
        from mmsql.cli.app import app

        app(prog_name="mmsql")
    except KeyboardInterrupt:  # before the command began
        sys.exit(ExitCode.INTERRUPTED)
