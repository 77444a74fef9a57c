"""Reading of single values: amounts, times, flags, texts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import duckdb
import pytest

from mmsql.db import sqlfiles
from mmsql.loading.merging import MACROS


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        for name in MACROS:
            connection.execute(sqlfiles.query("loading", name))
        yield connection


def value(con: duckdb.DuckDBPyConnection, expression: str, given: Any) -> Any:
    return con.execute(f"SELECT {expression}", {"given": given}).fetchall()[0][0]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("12", 12.0),
        (" 12.50 ", 12.5),
        ("-3", -3.0),
        ("1e3", 1000.0),
        ("$12.99", 12.99),
        ("$1,299.00", 1299.0),
        ("US$ 1,299", 1299.0),
        ("￥88", 88.0),
        ("¥1,299", 1299.0),
        ("88元", 88.0),
        ("12,50 €", 12.5),
        ("€12,50", 12.5),
        ("1.299,00 €", 1299.0),
        ("1.299 €", 1299.0),
        ("1 299,00 kr", 1299.0),
        ("1\u202f299,00 €", 1299.0),
        ("1'299.50 CHF", 1299.5),
        ("CHF 1'299.50", 1299.5),
        ("Rs. 499", 499.0),
        ("12,345,678", 12345678.0),
        ("1.234.567", 1234567.0),
        ("0,125", 0.125),
        ("1.125", 1.125),
        ("-$5.00", -5.0),
        ("$-5.00", -5.0),
        ("$5.00 - $20.00", 5.0),
        ("from 12.99", 12.99),
        ("5 USD", 5.0),
        ("", None),
        ("call us", None),
        ("nan", None),
        ("inf", None),
        ("12 apples and 3 pears", None),
        ("1.2.3", None),
        (".a-box-inner{background-color:#fff}", None),
        (None, None),
    ],
)
def test_amounts(con: duckdb.DuckDBPyConnection, given: str | None, expected: float | None) -> None:
    assert value(con, "load_number($given)", given) == expected


MOMENT = datetime(2014, 2, 28, 12, 30, 15)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("1393590615", MOMENT),
        ("1393590615.0", MOMENT),
        ("1.393590615e9", MOMENT),
        ("1393590615000", MOMENT),
        ("1393590615000000", MOMENT),
        ("1393590615000000000", MOMENT),
        ("1393590615250", datetime(2014, 2, 28, 12, 30, 15, 250_000)),
        ("-86400", datetime(1969, 12, 31)),
        ("0", datetime(1970, 1, 1)),
        ("2014-02-28", datetime(2014, 2, 28)),
        ("2014-02-28 12:30:15", MOMENT),
        ("2014-02-28T12:30:15", MOMENT),
        ("2014-02-28T12:30:15Z", MOMENT),
        ("2014-02-28T14:30:15+02:00", MOMENT),
        ("2014-02-28 14:30:15+0200", MOMENT),
        ("2014-02-28 07:30:15-05", MOMENT),
        ("2014-02-28 12:30:15 UTC", MOMENT),
        ("2014-02-28T12:30:15.250Z", datetime(2014, 2, 28, 12, 30, 15, 250_000)),
        ("2014-02-28T12:30", datetime(2014, 2, 28, 12, 30)),
        ("2014/02/28", datetime(2014, 2, 28)),
        ("20140228", datetime(2014, 2, 28)),
        ("20140228123015", MOMENT),
        ("20140228T123015", MOMENT),
        ("28.02.2014", datetime(2014, 2, 28)),
        ("28.02.2014 12:30", datetime(2014, 2, 28, 12, 30)),
        ("02 28, 2014", datetime(2014, 2, 28)),
        ("Feb 28, 2014", datetime(2014, 2, 28)),
        ("February 28, 2014", datetime(2014, 2, 28)),
        ("Fri, 28 Feb 2014 12:30:15 GMT", MOMENT),
        ("2014年2月28日", datetime(2014, 2, 28)),
        ("03/04/2014", None),
        ("yesterday", None),
        ("infinity", None),
        ("epoch", None),
        ("2014-13-01", None),
        ("2014-02-28 25:00:00", None),
        ("1e30", None),
        ("", None),
        (None, None),
    ],
)
def test_times(con: duckdb.DuckDBPyConnection, given: str | None, expected: datetime | None) -> None:
    assert value(con, "load_ts($given)", given) == expected


@pytest.mark.parametrize("zone", ["UTC", "Asia/Shanghai", "America/New_York"])
def test_times_do_not_depend_on_the_session(con: duckdb.DuckDBPyConnection, zone: str) -> None:
    con.execute(f"SET TimeZone = '{zone}'")
    assert value(con, "load_ts($given)", "2014-02-28 12:30:15") == MOMENT
    assert value(con, "load_ts($given)", "2014-02-28T14:30:15+02:00") == MOMENT
    assert value(con, "load_ts($given)", "1393590615") == MOMENT


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("true", True),
        ("YES", True),
        ("1", True),
        ("12", True),
        ("in stock", True),
        ("有货", True),
        ("false", False),
        ("n", False),
        ("0", False),
        ("-1", False),
        ("Sold Out", False),
        ("缺货", False),
        ("perhaps", None),
        ("", None),
        (None, None),
    ],
)
def test_flags(con: duckdb.DuckDBPyConnection, given: str | None, expected: bool | None) -> None:
    assert value(con, "load_flag($given)", given) is expected


@pytest.mark.parametrize(
    ("headline", "body", "expected"),
    [
        ("Good", "It works.", "Good. It works."),
        ("Good!", "It works.", "Good! It works."),
        ("很好。", "物流快", "很好。 物流快"),
        ("It works", "It works as it should.", "It works as it should."),
        ("It wor...", "It works as it should.", "It works as it should."),
        ("", "It works.", "It works."),
        ("Good", "  ", "Good"),
        (None, None, None),
    ],
)
def test_headlines(
    con: duckdb.DuckDBPyConnection, headline: str | None, body: str | None, expected: str | None
) -> None:
    given = {"headline": headline, "body": body}
    assert value(con, "load_comment_text($given.headline, $given.body)", given) == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("5", 1),
        ("-5", 1),
        ("0", 1),
        ("00123", 9),
        ("5.0", 2),
        (".5", 2),
        ("1e5", 9),
        ("True", 3),
        ("12345678901234567890", 9),
        ("red", 9),
        (" ", None),
    ],
)
def test_kinds(con: duckdb.DuckDBPyConnection, given: str, expected: int | None) -> None:
    assert value(con, "load_value_type($given)", given) == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("{'a': 'it\\'s', 'b': \"it's\"}", '{"a": "it\'s", "b": "it\'s"}'),
        ("{'a': [['x', 'say \"q\"']], 'n': 1.5}", '{"a": [["x", "say \\"q\\""]], "n": 1.5}'),
        ("{'a': True, 'b': None, 'c': [False, True]}", '{"a": true, "b": null, "c": [false, true]}'),
        ("{'a': 'caf\\xe9 \\\\ z', u'b': u'True'}", '{"a": "caf\\u00e9 \\\\ z", "b": "True"}'),
    ],
)
def test_python_dicts(con: duckdb.DuckDBPyConnection, given: str, expected: str) -> None:
    assert value(con, "load_python_dict($given)", given) == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ('["A", "B", "C"]', "A > B > C"),
        ('[["A", "B"], ["A", "C"]]', "A > B"),
        ('["A", "", "B", "</span>", "Made to last."]', "A > B"),
        ('"A"', "A"),
        ("[]", None),
        ("null", None),
    ],
)
def test_categories(con: duckdb.DuckDBPyConnection, given: str, expected: str | None) -> None:
    assert value(con, "load_category(CAST($given AS JSON))", given) == expected
