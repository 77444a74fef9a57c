"""The split cold_items: what is kept back leaves no trace in training, and is ranked alone."""

from __future__ import annotations

import math

import duckdb
import numpy as np
import pytest

from mmsql.data.content import Content, read_content
from mmsql.data.splits import split
from mmsql.jobs import evaluation
from mmsql.jobs.cold_items import category_popularity, read_cold_items

pytestmark = pytest.mark.usefixtures("counting_encoder")


def rows(con: duckdb.DuckDBPyConnection, query: str, *values: object) -> list[tuple]:
    return con.execute(query, list(values)).fetchall()


def evaluated(
    con: duckdb.DuckDBPyConnection, share: float = 0.3, algorithm: str = "graph", seed: int = 5
) -> set[str]:
    """Evaluate and give the cold items."""
    config = evaluation.EvaluationConfig(split="cold_items", cold_share=share, seed=seed)
    evaluation.evaluate(con.cursor(), algorithm=algorithm, config=config)
    return {item for (item,) in rows(con, "SELECT item_id FROM mmsql.evaluation_items")}


@pytest.fixture
def uncommented(shop):
    """Give the small shop without comments, so that nobody describes an item."""
    shop.execute("DELETE FROM comments")
    return shop


def test_a_share_of_the_items_is_drawn_by_the_seed(uncommented):
    first = evaluated(uncommented)
    assert len(first) == round(0.3 * 12)
    assert evaluated(uncommented) == first
    assert any(evaluated(uncommented, seed=seed) != first for seed in (6, 7))
    assert len(evaluated(uncommented, share=0.001)) == 1


def test_everybody_who_had_one_and_another_is_evaluated_for_it(uncommented):
    cold = evaluated(uncommented)
    listed = ", ".join(f"'{item}'" for item in cold)
    expected = rows(
        uncommented,
        f"SELECT DISTINCT user_id, item_id FROM interactions i WHERE item_id IN ({listed}) AND EXISTS ("
        f"FROM interactions o WHERE o.user_id = i.user_id AND o.item_id NOT IN ({listed})) ORDER BY ALL",
    )
    assert rows(uncommented, "SELECT user_id, item_id FROM mmsql.holdout ORDER BY ALL") == expected
    ((users, items, events),) = rows(uncommented, "SELECT users, items, training_events FROM mmsql.evaluations")
    assert (users, items) == (len({user for user, _ in expected}), 4)
    assert events == rows(uncommented, f"SELECT count(*) FROM interactions WHERE item_id NOT IN ({listed})")[0][0]


@pytest.mark.parametrize("algorithm", ["graph", "popularity", "fusion"])
def test_they_are_ranked_among_themselves(uncommented, algorithm):
    cold = evaluated(uncommented, algorithm=algorithm)
    lists = rows(
        uncommented, "SELECT algorithm, user_id, list(item_id ORDER BY rank) FROM mmsql.evaluation_lists GROUP BY ALL"
    )
    assert {name for name, *_ in lists} == {algorithm, "popularity"}
    for _, _, found in lists:
        assert sorted(found) == sorted(cold)
    figures = {
        metric: (value, popularity)
        for metric, value, popularity in rows(uncommented, "SELECT metric, value, popularity FROM metrics(k := 4)")
    }
    assert figures["recall"] == (1, 1)
    assert figures["catalog_coverage"] == (1, 1)
    assert all(math.isfinite(value) for pair in figures.values() for value in pair)
    assert rows(uncommented, "SELECT DISTINCT split FROM metrics(k := 4)") == [("cold_items",)]


def test_content_finds_what_popularity_cannot(shop):
    # Who had a book had books only, and the same of games: texts and attributes tell which of the new ones fit.
    shop.execute("DELETE FROM interactions; DELETE FROM comments")
    shop.execute(
        "INSERT INTO interactions SELECT 'u' || u, 'i' || (2 * (hash(u * 7 + n) % 6) + u % 2), 'view', 1, "
        "TIMESTAMP '2025-01-01' + to_hours(u + n) FROM range(60) t(u), range(5) s(n)"
    )
    evaluated(shop, share=0.35)
    ((recall, by_category),) = rows(shop, "SELECT value, popularity FROM metrics(k := 2) WHERE metric = 'recall'")
    assert recall > 0.9
    assert recall > by_category + 0.2


def comment(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("DELETE FROM comments")
    con.execute("INSERT INTO comments SELECT item_id, user_id, user_id || ' on ' || item_id, 5, ts FROM interactions")


def test_a_comment_describes_or_is_evaluated_but_not_both(shop, counting_encoder):
    comment(shop)
    shop.execute("INSERT INTO comments SELECT item_id, 'only a word', 'late and idle', 5, '2030-01-01' FROM items")
    shop.execute("INSERT INTO comments SELECT item_id, NULL, 'nobody on ' || item_id, 5, NULL FROM items")
    cold = evaluated(shop)
    held = set(rows(shop, "SELECT user_id, item_id FROM mmsql.holdout"))
    assert held
    read = {text for text in counting_encoder.texts if " on " in text}
    for item in cold:
        commenters = [
            user
            for (user,) in rows(
                shop, "SELECT user_id FROM comments WHERE item_id = ? AND user_id IS NOT NULL ORDER BY ts", item
            )
        ]
        earlier = commenters[: math.ceil(len(commenters) / 2)]
        assert {user for user in commenters if f"{user} on {item}" in read} == set(earlier)
        assert {user for user, of in held if of == item}.isdisjoint(earlier)
        assert f"nobody on {item}" in read
    assert not any(f"{user} on {item}" in read for user, item in held)
    assert any(f"u0 on {item}" in read for item in ("i0", "i1") if item not in cold)


def test_who_describes_an_item_is_not_shown_it(shop):
    comment(shop)
    with split(shop.cursor(), "cold_items", seed=5, cold_share=0.5) as dataset:
        con = dataset.con
        assert rows(
            con,
            "SELECT count(*) FROM train_events e JOIN train_catalog c USING (item_index) "
            "SEMI JOIN cold_items USING (item_id)",
        ) == [(0,)]
        describing = set(rows(con, "SELECT user_id, item_id FROM cold_pairs WHERE is_visible"))
        users = dict(rows(con, "SELECT user_index, user_id FROM train_users"))
        items = dict(rows(con, "SELECT item_index, item_id FROM train_catalog"))
        cold = read_cold_items(dataset, Content(text=np.ones((dataset.items, 2), np.float32)))
        (ranked,) = cold.rank_by_item(np.zeros(len(cold.items)), 100, np.arange(dataset.users))
        listed = {(users[user], items[item]) for user, item in zip(ranked.user_index, ranked.item_index, strict=True)}
    assert describing
    assert listed.isdisjoint(describing)
    assert len(listed) == 6 * len(users) - sum(user in users.values() for user, _ in describing)


def test_nothing_is_left_behind(shop):
    with split(shop.cursor(), "cold_items", seed=5) as dataset:
        con = dataset.con
    assert rows(con, "SELECT table_name FROM duckdb_tables() WHERE temporary") == []


def categories(con: duckdb.DuckDBPyConnection, encoder: object) -> dict[str, float]:
    with split(con.cursor(), "cold_items", seed=5, cold_share=0.3) as dataset:
        content = read_content(dataset, encoder)
        cold = read_cold_items(dataset, content)
        ids = [item for (item,) in rows(dataset.con, "SELECT item_id FROM train_catalog ORDER BY item_index")]
        scores = category_popularity(dataset, content, cold.items)
        return {ids[item]: float(score) for item, score in zip(cold.items, scores, strict=True)}


def test_popularity_is_that_of_the_category_or_of_the_one_above(uncommented, counting_encoder):
    cold = list(categories(uncommented, counting_encoder))
    fresh, lonely, bare, unlike = cold
    uncommented.execute("UPDATE items SET category = 'Media > Books', brand = NULL, price = NULL")
    uncommented.execute(f"UPDATE items SET category = 'Media > Records' WHERE item_id = '{lonely}'")
    uncommented.execute(f"UPDATE items SET category = NULL, brand = 'Acme' WHERE item_id = '{bare}'")
    uncommented.execute(f"UPDATE items SET category = 'Elsewhere', brand = NULL WHERE item_id = '{unlike}'")
    uncommented.execute("UPDATE items SET brand = 'Acme', category = 'Media > Games' WHERE item_id = 'i12'")
    found = categories(uncommented, counting_encoder)
    listed = ", ".join(f"'{item}'" for item in cold)
    events = f"SELECT count(*) FROM interactions WHERE item_id NOT IN ({listed})"
    ((total,),) = rows(uncommented, events)
    assert found[fresh] == pytest.approx(total / 8)  # books that were seen
    assert found[lonely] == pytest.approx(total / 9)  # all media, i12 among them, which nobody has seen
    assert found[bare] == 0  # shares its brand with i12 alone
    assert found[unlike] == 0


def test_without_a_category_attributes_speak_weighted(uncommented, counting_encoder):
    uncommented.execute("UPDATE items SET category = NULL, price = NULL")
    cold = list(categories(uncommented, counting_encoder))
    found = categories(uncommented, counting_encoder)
    listed = ", ".join(f"'{item}'" for item in cold)
    for item, score in found.items():
        ((mean,),) = rows(
            uncommented,
            "SELECT count(e.item_id) / count(DISTINCT i.item_id) "
            "FROM items i LEFT JOIN interactions e USING (item_id) "
            f"WHERE i.item_id NOT IN ({listed}) AND i.brand = (SELECT brand FROM items WHERE item_id = '{item}')",
        )
        assert score == pytest.approx(mean)
    uncommented.execute("UPDATE items SET brand = NULL")
    assert set(categories(uncommented, counting_encoder).values()) == {0.0}


def test_ids_that_are_numbers(uncommented):
    for table in ("interactions", "items"):
        uncommented.execute(f"CREATE TABLE own_{table} AS FROM mmsql.{table}; DROP TABLE mmsql.{table}")
    numbered = "item_id[2:]::BIGINT AS item_id"
    uncommented.execute(
        f"CREATE VIEW mmsql.interactions AS SELECT * REPLACE (user_id[2:]::BIGINT AS user_id, {numbered}) "
        f"FROM own_interactions; CREATE VIEW mmsql.items AS SELECT * REPLACE ({numbered}) FROM own_items"
    )
    assert all(isinstance(item, int) for item in evaluated(uncommented))


def test_a_shop_without_content(uncommented):
    uncommented.execute("DELETE FROM items")
    with pytest.raises(duckdb.Error, match="ranks items without events by their titles"):
        rows(uncommented, "CALL evaluate(algorithm := 'graph', split := 'cold_items')")


def test_nobody_who_had_another_item(shop):
    shop.execute("DELETE FROM interactions WHERE item_id <> 'i1'")
    with pytest.raises(duckdb.Error, match=r"cold_items holds nothing out: .* a larger cold_share draws more items"):
        rows(shop, "CALL evaluate(algorithm := 'graph', split := 'cold_items')")
    shop.execute("DELETE FROM interactions")
    with pytest.raises(duckdb.Error, match="cold_items holds nothing out"):
        rows(shop, "CALL evaluate(algorithm := 'graph', split := 'cold_items')")
