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
    report = load_file(con, "items", write("items.csv", "item_id,title\n70,A\n 71,D\n"))
    assert (report.loaded, report.rejected) == (2, 0)
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


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("200::UTINYINT", 200),
        ("4000000000::UINTEGER", 4000000000),
        ("9223372036854775807::UBIGINT", 9223372036854775807),
        ("18446744073709551615::UBIGINT", "18446744073709551615"),
        ("12345678901234567890123::DECIMAL(38, 0)", "12345678901234567890123"),
        ("70.00::DECIMAL(5, 2)", "70"),
        ("70.5::DECIMAL(5, 2)", "70.50"),
        ("70::DOUBLE", "70"),
        ("1e30::DOUBLE", "1000000000000000019884624838656"),
        ("'00000000-0000-0000-0000-000000000001'::UUID", "00000000-0000-0000-0000-000000000001"),
        ("'a'::ENUM ('a', 'b')", "a"),
    ],
)
def test_ids_of_every_type(con, rows, tmp_path: Path, value: str, expected: int | str) -> None:
    path = tmp_path / "ids.parquet"
    con.execute(f"COPY (SELECT {value} AS user_id, {value} AS item_id) TO '{path}'")
    assert load_file(con, "interactions", path).loaded == 1
    assert rows("SELECT user_id, item_id FROM mmsql.interactions") == [(expected, expected)]


@pytest.mark.parametrize("later", ["abc", "18446744073709551615", "1.5", "00-1"])
def test_whole_numbers_become_texts_for_a_later_file(con, rows, numbers, write, later: str) -> None:
    load_file(con, "interactions", numbers)
    load_file(con, "items", write("items.csv", "item_id,title\n70,A\n071.0,B\n"))
    assert rows("SELECT item_id FROM mmsql.items") == [(70,), (71,)]
    report = load_file(con, "relations", write("r.csv", f"item_id,related_id,relation\n70,{later},pair\n"))
    assert f"item_id was BIGINT and is now VARCHAR in all sources, to hold '{later}'" in report.notes
    assert (report.loaded, report.rejected) == (1, 0)
    assert rows("SELECT item_id, related_id FROM mmsql.relations") == [("70", later)]
    assert rows("SELECT item_id FROM mmsql.items") == [("70",), ("71",)]
    assert rows("SELECT user_id, item_id FROM mmsql.interactions") == [(1, "70")]


def test_a_view_keeps_whole_numbers(con, rows, numbers, write) -> None:
    load_file(con, "interactions", numbers)
    con.execute("DROP TABLE mmsql.images; CREATE VIEW mmsql.images AS SELECT 70 AS item_id, NULL AS image")
    report = load_file(con, "items", write("items.csv", "item_id,title\n70,A\nx,C\n"))
    assert (report.loaded, report.rejected) == (1, 1)
    assert rows("SELECT item_id FROM mmsql.items") == [(70,)]


MISSING = ("NA", "NULL", "null", "\\N", "nan", "None", "N/A", "<NA>", "")


def test_words_for_missing_are_no_ids(con, rows, rejects, write) -> None:
    path = write("e.csv", "user_id,item_id\n" + "".join(f"{word},i1\nu1,{word}\n" for word in MISSING) + "u1,i1\n")
    report = load_file(con, "interactions", path)
    assert (report.read, report.loaded, report.rejected) == (2 * len(MISSING) + 1, 1, 2 * len(MISSING))
    assert {reason for _, reason in rejects()} == {"user_id is missing", "item_id is missing"}
    report = load_file(con, "interactions", path, keep_na=True)
    assert report.rejected == 4  # the empty ones, and \N, which is no word
    assert ("u1", "NA") in rows("SELECT user_id, item_id FROM mmsql.interactions")
