"""Files with one property a row: each property becomes a column, with its latest value."""

from __future__ import annotations

from pathlib import Path

import pytest

from mmsql.errors import SourceError
from mmsql.loading.single_file import load_file

ROWS = """timestamp,itemid,property,value
1435460400000,460429,categoryid,1338
1441508400000,206783,colour,red
1436065200000,460429,available,0
1437065200000,460429,available,1
1436265200000,460429,Available,0
1435460400000,460429,weight,2.5
1435460400000,206783,weight,3
1439460400000,206783,weight,
1435460400000,,available,0
soon,206783,available,1
1435460400000,206783,,1
"""
MAPPING = {"itemid": "item_id", "timestamp": "ts", "categoryid": "category"}


def test_items(con, rows, rejects, write) -> None:
    path = write("p.csv", ROWS)
    report = load_file(con, "items", path, MAPPING, properties=True)
    assert (report.read, report.loaded, report.rejected) == (11, 8, 3)
    assert "4 properties" in report.notes
    items = "SELECT item_id, category, available, colour, weight FROM mmsql.items"
    assert rows(items) == [("206783", None, None, "red", 3.0), ("460429", "1338", True, None, 2.5)]
    assert rejects() == [
        ("items", "item_id is missing"),
        ("items", "property is missing"),
        ("items", "ts is not a time that can be read"),
    ]
    again = load_file(con, "items", path, MAPPING, properties=True)
    assert (again.loaded, again.unchanged, again.rejected) == (0, 8, 3)
    more = write(
        "q.csv", "item_id,property,value\n206783,colour,blue\n206783,size,L\n1,size,M\n460429,weight,2.5\nx\n"
    )
    report = load_file(con, "items", more, properties=True)
    assert (report.read, report.loaded, report.updated, report.unchanged, report.rejected) == (5, 1, 2, 1, 1)
    assert rows("SELECT item_id, colour, size FROM mmsql.items") == [
        ("1", None, "M"),
        ("206783", "blue", "L"),
        ("460429", None, None),
    ]


def test_users_of_parquet_in_the_order_of_the_file(con, rows, tmp_path: Path) -> None:
    path = tmp_path / "p.parquet"
    con.execute(
        f"COPY (SELECT n % 50 AS user_id, 'city' AS property, 'c' || n AS value FROM range(20_000) t(n)) TO '{path}'"
    )
    report = load_file(con, "users", path, properties=True)
    assert (report.read, report.loaded) == (20_000, 20_000)
    assert rows("SELECT count(*), count(*) FILTER (city = 'c' || (19_950 + user_id::INT)) FROM mmsql.users") == [
        (50, 50)
    ]


def test_properties_are_bounded(con, write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mmsql.loading.property_files.MAX_PROPERTIES", 3)
    lines = "".join(f"i{i},p{n},{n}\n" for i in range(6) for n in range(i))
    report = load_file(con, "items", write("p.csv", "item_id,property,value\n" + lines), properties=True)
    assert "ignored the 2 rarest properties, since a source has room for 3" in report.notes
    assert {"p0", "p1", "p2"} <= {name for name, *_ in con.execute("DESCRIBE mmsql.items").fetchall()}
    assert (report.read, report.loaded) == (15, 15)


@pytest.mark.parametrize(
    ("source", "content", "message"),
    [
        ("interactions", ROWS, r"--properties is for items and users, not for interactions"),
        (
            "items",
            "item_id,name,value\n1,a,b\n",
            r"no column property, which --properties needs.*`--map name=property`",
        ),
        ("items", "item_id,property,value\n,a,b\n1,,b\n", r"None of the 2 rows of .* has an id and a property"),
    ],
)
def test_files_that_do_not_fit(con, everything, write, source: str, content: str, message: str) -> None:
    before = everything()
    with pytest.raises(SourceError, match=message):
        load_file(con, source, write("p.csv", content), properties=True)
    assert everything() == before
