"""Edges from attribute values of users to items, which serve users without history."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb
import pyarrow as pa

from mmsql.attributes import AttributeColumn, AttributeSchema
from mmsql.config.attribute_kinds import IGNORED
from mmsql.db import sqlfiles
from mmsql.db.queries import insert_rows

# Chosen by five-fold cross-validation over the users of MovieLens 100K, each fold without history.
SMOOTHING = 20.0  # number of average users that is added to the users of a value
ITEMS_PER_VALUE = 200
MIN_USERS = 5  # with a value: fewer users show no more than popularity

SCHEMA = pa.schema(
    [
        ("attribute", pa.string()),
        ("kind", pa.string()),
        ("separator", pa.string()),
        ("value", pa.string()),
        ("low", pa.float64()),
        ("high", pa.float64()),
    ]
)


def insert_user_edges(con: duckdb.DuckDBPyConnection, model: str, schema: AttributeSchema) -> None:
    """Store the edges from every attribute value of users to items; the SQL file has the formula.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        The connection with the temp tables of a training run, in the transaction that stores the model.
    model : str
        Name of the model.
    schema : AttributeSchema
        The schema by which the attributes of users are read.
    """
    rows = attribute_bins(schema.users)
    if rows.num_rows:
        parameters = {"model": model, "smoothing": SMOOTHING, "least": MIN_USERS, "most": ITEMS_PER_VALUE}
        insert_rows(con, sqlfiles.query("training/state", "insert_user_edges"), rows, parameters)


def attribute_bins(of_users: Sequence[AttributeColumn]) -> pa.Table:
    """Return the attributes of users with the bounds of their bins.

    Returns
    -------
    pyarrow.Table
        Columns of :data:`SCHEMA`: one row a bin of a number, with infinite outer bounds; one row without value and
        bounds for each other attribute.
    """
    rows: list[tuple[str, str, str, str | None, float | None, float | None]] = []
    for column in of_users:
        if column.binned:
            rows += [(column.name, column.kind, "", *found) for found in column.bins()]
        elif column.kind != IGNORED:
            rows.append((column.name, column.kind, column.separator, None, None, None))
    return pa.Table.from_pylist([dict(zip(SCHEMA.names, row, strict=True)) for row in rows], schema=SCHEMA)
