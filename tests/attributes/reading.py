"""Attributes of a shop, as tests read them."""

from __future__ import annotations

from mmsql.attributes import ITEMS, AttributeColumn, AttributeMatrix, infer_schema
from mmsql.attributes import read_attributes as read
from mmsql.data.dataset import prepare


def attributes(con, kinds: str = "") -> AttributeMatrix | None:
    schema = infer_schema(con, kinds)
    with prepare(con.cursor(), seed=1) as dataset:
        return read(dataset.con, ITEMS, dataset.items, schema.items)


def tokens(con, kinds: str = "") -> set[str]:
    found = attributes(con, kinds)
    return set(found.values) if found else set()


def row(con, item: str, kinds: str = "") -> dict[str, float]:
    found = attributes(con, kinds)
    with prepare(con.cursor(), seed=1) as dataset:
        query = "SELECT item_index FROM train_catalog WHERE CAST(item_id AS VARCHAR) = ?"
        (place,) = dataset.con.execute(query, [item]).fetchall()[0]
    weights = found.matrix[place].toarray().ravel()
    return {value: weight for value, weight in zip(found.values, weights, strict=True) if weight}


def column(con, name: str, kinds: str = "") -> AttributeColumn:
    return next(found for found in infer_schema(con, kinds).items if found.name == name)


def with_column(con, name: str, expression: str, rows: int = 13) -> None:
    """Put items into the place of the shop's that have a column more; n counts them from 0."""
    quoted = '"' + name.replace('"', '""') + '"'
    con.execute(
        "CREATE OR REPLACE TABLE mmsql.items AS SELECT 'i' || n AS item_id, 'Item ' || n AS title, "
        "NULL::VARCHAR AS description, NULL::VARCHAR AS category, NULL::VARCHAR AS brand, NULL::DOUBLE AS price, "
        f"NULL::BOOLEAN AS available, {expression} AS {quoted} FROM range({rows}) t(n)"
    )
