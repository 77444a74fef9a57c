"""``mmsql rollback``."""

from __future__ import annotations

from mmsql.cli.connections import writing
from mmsql.cli.deploy import COLUMNS
from mmsql.cli.options import Database, OutputFormat
from mmsql.cli.output import Format, Rows, emit


def rollback(database: Database, output_format: OutputFormat = Format.TABLE) -> None:
    """Deploy the model again that was deployed before.

    Example: `mmsql rollback shop.duckdb`
    """
    with writing(database) as con:
        from mmsql.store import versions

        emit(Rows(COLUMNS, [(versions.rollback(con),)]), output_format)
