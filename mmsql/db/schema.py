"""The schema of a file: tables, macros and views, and bringing them up to date."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import duckdb

from mmsql.db import serving, sqlfiles
from mmsql.db.queries import transaction
from mmsql.db.settings import get_setting, read_settings, set_setting
from mmsql.db.sqlfiles import quote_identifier, quote_literal
from mmsql.errors import DatabaseError

SCHEMA_VERSION = 1

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
    ("macros/recommend", "recommend"),
    ("macros/recommend", "recommend_each"),
    ("macros/recommend", "recommend_session"),
    ("macros/recommend", "similar_items"),
    ("macros/recommend", "popular_items"),
    ("macros/explain", "explain"),
    ("macros/explain", "explain_each"),
    ("macros/explain", "what_if"),
    ("macros/comments", "aspects"),
    ("macros/comments", "comment_summary"),
    ("macros/campaigns", "audience"),
    ("macros/campaigns", "winback"),
    ("macros/campaigns", "onboarding"),
    ("macros/campaigns", "cross_sell"),
    ("macros/campaigns", "expected_demand"),
    ("macros/campaigns", "quota_recommendations"),
    ("macros/campaigns", "_latest_event"),
    ("macros/models", "models"),
    ("macros/models", "training_log"),
    ("metrics", "metrics"),
    ("macros/models", "help"),
    # the score and the lists
    ("macros/score", "_score_terms"),
    ("macros/score", "_best_term_sums"),
    ("macros/score", "_keeps_best"),
    ("macros/score", "_score"),
    ("macros/score", "_source_label"),
    ("macros/score", "_history"),
    ("macros/score", "_is_past"),
    ("macros/score", "_counts"),
    ("macros/attributes", "_user_edges"),
    ("macros/score", "_visitor_list"),
    ("macros/score", "_ranked"),
    ("macros/score", "_ranked_in_batches"),
    ("macros/filters", "_filtered_items"),
    ("macros/filters", "_filter_outcomes"),
    ("macros/filters", "_has_filter"),
    ("macros/filters", "_is_in_category"),
    ("macros/filters", "_rule_effects"),
    ("macros/filters", "_boosted_score"),
    ("macros/score", "_cap_both"),
    ("macros/score", "_diversify"),
    ("macros/score", "_pool_size"),
    ("macros/explain", "_contributions"),
    ("macros/comments", "_item_sentences"),
    # the deployed model
    ("macros/models", "_deployed"),
    ("macros/models", "_deployed_model"),
    ("macros/models", "_model_has"),
    # options and their errors
    ("macros/arguments", "_positive_integer"),
    ("macros/arguments", "_length_error"),
    ("macros/arguments", "_list_error"),
    ("macros/arguments", "_filter_error"),
    ("macros/filters", "_option_ids"),
    ("macros/filters", "_excluded_events"),
    # attributes
    ("macros/attributes", "_json_field"),
    ("macros/attributes", "_attribute_values"),
    ("macros/attributes", "_attribute_features"),
    ("macros/attributes", "_attribute_number"),
    # constants
    ("macros/constants", "_score_decimals"),
    ("macros/constants", "_min_decay_weight"),
    ("macros/constants", "_max_heap_size"),
    ("macros/constants", "_max_heap_list"),
    ("macros/constants", "_max_scores_in_memory"),
    ("macros/constants", "_all_items"),
    ("macros/constants", "_max_changes"),
    ("macros/constants", "_max_session"),
    ("macros/constants", "_latest_items"),
    ("macros/constants", "_comments_per_item"),
    ("macros/constants", "_comments_per_reason"),
    ("macros/constants", "_max_sentence_length"),
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


def ensure_schema(con: duckdb.DuckDBPyConnection, path: str | Path, *, repair: bool = False) -> None:
    """Bring the schema, macros and views of a file to this version; a second call changes nothing.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        A connection that may write.
    path : str or Path
        The file, for messages.
    repair : bool
        Whether to create all objects again even if the file seems to have those of this version: another program may
        have dropped or replaced some.

    Raises
    ------
    DatabaseError
        When the file was written by a newer version of mmsql.
    """
    settings = read_settings(con)
    version = None if settings is None else int(settings.get("schema_version") or 0)
    if version is not None and version > SCHEMA_VERSION:
        raise DatabaseError(
            f"{path} has mmsql schema version {version}, this mmsql knows {SCHEMA_VERSION}. "
            f"Run `pip install --upgrade mmsql`."
        )
    has_objects = version == SCHEMA_VERSION and (settings or {}).get("objects") == _objects_fingerprint()
    if has_objects and not repair:
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
    with suppress(duckdb.TransactionException):  # another connection of this process is in a transaction
        con.execute("CHECKPOINT")  # DuckDB cannot replay the creation of a schema with macros from the WAL


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


def check_tables(con: duckdb.DuckDBPyConnection, needed: Iterable[str], file: str | Path | None = None) -> None:
    """Check that a file has the tables that a job reads: one of an earlier version, open read-only, may lack some.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        Of the file.
    needed : iterable of str
        Names of tables of the schema ``mmsql``.
    file : str or Path, optional
        The file, for the message.

    Raises
    ------
    DatabaseError
        When a table is missing.
    """
    rows = con.execute(
        "SELECT t.table_name FROM duckdb_tables() t "
        "WHERE t.schema_name = 'mmsql' AND t.database_name = current_database()"
    ).fetchall()
    if missing := set(needed) - {name for (name,) in rows}:
        raise DatabaseError(
            f"{file or 'This file'} was made by an earlier mmsql and has no {', '.join(sorted(missing))}. "
            f"Run `mmsql init{' ' + str(file) if file else ''}` {'' if file else 'on it '}to bring it up to date."
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
    """Create a macro or view from its file, with its header as comment."""
    for statement in object_statements(folder, name):
        con.execute(statement)


def object_statements(folder: str, name: str) -> tuple[str, str]:
    """Return the statement that creates a macro or view, and the one that gives it its header as comment."""
    source = sqlfiles.read(folder, name)
    macro = "MACRO TABLE" if " AS TABLE" in source.statement else "MACRO"
    kind = "VIEW" if folder == "views" else macro
    schema = "temp.main" if folder == "session" else "mmsql"
    comment = f"COMMENT ON {kind} {schema}.{quote_identifier(name)} IS {quote_literal(source.comment)}"
    return source.statement, comment


def _objects_fingerprint() -> str:
    digest = hashlib.sha256()
    for folder, name in (*MACROS, *(("views", view) for view in VIEWS), *(("schema", table) for table in TABLES)):
        source = sqlfiles.read(folder, name)
        digest.update(f"{folder}/{name}\n{source.comment}\n{source.statement}\n".encode())
    return digest.hexdigest()[:16]


def schema_version(con: duckdb.DuckDBPyConnection) -> int | None:
    """Return the schema version of a file, or None where it has no mmsql schema."""
    settings = read_settings(con)
    return None if settings is None else int(settings.get("schema_version") or 0)
