"""The tables that answers read of the deployed model; they are rebuilt whenever another model is deployed."""

from __future__ import annotations

import duckdb

from mmsql.db import sqlfiles

# A file with a WAL opens read-only if the table has a primary key, but not if an index was created later. DuckDB 1.4
# then finds no row by the key of a table of several row groups, so larger tables have an index.
KEY_ITEMS = 120_000


def fill(con: duckdb.DuckDBPyConnection) -> None:
    """Rebuild ``mmsql.serving`` and what belongs to it for the deployed model; in a transaction."""
    model = {"model": deployed_model(con)}
    indexed = _create_serving(con, model)
    con.execute(sqlfiles.query("training/serving", "insert_serving"), model)
    con.execute(sqlfiles.query("training/serving", "create_serving_model"), model)
    con.execute("DROP TYPE IF EXISTS mmsql.serving_parts")
    con.execute(sqlfiles.query("training/serving", "create_serving_parts"))
    if not indexed:
        con.execute("CREATE INDEX serving_item ON mmsql.serving (item_id)")


def _create_serving(con: duckdb.DuckDBPyConnection, model: dict[str, str | None]) -> bool:
    """Create the empty table, with a primary key if it is not too large for one, and tell whether it has one."""
    statement = sqlfiles.query("schema", "serving")
    (ids,) = column_types(con, [("catalog", "item_id")])
    statement = statement.replace("item_id VARCHAR", f"item_id {ids}")
    ((items,),) = con.execute("SELECT count(*) FROM mmsql.catalog c WHERE c.model = $model", model).fetchall()
    indexed = bool(items < KEY_ITEMS)
    con.execute("DROP TABLE IF EXISTS mmsql.serving")
    con.execute(statement if indexed else statement.replace(" PRIMARY KEY", ""))
    return indexed


def deployed_model(con: duckdb.DuckDBPyConnection) -> str | None:
    """Return the name of the deployed model, or None.

    It runs the body of the macro ``_deployed_model``: a file of an earlier version does not have the macro.
    """
    ((model,),) = con.execute(sqlfiles.read("macros/models", "_deployed_model").body).fetchall()
    return model if model is None else str(model)


def column_types(con: duckdb.DuckDBPyConnection, named: list[tuple[str, str]]) -> list[str]:
    """Return the types of columns of state tables, in one statement: each would take as long as all."""
    chosen = ", ".join(f"t{position}.{column} AS c{position}" for position, (_, column) in enumerate(named))
    tables = ", ".join(f"mmsql.{table} t{position}" for position, (table, _) in enumerate(named))
    return [str(kind) for _, kind, *_ in con.execute(f"DESCRIBE SELECT {chosen} FROM {tables}").fetchall()]
