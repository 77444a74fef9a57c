"""``mmsql explain``."""

from __future__ import annotations

from typing import Annotated

import typer

from mmsql.cli.connections import reading
from mmsql.cli.options import Database, OutputFormat
from mmsql.cli.output import Format, emit, query, say


def explain(
    database: Database,
    user: Annotated[str, typer.Argument(metavar="USER", help="A user id.", show_default=False)],
    item: Annotated[str, typer.Argument(metavar="ITEM", help="An item id.", show_default=False)],
    output_format: OutputFormat = Format.TABLE,
) -> None:
    """Explain the score of an item for a user: the contributions to the sum, largest first.

    The contributions add up to the score that `mmsql recommend` shows.

    Example: `mmsql explain shop.duckdb U0001 P0001`
    """
    with reading(database) as con:
        rows = query(con, "FROM mmsql.explain($user, $item)", {"user": user, "item": item})
    emit(rows, output_format)
    if not rows.values:
        say(f"{item} is not in the catalog of the deployed model, so it has no score.")
