"""``mmsql log``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mmsql.cli.opening import reading
from mmsql.cli.options import Database, OutputFormat
from mmsql.cli.output import Format, emit, query, say


def log(
    database: Database,
    model: Annotated[
        str | None, typer.Argument(metavar="[MODEL]", help="A model of the file.", show_default="all of them")
    ] = None,
    tensorboard: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Also write event files there, a folder a model, for `tensorboard --logdir DIR`.",
            show_default=False,
        ),
    ] = None,
    output_format: OutputFormat = Format.TABLE,
) -> None:
    """Show what happened in training, a row an epoch: losses, and the NDCG on users kept back to validate.

    While another process trains, it holds the file's lock and this command cannot open it. In the process that
    trains, any other connection sees the rows as they come: `FROM mmsql.training_log()`.

    Example: `mmsql log shop.duckdb --tensorboard runs`
    """
    with reading(database) as con:
        if model is not None:
            from mmsql.store import versions

            versions.find(con, model)
        if tensorboard is not None:
            from mmsql.jobs.tensorboard import write_events

            written = write_events(con, tensorboard, model)
        rows = query(con, "FROM mmsql.training_log(model := $model)", {"model": model})
    emit(rows, output_format)
    if not rows.values:
        say(f"No training log yet. Run `mmsql train {database}`.")
    elif tensorboard is not None:
        say(f"{', '.join(written)}: event files are in {tensorboard}. Run `tensorboard --logdir {tensorboard}`.")
