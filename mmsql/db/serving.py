"""What serving reads of the model that is deployed: one table, put together anew whenever another one serves."""

from __future__ import annotations

import duckdb

from mmsql.db import sqlfiles


def fill(con: duckdb.DuckDBPyConnection) -> None:
    """Put together anew what serving reads of the model that is deployed; in a transaction."""
    empty(con)
    con.execute(sqlfiles.query("training/serving", "insert_serving"))
    finish(con)


def empty(con: duckdb.DuckDBPyConnection) -> None:
    """Make ``mmsql.serving`` anew, without rows and index, for ids of the type that those of models have."""
    con.execute("DROP TABLE IF EXISTS mmsql.serving")
    con.execute(sqlfiles.query("schema", "serving"))
    (ids,) = column_types(con, [("catalog", "item_id")])
    if ids != "VARCHAR":
        con.execute(f"ALTER TABLE mmsql.serving ALTER item_id TYPE {ids}")


def finish(con: duckdb.DuckDBPyConnection) -> None:
    """Add its index to ``mmsql.serving``, which has just been made, and make what goes with it."""
    con.execute(sqlfiles.query("training/serving", "create_serving_model"))
    con.execute("DROP TYPE IF EXISTS mmsql.serving_parts")
    con.execute(sqlfiles.query("training/serving", "create_serving_parts"))
    con.execute("CREATE INDEX serving_item ON mmsql.serving (item_id)")


def column_types(con: duckdb.DuckDBPyConnection, named: list[tuple[str, str]]) -> list[str]:
    """Return the types of columns of state tables, in one statement: each would take as long as all."""
    chosen = ", ".join(f"t{place}.{column} AS c{place}" for place, (_, column) in enumerate(named))
    tables = ", ".join(f"mmsql.{table} t{place}" for place, (table, _) in enumerate(named))
    return [str(kind) for _, kind, *_ in con.execute(f"DESCRIBE SELECT {chosen} FROM {tables}").fetchall()]
