"""Splits of the events into what is trained on and what is kept back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import duckdb

from mmsql import sqlfiles
from mmsql.dataset import Dataset, prepare
from mmsql.errors import SourceError

KEPT_BACK = "SELECT k.user_id, k.item_id FROM kept_back k"


@contextmanager
def split(con: duckdb.DuckDBPyConnection, kind: str, *, seed: int, test_share: float = 0.1) -> Iterator[Dataset]:
    """Keep events back as temp table ``kept_back(user_id, item_id, ts)`` and prepare the rest for training.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        Connection of its own.
    kind : {'leave_last_out', 'time'}
        Each user's last item, or everything after the moment that ``test_share`` of the events follow.
    seed : int
        Draws the order of events of one moment.
    test_share : float
        For ``time``.

    Raises
    ------
    SourceError
        When nothing can be kept back: no user with two items, or no time.
    """
    cut = _cut(con, test_share) if kind == "time" else None
    if kind == "time":
        con.execute(sqlfiles.query("training", "after_cut"), {"cut": cut})
    else:
        con.execute(sqlfiles.query("training", "leave_last_out"), {"seed": seed})
    try:
        (kept,) = con.execute("SELECT count(*) FROM kept_back").fetchall()[0]
        if not kept:
            raise SourceError(
                f"The split {kind} keeps nothing back: it needs users with at least two different items"
                f"{', on both sides of a moment in time' if cut else ''}. See `mmsql check DB`."
            )
        with prepare(con, seed=seed, cut=cut, holdout=KEPT_BACK) as dataset:
            yield dataset
    finally:
        con.execute("DROP TABLE IF EXISTS temp.kept_back")


def _cut(con: duckdb.DuckDBPyConnection, test_share: float) -> datetime:
    (cut,) = con.execute(
        "SELECT CAST(quantile_disc(i.ts, ?) AS TIMESTAMP) FROM mmsql.interactions i WHERE i.ts IS NOT NULL",
        [1 - test_share],
    ).fetchall()[0]
    if cut is None:
        raise SourceError(
            "The split by time needs timestamps, and mmsql.interactions has none. Type split := 'leave_last_out'."
        )
    return cut
