"""The declared schema of attributes: what each column of items and users is to a model."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import duckdb
import pyarrow as pa

from mmsql import columns
from mmsql.config.kinds import DATE, NUMBER
from mmsql.db import sqlfiles
from mmsql.db.queries import insert_rows

BINNED = (NUMBER, DATE)
PATH = " > "  # how a path is written once it is read, whatever separates its parts in the source

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
class Described:
    """A source whose further columns are attributes, and the temp table that numbers its ids.

    Attributes
    ----------
    source : str
        Name of the source.
    id_column : str
        What a row is about.
    numbered, index : str
        The temp table of a training run, and its column of indices.
    without : tuple of str
        Columns that are no attributes.
    """

    source: str
    id_column: str
    numbered: str
    index: str
    without: tuple[str, ...]


ITEMS = Described(
    source="items",
    id_column=columns.ITEM,
    numbered="train_catalog",
    index="item_index",
    without=(columns.ITEM, columns.TITLE, columns.DESCRIPTION, columns.AVAILABLE),
)
USERS = Described(
    source="users", id_column=columns.USER, numbered="train_users", index="user_index", without=(columns.USER,)
)


@dataclass(frozen=True)
class AttributeColumn:
    """How one attribute is read.

    Attributes
    ----------
    name : str
        Of the attribute: that of its column, or for a field of a JSON, struct or map ``column.field``.
    kind : {'number', 'category', 'hierarchy', 'list', 'boolean', 'date', 'ignored'}
        How it is read.
    column : str
        The column of the source.
    bounds : tuple of float
        Of a number or a date that is binned: where its bins meet, rising. The outer bins have no end.
    separator : str
        Of a hierarchy or a list that is written as text: what its parts are separated by.
    values : int
        How many different values there are.
    filled : float
        Share of the rows that have a value.
    reason : str
        Why it is ignored.
    step : float
        How far apart values are: 1 of a number that is whole in all rows, else 0.
    nested : bool
        Whether the column is read as JSON: a field of it, or entries of nested lists.
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
        """Return the bins of a number: what each is called, where it begins (included) and ends (excluded)."""
        edges = (-math.inf, *self.bounds, math.inf)
        return [(_interval(low, high), low, high) for low, high in pairwise(edges)]

    @property
    def binned(self) -> bool:
        """Whether its values are bins of a number."""
        return self.kind in BINNED and bool(self.bounds)


def _interval(low: float, high: float) -> str:
    return f"{'(' if math.isinf(low) else '['}{low:.15g}, {high:.15g})"


@dataclass(frozen=True)
class AttributeSchema:
    """What a model reads of items and of users; those that are ignored are in it too, with the reason."""

    items: tuple[AttributeColumn, ...] = ()
    users: tuple[AttributeColumn, ...] = ()

    def of(self, described: Described) -> tuple[AttributeColumn, ...]:
        """Return the attributes of one of the two sources."""
        return self.items if described.source == ITEMS.source else self.users

    def to_arrow(self) -> pa.Table:
        """Return the attributes as an Arrow table of :data:`ROWS`."""
        rows = [
            {
                "source": described.source,
                "place": place,
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
            for described in (ITEMS, USERS)
            for place, found in enumerate(self.of(described), start=1)
        ]
        return pa.Table.from_pylist(rows, schema=ROWS)


def insert_schema(con: duckdb.DuckDBPyConnection, model: str, schema: AttributeSchema) -> None:
    """Store the schema of a model, in the transaction that stores the model."""
    statement = sqlfiles.query("training/state", "insert_attribute_schema")
    insert_rows(con, statement, schema.to_arrow(), {"model": model})


def stored_schema(con: duckdb.DuckDBPyConnection, model: str) -> AttributeSchema | None:
    """Return the schema a model was trained with; None for one that was made before schemas were stored."""
    rows = con.execute(
        "SELECT s.source, s.attribute, s.kind, s.column_name, s.bounds, s.separator, s.different, s.filled, "
        "s.reason, s.step, s.nested FROM mmsql.attribute_schema s WHERE s.model = ? ORDER BY s.place",
        [model],
    ).fetchall()
    if not rows:
        return None
    found: dict[str, list[AttributeColumn]] = {ITEMS.source: [], USERS.source: []}
    for source, name, kind, column, bounds, *rest in rows:
        found[source].append(AttributeColumn(name, kind, column, tuple(bounds), *rest))
    return AttributeSchema(tuple(found[ITEMS.source]), tuple(found[USERS.source]))
