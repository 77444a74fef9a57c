"""What attribute values of users speak for: how users without history are served."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb
import pyarrow as pa

from mmsql.attributes import AttributeColumn, AttributeSchema
from mmsql.config.attribute_kinds import IGNORED
from mmsql.db import sqlfiles
from mmsql.db.queries import insert_rows

# Chosen by five-fold cross-validation over the users of MovieLens 100K, each fold without history.
SMOOTHING = 20.0  # users that a value has beside its own, who want what all want
ITEMS_PER_VALUE = 200
LEAST_USERS = 5  # with a value: of fewer, it says nothing that popularity does not say

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
    """Store what users with an attribute value wanted, for every value; formula in the SQL file.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        The connection with the temp tables of a training run, in the transaction that stores the model.
    model : str
        Its name.
    schema : AttributeSchema
        By which the attributes of users are read.
    """
    rows = attribute_bins(schema.users)
    if rows.num_rows:
        parameters = {"model": model, "smoothing": SMOOTHING, "least": LEAST_USERS, "most": ITEMS_PER_VALUE}
        insert_rows(con, sqlfiles.query("training/state", "insert_user_edges"), rows, parameters)


def attribute_bins(of_users: Sequence[AttributeColumn]) -> pa.Table:
    """Return how the attributes of users are read, and where numbers are cut.

    Returns
    -------
    pyarrow.Table
        Of :data:`SCHEMA`: a row a bin of a number, the outer ends infinite; for other attributes one row without
        value and ends.
    """
    rows: list[tuple[str, str, str, str | None, float | None, float | None]] = []
    for column in of_users:
        if column.binned:
            rows += [(column.name, column.kind, "", *found) for found in column.bins()]
        elif column.kind != IGNORED:
            rows.append((column.name, column.kind, column.separator, None, None, None))
    return pa.Table.from_pylist([dict(zip(SCHEMA.names, row, strict=True)) for row in rows], schema=SCHEMA)
