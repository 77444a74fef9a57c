"""The attribute schema: how models read each column of items and users."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import duckdb
import pyarrow as pa

from mmsql import columns
from mmsql.config.attribute_kinds import DATE, NUMBER
from mmsql.db import sqlfiles
from mmsql.db.queries import insert_rows

BINNED = (NUMBER, DATE)
PATH = " > "  # separator of a path in the matrix and in the state tables, whatever the source uses

ROWS = pa.schema(
    [
        ("source", pa.string()),
        ("place", pa.int64()),
        ("attribute", pa.string()),
        ("column_name", pa.string()),
        ("kind", pa.string()),
        ("separator", pa.string()),
        ("bounds", pa.list_(pa.float64())),
        ("different", pa.int64()),
        ("filled", pa.float64()),
        ("reason", pa.string()),
        ("step", pa.float64()),
        ("nested", pa.bool_()),
    ]
)


@dataclass(frozen=True, kw_only=True)
class AttributeSource:
    """A source with attribute columns, and the temp table that numbers its ids.

    Attributes
    ----------
    name : str
        Name of the source.
    id_column : str
        Column of the ids.
    numbered, index : str
        Temp table of a training run with the ids, and its column of indices.
    excluded : tuple of str
        Columns that are not attributes.
    """

    name: str
    id_column: str
    numbered: str
    index: str
    excluded: tuple[str, ...]


ITEMS = AttributeSource(
    name="items",
    id_column=columns.ITEM,
    numbered="train_catalog",
    index="item_index",
    excluded=(columns.ITEM, columns.TITLE, columns.DESCRIPTION, columns.AVAILABLE),
)
USERS = AttributeSource(
    name="users", id_column=columns.USER, numbered="train_users", index="user_index", excluded=(columns.USER,)
)


@dataclass(frozen=True)
class AttributeColumn:
    """The way one attribute is read.

    Attributes
    ----------
    name : str
        Name of the attribute: of its column, or ``column.field`` for a field of a JSON, struct or map.
    kind : {'number', 'category', 'hierarchy', 'list', 'boolean', 'date', 'ignored'}
        The kind of the values.
    column : str
        Column of the source.
    bounds : tuple of float
        Bounds between the bins of a binned number or date, ascending. The outer bins have no end.
    separator : str
        Separator of a hierarchy or a list that is written as text.
    values : int
        Number of different values.
    filled : float
        Share of the rows with a value.
    reason : str
        Reason why the attribute is ignored.
    step : float
        Distance of neighboring values: 1 for a number that is whole in all rows, else 0.
    nested : bool
        Whether the attribute is a field or an entry of a nested column.
    """

    name: str
    kind: str
    column: str
    bounds: tuple[float, ...] = ()
    separator: str = ""
    values: int = 0
    filled: float = 0.0
    reason: str = ""
    step: float = 0.0
    nested: bool = False

    def bins(self) -> list[tuple[str, float, float]]:
        """Return the bins of a number: name, lower bound (included) and upper bound (excluded)."""
        edges = (-math.inf, *self.bounds, math.inf)
        return [(_interval(low, high), low, high) for low, high in pairwise(edges)]

    @property
    def binned(self) -> bool:
        """True where the values are bins of a number."""
        return self.kind in BINNED and bool(self.bounds)


def _interval(low: float, high: float) -> str:
    return f"{'(' if math.isinf(low) else '['}{low:.15g}, {high:.15g})"


@dataclass(frozen=True)
class AttributeSchema:
    """The attributes of items and of users, ignored ones included with the reason."""

    items: tuple[AttributeColumn, ...] = ()
    users: tuple[AttributeColumn, ...] = ()

    def of(self, source: AttributeSource) -> tuple[AttributeColumn, ...]:
        """Return the attributes of one source."""
        return self.items if source.name == ITEMS.name else self.users

    def to_arrow(self) -> pa.Table:
        """Return the attributes as an Arrow table of :data:`ROWS`."""
        rows = [
            {
                "source": source.name,
                "place": position,
                "attribute": found.name,
                "column_name": found.column,
                "kind": found.kind,
                "separator": found.separator,
                "bounds": list(found.bounds),
                "different": found.values,
                "filled": found.filled,
                "reason": found.reason,
                "step": found.step,
                "nested": found.nested,
            }
            for source in (ITEMS, USERS)
            for position, found in enumerate(self.of(source), start=1)
        ]
        return pa.Table.from_pylist(rows, schema=ROWS)


def insert_schema(con: duckdb.DuckDBPyConnection, model: str, schema: AttributeSchema) -> None:
    """Store the schema of a model, in the transaction that stores the model."""
    statement = sqlfiles.query("training/state", "insert_attribute_schema")
    insert_rows(con, statement, schema.to_arrow(), {"model": model})


def stored_schema(con: duckdb.DuckDBPyConnection, model: str) -> AttributeSchema | None:
    """Return the schema of a model; None for a model from before schemas were stored."""
    rows = con.execute(
        "SELECT s.source, s.attribute, s.kind, s.column_name, s.bounds, s.separator, s.different, s.filled, "
        "s.reason, s.step, s.nested FROM mmsql.attribute_schema s WHERE s.model = ? ORDER BY s.place",
        [model],
    ).fetchall()
    if not rows:
        return None
    found: dict[str, list[AttributeColumn]] = {ITEMS.name: [], USERS.name: []}
    for source, name, kind, column, bounds, *rest in rows:
        found[source].append(AttributeColumn(name, kind, column, tuple(bounds), *rest))
    return AttributeSchema(tuple(found[ITEMS.name]), tuple(found[USERS.name]))
