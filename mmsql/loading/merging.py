"""Merge the rows of ``load_source`` into a source table, all of them or none, and count the results.

Rules for rows with errors:

* A row without its ids, or an event whose time cannot be read, is rejected. Time orders a history, and an event at a
  wrong position would teach the model a wrong order.
* A row with another unreadable field is loaded without that field: an item without a price can still be sold, and a
  comment without a rating can still be read. The earlier value in the database stays.
* In both cases ``mmsql.rejects`` gets the row with the reason, once, however often the file is loaded.
* A file without any row that can be loaded is an error, and nothing changes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa

from mmsql import columns
from mmsql.db import sqlfiles
from mmsql.db.disk_errors import disk_error
from mmsql.db.queries import transaction
from mmsql.db.sqlfiles import quote_identifier
from mmsql.errors import SourceError
from mmsql.loading import source_tables
from mmsql.loading.markup import register as register_plain_text
from mmsql.loading.parsed_file import ERRORS, OPENED, ParsedFile, drop_errors
from mmsql.loading.report import LoadReport
from mmsql.loading.row_mapping import ATTRIBUTE_SOURCES, RowMapping, define_source

CHUNK = 1000  # aggregates of one query
# In the order of their references.
MACROS = (
    "load_text",
    "load_non_null",
    "load_decimal",
    "load_amount",
    "load_number",
    "load_flag",
    "load_epoch",
    "load_clean_ts",
    "load_ts_zone",
    "load_ts_offset",
    "load_other_ts",
    "load_ts",
    "load_unordered_date",
    "load_ordered_ts",
    "load_excel_ts",
    "load_joined_list",
    "load_category",
    "load_python_dict",
    "load_comment_text",
    "load_value_type",
    "load_is_image",
    "load_genres",
    "load_movie_title",
    "load_movie_year",
)
# Temp tables and views, dependents first.
RELATIONS = (
    "load_source",
    "load_times",
    "load_raw",
    "load_numbered",
    "load_paths",
    "load_pictures",
    OPENED,
    "load_lines",
    "load_file",
    "load_file_lines",
    "load_reviews",
    "load_last",
    "load_staged",
    "load_existing",
    "load_earlier",
    "load_merged",
    "load_changed",
    "load_distinct",
    "load_rejects",
    "load_refused",
    "load_outcomes",
    "load_long",
    "load_properties",
    "load_latest",
)


@contextmanager
def load_transaction(con: duckdb.DuckDBPyConnection, path: Path, *sources: str) -> Iterator[None]:
    """Run a load in one transaction, with its macros and temp tables.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        A connection that is not in a transaction.
    path : Path
        The loaded file, for messages.
    sources : str
        The sources to load into.

    Raises
    ------
    SourceError
        When a source is a view or missing, or DuckDB fails. Nothing has changed then.
    """
    _check_no_transaction(con, path)
    for source in sources:
        source_tables.table_columns(con, source)
    register_plain_text(con)
    kept = con.execute("SELECT current_setting('preserve_insertion_order')").fetchall()[0][0]
    try:
        con.execute("SET preserve_insertion_order = true")  # the last row of an id counts
        with explained(path), transaction(con):
            for name in MACROS:
                con.execute(sqlfiles.query("loading", name))
            yield
            _drop(con)
    finally:
        con.execute(f"SET preserve_insertion_order = {bool(kept)}")


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn DuckDB's errors into errors that name the file and state that nothing changed."""
    try:
        yield
    except duckdb.Error as error:
        told = disk_error(error) or SourceError(f"{path} could not be loaded. Nothing was changed. {_advice(error)}")
        raise told from error


def _check_no_transaction(con: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Check before BEGIN, which would abort an open transaction. In one, the transaction id stays the same."""
    first, second = (con.execute("SELECT txid_current()").fetchall() for _ in range(2))
    if first == second:
        raise SourceError(
            f"{path} was not loaded: a transaction is open on this connection. Type COMMIT or ROLLBACK first."
        )


def _advice(error: duckdb.Error) -> str:
    text = str(error).splitlines()[0]
    if "state machine" in text:
        return "Its lines have different line endings. Unify them: `tr -d '\\r' < FILE > NEW_FILE`."
    if "read-only" in text:
        return f"The database is open read-only. Open it with mmsql.connect(path). ({text})"
    return f"({text})"


def _drop(con: duckdb.DuckDBPyConnection) -> None:
    drop_errors(con)
    kinds = dict(
        con.execute(
            "SELECT v.view_name, 'VIEW' FROM duckdb_views() v WHERE v.temporary UNION ALL "
            "SELECT t.table_name, 'TABLE' FROM duckdb_tables() t WHERE t.temporary"
        ).fetchall()
    )
    for name in RELATIONS:
        if name in kinds:
            con.execute(f"DROP {kinds[name]} temp.{name}")
    for name in (*(f"load_{id_column}" for id_column in source_tables.ID_COLUMNS), *reversed(MACROS)):
        con.execute(f"DROP MACRO IF EXISTS temp.{name}")


def keep_rows(con: duckdb.DuckDBPyConnection, *, numbered: bool) -> None:
    """Make the view ``load_raw`` of the opened file, or of a temp table with its rows.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        In the transaction of a load, with ``load_opened``.
    numbered : bool
        Whether to read the file once into a temp table with the column ``load_number``. Needed where rows of one id
        replace each other, or where column types are inferred from all values.
    """
    if numbered:
        con.execute(
            "CREATE OR REPLACE TEMP TABLE load_numbered AS "
            "SELECT *, row_number() OVER () AS load_number FROM load_opened"
        )
    con.execute(f"CREATE OR REPLACE TEMP VIEW load_raw AS FROM {'load_numbered' if numbered else 'load_opened'}")


def load_rows(
    con: duckdb.DuckDBPyConnection,
    source: str,
    path: Path,
    parsed: ParsedFile,
    mapping: RowMapping,
    *,
    scale: float = 1.0,
    optional: bool = False,
) -> LoadReport:
    """Merge ``load_raw`` into a source table.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        In the transaction of a load.
    source : str
        The source to load into.
    path : Path
        The loaded file.
    parsed, mapping : ParsedFile, RowMapping
        The file as ``load_raw``, and the mapping of its columns.
    scale : float
        Divisor of the weights of interactions.
    optional : bool
        Whether it is no error that no row can be loaded, since the file has rows for other sources.

    Raises
    ------
    SourceError
        When there is no row, or none that can be loaded.
    """
    notes = [*parsed.notes, *mapping.notes]
    if source in ATTRIBUTE_SOURCES:
        notes += fit_table(con, source, mapping)
    _stage(con, source, parsed, mapping, scale)
    rows, rejected, flawed = _collect_rejects(con, take_refused(con, parsed))
    check_count(path, parsed, rows)
    if rows == rejected and not optional:
        raise _nothing_loaded(con, path, rows)
    for statement in ("delete_reject_counts", "insert_rejects"):
        con.execute(sqlfiles.query("loading", statement), {"source": source, "file": path.name})
    loaded, updated = MERGES[source](con, mapping)
    unchanged = rows - rejected - loaded - updated
    counts = {"loaded": loaded, "unchanged": unchanged, "updated": updated, "rejected": rejected}
    return LoadReport(source=source, file=str(path), read=rows, flawed=flawed, notes=tuple(notes), **counts)


def fit_table(con: duckdb.DuckDBPyConnection, source: str, mapping: RowMapping) -> list[str]:
    """Add the columns of a file to items or users, and return notes on the changes."""
    present = source_tables.table_columns(con, source)
    wanted = {name: kind for name, (_, kind) in mapping.attributes.items()}
    declared = [name for name in mapping.fields if name not in present]
    return source_tables.ensure_columns(con, source, wanted | {name: DECLARED_TYPES[name] for name in declared})


def _stage(
    con: duckdb.DuckDBPyConnection, source: str, parsed: ParsedFile, mapping: RowMapping, scale: float
) -> None:
    """Make ``load_staged``: the rows with types and with the reasons for rejection."""
    source_tables.make_id_macros(con, source)
    define_source(con, source, parsed, mapping)
    if source in ATTRIBUTE_SOURCES:
        con.execute(sqlfiles.query("loading", f"last_{source}"))
    con.execute(sqlfiles.query("loading", f"stage_{source}"), {"scale": scale} if source == "interactions" else None)


def take_refused(con: duckdb.DuckDBPyConnection, parsed: ParsedFile) -> int:
    """Add the lines of a file that are no rows to ``load_refused``, once, and return how many it has."""
    con.execute('CREATE TEMP TABLE IF NOT EXISTS load_refused (reason VARCHAR, "row" JSON)')
    if con.execute(
        "SELECT 1 FROM duckdb_tables() t WHERE t.temporary AND t.table_name = $name", {"name": ERRORS}
    ).fetchone():
        con.execute(sqlfiles.query("loading", "collect_csv_rejects"))
        drop_errors(con)
    if parsed.refused:
        con.register(
            "load_lines_refused", pa.table([list(part) for part in zip(*parsed.refused, strict=True)], ["r", "t"])
        )
        con.execute("INSERT INTO load_refused SELECT f.r, to_json(left(f.t, 10000)) FROM load_lines_refused f")
        con.unregister("load_lines_refused")
    return int(con.execute("SELECT count(*) FROM load_refused").fetchall()[0][0])


def _collect_rejects(con: duckdb.DuckDBPyConnection, refused: int) -> tuple[int, int, int]:
    """Fill ``load_rejects``; return the numbers of all rows, of rejected ones and of rows that lack a field."""
    con.execute(sqlfiles.query("loading", "collect_rejects"))
    rows, rejected, flawed = con.execute(sqlfiles.query("loading", "count_staged")).fetchall()[0]
    con.execute("INSERT INTO load_rejects FROM load_refused")
    con.execute("DROP TABLE temp.load_refused")
    return rows + refused, rejected + refused, flawed


def check_count(path: Path, parsed: ParsedFile, rows: int) -> None:
    """Raise where DuckDB read another number of records than the file holds."""
    if parsed.records is not None and parsed.records != rows:
        raise SourceError(
            f"{path} holds {parsed.records:,} records, but {rows:,} were read, so nothing was changed. "
            f"Write the file again as CSV with quoted texts, as JSON lines or as Parquet, and load that."
        )


def _nothing_loaded(con: duckdb.DuckDBPyConnection, path: Path, rows: int) -> SourceError:
    if not rows:
        return SourceError(f"{path} has columns but no row. Nothing was loaded.")
    reasons = con.execute(sqlfiles.query("loading", "reject_reasons")).fetchall()
    listed = "; ".join(
        f"{reason} ({count:,} row{'s' * (count > 1)}, such as {example[:200]})" for reason, count, example in reasons
    )
    return SourceError(
        f"None of the {rows:,} rows of {path} can be loaded, so nothing was changed: {listed}. "
        f"If columns have other names than ours, pass `--map their_column=our_column`."
    )


def _changed(con: duckdb.DuckDBPyConnection, name: str) -> int:
    """Run a statement that changes rows, and return their number."""
    return int(con.execute(sqlfiles.query("loading", name)).fetchall()[0][0])


def _merge_interactions(con: duckdb.DuckDBPyConnection, _mapping: RowMapping) -> tuple[int, int]:
    return _changed(con, "insert_interactions"), 0


def _merge_comments(con: duckdb.DuckDBPyConnection, mapping: RowMapping) -> tuple[int, int]:
    con.execute(sqlfiles.query("loading", "distinct_comments"))
    updated = _changed(con, "update_comments") if columns.RATING in mapping.fields else 0
    return _changed(con, "insert_comments"), updated


def _merge_relations(con: duckdb.DuckDBPyConnection, mapping: RowMapping) -> tuple[int, int]:
    con.execute(sqlfiles.query("loading", "distinct_relations"))
    updated = _changed(con, "update_relations") if columns.WEIGHT in mapping.fields else 0
    return _changed(con, "insert_relations"), updated


def _merge_images(con: duckdb.DuckDBPyConnection, _mapping: RowMapping) -> tuple[int, int]:
    con.execute(sqlfiles.query("loading", "distinct_images"))
    (updated,) = con.execute("SELECT count(*) FROM load_distinct k WHERE k.load_update").fetchall()[0]
    con.execute(sqlfiles.query("loading", "delete_images"))
    return _changed(con, "insert_images") - updated, updated


def _merge_items(con: duckdb.DuckDBPyConnection, mapping: RowMapping) -> tuple[int, int]:
    return _merge_by_id(con, mapping, "items", columns.ITEM)


def _merge_users(con: duckdb.DuckDBPyConnection, mapping: RowMapping) -> tuple[int, int]:
    return _merge_by_id(con, mapping, "users", columns.USER)


def _merge_by_id(con: duckdb.DuckDBPyConnection, mapping: RowMapping, source: str, key: str) -> tuple[int, int]:
    """Update and insert the staged rows of items or users.

    The last value of a column counts: a blank one, or one that cannot be read, erases neither that of an earlier row
    of the file nor that of the table.
    """
    con.execute(sqlfiles.query("loading", f"existing_{source}"))
    table = f"mmsql.{quote_identifier(source)}"
    con.execute(f"CREATE OR REPLACE TEMP TABLE load_merged AS SELECT * FROM {table} LIMIT 0")
    given = {name.lower(): (name, DECLARED_TYPES[name]) for name in mapping.fields if name != key}
    given |= {name.lower(): (name, kind) for name, (_, kind) in mapping.attributes.items()}
    _earlier_values(con, key, [name for name, _ in given.values()])
    values = [f"s.{key}"]
    for name, column_type in source_tables.table_columns(con, source).items():
        column = quote_identifier(name)
        if name.lower() in given:
            their, kind = given[name.lower()]
            new = f"coalesce(s.{quote_identifier(their)}, e.{quote_identifier(their)})"
            values.append(f"coalesce({source_tables.cast_to(new, kind, column_type)}, k.{column}) AS {column}")
        elif name != key:
            values.append(f"k.{column}")
    con.execute(
        f"INSERT INTO load_merged BY NAME SELECT {', '.join(values)} FROM load_staged s "
        f"LEFT JOIN load_earlier e ON e.{key} = s.{key} LEFT JOIN load_existing k ON k.{key} = s.{key} "
        f"WHERE s.load_reason IS NULL"
    )
    con.execute(sqlfiles.query("loading", f"changed_{source}"))
    (updated,) = con.execute("SELECT count(*) FROM load_changed c WHERE c.load_update").fetchall()[0]
    con.execute(sqlfiles.query("loading", f"delete_{source}"))
    return _changed(con, f"insert_{source}") - updated, updated


def _earlier_values(con: duckdb.DuckDBPyConnection, key: str, names: Sequence[str]) -> None:
    """Make ``load_earlier``: the last value of each column in the rows of an id before its last one."""
    again = f"FROM load_staged s WHERE starts_with(s.load_reason, '{key} stands in the file again')"
    columns_of_rows = ", ".join(f"s.{quote_identifier(name)}" for name in (key, *names))
    query = f"SELECT {columns_of_rows} {again} LIMIT 0"
    if names and con.execute(f"SELECT 1 {again} LIMIT 1").fetchone():
        # DuckDB 1.5 crashes on a row of some 8,000 aggregates.
        first, *others = [
            _last_values(key, names[start : start + CHUNK], again) for start in range(0, len(names), CHUNK)
        ]
        query = " ".join([f"FROM {first}", *(f"JOIN {part} USING ({key})" for part in others)])
    con.execute(f"CREATE OR REPLACE TEMP TABLE load_earlier AS {query}")


def _last_values(key: str, names: Sequence[str], origin: str) -> str:
    values = [f"arg_max(s.{quote_identifier(name)}, s.load_line) AS {quote_identifier(name)}" for name in names]
    return f"(SELECT {', '.join([f's.{key}', *values])} {origin} GROUP BY s.{key})"


DECLARED_TYPES = dict.fromkeys(
    (columns.USER, columns.ITEM, columns.TITLE, columns.DESCRIPTION, columns.CATEGORY, columns.BRAND),
    "VARCHAR",
) | {columns.PRICE: "DOUBLE", columns.AVAILABLE: "BOOLEAN"}
MERGES = {
    "interactions": _merge_interactions,
    "comments": _merge_comments,
    "images": _merge_images,
    "items": _merge_items,
    "users": _merge_users,
    "relations": _merge_relations,
}
