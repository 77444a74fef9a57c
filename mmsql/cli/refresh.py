"""``mmsql refresh``."""

from __future__ import annotations

from mmsql.cli.opening import writing
from mmsql.cli.options import Database, OutputFormat
from mmsql.cli.output import Format, emit, rows_of, say
from mmsql.cli.train import COLUMNS


def refresh(database: Database, output_format: OutputFormat = Format.TABLE) -> None:
    """Bring the model that serves up to date: new events, items and texts count, its configuration stays.

    Edges are counted again. A deep model keeps its weights and embeds items and users again. The answer is
    a new version, which serves; `mmsql rollback` goes back.

    Example: `mmsql refresh shop.duckdb`
    """
    with writing(database) as con:
        from mmsql import training

        result = training.refresh(con)
        emit(rows_of(COLUMNS, [result]), output_format)
    say(f"{result.model} took {result.seconds:.1f} s. {result.message}")
