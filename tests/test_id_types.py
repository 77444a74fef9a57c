"""Ids that change their type: nothing is lost until a model of the new ids exists."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

import mmsql
from mmsql.data import id_types
from mmsql.errors import EncoderError, SourceError
from mmsql.jobs import training
from mmsql.loading.single_file import load_file
from mmsql.store import versions

pytestmark = pytest.mark.core

EVENTS = (
    "SELECT u::BIGINT AS user_id, ((u + s) % 9)::BIGINT AS item_id, 'view' AS event, "
    "NULL::DOUBLE AS weight, TIMESTAMP '2025-01-01' + to_hours(u * 9 + s) AS ts "
    "FROM range(30) t(u), range(3) r(s)"
)
NUMBERED = f"CREATE VIEW mmsql.interactions AS {EVENTS}"


@pytest.fixture
def renumbered(trained: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """Give a file trained on text ids whose sources now have numbers, the old events kept in another table."""
    trained.execute("CREATE TABLE kept AS FROM mmsql.interactions")
    for source in ("interactions", "items", "comments"):
        trained.execute(f"DELETE FROM mmsql.{source}")
    trained.execute("DROP TABLE mmsql.interactions")
    trained.execute(NUMBERED)
    return trained


def put_back(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("DROP VIEW mmsql.interactions")
    con.execute("CREATE TABLE mmsql.interactions AS FROM kept")


def test_a_failed_training_leaves_the_old_ids_serving(renumbered):
    with pytest.raises(EncoderError):
        training.train(renumbered.cursor(), "graph", encoder="/no/such/encoder")
    put_back(renumbered)
    assert renumbered.execute("SELECT item_id FROM recommend('u0', k := 1)").fetchall() == [("i2",)]


@pytest.mark.parametrize(
    "call", ["CALL evaluate()", "CALL refresh()", "CALL train(algorithm := 'graph', deploy := false)"]
)
def test_what_does_not_deploy_a_model_of_the_new_ids_refuses(renumbered, call):
    with pytest.raises(duckdb.Error, match=r"user_id is BIGINT in mmsql\.interactions now, and VARCHAR in the model"):
        renumbered.execute(call)
    put_back(renumbered)
    assert renumbered.execute("SELECT item_id FROM recommend('u0', k := 1)").fetchall() == [("i2",)]


def test_a_model_of_the_new_ids_retires_the_old_ones(renumbered):
    renumbered.execute("CALL train(algorithm := 'graph')").fetchall()
    assert renumbered.execute("SELECT item_id FROM recommend(1, k := 1)").fetchall() == [(4,)]
    status = dict(renumbered.execute("SELECT model, status FROM models()").fetchall())
    assert status == {"graph-1": "retired", "graph-2": "ready"}
    with pytest.raises(duckdb.Error, match="no earlier deployment"):
        renumbered.execute("CALL rollback()")
    renumbered.execute("CALL evaluate()").fetchall()
    assert id_types.id_type_changes(renumbered) == []


def test_the_check_names_the_columns_type(renumbered):
    with pytest.raises(SourceError, match=r"Run CALL train\(\) to make a model of the new ids"):
        versions.check_id_types(renumbered.cursor())


def test_a_file_whose_ids_are_numbers_opens_before_training_and_after(tmp_path: Path):
    path = tmp_path / "numbers.duckdb"
    con = mmsql.connect(path)
    con.execute("DROP TABLE mmsql.interactions")
    con.execute(NUMBERED)
    con.close()
    con = mmsql.connect(path)  # users and items are empty, and have text ids still
    con.execute("DROP TABLE mmsql.items")
    con.execute(
        "CREATE VIEW mmsql.items AS SELECT range AS item_id, 'Tea ' || range AS title, NULL AS description, "
        "'Tea' AS category, 'Acme' AS brand, 4.5 AS price, true AS available FROM range(9)"
    )
    con.execute("CALL train(algorithm := 'graph')").fetchall()
    con.close()
    con = mmsql.connect(path)
    assert con.execute("SELECT value, members FROM exposure('brand')").fetchall() == [("Acme", 9)]
    assert con.execute("SELECT value FROM drift() WHERE measure = 'new_events'").fetchall() == [(0.0,)]
    con.close()


def test_a_model_of_whole_numbers_serves_texts(tmp_path: Path):
    events = tmp_path / "events.parquet"
    duckdb.execute(f"COPY (SELECT * REPLACE (user_id::INTEGER AS user_id) FROM ({EVENTS})) TO '{events}'")
    with mmsql.connect(tmp_path / "shop.duckdb") as con:
        load_file(con, "interactions", events)
        con.execute("CALL train(algorithm := 'graph')").fetchall()
        asked = "SELECT r.item_id, r.score FROM range(30) t(u), LATERAL recommend(t.u, k := 3) r ORDER BY ALL"
        numbers = con.execute(asked).fetchall()
        assert {type(item) for item, _ in numbers} == {int}
        items, users = tmp_path / "items.csv", tmp_path / "users.csv"
        items.write_text("item_id,title\nnew,New\n")
        users.write_text("user_id\nnobody\n")
        load_file(con, "items", items)
        load_file(con, "users", users)
        texts = con.execute(asked).fetchall()
        assert sorted((int(item), score) for item, score in texts) == sorted(numbers)
        con.execute("CALL refresh()").fetchall()
        assert con.execute("SELECT model FROM models() WHERE deployed").fetchall()
