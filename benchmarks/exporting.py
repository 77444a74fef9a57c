"""The splits of a set as arrays on disk: every library trains on the same events and is asked for the same items.

A split is a folder with ``train.npz`` (user, item, weight, ts, position; sorted by user and position),
``held.npz`` (user, item: what is held out) and ``meta.json`` (users, items, fingerprint).
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from workspace import BENCH, connect, database

from mmsql.dataset import Dataset
from mmsql.splits import last_kept_back, split

EVENTS = (
    'SELECT e.user_index AS "user", e.item_index AS item, coalesce(e.weight, 1) AS weight, '
    "coalesce(epoch(e.ts), 0) AS ts, e.position FROM train_events e ORDER BY e.user_index, e.position"
)
KEPT = (
    'SELECT u.user_index AS "user", c.item_index AS item FROM kept_back k '
    "JOIN train_users u ON u.user_id = k.user_id JOIN train_catalog c ON c.item_id = k.item_id ORDER BY u.user_index"
)


@dataclass(frozen=True)
class Split:
    """One split, read back: indices from 0; ``held_user`` and ``held_item`` are what is asked for."""

    folder: Path
    users: int
    items: int
    fingerprint: str
    user: np.ndarray
    item: np.ndarray
    held_user: np.ndarray
    held_item: np.ndarray


def export(name: str, seed: int) -> tuple[Split, Split]:
    """Write the split to choose options by and the split to test on, and return both, in this order.

    The first holds out the last event that is left in training; the second each user's last item.
    """
    folder = BENCH / "splits" / name / str(seed)
    con = connect(database(name), threads=1)
    with split(con, "leave_last_out", seed=seed) as dataset:
        kept = con.execute(KEPT).fetchnumpy()
        _write(dataset, kept["user"], kept["item"], folder / "test")
        with last_kept_back(dataset, seed=seed) as (inner, held):
            _write(inner, held.users, held.items, folder / "validation")
    con.close()
    return read(folder / "validation"), read(folder / "test")


def read(folder: Path) -> Split:
    """Read a split."""
    meta = json.loads((folder / "meta.json").read_text())
    train, held = np.load(folder / "train.npz"), np.load(folder / "held.npz")
    return Split(
        folder=folder,
        **meta,
        user=train["user"],
        item=train["item"],
        held_user=held["user"],
        held_item=held["item"],
    )


def _write(dataset: Dataset, users: np.ndarray, items: np.ndarray, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    train = dataset.con.execute(EVENTS).fetchnumpy()
    np.savez(folder / "train.npz", **train)
    np.savez(folder / "held.npz", user=users, item=items)
    pairs = np.sort(train["user"].astype(np.int64) * dataset.items + train["item"])
    content = b"".join(part.tobytes() for part in (pairs, users.astype(np.int64), items.astype(np.int64)))
    fingerprint = hashlib.sha256(content).hexdigest()[:16]  # of who has what, and what is held out
    meta = {"users": dataset.users, "items": dataset.items, "fingerprint": fingerprint}
    (folder / "meta.json").write_text(json.dumps(meta))
