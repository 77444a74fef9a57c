"""Texts of a file steer neither a terminal nor a spreadsheet."""

from __future__ import annotations

import csv
import io
import json

import duckdb
import pytest

from mmsql.cli.output import Format, Rows, emit
from mmsql.cli.safe_text import inert

HOSTILE = "\x1b]0;title\x07\x1b[2J\x9b31m\u202eevil\u2066\x08\r"
FORBIDDEN = set("\x1b\x07\x9b\u202e\u2066\x08\r")


@pytest.mark.parametrize("form", [Format.TABLE, Format.JSON])
def test_values_and_headings(capsys, form: Format) -> None:
    emit(Rows((HOSTILE, "n"), [(HOSTILE, 1), ([HOSTILE], 2)]), form)
    out = capsys.readouterr().out
    assert not FORBIDDEN & set(out)
    if form is Format.JSON:
        assert json.loads(out)[0] == {HOSTILE: HOSTILE, "n": 1}


def test_csv_on_a_terminal(monkeypatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    screen = Terminal()
    monkeypatch.setattr("sys.stdout", screen)
    emit(Rows((HOSTILE,), [(HOSTILE,)]), Format.CSV)
    assert not FORBIDDEN & set(screen.getvalue())


@pytest.mark.parametrize(
    ("given", "written"),
    [
        ('=HYPERLINK("http://x")', '\'=HYPERLINK("http://x")'),
        ("+1+cmd|' /C calc'!A0", "'+1+cmd|' /C calc'!A0"),
        ("-2+3", "'-2+3"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("  =1", "'  =1"),
        ("＝1+1", "'＝1+1"),
        ("-5", "-5"),
        ("+3.5", "+3.5"),
        ("a=b", "a=b"),
        ("", ""),
    ],
)
def test_spreadsheets(capsys, given: str, written: str) -> None:
    assert inert(given) == written
    for form, expected in ((Format.CSV, written), (Format.EXACT_CSV, given)):
        emit(Rows(("title", "n"), [(given, -1)]), form)
        assert list(csv.reader(io.StringIO(capsys.readouterr().out)))[1] == [expected, "-1"]


def test_commands(run, trained_copy) -> None:
    with duckdb.connect(str(trained_copy)) as con:
        con.execute("UPDATE mmsql.items SET title = $title", {"title": HOSTILE})
        con.execute('CREATE TABLE evil AS SELECT 1 AS "\x1b[31m"')
    for command in (
        ["recommend", trained_copy, "u0"],
        ["recommend", trained_copy, "\x1b[31mnobody"],
        ["explain", trained_copy, "u0", "\x1b[31mnothing"],
        ["sql", trained_copy, "-c", "FROM evil"],
        ["sql", trained_copy, "-c", "SELECT error('\x1b[31m\u202e')"],
        ["deploy", trained_copy, "\x1b[31mnothing"],
    ):
        answer = run(*command)
        assert not FORBIDDEN & set(answer.out + answer.talk), command
