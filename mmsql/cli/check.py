"""``mmsql check``."""

from __future__ import annotations

import typer

from mmsql.cli.exits import ExitCode
from mmsql.cli.opening import reading
from mmsql.cli.options import Database, OutputFormat
from mmsql.cli.output import Format, emit, rows_of, say

COLUMNS = ("source", "level", "finding", "advice")


def check(database: Database, output_format: OutputFormat = Format.TABLE) -> None:
    """Tell what the sources hold, what is missing, what is odd, and what a model will make of it.

    Nothing in the file is changed. Levels are ok, note, warning and problem; with a problem training would
    refuse or have nothing to learn from, and the exit code is 1.

    Example: `mmsql check shop.duckdb`
    """
    with reading(database) as con:
        from mmsql.jobs import checks

        findings = checks.check(con)
    emit(rows_of(COLUMNS, findings), output_format)
    problems = sum(finding.level == checks.PROBLEM for finding in findings)
    if problems:
        say(f"{problems} problem{'s' if problems > 1 else ''} to solve before training.")
        raise typer.Exit(ExitCode.ERROR)
