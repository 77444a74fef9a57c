"""``mmsql init``."""

from __future__ import annotations

from contextlib import closing

from mmsql.cli.connections import writing
from mmsql.cli.options import Database
from mmsql.cli.output import say


def init(database: Database) -> None:
    """Create a database file, or bring an existing one up to date.

    The file gets the schema mmsql: empty source tables (interactions, items, comments, images, users, relations) and
    the macros for queries, such as mmsql.recommend. A view over your own tables can replace any source. Existing data
    stay. Macros, views and tables of mmsql that were dropped or replaced are created again.

    Example: `mmsql init shop.duckdb`
    """
    from mmsql.db.opening import open_database
    from mmsql.db.schema import ensure_schema

    existed = database.exists()
    if existed:
        with closing(open_database(database)) as con:
            ensure_schema(con, database, repair=True)
    with writing(database, create=True):
        pass
    if existed:
        say(f"{database} is up to date.")
    else:
        say(f"{database} was created. Next: `mmsql load --help`.")
