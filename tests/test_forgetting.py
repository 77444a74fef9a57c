"""Forgetting a user: everything of theirs goes, nothing of others does."""

from __future__ import annotations

import shutil

import duckdb
import pytest

import mmsql
from mmsql.db.schema import TABLES
from mmsql.errors import OptionError, SourceError
from mmsql.jobs import evaluation, forgetting, training

pytestmark = pytest.mark.usefixtures("counting_encoder")


def told(con: duckdb.DuckDBPyConnection, user: object, **options: object) -> dict[str, forgetting.Forgotten]:
    cursor = con.cursor()
    found = {row.table_name: row for row in forgetting.forget(cursor, user, **options)}
    cursor.close()
    return found


def count(con: duckdb.DuckDBPyConnection, query: str, *values: object) -> int:
    return con.execute(f"SELECT count(*) FROM {query}", list(values)).fetchall()[0][0]


def snapshot(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    return {table: count(con, f"mmsql.{table}") for table in TABLES}


def fill(trained):
    """Fill a shop so that u1 stands in every table that can name a user."""
    trained.execute("INSERT INTO users VALUES ('u1'), ('u2')")
    trained.execute(
        "INSERT INTO comments VALUES ('i0', 'u1', 'Only mine', 5, NULL), ('i0', 'u1', 'Said by two', 5, NULL), "
        "('i0', 'u2', 'Said by two', 5, NULL), ('i0', 'u1', 'Book 4. About number 4', 3, NULL), "
        "('i0', 'u1', NULL, 3, NULL), ('i0', NULL, 'Said by nobody', 3, NULL)"
    )
    trained.execute("INSERT INTO impressions(user_id, item_id) VALUES ('u1', 'i0'), ('u2', 'i0')")
    trained.execute("INSERT INTO interactions VALUES ('u1', NULL, 'view', NULL, NULL), ('u2', NULL, 'view', 1, NULL)")
    training.train(trained.cursor(), "ials", options={"embedding_size": 4, "epochs": 1})
    evaluation.evaluate(trained.cursor())
    trained.execute("INSERT INTO checkpoints VALUES ('recipe', 'stage', 'abc'::BLOB, NULL)")


@pytest.fixture
def full(made_once, trained_path, open_copy, counting_encoder):
    """Give a trained and evaluated shop in which u1 stands in every table that can name a user."""

    def make(path):
        with mmsql.connect(shutil.copyfile(trained_path, path)) as con:
            fill(con)

    return open_copy(made_once("full", make))


@pytest.mark.core
def test_everything_of_the_user_goes_and_nothing_else(full):
    before = snapshot(full)
    others = {table: count(full, f"mmsql.{table} WHERE user_id <> 'u1'") for table in forgetting.USER_TABLES}
    found = told(full, "u1")
    after = snapshot(full)
    for table, row in found.items():
        assert row.removed == (table != "models"), table
        assert row.rows > 0, table
        assert before[table] - after[table] == (row.rows if row.removed else 0), table
    untouched = set(TABLES) - set(found)
    assert {table: before[table] for table in untouched} == {table: after[table] for table in untouched}
    assert {table: after[table] for table in others} == others
    for table in (*forgetting.SOURCE_TABLES, *forgetting.USER_TABLES):
        assert not count(full, f"mmsql.{table} WHERE user_id = 'u1'"), table
    assert count(full, "mmsql.rejects") == 1
    assert "CALL train() makes a model without it" in found["models"].note
    assert full.execute("SELECT count(*) FROM recommend('u1')").fetchall() == [(10,)]
    assert full.execute("SELECT source FROM recommend('u1', k := 1)").fetchall()[0][0] != "ials"


def test_every_table_that_names_users_is_looked_at(full):
    rows = full.execute(
        "SELECT table_name FROM duckdb_columns() WHERE schema_name = 'mmsql' AND column_name = 'user_id'"
    ).fetchall()
    tables = {name for (name,) in rows} & set(TABLES)
    assert tables == {*forgetting.SOURCE_TABLES, *forgetting.USER_TABLES}


def test_only_texts_that_nobody_else_has_leave_the_cache(full):
    def cached(text: str) -> int:
        return count(full, "mmsql.embedding_cache WHERE content_hash = md5(?)", text)

    assert [cached(text) for text in ("Only mine", "Said by two", "Book 4. About number 4")] == [1, 1, 1]
    told(full, "u1")
    assert [cached(text) for text in ("Only mine", "Said by two", "Book 4. About number 4")] == [0, 1, 1]
    told(full, "u2")
    assert cached("Said by two") == 0
    assert cached("Said by nobody") == 1


def test_a_dry_run_counts_the_same_and_changes_nothing(full):
    before = snapshot(full)
    counted = told(full, "u1", dry_run=True)
    assert snapshot(full) == before
    assert not any(row.removed for row in counted.values())
    assert {name: row.rows for name, row in counted.items()} == {name: r.rows for name, r in told(full, "u1").items()}


def test_the_next_training_knows_nothing_of_the_user(full):
    told(full, "u1")
    training.train(full.cursor(), "ials", options={"embedding_size": 4, "epochs": 1})
    for table in (*forgetting.SOURCE_TABLES, *forgetting.USER_TABLES):
        assert not count(full, f"mmsql.{table} WHERE user_id = 'u1'"), table


def test_sql_answers_a_row_a_table_and_needs_one_call(full):
    rows = full.execute("SELECT table_name, rows, removed FROM forget('u1', dry_run := true)").fetchall()
    assert [name for name, _, _ in rows][:3] == ["interactions", "comments", "users"]
    assert not any(removed for _, _, removed in rows)
    called = full.execute("CALL forget('u1')").fetchall()
    assert [row[:2] for row in called] == [row[:2] for row in rows]
    with pytest.raises(duckdb.Error, match="There is no user 'u1' in this file: no event, comment, vector or list"):
        full.execute("CALL forget('u1')")


@pytest.mark.parametrize("user", ["nobody", "U1", "u1 ", "'; DROP TABLE mmsql.users; --", '"', "\\", "用户"])
def test_an_unknown_user(full, user):
    before = snapshot(full)
    with pytest.raises(OptionError, match=r"Ids are VARCHAR and are compared as text\. Look them up: SELECT"):
        told(full, user)
    assert snapshot(full) == before


@pytest.mark.parametrize("user", ["NULL", "''"])
def test_no_user(full, user):
    with pytest.raises(duckdb.Error, match=r"forget needs a user id; .* was given. Type one, such as CALL forget"):
        full.execute(f"CALL forget({user})")


@pytest.mark.parametrize("given", ["'yes'", "1", "NULL"])
def test_a_dry_run_that_is_neither_true_nor_false_removes_nothing(full, given):
    before = snapshot(full)
    with pytest.raises(duckdb.Error, match=r"dry_run must be true or false; .* was given"):
        full.execute(f"CALL forget('u1', dry_run := {given})")
    assert snapshot(full) == before


@pytest.mark.parametrize("user", ["it's", 'say "x"', "a.b*c", "用户 1", "back\\slash"])
def test_ids_with_odd_letters(shop, user):
    shop.execute(
        "INSERT INTO interactions VALUES (?, 'i0', 'view', NULL, NULL), (?, NULL, 'view', 1, NULL)", [user] * 2
    )
    shop.execute("INSERT INTO rejects SELECT 'comments', 'bad', json_object('reviewer', ?), NULL", [user])
    training.train(shop.cursor(), "popularity")
    shop.execute("INSERT INTO rejects SELECT 'comments', 'bad', json_object('reviewer', ? || 'x'), NULL", [user])
    found = told(shop, user)
    assert (found["interactions"].rows, found["rejects"].rows) == (2, 2)
    assert count(shop, "mmsql.rejects") == 1


def test_rejected_rows_of_files_are_found_by_any_column(shop):
    quoting = ['{"reviewerID": "u1", "asin": null}', '"u1,i4,view"', '{"user_id": " u1 "}', '["x", "u1"]']
    others = ['{"reviewerID": "u11"}', '"u1-b,i4"', '{"user_id": "u2", "body": "as u1 said"}', "null", '"i1,u,1"']
    for row in (*quoting, *others):
        shop.execute("INSERT INTO rejects VALUES ('comments', 'bad', ?, NULL)", [row])
    shop.execute("INSERT INTO rejects VALUES ('comments', 'bad', NULL, NULL)")
    assert told(shop, "u1")["rejects"].rows == len(quoting)
    left = shop.execute('SELECT CAST("row" AS VARCHAR) FROM rejects WHERE "row" IS NOT NULL').fetchall()
    assert sorted(text for (text,) in left) == sorted(others)


def test_numbers_as_ids(tmp_path):
    with mmsql.connect(tmp_path / "numbers.duckdb") as con:
        con.execute(
            "CREATE OR REPLACE TABLE mmsql.interactions(user_id BIGINT, item_id BIGINT, event VARCHAR, "
            "weight DOUBLE, ts TIMESTAMP)"
        )
        con.execute(
            "INSERT INTO interactions SELECT u, i, 'view', 1, NULL FROM range(30) a(u), range(5) b(i) "
            "WHERE (u + i) % 3 > 0"
        )
        training.train(con.cursor(), "graph")
        with pytest.raises(duckdb.Error, match=r"There is no user '1\.4' in this file.*Ids are BIGINT"):
            con.execute("CALL forget(1.4)")
        rows = dict(con.execute("SELECT table_name, rows FROM forget(1)").fetchall())
        assert rows["interactions"] == 4
        assert rows["recommendations"] > 0
        assert count(con, "interactions WHERE user_id = 1") == 0
        assert count(con, "interactions") == 96
        con.execute("CALL forget('11')").fetchall()
        assert count(con, "interactions WHERE user_id = 11") == 0


def test_views_are_counted_and_left_to_their_owner(full):
    full.execute("CREATE TABLE shop_orders AS FROM mmsql.interactions")
    full.execute("CREATE TABLE shop_notes AS FROM mmsql.comments")
    full.execute("DROP TABLE mmsql.interactions")
    full.execute("DROP TABLE mmsql.comments")
    full.execute("CREATE VIEW mmsql.interactions AS FROM main.shop_orders")
    full.execute("CREATE VIEW mmsql.comments AS FROM main.shop_notes")
    found = told(full, "u1")
    for table in ("interactions", "comments"):
        assert found[table].rows > 0
        assert not found[table].removed
        assert found[table].note == "A view over your own tables: delete these rows there."
    assert found["users"].removed
    assert found["recommendations"].removed
    assert found["embedding_cache"].removed
    assert count(full, "shop_orders WHERE user_id = 'u1'") == found["interactions"].rows


def test_a_view_without_a_column(full):
    full.execute("DROP TABLE mmsql.users")
    full.execute("CREATE VIEW mmsql.users AS SELECT 'u1' AS name")
    with pytest.raises(SourceError, match=r"mmsql\.users lacks the column user_id"):
        told(full, "u1")


def test_while_another_connection_reads(full):
    reader = full.cursor()
    reader.execute("BEGIN")
    ((before,),) = reader.execute("SELECT count(*) FROM mmsql.interactions WHERE user_id = 'u1'").fetchall()
    found = told(full, "u1")
    assert found["interactions"].rows == before
    assert count(reader, "mmsql.interactions WHERE user_id = 'u1'") == before
    reader.execute("COMMIT")
    assert count(reader, "mmsql.interactions WHERE user_id = 'u1'") == 0


def test_what_fails_half_way_removes_nothing(full, monkeypatch):
    before = snapshot(full)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(forgetting, "_trained_with", killed)
    with pytest.raises(KeyboardInterrupt):
        told(full, "u1")
    assert snapshot(full) == before
    assert count(full, "duckdb_tables() WHERE temporary AND table_name LIKE 'forgotten%'") == 0


def test_a_read_only_file_can_only_be_counted(trained_path):
    with mmsql.connect(trained_path, read_only=True) as con:
        with pytest.raises(duckdb.Error, match="is open read-only"):
            con.execute("CALL forget('u1')")
        rows = dict(con.execute("SELECT table_name, rows FROM forget('u1', dry_run := true)").fetchall())
        assert rows["interactions"] > 0
