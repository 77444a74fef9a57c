"""Attributes of items or users as one sparse matrix: every value a column, weighted by tf-idf."""

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
from mmsql.attributes.schema import PATH, AttributeColumn, Described
from mmsql.attributes.statements import LEAVES, LONGEST, ancestors, leaves, numeric, tokens, written
from mmsql.config.kinds import DATE, HIERARCHY, IGNORED
from mmsql.db.queries import to_arrow
from mmsql.db.sqlfiles import quote_identifier, quote_literal

MOST_VALUES = 20_000  # of an attribute are kept: those that most rows have
TOGETHER = 100  # columns read in one pass


@dataclass(frozen=True)
class Attributes:
    """Attribute values of a catalog's items, or of users.

    Attributes
    ----------
    matrix : scipy.sparse.csr_matrix, float32, (rows, values)
        tf-idf, rows of length 1, zero rows for those without attributes.
        idf(v) = ln((1 + rows) / (1 + rows with v)) + 1, as in scikit-learn. A number is in two bins by the roots of
        its shares in them, so that it counts as much as any other value.
    values : tuple of str
        What the columns stand for: ``name=value``, or ``name=[low, high)`` for a number.
    """

    matrix: sp.csr_matrix
    values: tuple[str, ...]


def read_attributes(
    con: duckdb.DuckDBPyConnection, described: Described, size: int, schema: Sequence[AttributeColumn]
) -> Attributes | None:
    """Return the attribute values of what a training run has numbered.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        The connection with the temp tables of the run.
    described : Described
        :data:`~mmsql.attributes.ITEMS` or :data:`~mmsql.attributes.USERS`.
    size : int
        How many items or users there are.
    schema : sequence of AttributeColumn
        How columns are read. One that the source no longer has gives nothing, and one that is not in it neither.

    Returns
    -------
    Attributes, optional
        None where no item or user has any.
    """
    rows = con.execute(f"DESCRIBE SELECT * FROM mmsql.{described.source}").fetchall()
    types = {name: kind for name, kind, *_ in rows}
    usable = [column for column in schema if column.kind != IGNORED and column.column in types]
    found = [*_flat(con, described, usable, types), *_nested(con, described, usable)]
    parts = [part for part in found if len(part.row)]
    if not parts:
        return None
    values = sorted({value for part in parts for value in part.names})
    place = {value: number for number, value in enumerate(values)}
    where = [np.array([place[value] for value in part.names], dtype=np.int64)[part.value] for part in parts]
    row, column = np.concatenate([part.row for part in parts]), np.concatenate(where)
    weights = np.concatenate([part.weight for part in parts])
    shares = _greatest(row, column, weights, (size, len(values)))
    kept = _kept(shares, values)
    return Attributes(_tf_idf(shares[:, kept]), tuple(values[number] for number in kept))


@dataclass(frozen=True)
class _Part:
    """Values of some rows: of ``row[n]`` it is ``names[value[n]]``, by ``weight[n]``."""

    row: np.ndarray
    value: np.ndarray
    weight: np.ndarray
    names: list[str]


def _greatest(row: np.ndarray, column: np.ndarray, weight: np.ndarray, shape: tuple[int, int]) -> sp.csr_matrix:
    """Put weights in their places; where there are several for one place, as in a list, the greatest."""
    order = np.lexsort((-weight, column, row))
    row, column, weight = row[order], column[order], weight[order]
    first = np.ones(len(row), dtype=bool)
    first[1:] = (np.diff(row) != 0) | (np.diff(column) != 0)
    return sp.csr_matrix((weight[first].astype(np.float32), (row[first], column[first])), shape=shape)


def _kept(shares: sp.csr_matrix, values: Sequence[str]) -> np.ndarray:
    """Return the values that are kept: of an attribute with more than :data:`MOST_VALUES`, the most frequent."""
    counts = shares.getnnz(axis=0)
    kept = []
    for _, group in groupby(range(len(values)), key=lambda number: values[number].partition("=")[0]):
        numbers = list(group)
        numbers = [number for number in numbers if counts[number]]
        kept += sorted(sorted(numbers, key=lambda number: -counts[number])[:MOST_VALUES])
    return np.array(kept, dtype=np.int64)


def _tf_idf(shares: sp.csr_matrix) -> sp.csr_matrix:
    """Weigh values by their rarity and scale rows to length 1.

    A test holds this to scikit-learn's TfidfTransformer, which takes two seconds to import.
    """
    having = np.asarray(shares.multiply(shares).sum(axis=0)).ravel()
    idf = np.log((1 + shares.shape[0]) / (1 + having)) + 1
    weighted = shares @ sp.diags(idf.astype(np.float32))
    length = np.sqrt(weighted.multiply(weighted).sum(axis=1)).A1
    return sp.csr_matrix(sp.diags(1 / np.where(length > 0, length, 1)) @ weighted, dtype=np.float32)


def _flat(
    con: duckdb.DuckDBPyConnection, described: Described, usable: Sequence[AttributeColumn], types: dict[str, str]
) -> Iterator[_Part]:
    """Read columns that hold one value a row, some of them in one pass."""
    plain = [column for column in usable if not column.nested and not column.binned]
    for start in range(0, len(plain), TOGETHER):
        lists = [
            f"list_transform({tokens(column, written(_of(column), types[column.column]))}, "
            f"lambda v: {quote_literal(column.name + '=')} || v)"
            for column in plain[start : start + TOGETHER]
        ]
        yield _tokens(
            con,
            described,
            f"SELECT s.{described.id_column} AS id, unnest(flatten([{', '.join(lists)}])) "
            f"AS token FROM mmsql.{described.source} s",
        )
    binned = [column for column in usable if not column.nested and column.binned]
    for start in range(0, len(binned), TOGETHER):
        some = binned[start : start + TOGETHER]
        numbers = [numeric(_of(column), types[column.column], column.kind == DATE) for column in some]
        yield from _numbers(
            con,
            described,
            some,
            f"SELECT s.{described.id_column} AS id, "
            + ", ".join(f"{number} AS x{place}" for place, number in enumerate(numbers))
            + f" FROM mmsql.{described.source} s",
        )


def _of(column: AttributeColumn) -> str:
    return f"s.{quote_identifier(column.column)}"


def _nested(
    con: duckdb.DuckDBPyConnection, described: Described, usable: Sequence[AttributeColumn]
) -> Iterator[_Part]:
    """Read the fields of columns that hold documents, a column at a time."""
    columns = [column for column in usable if column.nested]
    for name in dict.fromkeys(column.column for column in columns):
        con.execute(f"CREATE OR REPLACE TEMP TABLE {LEAVES} AS {leaves(described, name)}")
        try:
            for column in columns:
                if column.column == name:
                    yield from _field(con, described, column)
        finally:
            con.execute(f"DROP TABLE IF EXISTS temp.{LEAVES}")


def _field(con: duckdb.DuckDBPyConnection, described: Described, column: AttributeColumn) -> Iterator[_Part]:
    origin = f"FROM {LEAVES} v WHERE v.attribute = {quote_literal(column.name)} AND v.value IS NOT NULL"
    if column.binned:
        number = numeric("v.value", "VARCHAR", column.kind == DATE)
        yield from _numbers(con, described, [column], f"SELECT v.id, {number} AS x0 {origin}")
        return
    if column.kind == HIERARCHY and not column.separator:
        origin = f"FROM (SELECT v.id, list(v.value ORDER BY v.place) AS parts {origin} GROUP BY v.id, v.line) v"
        values = ancestors("v.parts")
    else:
        values = tokens(column, "v.value")
    prefix = quote_literal(column.name + "=")
    yield _tokens(con, described, f"SELECT v.id, {prefix} || unnest({values}) AS token {origin}")


def read_paths(
    con: duckdb.DuckDBPyConnection, described: Described, column: AttributeColumn
) -> list[tuple[str, ...]]:
    """Return the different paths of a hierarchy, from the root, as far as they are read."""
    if column.nested:
        con.execute(f"CREATE OR REPLACE TEMP TABLE {LEAVES} AS {leaves(described, column.column)}")
        origin = f"FROM {LEAVES} v WHERE v.attribute = {quote_literal(column.name)} AND v.value IS NOT NULL"
    else:
        value = written(f"s.{quote_identifier(column.column)}", "")
        origin = f"FROM (SELECT {value} AS value FROM mmsql.{described.source} s) v WHERE v.value IS NOT NULL"
    if column.separator:
        query = f"SELECT DISTINCT list_last({tokens(column, 'v.value')}) AS path {origin} ORDER BY path"
    else:
        whole = f"(SELECT list(v.value ORDER BY v.place) AS parts {origin} GROUP BY v.line) v"
        query = f"SELECT DISTINCT list_last({ancestors('v.parts')}) AS path FROM {whole} ORDER BY path"
    try:
        return [tuple(path.split(PATH)) for (path,) in con.execute(query).fetchall() if path]
    finally:
        con.execute(f"DROP TABLE IF EXISTS temp.{LEAVES}")


def _joined(described: Described, query: str, wanted: str) -> str:
    return (
        f"SELECT t.{described.index} AS row_index, {wanted} FROM ({query}) a "
        f"JOIN {described.numbered} t ON t.{described.id_column} = a.id"
    )


def _tokens(con: duckdb.DuckDBPyConnection, described: Described, query: str) -> _Part:
    """Run a query of ``id`` and ``token``; what is empty or long is no value."""
    found = to_arrow(con, _joined(described, query, "a.token") + f" WHERE length(a.token) <= {LONGEST}")
    token = pc.dictionary_encode(found["token"].combine_chunks())
    row = found["row_index"].to_numpy()
    return _Part(row, token.indices.to_numpy(zero_copy_only=False), np.ones(len(row)), token.dictionary.to_pylist())


def _numbers(
    con: duckdb.DuckDBPyConnection, described: Described, binned: Sequence[AttributeColumn], query: str
) -> Iterator[_Part]:
    """Run a query of ``id`` and a number ``x0``, ``x1`` … for each attribute, and put the numbers into their bins."""
    found = to_arrow(con, _joined(described, query, ", ".join(f"a.x{place}" for place in range(len(binned)))))
    row = found["row_index"].to_numpy()
    for place, column in enumerate(binned):
        number = found[f"x{place}"].cast(pa.float64()).to_numpy()
        there = np.isfinite(number)
        own, other, share = memberships(number[there], column.bounds, column.step)
        names = [f"{column.name}={label}" for label, _, _ in column.bins()]
        yield _Part(row[there], own, np.sqrt(1 - share), names)
        over = share > 0
        yield _Part(row[there][over], other[over], np.sqrt(share[over]), names)
