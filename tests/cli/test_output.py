"""Rows on stdout: three forms, exact or for reading."""

from __future__ import annotations

import csv
import io
import json
import math
from datetime import date, datetime
from decimal import Decimal

import pytest

from mmsql.cli.output import Format, Rows, cell_text, emit

MOMENT = datetime(2025, 3, 4, 5, 6, 7, 89)
ROWS = Rows(
    ("id", "title", "score", "ok", "ts", "tags"),
    [
        (1, '雪 "Peak", tent', 0.123456789, True, MOMENT, ["a", "b"]),
        (20, "two\nlines", math.nan, None, None, None),
    ],
)


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_json_is_one_array_of_objects_with_every_digit(capsys):
    emit(ROWS, Format.JSON)
    text = capsys.readouterr().out
    first, second = json.loads(text)
    assert first == {
        "id": 1,
        "title": '雪 "Peak", tent',
        "score": 0.123456789,
        "ok": True,
        "ts": "2025-03-04T05:06:07.000089",
        "tags": ["a", "b"],
    }
    assert second["score"] is None
    assert "雪" in text
    assert len(text.splitlines()) == 2


def test_csv_reads_back(capsys):
    emit(ROWS, Format.CSV)
    header, first, second = list(csv.reader(io.StringIO(capsys.readouterr().out)))
    assert header == list(ROWS.columns)
    assert first == [
        "1",
        '雪 "Peak", tent',
        "0.123456789",
        "true",
        "2025-03-04T05:06:07.000089",
        '["a", "b"]',
    ]
    assert second == ["20", "two\nlines", "", "", "", ""]


def test_a_plain_table_is_aligned_also_with_wide_characters(capsys):
    emit(Rows(("title", "n"), [("雪山", 1), ("abcd", 100)]), Format.TABLE)
    assert capsys.readouterr().out.splitlines() == ["title    n", "雪山     1", "abcd   100"]


def test_a_terminal_gets_a_drawn_table(monkeypatch):
    screen = Terminal()
    monkeypatch.setattr("sys.stdout", screen)
    emit(ROWS, Format.TABLE)
    assert "─" in screen.getvalue()
    assert '雪 "Peak", tent' in screen.getvalue()


def test_a_value_cannot_steer_the_terminal_or_be_taken_for_markup(monkeypatch):
    screen = Terminal()
    monkeypatch.setattr("sys.stdout", screen)
    emit(Rows(("title",), [("[red]stop[/red]\x1b[2J",)]), Format.TABLE)
    assert "[red]stop[/red] [2J" in screen.getvalue()
    assert "\x1b[2J" not in screen.getvalue()


@pytest.mark.parametrize(
    ("column", "shown"),
    [
        ([0.5, 0.25], ["0.50", "0.25"]),
        ([0.123456, 2.0], ["0.1235", "2.0000"]),
        ([123.456, 2.0], ["123.46", "2.00"]),
        ([3.0, None], ["3.0", ""]),
        ([math.inf, 1.0], ["inf", "1.0"]),
    ],
)
def test_numbers_of_a_column_are_rounded_alike(capsys, column, shown):
    emit(Rows(("n",), [(value,) for value in column]), Format.TABLE)
    assert [line.strip() for line in capsys.readouterr().out.splitlines()[1:]] == shown


def test_no_rows(capsys):
    empty = Rows(("a", "b"), [])
    for form, text in ((Format.JSON, "[]\n"), (Format.CSV, "a,b\n"), (Format.TABLE, "a  b\n")):
        emit(empty, form)
        assert capsys.readouterr().out == text


def test_odd_values_have_a_form(capsys):
    emit(Rows(("a", "b", "c"), [(date(2025, 1, 2), Decimal("1.50"), {"x": (1, math.nan)})]), Format.JSON)
    assert json.loads(capsys.readouterr().out) == [{"a": "2025-01-02", "b": "1.50", "c": {"x": [1, None]}}]


def test_times_in_tables_have_seconds():
    assert cell_text(MOMENT) == "2025-03-04 05:06:07"
    assert (cell_text(True), cell_text(False), cell_text(None)) == ("yes", "no", "")
