"""``mmsql sql``."""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from mmsql.cli.connections import writing
from mmsql.cli.options import Database, OutputFormat
from mmsql.cli.output import Format, say
from mmsql.cli.sql_input import converse, run_script
from mmsql.errors import OptionError

GREETING = "End statements with ; and leave with Ctrl-D. FROM help(); lists the macros and functions."
SEARCH_PATH = "SET search_path = 'main,mmsql'"


class Client(StrEnum):
    """SQL clients."""

    PLAIN = "plain"
    HARLEQUIN = "harlequin"
    DUCKDB = "duckdb"


PACKAGES = {Client.HARLEQUIN: "harlequin", Client.DUCKDB: "duckdb-cli"}
OPTIONS = {Client.HARLEQUIN: (), Client.DUCKDB: ("-cmd", SEARCH_PATH)}


def sql(
    database: Database,
    command: Annotated[
        str | None,
        typer.Option("--command", "-c", metavar="SQL", help="Run these statements and exit.", show_default=False),
    ] = None,
    client: Annotated[
        Client,
        typer.Option(
            help="plain has all functions, train and search_items included; harlequin and duckdb, where they are "
            "installed, have everything that works without Python."
        ),
    ] = Client.PLAIN,
    output_format: OutputFormat = Format.TABLE,
) -> None:
    """Run SQL: at a prompt, from one command, or from a script on stdin, with every macro and function.

    A script ends at its first error and reports the line. At the prompt, Ctrl-C stops a statement, and an error ends
    only its statement.

    Example: `mmsql sql shop.duckdb -c "FROM recommend('U0001', k := 3)"`
    """
    if client is not Client.PLAIN:
        if command is not None:
            raise typer.BadParameter("only the plain client takes it.", param_hint="--command")
        raise typer.Exit(hand_over(database, client))
    with writing(database) as con:
        if command is not None:
            run_script(con, io.StringIO(command), output_format)
        elif sys.stdin.isatty():
            say(GREETING)
            converse(con, input, output_format)
        else:
            run_script(con, sys.stdin, output_format)


def hand_over(database: Path, client: Client) -> int:
    """Start another client on a file, after its schema is up to date; return the exit code of the client.

    Raises
    ------
    OptionError
        When the client is not installed.
    """
    program = shutil.which(client)
    if program is None:
        raise OptionError(f"{client} is not installed. Run `pip install {PACKAGES[client]}`, or leave --client out.")
    with writing(database):
        pass
    say(f"In {client}, macros need their full names, such as mmsql.help(). Functions in Python are not available.")
    return subprocess.run([program, *OPTIONS[client], str(database)], check=False).returncode
