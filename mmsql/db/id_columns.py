"""The id columns of all tables, and their types."""

from __future__ import annotations

import duckdb

from mmsql import columns
from mmsql.db import serving
from mmsql.db.schema import recreate_views
from mmsql.db.sqlfiles import quote_identifier

# State tables by the id they have; ``mmsql.serving`` is rebuilt from them.
USER_COLUMNS = ("user_vectors", "recommendations", "holdout", "evaluation_lists")
ITEM_COLUMNS = (
    "catalog",
    "item_vectors",
    "item_edges",
    "user_edges",
    "recommendations",
    "holdout",
    "evaluation_lists",
    "evaluation_items",
)
TEXT = "VARCHAR"


def widen_ids(con: duckdb.DuckDBPyConnection, id_column: str) -> None:
    """Turn whole-number ids into texts in the sources and in all stored models, which go on serving.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        In a transaction. The sources with these ids are tables.
    id_column : str
        ``user_id`` or ``item_id``.
    """
    changed = [(source, id_column) for source, declared in columns.SOURCES.items() if id_column in declared]
    changed += [(table, id_column) for table in (USER_COLUMNS if id_column == columns.USER else ITEM_COLUMNS)]
    if id_column == columns.ITEM:
        changed += [("relations", columns.RELATED), ("item_edges", columns.NEIGHBOR)]
    for table, column in changed:
        con.execute(
            f"ALTER TABLE mmsql.{quote_identifier(table)} ALTER {quote_identifier(column)} SET DATA TYPE {TEXT}"
        )
    recreate_views(con)
    serving.fill(con)
