"""Tables of any shape: sources with drawn columns, types, forms of values and faults, as files or as views."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

WORDS = (
    "",
    " ",
    "it's",
    'a "quoted" one',
    "semi; --",
    "🙂",
    "商品一号",
    "a|b",
    "NULL",
    "%_\\",
    "x" * 500,
    "e\u0301",
    "=1+1",
)
CATEGORIES = (
    "Media > Books",
    "Media/Games",
    "Media.Films",
    "Media\\Toys",
    "media",
    "Media",
    "Media - Old",
    "",
    "书 > 小说",
)
DAY = datetime(2025, 1, 1)

Column = tuple[str, list[Any], pa.DataType]
Draw = random.Random


@dataclass(frozen=True)
class Table:
    """The rows of one source, and how they come into the file."""

    source: str
    data: pa.Table
    form: str  # csv, jsonl, parquet or view


def draw_tables(draw: Draw) -> list[Table]:
    """Draw the interactions of a shop and, at times, its items, comments and users."""
    users, items = _ids(draw, "u", draw.randint(1, 25)), _ids(draw, "i", draw.randint(1, 15))
    made = [("interactions", _interactions(draw, users, items))]
    if draw.random() < 0.7:
        made.append(("items", _items(draw, items)))
    if draw.random() < 0.4:
        made.append(("comments", _comments(draw, users, items)))
    if draw.random() < 0.3:
        made.append(("users", _users(draw, users)))
    return [
        Table(source, _table(columns), draw.choice(("csv", "jsonl", "parquet", "view"))) for source, columns in made
    ]


def write(table: Table, folder: Path) -> Path:
    """Write a table as a file of its form; return its path."""
    path = folder / f"{table.source}.{table.form}"
    form = {"csv": "csv", "jsonl": "json", "parquet": "parquet"}[table.form]
    with duckdb.connect() as con:
        con.register("rows", table.data)
        con.execute(f"COPY (FROM rows) TO '{path}' (FORMAT {form})")
    return path


# --- ids

ID_FORMS: tuple[Callable[[str, int], tuple[list[Any], pa.DataType]], ...] = (
    lambda letter, count: ([f"{letter}{n}" for n in range(count)], pa.string()),
    lambda _, count: (list(range(count)), pa.int64()),
    lambda _, count: ([n % 256 for n in range(count)], pa.uint8()),
    lambda _, count: ([-n for n in range(count)], pa.int32()),
    lambda _, count: ([f"{n:05}" for n in range(count)], pa.string()),
    lambda _, count: ([f"{n}.0" for n in range(count)], pa.string()),
    lambda _, count: ([float(n) for n in range(count)], pa.float64()),
    lambda letter, count: ([f" {letter}{n}" for n in range(count)], pa.string()),
    lambda letter, count: ([WORDS[n % len(WORDS)] + letter * (n // len(WORDS)) for n in range(count)], pa.string()),
    lambda _, count: ([f"{n:08x}-0000-4000-8000-000000000000" for n in range(count)], pa.string()),
    lambda letter, count: ([f"{letter}{n}" for n in range(count)], pa.dictionary(pa.int32(), pa.string())),
)


def _ids(draw: Draw, letter: str, count: int) -> tuple[list[Any], pa.DataType]:
    form = ID_FORMS[0] if draw.random() < 0.4 else draw.choice(ID_FORMS)
    return form(letter, count)


def _references(draw: Draw, ids: tuple[list[Any], pa.DataType], count: int) -> tuple[list[Any], pa.DataType]:
    """Draw ids of rows: some more often than others, and some missing."""
    values, kind = ids
    missing, power = draw.choice((0, 0, 0, 0.1, 1 if draw.random() < 0.05 else 0)), draw.choice((1, 3))
    return [
        None if draw.random() < missing else values[int(draw.random() ** power * len(values))] for _ in range(count)
    ], kind


# --- columns of values: what is drawn is the same for a column, some values of it aside

TIMES: tuple[tuple[Callable[[datetime], Any], pa.DataType], ...] = (
    (lambda at: at, pa.timestamp("us")),
    (lambda at: at, pa.timestamp("s")),
    (lambda at: at.date(), pa.date32()),
    (lambda at: int((at - datetime(1970, 1, 1)).total_seconds()), pa.int64()),
    (lambda at: int((at - datetime(1970, 1, 1)).total_seconds()) * 1000, pa.int64()),
    (lambda at: at.isoformat(), pa.string()),
    (lambda at: f"{at:%d.%m.%Y %H:%M}", pa.string()),
    (lambda at: f"{at:%Y/%m/%d}", pa.string()),
    (lambda _: DAY, pa.timestamp("us")),
    (lambda _: None, pa.timestamp("us")),
    (lambda _: "yesterday", pa.string()),
    (lambda at: at + timedelta(days=400_000), pa.timestamp("us")),
)
EVENTS = (("view",), ("view", "buy"), ("view", "buy", None), (None,), ("",), WORDS, ("a,b", "c:d"), (1, 2))
WEIGHTS = (
    (1.0,),
    (None,),
    (0.0,),
    (-1.0, 2.0),
    (float("nan"), 1.0),
    (float("inf"), 1.0),
    (1e300, 1.0),
    (1, 5),
    (-1,),
)
PRICES = ((9.5,), (None, 3.0), (-1.0, 2.0), (float("nan"),), (1e308,), ("$1,299.00", "12,50 €"), ("cheap",), (True,))
AVAILABLE = ((True, False), (True,), (False,), (None,), (1, 0), ("yes", "no"), ("maybe",))
OTHER = ((["red", "blue"], []), ({"a": 1},), (b"\x00\xff",), (1.5, None), ("M", "L"), (None,), ("{}", "[1]", "{"))


def _some(draw: Draw, choices: tuple, count: int) -> list[Any]:
    values = choices[0] if draw.random() < 0.4 else draw.choice(choices)
    return [draw.choice(values) for _ in range(count)]


def _times(draw: Draw, count: int) -> tuple[list[Any], pa.DataType]:
    form, kind = TIMES[0] if draw.random() < 0.4 else draw.choice(TIMES)
    missing = draw.choice((0, 0, 0.2))
    days = draw.choice((0, 30, 900))
    return [
        None if draw.random() < missing else form(DAY + timedelta(days=draw.randint(0, days), seconds=n))
        for n in range(count)
    ], kind


def _interactions(draw: Draw, users: tuple, items: tuple) -> list[Column]:
    count = draw.choice((0, 1, 2, 10, 60, 60, 150, 150))
    columns: list[Column] = [
        ("user_id", *_references(draw, users, count)),
        ("item_id", *_references(draw, items, count)),
    ]
    if draw.random() < 0.8:
        columns.append(("ts", *_times(draw, count)))
    return [
        *columns,
        *_optional(draw, count, (("event", EVENTS, 0.7), ("weight", WEIGHTS, 0.4), ("seller", OTHER, 0.1))),
    ]


def _items(draw: Draw, items: tuple) -> list[Column]:
    values, kind = items if draw.random() < 0.9 else _ids(draw, "i", len(items[0]))
    listed = [value for value in values if draw.random() < 0.9]
    listed += listed[: draw.choice((0, 0, 2))]
    titles = [f"{draw.choice(WORDS)} {draw.choice(('Book', 'Game', '红茶'))} {n}" for n in range(len(listed))]
    columns: list[Column] = [("item_id", listed, kind), ("title", titles, pa.string())]
    wanted = (("description", (WORDS,), 0.3), ("category", (CATEGORIES, CATEGORIES[:1], (None,)), 0.6))
    wanted += (("brand", (("Acme", "Bolt", None), WORDS), 0.5), ("price", PRICES, 0.6), ("available", AVAILABLE, 0.4))
    return [*columns, *_optional(draw, len(listed), (*wanted, ("colour", OTHER, 0.3), ("size", OTHER, 0.2)))]


def _comments(draw: Draw, users: tuple, items: tuple) -> list[Column]:
    count = draw.choice((0, 1, 40))
    bodies = [
        f"{draw.choice(WORDS)} {draw.choice(('A fine story', '很好吃', '<b>Great</b> &amp; cheap'))}"
        for _ in range(count)
    ]
    columns: list[Column] = [
        ("item_id", *_references(draw, items, count)),
        ("body", bodies, pa.string()),
    ]
    if draw.random() < 0.7:
        columns.append(("user_id", *_references(draw, users, count)))
    return [*columns, *_optional(draw, count, (("rating", ((5, 4), (None,), (-1.0,), ("five",)), 0.6),))]


def _users(draw: Draw, users: tuple) -> list[Column]:
    columns: list[Column] = [("user_id", *users)]
    wanted = (
        ("country", (("DE", "CN", None), WORDS), 0.7),
        ("age", ((20, 70), (None,), ("old",)), 0.5),
        ("tags", OTHER, 0.3),
    )
    return [*columns, *_optional(draw, len(users[0]), wanted)]


def _optional(draw: Draw, count: int, wanted: tuple[tuple[str, tuple, float], ...]) -> list[Column]:
    """Draw the columns that a source has at times, each with its probability."""
    columns = []
    for name, choices, chance in wanted:
        if draw.random() < chance:
            values = _some(draw, choices, count)
            columns.append((name, values, _type_of(values)))
    return columns


def _type_of(values: list[Any]) -> pa.DataType:
    return pa.array(values).type if any(value is not None for value in values) else pa.string()


def _table(columns: list[Column]) -> pa.Table:
    return pa.table({name: pa.array(values, kind) for name, values, kind in columns})
