"""publish: what a copy leaves out."""

from __future__ import annotations

import duckdb


def test_parts_can_be_left_out_and_users_hidden(run, trained_path, tmp_path):
    target = tmp_path / "out.duckdb"
    run("publish", trained_path, target, "--without", "users, comments")
    with duckdb.connect(str(target), read_only=True) as con:
        assert con.execute("SELECT count(*) FROM mmsql.comments").fetchall() == [(0,)]
    wrong = run("publish", trained_path, target, "--without", "items")
    assert wrong.code == 1
    assert "users, comments, impressions, interactions" in wrong.flat_talk


def test_an_anonymous_copy(run, trained_copy, tmp_path):
    target = tmp_path / "out.duckdb"
    assert run("publish", trained_copy, target, "--anonymous").code == 0
    with duckdb.connect(str(target), read_only=True) as con:
        assert con.execute("SELECT DISTINCT length(user_id) FROM mmsql.interactions").fetchall() == [(16,)]


def test_views_over_files_are_named(run, trained_copy, tmp_path):
    target, events = tmp_path / "out.duckdb", tmp_path / "events.parquet"
    with duckdb.connect(str(trained_copy)) as con:
        con.execute(f"COPY mmsql.interactions TO '{events}'; DROP TABLE mmsql.interactions")
        con.execute(f"CREATE VIEW mmsql.interactions AS SELECT * FROM read_parquet('{events}')")
        con.execute("CREATE TABLE kept AS FROM mmsql.comments; DROP TABLE mmsql.comments")
        con.execute("CREATE VIEW mmsql.comments AS FROM kept")
    answer = run("publish", trained_copy, target)
    assert answer.talk.strip() == "The copy has the rows of views over files or URLs: mmsql.interactions."
    assert "URLs" not in run("publish", trained_copy, target, "--without", "interactions").talk
    with duckdb.connect(str(trained_copy)) as con:
        con.execute(f"CREATE OR REPLACE VIEW mmsql.interactions AS SELECT * FROM '{events}'")
    assert "mmsql.interactions" in run("publish", trained_copy, target).talk
