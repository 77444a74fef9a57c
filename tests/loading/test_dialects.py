"""Text files of any dialect: each record is read once, or told."""

from __future__ import annotations

import gzip
import random
from dataclasses import replace

import pytest

from mmsql.errors import SourceError
from mmsql.loading.delimited.lines import LineCounts, count_lines
from mmsql.loading.single_file import load_file

DELIMITERS = (",", ";", "\t", "|", "\x01", "::")
NEWLINES = ("\n", "\r\n", "\r", None)  # None: mixed
STYLES = ("none", "needed", "all", "escaped", "stray", "broken")
ENDINGS = (".csv", ".tsv", ".txt", ".log", ".dat", ".tab", "")
WORDS = (
    "plain",
    "two words",
    "好评",
    "naïve",
    'in "quotes"',
    "a, b; c",
    "tab\there",
    "pipe|pipe",
    "two\nlines",
    "",
    "7.5",
)
FILES = 200


def quoted(text: str, style: str, delimiter: str) -> str:
    special = any(part in text for part in (delimiter, '"', "\n"))
    if style == "escaped":
        return '"' + text.replace('"', '\\"') + '"' if special else text
    if style == "all" or (special and style == "needed"):
        return '"' + text.replace('"', '""') + '"'
    return text


def make(seed: int) -> tuple[str, bytes, int, dict[str, str]]:
    """Return name, content, number of records, and texts by id of a file of a random dialect."""
    draw = random.Random(seed)
    delimiter, newline, style = draw.choice(DELIMITERS), draw.choice(NEWLINES), draw.choice(STYLES)
    plain = len(delimiter) > 1 or style in ("none", "stray", "broken")
    words = [word for word in WORDS if not plain or not any(part in word for part in (*DELIMITERS, '"', "\n", ": "))]
    lines, texts = [], {}
    for n in range(draw.randint(2, 60)):
        text = draw.choice(words) if n else "first"
        texts[f"i{n}"] = text
        lines.append([f"i{n}", text, str(n % 5 + 1), f"2024-01-{n % 28 + 1:02d}", f"u{n}"])
        if style == "stray" and draw.random() < 0.3:
            lines[-1][1] = texts[f"i{n}"] = f'"{text}' if draw.random() < 0.5 else f'{text}"'
        if style == "broken" and n and draw.random() < 0.3:
            del texts[f"i{n}"]
            lines[-1] = lines[-1][:3] if draw.random() < 0.5 else [*lines[-1], "more"]
    lines.insert(0, ["item_id", "body", "rating", "ts", "user_id"])
    rows = [delimiter.join(line if plain else [quoted(text, style, delimiter) for text in line]) for line in lines]
    ends = [newline or draw.choice(("\n", "\r\n", "\r")) for _ in rows]
    if draw.random() < 0.2:
        ends[-1] = ""
    content = "".join(row + end + end * (draw.random() < 0.1) for row, end in zip(rows, ends, strict=True))
    data = ("\ufeff" * (draw.random() < 0.2) + content).encode()
    packed = draw.random() < 0.2
    name = f"comments{draw.choice(ENDINGS)}{'.gz' if packed else ''}"
    return name, gzip.compress(data) if packed else data, len(lines) - 1, texts


@pytest.mark.parametrize("first", range(0, FILES, 20))
def test_every_record_is_accounted_for(con, write, first: int) -> None:
    for seed in range(first, first + 20):
        name, content, records, texts = make(seed)
        for _ in range(2):
            report = load_file(con, "comments", write(name, content))
            assert (report.read, report.rejected) == (records, records - sum(map(bool, texts.values()))), seed
            assert report.loaded + report.unchanged + report.rejected == records
        found = con.execute("SELECT item_id, body FROM mmsql.comments").fetchall()
        assert dict(found) == {item: text.strip() for item, text in texts.items() if text}, seed
        con.execute("DELETE FROM mmsql.comments; DELETE FROM mmsql.rejects")


LOG = "1,501,9,pv,1511544070\n1,502,9,pv,1511561733\n1,503,9,buy,1511572885\n2,502,9,pv,1511561800\n"
NAMES = ["user_id", "item_id", "category", "event", "ts"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("b.csv", LOG),
        ("b.dat", LOG.replace(",", "::")),
        ("b.log", LOG.replace(",", "\t")),
        ("b.txt", LOG.replace(",", "|")),
        ("b", LOG.replace(",", ";")),
        ("part-00000", LOG.replace(",", "\x01")),
        ("named.csv", ",".join(NAMES).upper() + "\n" + LOG),
        ("named_otherwise.csv", "uid,iid,cat,behaviour,time\n" + LOG),
    ],
)
def test_files_without_a_header(con, rows, write, name: str, content: str) -> None:
    report = load_file(con, "interactions", write(name, content), names=NAMES)
    assert (report.read, report.loaded, report.rejected) == (4, 4, 0)
    assert "ignored columns: category" in report.notes
    assert rows("SELECT user_id, item_id, event, epoch(ts) FROM mmsql.interactions")[0] == (
        "1",
        "501",
        "pv",
        1511544070,
    )


@pytest.mark.parametrize(
    "first",
    ["1,501,9,pv,1511544070", "u1,i501,pv,2024-01-31,x", "张三1,501,9,pv,1511544070", "2024-01-31 10:00:00,a,b,c,d"],
)
def test_a_first_line_of_data_is_told(con, write, first: str) -> None:
    path = write("b.csv", f"{first}\n{first.replace('1', '2')}\n{first.replace('1', '3')}\n")
    theirs = first.split(",")
    for mapping in ({}, {theirs[0]: "user_id", theirs[1]: "item_id"}):
        with pytest.raises(SourceError, match=r"looks like data, and does not name the columns: .*`--columns name,"):
            load_file(con, "interactions", path, mapping)


def test_numbered_columns_are_names(con, rows, write) -> None:
    load_file(con, "interactions", write("p.csv", "0,1\nu1,i1\nu2,i2\n"), {"0": "user_id", "1": "item_id"})
    assert rows("SELECT user_id, item_id FROM mmsql.interactions") == [("u1", "i1"), ("u2", "i2")]


def test_too_few_names(con, write) -> None:
    with pytest.raises(SourceError, match=r"--columns names 2 columns, but the first line of b.csv has 5: 1 \| 501"):
        load_file(con, "interactions", write("b.csv", LOG), names=NAMES[:2])


@pytest.mark.parametrize("name", ["e.jsonl", "e.parquet"])
def test_names_of_other_files(con, write, name: str) -> None:
    with pytest.raises(
        SourceError, match=r"--columns is for text files without a header line, and e\.\w+ is (json|parq)"
    ):
        load_file(con, "interactions", write(name, "{}"), names=NAMES)


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        (
            "tabs.tsv",
            'user_id\tts\titem_id\nu1\t2024-01-01\tMc1\nu1\t2024-01-02\t"Heroes\nu2\t2024-01-03\tLow"\n',
            ["Mc1", '"Heroes', 'Low"'],
        ),
        ("tabs_of_two.tsv", 'item_id\tuser_id\n"Heroes\tu1\nLow"\tu2\n', ['"Heroes', 'Low"']),
        ("quoted.tsv", 'item_id\tuser_id\n"a ""b"""\t"u1"\nc\tu2\n', ['a "b"', "c"]),
        ("lines.tsv", 'item_id\tuser_id\n"a\nb"\tu1\nc\tu2\n', ["a\nb", "c"]),
        ("stray.csv", 'user_id,item_id,event\nu1,"Heroes,buy\nu1,"b",buy\nu2,Low",buy\n', ['"Heroes', "b", 'Low"']),
        ("inches.csv", 'user_id,item_id\nu1,5" disk\nu2,"a, b"\n', ['5" disk', "a, b"]),
        ("blank.csv", 'user_id, item_id\nu1, "a, b"\nu2, c\n', ["a, b", "c"]),
        ("windows.csv", 'user_id,item_id\n"u1","a\r\nb"\n"u2",c\n', ["a\r\nb", "c"]),
        ("mixed.csv", "user_id,item_id\r\nu1,a\nu2,b\ru3,c\r\n", ["a", "b", "c"]),
        (
            "mixed.jsonl",
            '{"user_id":1,"item_id":"a"}\r\n{"user_id":1,"item_id":"b"}\n{"user_id":2,"item_id":"c"}\r{}',
            [*"abc"],
        ),
        ("object.txt", '{"user_id": 1, "item_id": "a"}\n', ["a"]),
        ("array.log", '[{"user_id": 1, "item_id": "a"}]\n', ["a"]),
    ],
)
def test_quotes_and_line_ends(con, write, name: str, content: str, expected: list[str]) -> None:
    report = load_file(con, "interactions", write(name, content))
    assert report.read - report.rejected == report.loaded == len(expected)
    found = [item for (item,) in con.execute("SELECT item_id FROM mmsql.interactions").fetchall()]
    assert sorted(found) == sorted(expected)


def test_a_stray_quote_costs_one_line(con, rejects, write) -> None:
    content = 'user_id,item_id,body\nu1,i1,"open\nu2,i2,"with, comma"\nu3,i3,fine\nu4,i4,"a" b\n' + "u5,i5,fine\n" * 3
    report = load_file(con, "comments", write("c.csv", content))
    assert (report.read, report.rejected) == (7, 2)
    assert {reason for _, reason in rejects()} == {
        "line has a quote that does not close, or text after a closing quote"
    }
    kept = con.execute("SELECT \"row\" ->> '$' FROM mmsql.rejects ORDER BY ALL").fetchall()
    assert kept == [('u1,i1,"open',), ('u4,i4,"a" b',)]


def test_records_that_duckdb_misses_stop_the_load(con, everything, write, monkeypatch: pytest.MonkeyPatch) -> None:
    before = everything()
    monkeypatch.setattr("mmsql.loading.delimited.reading.count_lines", _count_one_more)
    with pytest.raises(SourceError, match=r"holds 3 records, but 2 were read, so nothing was changed"):
        load_file(con, "interactions", write("e.csv", "user_id,item_id\nu1,i1\nu2,i2\n"))
    assert everything() == before


def _count_one_more(*given: object) -> LineCounts:
    counts = count_lines(*given)
    return replace(counts, lines=counts.lines + 1)
