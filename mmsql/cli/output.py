"""Output: rows to stdout, messages to stderr."""

from __future__ import annotations

import csv
import json
import math
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from mmsql.cli.safe_text import inert, lines, one_line, visible

if TYPE_CHECKING:
    import duckdb

FEW_DECIMALS, MANY_DECIMALS = 2, 4  # in tables, at most: for columns with values from 100 on, and for others
GAP = "  "


class Format(StrEnum):
    """Formats of the rows on stdout."""

    TABLE = "table"
    CSV = "csv"
    EXACT_CSV = "csv-exact"
    JSON = "json"


@dataclass(frozen=True)
class Rows:
    """The answer of a command: column names and values."""

    columns: tuple[str, ...]
    values: list[tuple[Any, ...]]


def query(con: duckdb.DuckDBPyConnection, statement: str, parameters: Mapping[str, Any]) -> Rows:
    """Run a statement with bound ``$name`` parameters."""
    result = con.execute(statement, dict(parameters))
    return Rows(tuple(column[0] for column in result.description), result.fetchall())


def columns_of(result: type, *, first: Iterable[str] = (), without: Iterable[str] = ()) -> tuple[str, ...]:
    """Return the columns of a result that a command shows: the fields of its dataclass.

    Parameters
    ----------
    result : type
        A dataclass of :mod:`mmsql.jobs.results`.
    first : iterable of str
        Fields that come before the others.
    without : iterable of str
        Fields that are left out, since the command says them on stderr.
    """
    leading, left_out = tuple(first), {*first, *without}
    return (*leading, *(field.name for field in fields(result) if field.name not in left_out))


def rows_of(columns: Iterable[str], records: Iterable[object]) -> Rows:
    """Return the named attributes of some objects as rows."""
    names = tuple(columns)
    return Rows(names, [tuple(getattr(record, name) for name in names) for record in records])


def say(message: str) -> None:
    """Print a message to stderr."""
    print(lines(message), file=sys.stderr)


def emit(rows: Rows, form: Format) -> None:
    """Write rows to stdout.

    Parameters
    ----------
    rows : Rows
        The rows.
    form : Format
        ``csv-exact`` and ``json`` (one array of objects) keep every value exact. ``csv`` puts an apostrophe before a
        text that a spreadsheet would execute. ``table`` rounds numbers, and draws lines where stdout is a terminal.
    """
    if form in (Format.CSV, Format.EXACT_CSV):
        _write_csv(rows, exact=form is Format.EXACT_CSV)
    elif form is Format.JSON:
        _write_json(rows)
    elif sys.stdout.isatty():
        _write_rich(rows)
    else:
        _write_plain(rows)


def _write_csv(rows: Rows, *, exact: bool) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow([_csv_value(name, exact) for name in rows.columns])
    writer.writerows([_csv_value(value, exact) for value in row] for row in rows.values)


def _csv_value(value: Any, exact: bool) -> Any:
    plain = _json_value(value)
    if isinstance(plain, bool):
        return str(plain).lower()
    if isinstance(plain, list | dict):
        plain = json.dumps(plain, ensure_ascii=False)
    if not isinstance(plain, str):
        return plain
    text = plain if exact else inert(plain)
    return lines(text) if sys.stdout.isatty() else text


def _write_json(rows: Rows) -> None:
    objects = [
        json.dumps(dict(zip(rows.columns, map(_json_value, row), strict=True)), ensure_ascii=False)
        for row in rows.values
    ]
    print(visible("[" + ",\n ".join(objects) + "]"))


def _json_value(value: Any) -> Any:
    """Return a value as JSON has it: times in ISO form, numbers that are not finite as null."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, date):  # includes datetime
        return value.isoformat()
    if isinstance(value, list | tuple):
        return [_json_value(element) for element in value]
    if isinstance(value, dict):
        return {str(key): _json_value(element) for key, element in value.items()}
    return str(value)


def _write_rich(rows: Rows) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, header_style="bold", pad_edge=False)
    for name, right in zip(rows.columns, _right_aligned(rows), strict=True):
        table.add_column(Text(one_line(name)), justify="right" if right else "left", overflow="fold")
    for row in _cells(rows):
        table.add_row(*(Text(cell) for cell in row))
    Console(file=sys.stdout).print(table)


def _write_plain(rows: Rows) -> None:
    from rich.cells import cell_len

    printed = [[one_line(name) for name in rows.columns], *_cells(rows)]
    widths = [max(map(cell_len, column)) for column in zip(*printed, strict=True)]
    right = _right_aligned(rows)
    for line in printed:
        padded = []
        for cell, width, to_right in zip(line, widths, right, strict=True):
            space = " " * (width - cell_len(cell))
            padded.append(space + cell if to_right else cell + space)
        print(GAP.join(padded).rstrip())


def _right_aligned(rows: Rows) -> list[bool]:
    return [
        all(isinstance(value, int | float) and not isinstance(value, bool) for value in present) and bool(present)
        for present in ([value for value in column if value is not None] for column in _by_column(rows))
    ]


def _cells(rows: Rows) -> list[list[str]]:
    decimals = [_decimals(column) for column in _by_column(rows)]
    return [[cell_text(value, places) for value, places in zip(row, decimals, strict=True)] for row in rows.values]


def _by_column(rows: Rows) -> list[list[Any]]:
    return [[row[index] for row in rows.values] for index in range(len(rows.columns))]


def _decimals(column: list[Any]) -> int:
    """Return the number of decimals of a column: the smallest exact number, up to a limit."""
    floats = [value for value in column if isinstance(value, float) and math.isfinite(value)]
    most = FEW_DECIMALS if any(abs(value) >= 100 for value in floats) else MANY_DECIMALS
    exact = (places for places in range(1, most) if all(round(value, places) == value for value in floats))
    return next(exact, most)


def cell_text(value: Any, decimals: int = MANY_DECIMALS) -> str:
    """Return a value as text for a table: one line, no control characters, rounded numbers."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.{decimals}f}"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    return one_line(str(value))
