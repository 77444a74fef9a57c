"""Splits of a data set as arrays on disk, so that every library has the same training events and held-out items.

A split is a folder with ``train.npz`` (user, item, weight, ts, position; sorted by user and position),
``held.npz`` (user, item: the held-out items) and ``meta.json`` (users, items, fingerprint).
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from workspace import BENCH, connect, database

from mmsql.data.dataset import Dataset
from mmsql.data.splits import hold_out_last, split

EVENTS = (
    'SELECT e.user_index AS "user", e.item_index AS item, coalesce(e.weight, 1) AS weight, '
    "coalesce(epoch(e.ts), 0) AS ts, e.position FROM train_events e ORDER BY e.user_index, e.position"
)
HELD_OUT = (
    'SELECT u.user_index AS "user", c.item_index AS item FROM held_out h '
    "JOIN train_users u ON u.user_id = h.user_id JOIN train_catalog c ON c.item_id = h.item_id ORDER BY u.user_index"
)


@dataclass(frozen=True)
class Split:
    """One split, read from disk: indices from 0; ``held_user`` and ``held_item`` are the held-out items."""

    folder: Path
    users: int
    items: int
    fingerprint: str
    user: np.ndarray
    item: np.ndarray
    held_user: np.ndarray
    held_item: np.ndarray


def export(name: str, seed: int) -> tuple[Split, Split]:
    """Write the validation split and the test split, and return both.

    The validation split holds out each user's last training event; the test split each user's last item.
    """
    folder = BENCH / "splits" / name / str(seed)
    con = connect(database(name), threads=1)
    with split(con, "leave_last_out", seed=seed) as dataset:
        held_out = con.execute(HELD_OUT).fetchnumpy()
        _write(dataset, held_out["user"], held_out["item"], folder / "test")
        with hold_out_last(dataset, seed=seed) as (inner, holdout):
            _write(inner, holdout.users, holdout.items, folder / "validation")
    con.close()
    return read(folder / "validation"), read(folder / "test")


def read(folder: Path) -> Split:
    """Read a split."""
    meta = json.loads((folder / "meta.json").read_text())
    train, holdout = np.load(folder / "train.npz"), np.load(folder / "held.npz")
    return Split(
        folder=folder,
        **meta,
        user=train["user"],
        item=train["item"],
        held_user=holdout["user"],
        held_item=holdout["item"],
    )


def _write(dataset: Dataset, users: np.ndarray, items: np.ndarray, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    train = dataset.con.execute(EVENTS).fetchnumpy()
    np.savez(folder / "train.npz", **train)
    np.savez(folder / "held.npz", user=users, item=items)
    pairs = np.sort(train["user"].astype(np.int64) * dataset.items + train["item"])
    content = b"".join(part.tobytes() for part in (pairs, users.astype(np.int64), items.astype(np.int64)))
    fingerprint = hashlib.sha256(content).hexdigest()[:16]  # of the training pairs and the held-out items
    meta = {"users": dataset.users, "items": dataset.items, "fingerprint": fingerprint}
    (folder / "meta.json").write_text(json.dumps(meta))
