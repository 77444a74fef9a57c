"""``mmsql refresh``."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from mmsql.cli.failures import told
from mmsql.cli.opening import writing
from mmsql.cli.options import Database, OutputFormat
from mmsql.cli.output import Format, columns_of, emit, rows_of, say
from mmsql.jobs.results import RefreshResult

COLUMNS = columns_of(RefreshResult, first=["status"], without=["message"])


def refresh(
    database: Database,
    retrain: Annotated[
        float | None,
        typer.Option(help="Train again where more than this share of the events is new.", show_default="0.2"),
    ] = None,
    every: Annotated[
        str | None,
        typer.Option(metavar="10m|2h|1d", help="Go on as a service: refresh again and again, until it is stopped."),
    ] = None,
    runs: Annotated[
        int | None, typer.Option(min=1, help="With --every: stop after so many runs.", show_default="no end")
    ] = None,
    output_format: OutputFormat = Format.TABLE,
) -> None:
    """Bring the model that serves up to date: new events, items and texts count, its configuration stays.

    Edges are counted again. A deep model keeps its weights and embeds items and users again. The answer is
    a new version, which serves; `mmsql rollback` goes back. Where nothing has changed, nothing is done. Every
    run leaves a row in mmsql.refreshes. With --every the file is open only while a run goes on; a run that
    fails is reported, and the next one tries again.

    Example: `mmsql refresh shop.duckdb --every 10m`
    """
    if every is None:
        once(database, retrain, output_format)
        return
    pause = seconds_of(every)
    number = 0
    while True:
        began = time.monotonic()
        with told():
            once(database, retrain, output_format)
        number += 1
        if number == runs:
            return
        time.sleep(max(pause - (time.monotonic() - began), 0))


def once(database: Path, retrain: float | None, output_format: Format) -> None:
    """Refresh once and say what came of it."""
    with writing(database) as con:
        from mmsql.jobs import refreshing

        result = refreshing.refresh(con, retrain=refreshing.RETRAIN if retrain is None else retrain)
        emit(rows_of(COLUMNS, [result]), output_format)
    say(f"{result.model} took {result.seconds:.1f} s. {result.message}")


def seconds_of(text: str) -> float:
    """Return how long an interval such as 10m is, in seconds.

    Raises
    ------
    typer.BadParameter
        When DuckDB cannot read it as an interval, or it is not above 0.
    """
    import duckdb

    with duckdb.connect() as con:
        try:
            (seconds,) = con.execute("SELECT epoch(CAST(? AS INTERVAL))", [text]).fetchall()[0]
        except duckdb.Error:
            seconds = 0.0
    if seconds <= 0:
        raise typer.BadParameter(f"{text!r} is no time between runs. Type it like 30s, 10m, 2h or 1d.")
    return float(seconds)
