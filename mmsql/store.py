"""The file: opening it, its schema and macros, its settings."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from mmsql import serving, sqlfiles
from mmsql.errors import DatabaseError
from mmsql.sqlfiles import quote_identifier, quote_literal

SCHEMA_VERSION = 1
STORAGE_VERSION = "v1.4.0"  # readable by every DuckDB from 1.4 on

SOURCE_TABLES = ("interactions", "items", "comments", "images", "users", "relations")
STATE_TABLES = (
    "event_weights",
    "catalog",
    "item_vectors",
    "user_vectors",
    "item_edges",
    "user_edges",
    "comment_terms",
    "recommendations",
    "attribute_schema",
)  # rows of each model
SERVING_TABLES = ("models", "deployments", *STATE_TABLES)
EVALUATION_TABLES = ("evaluations", "holdout", "evaluation_lists", "evaluation_items")
RULE_TABLES = ("rules",)  # the shop's wishes: a table or a view
LOG_TABLES = ("impressions",)  # the shop's own records: tables or views, as sources are, but nothing to train on
OTHER_TABLES = (
    "settings",
    "rejects",
    "training_log",
    "trials",
    "checkpoints",
    "refreshes",
    "embedding_cache",
    "adapters",
)
TABLES = (
    *OTHER_TABLES,
    *SOURCE_TABLES,
    *RULE_TABLES,
    *LOG_TABLES,
    *SERVING_TABLES,
    "serving",
    "serving_model",
    *EVALUATION_TABLES,
)

# Statements that carry a file of an older schema version up: version they lead to, name in sql/migrations.
MIGRATIONS: tuple[tuple[int, str], ...] = ()

# Every persisted macro: folder and name. The order has no meaning: they are created in the order of their references.
MACROS: tuple[tuple[str, str], ...] = (
    # asking
    ("macros", "recommend"),
    ("macros", "recommend_each"),
    ("macros", "recommend_session"),
    ("macros", "similar_items"),
    ("macros", "popular_items"),
    ("macros", "explain"),
    ("macros", "explain_each"),
    ("macros", "what_if"),
    ("macros", "aspects"),
    ("macros", "comment_summary"),
    ("macros", "audience"),
    ("macros", "winback"),
    ("macros", "onboarding"),
    ("macros", "cross_sell"),
    ("macros", "expected_demand"),
    ("macros", "quota_recommendations"),
    ("macros", "models"),
    ("macros", "training_log"),
    ("macros", "metrics"),
    ("macros", "help"),
    # the score and the lists
    ("macros", "_score_terms"),
    ("macros", "_score"),
    ("macros", "_source_label"),
    ("macros", "_history"),
    ("macros", "_user_edges"),
    ("macros", "_visitor_list"),
    ("macros", "_ranked"),
    ("macros", "_ranked_in_batches"),
    ("macros", "_filtered_items"),
    ("macros", "_filter_outcomes"),
    ("macros", "_rule_effects"),
    ("macros", "_boosted_score"),
    ("macros", "_cap_both"),
    ("macros", "_diversify"),
    ("macros", "_pool_size"),
    ("macros", "_contributions"),
    ("macros", "_item_sentences"),
    # the deployed model
    ("macros", "_deployed"),
    ("macros", "_deployed_model"),
    ("macros", "_model_has"),
    # options and their errors
    ("macros", "_positive_integer"),
    ("macros", "_length_error"),
    ("macros", "_list_error"),
    ("macros", "_filter_error"),
    ("macros", "_option_ids"),
    ("macros", "_excluded_events"),
    # attributes
    ("macros", "_json_field"),
    ("macros", "_attribute_values"),
    ("macros", "_attribute_features"),
    ("macros", "_attribute_number"),
    # constants
    ("macros", "_score_decimals"),
    ("macros", "_min_decay_weight"),
    ("macros", "_max_heap_size"),
    ("macros", "_max_heap_list"),
    ("macros", "_max_scores_in_memory"),
    ("macros", "_all_items"),
    ("macros", "_latest_items"),
    ("macros", "_comments_per_item"),
    ("macros", "_comments_per_reason"),
    ("macros", "_max_sentence_length"),
    # metrics of one list
    ("metrics", "precision"),
    ("metrics", "recall"),
    ("metrics", "f1"),
    ("metrics", "hit_rate"),
    ("metrics", "ndcg"),
    ("metrics", "average_precision"),
    ("metrics", "reciprocal_rank"),
    # metrics of an evaluation
    ("metrics", "user_hits"),
    ("metrics", "item_exposure"),
    ("metrics", "user_metrics"),
    ("metrics", "catalog_coverage"),
    ("metrics", "novelty"),
    ("metrics", "intra_list_diversity"),
    ("metrics", "gini"),
    ("metrics", "serendipity"),
    ("metrics", "average_popularity"),
    ("metrics", "calibration"),
    ("metrics", "metric_intervals"),
    ("metrics", "compare_models"),
    ("metrics", "_evaluated"),
    ("metrics", "_exposure_metrics"),
    ("metrics", "_attribute_groups"),
    ("metrics", "_user_history"),
    ("metrics", "_user_calibration"),
    ("metrics", "_slices"),
    # experiments
    ("experiments", "ab_assign"),
    ("experiments", "ab_report"),
    ("experiments", "off_policy"),
    ("experiments", "normal_cdf"),
    ("experiments", "normal_quantile"),
    # health
    ("health", "exposure"),
    ("health", "popularity_bias"),
    ("health", "drift"),
    ("health", "_stored_lists"),
)
# Macros of earlier versions, which opening a file to write drops.
FORMER_MACROS = (
    "_both_caps",
    "_catalog",
    "_diverse",
    "_given_ids",
    "_hidden_events",
    "_in_turn",
    "_lifted",
    "_listed",
    "_reasons",
    "_attribute_readings",
    "_ruled",
    "_serves",
    "_wrong_filter",
    "_wrong_length",
    "_whole",
)
VIEWS: tuple[str, ...] = ("top_recommendations", "item_neighbors", "model_versions")


def is_memory(path: str | Path) -> bool:
    """Tell whether a path names an in-memory database."""
    return str(path).startswith(":memory:")


def open_database(
    path: str | Path, read_only: bool = False, config: dict[str, str] | None = None
) -> duckdb.DuckDBPyConnection:
    """Open a database file, making it in the shared storage version when there is none.

    Parameters
    ----------
    path : str or Path
        The file, or ``:memory:``.
    read_only : bool
        Open without the right to write; the file must be there.
    config : dict, optional
        DuckDB settings, as for ``duckdb.connect``.

    Raises
    ------
    DatabaseError
        When the path is a directory or no database, or another process holds the file.
    """
    if not is_memory(path):
        _check_path(Path(path), read_only)
    try:
        if not is_memory(path) and not Path(path).exists():
            with duckdb.connect() as maker:
                maker.execute(f"ATTACH {quote_literal(str(path))} (STORAGE_VERSION '{STORAGE_VERSION}')")
        return duckdb.connect(str(path), read_only=read_only, config=dict(config or {}))
    except duckdb.Error as error:
        raise _explained(path, error) from error


def _check_path(path: Path, read_only: bool) -> None:
    if path.is_dir():
        raise DatabaseError(f"{path} is a directory. Name a file in it, such as {path / 'shop.duckdb'}.")
    if not path.exists() and read_only:
        raise DatabaseError(f"There is no file {path}. Run `mmsql init {path}` to make one.")
    check_name(path)
    if not path.parent.is_dir():
        raise DatabaseError(f"There is no directory {path.parent}. Make it, or name another file.")


def check_name(path: Path) -> None:
    """Check that a file's name does not hide the schema.

    Raises
    ------
    DatabaseError
        When the file is called mmsql.
    """
    if path.name.split(".")[0].lower() == "mmsql":
        raise DatabaseError(
            f"{path} cannot be used: DuckDB names a database after its file, and mmsql is the name of the schema "
            f"in it. Name it otherwise, such as {path.with_name('shop.duckdb')}."
        )


def _explained(path: str | Path, error: duckdb.Error) -> DatabaseError:
    text = str(error).splitlines()[0]
    if "could not set lock" in text.lower():
        return DatabaseError(
            f"{path} is in use by another process, which holds its write lock. "
            f"Close it there, or read a copy made by `mmsql publish`. ({text})"
        )
    if "different configuration" in text:
        return DatabaseError(
            f"{path} is already open in this process with other settings. Close that connection, "
            f"or pass the same read_only and config. ({text})"
        )
    return DatabaseError(f"{path} cannot be opened as a DuckDB database. ({text})")


def ensure_schema(con: duckdb.DuckDBPyConnection, path: str | Path) -> None:
    """Bring the schema, macros and views of a file to this version; a second call changes nothing.

    Raises
    ------
    DatabaseError
        When the file was written by a newer version of mmsql.
    """
    version = schema_version(con)
    if version is not None and version > SCHEMA_VERSION:
        raise DatabaseError(
            f"{path} has mmsql schema version {version}, this mmsql knows {SCHEMA_VERSION}. "
            f"Run `pip install --upgrade mmsql`."
        )
    if version == SCHEMA_VERSION and has_todays_objects(con):
        return
    with transaction(con):
        con.execute("CREATE SCHEMA IF NOT EXISTS mmsql")
        for number, name in MIGRATIONS:
            if version is not None and version < number:
                con.execute(sqlfiles.query("migrations", name))
        _create_tables(con)
        serving.fill(con)
        _create_views_and_macros(con)
        set_setting(con, "schema_version", str(SCHEMA_VERSION))
        set_setting(con, "objects", _objects_fingerprint())


def has_todays_objects(con: duckdb.DuckDBPyConnection) -> bool:
    """Tell whether a file has the tables and macros of this version; where not, opening it to write adds them."""
    return get_setting(con, "objects") == _objects_fingerprint()


def check_schema(con: duckdb.DuckDBPyConnection, path: str | Path) -> None:
    """Check that a file opened read-only has a schema this version can read.

    Raises
    ------
    DatabaseError
        When the schema is missing or of another version.
    """
    version = schema_version(con)
    if version is None:
        raise DatabaseError(f"{path} holds no mmsql schema. Run `mmsql init {path}`.")
    if version != SCHEMA_VERSION:
        direction = "pip install --upgrade mmsql" if version > SCHEMA_VERSION else f"mmsql init {path}"
        raise DatabaseError(
            f"{path} has mmsql schema version {version}, this mmsql reads {SCHEMA_VERSION}. Run `{direction}`."
        )


def _create_tables(con: duckdb.DuckDBPyConnection) -> None:
    views = source_views(con)
    for table in TABLES:
        if table not in views:
            con.execute(sqlfiles.query("schema", table))


def source_views(con: duckdb.DuckDBPyConnection) -> set[str]:
    """Return the names of the views in the schema: sources among them are the analyst's own."""
    rows = con.execute(
        "SELECT view_name FROM duckdb_views() WHERE schema_name = 'mmsql' AND database_name = current_database()"
    ).fetchall()
    return {name for (name,) in rows}


def _create_views_and_macros(con: duckdb.DuckDBPyConnection) -> None:
    # EXPORT DATABASE breaks if a macro is replaced that another one calls: drop all, callers first, then create all.
    macros = macros_in_order()
    for name in (*(source.name for source in reversed(macros)), *FORMER_MACROS):
        for kind in ("MACRO TABLE", "MACRO"):
            con.execute(f"DROP {kind} IF EXISTS mmsql.{quote_identifier(name)}")
    for source in macros:
        create_object(con, source.folder, source.name)
    recreate_views(con)


def macros_in_order() -> list[sqlfiles.SqlFile]:
    """Return the persisted macros in the order in which they can be created."""
    return sqlfiles.creation_order(sqlfiles.read(folder, name) for folder, name in MACROS)


def change_id_types(con: duckdb.DuckDBPyConnection, changes: list[tuple[str, str, str]]) -> None:
    """Give id columns of state tables another type, and empty these tables: ids of another type are other ids.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        In a transaction.
    changes : list of (table, column, SQL type)
        What to change.
    """
    # Deleting before altering would not do: deleted rows are converted too, and the commit fails.
    for table, column, sql_type in changes:
        con.execute(
            f"ALTER TABLE mmsql.{table} ALTER COLUMN {column} SET DATA TYPE {sql_type} "
            f"USING TRY_CAST({column} AS {sql_type})"
        )
    for table in dict.fromkeys(table for table, _, _ in changes):
        con.execute(f"DELETE FROM mmsql.{table}")
    recreate_views(con)


def recreate_views(con: duckdb.DuckDBPyConnection) -> None:
    """Make the views again: a view remembers the types of its columns, and fails when they change."""
    for view in reversed(VIEWS):
        con.execute(f"DROP VIEW IF EXISTS mmsql.{quote_identifier(view)}")
    for view in VIEWS:
        create_object(con, "views", view)


def create_object(con: duckdb.DuckDBPyConnection, folder: str, name: str) -> None:
    """Create a macro or view from its file and give it its header as comment."""
    source = sqlfiles.read(folder, name)
    con.execute(source.statement)
    macro = "MACRO TABLE" if " AS TABLE" in source.statement else "MACRO"
    kind = "VIEW" if folder == "views" else macro
    schema = "temp.main" if folder == "session" else "mmsql"
    con.execute(f"COMMENT ON {kind} {schema}.{quote_identifier(name)} IS {quote_literal(source.comment)}")


def _objects_fingerprint() -> str:
    digest = hashlib.sha256()
    for folder, name in (*MACROS, *(("views", view) for view in VIEWS), *(("schema", table) for table in TABLES)):
        source = sqlfiles.read(folder, name)
        digest.update(f"{folder}/{name}\n{source.comment}\n{source.statement}\n".encode())
    return digest.hexdigest()[:16]


def schema_version(con: duckdb.DuckDBPyConnection) -> int | None:
    """Return the schema version of a file, or None where it has no mmsql schema."""
    ((found,),) = con.execute(
        "SELECT count(*) FROM duckdb_tables() WHERE schema_name = 'mmsql' AND table_name = 'settings' "
        "AND database_name = current_database()"
    ).fetchall()
    if not found:
        return None
    return int(get_setting(con, "schema_version") or 0)


def get_setting(con: duckdb.DuckDBPyConnection, key: str) -> str | None:
    """Return a setting's value, or None."""
    rows = con.execute("SELECT s.value FROM mmsql.settings s WHERE s.key = ?", [key]).fetchall()
    return rows[0][0] if rows else None


def set_setting(con: duckdb.DuckDBPyConnection, key: str, value: str) -> None:
    """Store a setting, replacing what it was."""
    con.execute("INSERT OR REPLACE INTO mmsql.settings VALUES (?, ?)", [key, value])


def to_arrow(con: duckdb.DuckDBPyConnection, query: str, parameters: dict[str, Any] | None = None) -> pa.Table:
    """Run a query and return its rows as an Arrow table."""
    return _result(con, query, parameters).to_arrow_table()


def to_arrow_reader(
    con: duckdb.DuckDBPyConnection, query: str, parameters: dict[str, Any] | None = None, rows: int = 65_536
) -> pa.RecordBatchReader:
    """Run a query and return its rows as Arrow batches of so many rows."""
    return _result(con, query, parameters).to_arrow_reader(rows)


def _result(con: duckdb.DuckDBPyConnection, query: str, parameters: dict[str, Any] | None) -> Any:
    """Run a query: on 1.x, a relation with parameters is four times as slow; on 2.x, only it makes no extra copy."""
    if duckdb.__version__.startswith("1."):
        return con.execute(query, parameters or {})
    return con.sql(query, params=parameters or {})


def insert_rows(con: duckdb.DuckDBPyConnection, statement: str, rows: pa.Table, parameters: dict[str, Any]) -> None:
    """Run an INSERT that reads an Arrow table under the name ``new_rows``."""
    con.register("new_rows", rows)
    con.execute(statement, parameters)
    con.unregister("new_rows")


@contextmanager
def transaction(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Run a block in one transaction: all of it stays, or none."""
    con.execute("BEGIN")
    try:
        yield
    except BaseException:
        con.execute("ROLLBACK")
        raise
    con.execute("COMMIT")
