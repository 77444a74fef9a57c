"""A writer may die at any moment: what it committed stays in the WAL, and every release of DuckDB reads it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from test_plain_duckdb import RELEASES

import mmsql

DIES = """
import os, sys
import mmsql
con = mmsql.connect(sys.argv[1])
con.execute("INSERT INTO comments VALUES ('i1', 'u1', 'a new comment', 5, NULL)")
for statement in sys.argv[2:]:
    con.execute(statement).fetchall()
os._exit(9)
"""
READS = """
import sys
import duckdb
with duckdb.connect(sys.argv[1], read_only=True) as con:
    (model,) = con.execute("SELECT model FROM mmsql.models() WHERE deployed").fetchall()[0]
    listed = con.execute("SELECT count(*) FROM mmsql.recommend('u1')").fetchall()[0][0]
    print(model, listed)
"""


def python(script: str, *arguments: object, **environment: str) -> str:
    command = [sys.executable, "-c", script, *map(str, arguments)]
    done = subprocess.run(
        command, env={**os.environ, **environment}, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode in (0, 9), done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize(
    ("statements", "model"),
    [
        (["CALL train('graph', search_steps := 0)"], "graph-2"),
        (["CALL refresh()", "CALL rollback()"], "graph-1"),
        (["CALL train('popularity')", "CALL deploy('graph-1')", "CALL forget('u2')"], "graph-1"),
        (["CALL evaluate(k := 5)"], "graph-1"),
    ],
)
def test_a_reader_opens_the_file(trained_path: Path, tmp_path: Path, statements, model):
    path = tmp_path / "shop.duckdb"
    path.write_bytes(trained_path.read_bytes())
    python(DIES, path, *statements)
    assert Path(f"{path}.wal").exists()
    for release in RELEASES:
        assert python(READS, path, PYTHONPATH=str(release)) == f"{model} 9"
    with mmsql.connect(path, read_only=True) as con:
        assert con.execute("SELECT count(*) FROM comments WHERE body = 'a new comment'").fetchall() == [(1,)]


def test_so_does_a_file_that_was_just_made(tmp_path: Path):
    path = tmp_path / "shop.duckdb"
    python(DIES, path)
    with mmsql.connect(path, read_only=True) as con:
        assert con.execute("SELECT count(*) FROM comments").fetchall() == [(1,)]


def test_the_key_is_an_index_where_there_are_many_items(trained, monkeypatch):
    monkeypatch.setattr("mmsql.db.serving.KEY_ITEMS", 5)
    before = trained.execute("FROM recommend('u1')").fetchall()
    trained.execute("CALL deploy('graph-1')")
    trained.execute("CALL train('popularity')")
    trained.execute("CALL deploy('graph-1')")
    assert trained.execute("FROM recommend('u1')").fetchall() == before
    ((indexed,),) = trained.execute("SELECT count(*) FROM duckdb_indexes() WHERE table_name = 'serving'").fetchall()
    assert indexed == 1
