"""SQL scripts and the SQL prompt: each statement runs as soon as it is complete."""

from __future__ import annotations

import re
import sqlite3
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

from mmsql.cli.error_messages import exit_code_of, message_of
from mmsql.cli.exit_codes import ExitCode
from mmsql.cli.output import Format, Rows, emit, say
from mmsql.errors import MmsqlError

if TYPE_CHECKING:
    import duckdb

PROMPT, CONTINUED = "mmsql> ", "  ...> "
LINE = re.compile(r"^LINE (\d+):", re.MULTILINE)


class ScriptError(MmsqlError):
    """A statement of a script failed."""


def run_script(con: duckdb.DuckDBPyConnection, lines: Iterable[str], form: Format) -> None:
    """Run the statements of a script, and write the rows of each to stdout.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        A connection of :func:`mmsql.connect`.
    lines : iterable of str
        The script; the last statement may lack its semicolon.
    form : Format
        Format of the rows.

    Raises
    ------
    ScriptError
        At the first statement that fails, with its line; earlier statements stay done.
    """
    for first, text in complete_statements(lines):
        for line, statement in _split_statements(con, first, text):
            try:
                _run(con, statement, form)
            except Exception as error:
                raise _located(error, line) from error


def converse(con: duckdb.DuckDBPyConnection, ask: Callable[[str], str], form: Format) -> None:
    """Run statements from a prompt until the input ends. An error or Ctrl-C ends only its statement.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        A connection of :func:`mmsql.connect`.
    ask : callable
        Shows a prompt and returns a line, as :func:`input` does; raises EOFError at the end.
    form : Format
        Format of the rows.
    """
    with suppress(ImportError):
        import readline  # noqa: F401  where it is loaded, input() edits lines and has a history
    typed = ""
    while True:
        try:
            typed += ask(CONTINUED if typed else PROMPT) + "\n"
            if not typed.strip():
                typed = ""
            elif sqlite3.complete_statement(typed):
                text, typed = typed, ""
                for statement in con.extract_statements(text):
                    _run(con, statement.query, form)
        except EOFError:
            say("")
            return
        except BaseException as error:
            code = exit_code_of(error)
            if code not in (ExitCode.ERROR, ExitCode.INTERRUPTED):
                raise
            typed = ""
            say("Interrupted." if code is ExitCode.INTERRUPTED else f"Error: {message_of(error)}")
        sys.stdout.flush()


def complete_statements(lines: Iterable[str]) -> Iterator[tuple[int, str]]:
    """Join lines to complete statements. Semicolons in quotes and comments do not end a statement.

    Yields
    ------
    (int, str)
        Number of the first line, from 1, and one statement, or several statements on one line.
    """
    first, text = 1, ""
    for number, line in enumerate(lines, start=1):
        if not text.strip():
            first, text = number, ""
        text += line
        if sqlite3.complete_statement(text):
            yield first, text
            text = ""
    if text.strip():
        yield first, text


def _split_statements(con: duckdb.DuckDBPyConnection, first: int, text: str) -> Iterator[tuple[int, str]]:
    try:
        statements = [statement.query.strip() for statement in con.extract_statements(text)]
    except Exception as error:
        raise _located(error, first) from error
    offset = 0
    for statement in statements:
        offset = text.find(statement, offset)
        yield first + text.count("\n", 0, offset), statement


def _located(error: Exception, line: int) -> Exception:
    """Return an error with the line of the script; an error that no user can cause stays as it is."""
    if exit_code_of(error) is not ExitCode.ERROR:
        return error
    message = message_of(error)
    within = LINE.search(message)
    return ScriptError(f"line {line + int(within[1]) - 1 if within else line}: {message}")


def _run(con: duckdb.DuckDBPyConnection, statement: str, form: Format) -> None:
    """Run a statement and write its rows; a statement that only counts rows, or has none, writes nothing."""
    result = con.execute(statement)
    columns = tuple(column[0] for column in result.description or ())
    values = result.fetchall()
    if columns and columns not in (("Count",), ("Success",)):
        emit(Rows(columns, values), form)
