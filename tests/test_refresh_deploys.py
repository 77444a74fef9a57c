"""What a refresh deploys: nothing worse, nothing too different, and nothing after a rollback."""

from __future__ import annotations

import duckdb
import pytest

from mmsql.jobs import refreshing, training
from mmsql.models.graph import Graph
from mmsql.store import versions

pytestmark = pytest.mark.usefixtures("counting_encoder")

NEW = (
    "INSERT INTO interactions SELECT 'v' || u, 'i' || (u + s) % 12, 'view', 1, "
    "TIMESTAMP '2026-01-01' + to_hours(9 * u + s) FROM range({}) t(u), range(4) r(s)"
)


def rows(con: duckdb.DuckDBPyConnection, query: str) -> list[tuple]:
    return con.execute(query).fetchall()


def serves(con: duckdb.DuckDBPyConnection) -> str:
    ((model,),) = rows(con, "SELECT model FROM models() WHERE deployed")
    return model


class Broken(Graph):
    """A search that finds options with which no event counts but popularity."""

    def search(self, dataset, content, config, holdout, log):
        found = super().search(dataset, content, config, holdout, log)
        return found.__class__(
            config=training.dataclasses.replace(found.config, behavior_weight=0, popularity_weight=100)
        )


def test_a_retrained_model_that_is_worse_is_not_deployed(shop, monkeypatch):
    shop.execute("CALL train('graph')")
    shop.execute(NEW.format(60))
    monkeypatch.setattr(
        "mmsql.models.registry.MODELS", tuple(Broken() if m.name == "graph" else m for m in all_models())
    )
    ((status, model, message),) = rows(shop, "SELECT status, model, message FROM refresh()")
    assert (status, model, serves(shop)) == ("refreshed", "graph-3", "graph-3")
    assert "graph-2 is worse and not deployed" in message
    assert "graph-1 has " in message
    assert rows(shop, "SELECT model, status FROM models() ORDER BY model") == [
        ("graph-1", "ready"), ("graph-2", "ready"), ("graph-3", "ready")
    ]  # fmt: skip


def all_models():
    from mmsql.models.registry import MODELS

    return MODELS


@pytest.mark.parametrize("algorithm", ["graph", "fusion", "blend", "ials", "popularity"])
def test_a_retrained_model_that_is_no_worse_is_deployed(shop, algorithm):
    quick = {"epochs": 2, "embedding_size": 8, "layers": 1, "batch_size": 16, "device": "cpu"}
    options = {"fusion": quick, "blend": {**quick, "search_steps": 0}, "ials": {"epochs": 2, "embedding_size": 8}}
    training.train(shop.cursor(), algorithm, options=options.get(algorithm, {}))
    shop.execute(NEW.format(60))
    result = refreshing.refresh(shop.cursor())
    assert "was trained, more than 20%" in result.message
    assert f"{algorithm}-1, deployed before, has " in result.message or "worse and not deployed" in result.message
    assert serves(shop) == result.model
    assert result.status in ("retrained", "refreshed")
    assert len(rows(shop, "FROM recommend('v3', k := 5)")) == 5


@pytest.mark.parametrize("retrain", [0, 10])
def test_lists_that_overlap_too_little_are_refused(shop, retrain):
    shop.execute("CALL train('graph', search_steps := 0)")
    before = rows(shop, "FROM recommend_each(k := 5) ORDER BY ALL")
    shop.execute("DELETE FROM interactions WHERE item_id IN ('i1', 'i2', 'i3')")
    shop.execute("UPDATE interactions SET item_id = 'i' || (12 - item_id[2:]::INTEGER) % 12 WHERE user_id < 'u25'")
    ((status, model, overlap, message),) = rows(
        shop, f"SELECT status, model, overlap, message FROM refresh(min_overlap := 0.99, retrain := {retrain})"
    )
    assert (status, model, serves(shop)) == ("refused", "graph-2", "graph-1")
    assert overlap < 0.99
    assert message.endswith(
        f"graph-2 is not deployed: its lists overlap by {overlap:.2f} with those of graph-1, less than "
        "min_overlap := 0.99. CALL deploy('graph-2') deploys it."
    )
    assert rows(shop, "SELECT status FROM mmsql.refreshes") == [("refused",)]
    assert before
    shop.execute("CALL deploy('graph-2')")
    assert serves(shop) == "graph-2"


def test_lists_that_overlap_enough_are_deployed(shop):
    shop.execute("CALL train('graph')")
    shop.execute(NEW.format(1))
    ((status, overlap),) = rows(shop, "SELECT status, overlap FROM refresh(min_overlap := 0.3)")
    assert status == "refreshed"
    assert overlap >= 0.3
    assert serves(shop) == "graph-2"


@pytest.mark.parametrize("given", ["-0.1", "1.1", "'much'", "true", "'nan'::DOUBLE"])
def test_an_overlap_is_from_0_to_1(trained, given):
    with pytest.raises(duckdb.Error, match=r"min_overlap must be from 0 to 1, the overlap of lists below which"):
        rows(trained, f"CALL refresh(min_overlap := {given})")


@pytest.mark.parametrize("by_hand", ["CALL deploy('graph-2')", "CALL train('graph', search_steps := 0)"])
def test_after_a_rollback_nothing_is_deployed_until_somebody_does(shop, by_hand):
    shop.execute("CALL train('graph', search_steps := 0)")
    shop.execute(NEW.format(2))
    assert rows(shop, "SELECT status, model FROM refresh()") == [("refreshed", "graph-2")]
    shop.execute("CALL rollback()")
    shop.execute(NEW.format(60))
    for _ in range(2):
        ((status, model, message),) = rows(shop, "SELECT status, model, message FROM refresh()")
        assert (status, model) == ("held", "graph-1")
        assert message == "graph-1 was rolled back to and stays deployed until you deploy or train a model."
        assert serves(shop) == "graph-1"
    shop.execute(by_hand)
    assert rows(shop, "SELECT status FROM refresh(retrain := 10)") in ([("refreshed",)], [("unchanged",)])
    assert serves(shop) != "graph-1"
    assert versions.is_rolled_back(shop) is False
