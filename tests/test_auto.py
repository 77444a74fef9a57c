"""auto: tries the families, takes the best, and says why."""

from __future__ import annotations

import duckdb
import pytest

from mmsql import training
from mmsql.errors import OptionError

pytestmark = [pytest.mark.core, pytest.mark.usefixtures("counting_encoder")]


def rows(con: duckdb.DuckDBPyConnection, query: str) -> list[tuple]:
    return con.execute(query).fetchall()


@pytest.fixture
def two_families(monkeypatch):
    """Let auto choose between the two families that need no training time."""
    monkeypatch.setattr(training, "AUTO_CANDIDATES", ("popularity", "graph"))


def test_auto_takes_the_best_and_says_why(shop, two_families):
    ((model, algorithm, message),) = rows(shop, "SELECT model, algorithm, message FROM train()")
    assert (model, algorithm) == ("graph-1", "graph")
    assert message.startswith("graph has the best NDCG@10 on each user's last item (popularity 0.")
    assert rows(shop, "SELECT model, status, deployed FROM models()") == [("graph-1", "ready", True)]
    assert rows(shop, "SELECT events FROM mmsql.models") == [(119,)]  # trained on everything in the end


def test_auto_hands_options_to_those_who_know_them(shop, two_families):
    training.train(shop.cursor(), options={"decay": 0.4, "seed": 3})
    assert rows(shop, "SELECT decay, seed FROM mmsql.models") == [(0.4, 3)]
    with pytest.raises(OptionError, match=r"Unknown option of auto: 'epoch'. Allowed: attribute_weight"):
        training.train(shop.cursor(), options={"epoch": 3})


def test_auto_without_anything_to_compare_on(shop, two_families):
    shop.execute("DELETE FROM interactions; INSERT INTO interactions VALUES ('u', 'i1', 'view', 1, NULL)")
    result = training.train(shop.cursor())
    assert (result.algorithm, result.message[:17]) == ("graph", "graph, unchecked:")
