"""Bring the rows of ``load_source`` into a source table, all of them or none, and say what happened.

What is done with a bad row follows from what a shop would want:

* A row without its ids, or an event whose time cannot be read, is rejected. A time is what orders a history;
  an event in a wrong place would teach the model something false.
* A row whose other fields cannot be read is loaded without them: an item without a price can still be sold,
  a comment without a rating still be understood. What the database held in that field before stays.
* Either way ``mmsql.rejects`` gets the row with the reason, once, however often the file is loaded.
* When no row of a file can be loaded, that is an error, and nothing changes.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from mmsql import columns
from mmsql.db import sqlfiles
from mmsql.db.queries import transaction
from mmsql.db.sqlfiles import quote_identifier, quote_literal
from mmsql.errors import SourceError
from mmsql.loading import target
from mmsql.loading.reading import ERRORS, Raw, drop_errors
from mmsql.loading.report import LoadReport
from mmsql.loading.shape import ATTRIBUTED, Shape, define_source

# Order matters: each after the ones it calls.
MACROS = (
    "load_text",
    "load_given",
    "load_decimal",
    "load_amount",
    "load_number",
    "load_flag",
    "load_epoch",
    "load_ts",
    "load_joined_list",
    "load_category",
    "load_loose_json",
    "load_sentence",
    "load_kind",
    "load_is_image",
    "load_genres",
    "load_movie_title",
    "load_movie_year",
)
# Temp tables and views, each after the ones that read it.
RELATIONS = (
    "load_source",
    "load_raw",
    "load_numbered",
    "load_paths",
    "load_pictures",
    "load_opened",
    "load_lines",
    "load_file",
    "load_reviews",
    "load_last",
    "load_staged",
    "load_known",
    "load_merged",
    "load_changed",
    "load_keyed",
    "load_rejects",
)


@contextmanager
def load_transaction(con: duckdb.DuckDBPyConnection, path: Path, *sources: str) -> Iterator[None]:
    """Run a load in one transaction, with the macros and temp tables it uses.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        A connection that is not in a transaction.
    path : Path
        What is loaded, for messages.
    sources : str
        The sources it is loaded into.

    Raises
    ------
    SourceError
        When a source is a view or missing, or DuckDB cannot do it. Nothing has changed then.
    """
    _check_no_transaction(con, path)
    for source in sources:
        target.table_columns(con, source)
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
    """Turn DuckDB's errors into ones that name the file and say that nothing changed."""
    try:
        yield
    except duckdb.Error as error:
        raise SourceError(f"{path} could not be loaded. Nothing was changed. {_advice(error)}") from error


def _check_no_transaction(con: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Look before BEGIN, which within a transaction fails and aborts it. Within one the id stays the same."""
    first, second = (con.execute("SELECT txid_current()").fetchall() for _ in range(2))
    if first == second:
        raise SourceError(
            f"{path} was not loaded: a transaction is open on this connection. Type COMMIT or ROLLBACK first."
        )


def _advice(error: duckdb.Error) -> str:
    text = str(error).splitlines()[0]
    if "state machine" in text:
        return "Its lines end in different ways. Make them alike, as `tr -d '\\r' < FILE > NEW_FILE` does."
    if "read-only" in text:
        return f"The database is open read-only: open it with mmsql.connect(path). ({text})"
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
    for name in (*(f"load_{id_column}" for id_column in target.ID_COLUMNS), *reversed(MACROS)):
        con.execute(f"DROP MACRO IF EXISTS temp.{name}")


def keep_rows(con: duckdb.DuckDBPyConnection, *, numbered: bool) -> None:
    """Make the view ``load_raw`` of the opened file, or of a table of its rows.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        In a load's transaction, with ``load_opened`` made.
    numbered : bool
        Read the file now, once, into a temp table with the column ``load_number``. Where rows of one id
        replace each other, or the types of columns are told from their values, rows are read repeatedly.
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
    raw: Raw,
    shape: Shape,
    *,
    scale: float = 1.0,
    optional: bool = False,
) -> LoadReport:
    """Bring ``load_raw`` into a source table.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        In a load's transaction.
    source : str
        Where the rows go.
    path : Path
        Where they come from.
    raw, shape : Raw, Shape
        What ``load_raw`` is, and which of its columns become ours.
    scale : float
        What the weights of interactions are divided by.
    optional : bool
        Whether it is no error that nothing can be loaded: the rows come beside others of the same file.

    Raises
    ------
    SourceError
        When there is no row, or none that can be loaded.
    """
    notes = [*raw.notes, *shape.notes]
    if source in ATTRIBUTED:
        notes += fit_table(con, source, shape)
    _stage(con, source, raw, shape, scale)
    rows, rejected, flawed = _collect_rejects(con)
    if rows == rejected and not optional:
        raise _nothing_loaded(con, path, rows)
    con.execute(sqlfiles.query("loading", "insert_rejects"), {"source": source})
    loaded, updated = MERGES[source](con, shape)
    unchanged = rows - rejected - loaded - updated
    counts = {"loaded": loaded, "unchanged": unchanged, "updated": updated, "rejected": rejected}
    return LoadReport(source=source, file=str(path), read=rows, flawed=flawed, notes=tuple(notes), **counts)


def fit_table(con: duckdb.DuckDBPyConnection, source: str, shape: Shape) -> list[str]:
    """Give items or users the columns of a file, and return in words what was changed."""
    present = target.table_columns(con, source)
    wanted = {name: kind for name, (_, kind) in shape.attributes.items()}
    declared = [name for name in shape.fields if name not in present]
    return target.ensure_columns(con, source, wanted | {name: DECLARED_TYPES[name] for name in declared})


def _stage(con: duckdb.DuckDBPyConnection, source: str, raw: Raw, shape: Shape, scale: float) -> None:
    """Make ``load_staged``: the rows typed and judged."""
    target.make_id_macros(con, source)
    define_source(con, source, raw, shape)
    if source in ATTRIBUTED:
        con.execute(sqlfiles.query("loading", f"last_{source}"))
    con.execute(sqlfiles.query("loading", f"stage_{source}"), {"scale": scale} if source == "interactions" else None)


def _collect_rejects(con: duckdb.DuckDBPyConnection) -> tuple[int, int, int]:
    """Fill ``load_rejects`` and return how many rows there are, are rejected, and lack a field."""
    con.execute(sqlfiles.query("loading", "collect_rejects"))
    rows, rejected, flawed = con.execute(sqlfiles.query("loading", "count_staged")).fetchall()[0]
    refused = 0
    if con.execute(
        "SELECT 1 FROM duckdb_tables() t WHERE t.temporary AND t.table_name = $name", {"name": ERRORS}
    ).fetchone():
        refused = _changed(con, "collect_csv_rejects")
        drop_errors(con)
    return rows + refused, rejected + refused, flawed


def _nothing_loaded(con: duckdb.DuckDBPyConnection, path: Path, rows: int) -> SourceError:
    if not rows:
        return SourceError(f"{path} has columns but no row. Nothing was loaded.")
    reasons = con.execute(sqlfiles.query("loading", "reject_reasons")).fetchall()
    told = "; ".join(f"{reason} ({count:,} rows, such as {example[:200]})" for reason, count, example in reasons)
    return SourceError(
        f"None of the {rows:,} rows of {path} can be loaded, so nothing was changed: {told}. "
        f"If columns mean something else than their names say, tell with `--map their_column=our_column`."
    )


def _changed(con: duckdb.DuckDBPyConnection, name: str) -> int:
    """Run a statement that changes rows and return how many."""
    return int(con.execute(sqlfiles.query("loading", name)).fetchall()[0][0])


def _merge_interactions(con: duckdb.DuckDBPyConnection, _shape: Shape) -> tuple[int, int]:
    return _changed(con, "insert_interactions"), 0


def _merge_comments(con: duckdb.DuckDBPyConnection, shape: Shape) -> tuple[int, int]:
    con.execute(sqlfiles.query("loading", "keyed_comments"))
    updated = _changed(con, "update_comments") if columns.RATING in shape.fields else 0
    return _changed(con, "insert_comments"), updated


def _merge_relations(con: duckdb.DuckDBPyConnection, shape: Shape) -> tuple[int, int]:
    con.execute(sqlfiles.query("loading", "keyed_relations"))
    updated = _changed(con, "update_relations") if columns.WEIGHT in shape.fields else 0
    return _changed(con, "insert_relations"), updated


def _merge_images(con: duckdb.DuckDBPyConnection, _shape: Shape) -> tuple[int, int]:
    con.execute(sqlfiles.query("loading", "keyed_images"))
    (updated,) = con.execute("SELECT count(*) FROM load_keyed k WHERE k.load_update").fetchall()[0]
    con.execute(sqlfiles.query("loading", "delete_images"))
    return _changed(con, "insert_images") - updated, updated


def _merge_items(con: duckdb.DuckDBPyConnection, shape: Shape) -> tuple[int, int]:
    return _merge_keyed(con, shape, "items", columns.ITEM)


def _merge_users(con: duckdb.DuckDBPyConnection, shape: Shape) -> tuple[int, int]:
    return _merge_keyed(con, shape, "users", columns.USER)


def _merge_keyed(con: duckdb.DuckDBPyConnection, shape: Shape, source: str, key: str) -> tuple[int, int]:
    """Update and add the staged rows of items or users; columns that the file has not stay as they are."""
    con.execute(sqlfiles.query("loading", f"known_{source}"))
    table = f"mmsql.{quote_identifier(source)}"
    con.execute(f"CREATE OR REPLACE TEMP TABLE load_merged AS SELECT * FROM {table} LIMIT 0")
    given = {name.lower(): (name, DECLARED_TYPES[name]) for name in shape.fields}
    given |= {name.lower(): (name, kind) for name, (_, kind) in shape.attributes.items()}
    values = []
    for name, held in target.table_columns(con, source).items():
        old = f"k.{quote_identifier(name)}"
        if name.lower() in given:
            their, kind = given[name.lower()]
            kind = held if name == key else kind
            new = target.cast_to(f"s.{quote_identifier(their)}", kind, held)
            if their in UNREADABLE or their in shape.checked:
                unread = f"list_contains(s.load_unread, {quote_literal(their)})"
                new = f"CASE WHEN {unread} THEN {old} ELSE {new} END"
        else:
            new = old
        values.append(f"{new} AS {quote_identifier(name)}")
    con.execute(
        f"INSERT INTO load_merged BY NAME SELECT {', '.join(values)} FROM load_staged s "
        f"LEFT JOIN load_known k ON k.{key} = s.{key} WHERE s.load_reason IS NULL"
    )
    con.execute(sqlfiles.query("loading", f"changed_{source}"))
    (updated,) = con.execute("SELECT count(*) FROM load_changed c WHERE c.load_update").fetchall()[0]
    con.execute(sqlfiles.query("loading", f"delete_{source}"))
    return _changed(con, f"insert_{source}") - updated, updated


UNREADABLE = (columns.PRICE, columns.AVAILABLE)  # fields of items that may be left out of a row
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
