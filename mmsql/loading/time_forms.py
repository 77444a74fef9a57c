"""The forms of time that only a whole file shows: the order of day and month, and the days of Excel."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import duckdb

from mmsql import columns
from mmsql.db import sqlfiles
from mmsql.errors import SourceError
from mmsql.loading.row_mapping import RowMapping

SAMPLE_ROWS = 10_000  # rows that are looked at before all are
UNCERTAIN = (
    "regexp_matches(s.value, load_unordered_date()) OR regexp_full_match(s.value, '\\s*[0-9]{5}([.,][0-9]+)?\\s*')"
)


def settle_times(
    con: duckdb.DuckDBPyConnection, path: Path, mapping: RowMapping, day_first: bool | None
) -> tuple[RowMapping, tuple[str, ...]]:
    """Return the mapping with times that can be read one by one, and notes on how the file was understood.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        In the transaction of a load, with ``load_raw``.
    path : Path
        The file, for messages.
    mapping : RowMapping
        The mapping of the file.
    day_first : bool, optional
        Whether the day comes before the month in dates such as ``03/04/2024``; by default the file decides.

    Raises
    ------
    SourceError
        When nothing in the file shows the order, or its dates contradict each other.
    """
    text = mapping.fields.get(columns.TS)
    if text is None:
        return mapping, ()
    con.execute(
        f"CREATE OR REPLACE TEMP VIEW load_times AS SELECT CAST({text} AS VARCHAR) AS value FROM load_raw load_row"
    )
    sample = f"SELECT 1 FROM (FROM load_times LIMIT {SAMPLE_ROWS}) s WHERE {UNCERTAIN} LIMIT 1"
    if not con.execute(sample).fetchone():
        return mapping, ()
    found = con.execute(sqlfiles.query("loading", "time_forms"))
    names = [column for column, *_ in found.description]
    forms = dict(zip(names, found.fetchall()[0], strict=True))
    if forms["serials"] and forms["serials"] == forms["times"]:
        return _with_times(mapping, f"load_excel_ts({text})"), ("ts is read as days of Excel",)
    if not forms["unordered"]:
        return mapping, ()
    order = _order(path, forms) if day_first is None else day_first
    note = (
        ()
        if day_first is not None
        else (f"ts is read with the {'day' if order else 'month'} first, as in {_decisive(forms)}",)
    )
    return _with_times(mapping, f"load_ordered_ts({text}, {order})"), note


def _with_times(mapping: RowMapping, text: str) -> RowMapping:
    return replace(mapping, fields=mapping.fields | {columns.TS: text})


def _decisive(forms: dict[str, str]) -> str:
    return forms["day_example"] or forms["month_example"]


def _order(path: Path, forms: dict[str, str]) -> bool:
    """Return whether the day comes first."""
    if forms["day_first"] and forms["month_first"]:
        raise SourceError(
            f"ts of {path.name} has both {forms['day_example']} and {forms['month_example']}, so its dates have no "
            f"one order of day and month. Nothing was loaded. Write them as YYYY-MM-DD, or type --day-first or "
            f"--month-first to reject those that do not fit."
        )
    if not forms["day_first"] and not forms["month_first"]:
        raise SourceError(
            f"ts of {path.name} has dates such as {forms['example']}, and no date shows whether the day or the month "
            f"comes first. Nothing was loaded. Type --day-first or --month-first (Python: day_first=True or False)."
        )
    return bool(forms["day_first"])
