"""The training view of the sources: temp tables in DuckDB, arrays for the models."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import duckdb
import numpy as np
import pyarrow as pa
import scipy.sparse as sp

from mmsql import sqlfiles
from mmsql.errors import SourceError
from mmsql.store import to_arrow


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
    moments : ndarray, float64, (events,)
        Seconds since 1970; 0 where unknown.
    events : ndarray, int16, (events,)
        Codes of the event types, into ``event_types``.
    event_types : tuple of str
        Names of the event types.
    """

    offsets: np.ndarray
    items: np.ndarray
    weights: np.ndarray
    moments: np.ndarray
    events: np.ndarray
    event_types: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.offsets) - 1


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
        table = to_arrow(self.con, sqlfiles.query("training", "train_histories"), {"length": length})
        counts = np.bincount(table["user_index"].to_numpy(), minlength=self.users)
        event = table["event"].combine_chunks().dictionary_encode()
        return Histories(
            offsets=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
            items=table["item_index"].to_numpy().astype(np.int32, copy=False),
            weights=table["weight"].to_numpy().astype(np.float32, copy=False),
            moments=table["moment"].to_numpy().astype(np.float64, copy=False),
            events=event.indices.to_numpy(zero_copy_only=False).astype(np.int16),
            event_types=tuple(event.dictionary.to_pylist()),
        )

    def aged_histories(self, users: np.ndarray) -> dict[str, np.ndarray]:
        """Return the histories of some users with what weighs them.

        Parameters
        ----------
        users : ndarray, int, (users,)
            User indices.

        Returns
        -------
        dict of str to ndarray
            ``row`` (place in ``users``), ``item_index``, ``age``, ``recency`` and ``kinds``, as
            ``sql/training/aged_histories.sql`` says.
        """
        rows = np.arange(len(users), dtype=np.int32)
        self.con.register("wanted_users", pa.table({"user_index": users.astype(np.int32), "row": rows}))
        found = self.con.execute(sqlfiles.query("training", "aged_histories")).fetchnumpy()
        self.con.unregister("wanted_users")
        return found

    def event_types(self) -> list[str]:
        """Return the names of the event types, most frequent first; of many, the first 63."""
        rows = self.con.execute(
            "SELECT min(t.event) FROM train_event_types t GROUP BY t.code ORDER BY t.code"
        ).fetchall()
        return [name for (name,) in rows]

    def kind_strengths(self, weights: Mapping[str, float]) -> tuple[np.ndarray, np.ndarray]:
        """Return the combinations of event types there are and what each counts: its strongest type.

        Parameters
        ----------
        weights : mapping of str to float
            By event type; others count 1.

        Returns
        -------
        kinds : ndarray, int64, (combinations,)
            Rising.
        strengths : ndarray, float64, (combinations,)
        """
        factor = [weights.get(name, 1.0) for name in self.event_types()]
        rows = self.con.execute("SELECT DISTINCT e.kinds FROM train_events e ORDER BY e.kinds").fetchall()
        strongest = [max(value for code, value in enumerate(factor) if kinds >> code & 1) for (kinds,) in rows]
        return np.array([kinds for (kinds,) in rows], dtype=np.int64), np.array(strongest, dtype=np.float64)

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
class Held:
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
    con: duckdb.DuckDBPyConnection, *, seed: int, cut: datetime | None = None, holdout: str | None = None
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
    holdout : str, optional
        Query giving ``user_id, item_id`` pairs to leave out.

    Raises
    ------
    SourceError
        When no usable event is left.
    """
    con.execute("CREATE OR REPLACE TEMP TABLE cut_at AS SELECT CAST(? AS TIMESTAMP) AS ts", [cut])
    pairs = holdout or "SELECT i.user_id, i.item_id FROM mmsql.interactions i LIMIT 0"
    con.execute(f"CREATE OR REPLACE TEMP TABLE holdout_pairs AS {pairs}")
    con.execute(sqlfiles.query("training", "train_users"), {"cut": cut})
    con.execute(sqlfiles.query("training", "train_catalog"))
    con.execute(sqlfiles.query("training", "train_event_types"))
    con.execute(sqlfiles.query("training", "train_events"), {"cut": cut, "seed": seed})
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
