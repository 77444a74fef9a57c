"""recommend, similar, explain, models: plain reads, also where only reading is allowed."""

from __future__ import annotations

import csv
import io
import json

import duckdb
import pytest

import mmsql
from mmsql.jobs import training


def test_recommend_answers_like_sql(run, trained_copy):
    rows = run("recommend", trained_copy, "u0", "-k", 5, "--format", "json").rows
    with duckdb.connect(str(trained_copy), read_only=True) as con:
        expected = con.execute("FROM mmsql.recommend('u0', k := 5)").fetchall()
    assert [tuple(row.values()) for row in rows] == expected
    assert list(rows[0]) == ["rank", "item_id", "title", "score", "source"]


@pytest.mark.parametrize(
    ("options", "allowed"),
    [
        (["--category", "Media > Games"], {"i3", "i5", "i7", "i9"}),
        (["--category", "Media", "--brand", "Bolt"], {"i6", "i7", "i8", "i9", "i10", "i12"}),
        (["--min-price", 9, "--max-price", 11], {"i4", "i5", "i6"}),
        (["--candidates", 'i3, i5,"no, such"'], {"i3", "i5"}),
        (["--candidates", "i3", "--include-unavailable"], {"i3"}),
        (["--candidates", "i0,i1,i2", "--include-seen"], {"i0", "i1", "i2"}),
        (["--candidates", "i0,i1,i2"], {"i2"}),
        (["--candidates", "i11"], set()),
        (["--candidates", "i11", "--include-unavailable"], {"i11"}),
    ],
)
def test_recommend_passes_every_filter_on(run, trained_copy, options, allowed):
    answer = run("recommend", trained_copy, "u0", "-k", 50, "--format", "json", *options)
    assert {row["item_id"] for row in answer.rows} == allowed
    assert ("No item qualifies." in answer.talk) == (not allowed)


def test_recommend_caps_categories(run, trained_copy):
    rows = run("recommend", trained_copy, "u0", "--per-category", 1, "--format", "json").rows
    assert len(rows) == 2


@pytest.mark.parametrize(
    ("events", "hidden"),
    [("buy", {"i5"}), ("view", {"i2", "i3", "i4"}), ("view, buy", {"i2", "i3", "i4", "i5"}), ("", set())],
)
def test_recommend_hides_what_an_event_names(run, trained_copy, events, hidden):
    rows = run("recommend", trained_copy, "u2", "-k", 50, "--exclude-events", events, "--format", "json").rows
    assert {row["item_id"] for row in rows} == {f"i{n}" for n in range(13)} - hidden - {"i11"}


@pytest.mark.parametrize(
    ("options", "arguments"),
    [
        (["--per-brand", 1], "per_brand := 1"),
        (["--per-brand", 2, "--per-category", 1], "per_brand := 2, per_category := 1"),
        (["--diversity", 0.9], "diversity := 0.9"),
        (["--diversity", 1, "--per-brand", 3], "diversity := 1, per_brand := 3"),
    ],
)
def test_recommend_caps_brands_and_spreads_as_sql_does(run, trained_copy, options, arguments):
    found = run("recommend", trained_copy, "u1", "-k", 5, "--format", "json", *options).rows
    with duckdb.connect(str(trained_copy), read_only=True) as con:
        plain = con.execute("FROM mmsql.recommend('u1', k := 5)").fetchall()
        expected = con.execute(f"FROM mmsql.recommend('u1', k := 5, {arguments})").fetchall()
    assert [tuple(row.values()) for row in found] == expected != plain


def test_recommend_serves_a_user_never_seen_and_says_so(run, trained_copy):
    rows = run("recommend", trained_copy, "nobody'; DROP TABLE x; --", "-k", 3, "--format", "json").rows
    assert [row["source"] for row in rows] == ["popular"] * 3


def test_ids_that_are_numbers(run, tmp_path):
    path = tmp_path / "numbers.duckdb"
    con = mmsql.connect(path)
    con.execute("DROP TABLE mmsql.interactions")
    con.execute(
        "CREATE TABLE mmsql.interactions AS SELECT u AS user_id, (u + s) % 9 AS item_id, 'view' AS event, "
        "NULL::DOUBLE AS weight, TIMESTAMP '2025-01-01' + to_hours(10 * u + s) AS ts "
        "FROM range(20) t(u), range(3) r(s)"
    )
    training.train(con.cursor(), "graph")
    con.close()
    first, *_ = run("recommend", path, "0", "--format", "json").rows
    assert first["item_id"] == 3
    assert run("similar", path, "2", "-k", 1, "--format", "json").rows[0]["item_id"] == 3
    assert run("explain", path, "0", "3", "--format", "json").rows[0]["evidence_item"] in (0, 1, 2)
    assert run("recommend", path, "no-number", "-k", 1, "--format", "json").rows[0]["source"] == "popular"


def test_similar(run, trained_copy):
    rows = run("similar", trained_copy, "i3", "-k", 4, "--format", "json").rows
    assert [row["rank"] for row in rows] == [1, 2, 3, 4]
    assert rows[0]["item_id"] == "i4"
    alike = run("similar", trained_copy, "i3", "-k", 1, "--modality", "comment", "--format", "json").rows
    assert alike[0]["source"] == "comment"


def test_explain_adds_up_to_the_score(run, trained_copy):
    best = run("recommend", trained_copy, "u0", "-k", 1, "--format", "json").rows[0]
    rows = run("explain", trained_copy, "u0", best["item_id"], "--format", "json").rows
    assert sum(row["contribution"] for row in rows) == pytest.approx(best["score"])


def test_explain_an_item_nobody_knows(run, trained_copy):
    answer = run("explain", trained_copy, "u0", "nothing", "--format", "json")
    assert answer.rows == []
    assert "nothing is not in the catalog" in answer.talk


def test_models(run, trained_copy):
    (row,) = run("models", trained_copy, "--format", "json").rows
    assert (row["model"], row["status"], row["deployed"]) == ("graph-1", "ready", True)
    assert row["created_at"][10] == "T"


@pytest.mark.parametrize(
    "arguments",
    [["recommend", "DB", "u0"], ["similar", "DB", "i1"], ["explain", "DB", "u0", "i2"], ["models", "DB"]],
)
def test_the_three_forms_hold_the_same_rows_and_nothing_else(run, trained_copy, arguments):
    given = [trained_copy if argument == "DB" else argument for argument in arguments]
    as_json, as_csv, as_table = (run(*given, "--format", form) for form in ("json", "csv", "table"))
    objects = json.loads(as_json.out)
    header, *records = csv.reader(io.StringIO(as_csv.out))
    assert objects
    assert header == list(objects[0])
    assert len(records) == len(objects)
    assert len(as_table.out.splitlines()) == len(objects) + 1
    assert as_json.talk == as_csv.talk == as_table.talk == ""


def test_reading_needs_no_right_to_write(run, trained_copy):
    trained_copy.chmod(0o444)
    assert len(run("recommend", trained_copy, "u0", "-k", 2, "--format", "json").rows) == 2
    with duckdb.connect(str(trained_copy), read_only=True):  # and others may read at the same time
        assert run("models", trained_copy).code == 0


def test_reading_loads_no_torch(trained_copy):
    import subprocess
    import sys

    code = (
        "import sys\nfrom mmsql.cli.app import app\n"
        f"app(['recommend', {str(trained_copy)!r}, 'u0'], standalone_mode=False)\n"
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
