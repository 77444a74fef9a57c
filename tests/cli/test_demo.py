"""demo: a shop, a model, reasons, figures, and three queries that work."""

from __future__ import annotations

import re
import subprocess
import sys

import duckdb
import pytest

from mmsql.cli.demo_output import reasons

SMALL = ["--items", 60, "--users", 80]


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    """Run the demo once, small, in a process of its own and without a name for the file."""
    folder = tmp_path_factory.mktemp("demo")
    ended = subprocess.run(
        [sys.executable, "-m", "mmsql", "demo", *map(str, SMALL)],
        cwd=folder,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    )
    return ended, folder / "mmsql-demo.duckdb"


def queries_in(text):
    """Take the SQL out of what the demo printed, as a reader would."""
    blocks = re.findall(r"^  -- \d\. .*\n((?:  .*\n)+)", text, re.MULTILINE)
    return [block.split("\n\n")[0] for block in blocks]


def test_it_shows_everything(shown):
    ended, path = shown
    assert ended.stderr == ""
    for part in ("60 products", "80 customers", "graph-1", "hit_rate", "popularity", "%", "Three queries"):
        assert part in ended.stdout
    assert [other for other in path.parent.iterdir() if other != path] == []


def test_its_queries_give_rows_in_plain_duckdb(shown, tmp_path):
    ended, path = shown
    copy = tmp_path / "copy.duckdb"
    copy.write_bytes(path.read_bytes())
    queries = queries_in(ended.stdout)
    assert len(queries) == 3
    with duckdb.connect(str(copy)) as con:
        filtered = con.execute(queries[0]).fetchall()
        assert 1 <= len(filtered) <= 5
        user = re.search(r"recommend\('(\w+)'", queries[0])[1]
        before = con.execute(f"FROM mmsql.recommend('{user}', k := 5)").fetchall()
        after = con.execute(queries[1]).fetchall()
        assert len(after) == 5
        assert after != before
        by_category = con.execute(queries[2]).fetchall()
        assert sum(row[1] for row in by_category) == 80


def test_its_commands_work(shown, run):
    ended, path = shown
    item = re.search(r"mmsql similar \S+ (\w+)", ended.stdout)[1]
    assert len(run("similar", path, item, "--format", "json").rows) == 10


def test_reasons_are_the_largest_shares(shown):
    _, path = shown
    with duckdb.connect(str(path), read_only=True) as con:
        user, item, score = con.execute(
            "SELECT user_id, item_id, score FROM mmsql.recommend_each(k := 1) ORDER BY score DESC LIMIT 1"
        ).fetchall()[0]
        told = reasons(con, user, item, score)
    shares = [int(reason.split("%")[0]) for reason in told]
    assert shares == sorted(shares, reverse=True)
    assert 0 < sum(shares) <= 100


def test_a_second_run_replaces_the_first_and_gives_the_same(shown, run, tmp_path):
    ended, path = shown
    copy = tmp_path / "mmsql-demo.duckdb"
    copy.write_bytes(path.read_bytes())
    with duckdb.connect(str(copy)) as con:
        con.execute("DELETE FROM mmsql.interactions")
    again = run("demo", copy, *SMALL)
    assert again.code == 0
    assert queries_in(again.out) == queries_in(ended.stdout)


def test_a_file_someone_cares_for_is_kept(run, trained_copy):
    before = trained_copy.read_bytes()
    answer = run("demo", trained_copy)
    assert (answer.code, answer.out) == (1, "")
    assert "exists and is not a demo shop. Name another file" in answer.talk
    assert trained_copy.read_bytes() == before


def test_a_run_that_fails_keeps_the_earlier_demo(shown, run, tmp_path, monkeypatch):
    copy = tmp_path / "mmsql-demo.duckdb"
    copy.write_bytes(shown[1].read_bytes())
    before = copy.read_bytes()

    def interrupted(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr("mmsql.jobs.training.train", interrupted)
    assert run("demo", copy, *SMALL).code == 130
    assert copy.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["mmsql-demo.duckdb"]


def test_a_shop_can_be_too_small(run, tmp_path):
    answer = run("demo", tmp_path / "d.duckdb", "--items", 3)
    assert answer.code == 2
    assert "--items" in answer.flat_talk
    assert "30" in answer.flat_talk
