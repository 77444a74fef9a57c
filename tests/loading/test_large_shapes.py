"""Files of an odd size or depth: they load, or are told in one line."""

from __future__ import annotations

import pytest

from mmsql.errors import SourceError
from mmsql.loading.single_file import load_file

DEEP = "[" * 1200 + "]" * 1200
NESTED = '{"a": ' * 1200 + "1" + "}" * 1200


@pytest.mark.parametrize("deep", [DEEP, NESTED], ids=["lists", "objects"])
@pytest.mark.parametrize("form", ["{}\n", "[{}]"], ids=["lines", "array"])
def test_deeply_nested_json(con, rows, write, deep: str, form: str) -> None:
    row = f'{{"item_id": "i", "title": "T", "deep": {deep}}}'
    report = load_file(con, "items", write("i.json", form.replace("{}", row)))
    assert (report.read, report.loaded) == (1, 1)
    assert rows("SELECT item_id, title, length(deep) > 2000 FROM mmsql.items") == [("i", "T", True)]


def test_a_long_quoted_field(con, rows, write) -> None:
    text = "x, " * 100_000
    load_file(con, "comments", write("c.csv", f'item_id,body\ni1,"{text}"\ni2,"a, b"\n'))
    assert rows("SELECT item_id, length(body) FROM mmsql.comments") == [("i1", 300_000), ("i2", 4)]


def test_a_file_without_line_ends(con, everything, write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mmsql.loading.delimited.lines.MAX_LINE", 1 << 20)
    before = everything()
    with pytest.raises(SourceError, match=r"has a line of more than 1 MB, so it does not hold one record a line"):
        load_file(con, "comments", write("c.csv", "item_id,body," * 200_000))
    assert everything() == before


@pytest.mark.slow  # 1 s a file
@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_thousands_of_columns(con, rows, write, kind: str) -> None:
    names = [f"c{n}" for n in range(1500)]
    if kind == "csv":
        lines = [f"i{i}," + ",".join(str(n % 7 if n % 2 else f"w{n % 5}") for n in range(1500)) for i in (0, 1, 1)]
        content = "item_id," + ",".join(names) + "\n" + "\n".join(lines)
    else:
        values = ", ".join(f'"{name}": {n % 7}' for n, name in enumerate(names))
        content = "\n".join(f'{{"item_id": "i{i}", {values}}}' for i in (0, 1, 1))
    report = load_file(con, "items", write(f"w.{kind}", content))
    assert (report.read, report.loaded, report.rejected) == (3, 2, 1)
    assert rows("SELECT item_id, c1, c1499 FROM mmsql.items") == [("i0", 1, 1), ("i1", 1, 1)]
    assert load_file(con, "items", write(f"w.{kind}", content)).unchanged == 2
