"""Attributes of items or users as one sparse matrix: every value a column, weighted by tf-idf."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import duckdb
import numpy as np
import scipy.sparse as sp

from mmsql import columns
from mmsql.sqlfiles import quote_identifier, quote_literal
from mmsql.store import to_arrow

WHOLE_NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")
NUMBERS = (*WHOLE_NUMBERS, *("U" + name for name in WHOLE_NUMBERS), "FLOAT", "DOUBLE", "DECIMAL")
BINS = 8  # quantiles a number is cut into, once it has more different values than that
MINUTE = 1e-290  # gaps of numbers below it are not worth rounding
FREE_TEXT_SHARE = 0.5  # of rows with a value: a column with more different values than this is not an attribute


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
    """How one column of a source is used.

    Attributes
    ----------
    name : str
        Of the column.
    kind : {'category', 'list', 'number', 'value', 'ignored'}
        How it is read.
    bounds : tuple of float
        Of a number: where its bins meet, rising. The outer bins have no end.
    """

    name: str
    kind: str
    bounds: tuple[float, ...] = ()

    def bins(self) -> list[tuple[str, float, float]]:
        """Return the bins of a number: what each is called, where it begins (included) and ends (excluded)."""
        edges = (-math.inf, *self.bounds, math.inf)
        return [(_interval(low, high), low, high) for low, high in pairwise(edges)]


def _interval(low: float, high: float) -> str:
    return f"{'(' if math.isinf(low) else '['}{low:.15g}, {high:.15g})"


def attribute_columns(con: duckdb.DuckDBPyConnection, described: Described = ITEMS) -> list[AttributeColumn]:
    """Infer from types and values how each column of a source is used.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        A connection to a database with mmsql's schema.
    described : Described
        The source: :data:`ITEMS` or :data:`USERS`.

    Returns
    -------
    list of AttributeColumn
        In the order of the columns; those that cannot be attributes (ids, texts, pictures) are left out.
    """
    rows = con.execute(f"DESCRIBE SELECT * FROM mmsql.{described.source}").fetchall()
    return [
        _inferred(con, described, name, kind)
        for name, kind, *_ in rows
        if name not in described.without and kind != "BLOB"
    ]


def _inferred(con: duckdb.DuckDBPyConnection, described: Described, name: str, sql_type: str) -> AttributeColumn:
    if name == columns.CATEGORY:
        return AttributeColumn(name, "category")
    if name == columns.BRAND:  # an attribute by declaration, however many brands there are
        return AttributeColumn(name, "value")
    if sql_type.endswith("]"):  # a list or an array; of numbers, it is a vector
        return AttributeColumn(name, "ignored" if sql_type.startswith(NUMBERS) else "list")
    column = f"s.{quote_identifier(name)}"
    source = f"mmsql.{described.source} s"
    rows, different = con.execute(f"SELECT count({column}), count(DISTINCT {column}) FROM {source}").fetchall()[0]
    if sql_type.startswith(NUMBERS):
        bounds = _bounds(con, source, column) if different > BINS else ()
        return AttributeColumn(name, "number", bounds) if bounds else AttributeColumn(name, "value")
    if different > max(FREE_TEXT_SHARE * rows, BINS):
        return AttributeColumn(name, "ignored")
    return AttributeColumn(name, "value")


def _bounds(con: duckdb.DuckDBPyConnection, source: str, column: str) -> tuple[float, ...]:
    """Return where quantiles of a number meet, rounded down, all above the lowest value."""
    shares = [share / BINS for share in range(1, BINS)]
    numbers = f"(SELECT CAST({column} AS DOUBLE) AS x FROM {source}) v WHERE isfinite(v.x)"
    lowest, quantiles = con.execute(f"SELECT min(v.x), quantile_disc(v.x, {shares}) FROM {numbers}").fetchall()[0]
    bounds = sorted({bound for bound in quantiles or () if bound > lowest})
    if not bounds and lowest is not None:  # nearly all rows have the lowest value: the others are the second bin
        ((second,),) = con.execute(f"SELECT min(v.x) FROM {numbers} AND v.x > ?", [lowest]).fetchall()
        bounds = [] if second is None else [second]
    return round_down(lowest, bounds)


def round_down(lowest: float, bounds: list[float]) -> tuple[float, ...]:
    """Round rising numbers down to 1, 2 or 5 times a power of ten, by less than half the gap to a neighbour.

    So a few new rows seldom move a bound: a bin keeps its name, and what a model knows of it.

    >>> round_down(7, [21, 25, 36, 51.7])
    (20.0, 24.0, 35.0, 50.0)
    """
    rounded = []
    for before, bound, after in zip([lowest, *bounds], bounds, [*bounds[1:], math.inf], strict=False):
        half = min(bound - before, after - bound) / 2
        down = bound
        if MINUTE < half < math.inf:
            power = math.floor(math.log10(half))
            step = max((digit * 10.0**power for digit in (1, 2, 5) if digit * 10.0**power <= half), default=half)
            down = round(math.floor(bound / step) * step, max(0, -power))
        rounded.append(float(down if before < down <= bound else bound))
    return tuple(rounded)


@dataclass(frozen=True)
class Attributes:
    """Attribute values of a catalog's items, or of users.

    Attributes
    ----------
    matrix : scipy.sparse.csr_matrix, float32, (rows, values)
        tf-idf, rows of length 1, zero rows for those without attributes.
        idf(v) = ln((1 + rows) / (1 + rows with v)) + 1, as in scikit-learn.
    values : tuple of str
        What the columns stand for: ``name=value``, or ``name=[low, high)`` for a number.
    """

    matrix: sp.csr_matrix
    values: tuple[str, ...]


def read_attributes(con: duckdb.DuckDBPyConnection, described: Described, size: int) -> Attributes | None:
    """Return the attribute values of what a training run has numbered.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        The connection with the temp tables of the run.
    described : Described
        :data:`ITEMS` or :data:`USERS`.
    size : int
        How many items or users there are.

    Returns
    -------
    Attributes, optional
        None where no item or user has any.
    """
    usable = [column for column in attribute_columns(con, described) if column.kind != "ignored"]
    if not usable:
        return None
    tokens = to_arrow(
        con,
        "SELECT DISTINCT n.row_index, a.token FROM ("
        + " UNION ALL ".join(_select(column, described) for column in usable)
        + f") a JOIN (SELECT t.{described.index} AS row_index, t.{described.id_column} AS id "
        f"FROM {described.numbered} t) n ON n.id = a.id WHERE a.token IS NOT NULL ORDER BY n.row_index, a.token",
    )
    if not tokens.num_rows:
        return None
    values = tokens["token"].combine_chunks().dictionary_encode()
    cols = values.indices.to_numpy(zero_copy_only=False)
    counts = sp.csr_matrix(
        (np.ones(len(cols), dtype=np.float32), (tokens["row_index"].to_numpy(), cols)),
        shape=(size, len(values.dictionary)),
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


def _select(column: AttributeColumn, described: Described = ITEMS) -> str:
    """Write the query that turns a column into tokens ``name=value``, one row a value."""
    name, prefix = f"s.{quote_identifier(column.name)}", quote_literal(column.name + "=")
    if column.kind == "category":  # 'A > B > C' also is 'A > B' and 'A'
        parts = f"string_split(nullif(trim({name}), ''), ' > ')"
        value = f"array_to_string(list_slice({parts}, 1, unnest(range(1, len({parts}) + 1))), ' > ')"
    elif column.kind == "list":
        value = f"unnest(CAST({name} AS VARCHAR[]))"
    elif column.kind == "number":
        value = _binned(column, name)
    else:
        value = f"nullif(trim(CAST({name} AS VARCHAR)), '')"
    return (
        f"SELECT s.{described.id_column} AS id, {prefix} || CAST({value} AS VARCHAR) AS token "
        f"FROM mmsql.{described.source} s"
    )


def _binned(column: AttributeColumn, name: str) -> str:
    number = f"CAST({name} AS DOUBLE)"
    *lower, (last, _, _) = column.bins()
    cases = "".join(f" WHEN {number} < {high!r} THEN {quote_literal(label)}" for label, _, high in lower)
    return f"CASE WHEN isfinite({number}) IS NOT TRUE THEN NULL{cases} ELSE {quote_literal(last)} END"
