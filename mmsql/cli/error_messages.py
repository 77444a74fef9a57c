"""Errors as one line on stderr and an exit code."""

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

from mmsql.cli.exit_codes import ExitCode
from mmsql.cli.safe_text import lines
from mmsql.errors import MmsqlError
from mmsql.interrupts import is_interrupt

# Prefixes of DuckDB's messages, such as "Invalid Input Error: ".
DUCKDB_PREFIX = re.compile(r"^(?:[A-Z][\w ]{1,40} (?:Error|Exception): )+")
UDF_PREFIX = re.compile(r"^Python exception occurred while executing the UDF: (?:\w+Error: )?")
UDF_FRAMES = "\n\nAt:\n"  # the frames of the function follow
NO_FUNCTION = re.compile(r"Function with name \"?(\w+)\"? does not exist")
DUCKDB_LINE = re.compile(r"\n\nLINE \d+:.*", re.DOTALL)


class CommandGroup(TyperGroup):
    """The root of the command line, which turns errors that a user can cause into messages."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command, and report an error."""
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()  # raises here, not at Python's exit, where the reader is gone
        except BaseException as error:
            code = exit_code_of(error)
            if code is None:
                raise
            _report(error, code, bool(ctx.params.get("debug")))
            raise typer.Exit(code) from error
        return result


@contextmanager
def errors_reported() -> Iterator[None]:
    """Report an error that a user can cause, and go on. For blocks that run again later."""
    try:
        yield
    except Exception as error:
        if exit_code_of(error) is not ExitCode.ERROR:
            raise
        print(lines(f"Error: {message_of(error)}"), file=sys.stderr, flush=True)


def exit_code_of(error: BaseException) -> ExitCode | None:
    """Return the exit code of an error, or None where a user cannot cause it."""
    if is_interrupt(error):
        return ExitCode.INTERRUPTED
    if isinstance(error, BrokenPipeError):
        return ExitCode.BROKEN_PIPE
    if isinstance(error, MmsqlError | OSError) or _is_duckdb_error(error):
        return ExitCode.ERROR
    return None


def message_of(error: BaseException) -> str:
    """Return the message of an error, without DuckDB's prefixes and, for our messages, without the line."""
    told = _disk_error(error)
    text = str(told or error) or type(error).__name__
    if told is not None or not _is_duckdb_error(error):
        return text
    lacking = NO_FUNCTION.search(text)
    if lacking and _is_ours(lacking[1]):
        return f"This file has no {lacking[1]}: an earlier mmsql made the file. Run `mmsql init` on it."
    message = UDF_PREFIX.sub("", _without_prefix(error)).split(UDF_FRAMES)[0]
    return DUCKDB_LINE.sub("", message) if type(error).__name__ == "InvalidInputException" else message


def _report(error: BaseException, code: ExitCode, debug: bool) -> None:
    if code is ExitCode.BROKEN_PIPE:
        _silence_stdout()
        return
    if debug:
        traceback.print_exception(error, file=sys.stderr)
    text = "Interrupted." if code is ExitCode.INTERRUPTED else f"Error: {message_of(error)}"
    print(lines(text), file=sys.stderr)


def _is_ours(name: str) -> bool:
    from mmsql.db.schema import MACROS

    return name in {macro for _, macro in MACROS}


def _disk_error(error: BaseException) -> MmsqlError | None:
    """Return the words for a full disk or a lack of permission, unless a function of ours has said them."""
    if not isinstance(error, OSError) and (not _is_duckdb_error(error) or UDF_PREFIX.search(_without_prefix(error))):
        return None
    from mmsql.db.disk_errors import disk_error

    return disk_error(error)


def _without_prefix(error: BaseException) -> str:
    return DUCKDB_PREFIX.sub("", str(error))


def _is_duckdb_error(error: BaseException) -> bool:
    duckdb = sys.modules.get("duckdb")  # an error of DuckDB needs the module loaded
    return duckdb is not None and isinstance(error, duckdb.Error)


def _silence_stdout() -> None:
    """Discard the buffer of stdout, so that Python's exit does not fail."""
    devnull = os.open(os.devnull, os.O_WRONLY)
    os.dup2(devnull, sys.stdout.fileno())
    os.close(devnull)
