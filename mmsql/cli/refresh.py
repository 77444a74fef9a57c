"""``mmsql refresh``."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from mmsql.cli.connections import writing
from mmsql.cli.error_messages import ExitCode, errors_reported
from mmsql.cli.options import Database, OutputFormat
from mmsql.cli.output import Format, columns_of, emit, rows_of, say
from mmsql.jobs.results import RefreshResult

COLUMNS = columns_of(RefreshResult, first=["status"], without=["message"])


def refresh(
    database: Database,
    retrain: Annotated[
        float | None,
        typer.Option(help="Train again where the share of new events is above this.", show_default="0.2"),
    ] = None,
    min_overlap: Annotated[
        float | None,
        typer.Option(help="Do not deploy a version whose lists overlap less with those before.", show_default="0"),
    ] = None,
    every: Annotated[
        str | None,
        typer.Option(metavar="10m|2h|1d", help="Keep running, and refresh at this interval until stopped."),
    ] = None,
    runs: Annotated[
        int | None, typer.Option(min=1, help="With --every: number of runs.", show_default="no end")
    ] = None,
    output_format: OutputFormat = Format.TABLE,
) -> None:
    """Bring the deployed model up to date: new events, items and texts count, its configuration stays.

    Edges are counted again. A deep model keeps its weights and computes new item and user vectors. The result is a
    new version, which is deployed; `mmsql rollback` goes back. Without changes in the sources there is no new
    version; after a rollback there is none until you deploy or train a model. Every run adds a row to
    mmsql.refreshes. With --every the file is open only during a run. A failed run is reported, and the next one tries
    again; if every one of --runs fails, the exit code is 1.

    Example: `mmsql refresh shop.duckdb --every 10m`
    """
    if every is None:
        once(database, retrain, min_overlap, output_format)
        return
    pause = seconds_of(every)
    number = failed = 0
    while True:
        began = time.monotonic()
        failed += 1
        with errors_reported():
            once(database, retrain, min_overlap, output_format)
            failed -= 1
        number += 1
        if number == runs:
            if failed == runs:
                raise typer.Exit(ExitCode.ERROR)
            return
        time.sleep(max(pause - (time.monotonic() - began), 0))


def once(database: Path, retrain: float | None, min_overlap: float | None, output_format: Format) -> None:
    """Refresh once, and report the result."""
    with writing(database) as con:
        from mmsql.jobs import refreshing

        given = {"retrain": retrain, "min_overlap": min_overlap}
        result = refreshing.refresh(con, **{name: value for name, value in given.items() if value is not None})
        emit(rows_of(COLUMNS, [result]), output_format)
    say(f"{result.model} took {result.seconds:.1f} s. {result.message}")


def seconds_of(text: str) -> float:
    """Return an interval such as 10m in seconds.

    Raises
    ------
    typer.BadParameter
        When DuckDB cannot read the interval, or it is not above 0.
    """
    import duckdb

    with duckdb.connect() as con:
        try:
            (seconds,) = con.execute("SELECT epoch(CAST(? AS INTERVAL))", [text]).fetchall()[0]
        except duckdb.Error:
            seconds = 0.0
    if seconds <= 0:
        raise typer.BadParameter(f"{text!r} is not an interval. Type one such as 30s, 10m, 2h or 1d.")
    return float(seconds)
