"""An interrupted training goes on from its checkpoint, and gives what an uninterrupted one gives."""

from __future__ import annotations

import duckdb
import pytest

from mmsql.jobs import training
from mmsql.models.base import Run
from mmsql.store import versions

pytestmark = pytest.mark.usefixtures("counting_encoder")

QUICK = {"epochs": 6, "embedding_size": 8, "layers": 1, "batch_size": 16, "patience": 6, "device": "cpu"}


def rows(con: duckdb.DuckDBPyConnection, query: str) -> list[tuple]:
    return con.execute(query).fetchall()


@pytest.fixture
def often(monkeypatch):
    """Leave a checkpoint after each epoch."""
    real = Run.__init__

    def made(self, *args, **kwargs):
        real(self, *args, **{"seconds_between": 0.0, **kwargs})

    monkeypatch.setattr(Run, "__init__", made)


class Stopping(versions.EpochCounter):
    """A log that is interrupted."""

    at = 4

    def __call__(self, row) -> None:
        super().__call__(row)
        if self.epochs == self.at:
            raise KeyboardInterrupt


def train(con: duckdb.DuckDBPyConnection) -> str:
    return training.train(con.cursor(), "fusion", options=QUICK).model


def answers(con: duckdb.DuckDBPyConnection) -> list[tuple]:
    return rows(con, "FROM recommend_each(k := 5)")


@pytest.mark.parametrize("at", [2, 4, 8])
def test_it_goes_on_where_it_was_interrupted(shop, often, monkeypatch, at):
    train(shop)
    whole = answers(shop)
    assert rows(shop, "FROM mmsql.checkpoints") == []  # nothing is left of a training that ended

    stopping = type("StoppingAt", (Stopping,), {"at": at})
    with monkeypatch.context() as patched:
        patched.setattr(versions, "EpochCounter", stopping)
        with pytest.raises(KeyboardInterrupt):
            train(shop)
    assert len(rows(shop, "FROM mmsql.checkpoints")) >= 1
    assert rows(shop, "SELECT model FROM models() WHERE deployed") == [("fusion-1",)]

    train(shop)
    assert answers(shop) == whole
    logs = {
        model: rows(shop, f"SELECT epoch, loss FROM training_log('{model}') ORDER BY epoch")
        for model in ("fusion-1", "fusion-3")
    }
    assert logs["fusion-1"] == logs["fusion-3"]  # what was trained before is logged again
    assert rows(shop, "FROM mmsql.checkpoints") == []


def test_other_data_or_options_begin_anew(shop, often, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr(versions, "EpochCounter", Stopping)
        with pytest.raises(KeyboardInterrupt):
            train(shop)
    ((recipe,),) = rows(shop, "SELECT DISTINCT recipe FROM mmsql.checkpoints")
    shop.execute("INSERT INTO interactions VALUES ('u1', 'i12', 'view', 1, TIMESTAMP '2026-01-01')")
    with monkeypatch.context() as patched:
        patched.setattr(versions, "EpochCounter", Stopping)
        with pytest.raises(KeyboardInterrupt):
            train(shop)
    ((other,),) = rows(shop, "SELECT DISTINCT recipe FROM mmsql.checkpoints")
    assert other != recipe  # and only the last recipe's are kept
    shop.execute("UPDATE items SET title = 'Another title' WHERE item_id = 'i1'")
    with monkeypatch.context() as patched:
        patched.setattr(versions, "EpochCounter", Stopping)
        with pytest.raises(KeyboardInterrupt):
            train(shop)
    assert rows(shop, "SELECT DISTINCT recipe FROM mmsql.checkpoints") not in ([(recipe,)], [(other,)])


def test_checkpoints_are_no_pickle(shop, often, monkeypatch):
    from safetensors.numpy import load

    monkeypatch.setattr(versions, "EpochCounter", Stopping)
    with pytest.raises(KeyboardInterrupt):
        train(shop)
    for (data,) in rows(shop, "SELECT data FROM mmsql.checkpoints"):
        assert load(data)
