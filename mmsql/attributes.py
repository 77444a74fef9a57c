"""Attributes of items as one sparse matrix: every value a column, weighted by tf-idf."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import numpy as np
import scipy.sparse as sp

from mmsql import columns
from mmsql.sqlfiles import quote_identifier, quote_literal
from mmsql.store import to_arrow

NOT_ATTRIBUTES = (columns.ITEM, columns.TITLE, columns.DESCRIPTION, columns.AVAILABLE)
WHOLE_NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")
NUMBERS = (*WHOLE_NUMBERS, *("U" + name for name in WHOLE_NUMBERS), "FLOAT", "DOUBLE", "DECIMAL")
BINS = 8  # quantiles a number is cut into, once it has more different values than that
FREE_TEXT_SHARE = 0.5  # of rows with a value: a column with more different values than this is not an attribute


@dataclass(frozen=True)
class AttributeColumn:
    """How one column of ``items`` is used: ``kind`` is category, list, number, value or ignored."""

    name: str
    kind: str


def attribute_columns(con: duckdb.DuckDBPyConnection) -> list[AttributeColumn]:
    """Infer from types and values how each column of ``mmsql.items`` is used.

    Returns
    -------
    list of AttributeColumn
        In the order of the columns; those that cannot be attributes (ids, texts, pictures) are left out.
    """
    described = con.execute("DESCRIBE SELECT * FROM mmsql.items").fetchall()
    return [
        AttributeColumn(name, _kind(con, name, kind))
        for name, kind, *_ in described
        if name not in NOT_ATTRIBUTES and kind != "BLOB"
    ]


def _kind(con: duckdb.DuckDBPyConnection, name: str, sql_type: str) -> str:
    column = f"i.{quote_identifier(name)}"
    if name == columns.CATEGORY:
        return "category"
    if name == columns.BRAND:  # an attribute by declaration, however many brands there are
        return "value"
    if sql_type.endswith("]"):  # a list or an array; of numbers, it is a vector
        return "ignored" if sql_type.startswith(NUMBERS) else "list"
    rows, different = con.execute(f"SELECT count({column}), count(DISTINCT {column}) FROM mmsql.items i").fetchall()[
        0
    ]
    if sql_type.startswith(NUMBERS):
        return "number" if different > BINS else "value"
    if different > max(FREE_TEXT_SHARE * rows, BINS):
        return "ignored"
    return "value"


@dataclass(frozen=True)
class Attributes:
    """Attribute values of a catalog's items.

    Attributes
    ----------
    matrix : scipy.sparse.csr_matrix, float32, (items, values)
        tf-idf, rows of length 1, zero rows for items without attributes.
        idf(v) = ln((1 + items) / (1 + items with v)) + 1, as in scikit-learn.
    values : tuple of str
        What the columns stand for: ``name=value``.
    """

    matrix: sp.csr_matrix
    values: tuple[str, ...]


def read_attributes(con: duckdb.DuckDBPyConnection, items: int) -> Attributes | None:
    """Return the attribute values of the items of ``train_catalog``; None where no item has any."""
    selects = [_select(column) for column in attribute_columns(con) if column.kind != "ignored"]
    if not selects:
        return None
    tokens = to_arrow(
        con,
        "SELECT DISTINCT c.item_index, a.token FROM ("
        + " UNION ALL ".join(selects)
        + ") a JOIN train_catalog c ON c.item_id = a.item_id WHERE a.token IS NOT NULL"
        " ORDER BY c.item_index, a.token",
    )
    if not tokens.num_rows:
        return None
    values = tokens["token"].combine_chunks().dictionary_encode()
    cols = values.indices.to_numpy(zero_copy_only=False)
    counts = sp.csr_matrix(
        (np.ones(len(cols), dtype=np.float32), (tokens["item_index"].to_numpy(), cols)),
        shape=(items, len(values.dictionary)),
    )
    return Attributes(_tf_idf(counts), tuple(values.dictionary.to_pylist()))


def _tf_idf(counts: sp.csr_matrix) -> sp.csr_matrix:
    """Weigh values by their rarity and scale rows to length 1.

    A test holds this to scikit-learn's TfidfTransformer, which takes two seconds to import.
    """
    idf = np.log((1 + counts.shape[0]) / (1 + counts.getnnz(axis=0))) + 1
    weighted = counts @ sp.diags(idf.astype(np.float32))
    length = np.sqrt(weighted.multiply(weighted).sum(axis=1)).A1
    return sp.csr_matrix(sp.diags(1 / np.where(length > 0, length, 1)) @ weighted, dtype=np.float32)


def _select(column: AttributeColumn) -> str:
    """Write the query that turns a column into tokens ``name=value``, one row a value."""
    name, prefix = f"i.{quote_identifier(column.name)}", quote_literal(column.name + "=")
    if column.kind == "category":  # 'A > B > C' also is 'A > B' and 'A'
        parts = f"string_split(nullif(trim({name}), ''), ' > ')"
        value = f"array_to_string(list_slice({parts}, 1, unnest(range(1, len({parts}) + 1))), ' > ')"
    elif column.kind == "list":
        value = f"unnest(CAST({name} AS VARCHAR[]))"
    elif column.kind == "number":
        value = (
            f"CASE WHEN {name} IS NOT NULL THEN ntile({BINS}) OVER (PARTITION BY {name} IS NULL ORDER BY {name}) END"
        )
    else:
        value = f"nullif(trim(CAST({name} AS VARCHAR)), '')"
    return f"SELECT i.item_id, {prefix} || CAST({value} AS VARCHAR) AS token FROM mmsql.items i"
