"""SQL as it is typed or read: line by line, each statement run once it is whole."""

from __future__ import annotations

import re
import sqlite3
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

from mmsql.cli.exits import ExitCode
from mmsql.cli.failures import exit_code_of, message_of
from mmsql.cli.output import Format, Rows, emit, say
from mmsql.errors import MmsqlError

if TYPE_CHECKING:
    import duckdb

PROMPT, CONTINUED = "mmsql> ", "  ...> "
LINE = re.compile(r"^LINE (\d+):", re.MULTILINE)


class ScriptError(MmsqlError):
    """A statement of a script failed."""


def run_script(con: duckdb.DuckDBPyConnection, lines: Iterable[str], form: Format) -> None:
    """Run statements one after the other, and write the rows of each to stdout.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        From :func:`mmsql.connect`.
    lines : iterable of str
        The script; the last statement may lack its semicolon.
    form : Format
        Of the rows.

    Raises
    ------
    ScriptError
        At the first statement that fails, with its line; those before it stay done.
    """
    for first, text in whole_statements(lines):
        for line, statement in _taken_apart(con, first, text):
            try:
                _run(con, statement, form)
            except Exception as error:
                raise _located(error, line) from error


def converse(con: duckdb.DuckDBPyConnection, ask: Callable[[str], str], form: Format) -> None:
    """Run what a person types until the input ends; errors and Ctrl-C end a statement only.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        From :func:`mmsql.connect`.
    ask : callable
        Shows a prompt and returns a line, as :func:`input` does, and raises EOFError at the end.
    form : Format
        Of the rows.
    """
    with suppress(ImportError):
        import readline  # noqa: F401  input() edits lines and remembers them where it is loaded
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


def whole_statements(lines: Iterable[str]) -> Iterator[tuple[int, str]]:
    """Join lines until statements are whole: semicolons in quotes and comments end nothing.

    Yields
    ------
    (int, str)
        Number of the first line, from 1, and one statement, or several that share a line.
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


def _taken_apart(con: duckdb.DuckDBPyConnection, first: int, text: str) -> Iterator[tuple[int, str]]:
    try:
        statements = [statement.query.strip() for statement in con.extract_statements(text)]
    except Exception as error:
        raise _located(error, first) from error
    place = 0
    for statement in statements:
        place = text.find(statement, place)
        yield first + text.count("\n", 0, place), statement


def _located(error: Exception, line: int) -> Exception:
    """Return an error that names the line of the script; what is no user's to mend stays as it is."""
    if exit_code_of(error) is not ExitCode.ERROR:
        return error
    told = message_of(error)
    within = LINE.search(told)
    return ScriptError(f"line {line + int(within[1]) - 1 if within else line}: {told}")


def _run(con: duckdb.DuckDBPyConnection, statement: str, form: Format) -> None:
    """Run a statement; what only counts the rows it changed, or says nothing, writes nothing."""
    result = con.execute(statement)
    columns = tuple(column[0] for column in result.description or ())
    values = result.fetchall()
    if columns and columns not in (("Count",), ("Success",)):
        emit(Rows(columns, values), form)
