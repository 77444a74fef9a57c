"""``mmsql models``."""

from __future__ import annotations

from mmsql.cli.connections import reading
from mmsql.cli.options import Database, OutputFormat
from mmsql.cli.output import Format, emit, query, say


def models(database: Database, output_format: OutputFormat = Format.TABLE) -> None:
    """List the model versions in the file, newest first, with the deployed one.

    Example: `mmsql models shop.duckdb`
    """
    with reading(database) as con:
        rows = query(con, "FROM mmsql.models()", {})
    emit(rows, output_format)
    if not rows.values:
        say(f"No model yet. Run `mmsql train {database}`.")
