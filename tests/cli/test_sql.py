"""mmsql sql: one command, a script, and what is typed."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

import mmsql
from mmsql.cli import sql
from mmsql.cli.app import app
from mmsql.cli.output import Format
from mmsql.cli.sql_input import complete_statements, converse


def script(path, text, *options):
    return CliRunner().invoke(app, ["sql", str(path), *options], input=text, prog_name="mmsql")


def test_a_command_has_macros_and_functions_at_hand(run, trained_copy):
    call = "SELECT item_id, len(embed_behavior(['i1'])) > 0 AS embedded FROM recommend('u0', k := 1)"
    assert run("sql", trained_copy, "-c", call, "--format", "json").rows == [{"item_id": "i2", "embedded": True}]
    assert run("sql", trained_copy, "-c", "SELECT 1 AS a; SELECT ';' AS b", "--format", "csv").out == "a\n1\nb\n;\n"


def test_a_script_runs_to_its_end_and_keeps_what_it_did(trained_copy):
    text = "-- a comment;\nCREATE TABLE t AS\nSELECT 'x;' AS a;\n\nINSERT INTO t VALUES ('y');\nFROM t ORDER BY a"
    ended = script(trained_copy, text, "--format", "json")
    assert (ended.exit_code, ended.stderr) == (0, "")
    assert json.loads(ended.stdout) == [{"a": "x;"}, {"a": "y"}]
    with mmsql.connect(trained_copy) as con:
        assert con.execute("SELECT count(*) FROM t").fetchall() == [(2,)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("SELECT 1 AS a;\n\nSELECT a;\nSELECT 3;", "Error: line 3: "),
        ("SELECT 1 AS a; SELECT\nb;", "Error: line "),
        ("SELECT 1 AS a;\n\n\nSELECT\n  2 frm x y;", "Error: line 5: syntax error"),
        ("SELECT 1 AS a;\nFROM recommend('u0', k := 0);", "Error: line 2: k must be a whole number of at least 1"),
    ],
)
def test_a_script_ends_at_its_first_error(trained_copy, text, message):
    ended = script(trained_copy, text, "--format", "csv")
    assert ended.exit_code == 1
    assert ended.stdout == "a\n1\n"
    assert ended.stderr.startswith(message)


def typed(*lines):
    """Give a function that asks for lines: texts, or what is raised, and then the end."""
    left = [*lines, EOFError()]
    prompts = []

    def ask(prompt):
        prompts.append(prompt)
        line = left.pop(0)
        if isinstance(line, BaseException):
            raise line
        return line

    return ask, prompts


def test_at_the_prompt_errors_end_a_statement_only(trained_copy, capsys):
    ask, prompts = typed("SELECT 1", " AS a;", "", "SELECT x;", "SELECT 2", KeyboardInterrupt(), "SELECT 3 AS b;")
    with mmsql.connect(trained_copy) as con:
        converse(con, ask, Format.CSV)
    out, talk = capsys.readouterr()
    assert out == "a\n1\nb\n3\n"
    assert talk.startswith("Error: ")
    assert talk.endswith("\nInterrupted.\n\n")
    assert [prompt.strip() for prompt in prompts] == ["mmsql>", "...>", *["mmsql>"] * 3, "...>", "mmsql>", "mmsql>"]


def test_what_is_not_a_users_error_ends_the_prompt(trained_copy):
    ask, _ = typed(ZeroDivisionError())
    with mmsql.connect(trained_copy) as con, pytest.raises(ZeroDivisionError):
        converse(con, ask, Format.CSV)


def test_statements_are_whole_at_a_semicolon():
    lines = ["\n", "SELECT ';\n", "';\n", "-- no;\n", "SELECT 1; SELECT 2;\n", "SELECT 3"]
    found = list(complete_statements(lines))
    assert found == [(2, "SELECT ';\n';\n"), (4, "-- no;\nSELECT 1; SELECT 2;\n"), (6, "SELECT 3")]


@pytest.mark.parametrize(("client", "package"), [("harlequin", "harlequin"), ("duckdb", "duckdb-cli")])
def test_another_client_is_started_where_it_is(run, trained_copy, tmp_path, monkeypatch, client, package):
    monkeypatch.setenv("PATH", str(tmp_path))
    answer = run("sql", trained_copy, "--client", client)
    assert answer.code == 1
    assert f"{client} is not installed. Run `pip install {package}`, or leave --client out." in answer.talk
    program = tmp_path / client
    program.write_text('#!/bin/sh\nfor word in "$@"; do echo "$word"; done > "$0.said"\nexit 7\n')
    program.chmod(0o755)
    assert run("sql", trained_copy, "--client", client).code == 7
    said = (tmp_path / f"{client}.said").read_text().splitlines()
    assert said == [*sql.OPTIONS[sql.Client(client)], str(trained_copy)]
    assert run("sql", trained_copy, "--client", client, "-c", "SELECT 1").code == 2


def test_a_file_that_is_not_there(run, tmp_path):
    answer = run("sql", tmp_path / "no.duckdb", "-c", "SELECT 1")
    assert answer.code == 1
    assert "There is no file" in answer.talk
