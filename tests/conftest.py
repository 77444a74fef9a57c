"""Fixtures: files that are made once a run and copied, a small made shop, and where the real data is."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path

import duckdb
import numpy as np
import pytest
from hypothesis import settings

import mmsql
from mmsql import encoders
from mmsql.jobs import training

REPOSITORY = Path(__file__).parent.parent

MEMORY = Path("/dev/shm")  # where it is a file system in memory: DuckDB waits for the disk at each checkpoint
MEMORY_NEEDED = 4 * 2**30

# A busy machine is no failure. `make soak` draws as many cases as hypothesis does by itself.
settings.register_profile("suite", deadline=None, max_examples=20)
settings.register_profile("soak", deadline=None, max_examples=200)
settings.load_profile("soak" if os.environ.get("MMSQL_SOAK") else "suite")


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name bytes by their argument: packed bytes hold the time, and two processes must collect the same names."""
    return argname if isinstance(val, bytes) else None


def pytest_configure(config: pytest.Config) -> None:
    """Keep the files of the tests in memory where there is room."""
    if MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free >= MEMORY_NEEDED:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


MakeOnce = Callable[[str, Callable[[Path], object]], Path]


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> MakeOnce:
    """Give a function that makes a file once a run: the first process that asks makes it, the others wait for it.

    Several processes read what it returns: it is not to be written to.
    """
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    folder = folder / "made"
    folder.mkdir(exist_ok=True)

    def once(name: str, make: Callable[[Path], object]) -> Path:
        whole, begun = folder / name, folder / f"{name} begun"
        with (folder / f"{name} lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # given up when a process dies
            if not whole.is_dir():
                shutil.rmtree(begun, ignore_errors=True)
                begun.mkdir()
                make(begun / "shop.duckdb")
                begun.rename(whole)
        return whole / "shop.duckdb"

    return once


def make_empty_file(path: Path) -> None:
    """Make a file with schema and macros and nothing in it."""
    mmsql.connect(path).close()


@pytest.fixture(scope="session")
def new_file(made_once: MakeOnce) -> Callable[[Path], Path]:
    """Give a function that makes an empty file at a path, by copying: to make the schema takes half a second."""
    return lambda path: shutil.copyfile(made_once("empty", make_empty_file), path)


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


def make_small_shop(path: Path) -> None:
    """Make a file with the small shop."""
    with mmsql.connect(path) as con:
        fill_small_shop(con)


@pytest.fixture(scope="session")
def shop_path(made_once: MakeOnce) -> Path:
    """Give the small shop, not trained: a file not to be written to."""
    return made_once("shop", make_small_shop)


OpenCopy = Callable[[Path], duckdb.DuckDBPyConnection]


@pytest.fixture
def open_copy(tmp_path: Path) -> Iterator[OpenCopy]:
    """Give a function that opens a copy of a file. Nobody reads it after the test: closing writes no checkpoint."""
    with ExitStack() as opened:

        def open_one(path: Path) -> duckdb.DuckDBPyConnection:
            con = mmsql.connect(shutil.copyfile(path, tmp_path / "shop.duckdb"))
            opened.callback(close_without_checkpoint, con)
            return con

        yield open_one


def close_without_checkpoint(con: duckdb.DuckDBPyConnection) -> None:
    """Close a connection, unless the test has."""
    with suppress(duckdb.ConnectionException):
        con.execute("PRAGMA disable_checkpoint_on_shutdown")
    con.close()


@pytest.fixture
def empty(made_once: MakeOnce, open_copy: OpenCopy) -> duckdb.DuckDBPyConnection:
    """Give a connection to a file with schema and macros and nothing in it."""
    return open_copy(made_once("empty", make_empty_file))


@pytest.fixture
def shop(shop_path: Path, open_copy: OpenCopy) -> duckdb.DuckDBPyConnection:
    """Give a connection to a copy of the small shop, not trained."""
    return open_copy(shop_path)


@pytest.fixture(scope="session")
def trained_path(made_once: MakeOnce, shop_path: Path) -> Path:
    """Give the small shop with a graph model: a file not to be written to."""

    def make(path: Path) -> None:
        with mmsql.connect(shutil.copyfile(shop_path, path)) as con:
            training.train(con.cursor(), "graph")

    return made_once("trained", make)


@pytest.fixture
def trained(trained_path: Path, open_copy: OpenCopy) -> duckdb.DuckDBPyConnection:
    """Give a connection to a copy of the trained small shop, free to be changed."""
    return open_copy(trained_path)


@pytest.fixture(scope="session")
def undoing(trained_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """Give a connection to a copy of the trained small shop, for ``undone``."""
    with mmsql.connect(shutil.copyfile(trained_path, tmp_path_factory.mktemp("undone") / "shop.duckdb")) as con:
        yield con


@pytest.fixture
def undone(undoing: duckdb.DuckDBPyConnection) -> Iterator[duckdb.DuckDBPyConnection]:
    """Give a connection to the trained small shop in a transaction that is rolled back after the test.

    It saves opening a file. A job commits, so tests of jobs take ``trained``.
    """
    undoing.begin()
    yield undoing
    undoing.rollback()


@pytest.fixture(scope="session")
def served(trained_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Give a read-only connection to the trained small shop, for tests that only ask."""
    con = mmsql.connect(trained_path, read_only=True)
    yield con
    con.close()


@pytest.fixture(scope="session")
def evaluated_path(made_once: MakeOnce, trained_path: Path) -> Path:
    """Give the trained small shop with an evaluation: a file not to be written to."""

    def make(path: Path) -> None:
        with mmsql.connect(shutil.copyfile(trained_path, path)) as con:
            con.execute("CALL evaluate()").fetchall()
            con.execute(
                "INSERT INTO impressions SELECT 'shelf', ab_assign('shelf', r.user_id), r.user_id, r.item_id, "
                "r.rank, 0.5, r.rank % 3 = 1, r.rank % 6 = 1, r.rank, NULL FROM mmsql.recommendations r "
                "WHERE r.rank <= 5"
            )

    return made_once("evaluated", make)


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


def make_demo(path: Path) -> None:
    """Make the demo shop, smaller than `mmsql demo` makes it, trained and evaluated."""
    from mmsql.demo import make_shop
    from mmsql.jobs import evaluation

    with mmsql.connect(path) as con:
        make_shop(con, items=220, users=400)
        training.train(con.cursor(), "graph")
        evaluation.evaluate(con.cursor())


@pytest.fixture(scope="session")
def demo_path(made_once: MakeOnce) -> Path:
    """Give the demo shop, trained and evaluated: a file not to be written to."""
    return made_once("demo", make_demo)
