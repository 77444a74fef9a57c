"""Counts over the values of an attribute, by which its kind is inferred. Only counts and some values leave DuckDB."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from mmsql.attributes.bins import BINS
from mmsql.attributes.paths import SEPARATORS
from mmsql.attributes.schema import Described
from mmsql.attributes.statements import LEAVES, LONGEST, NUMBERS, moment, numeric, written
from mmsql.db.sqlfiles import quote_identifier

MANY = 5_000  # different values looked at where a text may hold paths or lists


@dataclass(frozen=True)
class Values:
    """Counts over the values of one attribute, written as text.

    Attributes
    ----------
    filled, different : int
        Values there are, and different ones.
    length : float
        Letters of a value on average.
    numbers, led_by_zero, dates, documents : int
        Values that can be read as a number, that begin with a zero and a digit, that are dates, that are JSON objects
        or lists.
    separators : tuple of int
        Values that have each of :data:`~mmsql.attributes.paths.SEPARATORS`.
    """

    filled: int = 0
    different: int = 0
    length: float = 0.0
    numbers: int = 0
    led_by_zero: int = 0
    dates: int = 0
    documents: int = 0
    separators: tuple[int, ...] = ()

    @classmethod
    def of(cls, counts: dict[str, Any]) -> Values:
        """Make it of a struct of :func:`aggregates`."""
        given = {name: value for name, value in counts.items() if value is not None}
        return cls(**(given | {"separators": tuple(given.get("separators", ()))}))


@dataclass(frozen=True)
class Spread:
    """How the finite numbers of an attribute lie: lowest, highest, quantiles, and how many are whole."""

    lowest: float | None
    highest: float | None
    quantiles: list[float]
    whole: int


@dataclass(frozen=True)
class Look:
    """An attribute that is looked at: where it stands, and what was counted.

    Attributes
    ----------
    con : duckdb.DuckDBPyConnection
        Where to ask for more.
    described : Described
        The source.
    name, sql_type : str
        Of the attribute; a field of a document is VARCHAR.
    rows : int
        Of the source.
    values : Values
        What was counted.
    column : str
        The column, where the attribute is read from :data:`LEAVES`; else empty.
    entries : float
        How many values a row has that has any.
    listed : bool
        Whether it is a list.
    """

    con: duckdb.DuckDBPyConnection
    described: Described
    name: str
    sql_type: str
    rows: int
    values: Values
    column: str = ""
    entries: float = 1.0
    listed: bool = False

    def number(self, date: bool) -> str:
        """Return SQL of the value as a number, in the rows of :meth:`_origin`."""
        return numeric("o.x", self.sql_type, date)

    def _origin(self) -> tuple[str, list[str]]:
        if self.column:
            return f"(SELECT v.value AS x FROM {LEAVES} v WHERE v.attribute = ?) o", [self.name]
        return f"(SELECT s.{quote_identifier(self.name)} AS x FROM mmsql.{self.described.source} s) o", []

    def most_frequent(self) -> list[str]:
        """Return different values, those that come most often first; none that is long."""
        origin, bound = self._origin()
        text = written("o.x", self.sql_type)
        rows = self.con.execute(
            f"SELECT t.x, count(*) AS n FROM (SELECT {text} AS x FROM {origin}) t "
            f"WHERE length(t.x) <= {LONGEST} GROUP BY t.x ORDER BY n DESC, t.x LIMIT {MANY}",
            bound,
        ).fetchall()
        return [value for value, _ in rows]

    def spread(self, date: bool = False) -> Spread:
        """Look at the values as numbers, or at the numbers that dates are."""
        origin, bound = self._origin()
        shares = [share / BINS for share in range(1, BINS)]
        lowest, highest, quantiles, whole = self.con.execute(
            f"SELECT min(n.x), max(n.x), quantile_disc(n.x, {shares}), count(*) FILTER (n.x = floor(n.x)) "
            f"FROM (SELECT {self.number(date)} AS x FROM {origin}) n WHERE isfinite(n.x)",
            bound,
        ).fetchall()[0]
        return Spread(lowest, highest, list(quantiles or ()), whole)

    def second_lowest(self, lowest: float, date: bool = False) -> float | None:
        """Return the lowest number above the lowest."""
        origin, bound = self._origin()
        ((second,),) = self.con.execute(
            f"SELECT min(n.x) FROM (SELECT {self.number(date)} AS x FROM {origin}) n WHERE isfinite(n.x) AND n.x > ?",
            [*bound, lowest],
        ).fetchall()
        return second


def is_text(sql_type: str) -> bool:
    """Tell whether values of a type are written by people, and may be anything."""
    return sql_type in ("VARCHAR", "JSON") or sql_type.startswith("ENUM")


def counted(con: duckdb.DuckDBPyConnection, described: Described, typed: Sequence[tuple[str, str]]) -> list[Values]:
    """Count the values of some columns, given with their types, in one pass."""
    texts = [
        f"{written(f's.{quote_identifier(name)}', sql_type)} AS x{place}"
        for place, (name, sql_type) in enumerate(typed)
    ]
    counts = [aggregates(f"t.x{place}", sql_type) for place, (_, sql_type) in enumerate(typed)]
    query = f"SELECT {', '.join(counts)} FROM (SELECT {', '.join(texts)} FROM mmsql.{described.source} s) t"
    return [Values.of(found) for found in con.execute(query).fetchall()[0]]


def aggregates(text: str, sql_type: str) -> str:
    """Write the struct of counts that :class:`Values` is made of, over a text that is NULL where it is empty."""
    counts = {"filled": f"count({text})", "different": f"count(DISTINCT {text})", "length": f"avg(length({text}))"}
    if is_text(sql_type) or sql_type.startswith(NUMBERS):
        counts["numbers"] = f"count(*) FILTER (isfinite(TRY_CAST({text} AS DOUBLE)))"
    if is_text(sql_type):
        separators = ", ".join(f"count(*) FILTER (contains({text}, '{sep}'))" for sep in SEPARATORS)
        counts |= {
            "led_by_zero": f"count(*) FILTER (regexp_matches({text}, '^0[0-9]'))",
            "dates": f"count(*) FILTER (regexp_matches({text}, '^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}') "
            f"AND {moment(text)} IS NOT NULL)",
            "documents": f"count(*) FILTER (regexp_matches({text}, '^[\\[{{]') AND json_valid({text}))",
            "separators": f"[{separators}]",
        }
    return "{" + ", ".join(f"'{name}': {value}" for name, value in counts.items()) + "}"
