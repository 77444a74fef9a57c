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
