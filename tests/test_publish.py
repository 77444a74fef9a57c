"""publish: a small copy that any client opens, put in place in one step."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

import mmsql
from mmsql.db.opening import STORAGE_VERSION
from mmsql.db.schema import MACROS
from mmsql.errors import DatabaseError, ModelError, OptionError
from mmsql.jobs import publishing as publishing
from mmsql.jobs.publishing import publish


def rows(con: duckdb.DuckDBPyConnection, query: str, *values: object) -> list[tuple]:
    return con.execute(query, list(values)).fetchall()


@pytest.fixture
def source(evaluated_path, tmp_path) -> Path:
    """Give a copy of the trained and evaluated small shop, with an older model version, closed."""
    path = tmp_path / "shop.duckdb"
    path.write_bytes(evaluated_path.read_bytes())
    with mmsql.connect(path) as con:
        con.execute("CALL train('popularity', deploy := false)").fetchall()
        con.execute("INSERT INTO images VALUES ('i1', 'a picture'::BLOB)")
    return path


@pytest.mark.core
def test_the_copy_answers_as_the_file_does(source, tmp_path):
    result = publish(source, tmp_path / "out.duckdb")
    assert (result.file, result.model, result.users, result.items) == (
        str(tmp_path / "out.duckdb"),
        "graph-1",
        40,
        13,
    )
    assert result.bytes == (tmp_path / "out.duckdb").stat().st_size
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]
    queries = (
        "FROM mmsql.recommend('u0')",
        "FROM mmsql.recommend_each(k := 3)",
        "FROM mmsql.explain('u0', 'i2')",
        "FROM mmsql.similar_items('i2')",
        "FROM mmsql.audience('i2')",
        "FROM mmsql.popular_items()",
        "FROM mmsql.top_recommendations ORDER BY ALL",
        "FROM mmsql.item_neighbors ORDER BY ALL",
        "SELECT metric FROM mmsql.metrics()",
    )
    with duckdb.connect(str(source), read_only=True) as con:
        expected = [rows(con, query) for query in queries]
    with duckdb.connect(str(tmp_path / "out.duckdb"), read_only=True) as con:
        assert [rows(con, query) for query in queries] == expected


def test_the_copy_holds_no_training_state(source, tmp_path):
    publish(source, tmp_path / "out.duckdb")
    with duckdb.connect(str(tmp_path / "out.duckdb"), read_only=True) as con:
        for table in ("embedding_cache", "training_log", "rejects", "images"):
            assert rows(con, f"SELECT count(*) FROM mmsql.{table}") == [(0,)]
        assert rows(con, "SELECT model, weights FROM mmsql.models") == [("graph-1", None)]
        assert rows(con, "SELECT count(*) FROM mmsql.deployments") == [(1,)]
        ((tags,),) = rows(con, "SELECT tags FROM duckdb_databases() WHERE database_name = current_database()")
        assert tags["storage_version"].startswith(STORAGE_VERSION)
        assert {
            name for (name,) in rows(con, "SELECT function_name FROM duckdb_functions() WHERE schema_name = 'mmsql'")
        } == {name for _, name in MACROS}


def test_connect_opens_the_copy(source, tmp_path):
    publish(source, tmp_path / "out.duckdb")
    with mmsql.connect(tmp_path / "out.duckdb", read_only=True) as con:
        assert len(rows(con, "FROM recommend('u0')")) == 10
        assert rows(con, "SELECT len(embed_comment(NULL)), len(embed_behavior(['i1']))") == [(None, 256)]


def test_views_become_tables_and_keep_their_id_types(tmp_path, counting_encoder):
    path = tmp_path / "shop.duckdb"
    with mmsql.connect(path) as con:
        con.execute("CREATE TABLE main.orders AS SELECT n % 5 AS who, n % 7 AS what FROM range(30) t(n)")
        con.execute("DROP TABLE mmsql.interactions")
        con.execute(
            "CREATE VIEW mmsql.interactions AS SELECT o.who AS user_id, o.what AS item_id, 'buy' AS event, "
            "NULL::DOUBLE AS weight, NULL::TIMESTAMP AS ts FROM main.orders o"
        )
        con.execute("CALL train('graph')").fetchall()
        con.execute("DELETE FROM main.orders WHERE who = 0 AND what > 2")
        expected = rows(con, "FROM recommend(0)")
    publish(path, tmp_path / "out.duckdb")
    with duckdb.connect(str(tmp_path / "out.duckdb"), read_only=True) as con:
        assert rows(con, "FROM mmsql.recommend(0)") == expected
        assert str(con.sql("SELECT item_id FROM mmsql.top_recommendations").types[0]) == "BIGINT"
        assert rows(con, "SELECT table_name FROM duckdb_tables() WHERE schema_name = 'main'") == []


def test_publishing_again_replaces_the_copy_under_its_readers(source, tmp_path):
    target = tmp_path / "out.duckdb"
    publish(source, target)
    reader = duckdb.connect(str(target), read_only=True)
    old = rows(reader, "FROM mmsql.models()")
    with mmsql.connect(source) as con:
        con.execute("CALL deploy('popularity-2')").fetchall()
    publish(source, target)
    assert rows(reader, "FROM mmsql.models()") == old
    with duckdb.connect() as fresh:
        fresh.execute(f"ATTACH '{target}' AS shop (READ_ONLY); USE shop")
        assert rows(fresh, "SELECT model FROM mmsql.models()") == [("popularity-2",)]
    reader.close()


@pytest.mark.parametrize("step", ["_copy", "_counts"])
def test_a_failure_leaves_the_copy_there_was(source, tmp_path, monkeypatch, step):
    target = tmp_path / "out.duckdb"
    publish(source, target)
    before = target.read_bytes()

    def broken(*_: object) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(publishing, step, broken)
    with pytest.raises(RuntimeError, match="disk is full"):
        publish(source, target)
    assert target.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.duckdb", "shop.duckdb"]


def test_what_cannot_be_published(source, tmp_path, shop_path):
    target = tmp_path / "out.duckdb"
    with pytest.raises(DatabaseError, match=r"There is no file .*nothing.duckdb. Run `mmsql init"):
        publish(tmp_path / "nothing.duckdb", target)
    with pytest.raises(DatabaseError, match=r"A file cannot be published over itself. Name another file"):
        publish(source, source)
    with pytest.raises(DatabaseError, match=r"is a directory. Name a file in it, such as .*published.duckdb"):
        publish(source, tmp_path)
    with pytest.raises(DatabaseError, match="There is no directory"):
        publish(source, tmp_path / "nowhere" / "out.duckdb")
    with pytest.raises(DatabaseError, match="is a directory"):
        publish(tmp_path, target)
    with pytest.raises(ModelError, match=r"No model is deployed in .*shop.duckdb. Run `mmsql train .*shop.duckdb`"):
        publish(shop_path, target)
    duckdb.connect(str(tmp_path / "plain.duckdb")).close()
    with pytest.raises(DatabaseError, match="holds no mmsql schema"):
        publish(tmp_path / "plain.duckdb", target)
    with (
        mmsql.connect(source),
        pytest.raises(DatabaseError, match="already open in this process with other settings"),
    ):
        publish(source, target)
    os.mkfifo(pipe := tmp_path / "pipe")
    with pytest.raises(DatabaseError, match="is a device or a pipe, not a file"):
        publish(source, pipe)
    assert pipe.is_fifo()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["pipe", "plain.duckdb", "shop.duckdb"]


def test_a_users_events_lie_together(source, tmp_path):
    with mmsql.connect(source) as con:
        con.execute("INSERT INTO interactions VALUES ('u0', 'i7', 'view', NULL, TIMESTAMP '2026-01-01')")
    publish(source, tmp_path / "out.duckdb")
    with duckdb.connect(str(tmp_path / "out.duckdb"), read_only=True) as con:
        stored = rows(con, "SELECT user_id, ts FROM mmsql.interactions")
        keys = rows(con, "SELECT table_name FROM duckdb_constraints() WHERE constraint_type = 'PRIMARY KEY'")
    assert stored == sorted(stored)
    assert ("serving",) in keys


def test_leftovers_of_killed_runs_are_removed(source, tmp_path):
    (tmp_path / "run").mkdir()
    target = tmp_path / "run" / "out.duckdb"
    dead = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
    gone = [f".out.duckdb.{int(dead.stdout)}-0123abcd{ending}" for ending in ("", ".wal")]
    kept = [f".out.duckdb.{os.getpid()}-0123abcd", ".out.duckdb.backup", ".other.duckdb.1-0123abcd"]
    for name in (*gone, *kept):
        (target.parent / name).write_bytes(b"left")
    publish(source, target)
    assert sorted(path.name for path in target.parent.iterdir()) == sorted(["out.duckdb", *kept])


@pytest.mark.parametrize("left_out", ["users", "comments", "impressions", "interactions"])
def test_tables_can_be_left_out(source, tmp_path, left_out):
    with mmsql.connect(source) as con:
        con.execute("INSERT INTO users VALUES ('u0')")
        con.execute("INSERT INTO impressions (user_id, item_id) VALUES ('u0', 'i1')")
    publish(source, tmp_path / "out.duckdb", without=[left_out])
    with duckdb.connect(str(tmp_path / "out.duckdb"), read_only=True) as con:
        for table in ("users", "comments", "impressions", "interactions"):
            assert (rows(con, f"SELECT count(*) FROM mmsql.{table}") == [(0,)]) == (table == left_out)
        assert rows(con, "SELECT count(*) FROM mmsql.evaluation_lists") == [(0,)] or left_out != "interactions"
        for query in (
            "recommend('u0')",
            "recommend_session(['i1'])",
            "similar_items('i2')",
            "popular_items()",
            "help()",
        ):
            assert rows(con, f"FROM mmsql.{query}"), query
        assert rows(con, "FROM mmsql.top_recommendations")


def test_only_these_tables_can_be_left_out(source, tmp_path):
    with pytest.raises(OptionError, match=r"without.*'items'.*users, comments, impressions, interactions"):
        publish(source, tmp_path / "out.duckdb", without=["items"])


PERSONAL = ("zoe.private", "Zoe Privatus", "zoe@example.com", "+49 171 5550199", "zoe_at_home")


def test_an_anonymous_copy_names_nobody(tmp_path, shop_path, counting_encoder):
    path, target = tmp_path / "shop.duckdb", tmp_path / "out.duckdb"
    path.write_bytes(shop_path.read_bytes())
    users = [f"customer-{n:04}" for n in range(40)]
    with mmsql.connect(path) as con:
        con.execute("UPDATE interactions SET user_id = 'customer-' || lpad(user_id[2:], 4, '0')")
        con.execute("UPDATE comments SET user_id = 'customer-' || lpad(user_id[2:], 4, '0')")
        con.execute("ALTER TABLE comments ADD COLUMN author VARCHAR; UPDATE comments SET author = 'Zoe Privatus'")
        con.execute("UPDATE comments SET body = body || ' Write to zoe@example.com.'")
        con.execute("ALTER TABLE users ADD COLUMN name VARCHAR; ALTER TABLE users ADD COLUMN city VARCHAR")
        con.execute(
            "DELETE FROM users; INSERT INTO users (user_id, name, city) SELECT DISTINCT user_id, "
            "'Zoe Privatus ' || user_id, CASE WHEN user_id < 'customer-0020' THEN 'Bonn' ELSE 'Ulm' END "
            "FROM interactions"
        )
        con.execute("INSERT INTO impressions (user_id, item_id) VALUES ('customer-0003', 'i1')")
        con.execute("CALL train('graph')").fetchall()
        con.execute("CALL evaluate()").fetchall()
        expected = rows(con, "FROM recommend('customer-0001')")
    publish(path, target, anonymous=True)
    with duckdb.connect(str(target), read_only=True) as con:
        hashes = [user for (user,) in rows(con, "SELECT DISTINCT user_id FROM mmsql.interactions")]
        assert {len(user) for user in hashes} == {16}
        assert expected in [rows(con, "FROM mmsql.recommend($1)", user) for user in hashes]
        assert [name for name, *_ in rows(con, "DESCRIBE mmsql.users")] == ["user_id", "city"]
        assert {name for (name,) in rows(con, "SELECT DISTINCT user_id FROM mmsql.comments")} <= set(hashes)
        written = "".join(
            str(con.execute(f"FROM {schema}.{table}").fetchall())
            for schema, table in rows(con, "SELECT schema_name, table_name FROM duckdb_tables()")
        )
    content = target.read_bytes()
    for text in (*users, *PERSONAL, "Privatus", "author"):
        assert text not in written, text
        assert text.encode() not in content, text
    publish(path, tmp_path / "again.duckdb", anonymous=True)
    with duckdb.connect(str(tmp_path / "again.duckdb"), read_only=True) as con:
        assert {user for (user,) in rows(con, "SELECT DISTINCT user_id FROM mmsql.interactions")} == set(hashes)
        assert rows(con, "FROM mmsql.settings WHERE key LIKE '%salt%'") == []
