"""Files with one property a row (item, property, value), which become one row an item with a column a property."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import duckdb

from mmsql import columns
from mmsql.db import sqlfiles
from mmsql.db.sqlfiles import quote_identifier, quote_literal
from mmsql.errors import SourceError
from mmsql.loading import file_checks
from mmsql.loading.merging import check_count, keep_rows, load_rows, take_refused
from mmsql.loading.parsed_file import ParsedFile, define_opened
from mmsql.loading.report import LoadReport
from mmsql.loading.row_mapping import ROW, column, make_row_mapping, match_columns, text_of
from mmsql.loading.source_tables import table_columns

PROPERTY, VALUE = "property", "value"
MAX_PROPERTIES = 1000  # columns that a file may add
KEYS = {"items": columns.ITEM, "users": columns.USER}
BAD_ROWS = (
    "replace(p.load_reason, 'the id', $key), p.load_json FROM load_properties p WHERE p.load_reason IS NOT NULL"
)
OUTCOMES = "SELECT CAST(c.{key} AS VARCHAR) AS load_id, c.load_update FROM load_changed c"


def load_properties(
    con: duckdb.DuckDBPyConnection,
    source: str,
    path: Path,
    opened: ParsedFile,
    mapping: Mapping[str, str],
    *,
    keep_na: bool = False,
) -> LoadReport:
    """Load an opened file with one property a row into items or users.

    The latest value of a property counts, by ``ts`` where the file has times, else by its place in the file.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        In the transaction of a load, with ``load_opened``.
    source : str
        ``items`` or ``users``.
    path : Path
        The file.
    opened : ParsedFile
        The opened file. It needs the id, ``property`` and ``value``; ``ts`` is optional.
    mapping : mapping of str to str
        The file's column → ``item_id`` or ``user_id``, ``property``, ``value`` or ``ts``; or a property → our column.
    keep_na : bool
        Whether words such as ``NA`` are ids.

    Returns
    -------
    LoadReport
        Counts of the file's rows. A row is loaded if its item is new, and updated if its item has changed.

    Raises
    ------
    SourceError
        When the source has no properties, a column is missing, or no row can be used.
    """
    if source not in KEYS:
        raise SourceError(f"--properties is for items and users, not for {source}. Load {path.name} without it.")
    key = KEYS[source]
    _define_long(con, opened, key, _match(path, key, opened, mapping), keep_na=keep_na)
    con.execute(sqlfiles.query("loading", "long_rows"))
    con.execute("DROP TABLE IF EXISTS temp.load_numbered")
    refused = take_refused(con, opened)
    ((rows,),) = con.execute("SELECT count(*) FROM load_properties").fetchall()
    check_count(path, opened, rows + refused)
    con.execute(f"INSERT INTO load_refused SELECT {BAD_ROWS}", {"key": key})
    names = [name for name, _ in con.execute(sqlfiles.query("loading", "long_names")).fetchall()]
    if not names:
        raise SourceError(
            f"None of the {rows + refused:,} rows of {path} has an id and a property. Nothing was loaded."
        )
    wide = _widen(con, key, names[:MAX_PROPERTIES])
    matches = match_columns(path, source, wide, _of_properties(mapping, wide), table_columns(con, source))
    keep_rows(con, numbered=True)
    report = load_rows(con, source, path, wide, make_row_mapping(con, source, wide, matches, keep_na=True))
    con.execute(f"CREATE OR REPLACE TEMP VIEW load_outcomes AS {OUTCOMES.format(key=key)}")
    rows, bad, loaded, updated = con.execute(sqlfiles.query("loading", "count_long_rows")).fetchall()[0]
    return replace(
        report,
        read=rows + refused,
        rejected=bad + refused,
        loaded=loaded,
        updated=updated,
        unchanged=rows - bad - loaded - updated,
        notes=(*opened.notes, *_notes(names), *report.notes),
    )


def _match(path: Path, key: str, opened: ParsedFile, mapping: Mapping[str, str]) -> dict[str, str]:
    """Return the file's column of the id, the property, the value and, where there is one, the time."""
    theirs = {name.lower(): name for name in opened.columns}
    wanted = (key, PROPERTY, VALUE, columns.TS)
    found = {name: theirs[name] for name in wanted if name in theirs}
    found |= {
        our: theirs[their.lower()] for their, our in mapping.items() if our in wanted and their.lower() in theirs
    }
    missing = [name for name in wanted[:3] if name not in found]
    if missing:
        free = next((name for name in opened.columns if name not in found.values()), "their_column")
        raise SourceError(
            f"{path.name} has no column {' and no column '.join(missing)}, which --properties needs: a row an id, a "
            f"property and its value. It has: {', '.join(opened.columns)}. Name the right column with "
            f"`--map {free}={missing[0]}`."
        )
    return found


def _define_long(
    con: duckdb.DuckDBPyConnection, opened: ParsedFile, key: str, found: Mapping[str, str], *, keep_na: bool
) -> None:
    """Make ``load_long``, the rows of the file as texts."""
    keep_rows(con, numbered=True)
    texts = {our: text_of(column(their), opened.columns[their], our=our) for our, their in found.items()}
    known = "load_text" if keep_na else "load_non_null"
    shown = ", ".join(f"{quote_identifier(their)}: {column(their)}" for their in found.values())
    con.execute(
        f"CREATE OR REPLACE TEMP VIEW load_long AS SELECT trim({known}({texts[key]})) AS load_id, "
        f"{texts[PROPERTY]} AS load_property, {texts[VALUE]} AS load_value, "
        f"{texts.get(columns.TS, 'CAST(NULL AS VARCHAR)')} AS load_time, {ROW}.load_number, "
        f"to_json({{{shown}}}) AS load_json FROM load_raw {ROW}"
    )


def _widen(con: duckdb.DuckDBPyConnection, key: str, names: Sequence[str]) -> ParsedFile:
    """Make ``load_opened`` with a row an id and a column a property."""
    con.execute(sqlfiles.query("loading", "long_latest"))
    names = [name for name in names if name.lower() != key]
    values = [
        f"any_value(v.value) FILTER (v.property = {quote_literal(name.lower())}) AS {quote_identifier(name)}"
        for name in names
    ]
    define_opened(
        con,
        f"SELECT p.load_id AS {key}, {', '.join(values)} FROM (SELECT DISTINCT l.load_id FROM load_properties l "
        f"WHERE l.load_reason IS NULL) p LEFT JOIN load_latest v ON v.load_id = p.load_id GROUP BY p.load_id",
        stored=True,
    )
    return ParsedFile(kind=file_checks.TEXT, columns=dict.fromkeys((key, *names), "VARCHAR"))


def _of_properties(mapping: Mapping[str, str], wide: ParsedFile) -> dict[str, str]:
    named = {name.lower() for name in wide.columns}
    return {their: our for their, our in mapping.items() if their.lower() in named}


def _notes(names: Sequence[str]) -> list[str]:
    notes = [f"{len(names):,} properties"]
    if len(names) > MAX_PROPERTIES:
        left = len(names) - MAX_PROPERTIES
        notes.append(f"ignored the {left:,} rarest properties, since a source has room for {MAX_PROPERTIES:,}")
    return notes
