"""``mmsql log``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mmsql.cli.connections import reading
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
            help="Also write TensorBoard event files there, one folder a model, for `tensorboard --logdir DIR`.",
            show_default=False,
        ),
    ] = None,
    output_format: OutputFormat = Format.TABLE,
) -> None:
    """Show the training log, one row an epoch: the losses, and the NDCG on held-out validation users.

    Another process cannot open the file while it trains. In the training process, every connection sees the rows as
    they are written: `FROM mmsql.training_log()`.

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
