"""``mmsql recommend-all``: the lists of all users as a Parquet file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq

from mmsql.db.disk_errors import disk_errors_told
from mmsql.errors import DatabaseError, OptionError
from mmsql.jobs.results import ListFileResult
from mmsql.progress import progress

BATCH_USERS = 5000  # users whose lists are in memory at once
USERS = "SELECT DISTINCT i.user_id FROM mmsql.interactions i WHERE i.user_id IS NOT NULL ORDER BY i.user_id"
LISTS = """
FROM mmsql.recommend_each(
    users := $users, k := $k, exclude_seen := $exclude_seen, category := $category, brand := $brand,
    min_price := $min_price, max_price := $max_price, only_available := $only_available,
    exclude_events := $exclude_events, per_category := $per_category, per_brand := $per_brand,
    candidates := $candidates, diversity := $diversity
)
"""
DEFAULTS: Mapping[str, Any] = {
    "k": 10,
    "exclude_seen": True,
    **dict.fromkeys(("category", "brand", "min_price", "max_price", "exclude_events", "per_category", "per_brand")),
    "only_available": True,
    "candidates": None,
    "diversity": 0,
}


@disk_errors_told()
def write_lists(con: duckdb.DuckDBPyConnection, file: str | Path, options: Mapping[str, Any]) -> ListFileResult:
    """Write the list of every user with an event: user_id, rank, item_id and score, ordered by user and rank.

    The lists of some thousand users are in memory at a time. The file is written beside its place and moved there
    when it is complete.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        A connection to a file with a deployed model; it may be read-only.
    file : str or Path
        The Parquet file to create or replace.
    options : mapping
        Options of ``mmsql.recommend_each`` other than ``users``; those that are not given have its defaults.

    Raises
    ------
    OptionError
        When the file is not a ``.parquet`` file.
    DatabaseError
        When the file cannot be written there.
    duckdb.InvalidInputException
        When an option has a value that is not allowed, or no model is deployed.
    """
    path = Path(file)
    _check_place(path)
    users = [user for (user,) in con.execute(USERS).fetchall()]
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        listed, rows = _write(con, users, beside, {**DEFAULTS, **options})
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)
    return ListFileResult(file=str(path), users=listed, rows=rows, bytes=path.stat().st_size)


def _check_place(path: Path) -> None:
    if path.suffix.lower() != ".parquet":
        raise OptionError(f"The lists become a Parquet file; {path} has another ending. Type {path.stem}.parquet.")
    if path.exists() and not path.is_file():
        raise DatabaseError(f"{path} is not a file that can be replaced. Name another one.")
    if not path.parent.is_dir():
        raise DatabaseError(f"There is no directory {path.parent}. Create it, or name another file.")


def _write(
    con: duckdb.DuckDBPyConnection, users: list[Any], file: Path, options: Mapping[str, Any]
) -> tuple[int, int]:
    """Write the lists batch by batch; return the number of users with a list, and of rows."""
    listed = rows = 0
    writer = None
    try:
        with progress("Recommending", len(users)) as advance:
            for start in range(0, max(len(users), 1), BATCH_USERS):
                batch = [str(user) for user in users[start : start + BATCH_USERS]]
                table = con.execute(LISTS, {**options, "users": batch}).to_arrow_table()
                writer = writer or pq.ParquetWriter(file, table.schema, compression="zstd")
                writer.write_table(table)
                rows += table.num_rows
                listed += len(table["user_id"].unique())
                advance(len(batch))
    finally:
        if writer is not None:
            writer.close()
    return listed, rows
