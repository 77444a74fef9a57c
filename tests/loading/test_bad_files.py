"""Files that as a whole cannot be loaded: a clear error, and nothing changes. Bad rows: told and kept."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from mmsql.db.opening import open_database
from mmsql.errors import SourceError
from mmsql.loading.amazon import load_amazon_reviews
from mmsql.loading.single_file import load_file

GOOD = "user_id,item_id,event\nu1,i1,buy\nu2,i2,view\n"
GOOD_JSON = '{"user_id": "u1", "item_id": "i1"}\n{"user_id": "u2", "item_id": "i2"}\n'


def damaged(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 0xFF]) + content[middle + 1 :]


MANY = "".join(f'{{"user_id": "u{n}", "item_id": "i{n * 7919 % 1000}"}}\n' for n in range(5000)).encode()
BAD_FILES = [
    ("missing.csv", None, r"There is no file .*missing.csv. Check the name"),
    ("empty.csv", "", r"empty.csv is empty: it has 0 bytes"),
    ("blank.csv", "\n\n", r"blank.csv has no header line"),
    ("header.csv", "user_id,item_id\n", r"header.csv has columns but no row"),
    ("header.csv.gz", gzip.compress(b"user_id,item_id\n"), r"has columns but no row"),
    ("empty.csv.gz", gzip.compress(b""), r"has no header line"),
    ("empty.jsonl.gz", gzip.compress(b""), r"is not JSON"),
    ("text.json", "Dear customer,\nthank you.\n", r"text.json is not JSON: it must hold an object like"),
    ("csv.json", GOOD, r"is not JSON: .* type `mmsql load file"),
    ("array.json", '[{"user_id": "u", "item_id": "i"}', r"array.json.*JSON"),
    ("cut.json", '{"user_id": "u",\n "item_id": ', r"cut.json.*JSON"),
    ("numbers.json", "[1, 2, 3]", r"holds no JSON object with a field"),
    ("nothing.json", "{}\n{}\n", r"holds no JSON object with a field"),
    ("cut.jsonl.gz", gzip.compress(MANY)[:-2000], r"truncated or damaged gzip file .* `gzip -t"),
    ("cut_tail.jsonl.gz", gzip.compress(MANY)[:-4], r"truncated or damaged gzip file"),
    ("damaged.jsonl.gz", damaged(gzip.compress(MANY)), r"truncated or damaged gzip file"),
    ("cut.csv.gz", gzip.compress(GOOD.encode() * 1000)[:-20], r"truncated or damaged gzip file"),
    (
        "packed.csv",
        b"PK\x03\x04 and so on",
        r"compressed with zip, which is not supported. Decompress it with `unzip",
    ),
    ("packed.csv.gz", b"\x28\xb5\x2f\xfd and so on", r"compressed with zstd"),
    (
        "columns.csv",
        "customer,sku\nu,i\n",
        r"no column user_id and no column item_id.*It has: customer, sku.*--map customer=user_id",
    ),
    (
        "columns.jsonl",
        '{"user_id": "u", "sku": "i"}',
        r"no column item_id, which mmsql.interactions needs.*--map sku=item_id",
    ),
    (
        "headless.csv",
        "u1,i1,buy\nu2,i2,view\n",
        r"looks like data, and does not name the columns: u1,i1,buy\. Name its 3 columns .*`--columns name,name",
    ),
    ("book.xlsx", b"x", r"book.xlsx is a workbook. Save its sheet as CSV"),
    ("noending", b"\x7fELF\x00\x01", r"noending is not a text file. Export it"),
    ("long.csv", "a" * 200_000 + ",b\n1,2\n", r"its field 1 has 200,000 characters: aaa.*`--columns`"),
    ("not.parquet", GOOD, r"not.parquet is not a Parquet file"),
    ("cut.parquet", b"PAR1" + bytes(100), r"damaged or truncated Parquet file"),
    (
        "gbk.csv",
        "用户,item_id\n张三,i\n".encode("gbk"),
        r"not UTF-8 text: 2 lines .*`iconv -f GB18030 -t UTF-8 gbk.csv > utf8_gbk.csv`",
    ),
    (
        "body.csv",
        "user_id,item_id,event\nJosé,Café,buy\nAndré,Crêpe,buy\nu,i,buy\n".encode("cp1252"),
        r"not UTF-8 text: 2 lines hold other bytes.*`iconv -f CP1252",
    ),
    ("utf16.csv", "user_id,item_id\nu,i\n".encode("utf-16"), r"looks like UTF-16.*`iconv -f UTF-16 "),
    ("utf16le.csv", "user_id,item_id\nu,i\n".encode("utf-16-le"), r"looks like UTF-16.*`iconv -f UTF-16LE "),
    (
        "all_bad.csv",
        "user_id,item_id\n,i\n,j\n",
        r"None of the 2 rows .* user_id is missing \(2 rows, such as {",
    ),
    ("all_bad.jsonl", 'x\n{"user_id": "u", "item_id": null}', r"None of the 2 rows .* item_id is missing"),
    ("times.csv", "user_id,item_id,ts\nu,i,soon\n", r"ts is not a time that can be read"),
    (
        "order.csv",
        "user_id,item_id,ts\nu,i,03/04/2024\nu,j,2024-01-01\n",
        r"dates such as 03/04/2024, and no date shows .* Type --day-first or --month-first",
    ),
    (
        "orders.csv",
        "user_id,item_id,ts\nu,i,13/04/2024\nu,j,04/13/2024\n",
        r"has both 13/04/2024 and 04/13/2024, so its dates have no one order.*YYYY-MM-DD",
    ),
]


@pytest.mark.parametrize(("name", "content", "message"), BAD_FILES, ids=[name for name, *_ in BAD_FILES])
def test_a_bad_file_changes_nothing(con, everything, write, tmp_path: Path, name, content, message) -> None:
    load_file(con, "interactions", write("good.csv", GOOD))
    before = everything()
    path = tmp_path / name if content is None else write(name, content)
    with pytest.raises(SourceError, match=message):
        load_file(con, "interactions", path)
    assert everything() == before


def test_a_directory(con, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"is a directory. Name a file in it"):
        load_file(con, "interactions", tmp_path)


def test_a_failed_load_adds_no_column(con, everything, write) -> None:
    before = everything()
    with pytest.raises(SourceError, match="item_id is missing"):
        load_file(con, "items", write("items.csv", "item_id,colour\n,red\n"))
    assert everything() == before


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        (
            {"customer": "user_id"},
            r"--map customer=user_id: .* has no column 'customer'. It has: user_id, item_id, event",
        ),
        (
            {"event": "evnet"},
            r"--map event=evnet: mmsql.interactions has no column 'evnet'. Allowed: user_id, item_id",
        ),
        (
            {"event": "user_id", "item_id": "user_id"},
            r"--map names user_id twice, for 'event' and 'item_id'",
        ),
        ({"user_id": "item_id"}, r"no column user_id, which mmsql.interactions needs"),
    ],
)
def test_bad_mappings(con, everything, write, mapping: dict[str, str], message: str) -> None:
    before = everything()
    with pytest.raises(SourceError, match=message):
        load_file(con, "interactions", write("good.csv", GOOD), mapping)
    assert everything() == before


def test_a_mapping_to_an_unknown_attribute(con, write) -> None:
    with pytest.raises(SourceError, match=r"no column 'colour'.*Further columns keep their own names"):
        load_file(con, "items", write("items.csv", "item_id,farbe\ni,rot\n"), {"farbe": "colour"})


def test_views_are_not_loaded_into(con, write) -> None:
    con.execute("DROP TABLE mmsql.interactions; CREATE VIEW mmsql.interactions AS SELECT 'u' AS user_id")
    message = r"interactions is a view over your own tables.*Load into those tables.*DROP VIEW mmsql.inter"
    with pytest.raises(SourceError, match=message):
        load_file(con, "interactions", write("good.csv", GOOD))


def test_a_missing_table(con, write) -> None:
    con.execute("DROP TABLE mmsql.users")
    with pytest.raises(SourceError, match=r"no table mmsql.users. Run `mmsql init`"):
        load_file(con, "users", write("users.csv", "user_id\nu\n"))


def test_an_open_transaction(con, write) -> None:
    con.execute("BEGIN")
    con.execute("INSERT INTO mmsql.users VALUES ('mine')")
    with pytest.raises(SourceError, match=r"a transaction is open on this connection. Type COMMIT or ROLLBACK"):
        load_file(con, "interactions", write("good.csv", GOOD))
    con.execute("COMMIT")
    assert con.execute("FROM mmsql.users").fetchall() == [("mine",)]


def test_a_read_only_database(tmp_path: Path, empty_file: bytes, write) -> None:
    path = tmp_path / "readonly.duckdb"
    path.write_bytes(empty_file)
    con = open_database(path, read_only=True)
    with pytest.raises(SourceError, match=r"open read-only. Open it with mmsql.connect"):
        load_file(con, "interactions", write("good.csv", GOOD))
    con.close()


def test_values_too_large_for_your_own_column(con, everything, write) -> None:
    con.execute("ALTER TABLE mmsql.items ALTER price TYPE DECIMAL(4, 2)")
    before = everything()
    with pytest.raises(SourceError, match=r"could not be loaded. Nothing was changed"):
        load_file(con, "items", write("items.csv", "item_id,price\ni,1000000\n"))
    assert everything() == before


class TestRows:
    """Bad rows are told, kept in rejects once, and do not stop the others."""

    def test_events(self, con, rows, rejects, write) -> None:
        content = (
            "user_id,item_id,event,weight,ts\n"
            "u1,i1,buy,1,2024-01-31\n"
            ",i1,buy,1,\n"
            "  ,i1,buy,1,\n"
            "u2,,buy,1,\n"
            "u3,i1,buy,1,soon\n"
            "u4,i1,buy,much,\n"
            "u5,i1\n"
            "u6,i1,buy,1,,x\n"
            'u7,"i1"x,buy,1,\n'
        )
        path = write("events.csv", content.encode() + b"u8,\xff\xfe,buy,1,\n")
        for _ in range(2):
            report = load_file(con, "interactions", path)
            assert (report.read, report.rejected, report.flawed) == (10, 8, 1)
            assert report.loaded + report.unchanged == 2
            assert rejects() == [
                ("interactions", "item_id is missing"),
                ("interactions", "line has a quote that does not close, or text after a closing quote"),
                ("interactions", "line has fewer columns than the header"),
                ("interactions", "line has more columns than the header"),
                ("interactions", "line is not UTF-8 text"),
                ("interactions", "ts is not a time that can be read"),
                ("interactions", "user_id is missing"),
                ("interactions", "user_id is missing"),
                ("interactions", "weight cannot be read: the row was loaded without it"),
            ]
        assert rows("SELECT user_id, weight FROM mmsql.interactions") == [("u1", 1.0), ("u4", None)]

    def test_the_row_is_kept_as_it_was(self, con, write) -> None:
        load_file(con, "interactions", write("a.csv", 'user_id,item_id,shop\nu,i,x\n,"i ""1""",北京\nu9\n'))
        kept = [
            json.loads(row) for (row,) in con.execute('SELECT "row" FROM mmsql.rejects ORDER BY reason').fetchall()
        ]
        assert kept == ["u9", {"user_id": None, "item_id": 'i "1"', "shop": "北京"}]
        assert con.execute("SELECT count(*) FROM mmsql.rejects WHERE ts IS NULL").fetchall() == [(0,)]

    def test_json_lines(self, con, rejects, write) -> None:
        path = write("e.jsonl", GOOD_JSON.encode() + b'{"user_id": \n[1]\n5\n"text"\n\n{"user_id": "\xff"}\n')
        for _ in range(2):
            report = load_file(con, "interactions", path)
            assert (report.read, report.rejected) == (7, 5)
            assert [reason for _, reason in rejects()] == [
                "line is not UTF-8 text",
                "line is not a JSON object",
                "line is not a JSON object",
                "line is not a JSON object",
                "line is not valid JSON",
            ]

    def test_the_same_bad_row_twice_in_a_file_is_kept_twice(self, con, rejects, write) -> None:
        path = write("e.csv", GOOD + ",i1,buy\n,i1,buy\n")
        load_file(con, "interactions", path)
        load_file(con, "interactions", path)
        assert len(rejects()) == 2
        load_file(con, "interactions", write("f.csv", GOOD + ",i1,buy\n" * 3))
        assert len(rejects()) == 3

    def test_items(self, con, rows, rejects, write) -> None:
        path = write(
            "items.csv",
            "item_id,title,price,available\ni1,A,5,yes\ni1,B,6,yes\n,C,7,yes\ni2,D,ask us,perhaps\ni1,E,8,yes\n",
        )
        report = load_file(con, "items", path)
        assert (report.read, report.loaded, report.rejected, report.flawed) == (5, 2, 3, 1)
        assert rows("SELECT item_id, title, price, available FROM mmsql.items") == [
            ("i1", "E", 8.0, True),
            ("i2", "D", None, None),
        ]
        assert rejects() == [
            ("items", "available cannot be read: the row was loaded without it"),
            ("items", "item_id is missing"),
            ("items", "item_id stands in the file again: the last value of each column counts"),
            ("items", "item_id stands in the file again: the last value of each column counts"),
            ("items", "price cannot be read: the row was loaded without it"),
        ]

    def test_comments(self, con, rows, rejects, write) -> None:
        path = write("c.csv", "item_id,user_id,body,rating,ts\ni,u,fine,4,\ni,u,,5,\n,u,x,,\ni,v,good,****,soon\n")
        report = load_file(con, "comments", path)
        assert (report.loaded, report.rejected, report.flawed) == (2, 2, 1)
        assert rows("SELECT body, rating, ts FROM mmsql.comments") == [
            ("fine", 4.0, None),
            ("good", None, None),
        ]
        assert rejects() == [
            ("comments", "body is blank"),
            ("comments", "item_id is missing"),
            ("comments", "rating cannot be read: the row was loaded without it"),
            ("comments", "ts cannot be read: the row was loaded without it"),
        ]

    def test_users(self, con, rejects, write) -> None:
        report = load_file(con, "users", write("u.csv", "user_id,age\nu,1\n,2\nu,3\n"))
        assert (report.loaded, report.rejected) == (1, 2)
        assert rejects() == [
            ("users", "user_id is missing"),
            ("users", "user_id stands in the file again: the last value of each column counts"),
        ]

    def test_every_row_is_counted_once(self, con, write) -> None:
        path = write("items.csv", "item_id,price\n1,5\n2,x\n1,6\n,7\n3\n4,8\n")
        load_file(con, "items", write("before.csv", "item_id,price\n1,6\n4,1\n"))
        report = load_file(con, "items", path)
        assert report.read == 6
        assert (report.loaded, report.unchanged, report.updated, report.rejected) == (1, 1, 1, 3)


class TestText:
    """Text survives whatever is in it."""

    TEXTS = (
        "emoji 😀👨‍👩‍👧‍👦🇨🇳",
        "中文評論，很好！",
        "two\nlines",
        "windows\r\nlines",
        "nul\x00inside",
        "quotes \"double\" and 'single'",
        "back\\slash \\n \\u0041",
        "tab\there",
        "  spaces around  ",
        "'; DROP TABLE mmsql.items; --",
        "z" * 100_000,
        "好" * 100_000,
        "\u202eright to left \u200b",
    )

    def test_csv(self, con, rows, write) -> None:
        quoted = ['"' + text.replace('"', '""') + '"' for text in self.TEXTS]
        path = write("c.csv", "item_id,body\n" + "".join(f"{n},{text}\n" for n, text in enumerate(quoted)))
        assert load_file(con, "comments", path).loaded == len(self.TEXTS)
        self.check(rows)

    @pytest.mark.parametrize("ascii_only", [True, False])
    def test_json_lines(self, con, rows, write, ascii_only: bool) -> None:
        lines = [
            json.dumps({"item_id": n, "body": text}, ensure_ascii=ascii_only) for n, text in enumerate(self.TEXTS)
        ]
        assert load_file(con, "comments", write("c.jsonl", "\n".join(lines))).loaded == len(self.TEXTS)
        self.check(rows)

    def test_parquet(self, con, rows, tmp_path: Path) -> None:
        path = tmp_path / "c.parquet"
        con.execute(
            "CREATE TEMP TABLE texts AS SELECT unnest(range(len($t))) AS item_id, unnest($t) AS body",
            {"t": list(self.TEXTS)},
        )
        con.execute(f"COPY texts TO '{path}'")
        con.execute("DROP TABLE texts")
        assert load_file(con, "comments", path).loaded == len(self.TEXTS)
        self.check(rows)

    def test_amazon(self, con, rows, write) -> None:
        lines = [
            json.dumps({"reviewerID": "u", "asin": str(n), "reviewText": text, "overall": 5})
            for n, text in enumerate(self.TEXTS)
        ]
        reports = load_amazon_reviews(con, write("c.json.gz", gzip.compress("\n".join(lines).encode())))
        assert [report.loaded for report in reports if report.source == "comments"] == [len(self.TEXTS)]
        self.check(rows)

    def check(self, rows) -> None:
        found = rows("SELECT CAST(item_id AS INTEGER), body FROM mmsql.comments")
        assert [text for _, text in found] == list(self.TEXTS)

    def test_ids(self, con, rows, write) -> None:
        ids = ["00123", " 1", "1 ", "1.0", "1e5", "NULL", "nan", "用户", "😀", "a'b", "0x1F", "true"]
        content = "user_id,item_id\n" + "".join(f'"{name}","{name}"\n' for name in ids)
        load_file(con, "interactions", write("e.csv", content), keep_na=True)
        assert rows("SELECT item_id FROM mmsql.interactions") == sorted((name,) for name in ids)

    def test_odd_column_names(self, con, write) -> None:
        path = write("i.csv", 'item_id,"say ""hi""",größe,select,,"semi;colon",load_row,größe\n1,a,b,c,d,e,f,g\n')
        report = load_file(con, "items", path)
        names = [name for name, *_ in con.execute("FROM mmsql.items").description][7:]
        assert names == ['say "hi"', "größe", "select", "column 5", "semi;colon", "load_row", "größe_8"]
        assert "the header has 'größe' twice" in report.notes
        assert con.execute("FROM mmsql.items").fetchall()[0][7:] == ("a", "b", "c", "d", "e", "f", "g")

    def test_long_lines(self, con, rejects, write) -> None:
        long = "x" * (17 << 20)
        report = load_file(con, "comments", write("c.csv", f"item_id,body\n1,short\n2,{long}\n3,short\n"))
        assert (report.loaded, report.rejected) == (2, 1)
        assert rejects() == [("comments", "line is too long")]
