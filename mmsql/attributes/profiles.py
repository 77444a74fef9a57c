"""Profiles of attribute columns: counts that determine their kinds. Only counts and some values leave DuckDB."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from mmsql.attributes.bins import BINS
from mmsql.attributes.category_paths import SEPARATORS
from mmsql.attributes.schema import AttributeSource
from mmsql.attributes.value_sql import LEAVES, MAX_LENGTH, NUMBERS, number_sql, text_sql, timestamp_sql
from mmsql.db.sqlfiles import quote_identifier

MAX_DISTINCT = 5_000  # different values read of a text that may hold paths or lists


@dataclass(frozen=True)
class ValueCounts:
    """Counts over the values of one attribute, read as text.

    Attributes
    ----------
    filled, different : int
        Number of values, and of different values.
    length : float
        Mean number of characters.
    numbers, zero_led, dates, documents : int
        Number of values that are a number, that begin with a zero and a digit, that are a date, that are a JSON
        object or list.
    separators : tuple of int
        Number of values with each of :data:`~mmsql.attributes.category_paths.SEPARATORS`.
    """

    filled: int = 0
    different: int = 0
    length: float = 0.0
    numbers: int = 0
    zero_led: int = 0
    dates: int = 0
    documents: int = 0
    separators: tuple[int, ...] = ()

    @classmethod
    def of(cls, counts: dict[str, Any]) -> ValueCounts:
        """Make it from a struct of :func:`count_struct_sql`."""
        given = {name: value for name, value in counts.items() if value is not None}
        return cls(**(given | {"separators": tuple(given.get("separators", ()))}))


@dataclass(frozen=True)
class NumberRange:
    """The finite numbers of an attribute: lowest, highest, quantiles, and how many are whole."""

    lowest: float | None
    highest: float | None
    quantiles: list[float]
    whole: int


@dataclass(frozen=True)
class ColumnProfile:
    """A column or field with the counts over its values.

    Attributes
    ----------
    con : duckdb.DuckDBPyConnection
        The connection for further queries.
    source : AttributeSource
        The source of the column.
    name, sql_type : str
        Name and type of the attribute; a field of a document is VARCHAR.
    rows : int
        Number of rows of the source.
    counts : ValueCounts
        The counts over its values.
    column : str
        The nested column, where the attribute is read from :data:`LEAVES`; else empty.
    entries : float
        Mean number of values of a row that has any.
    listed : bool
        Whether rows hold lists.
    """

    con: duckdb.DuckDBPyConnection
    source: AttributeSource
    name: str
    sql_type: str
    rows: int
    counts: ValueCounts
    column: str = ""
    entries: float = 1.0
    listed: bool = False

    def number(self, date: bool) -> str:
        """Return SQL for the value as a number, over the rows of :meth:`_origin`."""
        return number_sql("o.x", self.sql_type, date)

    def _origin(self) -> tuple[str, list[str]]:
        if self.column:
            return f"(SELECT v.value AS x FROM {LEAVES} v WHERE v.attribute = ?) o", [self.name]
        return f"(SELECT s.{quote_identifier(self.name)} AS x FROM mmsql.{self.source.name} s) o", []

    def most_frequent(self) -> list[str]:
        """Return the different values, most frequent first, without long ones."""
        origin, bound = self._origin()
        text = text_sql("o.x", self.sql_type)
        rows = self.con.execute(
            f"SELECT t.x, count(*) AS n FROM (SELECT {text} AS x FROM {origin}) t "
            f"WHERE length(t.x) <= {MAX_LENGTH} GROUP BY t.x ORDER BY n DESC, t.x LIMIT {MAX_DISTINCT}",
            bound,
        ).fetchall()
        return [value for value, _ in rows]

    def number_range(self, date: bool = False) -> NumberRange:
        """Return the range of the values as numbers; of dates with ``date``."""
        origin, bound = self._origin()
        shares = [share / BINS for share in range(1, BINS)]
        lowest, highest, quantiles, whole = self.con.execute(
            f"SELECT min(n.x), max(n.x), quantile_disc(n.x, {shares}), count(*) FILTER (n.x = floor(n.x)) "
            f"FROM (SELECT {self.number(date)} AS x FROM {origin}) n WHERE isfinite(n.x)",
            bound,
        ).fetchall()[0]
        return NumberRange(lowest, highest, list(quantiles or ()), whole)

    def second_lowest(self, lowest: float, date: bool = False) -> float | None:
        """Return the lowest number above ``lowest``."""
        origin, bound = self._origin()
        ((second,),) = self.con.execute(
            f"SELECT min(n.x) FROM (SELECT {self.number(date)} AS x FROM {origin}) n WHERE isfinite(n.x) AND n.x > ?",
            [*bound, lowest],
        ).fetchall()
        return second


def is_text(sql_type: str) -> bool:
    """Return whether a type holds free text."""
    return sql_type in ("VARCHAR", "JSON") or sql_type.startswith("ENUM")


def count_values(
    con: duckdb.DuckDBPyConnection, source: AttributeSource, typed: Sequence[tuple[str, str]]
) -> list[ValueCounts]:
    """Count the values of some columns, given with their types, in one query."""
    texts = [
        f"{text_sql(f's.{quote_identifier(name)}', sql_type)} AS x{number}"
        for number, (name, sql_type) in enumerate(typed)
    ]
    counts = [count_struct_sql(f"t.x{number}", sql_type) for number, (_, sql_type) in enumerate(typed)]
    query = f"SELECT {', '.join(counts)} FROM (SELECT {', '.join(texts)} FROM mmsql.{source.name} s) t"
    return [ValueCounts.of(found) for found in con.execute(query).fetchall()[0]]


def count_struct_sql(text: str, sql_type: str) -> str:
    """Return SQL for the struct of a :class:`ValueCounts`, over a text that is NULL where it is empty."""
    counts = {"filled": f"count({text})", "different": f"count(DISTINCT {text})", "length": f"avg(length({text}))"}
    if is_text(sql_type) or sql_type.startswith(NUMBERS):
        counts["numbers"] = f"count(*) FILTER (isfinite(TRY_CAST({text} AS DOUBLE)))"
    if is_text(sql_type):
        separators = ", ".join(f"count(*) FILTER (contains({text}, '{sep}'))" for sep in SEPARATORS)
        counts |= {
            "zero_led": f"count(*) FILTER (regexp_matches({text}, '^0[0-9]'))",
            "dates": f"count(*) FILTER (regexp_matches({text}, '^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}') "
            f"AND {timestamp_sql(text)} IS NOT NULL)",
            "documents": f"count(*) FILTER (regexp_matches({text}, '^[\\[{{]') AND json_valid({text}))",
            "separators": f"[{separators}]",
        }
    return "{" + ", ".join(f"'{name}': {value}" for name, value in counts.items()) + "}"
