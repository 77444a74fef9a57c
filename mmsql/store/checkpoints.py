"""Checkpoints in the file, from which an interrupted training continues."""

from __future__ import annotations

import dataclasses
import hashlib
import json

import duckdb

from mmsql.config import ModelConfig
from mmsql.data.dataset import Dataset
from mmsql.encoders.base import Encoder
from mmsql.encoders.images import ImageEncoder
from mmsql.models.base import Checkpoints


class StoredCheckpoints(Checkpoints):
    """The checkpoints of one configuration and one state of the data, in ``mmsql.checkpoints``.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        The connection of the training, outside a transaction.
    recipe : str
        Hash of the data and the configuration.
    """

    def __init__(self, con: duckdb.DuckDBPyConnection, recipe: str) -> None:
        self.con, self.recipe = con, recipe

    def load(self, stage: str) -> bytes | None:
        """Return the last checkpoint of this recipe and stage, or None."""
        rows = self.con.execute(
            "SELECT c.data FROM mmsql.checkpoints c WHERE c.recipe = ? AND c.stage = ?", [self.recipe, stage]
        ).fetchall()
        return rows[0][0] if rows else None

    def save(self, stage: str, data: bytes) -> None:
        """Store a checkpoint in place of the last one, and drop those of other recipes."""
        self.con.execute("DELETE FROM mmsql.checkpoints WHERE recipe <> ? OR stage = ?", [self.recipe, stage])
        self.con.execute(
            "INSERT INTO mmsql.checkpoints VALUES (?, ?, ?, now()::TIMESTAMP)", [self.recipe, stage, data]
        )

    def clear(self) -> None:
        """Drop all checkpoints, at the end of the training."""
        self.con.execute("DELETE FROM mmsql.checkpoints")


def checkpoints_of(
    con: duckdb.DuckDBPyConnection,
    dataset: Dataset,
    config: ModelConfig,
    encoder: Encoder,
    images: ImageEncoder | None = None,
) -> StoredCheckpoints:
    """Return the checkpoints of a configuration for the current events and content of a dataset."""
    rows = con.execute(
        "SELECT "
        "(SELECT sum(hash(e.user_index, e.item_index, e.ts, e.weight, e.event_type_bits)::HUGEINT) "
        "FROM train_events e), "
        "(SELECT sum(hash(i)::HUGEINT) FROM mmsql.items i), "
        "(SELECT sum(hash(k)::HUGEINT) FROM mmsql.comments k), "
        "(SELECT sum(hash(g)::HUGEINT) FROM mmsql.images g), "
        "(SELECT sum(hash(u)::HUGEINT) FROM mmsql.users u)"
    ).fetchall()
    encoders = [encoder.name, images.name if images else None]
    inputs = json.dumps([str(rows), dataset.users, dataset.items, dataclasses.asdict(config), *encoders])
    return StoredCheckpoints(con, hashlib.sha256(inputs.encode()).hexdigest()[:32])
