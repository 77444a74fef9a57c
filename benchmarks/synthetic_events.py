"""Synthetic events with heavy tails in a file, for measurements of growth."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
from workspace import BENCH

EVENTS_A_USER = 20
GROUPS = 50
GROUP_SHARE = 0.7
DAYS = 730
START = 1_600_000_000


def synthetic_database(size: int) -> Path:
    """Return a file with ``size`` events. Another process creates a missing file, so that memory stays free."""
    path = BENCH / "growth" / f"{size}.duckdb"
    if not path.exists():
        subprocess.run([sys.executable, __file__, str(size), str(path)], check=True)
    return path


def make_events(size: int) -> dict[str, np.ndarray]:
    """Draw events: log-normal activity of users, Zipf's law for items, and common favorites of user groups.

    Parameters
    ----------
    size : int
        Number of distinct pairs of user and item.

    Returns
    -------
    dict of str to ndarray
        ``user_id`` and ``item_id``, int64, and ``timestamp``, int64: seconds since 1970.
    """
    rng = np.random.default_rng(size)
    users, items = max(size // EVENTS_A_USER, 10), round(10 * size**0.5)
    activity = rng.lognormal(sigma=1.0, size=users).cumsum()
    popularity = (1 / np.arange(1, items + 1)).cumsum()
    pairs = np.empty(0, dtype=np.int64)
    while len(pairs) < size:
        user = np.searchsorted(activity, rng.random(size) * activity[-1])
        item = np.searchsorted(popularity, rng.random(size) * popularity[-1])
        shift = np.where(rng.random(size) < GROUP_SHARE, user % GROUPS * (items // GROUPS), 0)
        pairs = np.unique(np.concatenate([pairs, user * items + (item + shift) % items]))
    pairs = rng.permutation(pairs)[:size]
    timestamp = START + rng.integers(0, DAYS * 86_400, size)
    return {"user_id": pairs // items, "item_id": pairs % items, "timestamp": timestamp}


def write_database(size: int, path: Path) -> None:
    """Write the events to a new file."""
    import mmsql

    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"{path.stem}_{os.getpid()}.duckdb")
    con = mmsql.connect(unfinished)
    con.register("synthetic_events", pa.table(make_events(size)))
    con.execute(
        "DROP TABLE mmsql.interactions; CREATE TABLE mmsql.interactions AS "
        "SELECT e.user_id, e.item_id, 'view' AS event, NULL::DOUBLE AS weight, "
        "make_timestamp(e.timestamp * 1000000) AS ts FROM synthetic_events e; "
        "DROP TABLE mmsql.items; CREATE TABLE mmsql.items AS SELECT NULL::BIGINT AS item_id, NULL::VARCHAR AS title, "
        "NULL::VARCHAR AS description, NULL::VARCHAR AS category, NULL::VARCHAR AS brand, NULL::DOUBLE AS price, "
        "true AS available LIMIT 0"
    )
    con.close()
    os.replace(unfinished, path)


if __name__ == "__main__":
    write_database(int(sys.argv[1]), Path(sys.argv[2]))
