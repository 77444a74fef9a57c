"""``mmsql check`` on sources that are views, which may be wrong."""

from __future__ import annotations

from collections.abc import Callable

import duckdb
import pytest
from findings import FINE, events, find

from mmsql.jobs import checks
from mmsql.jobs.checks import Finding, check


@pytest.fixture
def con(empty: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    return empty


@pytest.fixture
def view(con) -> Callable[[str, str], list[Finding]]:
    def make(source: str, select: str) -> list[Finding]:
        con.execute(f"DROP TABLE mmsql.{source}; CREATE VIEW mmsql.{source} AS {select}")
        return check(con)

    return make


def test_a_good_one(view) -> None:
    findings = view("interactions", FINE.replace("event,", "event, 1 AS weight,"))
    assert findings[0].finding.startswith("50 events of 10 users on 5 items")
    assert {finding.level for finding in findings} == {"ok", "note"}


def test_optional_columns_missing(view) -> None:
    findings = view("interactions", "SELECT 'u' || range AS user_id, 'i' AS item_id FROM range(3)")
    found = find(findings, "mmsql.interactions lacks event, weight, ts.")
    assert found.level == "warning"
    assert "NULL AS event, NULL AS weight, NULL AS ts" in found.advice
    assert find(findings, "3 events of 3 users on 1 item.").level == "ok"


@pytest.mark.parametrize(
    ("source", "select", "missing"),
    [
        ("interactions", "SELECT 'u' AS customer, 'i' AS item_id", "user_id"),
        ("items", "SELECT 'A' AS title", "item_id"),
        ("comments", "SELECT 'i' AS item_id, 'x' AS text", "body"),
        ("images", "SELECT 'i' AS item_id", "image"),
        ("users", "SELECT 'u' AS customer", "user_id"),
        ("relations", "SELECT 'i' AS item_id", "related_id"),
    ],
)
def test_required_columns_missing(view, source: str, select: str, missing: str) -> None:
    found = find(view(source, select), f"mmsql.{source} lacks the required {missing}.")
    assert (found.source, found.level) == (source, "problem")
    assert f"AS {missing}" in found.advice


@pytest.mark.parametrize(
    ("source", "column", "value", "kind"),
    [
        ("interactions", "ts", "1700000000", "INTEGER"),
        ("interactions", "weight", "'much'", "VARCHAR"),
        ("items", "price", "'$5'", "VARCHAR"),
        ("comments", "body", "5", "INTEGER"),
    ],
)
def test_types_that_cannot_be_read(con, view, source: str, column: str, value: str, kind: str) -> None:
    others = ", ".join(f"s.{name} AS {name}" for name in checks.columns.SOURCES[source] if name != column)
    con.execute(f"CREATE TABLE own AS FROM mmsql.{source}")
    con.execute("INSERT INTO own BY NAME SELECT 'i' AS item_id")
    found = find(view(source, f"SELECT {others}, {value} AS {column} FROM own s"), f"{column} is {kind} and cannot")
    assert (found.source, found.level) == (source, "problem")
    assert f"AS {column}" in found.advice


def test_ids_of_different_types(con, view) -> None:
    con.execute("INSERT INTO mmsql.comments BY NAME SELECT '3' AS item_id, 'fine' AS body")
    findings = view(
        "interactions",
        "SELECT range % 7 AS user_id, range % 5 AS item_id, NULL AS event, NULL AS weight, "
        "now()::TIMESTAMP AS ts "
        "FROM range(50)",
    )
    found = find(findings, "item_id is BIGINT in interactions, VARCHAR in comments")
    assert found.level == "problem"
    assert "CAST(item_id AS BIGINT) AS item_id" in found.advice
    assert find(findings, "1 comment on 1 item (20 % of all items)").level == "ok"


def test_a_view_that_no_longer_works(con, view) -> None:
    con.execute("CREATE TABLE own AS SELECT 'u' AS user_id")
    view("users", "SELECT user_id FROM own")
    con.execute("DROP TABLE own")
    found = find(check(con), "mmsql.users cannot be read")
    assert (found.source, found.level) == ("users", "problem")


def test_events_that_fail_on_a_row(view) -> None:
    findings = view(
        "interactions",
        "SELECT 'u' AS user_id, 'i' AS item_id, NULL AS event, NULL AS weight, word::TIMESTAMP AS ts "
        "FROM (SELECT unnest(['2024-01-01', 'soon']) AS word)",
    )
    found = find(findings, "A source cannot be read: Conversion Error")
    assert (found.source, found.level) == ("interactions", "problem")
    assert "TRY_CAST" in found.advice


def test_comments_that_fail_on_a_row(con, view) -> None:
    events(con, FINE)
    findings = view(
        "comments",
        "SELECT 'u' AS user_id, 'i' AS item_id, 5 AS rating, NULL AS ts, word::INTEGER::VARCHAR AS body "
        "FROM (SELECT unnest(['1', 'x']) AS word)",
    )
    problems = {finding.source for finding in findings if finding.level == "problem"}
    assert "comments" in problems
    assert findings[0].finding.startswith("50 events of 10 users")


def test_a_missing_table(con) -> None:
    con.execute("DROP TABLE mmsql.images")
    found = find(check(con), "mmsql.images cannot be read")
    assert (found.source, found.level) == ("images", "problem")
