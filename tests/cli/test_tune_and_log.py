"""tune and log: rows on stdout, progress on stderr, and what to type next."""

from __future__ import annotations

import json
import shlex
import signal
import subprocess
import sys

import duckdb
import pytest

from mmsql.models.graph import Graph

pytestmark = pytest.mark.usefixtures("counting_encoder")


def rows(path, query):
    with duckdb.connect(str(path), read_only=True) as con:
        return con.execute(query).fetchall()


def test_tune_answers_the_trials_and_talks_on_stderr(run, trained_copy):
    answer = run(
        "tune", trained_copy, "graph", "--trials", 2, "--option", "decay=0.5", "--seed", 3, "--format", "json"
    )
    assert [row["best"] for row in answer.rows] == [True, False]
    assert {row["trial"] for row in answer.rows} == {0, 1}
    assert all("decay := 0.5" in row["command"] for row in answer.rows)
    for number in (0, 1):
        assert f"Trial {number}: NDCG@10 " in answer.talk
    assert rows(trained_copy, "SELECT count(*) FROM mmsql.trials WHERE NOT holdout AND seed = 3") == [(2,)]


def test_the_command_it_says_trains_with_the_best_options(run, trained_copy):
    answer = run("tune", trained_copy, "--trials", 2, "--holdout", "--format", "json")
    (line,) = (line for line in answer.talk.splitlines() if line.startswith("mmsql train"))
    assert run(*shlex.split(line)[1:]).code == 0
    ((config,),) = rows(trained_copy, "SELECT config FROM mmsql.models WHERE model = 'graph-2'")
    ((tried,),) = rows(
        trained_copy, "SELECT options FROM mmsql.trials WHERE holdout ORDER BY ndcg DESC, trial LIMIT 1"
    )
    assert {name: json.loads(config)[name] for name in json.loads(tried)} == json.loads(tried)


def test_tune_without_a_trial_that_went_well(run, trained_copy, monkeypatch):
    def broken(*_):
        raise ValueError("no such edge")

    monkeypatch.setattr(Graph, "fit", broken)
    answer = run("tune", trained_copy, "--trials", 2)
    assert answer.code == 1
    assert "Trial 1: ValueError: no such edge" in answer.talk
    assert "Error: No trial succeeded. The first one: ValueError: no such edge" in answer.talk
    assert answer.out.count("failed") == 2


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["grpah"], 2, "'grpah' is not one of popularity, graph"),
        (["--trials", 0], 1, "trials must be a whole number from 1 to 100000; 0 was given."),
        (["--option", "decay"], 2, "'decay' is not of the form NAME=VALUE."),
    ],
)
def test_tune_refuses(run, trained_copy, arguments, code, message):
    answer = run("tune", trained_copy, *arguments)
    assert (answer.code, answer.out) == (code, "")
    assert message in answer.flat_talk


def test_log_shows_all_models_or_one(run, trained_copy):
    run("train", trained_copy, "--algorithm", "graph")
    assert [row["model"] for row in run("log", trained_copy, "--format", "json").rows] == ["graph-1", "graph-2"]
    (row,) = run("log", trained_copy, "graph-2", "--format", "json").rows
    assert (row["model"], row["epoch"]) == ("graph-2", 1)


def test_log_of_a_model_that_is_not_there(run, trained_copy):
    answer = run("log", trained_copy, "graph-9")
    assert answer.code == 1
    assert "There is no model 'graph-9'. There is: graph-1." in answer.talk


def test_log_before_any_training(run, tmp_path):
    path = tmp_path / "new.duckdb"
    run("init", path)
    answer = run("log", path)
    assert answer.code == 0
    assert f"No training log yet. Run `mmsql train {path}`." in answer.talk


def test_log_writes_event_files(run, trained_copy, tmp_path):
    folder = tmp_path / "runs"
    answer = run("log", trained_copy, "--tensorboard", folder, "--format", "json")
    assert len(answer.rows) == 1
    assert f"graph-1: event files are in {folder}. Run `tensorboard --logdir {folder}`." in answer.talk
    assert len(list((folder / "graph-1").glob("events.out.tfevents.*"))) == 1


def test_ctrl_c_keeps_the_trials_that_have_ended(trained_copy):
    command = [sys.executable, "-m", "mmsql", "tune", str(trained_copy), "graph", "--trials", "100000"]
    running = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    for line in running.stderr:
        if line.startswith("Trial 1"):
            running.send_signal(signal.SIGINT)
            break
    out, talk = running.communicate(timeout=60)
    assert (running.returncode, out) == (130, "")
    assert talk.endswith("Interrupted.\n")
    found = [
        trial for (trial,) in rows(trained_copy, "SELECT trial FROM mmsql.trials WHERE status = 'done' ORDER BY 1")
    ]
    assert found == list(range(len(found)))
    assert len(found) >= 2
    assert rows(trained_copy, "SELECT count(*) FROM mmsql.trials WHERE status = 'failed'") == [(0,)]
