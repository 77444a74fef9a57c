"""Every example runs, and answers with rows."""

from __future__ import annotations

import runpy
import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from mmsql.udfs import SESSION_MACROS

import mmsql
from mmsql.db import sqlfiles
from mmsql.db.schema import MACROS

EXAMPLES = Path(__file__).parent.parent / "examples"


def run(con: duckdb.DuckDBPyConnection, script: str) -> int:
    """Run a script, a statement at a time, and check that each query finds rows; return how many ran."""
    statements = con.extract_statements(script)
    for statement in statements:
        result = con.execute(statement)
        if statement.type == duckdb.StatementType.SELECT:
            assert result.fetchall(), f"no rows: {statement.query}"
    return len(statements)


def test_the_folder_holds_what_is_tested():
    assert {path.name for path in EXAMPLES.iterdir() if path.suffix in (".sql", ".py")} == {
        "quickstart.sql",
        "quickstart.py",
        "bi_readonly.sql",
        "bring_your_own_tables.sql",
        "analyst_tour.sql",
        "analyst_tour.py",
    }


def test_quickstart_sql(demo_path: Path, tmp_path: Path):
    copy = shutil.copy(demo_path, tmp_path / "demo.duckdb")
    con = mmsql.connect(copy)
    assert run(con, (EXAMPLES / "quickstart.sql").read_text(encoding="utf-8")) > 10
    con.close()


def test_bi_readonly_sql_needs_no_mmsql(demo_path: Path):
    with duckdb.connect(str(demo_path), read_only=True) as con:
        assert run(con, (EXAMPLES / "bi_readonly.sql").read_text(encoding="utf-8")) > 5


def test_bring_your_own_tables_sql(tmp_path: Path):
    con = mmsql.connect(tmp_path / "shop.duckdb")
    assert run(con, (EXAMPLES / "bring_your_own_tables.sql").read_text(encoding="utf-8")) > 10
    con.close()


def test_quickstart_py(capsys: pytest.CaptureFixture[str]):
    runpy.run_path(str(EXAMPLES / "quickstart.py"), run_name="__main__")
    assert "graph-1" in capsys.readouterr().out


LOGGED = ("ab_report", "off_policy")  # of impressions, which the demo has none of: tests/experiments asks them
HEADERS = [
    *((folder, name) for folder, name in MACROS if not name.startswith("_") and name not in LOGGED),
    *(("session", name) for name in SESSION_MACROS),
]


@pytest.fixture(scope="module")
def demo(demo_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Give a read-only connection to the demo shop."""
    with mmsql.connect(demo_path, read_only=True) as con:
        yield con


@pytest.mark.parametrize(("folder", "name"), HEADERS, ids=[name for _, name in HEADERS])
def test_the_example_in_every_header_runs(
    demo: duckdb.DuckDBPyConnection, demo_path: Path, tmp_path: Path, folder: str, name: str
):
    source = sqlfiles.read(folder, name)
    assert source.example, f"{folder}/{name}.sql has no example"
    if name not in SESSION_MACROS:
        example = source.example
        if name in ("aspects", "comment_summary"):  # so small a shop has little to say of most items
            most = "SELECT c.item_id FROM comments c GROUP BY c.item_id ORDER BY count(*) DESC, c.item_id LIMIT 1"
            example = example.replace("P0001", demo.execute(most).fetchall()[0][0])
        assert demo.execute(example).fetchall()
        return
    with mmsql.connect(shutil.copy(demo_path, tmp_path / "demo.duckdb")) as con:
        if name == "rollback":
            con.execute("CALL train(algorithm := 'popularity')")
        assert con.execute(source.example).fetchall()


@pytest.mark.data
def test_the_analysts_tour_answers_thirty_questions(data_dir: Path, tmp_path: Path):
    tour = runpy.run_path(str(EXAMPLES / "analyst_tour.py"))
    # The search and the posters have tests of their own.
    tour["prepare"](data_dir, tmp_path, "algorithm := 'graph', search_steps := 0, image_encoder := 'none'")
    found = {question: answer.fetchall() for question, answer in tour["answers"](tmp_path)}
    assert [question.split(".")[0] for question in found] == [str(number) for number in range(1, 31)]
    assert [question for question, rows in found.items() if not rows] == []
