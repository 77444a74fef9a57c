"""Refreshing: what has changed, what is done about it, and the log of it."""

from __future__ import annotations

import duckdb
import pytest

from mmsql.data import sources
from mmsql.jobs import refreshing, training
from mmsql.store import comment_terms

pytestmark = pytest.mark.usefixtures("counting_encoder")


def rows(con: duckdb.DuckDBPyConnection, query: str, *values: object) -> list[tuple]:
    return con.execute(query, list(values)).fetchall()


def train(con: duckdb.DuckDBPyConnection, algorithm: str = "graph", **options: object) -> training.TrainResult:
    return training.train(con.cursor(), algorithm, options=options)


def add_events(con: duckdb.DuckDBPyConnection, share: float) -> int:
    """Add so many new users' events, as a share of those there are."""
    ((events,),) = rows(con, "SELECT count(DISTINCT (user_id, item_id)) FROM interactions")
    count = round(share * events)
    con.execute(
        "INSERT INTO interactions SELECT 'new' || ? || '-' || n, 'i' || (n % 12), 'view', 1, TIMESTAMP '2026-01-01' "
        "FROM range(?) t(n)",
        [events, count],
    )
    return count


@pytest.mark.parametrize("algorithm", ["graph", "fusion", "popularity"])
def test_where_nothing_has_changed_nothing_is_done(shop, algorithm):
    made = train(shop, algorithm, **({"epochs": 1} if algorithm == "fusion" else {}))
    ((model, status, events, message),) = rows(shop, "SELECT model, status, new_events, message FROM refresh()")
    assert (model, status, events) == (made.model, "unchanged", 0)
    assert message == f"No row has changed: {made.model} stays deployed."
    assert rows(shop, "SELECT count(*) FROM mmsql.models") == [(1,)]


@pytest.mark.core
@pytest.mark.parametrize(
    "change",
    [
        "INSERT INTO interactions VALUES ('u1', 'i9', 'buy', 1, TIMESTAMP '2026-02-01')",
        "DELETE FROM interactions WHERE user_id = 'u1'",
        "UPDATE items SET title = 'Another name' WHERE item_id = 'i1'",
        "INSERT INTO comments (user_id, item_id, body) VALUES ('u1', 'i1', 'Quite good.')",
        "INSERT INTO mmsql.users (user_id) VALUES ('u1')",
    ],
)
def test_every_change_counts(shop, change):
    train(shop)
    shop.execute(change)
    assert rows(shop, "SELECT status, model FROM refresh()") == [("refreshed", "graph-2")]
    assert rows(shop, "SELECT status, model FROM refresh()") == [("unchanged", "graph-2")]


def test_terms_of_comments_are_looked_for_where_a_comment_has_changed(shop, monkeypatch):
    looked = []
    found = comment_terms.comment_terms
    monkeypatch.setattr(comment_terms, "comment_terms", lambda comments: looked.append(comments) or found(comments))
    shop.execute(
        "INSERT INTO comments (user_id, item_id, body) "
        "SELECT 'u' || n, 'i' || n, 'The zipper broke.' FROM range(4) t(n)"
    )
    terms = "SELECT term, share FROM mmsql.comment_terms WHERE model = ? ORDER BY ALL"
    train(shop)
    assert "zipper broke" in [term for term, _ in rows(shop, terms, "graph-1")]
    add_events(shop, 0.02)
    rows(shop, "CALL refresh()")
    assert len(looked) == 1
    assert rows(shop, terms, "graph-2") == rows(shop, terms, "graph-1")
    shop.execute("DELETE FROM comments WHERE body = 'The zipper broke.'")
    rows(shop, "CALL refresh()")
    assert len(looked) == 2
    assert rows(shop, terms, "graph-3") != rows(shop, terms, "graph-1")


def test_a_fingerprint_of_an_earlier_form_tells_of_no_source():
    now = "-".join(f"{number:012x}" for number in range(7))
    assert sources.same_rows("comments", now, now)
    assert not sources.same_rows("comments", now.replace("2", "3"), now)
    assert not sources.same_rows("comments", "0123456789abcdef", now)
    assert not sources.same_rows("comments", "", "")


def test_what_is_new_is_counted_against_the_version_before(shop):
    train(shop)
    count = add_events(shop, 0.05)
    shop.execute("INSERT INTO items (item_id, title) VALUES ('i99', 'Something new')")
    ((status, events, users, items, drift, overlap),) = rows(
        shop, "SELECT status, new_events, new_users, new_items, drift, overlap FROM refresh()"
    )
    ((now,),) = rows(shop, "SELECT count(DISTINCT (user_id, item_id)) FROM interactions")
    assert (status, events, users, items) == ("refreshed", count, count, 1)
    assert drift == pytest.approx(count / now)
    assert 0.5 < overlap <= 1


def test_beyond_the_threshold_it_trains_again_with_what_was_given(shop):
    train(shop, decay=0.4)
    add_events(shop, 0.1)
    assert rows(shop, "SELECT status FROM refresh()") == [("refreshed",)]
    add_events(shop, 0.2)  # the drift is against the training, not against the last refresh
    ((status, model, message),) = rows(shop, "SELECT status, model, message FROM refresh()")
    assert (status, model) == ("retrained", "graph-3")
    assert message.startswith("Trained again: ")
    assert "of the events are new since graph-1 was trained, more than 20%" in message
    assert rows(shop, "SELECT decay FROM mmsql.models WHERE model = 'graph-3'") == [(0.4,)]
    add_events(shop, 0.02)
    assert rows(shop, "SELECT status FROM refresh()") == [("refreshed",)]
    assert rows(shop, "SELECT refresh, status, trained FROM mmsql.refreshes ORDER BY ALL") == [
        (1, "refreshed", "graph-1"),
        (2, "retrained", "graph-3"),
        (3, "refreshed", "graph-3"),
    ]
    add_events(shop, 0.01)
    assert rows(shop, "SELECT status FROM refresh(retrain := 0)") == [("retrained",)]


def test_kinds_of_columns_that_are_gone_are_left_out_of_a_retrain(shop):
    shop.execute("ALTER TABLE items ADD COLUMN colour VARCHAR")
    shop.execute("CALL train('graph', attribute_kinds := {'colour': 'category', 'brand': 'ignored'})")
    shop.execute("ALTER TABLE items DROP COLUMN colour")
    add_events(shop, 0.01)
    ((status, model),) = rows(shop, "SELECT status, model FROM refresh(retrain := 0)")
    assert status == "retrained"
    kinds = "SELECT m.config ->> 'attribute_kinds' FROM mmsql.models m WHERE m.model = ?"
    assert shop.execute(kinds, [model]).fetchall() == [("brand:ignored",)]


@pytest.mark.parametrize("given", ["-1", "'often'", "true", "'NaN'::DOUBLE"])
def test_a_threshold_is_a_number_from_0(trained, given):
    with pytest.raises(
        duckdb.Error, match="retrain must be a number of at least 0, the drift above which to train again"
    ):
        rows(trained, f"CALL refresh(retrain := {given})")


def test_a_failure_is_logged(trained):
    trained.execute("ALTER TABLE mmsql.comments RENAME body TO words")
    with pytest.raises(duckdb.Error, match="lacks the column body"):
        rows(trained, "CALL refresh()")
    ((status, message),) = rows(trained, "SELECT status, message FROM mmsql.refreshes")
    assert status == "failed"
    assert message.startswith("SourceError: mmsql.comments lacks the column body")
    assert rows(trained, "SELECT source FROM recommend('u0', k := 1)") == [("graph",)]


def test_a_new_item_is_recommended_to_those_it_fits_at_once(shop):
    shop.execute("DELETE FROM interactions; DELETE FROM items; DELETE FROM comments")
    for first, kind, title in ((0, "tea", "Green tea leaves"), (20, "coffee", "Roasted coffee beans")):
        shop.execute(
            "INSERT INTO interactions SELECT 'u' || (? + u), ? || ((u + n) % 6), 'buy', 1, "
            "TIMESTAMP '2025-01-01' + to_days(n::INTEGER) FROM range(20) t(u), range(3) s(n)",
            [first, kind],
        )
        shop.execute(
            "INSERT INTO items BY NAME SELECT ? || n AS item_id, ? || ' ' || n AS title FROM range(6) t(n)",
            [kind, title],
        )
    train(shop)
    shop.execute("INSERT INTO items BY NAME SELECT 'new' AS item_id, 'Green tea leaves, large' AS title")
    shop.execute("INSERT INTO comments BY NAME SELECT 'u9' AS user_id, 'new' AS item_id, 'A fine tea.' AS body")
    rows(shop, "CALL refresh()")
    assert ("new",) in rows(shop, "SELECT item_id FROM recommend('u0', k := 4)")
    fits, does_not = (
        rows(shop, "SELECT score FROM recommend(?, k := 20) WHERE item_id = 'new'", user)[0][0]
        for user in ("u0", "u20")
    )
    assert fits > does_not


def test_the_default_is_what_the_macro_says(trained):
    result = refreshing.refresh(trained.cursor())
    assert result.status == "unchanged"
    assert result.overlap is None
