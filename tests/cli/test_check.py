"""check: findings on stdout, and an exit code that a script can go by."""

from __future__ import annotations

import json


def test_a_good_shop(run, trained_copy):
    answer = run("check", trained_copy, "--format", "json")
    assert list(answer.rows[0]) == ["source", "level", "finding", "advice"]
    assert {"interactions", "items", "comments", "models"} <= {row["source"] for row in answer.rows}
    assert "problem" not in {row["level"] for row in answer.rows}
    assert answer.talk == ""


def test_problems_end_with_one_and_still_give_rows(run, tmp_path):
    path = tmp_path / "empty.duckdb"
    run("init", path)
    answer = run("check", path, "--format", "json")
    assert answer.code == 1
    assert [row["source"] for row in json.loads(answer.out) if row["level"] == "problem"] == ["interactions"]
    assert answer.talk == "1 problem to solve before training.\n"


def test_it_changes_nothing(run, trained_copy):
    before = trained_copy.read_bytes()
    run("check", trained_copy)
    assert trained_copy.read_bytes() == before
