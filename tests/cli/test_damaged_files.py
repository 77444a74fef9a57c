"""Files whose model rows, weights, macros or tables another program damaged: a message says what to type."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from mmsql.cli.exit_codes import ExitCode
from mmsql.errors import ModelError
from mmsql.store.versions import load_weights

DAMAGES = [
    ("config = NULL", r"its config is None"),
    ("config = '[1]'", r"its config is [1]"),
    ("config = '\"x\"'", r'its config is "x"'),
    ('config = \'{"epochs": "many"}\'', r'its config is {"epochs": "many"}'),
    ("algorithm = 'quantum'", r"there is no algorithm 'quantum'"),
    ("algorithm = NULL", r"there is no algorithm None"),
    ("seed = NULL", r"it has no seed"),
]


def change(path: Path, statement: str) -> None:
    with duckdb.connect(str(path)) as con:
        con.execute(statement)


@pytest.mark.parametrize(("change_to", "flaw"), DAMAGES)
def test_a_damaged_model_row(run, trained_copy, change_to: str, flaw: str) -> None:
    change(trained_copy, f"UPDATE mmsql.models SET {change_to}")
    for command in (["evaluate", trained_copy], ["refresh", trained_copy]):
        answer = run(*command)
        assert answer.code == ExitCode.ERROR
        assert f"is damaged: {flaw}. Run `mmsql train` to make another model" in answer.talk
    assert run("recommend", trained_copy, "u0").code == ExitCode.OK
    assert run("train", trained_copy, "--algorithm", "popularity").code == ExitCode.OK
    assert run("refresh", trained_copy).code == ExitCode.OK


@pytest.mark.parametrize("weights", ["'hello'::BLOB", "'\\x10\\x00\\x00\\x00\\x00\\x00\\x00\\x00{}'::BLOB"])
def test_damaged_weights(trained, weights: str) -> None:
    trained.execute(f"UPDATE mmsql.models SET weights = {weights}")
    with pytest.raises(ModelError, match=r"The weights of graph-1 are damaged \(.*`mmsql train`.*CALL rollback\(\)"):
        load_weights(trained, "graph-1")


def test_errors_of_functions_show_no_frames(run, trained_copy) -> None:
    answer = run("sql", trained_copy, "-c", "CALL deploy('nothing')")
    assert answer.code == ExitCode.ERROR
    assert answer.talk.strip() == "Error: line 1: There is no model 'nothing'. There is: graph-1."


@pytest.mark.parametrize("macro", ["winback", "explain"])
def test_a_file_without_a_macro(run, trained_copy, macro: str) -> None:
    change(trained_copy, f"DROP MACRO TABLE mmsql.{macro}")
    query = {"winback": "FROM winback()", "explain": "FROM explain('u0', 'i1')"}[macro]
    answer = run("sql", trained_copy, "-c", query)
    assert answer.code == ExitCode.ERROR
    assert f"This file has no {macro}: an earlier mmsql made the file. Run `mmsql init` on it." in answer.talk
    assert run("init", trained_copy).code == ExitCode.OK
    assert run("sql", trained_copy, "-c", query).code == ExitCode.OK


@pytest.mark.parametrize(
    "damage",
    [
        "DROP MACRO TABLE mmsql.recommend",
        "CREATE OR REPLACE MACRO mmsql._score_terms(history) AS TABLE SELECT 1 AS one",
        "DROP VIEW mmsql.top_recommendations",
        "DROP TABLE mmsql.comments",
        "DROP TABLE mmsql.serving",
        "DROP TABLE mmsql.rejects",
    ],
)
def test_init_repairs(run, trained_copy, damage: str) -> None:
    lists = (
        "SELECT item_id, score FROM mmsql.recommend('u0') UNION ALL FROM mmsql.top_recommendations SELECT item_id, 1"
    )
    with duckdb.connect(str(trained_copy), read_only=True) as con:
        expected = con.execute(f"{lists} ORDER BY ALL").fetchall()
    change(trained_copy, damage)
    assert run("init", trained_copy).code == ExitCode.OK
    with duckdb.connect(str(trained_copy), read_only=True) as con:
        assert con.execute(f"{lists} ORDER BY ALL").fetchall() == expected
