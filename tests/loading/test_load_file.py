"""Loading files of each kind into each source."""

from __future__ import annotations

import gzip
import json
from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from mmsql.errors import OptionError
from mmsql.loading.single_file import load_file

DAY = datetime(2024, 1, 31)
EVENTS = [("u1", "00123", "buy", 2.0, DAY), ("u2", "7", "view", None, None)]
CSV = "user_id,item_id,event,weight,ts\nu1,00123,buy,2,2024-01-31\nu2,7,view,,\n"
JSON_ROWS = [
    {"user_id": "u1", "item_id": "00123", "event": "buy", "weight": 2, "ts": "2024-01-31"},
    {"user_id": "u2", "item_id": 7, "event": "view", "weight": None},
]
JSON_LINES = "\n".join(json.dumps(row) for row in JSON_ROWS)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("events.csv", CSV),
        ("events.CSV", CSV.replace("\n", "\r\n")),
        ("bom.csv", "\ufeff" + CSV),
        ("semicolon.csv", CSV.replace(",", ";")),
        ("pipe.csv", CSV.replace(",", "|")),
        ("tab.csv", CSV.replace(",", "\t")),
        ("events.tsv", CSV.replace(",", "\t")),
        ("no_last_newline.csv", CSV.rstrip()),
        ("packed.csv.gz", gzip.compress(CSV.encode())),
        ("packed_in_two.csv.gz", gzip.compress(CSV[:40].encode()) + gzip.compress(CSV[40:].encode())),
        ("odd [1] *?.csv", CSV),
        ("it's.csv", CSV),
        ("year=2024/events.csv", CSV),
        ("events.jsonl", JSON_LINES),
        ("crlf.jsonl", JSON_LINES.replace("\n", "\r\n\r\n") + "\r\n"),
        ("bom.jsonl", "\ufeff" + JSON_LINES),
        ("events.ndjson", JSON_LINES),
        ("lines.json", JSON_LINES),
        ("packed.jsonl.gz", gzip.compress(JSON_LINES.encode())),
        ("array.json", json.dumps(JSON_ROWS)),
        ("pretty.json", json.dumps(JSON_ROWS, indent=2)),
        ("packed_array.json.gz", gzip.compress(json.dumps(JSON_ROWS, indent=2).encode())),
        ("one_after_another.json", "\n".join(json.dumps(row, indent=2) for row in JSON_ROWS)),
    ],
)
def test_kinds_of_files(con, rows, write, name: str, content: str | bytes) -> None:
    report = load_file(con, "interactions", write(name, content))
    assert (report.read, report.loaded, report.rejected, report.flawed) == (2, 2, 0, 0)
    assert report.notes == ()
    assert rows("FROM mmsql.interactions") == EVENTS


def test_parquet(con, rows, tmp_path: Path) -> None:
    path = tmp_path / "events.parquet"
    con.execute(
        f"COPY (SELECT 'u1' AS user_id, '00123' AS item_id, 'buy' AS event, 2::DECIMAL(9,2) AS weight, "
        f"DATE '2024-01-31' AS ts UNION ALL SELECT 'u2', '7', 'view', NULL, NULL) TO '{path}'"
    )
    assert load_file(con, "interactions", path).loaded == 2
    assert rows("FROM mmsql.interactions") == EVENTS


@pytest.mark.parametrize("zone", ["UTC", "Asia/Shanghai"])
def test_parquet_times_with_zone_come_in_utc(con, rows, tmp_path: Path, zone: str) -> None:
    con.execute(f"SET TimeZone = '{zone}'")
    path = tmp_path / "events.parquet"
    con.execute(
        f"COPY (SELECT 'u' AS user_id, 'i' AS item_id, TIMESTAMPTZ '2024-01-31 02:00:00+02' AS ts) TO '{path}'"
    )
    load_file(con, "interactions", path)
    assert rows("SELECT ts FROM mmsql.interactions") == [(DAY,)]


@pytest.mark.parametrize("unit", ["TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS", "TIMESTAMP"])
def test_parquet_times_of_any_unit(con, rows, tmp_path: Path, unit: str) -> None:
    path = tmp_path / "events.parquet"
    con.execute(f"COPY (SELECT 'u' AS user_id, 'i' AS item_id, '2024-01-31'::{unit} AS ts) TO '{path}'")
    load_file(con, "interactions", path)
    assert rows("SELECT ts FROM mmsql.interactions") == [(DAY,)]


def test_missing_numbers_of_parquet_are_no_flaws(con, rows, rejects, tmp_path: Path) -> None:
    path = tmp_path / "events.parquet"
    con.execute(f"COPY (SELECT 'u' AS user_id, 5.0::DOUBLE AS item_id, 'nan'::DOUBLE AS weight) TO '{path}'")
    assert load_file(con, "interactions", path).flawed == 0
    assert rows("SELECT item_id, weight FROM mmsql.interactions") == [("5", None)]
    assert rejects() == []


@pytest.mark.parametrize(
    ("source", "content", "expected"),
    [
        (
            "items",
            'item_id,title,price,available\ni1,A,"$1,299.00",yes\n',
            [("i1", "A", None, None, None, 1299.0, True)],
        ),
        (
            "comments",
            "item_id,user_id,body,rating,ts\ni1,u1,好,4.5,1706659200\n",
            [("i1", "u1", "好", 4.5, DAY)],
        ),
        ("comments", "item_id,body\ni1,fine\n", [("i1", None, "fine", None, None)]),
        ("users", "user_id\nu1\n", [("u1",)]),
        ("interactions", "user_id,item_id\nu1,i1\n", [("u1", "i1", None, None, None)]),
    ],
)
def test_sources(con, rows, write, source: str, content: str, expected: list) -> None:
    assert load_file(con, source, write("file.csv", content)).loaded == 1
    assert rows(f"FROM mmsql.{source}") == expected


def test_mapping(con, rows, write) -> None:
    path = write("orders.csv", "Customer,SKU,when,what,user_id\nu1,00123,1706659200,buy,row 1\n")
    mapping = {"customer": "user_id", "SKU": "item_id", "when": "ts", "what": "event"}
    report = load_file(con, "interactions", path, mapping)
    assert rows("FROM mmsql.interactions") == [("u1", "00123", "buy", None, DAY)]
    assert report.notes == ("column user_id is ignored, since --map gives Customer for user_id",)


def test_column_names_in_any_case(con, rows, write) -> None:
    load_file(con, "items", write("items.csv", "ITEM_ID,Title\ni1,A\n"))
    assert rows("SELECT item_id, title FROM mmsql.items") == [("i1", "A")]
    assert len(con.execute("FROM mmsql.items").description) == 7


def test_further_columns_of_events_are_told(con, write) -> None:
    report = load_file(con, "interactions", write("events.csv", "user_id,item_id,shop,page\nu,i,x,y\n"))
    assert report.notes == ("ignored columns: shop, page",)


def types_of(con: duckdb.DuckDBPyConnection, table: str) -> dict[str, str]:
    return {name: kind for name, kind, *_ in con.execute(f"DESCRIBE mmsql.{table}").fetchall()}


def test_attributes_of_csv_get_types_that_lose_nothing(con, rows, write) -> None:
    path = write(
        "items.csv",
        "item_id,colour,size,weight_kg,fragile,zip,empty,mixed\n1,red,38,0.5,true,00123,,5\n2,,39,1,FALSE,10115,,x\n",
    )
    report = load_file(con, "items", path)
    kinds = types_of(con, "items")
    assert {name: kinds[name] for name in ("colour", "size", "weight_kg", "fragile", "zip", "mixed")} == {
        "colour": "VARCHAR",
        "size": "BIGINT",
        "weight_kg": "DOUBLE",
        "fragile": "BOOLEAN",
        "zip": "VARCHAR",
        "mixed": "VARCHAR",
    }
    assert "empty" not in kinds
    assert "ignored columns, which hold nothing that can be loaded: empty" in report.notes
    assert rows("SELECT colour, size, weight_kg, fragile, zip, mixed FROM mmsql.items") == [
        ("red", 38, 0.5, True, "00123", "5"),
        (None, 39, 1.0, False, "10115", "x"),
    ]


def test_attributes_of_json(con, rows, write) -> None:
    lines = [
        {"item_id": "1", "category": ["A", "B"], "tags": ["x", "y"], "size": 38, "ratio": 1.5, "new": True},
        {"item_id": "2", "category": "C", "tags": [], "size": None, "maker": {"name": "M"}, "code": "7"},
        {"item_id": "3", "description": ["One.", "Two."], "size": 40, "code": 8},
    ]
    load_file(con, "items", write("items.jsonl", "\n".join(map(json.dumps, lines))))
    assert rows("SELECT item_id, category, description, tags, size, ratio, new, maker, code FROM mmsql.items") == [
        ("1", "A > B", None, ["x", "y"], 38, 1.5, True, None, None),
        ("2", "C", None, [], None, None, None, '{"name":"M"}', "7"),
        ("3", None, "One.\nTwo.", None, 40, None, None, None, "8"),
    ]


def test_attributes_of_parquet_keep_their_types(con, rows, tmp_path: Path) -> None:
    path = tmp_path / "items.parquet"
    con.execute(
        f"COPY (SELECT 'i' AS item_id, ['A', 'B'] AS category, ['x'] AS tags, DATE '2024-01-31' AS since, "
        "'nan'::DOUBLE AS ratio, 3::TINYINT AS stars "
        f"UNION ALL SELECT 'j', NULL, NULL, NULL, 2.5, NULL) TO '{path}'"
    )
    load_file(con, "items", path)
    assert rows("SELECT category, tags, since, ratio, stars FROM mmsql.items WHERE item_id = 'i'") == [
        ("A > B", ["x"], DAY.date(), None, 3)
    ]
    assert types_of(con, "items")["since"] == "DATE"


def test_users_have_attributes(con, rows, write) -> None:
    load_file(con, "users", write("users.csv", "user_id,age,city\nu1,30,北京\nu2,,Köln\n"))
    assert rows("SELECT user_id, age, city FROM mmsql.users") == [("u1", 30, "北京"), ("u2", None, "Köln")]


@pytest.mark.parametrize(
    ("second", "kind", "expected"),
    [
        ("2,40\n", "BIGINT", [(38,), (40,)]),
        ("2,40.5\n", "DOUBLE", [(38.0,), (40.5,)]),
        ("2,XL\n", "VARCHAR", [("38",), ("XL",)]),
        ("2,true\n", "VARCHAR", [("38",), ("true",)]),
    ],
)
def test_attributes_grow_wider(con, rows, write, second: str, kind: str, expected: list) -> None:
    load_file(con, "items", write("a.csv", "item_id,size\n1,38\n"))
    report = load_file(con, "items", write("b.csv", "item_id,Size\n" + second))
    assert types_of(con, "items")["size"] == kind
    assert rows("SELECT size FROM mmsql.items") == expected
    assert any("size was BIGINT" in note for note in report.notes) == (kind != "BIGINT")


def test_lists_stay_lists(con, rows, write) -> None:
    load_file(con, "items", write("a.jsonl", '{"item_id": "1", "tags": ["x"], "note": "n"}'))
    load_file(con, "items", write("b.jsonl", '{"item_id": "2", "tags": "y", "note": ["p", "q"]}'))
    assert rows("SELECT tags, note FROM mmsql.items") == [(["x"], "n"), (["y"], "p, q")]


class TestLoadingAgain:
    """Loading a file twice changes nothing; a later file wins."""

    def test_events(self, con, everything, write) -> None:
        path = write("events.csv", CSV + "u1,00123,buy,2,2024-02-01\nu1,00123,buy,2,2024-02-01\n,1,buy,,\n")
        first = load_file(con, "interactions", path)
        assert (first.read, first.loaded, first.unchanged, first.rejected) == (5, 3, 1, 1)
        before = everything()
        second = load_file(con, "interactions", path)
        assert (second.read, second.loaded, second.unchanged, second.rejected) == (5, 0, 4, 1)
        assert everything() == before

    def test_events_of_another_file_are_added(self, con, rows, write) -> None:
        load_file(con, "interactions", write("a.csv", CSV))
        report = load_file(con, "interactions", write("b.csv", CSV + "u3,7,buy,,\n"))
        assert (report.loaded, report.unchanged) == (1, 2)
        assert rows("SELECT count(*) FROM mmsql.interactions") == [(3,)]

    def test_items(self, con, everything, write) -> None:
        path = write("items.csv", "item_id,title,price,tag\n1,A,5,x\n2,B,no price,\n1,A2,6,y\n,C,,\n")
        first = load_file(con, "items", path)
        assert (first.read, first.loaded, first.rejected, first.flawed) == (4, 2, 2, 1)
        before = everything()
        second = load_file(con, "items", path)
        assert (second.loaded, second.updated, second.unchanged, second.rejected) == (0, 0, 2, 2)
        assert everything() == before

    def test_a_later_file_updates_items(self, con, rows, write) -> None:
        load_file(con, "items", write("a.csv", "item_id,title,price,tag\n1,A,5,x\n2,B,6,\n3,C,7,z\n"))
        report = load_file(con, "items", write("b.csv", "item_id,price\n1,5\n2,8\n4,9\n"))
        assert (report.loaded, report.updated, report.unchanged) == (1, 1, 1)
        assert rows("SELECT item_id, title, price, tag FROM mmsql.items") == [
            ("1", "A", 5.0, "x"),
            ("2", "B", 8.0, None),
            ("3", "C", 7.0, "z"),
            ("4", None, 9.0, None),
        ]

    def test_an_unreadable_price_leaves_the_old_one(self, con, rows, write) -> None:
        load_file(con, "items", write("a.csv", "item_id,price,available\n1,5,yes\n2,6,no\n"))
        report = load_file(con, "items", write("b.csv", "item_id,price,available\n1,ask us,maybe\n2,,\n"))
        assert (report.updated, report.unchanged, report.flawed) == (0, 2, 1)
        assert rows("SELECT item_id, price, available FROM mmsql.items") == [("1", 5.0, True), ("2", 6.0, False)]

    def test_a_blank_value_erases_nothing(self, con, rows, write) -> None:
        content = (
            "item_id,title,price,colour,size\n1,A,5,red,7\n1,,6,,\n1,B,ask us,  ,\n2,,,,\n2,C,,NA,9\n2,,3,blue,\n"
        )
        report = load_file(con, "items", write("a.csv", content))
        assert (report.read, report.loaded, report.rejected) == (6, 2, 4)
        expected = [("1", "B", 6.0, "red", 7), ("2", "C", 3.0, "blue", 9)]
        assert rows("SELECT item_id, title, price, colour, size FROM mmsql.items") == expected
        load_file(con, "items", write("b.csv", "item_id,title,price,colour,size\n1,,,,\n2,D,,,10\n"))
        assert rows("SELECT item_id, title, price, colour, size FROM mmsql.items") == [
            expected[0],
            ("2", "D", 3.0, "blue", 10),
        ]
        load_file(con, "users", write("u.csv", "user_id,city\nu,Bonn\nu,\n"))
        assert rows("SELECT user_id, city FROM mmsql.users") == [("u", "Bonn")]

    def test_the_last_row_of_an_item_wins_in_a_long_file(self, con, rows, tmp_path: Path) -> None:
        path = tmp_path / "items.csv"
        con.execute(f"COPY (SELECT range % 1000 AS item_id, range AS title FROM range(150_000)) TO '{path}' (HEADER)")
        report = load_file(con, "items", path)
        assert (report.loaded, report.rejected) == (1000, 149_000)
        assert rows("SELECT count(*) FROM mmsql.items WHERE CAST(title AS BIGINT) < 149_000") == [(0,)]

    def test_items_doubled_in_the_table_come_out_single(self, con, rows, write) -> None:
        con.execute("INSERT INTO mmsql.items BY NAME SELECT '1' AS item_id, 'A' AS title FROM range(2)")
        report = load_file(con, "items", write("items.csv", "item_id,title\n1,B\n"))
        assert (report.loaded, report.updated) == (0, 1)
        assert rows("SELECT item_id, title FROM mmsql.items") == [("1", "B")]

    def test_comments(self, con, everything, rows, write) -> None:
        path = write(
            "c.csv",
            "item_id,user_id,body,rating,ts\n1,u,fine,4,\n1,u,fine,4,2024-01-31\n1,,fine,,\n1,u,,5,\n",
        )
        first = load_file(con, "comments", path)
        assert (first.read, first.loaded, first.rejected) == (4, 3, 1)
        before = everything()
        assert load_file(con, "comments", path).unchanged == 3
        assert everything() == before
        report = load_file(con, "comments", write("d.csv", "item_id,user_id,body,rating,ts\n1,u,fine,5,2024-01-31\n"))
        assert (report.loaded, report.updated) == (0, 1)
        assert rows("SELECT rating FROM mmsql.comments") == [(4.0,), (5.0,), (None,)]

    def test_users(self, con, everything, write) -> None:
        path = write("users.csv", "user_id,age\nu1,30\nu2,40\n")
        load_file(con, "users", path)
        before = everything()
        assert load_file(con, "users", path).unchanged == 2
        assert everything() == before
        assert load_file(con, "users", write("more.csv", "user_id,age\nu1,31\nu3,1\n")).updated == 1


def test_unknown_source(con, write) -> None:
    with pytest.raises(OptionError, match=r"Unknown source 'orders'. Allowed: interactions, items, comments"):
        load_file(con, "orders", write("a.csv", CSV))


def test_search_path_and_macros_of_connect(tmp_path: Path, write) -> None:
    import mmsql

    with mmsql.connect(tmp_path / "shop.duckdb") as con:
        load_file(con, "interactions", write("a.csv", CSV))
        assert con.execute("SELECT count(*) FROM interactions").fetchall() == [(2,)]
        assert con.execute("SELECT current_setting('preserve_insertion_order')").fetchall() == [(True,)]


def test_the_order_setting_comes_back(con, write) -> None:
    con.execute("SET preserve_insertion_order = false")
    load_file(con, "interactions", write("a.csv", CSV))
    assert con.execute("SELECT current_setting('preserve_insertion_order')").fetchall() == [(False,)]


def test_larger_than_memory(tmp_path: Path) -> None:
    from mmsql.db.opening import open_database
    from mmsql.db.schema import ensure_schema

    path, events = tmp_path / "shop.duckdb", tmp_path / "events.csv"
    with duckdb.connect() as maker:
        maker.execute(
            "COPY (SELECT hash(range) AS user_id, hash(range * 7) AS item_id, 'view' AS event, "
            "range AS weight, "
            f"1700000000 + range AS ts FROM range(200_000)) TO '{events}' (HEADER)"
        )
    con = open_database(path, config={"memory_limit": "100MB", "threads": "2"})
    ensure_schema(con, path)
    assert load_file(con, "interactions", events).loaded == 200_000
    assert load_file(con, "interactions", events).unchanged == 200_000
    con.close()
