"""The training data of one run: temp tables in DuckDB and arrays for the models."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import duckdb
import numpy as np
import scipy.sparse as sp

from mmsql.db import sqlfiles
from mmsql.db.queries import to_arrow, to_arrow_reader
from mmsql.errors import SourceError

BATCH_EVENTS = 1 << 20  # rows read at a time


@dataclass(frozen=True)
class Histories:
    """Users' latest events as ragged arrays, oldest first.

    Attributes
    ----------
    offsets : ndarray, int64, (users + 1,)
        Events of user ``u`` lie at ``offsets[u]:offsets[u + 1]``.
    items : ndarray, int32, (events,)
        Item indices.
    weights : ndarray, float32, (events,)
        Weights of the events.
    timestamps : ndarray, float64, (events,)
        Seconds since 1970; 0 where unknown.
    events : ndarray, int16, (events,)
        Codes of the event types, into ``event_types``.
    event_types : tuple of str
        Names of the event types.
    """

    offsets: np.ndarray
    items: np.ndarray
    weights: np.ndarray
    timestamps: np.ndarray
    events: np.ndarray
    event_types: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.offsets) - 1


class AgedHistories(NamedTuple):
    """Histories of some users with the ages and event types of their items, user by user, oldest first.

    Attributes
    ----------
    offsets : ndarray, int64, (users + 1,)
        Rows of the u-th requested user lie at ``offsets[u]:offsets[u + 1]``.
    row : ndarray, int32, (rows,)
        Positions of the users in the request.
    item_index : ndarray, int32, (rows,)
    age : ndarray, int64, (rows,)
        Number of later timestamps in the user's history.
    event_type_bits : ndarray, int64, (rows,)
        One bit for each event type of the row.
    active : ndarray, bool, (rows,)
        True for the latest items of a user.
    """

    offsets: np.ndarray
    row: np.ndarray
    item_index: np.ndarray
    age: np.ndarray
    event_type_bits: np.ndarray
    active: np.ndarray


def sort_histories(
    row: np.ndarray, position: np.ndarray, columns: tuple[np.ndarray, ...], rows: int
) -> tuple[np.ndarray, list[np.ndarray]]:
    """Order the events of complete histories by row and position, without a sort.

    Parameters
    ----------
    row : ndarray, int, (events,)
        Row of each event, below ``rows``.
    position : ndarray, int, (events,)
        Position in its row, from 1 without gaps.
    columns : tuple of ndarray, (events,)
        Columns to order.
    rows : int
        Number of rows.

    Returns
    -------
    offsets : ndarray, int64, (rows + 1,)
        Row ``u`` lies at ``offsets[u]:offsets[u + 1]``.
    ordered : list of ndarray, (events,)
        The columns in order.
    """
    offsets = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=rows))])
    index = offsets[row] + position - 1
    ordered = [np.empty_like(column) for column in columns]
    for target, column in zip(ordered, columns, strict=True):
        target[index] = column
    return offsets, ordered


def _with_ages(
    offsets: np.ndarray,
    row: np.ndarray,
    item: np.ndarray,
    timestamp: np.ndarray,
    event_type_bits: np.ndarray,
    length: int,
) -> AgedHistories:
    """Compute the ages of rows ordered by time, and mark the latest ``length`` rows of each user as active."""
    filled = np.flatnonzero(np.diff(offsets))
    begins, ends = offsets[:-1], offsets[1:]
    later = np.concatenate([[False], timestamp[1:] != timestamp[:-1]])
    later[begins[filled]] = True
    group = np.cumsum(later)  # number of the timestamp
    age = group[ends[filled] - 1].repeat(np.diff(offsets)[filled]) - group
    active = np.arange(len(row)) >= (ends - length)[row]
    # Where only some rows of one timestamp are active, the rows with the lower item indices are.
    first = np.flatnonzero(ends - length > begins)
    first = (ends - length)[first]
    first = first[group[first] == group[first - 1]] if length > 0 else first[:0]
    is_partial = np.zeros(len(row) + 2, dtype=bool)
    is_partial[group[first]] = True
    partial = np.flatnonzero(is_partial[group])
    if len(partial):
        active[partial[np.lexsort((-item[partial], group[partial]))]] = active[partial]
    return AgedHistories(offsets, row, item, age, event_type_bits, active)


@dataclass(frozen=True)
class Dataset:
    """Events, users and catalog of one training run, as temp tables of one connection.

    The tables are ``train_users(user_index, user_id)``, ``train_catalog(item_index, item_id)`` and
    ``train_events(user_index, item_index, weight, ts, event, event_type_bits, position, length)``. Indices are
    INTEGER and start at 0. ``position`` starts at 1 with a user's oldest event. ``event_type_bits`` has the bit ``1
    << code`` for each type of ``train_event_types(event, code)`` that the user has with the item. Python memory holds
    only what a method returns.
    """

    con: duckdb.DuckDBPyConnection
    users: int
    items: int
    events: int

    def histories(self, length: int) -> Histories:
        """Return every user's last ``length`` events."""
        table = to_arrow(self.con, sqlfiles.query("training/prepare", "train_histories"), {"length": length})
        counts = np.bincount(table["user_index"].to_numpy(), minlength=self.users)
        event = table["event"].combine_chunks().dictionary_encode()
        return Histories(
            offsets=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
            items=table["item_index"].to_numpy().astype(np.int32, copy=False),
            weights=table["weight"].to_numpy().astype(np.float32, copy=False),
            timestamps=table["timestamp"].to_numpy().astype(np.float64, copy=False),
            events=event.indices.to_numpy(zero_copy_only=False).astype(np.int16),
            event_types=tuple(event.dictionary.to_pylist()),
        )

    def aged_histories(self, users: np.ndarray, length: int) -> AgedHistories:
        """Return the histories of some users with ages and event types.

        Parameters
        ----------
        users : ndarray, int, (users,)
            User indices, all different.
        length : int
            Number of a user's latest items that are active. Of items with one timestamp, the lower indices count.
        """
        row_of = np.full(self.users, -1, dtype=np.int32)
        row_of[users] = np.arange(len(users), dtype=np.int32)
        limits = {"first": int(users.min(initial=self.users)), "last": int(users.max(initial=-1))}
        parts = []
        for batch in to_arrow_reader(
            self.con, sqlfiles.query("training/prepare", "user_events"), limits, BATCH_EVENTS
        ):
            row, *rest = (column.to_numpy() for column in batch.columns)
            row = row_of[row]
            wanted = row >= 0
            parts.append((row, *rest) if wanted.all() else tuple(column[wanted] for column in (row, *rest)))
        if not parts:
            nothing = np.zeros(0, np.int32)
            return AgedHistories(
                np.zeros(len(users) + 1, np.int64), nothing, nothing, nothing, nothing, nothing.astype(bool)
            )
        row, item, timestamp, bits, position = (np.concatenate(columns) for columns in zip(*parts, strict=True))
        offsets, (row, item, timestamp, bits) = sort_histories(
            row, position, (row, item, timestamp, bits), len(users)
        )
        return _with_ages(offsets, row, item, timestamp, bits, length)

    def event_types(self) -> list[str]:
        """Return the names of the event types, most frequent first; at most 63."""
        rows = self.con.execute(
            "SELECT min(t.event) FROM train_event_types t GROUP BY t.code ORDER BY t.code"
        ).fetchall()
        return [name for (name,) in rows]

    def strengths(self, event_type_bits: np.ndarray, weights: Mapping[str, float]) -> np.ndarray:
        """Return the strength of rows of events: the weight of their strongest event type.

        Parameters
        ----------
        event_type_bits : ndarray, int64, (rows,)
            Bits of the event types.
        weights : mapping of str to float
            Weights by event type; others weigh 1.

        Returns
        -------
        ndarray, float64, (rows,)
        """
        if not weights:
            return np.ones(len(event_type_bits))
        strongest = np.full(len(event_type_bits), -np.inf)
        for code, name in enumerate(self.event_types()):
            has_type = (event_type_bits >> code & 1).astype(bool)
            np.maximum(strongest, weights.get(name, 1.0), out=strongest, where=has_type)
        return strongest

    def interactions(self) -> sp.csr_matrix:
        """Return the user–item matrix: float32, (users, items), 1 where there is an event."""
        found = self.con.execute("SELECT e.user_index, e.item_index FROM train_events e").fetchnumpy()
        ones = np.ones(len(found["user_index"]), dtype=np.float32)
        return sp.csr_matrix((ones, (found["user_index"], found["item_index"])), shape=(self.users, self.items))

    def item_counts(self) -> np.ndarray:
        """Return the number of training events of each item: int64, (items,)."""
        found = self.con.execute(
            "SELECT e.item_index, count(*) AS n FROM train_events e GROUP BY e.item_index"
        ).fetchnumpy()
        counts = np.zeros(self.items, dtype=np.int64)
        counts[found["item_index"]] = found["n"]
        return counts


@dataclass(frozen=True)
class Holdout:
    """Items held out of a dataset to choose options by: the last item of each of some users.

    Attributes
    ----------
    users : ndarray, int32, (held_out,)
        User indices, rising.
    items : ndarray, int32, (held_out,)
        The item held out of each user's events.
    """

    users: np.ndarray
    items: np.ndarray


@contextmanager
def prepare(
    con: duckdb.DuckDBPyConnection, *, seed: int, cut: datetime | None = None, holdout_query: str | None = None
) -> Iterator[Dataset]:
    """Create the temp tables of a training run, and drop them afterwards.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        A connection of its own, since the tables are its temp tables.
    seed : int
        Draws the order of events with the same timestamp.
    cut : datetime, optional
        Use only events before it.
    holdout_query : str, optional
        Query that gives ``user_id, item_id`` pairs to leave out.

    Raises
    ------
    SourceError
        When no usable event is left.
    """
    con.execute("CREATE OR REPLACE TEMP TABLE cut_at AS SELECT CAST(? AS TIMESTAMP) AS ts", [cut])
    pairs = holdout_query or "SELECT i.user_id, i.item_id FROM mmsql.interactions i LIMIT 0"
    con.execute(f"CREATE OR REPLACE TEMP TABLE holdout_pairs AS {pairs}")
    con.execute(sqlfiles.query("training/prepare", "train_users"), {"cut": cut})
    con.execute(sqlfiles.query("training/prepare", "train_catalog"))
    con.execute(sqlfiles.query("training/prepare", "train_event_types"))
    con.execute(sqlfiles.query("training/prepare", "train_events"), {"cut": cut, "seed": seed})
    try:
        users, items, events = con.execute(
            "SELECT (SELECT count(*) FROM train_users), (SELECT count(*) FROM train_catalog), "
            "(SELECT count(*) FROM train_events)"
        ).fetchall()[0]
        if not events:
            raise SourceError(
                "mmsql.interactions has no usable row to train on: a row needs both ids and a weight that is NULL or "
                "above 0. Load some: `mmsql load file DB interactions events.csv`, and look at `mmsql check DB`."
            )
        yield Dataset(con=con, users=users, items=items, events=events)
    finally:
        for table in ("train_events", "train_users", "train_catalog", "train_event_types", "holdout_pairs", "cut_at"):
            con.execute(f"DROP TABLE IF EXISTS temp.{table}")
