"""``mmsql deploy``."""

from __future__ import annotations

from typing import Annotated

import typer

from mmsql.cli.connections import writing
from mmsql.cli.options import Database, OutputFormat
from mmsql.cli.output import Format, Rows, emit

COLUMNS = ("deployed",)


def deploy(
    database: Database,
    model: Annotated[
        str, typer.Argument(metavar="MODEL", help="A model that `mmsql models` lists.", show_default=False)
    ],
    output_format: OutputFormat = Format.TABLE,
) -> None:
    """Deploy a model of the file, so that it answers from now on.

    Example: `mmsql deploy shop.duckdb graph-1`
    """
    with writing(database) as con:
        from mmsql.store import versions

        emit(Rows(COLUMNS, [(versions.deploy(con, model),)]), output_format)
