"""recommend and its kin: order, filters, fallbacks, types."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

import mmsql
from mmsql.jobs import training

pytestmark = pytest.mark.core


def rows(con: duckdb.DuckDBPyConnection, query: str, *values: object) -> list[tuple]:
    return con.execute(query, list(values)).fetchall()


def test_the_next_item_on_the_ring_comes_first(undone):
    # u0 has seen i0, i1; the ring goes on with i2.
    assert rows(undone, "SELECT item_id FROM recommend('u0', k := 1)") == [("i2",)]


def test_columns_order_and_ranks(undone):
    relation = undone.sql("FROM recommend('u0', k := 5)")
    assert relation.columns == ["rank", "item_id", "title", "score", "source"]
    found = relation.fetchall()
    assert [row[0] for row in found] == [1, 2, 3, 4, 5]
    assert [row[3] for row in found] == sorted((row[3] for row in found), reverse=True)


def test_a_new_event_changes_the_next_answer(undone):
    before = rows(undone, "SELECT item_id FROM recommend('u0', k := 3)")
    undone.execute("INSERT INTO interactions VALUES ('u0', 'i7', 'view', NULL, TIMESTAMP '2026-01-01')")
    after = rows(undone, "SELECT item_id FROM recommend('u0', k := 3)")
    assert after[0] == ("i8",)
    assert after != before
    assert ("i7",) not in after


def test_seen_items_are_left_out_unless_asked_for(undone):
    hidden = rows(undone, "SELECT item_id FROM recommend('u0', k := 100)")
    shown = rows(undone, "SELECT item_id FROM recommend('u0', k := 100, exclude_seen := false)")
    assert {("i0",), ("i1",)}.isdisjoint(hidden)
    assert {("i0",), ("i1",)} <= set(shown)


@pytest.mark.parametrize(
    ("option", "condition"),
    [
        ("category := 'Media > Books'", "category = 'Media > Books'"),
        ("category := 'Media'", "category LIKE 'Media > %'"),
        ("brand := 'Bolt'", "brand = 'Bolt'"),
        ("min_price := 9", "price >= 9"),
        ("max_price := 9", "price <= 9"),
        ("min_price := 7, max_price := 12", "price BETWEEN 7 AND 12"),
        ("candidates := ['i3', 'i5', 'i12', 'nothing']", "item_id IN ('i3', 'i5', 'i12')"),
        ("brand := 'Bolt', category := 'Media > Games'", "brand = 'Bolt' AND category = 'Media > Games'"),
    ],
)
def test_filters_apply_before_the_top_k(undone, option, condition):
    found = {row[0] for row in rows(undone, f"SELECT item_id FROM recommend('u0', k := 100, {option})")}
    wanted = {
        row[0]
        for row in rows(
            undone,
            f"SELECT item_id FROM mmsql.items WHERE {condition} AND available AND item_id NOT IN ('i0', 'i1')",
        )
    }
    assert found == wanted
    assert len(rows(undone, f"FROM recommend('u0', k := 2, {option})")) == min(2, len(wanted))


def test_what_is_not_available_is_left_out_unless_asked_for(undone):
    assert ("i11",) not in rows(undone, "SELECT item_id FROM recommend('u0', k := 100)")
    assert ("i11",) in rows(undone, "SELECT item_id FROM recommend('u0', k := 100, only_available := false)")


def test_per_category_caps_each_category(undone):
    found = rows(
        undone,
        "SELECT i.category, count(*) FROM recommend('u0', k := 100, per_category := 2) r "
        "JOIN mmsql.items i USING (item_id) GROUP BY ALL",
    )
    assert sorted(found) == [("Media > Books", 2), ("Media > Games", 2)]


def test_an_unknown_user_gets_what_is_popular(undone):
    found = rows(undone, "SELECT item_id, source FROM recommend('nobody', k := 3)")
    popular = rows(undone, "SELECT item_id FROM popular_items(k := 3)")
    assert [row[0] for row in found] == [row[0] for row in popular]
    assert {row[1] for row in found} == {"popular"}


def test_recommend_each_gives_the_same_lists(undone):
    each = rows(undone, "SELECT rank, item_id, score FROM recommend_each(users := ['u3'], k := 5)")
    assert each == rows(undone, "SELECT rank, item_id, score FROM recommend('u3', k := 5)")
    everybody = rows(undone, "SELECT user_id, count(*) FROM recommend_each(k := 5) GROUP BY ALL")
    assert len(everybody) == 40
    assert {count for _, count in everybody} == {5}


def test_recommend_each_keeps_caps_and_filters_for_every_user(undone):
    found = rows(
        undone,
        "SELECT r.user_id, i.category, count(*) FROM recommend_each(k := 10, per_category := 1, brand := 'Bolt') r "
        "JOIN mmsql.items i USING (item_id) GROUP BY ALL",
    )
    assert {count for *_, count in found} == {1}


def test_lateral_over_the_analysts_own_table(undone):
    undone.execute("CREATE TABLE segment AS SELECT * FROM (VALUES ('u1'), ('u2')) v(customer)")
    found = rows(
        undone,
        "SELECT s.customer, r.item_id FROM segment s, LATERAL (FROM recommend(s.customer, k := 1)) r ORDER BY ALL",
    )
    assert found == [
        ("u1", rows(undone, "SELECT item_id FROM recommend('u1', k := 1)")[0][0]),
        ("u2", rows(undone, "SELECT item_id FROM recommend('u2', k := 1)")[0][0]),
    ]


def test_a_session_is_served_by_its_items(undone):
    found = rows(undone, "SELECT item_id, source FROM recommend_session(['i4', 'i5'], k := 1)")
    assert found == [("i6", "graph")]
    assert rows(undone, "SELECT source FROM recommend_session([], k := 1)") == [("popular",)]
    assert rows(undone, "SELECT source FROM recommend_session(['nothing'], k := 1)") == [("popular",)]


@pytest.mark.parametrize(
    "call",
    [
        "recommend('u0', k := {k})",
        "recommend_each(k := {k})",
        "popular_items(k := {k})",
        "similar_items('i0', k := {k})",
        "recommend_session(['i0'], k := {k})",
        "audience('i0', k := {k})",
    ],
)
@pytest.mark.parametrize("k", ["0", "-1", "1.5"])
def test_k_must_be_a_whole_number_of_at_least_one(undone, call, k):
    with pytest.raises(duckdb.Error, match=r"k must be a whole number of at least 1"):
        rows(undone, "FROM " + call.format(k=k))


def test_contradictory_options_are_errors(trained):
    with pytest.raises(duckdb.Error, match="per_category must be at least 1"):
        rows(trained, "FROM recommend('u0', per_category := 0)")
    with pytest.raises(duckdb.Error, match="min_price is above max_price"):
        rows(trained, "FROM recommend('u0', min_price := 5, max_price := 1)")


def test_without_a_model_the_error_says_what_to_type(shop):
    with pytest.raises(duckdb.Error, match=r"No model is deployed.*CALL train\(\)"):
        rows(shop, "FROM recommend('u0')")


def test_a_user_who_has_seen_everything_gets_nothing(undone):
    undone.execute("INSERT INTO interactions SELECT 'u0', item_id, 'view', NULL, now()::TIMESTAMP FROM items")
    assert rows(undone, "FROM recommend('u0')") == []
    assert len(rows(undone, "FROM recommend('u0', exclude_seen := false)")) == 10


def test_similar_items_follow_the_edges(undone):
    assert rows(undone, "SELECT item_id, source FROM similar_items('i4', k := 1)") == [("i5", "behavior")]
    books = rows(undone, "SELECT item_id FROM similar_items('i4', k := 3, modality := 'comment')")
    assert all(int(item[1:]) % 2 == 0 for (item,) in books)
    assert rows(undone, "SELECT DISTINCT source FROM similar_items('nothing', k := 3)") == [("popular",)]
    with pytest.raises(duckdb.Error, match=r"Unknown modality smell. Allowed: fused, behavior"):
        rows(undone, "FROM similar_items('i4', modality := 'smell')")


def test_popular_items_count_training_events(undone):
    (first,) = rows(undone, "SELECT item_id, score FROM popular_items(k := 1)")
    (counted,) = rows(
        undone,
        "SELECT item_id, count(DISTINCT user_id) AS n FROM interactions GROUP BY 1 ORDER BY n DESC, item_id LIMIT 1",
    )
    assert first == counted


@pytest.mark.parametrize("user", ["u0", "u17", "nobody"])
def test_contributions_add_up_to_the_score(undone, user):
    for item, score in rows(undone, "SELECT item_id, score FROM recommend(?, k := 5)", user):
        ((total,),) = rows(undone, "SELECT sum(contribution) FROM explain(?, ?)", user, item)
        assert total == pytest.approx(score, abs=1e-9)


def test_explain_names_the_evidence(undone):
    found = rows(undone, "SELECT modality, evidence_item, evidence FROM explain('u0', 'i2')")
    assert ("behavior", "i1", "wanted by users who had Game 1") in found
    assert {"behavior", "comment", "text", "attribute", "popularity"} == {row[0] for row in found}
    assert rows(undone, "FROM explain('u0', 'nothing')") == []
    composed = rows(undone, "FROM explain('u0', (SELECT item_id FROM recommend('u0', k := 1)))")
    assert composed == rows(undone, "FROM explain('u0', 'i2')")


def test_audience_agrees_with_recommend(undone):
    found = rows(undone, "SELECT user_id, score FROM audience('i6', k := 5)")
    assert len(found) == 5
    for user, score in found:
        ((same,),) = rows(undone, "SELECT score FROM recommend(?, k := 100) WHERE item_id = 'i6'", user)
        assert score == pytest.approx(same)
    owners = {user for (user,) in rows(undone, "SELECT user_id FROM interactions WHERE item_id = 'i6'")}
    assert owners.isdisjoint(user for user, _ in found)
    assert rows(undone, "FROM audience('nothing')") == []


def test_search_items_understands_words(undone):
    found = rows(undone, "SELECT item_id FROM search_items('reading a story', k := 4)")
    assert all(int(item[1:]) % 2 == 0 for (item,) in found)


def test_integer_ids_come_back_as_integers(tmp_path: Path):
    con = mmsql.connect(tmp_path / "numbers.duckdb")
    con.execute("DROP TABLE mmsql.interactions")
    con.execute(
        "CREATE VIEW mmsql.interactions AS SELECT u::BIGINT AS user_id, ((u + s) % 9)::BIGINT AS item_id, "
        "'view' AS event, NULL::DOUBLE AS weight, TIMESTAMP '2025-01-01' + to_hours(u * 9 + s) AS ts "
        "FROM range(30) t(u), range(3) r(s)"
    )
    training.train(con.cursor(), "graph")
    kinds = dict(
        zip(
            *[con.sql("FROM recommend_each(k := 1)").columns, con.sql("FROM recommend_each(k := 1)").types],
            strict=True,
        )
    )
    assert str(kinds["user_id"]) == "BIGINT"
    assert str(kinds["item_id"]) == "BIGINT"
    assert rows(con, "SELECT item_id FROM recommend(1, k := 1)") == [(4,)]
    assert rows(con, "SELECT item_id FROM recommend('1', k := 1)") == [(4,)]
    assert rows(con, "SELECT source FROM recommend('nobody', k := 1)") == [("popular",)]
    assert rows(con, "SELECT item_id FROM recommend_session([3, 4], k := 1)") == [(5,)]
    assert rows(con, "SELECT embed_behavior([1, 2])") == [(None,)]
    assert con.sql("FROM mmsql.top_recommendations").fetchall()
    con.close()
