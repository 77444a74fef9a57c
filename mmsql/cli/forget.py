"""``mmsql forget``."""

from __future__ import annotations

from typing import Annotated

import typer

from mmsql.cli.connections import reading, writing
from mmsql.cli.options import Database, OutputFormat
from mmsql.cli.output import Format, columns_of, emit, rows_of, say
from mmsql.jobs.results import Forgotten

COLUMNS = columns_of(Forgotten)


def forget(
    database: Database,
    user: Annotated[str, typer.Argument(metavar="USER", help="A user id.", show_default=False)],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count the rows without removing them.")] = False,
    output_format: OutputFormat = Format.TABLE,
) -> None:
    """Remove everything in the file that belongs to a user, and list what was removed.

    Events, comments, vectors, lists and evaluations go in one transaction. Sums over users stay until `mmsql train`
    makes a model without the user. Rows of views over your own tables are only counted: delete them there.

    Example: `mmsql forget shop.duckdb U0001 --dry-run`
    """
    with reading(database) if dry_run else writing(database) as con:
        from mmsql.jobs import forgetting

        found = forgetting.forget(con, user, dry_run=dry_run)
        emit(rows_of(COLUMNS, found), output_format)
    rows_of_user = [row for row in found if row.table_name != "models"]
    if dry_run:
        say(f"{sum(row.rows for row in rows_of_user)} rows would be removed, or are in views. Nothing was changed.")
        return
    say(f"{sum(row.rows for row in rows_of_user if row.removed)} rows of {user} were removed.")
    if found[-1].rows:
        say(f"Models still have sums that include the user. Run `mmsql train {database}` for a model without them.")
