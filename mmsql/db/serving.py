"""The tables that answers read of the deployed model; they are rebuilt whenever another model is deployed."""

from __future__ import annotations

import duckdb

from mmsql.db import sqlfiles


def fill(con: duckdb.DuckDBPyConnection) -> None:
    """Rebuild ``mmsql.serving`` and what belongs to it for the deployed model; in a transaction."""
    model = {"model": deployed_model(con)}
    con.execute("DROP TABLE IF EXISTS mmsql.serving")
    con.execute(sqlfiles.query("schema", "serving"))
    (ids,) = column_types(con, [("catalog", "item_id")])
    if ids != "VARCHAR":
        con.execute(f"ALTER TABLE mmsql.serving ALTER item_id TYPE {ids}")
    con.execute(sqlfiles.query("training/serving", "insert_serving"), model)
    con.execute(sqlfiles.query("training/serving", "create_serving_model"), model)
    con.execute("DROP TYPE IF EXISTS mmsql.serving_parts")
    con.execute(sqlfiles.query("training/serving", "create_serving_parts"))
    con.execute("CREATE INDEX serving_item ON mmsql.serving (item_id)")


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
