"""The findings of ``check`` on sources that are fine, missing, or odd."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from findings import FINE, events, find, none_of

from mmsql.db.opening import open_database
from mmsql.jobs import checks, training
from mmsql.jobs.checks import check


@pytest.fixture
def con(empty: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    return empty


def test_an_empty_database(con) -> None:
    findings = check(con)
    assert [(f.source, f.level) for f in findings] == [
        ("interactions", "problem"),
        ("items", "note"),
        ("comments", "note"),
        ("images", "note"),
        ("users", "note"),
        ("relations", "note"),
    ]
    assert findings[0].finding == "There is no event, so there is nothing to learn from."
    assert "mmsql load file DB interactions FILE" in findings[0].advice


def test_a_fine_shop(shop) -> None:
    findings = check(shop)
    assert {finding.level for finding in findings} == {"ok", "note"}
    assert findings[0].finding == "119 events of 40 users on 12 items, from 2025-01-01 to 2025-02-09."
    assert find(findings, "Events: ").finding == "Events: view 106, buy 13."
    assert find(findings, "evaluated").finding == "40 of 40 users can be evaluated leave-last-out."
    assert find(findings, "13 items").finding == (
        "13 items: title 100 %, description 100 %, category 100 %, brand 100 %, price 85 %, available 100 %."
    )
    assert find(findings, "have no event yet").finding == "1 item (8 %) have no event yet."
    assert find(findings, "36 comments").finding.startswith("36 comments on 12 items (92 % of all items), ")
    assert find(findings, "Models will learn from").finding == (
        "Models will learn from: behaviour, comments (92 % of the items), titles and descriptions (100 %)."
    )
    assert [finding.finding for finding in findings if finding.finding.startswith("Attribute ")] == [
        "Attribute category: hierarchy separated by >; 2 values, in 100 % of the rows.",
        "Attribute brand: category; 2 values, in 100 % of the rows.",
        "Attribute price: number in 8 bins, near ones similar; 11 values, in 85 % of the rows.",
    ]


def test_nothing_stays_behind(con) -> None:
    events(con, FINE)
    objects = (
        "SELECT table_name FROM duckdb_tables() UNION ALL SELECT view_name FROM duckdb_views() "
        "UNION ALL SELECT function_name FROM duckdb_functions() ORDER BY ALL"
    )
    before = con.execute(objects).fetchall()
    check(con)
    assert con.execute(objects).fetchall() == before


def test_a_read_only_database(tmp_path: Path, con) -> None:
    events(con, FINE)
    con.close()
    reader = open_database(tmp_path / "shop.duckdb", read_only=True)
    assert check(reader)[0].finding.startswith("50 events of 10 users on 5 items")
    reader.close()


@pytest.mark.parametrize(
    ("select", "level", "finding"),
    [
        (
            "SELECT NULL AS user_id, 'i' AS item_id",
            "warning",
            "1 event without a user, 0 events without an item.",
        ),
        (
            "SELECT 'u1' AS user_id, NULL AS item_id",
            "warning",
            "0 events without a user, 1 event without an item.",
        ),
        ("SELECT 'u1' AS user_id, 'i1' AS item_id", "warning", "1 event (2 %) have no time."),
        (
            "SELECT 'u1' AS user_id, 'i1' AS item_id, now()::TIMESTAMP + INTERVAL 10 DAY AS ts",
            "warning",
            "1 event in the future, the last at ",
        ),
        (
            "SELECT 'u1' AS user_id, 'i1' AS item_id, TIMESTAMP '1970-01-17' AS ts",
            "warning",
            "1 event before 1995, the first at 1970-01-17 00:00:00.",
        ),
        (
            "SELECT 'u1' AS user_id, 'i1' AS item_id, 'infinity'::TIMESTAMP AS ts",
            "warning",
            "1 event with an infinite timestamp.",
        ),
        (
            "SELECT 'u1' AS user_id, 'i1' AS item_id, -1 AS weight",
            "note",
            "1 event with a weight of 0 or less.",
        ),
        (
            "SELECT 'u1' AS user_id, 'i1' AS item_id, 'nan'::DOUBLE AS weight",
            "warning",
            "1 event with a weight that is not finite.",
        ),
        ("SELECT 'x' AS user_id, 'i1' AS item_id", "note", "1 user (9 %) with a single item."),
        (
            "SELECT 'u1' AS user_id, 'i1' AS item_id, 'look' AS event FROM range(5000)",
            "note",
            "Events: look 5,000, view 33, buy 17.",
        ),
        (
            "SELECT 'u1' AS user_id, 'i1' AS item_id, TIMESTAMP '2024-01-20 10:00:00' AS ts FROM range(30)",
            "warning",
            "2024-01-20 alone holds ",
        ),
    ],
)
def test_odd_events(con, select: str, level: str, finding: str) -> None:
    events(con, FINE)
    assert none_of(check(con), finding)
    events(con, select)
    found = find(check(con), finding)
    assert (found.source, found.level) == ("interactions", level)
    assert found.advice


def test_no_event_has_a_time(con) -> None:
    events(con, "SELECT 'u' || range AS user_id, 'i' || range AS item_id FROM range(5)")
    findings = check(con)
    assert findings[0].finding == "5 events of 5 users on 5 items."
    assert find(findings, "No event has a time.").level == "warning"
    assert find(findings, "No user has two different items").level == "warning"


def test_a_clock_of_days(con) -> None:
    events(con, FINE.replace("to_minutes(range * 997)", "to_days(range // 10)"))
    found = find(check(con), "Timestamps are days, without a time.")
    assert (found.level, found.finding) == (
        "note",
        "Timestamps are days, without a time. 0 % of the events have the same user and timestamp as another.",
    )


def test_events_at_one_moment(con) -> None:
    events(con, FINE.replace("to_minutes(range * 997)", "to_minutes((range // 20) * 997)"))
    found = find(check(con), "have the same user and timestamp")
    assert found.finding == "80 % of the events have the same user and timestamp as another."


def test_ties_are_told_from_a_sample_of_the_users(con, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "SAMPLE_EVENTS", 1000)
    events(
        con,
        "SELECT 'u' || (range // 10) AS user_id, 'i' || (range % 10) AS item_id, "
        "TIMESTAMP '2024-01-01' + to_minutes(range // 10 * 7) AS ts FROM range(20_000)",
    )
    assert find(check(con), "100 % of the events have the same user and timestamp").level == "note"


def test_one_user(con) -> None:
    events(con, "SELECT 'u' AS user_id, 'i' || range AS item_id FROM range(5)")
    assert find(check(con), "There is only one user.").level == "warning"


def test_one_item(con) -> None:
    events(con, "SELECT 'u' || range AS user_id, 'i' AS item_id FROM range(5)")
    assert find(check(con), "There is only one item.").level == "warning"


def test_a_crawler(con) -> None:
    events(con, "SELECT 'u' || range AS user_id, 'i' || range AS item_id FROM range(200)")
    events(con, "SELECT 'bot' AS user_id, 'i' || range AS item_id FROM range(2000)")
    assert find(check(con), "User bot has 91 % of the events.").level == "note"


def test_odd_items(con) -> None:
    events(con, FINE)
    con.execute(
        "INSERT INTO mmsql.items BY NAME SELECT unnest(['i0', 'i0', 'i1', NULL, 'new']) AS item_id, "
        "unnest([1, 2, -5, 3, 0]) AS price, false AS available"
    )
    findings = check(con)
    expected = {
        "1 row without an id.": "warning",
        "1 id in more than one row, such as i0.": "warning",
        "3 items with events (60 % of the events) are not listed in items.": "warning",
        "1 item (33 %) have no event yet.": "note",
        "1 item with a negative or infinite price.": "warning",
        "1 item with price 0.": "note",
        "No item is available.": "warning",
    }
    assert {text: find(findings, text).level for text in expected} == expected
    assert {find(findings, text).source for text in expected} == {"items"}


def test_few_unlisted_items_are_a_note(con) -> None:
    events(con, FINE)
    events(con, "SELECT 'u1' AS user_id, 'rare' AS item_id")
    con.execute("INSERT INTO mmsql.items BY NAME SELECT 'i' || range AS item_id FROM range(5)")
    assert find(check(con), "1 item with events (2 % of the events)").level == "note"


def test_odd_comments(con) -> None:
    events(con, FINE)
    con.execute(
        "INSERT INTO mmsql.comments BY NAME SELECT unnest(['i0', NULL, 'i1', 'nowhere']) AS item_id, "
        "unnest(['fine', 'good', ' ', 'well']) AS body"
    )
    findings = check(con)
    assert find(findings, "1 comment without an item, 1 comment without a text.").level == "warning"
    assert find(findings, "1 comment on items that are neither listed nor have an event, such as nowhere.").advice
    assert find(findings, "4 comments on 3 items (40 % of all items)").level == "ok"


def test_images_and_users(con) -> None:
    events(con, FINE)
    con.execute("INSERT INTO mmsql.images SELECT unnest(['i0', 'i0', 'i1', 'nowhere']), 'x'::BLOB")
    con.execute("ALTER TABLE mmsql.users ADD COLUMN age BIGINT")
    con.execute("INSERT INTO mmsql.users SELECT unnest(['u0', 'u0', NULL, 'u1', 'other']), 5")
    findings = check(con)
    assert find(findings, "4 images of 3 items").finding == (
        "4 images of 3 items (40 % of all items), 1 image of unknown items."
    )
    assert find(findings, "5 users; 20 % of those with events are listed.").level == "note"
    assert find(findings, "1 row without an id. 1 id in more than one row, such as u0.").level == "warning"
    assert find(findings, "Attribute age: ignored, since all rows have the same value").source == "users"


def test_attributes(con) -> None:
    events(con, FINE)
    con.execute("ALTER TABLE mmsql.items ADD COLUMN tags VARCHAR[]")
    con.execute("ALTER TABLE mmsql.items ADD COLUMN sku VARCHAR")
    con.execute("ALTER TABLE mmsql.items ADD COLUMN nothing VARCHAR")
    con.execute(
        "INSERT INTO mmsql.items BY NAME SELECT 'i' || range AS item_id, 'A > B' AS category, "
        "range AS price, "
        "'b' || (range % 3) AS brand, ['x'] AS tags, 'sku ' || range AS sku FROM range(30)"
    )
    findings = check(con)
    told = [(f.level, f.finding) for f in findings if f.source == "items" and f.finding.startswith("Attribute ")]
    assert told == [
        ("ok", "Attribute category: hierarchy separated by >; 1 value, in 100 % of the rows."),
        ("ok", "Attribute brand: category; 3 values, in 100 % of the rows."),
        ("ok", "Attribute price: number in 8 bins, near ones similar; 30 values, in 100 % of the rows."),
        ("note", "Attribute tags: ignored, since all rows have the same value (1 value, in 100 % of the rows)."),
        ("note", "Attribute sku: ignored, since nearly all its values differ (30 values, in 100 % of the rows)."),
    ]
    assert "attribute_kinds := {'sku': 'category'}" in find(findings, "Attribute sku").advice
    assert find(findings, "Without any value: nothing.").level == "note"


def test_paths_that_contradict_each_other(con) -> None:
    events(con, FINE)
    con.execute(
        "INSERT INTO mmsql.items BY NAME SELECT 'i' || range AS item_id, "
        "['A > B', 'B > A', 'C > C', 'D'][1 + range % 4] AS category FROM range(30)"
    )
    found = find(check(con), "Paths of category contradict each other: 'A' is above and below 'B'.")
    assert (found.source, found.level) == ("items", "warning")


def test_a_category_that_filters_cannot_climb(con) -> None:
    events(con, FINE)
    con.execute(
        "INSERT INTO mmsql.items BY NAME SELECT 'i' || range AS item_id, "
        "['Men', 'Women'][1 + range % 2] || ';' || ['Shoes', 'Coats'][1 + range // 2 % 2] AS category FROM range(30)"
    )
    found = find(check(con), "Attribute category: list separated by ;; 4 values")
    assert "replace(category, ';', ' > ') AS category" in found.advice


def test_very_many_attributes_are_told_by_number(con) -> None:
    events(con, FINE)
    many = ", ".join(f"'v' || range % 2 AS a{n}" for n in range(60))
    con.execute(f"CREATE OR REPLACE TABLE mmsql.items AS SELECT i.*, {many} FROM range(9), mmsql.items i LIMIT 0")
    con.execute(f"INSERT INTO mmsql.items BY NAME SELECT 'i' || range AS item_id, {many} FROM range(30)")
    findings = check(con)
    assert find(findings, "Attribute a36: category; 2 values, in 100 % of the rows.").level == "ok"
    assert find(findings, "23 further attributes, of which 23 are read and 0 ignored.").advice


def test_attributes_are_told_as_the_model_that_serves_reads_them(con, counting_encoder) -> None:
    events(con, FINE)
    con.execute(
        "INSERT INTO mmsql.items BY NAME SELECT 'i' || range AS item_id, 'b' || range % 3 AS brand FROM range(30)"
    )
    training.train(con.cursor(), "graph", options={"attribute_kinds": "brand:ignored"})
    assert find(check(con), "Attribute brand: ignored, since attribute_kinds says so")


def test_rejects(con) -> None:
    events(con, FINE)
    con.execute("INSERT INTO mmsql.rejects SELECT 'items', 'price cannot be read', '{}', now() FROM range(3)")
    found = find(check(con), "3 rows in mmsql.rejects: price cannot be read.")
    assert (found.source, found.level) == ("items", "note")


def test_rules_and_those_that_say_nothing(con) -> None:
    events(con, FINE)
    con.execute("INSERT INTO mmsql.items (item_id, category, brand) VALUES ('i1', 'Tea > Green', 'Bolt')")
    assert not [finding for finding in check(con) if finding.source == "rules"]
    con.execute("DROP TABLE mmsql.rules")
    con.execute(
        "CREATE TABLE kept (rule VARCHAR, item_id VARCHAR, category VARCHAR, brand VARCHAR, factor DOUBLE, "
        "starts_at TIMESTAMP, ends_at TIMESTAMP)"
    )
    con.execute(
        "INSERT INTO kept (rule, item_id, category, ends_at) VALUES ('ban', 'i1', NULL, NULL), "
        "('pin', NULL, 'Tea', NULL), ('Ban', 'i2', NULL, NULL), (NULL, 'i2', NULL, NULL), "
        "('bury', NULL, 'tea', NULL), ('boost', 'i99', 'Tea', NULL), "
        "('boost', 'i1', NULL, TIMESTAMP '2020-01-01')"
    )
    con.execute("CREATE VIEW mmsql.rules AS FROM kept")
    told = {f.level: f.finding for f in check(con) if f.source == "rules"}
    assert told == {
        "ok": "4 rules are active now, of 7 rows: ban 1, boost 1, bury 1, pin 1.",
        "warning": "2 rules of an unknown kind: Ban, NULL.",
        "note": "2 rules without a matching item: category tea; item i99, category Tea.",
    }
    con.execute("CREATE OR REPLACE VIEW mmsql.rules AS SELECT * EXCLUDE (brand, factor) FROM kept")
    found = find(check(con), "mmsql.rules lacks")
    assert (found.level, found.advice) == ("problem", "Add to the view: NULL AS brand, NULL AS factor.")
    assert found.finding == "mmsql.rules lacks brand, factor, so that no list can be made."
    con.execute("DROP TABLE kept")
    assert find(check(con), "mmsql.rules cannot be read").level == "problem"


IDS_IN_TWO_FORMS = [
    ("interactions", "item_id", "'00' || item_id", "leading zeros", '"001" and "1"'),
    ("items", "item_id", "item_id || '.0'", "a trailing .0", '"1.0" and "1"'),
    ("comments", "item_id", "item_id || ' '", "blanks", '"1 " and "1"'),
    ("users", "user_id", "' ' || user_id", "blanks", '" 1" and "1"'),
]


@pytest.mark.parametrize(("source", "column", "form", "word", "example"), IDS_IN_TWO_FORMS)
def test_ids_in_two_forms(con, source: str, column: str, form: str, word: str, example: str) -> None:
    con.execute("INSERT INTO mmsql.interactions SELECT u, i, 'buy', 1, now() FROM range(1, 4) t(u), range(1, 4) s(i)")
    con.execute("INSERT INTO mmsql.items (item_id, title) SELECT i, 'Title ' || i FROM range(1, 4) t(i)")
    con.execute("INSERT INTO mmsql.comments (user_id, item_id, body) SELECT i, i, 'Good' FROM range(1, 4) t(i)")
    con.execute("INSERT INTO mmsql.users SELECT u FROM range(1, 4) t(u)")
    assert none_of(check(con), "never meet")
    con.execute(f"UPDATE mmsql.{source} SET {column} = {form}")
    finding = find(check(con), "never meet")
    assert finding.level == "warning"
    assert finding.finding == (
        f"3 ids ({column}) of {source} differ from others only by {word}, such as {example}, and never meet them."
    )
    statement = finding.advice.removeprefix("If they are the same, type: ").split(";")[0]
    con.execute(statement)
    assert none_of(check(con), "never meet")


def test_names_that_hide_those_of_mmsql(con) -> None:
    events(con, "SELECT 'u' AS user_id, 'i' AS item_id")
    con.execute("CREATE TABLE main.other AS SELECT 1 AS one")
    assert none_of(check(con), "main has")
    con.execute("CREATE TABLE main.items AS SELECT 1 AS one")
    finding = find(check(con), "main has")
    assert finding.finding == "main has table items: without a schema, the name means that and not mmsql.items."
    assert finding.level == "warning"
    con.execute(
        "CREATE MACRO main.recommend(u) AS TABLE SELECT 1 AS one; CREATE VIEW main.comments AS SELECT 1 AS one"
    )
    finding = find(check(con), "main has")
    assert finding.finding.startswith("main has view comments, table items, macro recommend: without a schema, these")
