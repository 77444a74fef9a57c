"""auto: tries the families, takes the best, compares it with what serves, and says why."""

from __future__ import annotations

import duckdb
import numpy as np
import pytest

from mmsql.errors import OptionError
from mmsql.jobs import selection, training
from mmsql.models.base import SearchResult
from mmsql.models.graph import Graph

pytestmark = pytest.mark.usefixtures("counting_encoder")

QUICK = {"epochs": 1, "embedding_size": 8, "layers": 1, "device": "cpu", "search_steps": 2}
SPOILT = {"popularity_weight": 100, "search_steps": 0}  # the graph ranks by popularity


def rows(con: duckdb.DuckDBPyConnection, query: str) -> list[tuple]:
    return con.execute(query).fetchall()


@pytest.fixture
def no_deep_models(monkeypatch):
    """Let the deep models take too long."""
    monkeypatch.setattr(selection, "EVENTS_A_SECOND", 1e-6)


def test_auto_takes_the_best_and_says_why(shop, no_deep_models):
    ((model, algorithm, message),) = rows(shop, "SELECT model, algorithm, message FROM train()")
    assert (model, algorithm) == ("auto-1", "graph")
    assert message.startswith("graph has the best NDCG@10 on each user's last item (popularity 0.")
    assert message.endswith("The deep model was left out: it would take more than time_budget := 1800 allows.")
    assert rows(shop, "SELECT model, algorithm, status, deployed FROM models()") == [
        ("auto-1", "graph", "ready", True)
    ]
    assert rows(shop, "SELECT events FROM mmsql.models") == [(119,)]  # trained on everything in the end


def test_auto_compares_the_deep_model_and_the_blend_too(shop):
    result = training.train(shop.cursor(), options=QUICK)
    listed = result.message.partition("(")[2].partition(")")[0]
    figures = {name: float(value) for name, value in (pair.split() for pair in listed.split(", "))}
    assert list(figures) == ["popularity", "graph", "fusion", "blend"]
    assert result.algorithm in figures
    assert figures[result.algorithm] > figures["popularity"]
    logged = rows(shop, "SELECT epoch FROM training_log('auto-1') ORDER BY epoch")
    assert [epoch for (epoch,) in logged] == list(range(1, len(logged) + 1))
    assert len(rows(shop, "FROM recommend('u3', k := 5)")) == 5


def test_the_blend_has_to_be_better_for_sure():
    random = np.random.default_rng(1)
    graph = random.random(400)
    figures = {"graph": graph, "fusion": graph - 0.1, "blend": graph + 0.001 * random.standard_normal(400)}
    figures["blend"] += figures["graph"].mean() - figures["blend"].mean() + 1e-7
    assert not selection._blend_is_better(figures)
    assert selection._blend_is_better(figures | {"blend": graph + 0.01 * random.random(400)})


def test_what_serves_goes_on_when_it_is_better(shop, no_deep_models):
    good = training.train(shop.cursor(), "graph").model
    result = training.train(shop.cursor(), options=SPOILT)
    assert f"It is not deployed: {good} has " in result.message
    assert "stays deployed" in result.message
    assert rows(shop, "SELECT model, status FROM models() WHERE deployed") == [(good, "ready")]
    assert rows(shop, "SELECT status FROM mmsql.models WHERE model = 'auto-2'") == [("ready",)]


def test_what_serves_is_followed_by_what_is_as_good(shop, no_deep_models):
    training.train(shop.cursor(), "graph", options=SPOILT)
    result = training.train(shop.cursor())
    assert "graph-1, deployed before, has " in result.message
    assert rows(shop, "SELECT model FROM models() WHERE deployed") == [("auto-2",)]
    assert training.train(shop.cursor()).model == "auto-3"
    assert rows(shop, "SELECT model FROM models() WHERE deployed") == [("auto-3",)]


@pytest.mark.parametrize("algorithm", ["auto", "graph"])
def test_the_search_begins_at_the_options_that_serve(shop, no_deep_models, monkeypatch, algorithm):
    begun = []

    def search(self, dataset, content, config, held, log):
        begun.append(config.decay)
        return SearchResult(config)

    monkeypatch.setattr(Graph, "search", search)
    training.train(shop.cursor(), algorithm, deploy=False)
    shop.execute("UPDATE mmsql.models SET config = json_merge_patch(config, '{\"decay\": 0.97}')")
    training.train(shop.cursor(), algorithm)
    shop.execute("UPDATE mmsql.models SET config = json_merge_patch(config, '{\"decay\": 0.93}')")
    training.train(shop.cursor(), algorithm, deploy=False)
    assert begun == [0.7, 0.7, 0.93], "what does not serve is no beginning"


def test_what_cannot_be_compared_in_time_goes_on_serving(shop, monkeypatch):
    deep = training.train(shop.cursor(), "fusion", options={k: v for k, v in QUICK.items() if k != "search_steps"})
    monkeypatch.setattr(selection, "EVENTS_A_SECOND", 1e-6)
    result = training.train(shop.cursor())
    assert f"It is not deployed: {deep.model} could not be compared in the time." in result.message
    assert rows(shop, "SELECT model FROM models() WHERE deployed") == [(deep.model,)]


def test_auto_hands_options_to_those_who_know_them(shop, no_deep_models):
    training.train(shop.cursor(), options={"decay": 0.4, "seed": 3})
    assert rows(shop, "SELECT decay, seed FROM mmsql.models") == [(0.4, 3)]
    with pytest.raises(
        OptionError, match=r"Unknown option of auto: 'epoch'. Allowed: alpha, attribute_kinds, attribute_weight"
    ):
        training.train(shop.cursor(), options={"epoch": 3})


def test_auto_without_anything_to_compare_on(shop):
    shop.execute("DELETE FROM interactions; INSERT INTO interactions VALUES ('u', 'i1', 'view', 1, NULL)")
    result = training.train(shop.cursor())
    assert (result.algorithm, result.message[:17]) == ("graph", "graph, unchecked:")


def test_auto_can_be_evaluated(shop, no_deep_models):
    found = rows(shop, "SELECT model, algorithm, metric FROM evaluate(algorithm := 'auto', k := 5)")
    assert {row[:2] for row in found} == {("auto", "auto")}
    assert len(found) == 14
