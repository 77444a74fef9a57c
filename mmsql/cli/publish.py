"""``mmsql publish``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mmsql.cli.options import Database, OutputFormat
from mmsql.cli.output import Format, columns_of, emit, rows_of, say
from mmsql.jobs.results import PublishResult

COLUMNS = columns_of(PublishResult, without=("external",))


def publish(
    database: Database,
    out: Annotated[Path, typer.Argument(metavar="OUT", help="The copy to create or replace.", show_default=False)],
    without: Annotated[
        str,
        typer.Option(
            metavar="TABLE,…",
            help="Tables that stay empty in the copy: users, comments, impressions, interactions.",
            show_default=False,
        ),
    ] = "",
    anonymous: Annotated[
        bool, typer.Option("--anonymous", help="Replace user ids by salted hashes; leave out what else names a user.")
    ] = False,
    output_format: OutputFormat = Format.TABLE,
) -> None:
    """Write a copy for BI tools: sources, recommendations and macros, without training data.

    Any DuckDB client from 1.4 on opens it, without Python. The copy is written beside OUT and moved into place in one
    step, so that open connections keep the old copy.

    Example: `mmsql publish shop.duckdb published.duckdb`
    """
    from mmsql.jobs.publishing import publish as publish_file

    tables = [name.strip() for name in without.split(",") if name.strip()]
    result = publish_file(database, out, without=tables, anonymous=anonymous)
    emit(rows_of(COLUMNS, [result]), output_format)
    if result.external:
        say(f"The copy has the rows of views over files or URLs: {result.external}.")
