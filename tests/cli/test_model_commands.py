"""init, train, refresh, evaluate, deploy, rollback, publish: what changes the file."""

from __future__ import annotations

import json

import duckdb
import pytest

import mmsql


def setting(path, query):
    with duckdb.connect(str(path), read_only=True) as con:
        return con.execute(query).fetchall()


def test_init_makes_a_file_and_keeps_what_is_there(run, tmp_path):
    path = tmp_path / "new.duckdb"
    made = run("init", path)
    assert (made.code, made.out) == (0, "")
    assert f"{path} was created." in made.talk
    with duckdb.connect(str(path)) as con:
        con.execute("INSERT INTO mmsql.users VALUES ('u1')")
    assert "is up to date." in run("init", path).talk
    assert setting(path, "FROM mmsql.users") == [("u1",)]


def test_train_answers_one_row_and_talks_on_stderr(run, trained_copy):
    answer = run(
        "train", trained_copy, "--algorithm", "graph", "--option", "decay=0.5", "--seed", 7, "--format", "json"
    )
    (row,) = answer.rows
    assert (row["model"], row["algorithm"], row["users"]) == ("graph-2", "graph", 40)
    assert "Training graph" in answer.talk
    assert "graph-2 took" in answer.talk
    ((config,),) = setting(trained_copy, "SELECT config FROM mmsql.models WHERE model = 'graph-2'")
    assert json.loads(config)["decay"] == 0.5
    assert json.loads(config)["seed"] == 7


def test_train_says_what_it_could_not_use_and_where_to_look(run, trained_copy):
    without = run("train", trained_copy, "--algorithm", "popularity").talk
    with duckdb.connect(str(trained_copy)) as con:
        con.execute("INSERT INTO mmsql.relations VALUES ('i1', 'nowhere', 'goes with', NULL)")
    told = run("train", trained_copy, "--algorithm", "popularity").talk
    assert "could not be used" not in without
    assert f"Rows that could not be used: 1. `mmsql check {trained_copy}` lists the reasons." in told
    assert "related_id is an unknown item" in run("check", trained_copy).out


def test_a_model_can_wait_be_deployed_and_rolled_back(run, trained_copy):
    answer = run("train", trained_copy, "--algorithm", "popularity", "--no-deploy", "--format", "json")
    assert answer.rows[0]["model"] == "popularity-2"
    assert f"mmsql deploy {trained_copy} popularity-2" in answer.talk
    serving = "SELECT model FROM mmsql.models() WHERE deployed"
    assert setting(trained_copy, serving) == [("graph-1",)]
    assert run("deploy", trained_copy, "popularity-2", "--format", "json").rows == [{"deployed": "popularity-2"}]
    assert setting(trained_copy, serving) == [("popularity-2",)]
    assert run("rollback", trained_copy, "--format", "csv").out == "deployed\ngraph-1\n"
    assert setting(trained_copy, serving) == [("graph-1",)]


def test_refresh_makes_a_new_version_with_the_new_events(run, trained_copy):
    with duckdb.connect(str(trained_copy)) as con:
        con.execute("INSERT INTO mmsql.interactions VALUES ('newcomer', 'i1', 'view', NULL, '2026-01-01')")
    answer = run("refresh", trained_copy, "--format", "json")
    assert (answer.rows[0]["model"], answer.rows[0]["users"]) == ("graph-2", 41)
    assert "graph-2 took" in answer.talk


def test_evaluate_answers_the_metrics(run, trained_copy):
    answer = run("evaluate", trained_copy, "-k", 5, "--format", "json")
    assert [row["metric"] for row in answer.rows][:5] == ["precision", "recall", "f1", "hit_rate", "ndcg"]
    assert {(row["model"], row["split"], row["k"]) for row in answer.rows} == {("graph-1", "leave_last_out", 5)}
    assert all(row["popularity"] is not None for row in answer.rows)
    assert "graph-1 took" in answer.talk


def test_evaluate_an_algorithm_on_a_split_by_time(run, trained_copy):
    with duckdb.connect(str(trained_copy)) as con:
        con.execute(
            "INSERT INTO mmsql.interactions "
            "SELECT 'u' || u, 'i' || ((u + 5) % 12), 'view', NULL, TIMESTAMP '2025-06-01' FROM range(20) t(u)"
        )
    arguments = ["--algorithm", "graph", "--split", "time", "--test-share", 0.3, "--option", "decay=0.9"]
    answer = run("evaluate", trained_copy, *arguments, "--format", "json")
    assert {(row["model"], row["split"]) for row in answer.rows} == {("graph", "time")}


def test_publish_writes_a_copy_that_answers_the_same(run, trained_copy, tmp_path):
    copy = tmp_path / "copy.duckdb"
    (row,) = run("publish", trained_copy, copy, "--format", "json").rows
    assert (row["file"], row["model"], row["bytes"]) == (str(copy), "graph-1", copy.stat().st_size)
    asked = ["u0", "--format", "json"]
    assert run("recommend", copy, *asked).rows == run("recommend", trained_copy, *asked).rows


def test_forget_counts_then_removes_and_says_what_stays(run, trained_copy):
    asked = ["forget", trained_copy, "u1", "--format", "json"]
    counted = run(*asked, "--dry-run")
    assert {row["removed"] for row in counted.rows} == {False}
    assert "rows would be removed, or are in views. Nothing was changed." in counted.talk
    removed = run(*asked)
    assert [row["rows"] for row in removed.rows] == [row["rows"] for row in counted.rows]
    assert removed.rows[0] == {"table_name": "interactions", "rows": 3, "removed": True, "note": ""}
    assert " rows of u1 were removed." in removed.talk
    assert f"Run `mmsql train {trained_copy}` for a model without them." in removed.talk
    assert setting(trained_copy, "SELECT count(*) FROM mmsql.interactions WHERE user_id = 'u1'") == [(0,)]
    again = run(*asked)
    assert (again.code, again.out) == (1, "")
    assert "There is no user 'u1' in this file" in again.talk


@pytest.mark.parametrize(
    "command", ["train", "refresh", "evaluate", "deploy", "rollback", "recommend", "models", "forget"]
)
def test_a_mistyped_name_makes_no_file(run, tmp_path, command):
    path = tmp_path / "mistyped.duckdb"
    more = {"deploy": ["graph-1"], "recommend": ["u0"], "forget": ["u0"]}.get(command, [])
    answer = run(command, path, *more)
    assert answer.code == 1
    assert f"There is no file {path}. Run `mmsql init {path}` to make one." in answer.talk
    assert not path.exists()


def test_what_the_command_line_trains_is_there_for_sql(run, trained_copy):
    run("train", trained_copy, "--algorithm", "popularity")
    con = mmsql.connect(trained_copy)
    assert con.execute("SELECT model FROM models() WHERE deployed").fetchall() == [("popularity-2",)]
    con.close()


def test_a_schedule_of_runs_that_all_fail_ends_with_an_error(run, trained_copy, tmp_path):
    answer = run("refresh", tmp_path / "none.duckdb", "--every", "1ms", "--runs", "2")
    assert answer.code == 1
    assert answer.talk.count("There is no file") == 2


def test_a_schedule_with_a_run_that_works_ends_well(run, trained_copy, monkeypatch):
    from mmsql.jobs import refreshing

    real, runs = refreshing.refresh, []

    def sometimes(con, **given):
        runs.append(given)
        if len(runs) == 1:
            raise OSError("The disk is away.")
        return real(con, **given)

    monkeypatch.setattr(refreshing, "refresh", sometimes)
    answer = run("refresh", trained_copy, "--every", "1ms", "--runs", "2", "--min-overlap", "0.2")
    assert answer.code == 0
    assert "The disk is away." in answer.talk
    assert runs == [{"min_overlap": 0.2}, {"min_overlap": 0.2}]
