"""Rejects are bounded: a thousand rows of a reason, and the number of the others."""

from __future__ import annotations

from mmsql.data.sources import reject_unusable
from mmsql.jobs.checks import check
from mmsql.loading.single_file import load_file

FURTHER = "(\"row\" ->> 'further_rows')"
KEPT = f"SELECT reason, count(*) FILTER ({FURTHER} IS NULL), max({FURTHER}) FROM mmsql.rejects"


def kept(con) -> list[tuple[str, int, str | None]]:
    return con.execute(f"{KEPT} GROUP BY reason ORDER BY reason").fetchall()


def test_a_file(con, write) -> None:
    lines = [f"u{n},,buy\n" if n % 3 else f"u{n},i,buy\n" for n in range(4500)] + [",i,buy\n", "u\n"]
    path = write("e.csv", "user_id,item_id,event\n" + "".join(lines))
    for _ in range(2):
        report = load_file(con, "interactions", path)
        assert (report.read, report.rejected) == (4502, 3002)
        assert kept(con) == [
            ("item_id is missing", 1000, "2000"),
            ("line has fewer columns than the header", 1, None),
            ("user_id is missing", 1, None),
        ]
    assert any(finding.finding == "3,000 rows in mmsql.rejects: item_id is missing." for finding in check(con))


def test_a_file_that_grows_is_counted_anew(con, write) -> None:
    for rows in (3000, 3001, 2000):
        load_file(con, "interactions", write("e.csv", "user_id,item_id\nu,i\n" + ",i\n" * rows))
        assert kept(con) == [("user_id is missing", 1000, str(rows - 1000))]
    load_file(con, "interactions", write("f.csv", "user_id,item_id\nu,i\n" + ",i\n" * 1500))
    assert any(finding.finding.startswith("2,500 rows in mmsql.rejects") for finding in check(con))


def test_stray_quotes(con, write) -> None:
    lines = "".join(f'i{n},"open\n' if n % 2 else f'i{n},"a, b"\n' for n in range(4000))
    report = load_file(con, "comments", write("c.csv", "item_id,body\n" + lines))
    assert (report.loaded, report.rejected) == (2000, 2000)
    assert [counts[1:] for counts in kept(con)] == [(1000, "1000")]


def test_sources_at_training(con) -> None:
    con.execute("INSERT INTO mmsql.interactions SELECT 'u', 'i', 'buy', 1, now()")
    con.execute("INSERT INTO mmsql.relations SELECT 'i', 'x' || n, 'also_buy', 1 FROM range(2500) t(n)")
    reason = "related_id is an unknown item: it has no event and is not in items"
    assert reject_unusable(con) == 2500
    assert kept(con) == [(reason, 1000, "1500")]
    con.execute("DELETE FROM mmsql.relations WHERE related_id > 'x9'")
    left = reject_unusable(con)
    assert kept(con) == [(reason, 1000, str(left - 1000))]
