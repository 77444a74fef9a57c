"""Times in the forms that software writes, one by one and by the file as a whole."""

from __future__ import annotations

from datetime import datetime

import pytest

from mmsql.db import sqlfiles
from mmsql.loading.merging import MACROS
from mmsql.loading.single_file import load_file

MOMENT = datetime(2014, 2, 28, 12, 30, 15)
MINUTE = datetime(2014, 2, 28, 12, 30)
AFTERNOON = datetime(2014, 2, 28, 15, 30)
FORMS = [
    ("Fri Feb 28 12:30:15 2014", MOMENT),
    ("Fri Feb 28 12:30:15 +0000 2014", MOMENT),
    ("Mon Aug 01 13:41:57 -0700 2011", datetime(2011, 8, 1, 20, 41, 57)),
    ("Fri Feb 28 05:30:15 MST 2014", MOMENT),
    ("Fri Feb 28 20:30:15 CST 2014", None),  # Central or China
    ("Fri Feb 28 2014 14:30:15 GMT+0200 (Eastern European Standard Time)", MOMENT),
    ("Fri, 28 Feb 2014 14:30:15 +0200", MOMENT),
    ("Friday, February 28, 2014 12:30 PM", MINUTE),
    ("28/Feb/2014:14:30:15 +0200", MOMENT),
    ("28-Feb-2014 12:30:15", MOMENT),
    ("28-FEB-14 12.30.15", MOMENT),
    ("28-FEB-14 03.30.00.000000 PM", AFTERNOON),
    ("28-FEB-14", datetime(2014, 2, 28)),
    ("28th Feb 2014", datetime(2014, 2, 28)),
    ("Feb 28, 2014, 3:30:00 PM", AFTERNOON),
    ("Sept. 28, 2014", datetime(2014, 9, 28)),
    ("2014-02-28 3:30 pm", AFTERNOON),
    ("2014-02-28 07:30:15 -0500", MOMENT),
    ("2014-02-28 07:30:15 -05:00", MOMENT),
    ("2014-02-28 18:00 +0530", MINUTE),
    ("2014-02-28T13:30+01:00", MINUTE),
    ("2014-02-28T12:30Z", MINUTE),
    ("2014-02-28 13:30:15 Europe/Berlin", MOMENT),
    ("2014-02-28T12:30:15 +0000 UTC", MOMENT),
    ("2014-02-28 12:30:15,250", datetime(2014, 2, 28, 12, 30, 15, 250_000)),
    ("2014-02-28T12:30:15.1234567Z", datetime(2014, 2, 28, 12, 30, 15, 123_456)),
    ("2014-02-28_12:30:15", MOMENT),
    ("2014-02-28 12", datetime(2014, 2, 28, 12)),
    ("2014.02.28 12:30", MINUTE),
    ("28.2.2014 12:30:15", MOMENT),
    ("28.02.14 12:30", MINUTE),
    ("20140228T203015+0800", MOMENT),
    ("20140228123015", MOMENT),
    ("/Date(1393590615000)/", MOMENT),
    ("/Date(1393590615000+0800)/", MOMENT),
    ('"2014-02-28 12:30:15"', MOMENT),
    ("2014年2月28日 15时30分", AFTERNOON),
    ("2014年2月28日 12时30分15秒", MOMENT),
    ("2014年02月28日 下午3点30分", AFTERNOON),
    ("2014/2/28 下午 03:30:00", AFTERNOON),
    ("2014/2/28 上午 9:05", datetime(2014, 2, 28, 9, 5)),
    ("2014年2月28日 下午15:30", AFTERNOON),
    ("2014年2月28日 晚上12:10", datetime(2014, 2, 28, 0, 10)),
    ("2014年2月28日 中午11:50", datetime(2014, 2, 28, 11, 50)),
    ("2014年2月28日 中午12:30", MINUTE),
    ("2014年2月28日 傍晚6:05", datetime(2014, 2, 28, 18, 5)),
    ("2014年2月28日 清晨6:05", datetime(2014, 2, 28, 6, 5)),
    ("[28/Feb/2014:12:30:15 +0000]", MOMENT),
    ("2014-02-28 20:30:15 UTC+8", MOMENT),
    ("2014-02-28 20:30:15 +8:00", MOMENT),
    ("2014-02-28 18:00:15 GMT+5:30", MOMENT),
    ("2014-02-28T20:30:15+08:00[Asia/Shanghai]", MOMENT),
    ("Feb 28 2014  3:30:00:000PM", AFTERNOON),
    ("2014年2月28日 星期五", datetime(2014, 2, 28)),
    ("2014-02-30", None),
    ("12:30:15", None),
    ("in 5 days", None),
    ("28 Foo 2014", None),
]


@pytest.fixture
def read(con):
    for name in MACROS:
        con.execute(sqlfiles.query("loading", name))
    return lambda text: con.execute("SELECT load_ts($text)", {"text": text}).fetchall()[0][0]


@pytest.mark.parametrize(("given", "expected"), FORMS, ids=[given for given, _ in FORMS])
def test_a_time(read, given: str, expected: datetime | None) -> None:
    assert read(given) == expected


@pytest.mark.parametrize(
    ("times", "expected", "note"),
    [
        (["12/13/2010 8:26", "12/1/2010 8:26"], ["2010-12-13 08:26", "2010-12-01 08:26"], "month first"),
        (["13/12/2010 8:26", "1/12/2010 8:26"], ["2010-12-13 08:26", "2010-12-01 08:26"], "day first"),
        (["2/28/14", "1/2/14"], ["2014-02-28 00:00", "2014-01-02 00:00"], "month first"),
        (["28-02-2014 12:30", "01-02-2014 12:30"], ["2014-02-28 12:30", "2014-02-01 12:30"], "day first"),
        (["2/28/2014, 3:30:00 PM", "1/2/2014, 3:30:00 PM"], ["2014-02-28 15:30", "2014-01-02 15:30"], "month first"),
        (["41698.5", "41699"], ["2014-02-28 12:00", "2014-03-01 00:00"], "days of Excel"),
        (["41698", "1393590615"], ["1970-01-01 11:34", "2014-02-28 12:30"], ""),
    ],
)
def test_the_file_decides(con, rows, write, times: list[str], expected: list[str], note: str) -> None:
    lines = "".join(f"u{n};i;{time}\n" for n, time in enumerate(times))
    report = load_file(con, "interactions", write("e.csv", "user_id;item_id;ts\n" + lines))
    assert note in " ".join(report.notes)
    assert rows("SELECT strftime(ts, '%Y-%m-%d %H:%M') FROM mmsql.interactions ORDER BY user_id") == sorted(
        (time,) for time in expected
    )


@pytest.mark.parametrize(("day_first", "expected"), [(True, "2024-04-03"), (False, "2024-03-04")])
def test_a_given_order(con, rows, write, day_first: bool, expected: str) -> None:
    path = write("e.csv", "user_id,item_id,ts\nu,i,03/04/2024\nu,j,2024-01-01\n")
    assert load_file(con, "interactions", path, day_first=day_first).loaded == 2
    assert (expected,) in rows("SELECT strftime(ts, '%Y-%m-%d') FROM mmsql.interactions")
