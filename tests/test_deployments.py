"""Deploying, rolling back and refreshing."""

from __future__ import annotations

import duckdb
import pytest

from mmsql.db.settings import get_setting
from mmsql.jobs import training
from mmsql.store.versions import load_weights

pytestmark = pytest.mark.usefixtures("counting_encoder")


def rows(con: duckdb.DuckDBPyConnection, query: str, *values: object) -> list[tuple]:
    return con.execute(query, list(values)).fetchall()


def deployed(con: duckdb.DuckDBPyConnection) -> str:
    return rows(con, "SELECT model FROM mmsql.models() WHERE deployed")[0][0]


def train(con: duckdb.DuckDBPyConnection, algorithm: str = "graph", **options: object) -> training.TrainResult:
    return training.train(con.cursor(), algorithm, options=options)


@pytest.fixture
def versions(trained):
    """Give a file with graph-1, popularity-2 and popularity-3, the last deployed."""
    train(trained, "popularity")
    train(trained, "popularity")
    return trained


def test_roll_back_goes_through_the_deployments(versions):
    assert rows(versions, "CALL rollback()") == [("popularity-2",)]
    assert deployed(versions) == "popularity-2"
    assert rows(versions, "FROM rollback()") == [("graph-1",)]
    with pytest.raises(duckdb.Error, match="There is no earlier deployment to go back to"):
        rows(versions, "CALL rollback()")
    assert deployed(versions) == "graph-1"
    assert rows(versions, "SELECT source FROM recommend('u0', k := 1)") == [("graph",)]


def test_deploy_then_roll_back(versions):
    assert rows(versions, "CALL deploy('graph-1')") == [("graph-1",)]
    assert rows(versions, "SELECT source FROM recommend('u0', k := 1)") == [("graph",)]
    assert rows(versions, "CALL rollback()") == [("popularity-3",)]
    assert rows(versions, "CALL rollback()") == [("popularity-2",)]
    assert rows(versions, "CALL deploy('popularity-3')") == [("popularity-3",)]
    assert rows(versions, "CALL rollback()") == [("popularity-2",)]


def test_deploying_what_serves_already_is_no_step_to_go_back(versions):
    for _ in range(3):
        assert rows(versions, "CALL deploy('popularity-3')") == [("popularity-3",)]
    assert rows(versions, "CALL rollback()") == [("popularity-2",)]


def test_training_after_a_roll_back(versions):
    rows(versions, "CALL rollback()")
    assert train(versions).model == "graph-4"
    assert rows(versions, "CALL rollback()") == [("popularity-2",)]


def test_rolled_back_deployments_keep_their_moment(versions):
    rows(versions, "CALL rollback()")
    query = "SELECT rolled_back_at FROM mmsql.deployments WHERE model = 'popularity-3'"
    moment = rows(versions, query)
    rows(versions, "CALL rollback()")
    assert rows(versions, query) == moment
    assert moment != [(None,)]


@pytest.mark.parametrize("name", ["popularity-9", "it's", "", "graph"])
def test_deploying_what_is_not_there(versions, name):
    with pytest.raises(duckdb.Error, match=r"There is no model .*There is: graph-1, popularity-2, popularity-3"):
        rows(versions, "CALL deploy(?)", name)
    assert deployed(versions) == "popularity-3"


def test_weights_come_back_as_they_were(trained):
    assert load_weights(trained, "graph-1") == {}
    assert rows(trained, "SELECT weights FROM mmsql.models") == [(None,)]


# --- refresh


def test_refresh_counts_again_with_the_same_configuration(shop):
    train(shop, decay=0.4)
    shop.execute("INSERT INTO interactions VALUES ('newcomer', 'i12', 'view', 1, NULL)")
    shop.execute("INSERT INTO items (item_id, title) VALUES ('i99', 'Something new')")
    ((model, algorithm, users, items, events, encoded, message),) = rows(
        shop, "SELECT model, algorithm, users, items, events, encoded, message FROM refresh()"
    )
    assert (model, algorithm, users, items, events, encoded) == ("graph-2", "graph", 41, 14, 120, 1)
    assert message == "graph-1 brought up to date."
    assert deployed(shop) == "graph-2"
    assert rows(shop, "SELECT decay FROM mmsql.models") == [(0.4,), (0.4,)]
    assert ("i99",) in rows(shop, "SELECT item_id FROM recommend('u0', k := 100)")


def test_refresh_of_an_unchanged_shop_is_the_same_model(shop, counting_encoder):
    train(shop)
    calls, first = len(counting_encoder.batches), rows(shop, "FROM recommend('u0')")
    rows(shop, "CALL refresh()")
    assert len(counting_encoder.batches) == calls
    assert rows(shop, "FROM recommend('u0')") == first
    assert get_setting(shop, "encoder") in (None, "wordllama")


def test_what_serving_reads_is_of_the_deployed_model(versions):
    counted = (
        "SELECT count(*), count(neighbors), sum(list_sum(weights)), min(popularity_rank), "
        "max(popularity_rank) FROM mmsql.serving"
    )
    items, with_edges, _, first, last = rows(versions, counted)[0]
    assert (items, with_edges, first, last) == (13, 0, 1, 13)  # popularity has no edges
    versions.execute("CALL deploy('graph-1')").fetchall()
    ((edges,),) = rows(versions, "SELECT sum(e.weight) FROM mmsql.item_edges e WHERE e.model = 'graph-1'")
    assert rows(versions, counted)[0][2] == pytest.approx(edges)
    assert rows(versions, "SELECT item_id FROM recommend('u0', k := 1)") == [("i2",)]
    assert rows(versions, "SELECT model, decay FROM mmsql.serving_model") == [("graph-1", 0.7)]
    versions.execute("CALL rollback()").fetchall()
    assert rows(versions, counted)[0][1] == 0
    assert rows(versions, "SELECT algorithm FROM mmsql.serving_model") == [("popularity",)]


@pytest.mark.parametrize(("algorithm", "options"), [("graph", {}), ("ials", {"epochs": 1}), ("popularity", {})])
def test_serving_tables_hold_what_the_deployed_model_has(shop, algorithm, options):
    shop.execute("INSERT INTO items (item_id, title) VALUES ('alone', NULL)")
    train(shop, algorithm, **options)
    parts = rows(shop, "SELECT enum_range(CAST(NULL AS mmsql.serving_parts))")
    assert parts == [(["items", "user_vectors"] if algorithm == "ials" else ["items"],)]
    listed = rows(shop, "SELECT item_id FROM mmsql.serving ORDER BY rowid")
    assert listed == rows(shop, "SELECT item_id FROM mmsql.catalog ORDER BY item_id")
    ((neighbors, vectors),) = rows(shop, "SELECT count(neighbors), count(vector) FROM mmsql.serving")
    assert (neighbors > 0, vectors > 0) == (algorithm != "popularity", algorithm == "ials")
    assert rows(shop, "SELECT neighbors, weights FROM mmsql.serving WHERE item_id = 'alone'") == [(None, None)]


def test_edges_and_lists_lie_in_order(trained):
    for table, ids in (("item_edges", "item_id"), ("recommendations", "user_id, rank")):
        stored = rows(trained, f"SELECT {ids} FROM mmsql.{table} ORDER BY rowid")
        assert stored == sorted(stored)
    modalities = rows(trained, "SELECT count(DISTINCT modality) FROM mmsql.item_edges")
    assert modalities[0][0] > 1


def test_popularity_ranks_follow_the_bias_and_neighbors_are_popularity_ranks(trained):
    listed = rows(trained, "SELECT item_id FROM mmsql.serving ORDER BY popularity_rank")
    assert listed == rows(trained, "SELECT item_id FROM mmsql.catalog ORDER BY bias DESC, item_id")
    found = rows(
        trained,
        "SELECT s.item_id, n.item_id, s.weight FROM (SELECT t.item_id, unnest(t.neighbors) AS popularity_rank, "
        "unnest(t.weights) AS weight FROM mmsql.serving t) s "
        "JOIN mmsql.serving n ON n.popularity_rank = s.popularity_rank ORDER BY ALL",
    )
    edges = rows(
        trained,
        "SELECT e.item_id, e.neighbor_id, sum(e.weight) AS weight FROM mmsql.item_edges e GROUP BY ALL ORDER BY ALL",
    )
    assert found == [(item, neighbor, pytest.approx(weight)) for item, neighbor, weight in edges]


def test_a_users_items_are_looked_up_by_a_key(trained):
    keys = (
        "SELECT table_name FROM duckdb_constraints() WHERE constraint_type = 'PRIMARY KEY' AND table_name = 'serving'"
    )
    assert rows(trained, keys + " AND constraint_column_names = ['item_id']") == [("serving",)]
