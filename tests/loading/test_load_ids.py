"""Ids stay as they are, and compare across sources."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from mmsql.errors import SourceError
from mmsql.loading.single_file import load_file


def types_of(con: duckdb.DuckDBPyConnection, table: str) -> dict[str, str]:
    return {name: kind for name, kind, *_ in con.execute(f"DESCRIBE mmsql.{table}").fetchall()}


@pytest.fixture
def numbers(con, tmp_path: Path) -> Path:
    path = tmp_path / "events.parquet"
    con.execute(f"COPY (SELECT 1::INTEGER AS user_id, 70::BIGINT AS item_id, 'buy' AS event) TO '{path}'")
    return path


def test_whole_numbers_of_parquet_stay_numbers(con, rows, numbers, write) -> None:
    report = load_file(con, "interactions", numbers)
    assert report.notes[:2] == (
        "user_id is now BIGINT in all sources, as in the file",
        "item_id is now BIGINT in all sources, as in the file",
    )
    assert rows("SELECT user_id, item_id FROM mmsql.interactions") == [(1, 70)]
    for table, column in (
        ("items", "item_id"),
        ("images", "item_id"),
        ("comments", "user_id"),
        ("users", "user_id"),
    ):
        assert types_of(con, table)[column] == "BIGINT"
    assert load_file(con, "interactions", numbers).unchanged == 1
    report = load_file(con, "items", write("items.csv", "item_id,title\n70,A\n1.5,B\nx,C\n 71,D\n"))
    assert (report.loaded, report.rejected) == (2, 2)
    assert rows("SELECT item_id, title FROM mmsql.items") == [(70, "A"), (71, "D")]


def test_once_there_are_rows_they_become_texts(con, rows, numbers, write) -> None:
    load_file(con, "items", write("items.csv", "item_id,title\n70,A\n"))
    report = load_file(con, "interactions", numbers)
    assert report.notes == ("user_id is now BIGINT in all sources, as in the file",)
    assert rows("SELECT user_id, item_id FROM mmsql.interactions") == [(1, "70")]


def test_a_view_with_texts_keeps_them_texts(con, rows, numbers) -> None:
    con.execute("DROP TABLE mmsql.items; CREATE VIEW mmsql.items AS SELECT '70' AS item_id, 'A' AS title")
    load_file(con, "interactions", numbers)
    assert rows("SELECT item_id FROM mmsql.interactions") == [("70",)]


def test_a_view_with_numbers_does_not_mind(con, rows, numbers) -> None:
    con.execute("DROP TABLE mmsql.items; CREATE VIEW mmsql.items AS SELECT 70 AS item_id, 'A' AS title")
    load_file(con, "interactions", numbers)
    assert rows("SELECT item_id FROM mmsql.interactions") == [(70,)]


def test_numbers_of_csv_and_json_are_texts(con, rows, write) -> None:
    load_file(con, "interactions", write("a.csv", "user_id,item_id\n007,1\n"))
    load_file(con, "interactions", write("b.jsonl", '{"user_id": 12345678901, "item_id": 1}'))
    assert rows("SELECT user_id FROM mmsql.interactions") == [("007",), ("12345678901",)]


def test_a_failed_load_leaves_the_types(con, tmp_path: Path) -> None:
    path = tmp_path / "bad.parquet"
    con.execute(f"COPY (SELECT NULL::INTEGER AS user_id, 7 AS item_id) TO '{path}'")
    with pytest.raises(SourceError, match="user_id is missing"):
        load_file(con, "interactions", path)
    assert types_of(con, "interactions")["item_id"] == "VARCHAR"


def test_ids_of_your_own_type(con, rows, write) -> None:
    con.execute("ALTER TABLE mmsql.users ALTER user_id TYPE UUID")
    text = "00000000-0000-0000-0000-000000000001"
    report = load_file(con, "users", write("users.csv", f"user_id\n{text}\nx\n"))
    assert (report.loaded, report.rejected) == (1, 1)
    assert rows("SELECT user_id::VARCHAR FROM mmsql.users") == [(text,)]
