"""``mmsql check``."""

from __future__ import annotations

import typer

from mmsql.cli.connections import reading
from mmsql.cli.exit_codes import ExitCode
from mmsql.cli.options import Database, OutputFormat
from mmsql.cli.output import Format, emit, rows_of, say

COLUMNS = ("source", "level", "finding", "advice")


def check(database: Database, output_format: OutputFormat = Format.TABLE) -> None:
    """Check the sources: content, missing and unusual data, and the inputs of models.

    The command does not change the file. Levels are ok, note, warning and problem. With a problem, training stops or
    has no data, and the exit code is 1.

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
