"""Publish: write a small read-only copy for BI tools, without training state, and move it into place in one step."""

from __future__ import annotations

import glob
import os
import re
import uuid
from collections.abc import Collection, Iterable
from contextlib import suppress
from pathlib import Path

import duckdb

from mmsql.db import serving
from mmsql.db.disk_errors import disk_errors_told
from mmsql.db.opening import check_name, open_database
from mmsql.db.schema import (
    EVALUATION_TABLES,
    LOG_TABLES,
    RULE_TABLES,
    STATE_TABLES,
    check_schema,
    check_tables,
    ensure_schema,
    recreate_views,
)
from mmsql.db.settings import get_setting
from mmsql.db.sqlfiles import quote_identifier, quote_literal
from mmsql.encoders.adapters import adapter_hash
from mmsql.encoders.names import DEFAULT_ENCODER
from mmsql.errors import DatabaseError, ModelError, unknown_option
from mmsql.jobs.anonymity import anonymous_rows, ensure_salt
from mmsql.jobs.results import PublishResult

LEAVABLE = ("users", "comments", "impressions", "interactions")
# Evaluations list the items of each user.
WITH_EVENTS = ("holdout", "evaluation_lists")
# A view that reads files: by a function, by a path in place of a table, or by a URL.
OVER_FILES = r"""\b(read_\w+|\w+_scan|glob)\s*\(|\b(FROM|JOIN)\s+["'][^"']*[./\\][^"']*["']|://"""
COPIED_SOURCES = ("interactions", "items", "users", "comments", *RULE_TABLES, *LOG_TABLES)


@disk_errors_told()
def publish(
    source: str | Path, target: str | Path, *, without: Collection[str] = (), anonymous: bool = False
) -> PublishResult:
    """Write a snapshot of a trained file that any DuckDB client ≥ 1.4 can open, without Python.

    The copy has the sources (views become tables), the deployed model, the macros and the views. Of weights it has
    only the adapter of the text encoder. It has no embedding cache, training log or images. It is written beside the
    target and renamed over it, so that open connections keep the old copy and new ones see the new one.

    Parameters
    ----------
    source : str or Path
        A trained mmsql file.
    target : str or Path
        The copy to create or replace.
    without : collection of str
        Tables that stay empty in the copy: ``users``, ``comments``, ``impressions`` or ``interactions``. Without
        interactions, users with a vector or a stored list have answers, others the popular items; metrics are empty.
    anonymous : bool
        Replace each user id by a salted hash, the same in every copy of a file, and leave out what else names a user:
        columns that are not declared, attributes that the model does not read, e-mail addresses in comments. The
        source file keeps the salt.

    Raises
    ------
    OptionError
        When ``without`` names another table.
    DatabaseError
        When source and target are the same file, one of them cannot be opened, or the disk is full.
    ModelError
        When no model is deployed.
    """
    source, target = Path(source), Path(target)
    if not source.exists():
        raise DatabaseError(f"There is no file {source}. Run `mmsql init {source}` to make one.")
    if target.is_dir():
        raise DatabaseError(f"{target} is a directory. Name a file in it, such as {target / 'published.duckdb'}.")
    check_name(target)
    if target.exists() and not target.is_file():
        raise DatabaseError(f"{target} is a device or a pipe, not a file. Name a file to create or replace.")
    if target.exists() and source.samefile(target):
        raise DatabaseError("A file cannot be published over itself. Name another file.")
    for table in without:
        if table not in LEAVABLE:
            raise unknown_option("without", table, LEAVABLE)
    _remove_leftovers(target)
    salt = ensure_salt(source) if anonymous else None
    beside = target.with_name(f".{target.name}.{os.getpid()}-{uuid.uuid4().hex[:8]}")
    try:
        model = _write(source, beside, without, salt)
        size = beside.stat().st_size
        users, items = _counts(beside, model)
        external = _views_over_files(source, without)
        os.replace(beside, target)
    finally:
        for leftover in (beside, Path(f"{beside}.wal")):
            leftover.unlink(missing_ok=True)
    return PublishResult(file=str(target), model=model, users=users, items=items, bytes=size, external=external)


def _views_over_files(source: Path, without: Collection[str]) -> str:
    """Return the copied sources that are views over files or URLs."""
    with open_database(source, read_only=True) as con:
        rows = con.execute(
            "SELECT v.view_name FROM duckdb_views() v WHERE v.schema_name = 'mmsql' AND v.view_name IN ? "
            "AND regexp_matches(v.sql, ?, 'i') ORDER BY v.view_name",
            [list(COPIED_SOURCES), OVER_FILES],
        ).fetchall()
    return ", ".join(f"mmsql.{name}" for (name,) in rows if name not in without)


def _remove_leftovers(target: Path) -> None:
    """Remove what killed runs left beside the target."""
    form = re.compile(rf"\.{re.escape(target.name)}\.([0-9]+)-[0-9a-f]{{8}}(\.wal)?")
    for path in target.parent.glob(f".{glob.escape(target.name)}.*"):
        if (found := form.fullmatch(path.name)) and not _is_running(int(found[1])):
            with suppress(OSError):
                path.unlink()


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # another user's
        return True
    return True


def _write(source: Path, beside: Path, without: Collection[str], salt: str | None) -> str:
    with open_database(beside) as made:
        ensure_schema(made, beside)
    with open_database(source, read_only=True) as con:
        check_schema(con, source)
        model = serving.deployed_model(con)
        if model is None:
            raise ModelError(f"No model is deployed in {source}. Run `mmsql train {source}`.")
        check_tables(con, (*STATE_TABLES, *RULE_TABLES, *LOG_TABLES), source)
        con.execute(f"ATTACH {quote_literal(str(beside))} AS published (READ_WRITE)")
        _copy(con, model, without, salt)
        con.execute("DETACH published")
    with open_database(beside) as made:  # views store column types, and the copied tables may have other id types
        serving.fill(made)
        recreate_views(made)
        made.execute("CHECKPOINT")
    return model


def _copy(con: duckdb.DuckDBPyConnection, model: str, without: Collection[str], salt: str | None) -> None:
    def copy(tables: Iterable[str], end: str = "") -> None:
        for table in tables:
            rows = (
                anonymous_rows(con, table, model, salt) if salt else f"SELECT * FROM mmsql.{quote_identifier(table)}"
            )
            is_left_out = table in without or ("interactions" in without and table in WITH_EVENTS)
            # Sorted by user, so that an answer about one user reads few row groups.
            order = " ORDER BY user_id, ts" if table == "interactions" else ""
            con.execute(
                f"CREATE OR REPLACE TABLE published.mmsql.{quote_identifier(table)} AS FROM ({rows}) t{end}{order}"
                + (" LIMIT 0" if is_left_out else "")
            )

    con.execute("BEGIN")
    copy(COPIED_SOURCES)
    copy(STATE_TABLES, f" WHERE t.model = {quote_literal(model)}")
    con.execute(
        "INSERT INTO published.mmsql.models SELECT * REPLACE (NULL AS weights) FROM mmsql.models m WHERE m.model = ?",
        [model],
    )
    con.execute(
        "INSERT INTO published.mmsql.deployments SELECT 1, ?, now()::TIMESTAMP, NULL",
        [model],
    )
    copy(EVALUATION_TABLES)
    con.execute(
        "INSERT OR REPLACE INTO published.mmsql.settings "
        "SELECT * FROM mmsql.settings s WHERE s.key IN ('encoder', 'encoder_dimension', 'image_encoder', "
        "'image_encoder_dimension')"
    )
    _copy_adapter(con)
    con.execute("COMMIT")


def _copy_adapter(con: duckdb.DuckDBPyConnection) -> None:
    """Copy the adapter of the text encoder, so that queries are embedded as the vectors were."""
    name = get_setting(con, "encoder") or DEFAULT_ENCODER
    if (adapter := adapter_hash(name)) is not None:
        con.execute("INSERT INTO published.mmsql.adapters FROM mmsql.adapters a WHERE a.adapter = ?", [adapter])


def _counts(beside: Path, model: str) -> tuple[int, int]:
    with open_database(beside, read_only=True) as con:
        rows = con.execute("SELECT m.users, m.items FROM mmsql.models m WHERE m.model = ?", [model]).fetchall()
    return int(rows[0][0]), int(rows[0][1])
