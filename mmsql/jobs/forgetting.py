"""Forget a user: remove everything that belongs to one person, or is derived from that person alone."""

from __future__ import annotations

import duckdb

from mmsql import columns
from mmsql.data import sources
from mmsql.db import sqlfiles
from mmsql.db.queries import transaction
from mmsql.db.schema import LOG_TABLES, check_tables, source_views
from mmsql.errors import OptionError
from mmsql.jobs.results import Forgotten
from mmsql.store.versions import KEPT_VERSIONS, one_at_a_time

SOURCE_TABLES = ("interactions", "comments", "users", *LOG_TABLES)
USER_TABLES = ("user_vectors", "recommendations", "holdout", "evaluation_lists")
NEEDED_TABLES = (*USER_TABLES, *LOG_TABLES, "embedding_cache", "rejects", "checkpoints", "models")

IS_USER = f"CAST({columns.USER} AS VARCHAR) = $user"
IS_USERS_TEXT = "content_hash IN (SELECT f.content_hash FROM forgotten_texts f)"
QUOTES_USER = "rowid IN (SELECT f.reject_rowid FROM forgotten_rejects f)"

VIEW_NOTE = "A view over your own tables: delete these rows there."
TEXTS_NOTE = "Vectors of texts that no other comment and no item has."
CHECKPOINTS_NOTE = "Of interrupted trainings, which have seen the user. The next training starts from the beginning."
MODELS_NOTE = (
    "Edges, item vectors, weights and figures are sums over all users and keep this user's part. CALL train() makes "
    f"a model without it; the latest {KEPT_VERSIONS} earlier versions stay for rollback."
)


@one_at_a_time
def forget(con: duckdb.DuckDBPyConnection, user: object, *, dry_run: bool = False) -> list[Forgotten]:
    """Remove a user's rows from every table, in one transaction.

    A training that runs in this process ends first, since it would store the user again.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        A connection of its own; read-only is enough with ``dry_run``.
    user : object
        The id, of any type. It is compared as text, so that it matches no other id.
    dry_run : bool
        Count the rows without removing them.

    Returns
    -------
    list of Forgotten
        One row a table, sources first; tables without such rows have 0.

    Raises
    ------
    OptionError
        When no id is given, or the file knows no such user.
    DatabaseError
        When a file of an earlier version is open read-only and lacks a table.
    SourceError
        When a source is a view that no longer works or lacks a column.
    """
    if user is None or not str(user):
        raise OptionError(f"forget needs a user id; {user!r} was given. Type one, such as CALL forget('U0001').")
    check_tables(con, NEEDED_TABLES)
    sources.check_columns(con, ("interactions", "comments", "users", "items"))
    views = source_views(con)
    try:
        with transaction(con):
            for name in ("forgotten_texts", "forgotten_rejects"):
                con.execute(sqlfiles.query("forgetting", name), {"user": str(user)})
            found = [
                _forgotten(con, table, condition, note, str(user), removes=not dry_run and table not in views)
                for table, condition, note in _plan(views)
            ]
            if not any(row.rows for row in found):
                raise _unknown(con, str(user))
            return [*found, *_trained_with(con, dry_run)]
    finally:
        for name in ("forgotten_texts", "forgotten_rejects"):
            con.execute(f"DROP TABLE IF EXISTS temp.{name}")


def _plan(views: set[str]) -> list[tuple[str, str, str]]:
    """Return the tables, each with the condition of the user's rows and a note."""
    return [
        *((table, IS_USER, VIEW_NOTE if table in views else "") for table in SOURCE_TABLES),
        *((table, IS_USER, "") for table in USER_TABLES),
        ("embedding_cache", IS_USERS_TEXT, TEXTS_NOTE),
        ("rejects", QUOTES_USER, ""),
    ]


def _forgotten(
    con: duckdb.DuckDBPyConnection, table: str, condition: str, note: str, user: str, *, removes: bool
) -> Forgotten:
    bound = {"user": user} if condition == IS_USER else {}
    ((rows,),) = con.execute(f"SELECT count(*) FROM mmsql.{table} WHERE {condition}", bound).fetchall()
    if removes and rows:
        con.execute(f"DELETE FROM mmsql.{table} WHERE {condition}", bound)
    return Forgotten(table_name=table, rows=rows, removed=removes and rows > 0, note=note if rows else "")


def _trained_with(con: duckdb.DuckDBPyConnection, dry_run: bool) -> list[Forgotten]:
    """Drop the checkpoints of interrupted trainings, and count the models that stay."""
    ((checkpoints, models),) = con.execute(
        "SELECT (SELECT count(*) FROM mmsql.checkpoints), "
        "(SELECT count(*) FROM mmsql.models m WHERE m.status = 'ready')"
    ).fetchall()
    if checkpoints and not dry_run:
        con.execute("DELETE FROM mmsql.checkpoints")
    return [
        Forgotten(
            table_name="checkpoints",
            rows=checkpoints,
            removed=not dry_run and checkpoints > 0,
            note=CHECKPOINTS_NOTE if checkpoints else "",
        ),
        Forgotten(table_name="models", rows=models, removed=False, note=MODELS_NOTE if models else ""),
    ]


def _unknown(con: duckdb.DuckDBPyConnection, user: str) -> OptionError:
    kind = sources.source_types(con, "interactions")[columns.USER]
    return OptionError(
        f"There is no user {user!r} in this file: no event, comment, vector or list has this id. Ids are {kind} and "
        f"are compared as text. Look them up: SELECT DISTINCT {columns.USER} FROM mmsql.interactions."
    )
