"""Synthetic datasets for the tests of the fusion model."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

import mmsql
from mmsql.config import FusionConfig
from mmsql.data.content import Content
from mmsql.data.dataset import Dataset, prepare
from mmsql.db.opening import open_database
from mmsql.models.base import FittedModel
from mmsql.models.fusion import Fusion

RING = 40
SMALL = {"embedding_size": 16, "layers": 1, "device": "cpu", "alpha": 0.0, "dropout": 0.1}
QUICK = {**SMALL, "epochs": 2, "alpha": 0.05}


@cache
def _empty_file() -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder, "empty.duckdb")
        mmsql.connect(path).close()
        return path.read_bytes()


@contextmanager
def shop(histories: Sequence[Sequence[int]], items: int) -> Iterator[Dataset]:
    """Make a dataset from histories of item numbers, with one hour between events. Item n has index n."""
    rows = [
        (f"u{user:04}", f"i{item:04}", "buy" if place % 3 == 0 else "view", user + place)
        for user, history in enumerate(histories)
        for place, item in enumerate(history)
    ]
    with TemporaryDirectory(dir=os.environ.get("PYTEST_DEBUG_TEMPROOT")) as folder:
        path = Path(folder, "shop.duckdb")
        path.write_bytes(_empty_file())
        with open_database(path) as con:
            con.executemany(
                "INSERT INTO mmsql.interactions "
                "SELECT $1, $2, $3, NULL, TIMESTAMP '2025-01-01' + to_hours(CAST($4 AS INTEGER))",
                rows,
            )
            con.execute("INSERT INTO mmsql.items (item_id) SELECT format('i{:04}', i) FROM range(?) t(i)", [items])
            with prepare(con, seed=1) as dataset:
                yield dataset


def fit(
    histories: Sequence[Sequence[int]], items: int, content: Content | None = None, **options: object
) -> FittedModel:
    with shop(histories, items) as dataset:
        config = FusionConfig(**{**SMALL, **options})  # type: ignore[arg-type]
        return Fusion().fit(dataset, content or Content(), config, lambda row: None)


def walks(users: int = 150, length: int = 9, seed: int = 0) -> list[list[int]]:
    """Return walks along a ring of items: item n + 1 follows item n."""
    starts = np.random.default_rng(seed).integers(0, RING, users)
    return [[int(start + step) % RING for step in range(length)] for start in starts]


def genres(items: int = 60, users: int = 120, seed: int = 0) -> tuple[list[list[int]], np.ndarray]:
    """Return histories of users with one of three genres each. The last item of each genre has no event."""
    random = np.random.default_rng(seed)
    histories = []
    for user in range(users):
        own = np.arange(user % 3, items - 3, 3)
        histories.append([int(i) for i in random.permutation(own)[:8]])
    text = np.eye(3, 12, dtype=np.float32)[np.arange(items) % 3]
    text += 0.3 * random.standard_normal((items, 12)).astype(np.float32)
    return histories, text / np.linalg.norm(text, axis=1, keepdims=True)
