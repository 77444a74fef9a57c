"""Ctrl-C in the middle of a training: it stops, nothing is deployed, and the next training works."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

import mmsql
from mmsql import interrupts

# Trains with an encoder that needs no torch, and gets a SIGINT when a phase begins; the phase itself then goes on for
# a minute, in Python or in DuckDB, unless it is stopped.
VICTIM = """
import os, signal, sys, time, zlib
import numpy as np
import mmsql
from mmsql import encoders, interrupts
from mmsql.data import sources
from mmsql.encoders import text_cache
from mmsql.jobs import training
from mmsql.models.graph import search
from mmsql.store import versions

path, phase, way = sys.argv[1:]
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores the signal

def interrupt(*arguments, **named):
    os.kill(os.getpid(), signal.SIGINT)
    con = next((value for value in arguments if hasattr(value, "execute")), None)
    if con is not None:
        con.execute("SELECT sum(sin(a.range * b.range)) FROM range(1000000) a, range(1000000) b").fetchall()
    for _ in range(6000):
        time.sleep(0.01)
        interrupts.check()

class Quick:
    name, dimension = "wordllama", 256
    def encode(self, texts):
        found = np.array([np.random.default_rng(zlib.crc32(text.encode())).normal(size=256) for text in texts])
        return (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float32)

encoders._loaded["wordllama", "auto"] = Quick()
where = {
    "reading": (sources, "fingerprint"),
    "encoding": (text_cache, "store_vectors"),
    "searching": (search, "search_options"),
    "fitting": (training, "rank_all"),
    "writing": (versions, "insert_state"),
}
if phase in where:
    module, name = where[phase]
    assert hasattr(module, name), name
    setattr(module, name, interrupt)
if way == "python":
    con = mmsql.connect(path)
    con.execute("INSERT INTO comments VALUES ('i1', 'u1', 'a new comment', 5, NULL)")
    try:
        con.execute("CALL train('graph')").fetchall()
    except Exception as error:
        print(type(error).__name__, error)
    con.close()
else:
    from mmsql.cli import main
    sys.argv = ["mmsql", *(["train", path, "--algorithm", "graph"] if way == "train" else
                           ["sql", path, "-c", "CALL train('graph')"])]
    main()
"""


def run(folder: Path, path: Path, phase: str, way: str) -> subprocess.CompletedProcess[str]:
    (folder / "victim.py").write_text(VICTIM)
    command = [sys.executable, folder / "victim.py", path, phase, way]
    return subprocess.run(command, capture_output=True, text=True, timeout=50, check=False)


@pytest.fixture
def file(trained_path, tmp_path) -> Path:
    copy = tmp_path / "shop.duckdb"
    copy.write_bytes(trained_path.read_bytes())
    with mmsql.connect(copy) as con:
        con.execute("INSERT INTO comments VALUES ('i2', 'u2', 'another comment', 5, NULL)")
    return copy


def check_nothing_changed(file: Path, phase: str, counting_encoder: object) -> None:
    with duckdb.connect(str(file), read_only=True) as con:
        models = con.execute("SELECT model, status, deployed FROM mmsql.models() ORDER BY model").fetchall()
    begun = [] if phase == "reading" else [("graph-2", "interrupted", False)]
    assert models == [("graph-1", "ready", True), *begun]
    with mmsql.connect(file) as con:
        con.execute("CALL train('graph')").fetchall()
        assert con.execute("SELECT status FROM mmsql.models() WHERE deployed").fetchall() == [("ready",)]


@pytest.mark.parametrize("phase", ["reading", "encoding", "searching", "fitting", "writing"])
def test_call_train_in_python(file, tmp_path, phase, counting_encoder):
    done = run(tmp_path, file, phase, "python")
    assert done.returncode == 0, done.stderr
    assert "stopped by Ctrl-C; the deployed model is unchanged" in done.stdout
    check_nothing_changed(file, phase, counting_encoder)


@pytest.mark.parametrize(("way", "phase"), [("train", "fitting"), ("sql", "writing")])
def test_on_the_command_line(file, tmp_path, way, phase, counting_encoder):
    done = run(tmp_path, file, phase, way)
    assert done.returncode == 130, (done.stdout, done.stderr)
    assert done.stderr.strip().splitlines()[-1] == "Interrupted."
    check_nothing_changed(file, phase, counting_encoder)


def test_without_a_job_the_handler_before_is_called(monkeypatch):
    called = []
    handler = interrupts._Handler(lambda number, frame: called.append(number))
    handler(signal.SIGINT, None)
    assert called == [signal.SIGINT]


def test_check_outside_a_job_does_nothing():
    interrupts.check()
    with interrupts.shielded():
        interrupts.check()
