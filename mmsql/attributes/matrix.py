"""The attribute values of items or users as one sparse matrix: one column a value, weighted by tf-idf."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import scipy.sparse as sp

from mmsql.attributes.bins import memberships
from mmsql.attributes.schema import PATH, AttributeColumn, AttributeSource
from mmsql.attributes.value_sql import LEAVES, MAX_LENGTH, ancestors_sql, leaves_sql, number_sql, text_sql, values_sql
from mmsql.config.attribute_kinds import DATE, HIERARCHY, IGNORED
from mmsql.db.queries import to_arrow
from mmsql.db.sqlfiles import quote_identifier, quote_literal

MAX_VALUES = 20_000  # of an attribute: the values that most rows have
COLUMNS_PER_QUERY = 100


@dataclass(frozen=True)
class AttributeMatrix:
    """Attribute values of a catalog's items, or of users.

    Attributes
    ----------
    matrix : scipy.sparse.csr_matrix, float32, (rows, values)
        tf-idf, rows of length 1; zero rows for items or users without attributes.
        idf(v) = ln((1 + rows) / (1 + rows with v)) + 1, as in scikit-learn. A number has the roots of its memberships
        in two bins, so that it weighs as much as any other value.
    values : tuple of str
        Names of the columns: ``name=value``, or ``name=[low, high)`` for a number.
    """

    matrix: sp.csr_matrix
    values: tuple[str, ...]


def read_attributes(
    con: duckdb.DuckDBPyConnection, source: AttributeSource, size: int, schema: Sequence[AttributeColumn]
) -> AttributeMatrix | None:
    """Return the attribute values of the items or users of a training run.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        The connection with the temp tables of the run.
    source : AttributeSource
        :data:`~mmsql.attributes.ITEMS` or :data:`~mmsql.attributes.USERS`.
    size : int
        Number of items or users.
    schema : sequence of AttributeColumn
        The attributes to read. Columns that the source no longer has are left out, and so are new ones.

    Returns
    -------
    AttributeMatrix, optional
        None where no item or user has any.
    """
    rows = con.execute(f"DESCRIBE SELECT * FROM mmsql.{source.name}").fetchall()
    types = {name: kind for name, kind, *_ in rows}
    usable = [column for column in schema if column.kind != IGNORED and column.column in types]
    found = [*_flat(con, source, usable, types), *_nested(con, source, usable)]
    parts = [part for part in found if len(part.row)]
    if not parts:
        return None
    values = sorted({value for part in parts for value in part.names})
    index = {value: number for number, value in enumerate(values)}
    where = [np.array([index[value] for value in part.names], dtype=np.int64)[part.value] for part in parts]
    row, column = np.concatenate([part.row for part in parts]), np.concatenate(where)
    weights = np.concatenate([part.weight for part in parts])
    shares = _greatest(row, column, weights, (size, len(values)))
    kept = _kept(shares, values)
    return AttributeMatrix(tf_idf(shares[:, kept]), tuple(values[number] for number in kept))


@dataclass(frozen=True)
class _Entries:
    """Entries of a matrix: row ``row[n]`` has the value ``names[value[n]]`` with ``weight[n]``."""

    row: np.ndarray
    value: np.ndarray
    weight: np.ndarray
    names: list[str]


def _greatest(row: np.ndarray, column: np.ndarray, weight: np.ndarray, shape: tuple[int, int]) -> sp.csr_matrix:
    """Make a matrix of weights; of several weights in one cell, as in a list, the greatest counts."""
    order = np.lexsort((-weight, column, row))
    row, column, weight = row[order], column[order], weight[order]
    first = np.ones(len(row), dtype=bool)
    first[1:] = (np.diff(row) != 0) | (np.diff(column) != 0)
    return sp.csr_matrix((weight[first].astype(np.float32), (row[first], column[first])), shape=shape)


def _kept(shares: sp.csr_matrix, values: Sequence[str]) -> np.ndarray:
    """Return the values to keep; of an attribute with more than :data:`MAX_VALUES`, the most frequent."""
    counts = shares.getnnz(axis=0)
    kept = []
    for _, group in groupby(range(len(values)), key=lambda number: values[number].partition("=")[0]):
        numbers = list(group)
        numbers = [number for number in numbers if counts[number]]
        kept += sorted(sorted(numbers, key=lambda number: -counts[number])[:MAX_VALUES])
    return np.array(kept, dtype=np.int64)


def tf_idf(shares: sp.csr_matrix) -> sp.csr_matrix:
    """Weight values by their rarity and scale rows to length 1.

    A test compares this with scikit-learn's TfidfTransformer, which takes two seconds to import.
    """
    having = np.asarray(shares.multiply(shares).sum(axis=0)).ravel()
    idf = np.log((1 + shares.shape[0]) / (1 + having)) + 1
    weighted = shares @ sp.diags(idf.astype(np.float32))
    length = np.sqrt(weighted.multiply(weighted).sum(axis=1)).A1
    return sp.csr_matrix(sp.diags(1 / np.where(length > 0, length, 1)) @ weighted, dtype=np.float32)


def _flat(
    con: duckdb.DuckDBPyConnection, source: AttributeSource, usable: Sequence[AttributeColumn], types: dict[str, str]
) -> Iterator[_Entries]:
    """Read columns with one value a row, several columns in one query."""
    plain = [column for column in usable if not column.nested and not column.binned]
    for start in range(0, len(plain), COLUMNS_PER_QUERY):
        lists = [
            f"list_transform({values_sql(column, text_sql(_of(column), types[column.column]))}, "
            f"lambda v: {quote_literal(column.name + '=')} || v)"
            for column in plain[start : start + COLUMNS_PER_QUERY]
        ]
        yield _tokens(
            con,
            source,
            f"SELECT s.{source.id_column} AS id, unnest(flatten([{', '.join(lists)}])) "
            f"AS token FROM mmsql.{source.name} s",
        )
    binned = [column for column in usable if not column.nested and column.binned]
    for start in range(0, len(binned), COLUMNS_PER_QUERY):
        some = binned[start : start + COLUMNS_PER_QUERY]
        numbers = [number_sql(_of(column), types[column.column], column.kind == DATE) for column in some]
        yield from _numbers(
            con,
            source,
            some,
            f"SELECT s.{source.id_column} AS id, "
            + ", ".join(f"{number} AS x{position}" for position, number in enumerate(numbers))
            + f" FROM mmsql.{source.name} s",
        )


def _of(column: AttributeColumn) -> str:
    return f"s.{quote_identifier(column.column)}"


def _nested(
    con: duckdb.DuckDBPyConnection, source: AttributeSource, usable: Sequence[AttributeColumn]
) -> Iterator[_Entries]:
    """Read the fields of nested columns, one column at a time."""
    columns = [column for column in usable if column.nested]
    for name in dict.fromkeys(column.column for column in columns):
        con.execute(f"CREATE OR REPLACE TEMP TABLE {LEAVES} AS {leaves_sql(source, name)}")
        try:
            for column in columns:
                if column.column == name:
                    yield from _field(con, source, column)
        finally:
            con.execute(f"DROP TABLE IF EXISTS temp.{LEAVES}")


def _field(con: duckdb.DuckDBPyConnection, source: AttributeSource, column: AttributeColumn) -> Iterator[_Entries]:
    origin = f"FROM {LEAVES} v WHERE v.attribute = {quote_literal(column.name)} AND v.value IS NOT NULL"
    if column.binned:
        number = number_sql("v.value", "VARCHAR", column.kind == DATE)
        yield from _numbers(con, source, [column], f"SELECT v.id, {number} AS x0 {origin}")
        return
    if column.kind == HIERARCHY and not column.separator:
        origin = f"FROM (SELECT v.id, list(v.value ORDER BY v.position) AS parts {origin} GROUP BY v.id, v.line) v"
        values = ancestors_sql("v.parts")
    else:
        values = values_sql(column, "v.value")
    prefix = quote_literal(column.name + "=")
    yield _tokens(con, source, f"SELECT v.id, {prefix} || unnest({values}) AS token {origin}")


def read_paths(
    con: duckdb.DuckDBPyConnection, source: AttributeSource, column: AttributeColumn
) -> list[tuple[str, ...]]:
    """Return the different paths of a hierarchy, from the root, up to the depth that is read."""
    if column.nested:
        con.execute(f"CREATE OR REPLACE TEMP TABLE {LEAVES} AS {leaves_sql(source, column.column)}")
        origin = f"FROM {LEAVES} v WHERE v.attribute = {quote_literal(column.name)} AND v.value IS NOT NULL"
    else:
        value = text_sql(f"s.{quote_identifier(column.column)}", "")
        origin = f"FROM (SELECT {value} AS value FROM mmsql.{source.name} s) v WHERE v.value IS NOT NULL"
    if column.separator:
        query = f"SELECT DISTINCT list_last({values_sql(column, 'v.value')}) AS path {origin} ORDER BY path"
    else:
        whole = f"(SELECT list(v.value ORDER BY v.position) AS parts {origin} GROUP BY v.line) v"
        query = f"SELECT DISTINCT list_last({ancestors_sql('v.parts')}) AS path FROM {whole} ORDER BY path"
    try:
        return [tuple(path.split(PATH)) for (path,) in con.execute(query).fetchall() if path]
    finally:
        con.execute(f"DROP TABLE IF EXISTS temp.{LEAVES}")


def _joined(source: AttributeSource, query: str, wanted: str) -> str:
    return (
        f"SELECT t.{source.index} AS row_index, {wanted} FROM ({query}) a "
        f"JOIN {source.numbered} t ON t.{source.id_column} = a.id"
    )


def _tokens(con: duckdb.DuckDBPyConnection, source: AttributeSource, query: str) -> _Entries:
    """Run a query of ``id`` and ``token``. Empty and long tokens are dropped."""
    found = to_arrow(con, _joined(source, query, "a.token") + f" WHERE length(a.token) <= {MAX_LENGTH}")
    token = pc.dictionary_encode(found["token"].combine_chunks())
    row = found["row_index"].to_numpy()
    return _Entries(
        row, token.indices.to_numpy(zero_copy_only=False), np.ones(len(row)), token.dictionary.to_pylist()
    )


def _numbers(
    con: duckdb.DuckDBPyConnection, source: AttributeSource, binned: Sequence[AttributeColumn], query: str
) -> Iterator[_Entries]:
    """Run a query of ``id`` and a number ``x0``, ``x1`` … for each attribute, and return the numbers as bins."""
    numbers = ", ".join(f"a.x{position}" for position in range(len(binned)))
    found = to_arrow(con, _joined(source, query, numbers))
    row = found["row_index"].to_numpy()
    for position, column in enumerate(binned):
        number = found[f"x{position}"].cast(pa.float64()).to_numpy()
        there = np.isfinite(number)
        own, other, share = memberships(number[there], column.bounds, column.step)
        names = [f"{column.name}={label}" for label, _, _ in column.bins()]
        yield _Entries(row[there], own, np.sqrt(1 - share), names)
        over = share > 0
        yield _Entries(row[there][over], other[over], np.sqrt(share[over]), names)
