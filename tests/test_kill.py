"""kill -9 at moments of a training: the file opens, the deployed model serves, what was encoded is kept.

Kills at any moment of anything that writes are in tests/soak.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

import mmsql

# Trains with an encoder that needs no torch, and stops at a moment to be killed at.
VICTIM = """
import sys, time, zlib
import numpy as np
import mmsql
from mmsql import encoders
from mmsql.store import versions
from mmsql.jobs import training
from mmsql.encoders import text_cache

path, moment = sys.argv[1:]

def stop(*_):
    print("now", flush=True)
    time.sleep(600)

class Quick:
    name, dimension, batches = "wordllama", 256, 0
    def encode(self, texts):
        if moment == "encoding" and Quick.batches == 3:
            stop()
        Quick.batches += 1
        found = np.array([np.random.default_rng(zlib.crc32(text.encode())).normal(size=256) for text in texts])
        return (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float32)

def before(module, name, action):
    real = getattr(module, name)
    def patched(*arguments, **named):
        action()
        return real(*arguments, **named)
    setattr(module, name, patched)

encoders._loaded["wordllama", "auto"] = Quick()
text_cache.BATCH_ROWS = 10
if moment == "fit":
    before(training, "rank_all", stop)
if moment == "saving":
    before(versions, "_prune", stop)  # the last step within the transaction
con = mmsql.connect(path)
con.execute("INSERT INTO comments SELECT 'i' || n % 12, 'u' || n, 'comment ' || n, 5, NULL FROM range(60) t(n)")
con.execute("CALL train('graph')").fetchall()
"""


def killed(folder: Path, path: Path, moment: str) -> None:
    """Train in a process of its own and kill it at a moment."""
    (folder / "victim.py").write_text(VICTIM)
    with subprocess.Popen(
        [sys.executable, folder / "victim.py", path, moment],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as victim:
        said = victim.stdout.readline()
        victim.kill()
        assert said == "now\n", victim.stderr.read()
        assert victim.wait() == -9


@pytest.fixture
def file(trained_path, tmp_path) -> Path:
    copy = tmp_path / "shop.duckdb"
    copy.write_bytes(trained_path.read_bytes())
    return copy


def rows(con: duckdb.DuckDBPyConnection, query: str) -> list[tuple]:
    return con.execute(query).fetchall()


def answers(con: duckdb.DuckDBPyConnection) -> list[list[tuple]]:
    return [
        rows(con, "FROM mmsql.recommend('u0')"),
        rows(con, "FROM mmsql.explain('u0', 'i2')"),
        rows(con, "SELECT user_id, rank, item_id, score FROM mmsql.top_recommendations ORDER BY ALL"),
    ]


@pytest.mark.parametrize("moment", ["encoding", "fit", "saving"])
def test_killed_in_training(file, tmp_path, moment, counting_encoder):
    with duckdb.connect(str(file), read_only=True) as con:
        before = answers(con)
        ((texts,),) = rows(con, "SELECT count(*) FROM mmsql.embedding_cache")
    killed(tmp_path, file, moment)
    with duckdb.connect(str(file)) as con:  # as whoever comes first: without mmsql
        assert answers(con) == before
        ((kept,),) = rows(con, "SELECT count(*) FROM mmsql.embedding_cache")
        statuses = rows(con, "SELECT model, status, deployed FROM mmsql.models() ORDER BY model")
    if moment == "encoding":
        assert kept == texts + 30
    else:
        assert kept == texts + 60
    assert statuses == [("graph-1", "ready", True), ("graph-2", "training", False)]
    with mmsql.connect(file) as con:
        assert answers(con) == before
        ((model, encoded),) = rows(con, "SELECT model, encoded FROM train('graph')")
        assert (encoded, len(counting_encoder.texts)) == (60 - (kept - texts), 60 - (kept - texts))
        assert model == f"graph-{len(statuses) + 1}"
        assert rows(con, "SELECT status FROM mmsql.models() WHERE model = 'graph-2' AND NOT deployed") in (
            [],
            [("interrupted",)],
        )
        assert rows(con, "SELECT count(*) FROM mmsql.models() WHERE status = 'training'") == [(0,)]
        assert rows(
            con,
            "SELECT count(*) FROM mmsql.catalog WHERE model NOT IN (SELECT model "
            "FROM mmsql.models WHERE status = 'ready')",
        ) == [(0,)]
        assert len(rows(con, "FROM recommend('u0')")) == 10
