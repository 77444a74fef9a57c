"""connect: twice, read-only, from threads, from two processes, and after the connection is gone."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import duckdb
import pytest

import mmsql
from mmsql import connection
from mmsql.db.session import Session
from mmsql.errors import DatabaseError
from mmsql.jobs import selection

pytestmark = pytest.mark.core


def rows(con: duckdb.DuckDBPyConnection, query: str, *values: object) -> list[tuple]:
    return con.execute(query, list(values)).fetchall()


def run(folder: Path, script: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run a script in a Python of its own and return what it said.

    As a file, since under ``python -c`` DuckDB takes stdout for a terminal and draws progress bars on it.
    """
    (folder / "script.py").write_text(script)
    return subprocess.run(
        [sys.executable, folder / "script.py", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def copied(path: Path, folder: Path) -> Path:
    copy = folder / "copy.duckdb"
    copy.write_bytes(path.read_bytes())
    return copy


def test_it_is_an_ordinary_connection(tmp_path):
    con = mmsql.connect(tmp_path / "shop.duckdb")
    assert isinstance(con, duckdb.DuckDBPyConnection)
    assert rows(con, "SELECT current_setting('search_path')") == [("main,mmsql",)]
    assert rows(con, "SELECT count(*) FROM interactions") == [(0,)]
    con.execute("CREATE TABLE notes AS SELECT 1 AS n")
    assert rows(con, "SELECT table_schema FROM information_schema.tables WHERE table_name = 'notes'") == [("main",)]
    con.close()


def test_a_path_may_be_text(tmp_path):
    mmsql.connect(str(tmp_path / "shop.duckdb")).close()
    assert (tmp_path / "shop.duckdb").is_file()


def test_duckdb_settings_are_handed_on(trained_path, tmp_path):
    con = mmsql.connect(
        copied(trained_path, tmp_path), read_only=True, config={"threads": "1", "default_order": "desc"}
    )
    assert rows(con, "SELECT current_setting('threads')") == [(1,)]
    assert rows(con, "SELECT embed_behavior(['i1']) IS NOT NULL") == [(True,)]
    con.close()


def test_twice_in_one_process(tmp_path):
    first = mmsql.connect(tmp_path / "shop.duckdb")
    second = mmsql.connect(tmp_path / "shop.duckdb")
    first.execute("INSERT INTO interactions VALUES ('u', 'i', 'buy', NULL, NULL), ('u', 'j', 'buy', NULL, NULL)")
    first.execute("CALL train('popularity')").fetchall()
    assert rows(second, "SELECT model FROM models()") == [("popularity-1",)]
    second.execute("CALL train('popularity')").fetchall()
    assert rows(first, "SELECT count(*) FROM models()") == [(2,)]
    first.close()
    second.execute("CALL train('popularity')").fetchall()
    assert rows(second, "SELECT count(*) FROM models()") == [(3,)]
    second.close()


def test_again_and_again(tmp_path):
    for _ in range(5):
        con = mmsql.connect(tmp_path / "shop.duckdb")
        assert rows(con, "SELECT fused_score([1.0], [2.0])") == [(2.0,)]
        con.close()


def test_many_threads_may_connect_at_once(tmp_path):
    failures: list[BaseException] = []

    def work() -> None:
        try:
            con = mmsql.connect(tmp_path / "shop.duckdb")
            assert rows(con, "SELECT fused_score([1.0], [2.0])") == [(2.0,)]
            con.close()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_a_cursor_asks_with_full_names(trained):
    cursor = trained.cursor()
    assert rows(cursor, "FROM mmsql.recommend('u0')") == rows(trained, "FROM recommend('u0')")
    assert rows(cursor, "SELECT fused_score([1.0], [2.0])") == [(2.0,)]
    assert rows(cursor, 'SELECT unnest(mmsql_train(\'{"algorithm": "popularity"}\'), recursive := true)')


def test_a_directory_change_does_not_lead_to_another_file(trained_path, tmp_path, monkeypatch):
    copied(trained_path, tmp_path)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    con = mmsql.connect("copy.duckdb")
    monkeypatch.chdir(tmp_path / "elsewhere")
    con.execute("CALL train('popularity')").fetchall()
    assert rows(con, "SELECT model FROM models() WHERE deployed") == [("popularity-2",)]
    assert list((tmp_path / "elsewhere").iterdir()) == []
    con.close()


def test_a_link_to_the_file(trained_path, tmp_path):
    (tmp_path / "link.duckdb").symlink_to(copied(trained_path, tmp_path))
    con = mmsql.connect(tmp_path / "link.duckdb")
    con.execute("CALL train('popularity')").fetchall()
    assert rows(con, "SELECT count(*) FROM models()") == [(2,)]
    con.close()


@pytest.mark.parametrize("call", ["train('graph')", "refresh()", "evaluate()", "deploy('graph-1')", "rollback()"])
def test_read_only_serves_and_refuses_to_write(served, call):
    assert len(rows(served, "FROM recommend('u0')")) == 10
    with pytest.raises(duckdb.Error, match=r"is open read-only. Connect with mmsql.connect\('.*shop.duckdb'\)"):
        rows(served, f"CALL {call}")
    with pytest.raises(duckdb.Error, match="read-only"):
        served.execute("INSERT INTO mmsql.users VALUES ('u')")


def test_read_only_functions_answer(served):
    assert rows(served, "SELECT len(embed_comment('a story')::FLOAT[]), len(embed_behavior(['i1']))") == [(256, 256)]
    assert len(rows(served, "FROM search_items('a story', k := 3)")) == 3


def test_in_memory(counting_encoder):
    con, other = mmsql.connect(":memory:"), mmsql.connect(":memory:")
    con.execute("INSERT INTO interactions SELECT 'u' || n % 2, 'i' || n, 'buy', NULL, NULL FROM range(6) t(n)")
    con.execute("CALL train('graph')").fetchall()
    assert len(rows(con, "FROM recommend('u0')")) == 3
    assert rows(other, "SELECT count(*) FROM interactions") == [(0,)]
    con.close()
    other.close()


def test_in_memory_by_name_outlives_its_first_connection(counting_encoder):
    first, second = mmsql.connect(":memory:shop"), mmsql.connect(":memory:shop")
    first.execute("INSERT INTO interactions VALUES ('u', 'i', 'buy', NULL, NULL)")
    first.close()
    second.execute("CALL train('popularity')").fetchall()
    assert rows(second, "SELECT count(*) FROM models()") == [(1,)]
    second.close()


def test_in_memory_with_its_first_connection_gone():
    con = mmsql.connect(":memory:")
    cursor = con.cursor()
    del con
    with pytest.raises(duckdb.Error, match="The connection that opened this in-memory database is closed"):
        rows(cursor, "SELECT mmsql_train('{}')")


def test_a_session_that_may_not_write_says_so(tmp_path):
    with duckdb.connect() as con:
        session = Session(con, tmp_path / "shop.duckdb", read_only=True, config={})
        with pytest.raises(DatabaseError, match="is open read-only"), session.cursor(writing=True):
            pass


def test_connect_closes_what_it_cannot_finish(tmp_path, monkeypatch):
    def broken(*_: object) -> None:
        raise RuntimeError("broken on purpose")

    monkeypatch.setattr(connection, "ensure_schema", broken)
    with pytest.raises(RuntimeError, match="on purpose"):
        mmsql.connect(tmp_path / "shop.duckdb")
    monkeypatch.undo()
    mmsql.connect(tmp_path / "shop.duckdb").close()


HOLD = """
import sys, duckdb
con = duckdb.connect(sys.argv[1], read_only=sys.argv[2] == "True")
print("open", flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("read_only", [False, True])
def test_a_file_another_process_writes_to(trained_path, tmp_path, read_only):
    path = copied(trained_path, tmp_path)
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, path, "False"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout.readline() == "open\n"
        with pytest.raises(
            DatabaseError, match=r"is in use by another process, which holds its write lock.*mmsql publish"
        ):
            mmsql.connect(path, read_only=read_only)
        holder.stdin.close()
    mmsql.connect(path, read_only=read_only).close()


def test_many_processes_may_read(trained_path):
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, trained_path, "True"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout.readline() == "open\n"
        con = mmsql.connect(trained_path, read_only=True)
        assert len(rows(con, "FROM recommend('u0')")) == 10
        con.close()
        holder.stdin.close()


CLOSED_FIRST = """
import gc, sys, duckdb, mmsql
path, order = sys.argv[1:]
if order == "registered by the one that closes":
    first = mmsql.connect(path)
    second = mmsql.connect(path)
else:
    second = duckdb.connect(path)
    first = mmsql.connect(path)
first.execute("SELECT fused_score([1.0], [2.0])").fetchall()
first.close()
del first
gc.collect()
for _ in range(3):
    print(second.execute("SELECT fused_score([1.0], [2.0])").fetchall())
    print(second.execute("SELECT sum(fused_score([n], [1.0])) FROM range(5000) t(n)").fetchall())
print(second.execute("SELECT len(mmsql_train('{\\"algorithm\\": \\"popularity\\"}'))").fetchall())
second.close()
third = mmsql.connect(path)
print(third.execute("SELECT model FROM models() WHERE deployed").fetchall())
"""


@pytest.mark.parametrize("order", ["registered by the one that closes", "opened before by plain duckdb"])
def test_a_function_outlives_the_connection_that_registered_it(trained_path, tmp_path, order):
    done = run(tmp_path, CLOSED_FIRST, copied(trained_path, tmp_path), order)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["[(2.0,)]", "[(12497500.0,)]"] * 3 + ["[(1,)]", "[('popularity-2',)]"]


UNCLOSED = """
import sys, mmsql
con = mmsql.connect(sys.argv[1])
print(con.execute("SELECT len(embed_behavior(['i1']))").fetchall())
con.execute("SELECT fused_score([1.0], [2.0])")  # a result nobody fetches, on a connection nobody closes
"""


def test_a_process_may_end_with_the_connection_open(trained_path, tmp_path):
    done = run(tmp_path, UNCLOSED, copied(trained_path, tmp_path))
    assert (done.returncode, done.stdout) == (0, "[(256,)]\n"), done.stderr


def test_the_callers_transaction_is_not_seen_by_training(trained):
    trained.execute("BEGIN; INSERT INTO interactions VALUES ('new', 'i1', 'buy', NULL, NULL)")
    ((users,),) = rows(trained, "SELECT users FROM train('popularity')")
    trained.execute("ROLLBACK")
    assert users == 40
    assert rows(trained, "SELECT count(*) FROM models()") == [(2,)]


def test_a_read_only_file_in_a_read_only_folder(trained_path, tmp_path):
    path = copied(trained_path, tmp_path)
    path.chmod(0o444)
    tmp_path.chmod(0o555)
    try:
        con = mmsql.connect(path, read_only=True)
        assert len(rows(con, "FROM recommend('u0')")) == 10
        con.close()
    finally:
        tmp_path.chmod(0o755)
    assert os.listdir(tmp_path) == ["copy.duckdb"]


def test_training_is_seen_by_another_connection_while_it_runs(trained, monkeypatch):
    path = rows(trained, "SELECT path FROM duckdb_databases() WHERE database_name = current_database()")[0][0]
    seen = []
    real = selection.find_model

    def watched(algorithm: str) -> object:
        with duckdb.connect(path) as other:
            seen.extend(rows(other, "SELECT model, status FROM mmsql.models() ORDER BY model"))
        return real(algorithm)

    monkeypatch.setattr(selection, "find_model", watched)
    trained.execute("CALL train('popularity')").fetchall()
    assert set(seen) == {("graph-1", "ready"), ("popularity-2", "training")}
