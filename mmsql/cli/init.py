"""``mmsql init``."""

from __future__ import annotations

from mmsql.cli.opening import writing
from mmsql.cli.options import Database
from mmsql.cli.output import say


def init(database: Database) -> None:
    """Make a database file, or bring one that is there up to date.

    The file gets the schema mmsql: empty source tables (interactions, items, comments, images, users, relations), and
    the macros that answer, such as mmsql.recommend. Any of the sources can be replaced by a view over your
    own tables. What a file holds already is kept; a second run changes nothing.

    Example: `mmsql init shop.duckdb`
    """
    existed = database.exists()
    with writing(database, create=True):
        pass
    if existed:
        say(f"{database} is up to date.")
    else:
        say(f"{database} is made. Next: `mmsql load --help`.")
