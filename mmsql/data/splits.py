"""Splits of the events into a training part and a held-out part."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import duckdb

from mmsql.data.dataset import Dataset, Holdout, prepare
from mmsql.db import sqlfiles
from mmsql.errors import SourceError

VALIDATION_USERS = 5000  # largest number of users whose last items options are chosen on
COLD_ITEMS = "cold_items"
HELD_OUT_PAIRS = "SELECT h.user_id, h.item_id FROM held_out h"
COLD_PAIRS = "SELECT p.user_id, p.item_id FROM cold_pairs p"
VISIBLE_PAIRS = "SELECT (p.user_id, p.item_id) FROM cold_pairs p WHERE p.is_visible"
NEEDS = {
    "leave_last_out": "users with at least two different items",
    "time": "users with at least two different items, before and after a timestamp",
    COLD_ITEMS: "users with one of the drawn items and another item, without a comment that describes the drawn one; "
    "a larger cold_share draws more items",
}


@contextmanager
def split(
    con: duckdb.DuckDBPyConnection, kind: str, *, seed: int, test_share: float = 0.1, cold_share: float = 0.1
) -> Iterator[Dataset]:
    """Hold events out as temp table ``held_out(user_id, item_id, ts)``, and prepare the others for training.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        A connection of its own.
    kind : {'leave_last_out', 'time', 'cold_items'}
        Events to hold out: each user's last item, the last ``test_share`` of all events by time, or all events on
        some items, which are then in the temp tables ``cold_items`` and ``cold_pairs``.
    seed : int
        Draws the order of events with the same timestamp, and the cold items.
    test_share : float
        Share of the events after the cut, for ``time``.
    cold_share : float
        Share of the items with events, for ``cold_items``.

    Raises
    ------
    SourceError
        When there is nothing to hold out: no user with two items, or no timestamp.
    """
    cut = _cut(con, test_share) if kind == "time" else None
    holdout_query = HELD_OUT_PAIRS
    if kind == "time":
        con.execute(sqlfiles.query("training/evaluate", "held_out_after_cut"), {"cut": cut})
    elif kind == COLD_ITEMS:
        con.execute(sqlfiles.query("training/evaluate", "cold_items"), {"seed": seed, "share": cold_share})
        con.execute(sqlfiles.query("training/evaluate", "cold_pairs"), {"seed": seed})
        con.execute(sqlfiles.query("training/evaluate", "held_out_cold_items"))
        holdout_query = COLD_PAIRS
    else:
        con.execute(sqlfiles.query("training/evaluate", "held_out_last_items"), {"seed": seed})
    try:
        (events,) = con.execute("SELECT count(*) FROM held_out").fetchall()[0]
        if not events:
            raise SourceError(f"The split {kind} holds nothing out: it needs {NEEDS[kind]}. See `mmsql check DB`.")
        with prepare(con, seed=seed, cut=cut, holdout_query=holdout_query) as dataset:
            if kind == COLD_ITEMS:  # training sees none of their events, but may read their visible comments
                con.execute(f"DELETE FROM holdout_pairs WHERE (user_id, item_id) IN ({VISIBLE_PAIRS})")
            yield dataset
    finally:
        for table in ("held_out", "cold_pairs", "cold_items"):
            con.execute(f"DROP TABLE IF EXISTS temp.{table}")


@contextmanager
def hold_out_last(dataset: Dataset, *, seed: int, most: int = VALIDATION_USERS) -> Iterator[tuple[Dataset, Holdout]]:
    """Hold the last events of users out of a dataset, to choose options by: inside the block its tables lack them.

    Parameters
    ----------
    dataset : Dataset
        A dataset that must not be used inside the block; the yielded one stands on the same connection.
    seed : int
        Draws the users where there are more than ``most``.
    most : int
        Largest number of users, out of those with at least two events.

    Yields
    ------
    Dataset
        The same users and items with fewer events.
    Holdout
        The held-out items; empty where no user has two events.
    """
    con = dataset.con
    con.execute(sqlfiles.query("training/evaluate", "validation_pairs"), {"seed": seed, "most": most})
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
        "SELECT CAST(quantile_disc(i.ts, ?) AS TIMESTAMP) FROM mmsql.interactions i "
        "WHERE mmsql._is_past(i.ts) AND mmsql._counts(i.weight)",
        [1 - test_share],
    ).fetchall()[0]
    if cut is None:
        raise SourceError(
            "The split by time needs timestamps, but mmsql.interactions has none. Type split := 'leave_last_out'."
        )
    return cut
