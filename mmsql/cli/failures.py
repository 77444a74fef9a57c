"""From exceptions to one line on stderr and an exit code."""

from __future__ import annotations

import os
import re
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import typer
from typer.core import TyperGroup

from mmsql.cli.exits import ExitCode
from mmsql.errors import MmsqlError

# What DuckDB puts before a message, such as "Invalid Input Error: ".
DUCKDB_PREFIX = re.compile(r"^(?:[A-Z][\w ]{1,40} (?:Error|Exception): )+")
DUCKDB_PLACE = re.compile(r"\n\nLINE \d+:.*", re.DOTALL)
DUCKDB_INTERRUPTED = "Query interrupted"


class CommandGroup(TyperGroup):
    """The top of the command line: no command ends in a traceback that a user could have caused."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was asked for, and tell what went wrong."""
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()  # a reader that is gone shows here, not when Python exits
        except BaseException as error:
            code = exit_code_of(error)
            if code is None:
                raise
            _tell(error, code, bool(ctx.params.get("debug")))
            raise typer.Exit(code) from error
        return result


@contextmanager
def told() -> Iterator[None]:
    """Tell of a failure inside the block that a user could have caused, and go on: for what is tried again later."""
    try:
        yield
    except Exception as error:
        if exit_code_of(error) is not ExitCode.ERROR:
            raise
        print(f"Error: {message_of(error)}", file=sys.stderr, flush=True)


def exit_code_of(error: BaseException) -> ExitCode | None:
    """Return the code a failure ends with, or None for what is not a user's to mend."""
    if _is_interrupt(error):
        return ExitCode.INTERRUPTED
    if isinstance(error, BrokenPipeError):
        return ExitCode.BROKEN_PIPE
    if isinstance(error, MmsqlError | OSError) or _is_duckdb_error(error):
        return ExitCode.ERROR
    return None


def message_of(error: BaseException) -> str:
    """Return what to tell a user about a failure, without DuckDB's prefixes and, of our messages, the place."""
    text = str(error) or type(error).__name__
    if not _is_duckdb_error(error):
        return text
    told = DUCKDB_PREFIX.sub("", text)
    return DUCKDB_PLACE.sub("", told) if type(error).__name__ == "InvalidInputException" else told


def _tell(error: BaseException, code: ExitCode, debug: bool) -> None:
    if code is ExitCode.BROKEN_PIPE:
        _silence_stdout()
        return
    if debug:
        traceback.print_exception(error, file=sys.stderr)
    text = "Interrupted." if code is ExitCode.INTERRUPTED else f"Error: {message_of(error)}"
    print(text, file=sys.stderr)


def _is_interrupt(error: BaseException | None) -> bool:
    """Find Ctrl-C behind an error: DuckDB makes an error of its own of it, with or without the cause."""
    duckdb = sys.modules.get("duckdb")
    while error is not None:
        if isinstance(error, KeyboardInterrupt) or (duckdb and isinstance(error, duckdb.InterruptException)):
            return True
        if type(error) is RuntimeError and str(error) == DUCKDB_INTERRUPTED:
            return True
        error = error.__cause__
    return False


def _is_duckdb_error(error: BaseException) -> bool:
    duckdb = sys.modules.get("duckdb")  # where it was never loaded, it raised nothing
    return duckdb is not None and isinstance(error, duckdb.Error)


def _silence_stdout() -> None:
    """Let what is still in the buffer go nowhere, so that Python's exit does not complain."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
