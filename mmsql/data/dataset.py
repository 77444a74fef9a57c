"""The training view of the sources: temp tables in DuckDB, arrays for the models."""

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

BATCH_EVENTS = 1 << 20  # looked through at a time


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
        Strength of the events.
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
    """Histories of some users with what weighs them, one after the other, oldest first.

    Attributes
    ----------
    offsets : ndarray, int64, (users + 1,)
        Rows of user ``u`` of those asked for lie at ``offsets[u]:offsets[u + 1]``.
    row : ndarray, int32, (rows,)
        Which of the users asked for.
    item_index : ndarray, int32, (rows,)
    age : ndarray, int64, (rows,)
        Moments of the user's since then.
    kinds : ndarray, int64, (rows,)
        Bits of the types of its events.
    active : ndarray, bool, (rows,)
        Whether it is among the latest.
    """

    offsets: np.ndarray
    row: np.ndarray
    item_index: np.ndarray
    age: np.ndarray
    kinds: np.ndarray
    active: np.ndarray


def in_order(
    row: np.ndarray, position: np.ndarray, columns: tuple[np.ndarray, ...], rows: int
) -> tuple[np.ndarray, list[np.ndarray]]:
    """Put events of whole histories in order without sorting them: by row, then position.

    Parameters
    ----------
    row : ndarray, int, (events,)
        Below ``rows``.
    position : ndarray, int, (events,)
        From 1 in each row, without gaps.
    columns : tuple of ndarray, (events,)
        What to put in order.
    rows : int
        How many there are.

    Returns
    -------
    offsets : ndarray, int64, (rows + 1,)
        Row ``u`` then lies at ``offsets[u]:offsets[u + 1]``.
    ordered : list of ndarray, (events,)
    """
    offsets = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=rows))])
    place = offsets[row] + position - 1
    ordered = [np.empty_like(column) for column in columns]
    for found, column in zip(ordered, columns, strict=True):
        found[place] = column
    return offsets, ordered


def _aged(
    offsets: np.ndarray, row: np.ndarray, item: np.ndarray, moment: np.ndarray, kinds: np.ndarray, length: int
) -> AgedHistories:
    """Say how old rows in order of time are, and which are heard."""
    filled = np.flatnonzero(np.diff(offsets))
    begins, ends = offsets[:-1], offsets[1:]
    later = np.concatenate([[False], moment[1:] != moment[:-1]])
    later[begins[filled]] = True
    number = np.cumsum(later)  # of the moment
    age = number[ends[filled] - 1].repeat(np.diff(offsets)[filled]) - number
    active = np.arange(len(row)) >= (ends - length)[row]
    # A moment of which some rows are heard and others not: those with the lower item index are.
    border = np.flatnonzero(ends - length > begins)
    border = (ends - length)[border]
    border = border[number[border] == number[border - 1]] if length > 0 else border[:0]
    torn = np.zeros(len(row) + 2, dtype=bool)
    torn[number[border]] = True
    mixed = np.flatnonzero(torn[number])
    if len(mixed):
        active[mixed[np.lexsort((-item[mixed], number[mixed]))]] = active[mixed]
    return AgedHistories(offsets, row, item, age, kinds, active)


@dataclass(frozen=True)
class Dataset:
    """Events, users and catalog of one training run, as temp tables of one connection.

    The tables are ``train_users(user_index, user_id)``, ``train_catalog(item_index, item_id)`` and
    ``train_events(user_index, item_index, weight, ts, event, kinds, position, length)``. Indices are INTEGER and
    start at 0; ``position`` starts at 1 with a user's oldest event; ``kinds`` has the bit ``1 << code`` of each
    type of ``train_event_types(event, code)`` that the user did to the item. Nothing but what a method returns
    is held in Python memory.
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
            timestamps=table["moment"].to_numpy().astype(np.float64, copy=False),
            events=event.indices.to_numpy(zero_copy_only=False).astype(np.int16),
            event_types=tuple(event.dictionary.to_pylist()),
        )

    def aged_histories(self, users: np.ndarray, length: int) -> AgedHistories:
        """Return the histories of some users with what weighs them.

        Parameters
        ----------
        users : ndarray, int, (users,)
            User indices, no two the same.
        length : int
            How many of a user's latest items are heard; of items of one moment, those with the lower index.
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
        row, item, moment, kinds, position = (np.concatenate(columns) for columns in zip(*parts, strict=True))
        offsets, (row, item, moment, kinds) = in_order(row, position, (row, item, moment, kinds), len(users))
        return _aged(offsets, row, item, moment, kinds, length)

    def event_types(self) -> list[str]:
        """Return the names of the event types, most frequent first; of many, the first 63."""
        rows = self.con.execute(
            "SELECT min(t.event) FROM train_event_types t GROUP BY t.code ORDER BY t.code"
        ).fetchall()
        return [name for (name,) in rows]

    def strengths(self, kinds: np.ndarray, weights: Mapping[str, float]) -> np.ndarray:
        """Return what rows of events count: their strongest type.

        Parameters
        ----------
        kinds : ndarray, int64, (rows,)
            Bits of the types.
        weights : mapping of str to float
            By event type; others count 1.

        Returns
        -------
        ndarray, float64, (rows,)
        """
        if not weights:
            return np.ones(len(kinds))
        strongest = np.full(len(kinds), -np.inf)
        for code, name in enumerate(self.event_types()):
            np.maximum(strongest, weights.get(name, 1.0), out=strongest, where=(kinds >> code & 1).astype(bool))
        return strongest

    def interactions(self) -> sp.csr_matrix:
        """Return who had what: float32, (users, items), 1 where there is an event."""
        found = self.con.execute("SELECT e.user_index, e.item_index FROM train_events e").fetchnumpy()
        ones = np.ones(len(found["user_index"]), dtype=np.float32)
        return sp.csr_matrix((ones, (found["user_index"], found["item_index"])), shape=(self.users, self.items))

    def item_counts(self) -> np.ndarray:
        """Return training events an item: int64, (items,)."""
        found = self.con.execute(
            "SELECT e.item_index, count(*) AS n FROM train_events e GROUP BY e.item_index"
        ).fetchnumpy()
        counts = np.zeros(self.items, dtype=np.int64)
        counts[found["item_index"]] = found["n"]
        return counts


@dataclass(frozen=True)
class Holdout:
    """What a dataset keeps back to choose by: one item of each of some users, their last one.

    Attributes
    ----------
    users : ndarray, int32, (held,)
        User indices, rising.
    items : ndarray, int32, (held,)
        The item kept back from each.
    """

    users: np.ndarray
    items: np.ndarray


@contextmanager
def prepare(
    con: duckdb.DuckDBPyConnection, *, seed: int, cut: datetime | None = None, holdout_query: str | None = None
) -> Iterator[Dataset]:
    """Make the temp tables of a training run and drop them afterwards.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        Connection of its own, since the tables are its temp tables.
    seed : int
        Orders events of one moment.
    cut : datetime, optional
        Train on what happened before it only.
    holdout_query : str, optional
        Query giving ``user_id, item_id`` pairs to leave out.

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
                "mmsql.interactions has no usable row to train on. Load some: "
                "`mmsql load file DB interactions events.csv`, and look at `mmsql check DB`."
            )
        yield Dataset(con=con, users=users, items=items, events=events)
    finally:
        for table in ("train_events", "train_users", "train_catalog", "train_event_types", "holdout_pairs", "cut_at"):
            con.execute(f"DROP TABLE IF EXISTS temp.{table}")
