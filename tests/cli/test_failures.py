"""Bad input: one line on stderr, an exit code, nothing on stdout, nothing lost."""

from __future__ import annotations

import signal
import subprocess
import sys

import duckdb
import pytest

from mmsql.cli.error_messages import exit_code_of, message_of
from mmsql.cli.exit_codes import ExitCode
from mmsql.errors import ModelError

HOLD = """
import sys, duckdb
con = duckdb.connect(sys.argv[1])
print("held", flush=True)
sys.stdin.readline()
"""


def assert_told(answer, code, *parts):
    assert (answer.code, answer.out) == (code, "")
    for part in parts:
        assert part in answer.flat_talk
    assert "Traceback" not in answer.talk


@pytest.mark.parametrize("k", [0, -1])
@pytest.mark.parametrize("command", [["recommend", "u0"], ["similar", "i1"]])
def test_k_below_one(run, trained_copy, command, k):
    answer = run(command[0], trained_copy, command[1], "-k", k)
    assert_told(answer, 1)
    assert answer.talk == f"Error: k must be a whole number of at least 1, {k} was given. Type k := 10.\n"


@pytest.mark.parametrize(
    ("option", "value", "code", "message"),
    [
        ("--exclude-events", "bye", 1, "Error: Unknown event bye in exclude_events. There are: buy, view."),
        ("--exclude-events", "buy,'; DROP TABLE x", 1, "Error: Unknown event '; DROP TABLE x in exclude_events."),
        ("--per-brand", 0, 1, "Error: per_brand must be at least 1, 0 was given."),
        ("--per-brand", "1.5", 2, "Invalid value for '--per-brand'"),
        ("--diversity", 1.5, 1, "Error: diversity must be from 0, by score alone, to 1; 1.5 was given."),
        ("--diversity", -0.1, 1, "Error: diversity must be from 0, by score alone, to 1; -0.1 was given."),
        ("--diversity", "nan", 1, "Error: diversity must be from 0, by score alone, to 1; nan was given."),
        ("--diversity", "much", 2, "Invalid value for '--diversity'"),
    ],
)
def test_wrong_values_of_recommend(run, trained_copy, option, value, code, message):
    assert_told(run("recommend", trained_copy, "u0", option, value), code, message)


def test_other_values_no_answer_can_have(run, trained_copy):
    assert_told(
        run("recommend", trained_copy, "u0", "--per-category", 0), 1, "Error: per_category must be at least 1"
    )
    assert_told(
        run("recommend", trained_copy, "u0", "--min-price", 9, "--max-price", 3),
        1,
        "Error: min_price is above max_price",
    )
    assert_told(run("evaluate", trained_copy, "-k", 0), 1, "k must be a whole number from 1 to 1000; 0 was given.")
    assert_told(run("evaluate", trained_copy, "--test-share", 2), 1, "test_share must be a number")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["train", "DB", "--algorithm", "magic"],
            "'magic' is not one of auto, popularity, graph, fusion, blend, ease, ials, jmf, mvmf.",
        ),
        (["train", "DB", "--device", "tpu"], "'tpu' is not one of auto, cpu, cuda, mps."),
        (["train", "DB", "--behavior", "rnn"], "'rnn' is not one of transformer, gru, mean."),
        (["train", "DB", "--option", "decay"], "'decay' is not of the form NAME=VALUE."),
        (["train", "DB", "--seed", "1", "--option", "seed=2"], "seed is given twice."),
        (["evaluate", "DB", "--split", "random"], "'random' is not one of leave_last_out, time, cold_items."),
        (["evaluate", "DB", "--algorithm", "magic"], "'magic' is not one of auto, popularity, graph, fusion, blend,"),
        (
            ["evaluate", "DB", "--model", "graph-1", "--algorithm", "graph"],
            "give --model or --algorithm, not both.",
        ),
        (
            ["similar", "DB", "i1", "--modality", "smell"],
            "'smell' is not one of fused, behavior, comment, text,",
        ),
        (["recommend", "DB", "u0", "-k", "many"], "Invalid value for '--k'"),
        (["recommend", "DB", "u0", "--format", "xml"], "'xml' is not one of"),
        (["recommend", "DB"], "Missing argument"),
        (["recomend", "DB"], "No such command 'recomend'."),
    ],
)
def test_a_command_line_that_is_wrong(run, trained_copy, arguments, message):
    answer = run(*[trained_copy if argument == "DB" else argument for argument in arguments])
    assert_told(answer, 2, message)


def test_options_of_an_algorithm(run, trained_copy):
    train = ["train", trained_copy, "--algorithm", "graph", "--option"]
    assert_told(run(*train, "speed=3"), 1, "Unknown option of graph: 'speed'. Allowed:", "decay")
    assert_told(run(*train, "decay=high"), 1, "decay must be a number from 0 to 1; 'high' was given.")
    assert_told(run("evaluate", trained_copy, "--option", "speed=3"), 1, "Unknown option of graph: 'speed'.")


def test_an_unknown_model(run, trained_copy):
    message = "Error: There is no model 'graph-9'. There is: graph-1."
    assert_told(run("deploy", trained_copy, "graph-9"), 1, message)
    assert_told(run("evaluate", trained_copy, "--model", "graph-9"), 1, message)
    assert_told(run("rollback", trained_copy), 1, "Error: There is no earlier deployment")


def test_a_path_that_is_a_directory(run, tmp_path):
    for command in (
        ["recommend", tmp_path, "u0"],
        ["train", tmp_path],
        ["init", tmp_path],
        ["publish", tmp_path, "x"],
    ):
        assert_told(run(*command), 1, "is a directory. Name a file in it")


def test_a_directory_that_is_not_there(run, tmp_path):
    path = tmp_path / "no" / "shop.duckdb"
    assert_told(run("init", path), 1, "There is no directory")
    assert_told(run("demo", path), 1, "There is no directory")


def test_a_file_that_is_no_database(run, tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("not a database", encoding="utf-8")
    for command in ("models", "train"):
        assert_told(run(command, path), 1, "cannot be opened as a DuckDB database")
    assert path.read_text(encoding="utf-8") == "not a database"


def test_a_database_without_our_schema(run, tmp_path):
    path = tmp_path / "plain.duckdb"
    duckdb.connect(str(path)).close()
    assert_told(run("models", path), 1, "holds no mmsql schema", f"mmsql init {path}")


def test_a_file_without_events_or_model(run, tmp_path):
    path = tmp_path / "empty.duckdb"
    run("init", path)
    assert_told(run("recommend", path, "u0"), 1, "Error: No model is deployed in this file.")
    assert_told(run("refresh", path), 1, "Error: No model is deployed in this file.")
    assert_told(run("evaluate", path), 1, "Error: No model is deployed in this file.")
    assert_told(run("publish", path, tmp_path / "o.duckdb"), 1, "No model is deployed")
    assert_told(run("train", path, "--algorithm", "graph"), 1, "mmsql.interactions")
    models = run("models", path, "--format", "json")
    assert models.rows == []
    assert "No model yet." in models.talk


def test_publishing_over_itself_or_into_a_directory(run, trained_copy, tmp_path):
    assert_told(run("publish", trained_copy, trained_copy), 1, "cannot be published over itself")
    assert_told(run("publish", trained_copy, tmp_path), 1, "is a directory")
    assert_told(run("publish", tmp_path / "no.duckdb", tmp_path / "o.duckdb"), 1, "There is no file")


def test_a_database_that_another_process_holds(run, trained_copy):
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(trained_copy)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout.readline() == "held\n"
        for command in (["recommend", trained_copy, "u0"], ["train", trained_copy], ["init", trained_copy]):
            assert_told(run(*command), 1, f"{trained_copy} is in use by another process")
        holder.communicate("\n")
    assert run("recommend", trained_copy, "u0").code == 0


def test_debug_shows_the_traceback(run, trained_copy, monkeypatch):
    by_option = run("--debug", "deploy", trained_copy, "graph-9")
    assert by_option.code == 1
    assert "Traceback" in by_option.talk
    assert by_option.talk.endswith("Error: There is no model 'graph-9'. There is: graph-1.\n")
    monkeypatch.setenv("MMSQL_DEBUG", "1")
    assert "Traceback" in run("deploy", trained_copy, "graph-9").talk


def test_a_bug_is_not_hidden(run, trained_copy, monkeypatch):
    def broken(con):
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr("mmsql.store.versions.rollback", broken)
    with pytest.raises(ZeroDivisionError):
        run("rollback", trained_copy)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ModelError("x"), ExitCode.ERROR),
        (PermissionError("x"), ExitCode.ERROR),
        (duckdb.InvalidInputException("x"), ExitCode.ERROR),
        (BrokenPipeError(), ExitCode.BROKEN_PIPE),
        (KeyboardInterrupt(), ExitCode.INTERRUPTED),
        (RuntimeError("Query interrupted"), ExitCode.INTERRUPTED),
        (duckdb.InterruptException("INTERRUPT Error: Interrupted!"), ExitCode.INTERRUPTED),
        (ValueError("x"), None),
    ],
)
def test_exit_codes(error, code):
    assert exit_code_of(error) is code


def test_messages_lose_what_duckdb_puts_before_them():
    assert message_of(duckdb.Error("Invalid Input Error: Invalid Input Error: k is 0")) == "k is 0"
    assert message_of(duckdb.Error("Out of Memory Error: too much")) == "too much"
    assert message_of(ModelError("Some Error: stays")) == "Some Error: stays"
    assert message_of(OSError()) == "OSError"


def test_nobody_reads_stdout_any_more(trained_copy):
    command = [sys.executable, "-m", "mmsql", "recommend", str(trained_copy), "u0", "--format", "csv"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        process.stdout.close()
        talk = process.stderr.read()
    assert (process.returncode, talk) == (ExitCode.BROKEN_PIPE, "")


# Trains, but spends its time in one long query just before the model is stored; Ctrl-C comes then.
INTERRUPTED_TRAINING = """
import os, signal, sys, threading
from mmsql.store import versions
from mmsql.cli import main

def slow(con, *rest, **options):
    threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
    con.execute("SELECT count(*) FROM range(1000000000000) t(a) WHERE hash(t.a) = 1").fetchall()

versions.save = slow
sys.argv = ["mmsql", "train", sys.argv[1], "--algorithm", "popularity"]
main()
"""


def test_ctrl_c_leaves_the_model_that_serves(run, trained_copy):
    before = run("recommend", trained_copy, "u0", "--format", "json").rows
    ended = subprocess.run(
        [sys.executable, "-c", INTERRUPTED_TRAINING, str(trained_copy)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == ExitCode.INTERRUPTED == 128 + signal.SIGINT
    assert ended.stdout == ""
    assert ended.stderr.endswith("Interrupted.\n")
    assert "Traceback" not in ended.stderr
    states = {
        row["model"]: (row["status"], row["deployed"]) for row in run("models", trained_copy, "--format", "json").rows
    }
    assert states == {"graph-1": ("ready", True), "popularity-2": ("interrupted", False)}
    assert run("recommend", trained_copy, "u0", "--format", "json").rows == before
    assert run("train", trained_copy, "--algorithm", "popularity").code == 0
