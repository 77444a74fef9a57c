"""Fixtures: a small made shop, and where the real data is."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import duckdb
import numpy as np
import pytest
from hypothesis import settings

import mmsql
from mmsql import encoders
from mmsql.jobs import training

REPOSITORY = Path(__file__).parent.parent

settings.register_profile("suite", deadline=None)  # a busy machine is no failure
settings.load_profile("suite")


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name bytes by their argument: packed bytes hold the time, and two processes must collect the same names."""
    return argname if isinstance(val, bytes) else None


def fill_small_shop(con: duckdb.DuckDBPyConnection) -> None:
    """Twelve items on a ring, forty users who walk along it: after item n comes item n + 1.

    Even items are books, odd ones are games. i11 is not available, i8 and i9 have no price. i12 has no
    event. Comments say what an item is.
    """
    con.execute(
        """
        INSERT INTO mmsql.interactions
        SELECT 'u' || u, 'i' || ((u + step) % 12), CASE WHEN step = 3 THEN 'buy' ELSE 'view' END, NULL,
               TIMESTAMP '2025-01-01' + to_hours(24 * u + step)
        FROM range(40) t(u), range(4) s(step)
        WHERE step < 2 + u % 3
        """
    )
    con.execute(
        """
        INSERT INTO mmsql.items
        SELECT 'i' || i, CASE WHEN i % 2 = 0 THEN 'Book ' ELSE 'Game ' END || i, 'About number ' || i,
               CASE WHEN i % 2 = 0 THEN 'Media > Books' ELSE 'Media > Games' END,
               CASE WHEN i < 6 THEN 'Acme' ELSE 'Bolt' END,
               CASE WHEN i NOT IN (8, 9) THEN 5.0 + i END, i <> 11
        FROM range(13) t(i)
        """
    )
    con.execute(
        """
        INSERT INTO mmsql.comments
        SELECT 'i' || i, 'u' || (i + n),
               CASE WHEN i % 2 = 0 THEN 'A fine story, I read it twice ' ELSE 'Fun to play with the children ' END
               || n,
               4 + n % 2, TIMESTAMP '2025-03-01' + to_hours(i + n)
        FROM range(12) t(i), range(3) s(n)
        """
    )


def trained_file(path: Path, algorithm: str = "graph") -> Path:
    """Make a file with the small shop and a trained model, and close it."""
    con = mmsql.connect(path)
    fill_small_shop(con)
    training.train(con.cursor(), algorithm)
    con.close()
    return path


@pytest.fixture(scope="session")
def shop_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the small shop, not trained: a file not to be written to."""
    path = tmp_path_factory.mktemp("shop") / "shop.duckdb"
    con = mmsql.connect(path)
    fill_small_shop(con)
    con.close()
    return path


@pytest.fixture
def shop(shop_path: Path, tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Give a connection to a copy of the small shop, not trained."""
    copy = tmp_path / "shop.duckdb"
    copy.write_bytes(shop_path.read_bytes())
    con = mmsql.connect(copy)
    yield con
    con.close()


@pytest.fixture(scope="session")
def trained_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the small shop with a graph model: a file not to be written to."""
    return trained_file(tmp_path_factory.mktemp("trained") / "shop.duckdb")


@pytest.fixture
def trained(trained_path: Path, tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Give a connection to a copy of the trained small shop, free to be changed."""
    copy = tmp_path / "shop.duckdb"
    copy.write_bytes(trained_path.read_bytes())
    con = mmsql.connect(copy)
    yield con
    con.close()


@pytest.fixture(scope="session")
def served(trained_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Give a read-only connection to the trained small shop, for tests that only ask."""
    con = mmsql.connect(trained_path, read_only=True)
    yield con
    con.close()


@pytest.fixture(scope="session")
def evaluated_path(trained_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the trained small shop with an evaluation: a file not to be written to."""
    copy = tmp_path_factory.mktemp("evaluated") / "shop.duckdb"
    copy.write_bytes(trained_path.read_bytes())
    con = mmsql.connect(copy)
    con.execute("CALL evaluate()").fetchall()
    con.execute(
        "INSERT INTO impressions SELECT 'shelf', ab_assign('shelf', r.user_id), r.user_id, r.item_id, r.rank, 0.5, "
        "r.rank % 3 = 1, r.rank % 6 = 1, r.rank, NULL FROM mmsql.recommendations r WHERE r.rank <= 5"
    )
    con.close()
    return copy


class CountingEncoder:
    """A stand-in for the default encoder: quick, without torch, and it counts what it is asked to encode."""

    def __init__(self, name: str = encoders.DEFAULT_ENCODER, dimension: int = encoders.DEFAULT_DIMENSION) -> None:
        self.name = name
        self.dimension = dimension
        self.batches: list[list[str]] = []

    @property
    def texts(self) -> list[str]:
        """Every text encoded so far, in order."""
        return [text for batch in self.batches for text in batch]

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Make a vector of each text that depends on nothing but its letters."""
        self.batches.append(list(texts))
        letters = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for row, text in enumerate(texts):
            for byte in text.encode():
                letters[row, byte % self.dimension] += 1
        length = np.linalg.norm(letters, axis=1, keepdims=True)
        return letters / np.where(length > 0, length, 1).astype(np.float32)


@pytest.fixture
def counting_encoder(monkeypatch: pytest.MonkeyPatch) -> CountingEncoder:
    """Put a :class:`CountingEncoder` in the place of the default encoder."""
    encoder = CountingEncoder()
    monkeypatch.setattr(encoders, "_loaded", {(encoder.name, "auto"): encoder})
    return encoder


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """Give the folder of the real data sets, or skip."""
    folder = Path(os.environ.get("MMSQL_TEST_DATA", REPOSITORY.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no real data: {folder} is not there; set MMSQL_TEST_DATA")
    return folder


@pytest.fixture(scope="session")
def demo_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the demo shop, smaller than `mmsql demo` makes it, trained and evaluated: a file not to be written to."""
    from mmsql.demo import make_shop
    from mmsql.jobs import evaluation

    path = tmp_path_factory.mktemp("demo") / "mmsql-demo.duckdb"
    con = mmsql.connect(path)
    make_shop(con, items=220, users=400)
    training.train(con.cursor(), "graph")
    evaluation.evaluate(con.cursor())
    con.close()
    return path
