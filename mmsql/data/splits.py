"""Splits of the events into what is trained on and what is kept back."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import duckdb

from mmsql.data.dataset import Dataset, Holdout, prepare
from mmsql.db import sqlfiles
from mmsql.errors import SourceError

VALIDATION_USERS = 5000  # whose last items options are chosen by, at most
COLD_ITEMS = "cold_items"
KEPT_BACK = "SELECT k.user_id, k.item_id FROM kept_back k"
COLD_PAIRS = "SELECT p.user_id, p.item_id FROM cold_pairs p"
DESCRIBING = "SELECT (p.user_id, p.item_id) FROM cold_pairs p WHERE p.shown"
NEEDS = {
    "leave_last_out": "users with at least two different items",
    "time": "users with at least two different items, on both sides of a moment in time",
    COLD_ITEMS: "users who had one of the items drawn and another one too, and whose comment does not describe it; "
    "a larger cold_share draws more items",
}


@contextmanager
def split(
    con: duckdb.DuckDBPyConnection, kind: str, *, seed: int, test_share: float = 0.1, cold_share: float = 0.1
) -> Iterator[Dataset]:
    """Keep events back as temp table ``kept_back(user_id, item_id, ts)`` and prepare the rest for training.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        Connection of its own.
    kind : {'leave_last_out', 'time', 'cold_items'}
        Each user's last item; everything after the moment that ``test_share`` of the events follow; or all events
        on some items, which then are in temp tables ``cold_items`` and ``cold_pairs``.
    seed : int
        Draws the order of events of one moment, and items.
    test_share : float
        For ``time``.
    cold_share : float
        For ``cold_items``: the share of the items with events.

    Raises
    ------
    SourceError
        When nothing can be kept back: no user with two items, or no time.
    """
    cut = _cut(con, test_share) if kind == "time" else None
    holdout_query = KEPT_BACK
    if kind == "time":
        con.execute(sqlfiles.query("training/evaluate", "after_cut"), {"cut": cut})
    elif kind == COLD_ITEMS:
        con.execute(sqlfiles.query("training/evaluate", "cold_items"), {"seed": seed, "share": cold_share})
        con.execute(sqlfiles.query("training/evaluate", "cold_pairs"), {"seed": seed})
        con.execute(sqlfiles.query("training/evaluate", "cold_kept_back"))
        holdout_query = COLD_PAIRS
    else:
        con.execute(sqlfiles.query("training/evaluate", "leave_last_out"), {"seed": seed})
    try:
        (kept,) = con.execute("SELECT count(*) FROM kept_back").fetchall()[0]
        if not kept:
            raise SourceError(f"The split {kind} keeps nothing back: it needs {NEEDS[kind]}. See `mmsql check DB`.")
        with prepare(con, seed=seed, cut=cut, holdout_query=holdout_query) as dataset:
            if kind == COLD_ITEMS:  # their events are kept from training; their comments may be read
                con.execute(f"DELETE FROM holdout_pairs WHERE (user_id, item_id) IN ({DESCRIBING})")
            yield dataset
    finally:
        for table in ("kept_back", "cold_pairs", "cold_items"):
            con.execute(f"DROP TABLE IF EXISTS temp.{table}")


@contextmanager
def hold_out_last(dataset: Dataset, *, seed: int, most: int = VALIDATION_USERS) -> Iterator[tuple[Dataset, Holdout]]:
    """Keep users' last events back from a dataset, to choose by: its temp tables lack them inside the block.

    Parameters
    ----------
    dataset : Dataset
        Not to be used inside the block; the one that is given there stands on the same connection.
    seed : int
        Draws the users where there are more than ``most``.
    most : int
        Users whose last event is kept back, at most: of those with at least two.

    Yields
    ------
    Dataset
        The same users and items, with fewer events.
    Held
        What was kept back; nobody where no user has two events.
    """
    con = dataset.con
    con.execute(sqlfiles.query("training/evaluate", "keep_last_back"), {"seed": seed, "most": most})
    con.execute("INSERT INTO holdout_pairs SELECT v.user_id, v.item_id FROM validation_pairs v")
    con.execute("ALTER TABLE train_events RENAME TO whole_events")
    try:
        con.execute(sqlfiles.query("training/evaluate", "earlier_events"))
        holdout = con.execute(
            "SELECT v.user_index, v.item_index FROM validation_pairs v ORDER BY v.user_index"
        ).fetchnumpy()
        (events,) = con.execute("SELECT count(*) FROM train_events").fetchall()[0]
        yield dataclasses.replace(dataset, events=events), Holdout(holdout["user_index"], holdout["item_index"])
    finally:
        con.execute("DROP TABLE IF EXISTS temp.train_events")
        con.execute("ALTER TABLE whole_events RENAME TO train_events")
        con.execute(
            "DELETE FROM holdout_pairs WHERE (user_id, item_id) IN (SELECT (user_id, item_id) FROM validation_pairs)"
        )
        con.execute("DROP TABLE IF EXISTS temp.validation_pairs")


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
