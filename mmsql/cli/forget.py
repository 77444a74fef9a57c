"""``mmsql forget``."""

from __future__ import annotations

from typing import Annotated

import typer

from mmsql.cli.opening import reading, writing
from mmsql.cli.options import Database, OutputFormat
from mmsql.cli.output import Format, columns_of, emit, rows_of, say
from mmsql.jobs.results import Forgotten

COLUMNS = columns_of(Forgotten)


def forget(
    database: Database,
    user: Annotated[str, typer.Argument(metavar="USER", help="A user id.", show_default=False)],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count what would be removed.")] = False,
    output_format: OutputFormat = Format.TABLE,
) -> None:
    """Remove everything in the file that belongs to a user, and tell what was removed.

    Events, comments, vectors, lists and evaluations go, in one transaction. What is summed over users stays until
    `mmsql train` makes a model without them. Views over your own tables are counted: delete there.

    Example: `mmsql forget shop.duckdb U0001 --dry-run`
    """
    with reading(database) if dry_run else writing(database) as con:
        from mmsql.jobs import forgetting

        found = forgetting.forget(con, user, dry_run=dry_run)
        emit(rows_of(COLUMNS, found), output_format)
    belonging = [row for row in found if row.table_name != "models"]
    if dry_run:
        say(f"{sum(row.rows for row in belonging)} rows would be removed, or are in views. Nothing was changed.")
        return
    say(f"{sum(row.rows for row in belonging if row.removed)} rows of {user} are removed.")
    if found[-1].rows:
        say(f"Models still hold sums that the user is part of. Run `mmsql train {database}` for one without them.")
