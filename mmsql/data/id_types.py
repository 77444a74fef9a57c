"""Id types of the state tables, which follow those of ``mmsql.interactions``."""

from __future__ import annotations

import duckdb

from mmsql import columns
from mmsql.db import serving
from mmsql.db.id_columns import ITEM_COLUMNS, USER_COLUMNS
from mmsql.db.schema import change_id_types


def id_type_changes(con: duckdb.DuckDBPyConnection) -> list[tuple[str, str, str]]:
    """Return the id columns of state tables that differ in type from ``mmsql.interactions``, with the new type."""
    types = {name: kind for name, kind, *_ in con.execute("DESCRIBE SELECT * FROM mmsql.interactions").fetchall()}
    wanted = [(table, columns.USER, types[columns.USER]) for table in USER_COLUMNS]
    wanted += [(table, columns.ITEM, types[columns.ITEM]) for table in ITEM_COLUMNS]
    wanted.append(("item_edges", columns.NEIGHBOR, types[columns.ITEM]))
    found = serving.column_types(con, [(table, column) for table, column, _ in wanted])
    return [change for change, kind in zip(wanted, found, strict=True) if kind != change[2]]


def adopt_id_types(con: duckdb.DuckDBPyConnection) -> None:
    """Give the state tables the id types of ``mmsql.interactions``, so that ids keep their type.

    Runs in the transaction that stores rows with the new types. Stored models with ids of another type are retired,
    and their evaluations are dropped.
    """
    changes = id_type_changes(con)
    if not changes:
        return
    change_id_types(con, changes)
    con.execute("DELETE FROM mmsql.evaluations")
    con.execute("DELETE FROM mmsql.evaluation_items")
    con.execute("UPDATE mmsql.models SET status = 'retired' WHERE status = 'ready'")
