"""Evaluation: what is kept back is not seen, what serves is not touched, and the figures are those of the lists."""

from __future__ import annotations

import math

import duckdb
import pytest

from mmsql.db.schema import EVALUATION_TABLES, SERVING_TABLES
from mmsql.errors import OptionError
from mmsql.jobs import evaluation, training

pytestmark = pytest.mark.usefixtures("counting_encoder")


def rows(con: duckdb.DuckDBPyConnection, query: str, *values: object) -> list[tuple]:
    return con.execute(query, list(values)).fetchall()


def figures(con: duckdb.DuckDBPyConnection, call: str) -> dict[tuple[str, str], object]:
    """Give the figures of a call, to be compared but for the last digits: sums have no fixed order."""
    found = {}
    for metric, value, popularity in rows(con, f"SELECT metric, value, popularity FROM {call}"):
        found[metric, "value"], found[metric, "popularity"] = pytest.approx(value), pytest.approx(popularity)
    return found


def numbers(con: duckdb.DuckDBPyConnection, call: str) -> dict[tuple[str, str], float]:
    return {key: near.expected for key, near in figures(con, call).items()}


def spread(con: duckdb.DuckDBPyConnection) -> None:
    """Let everybody come back over weeks, so that a moment in time has both sides."""
    con.execute(
        "UPDATE interactions SET ts = TIMESTAMP '2025-01-01' + to_hours((hash(user_id || item_id) % 1000)::INTEGER)"
    )


def fingerprints(con: duckdb.DuckDBPyConnection, tables: tuple[str, ...]) -> list[tuple]:
    return [
        (table, *rows(con, f"SELECT count(*), sum(hash(t)::HUGEINT) FROM mmsql.{table} t")[0]) for table in tables
    ]


@pytest.mark.core
def test_the_answer(shop):
    relation = shop.sql("FROM evaluate(algorithm := 'graph', k := 3)")
    assert relation.columns == ["model", "algorithm", "split", "users", "k", "metric", "value", "popularity"]
    found = rows(shop, "CALL evaluate(algorithm := 'graph', k := 3)")
    assert {row[:5] for row in found} == {("graph", "graph", "leave_last_out", 40, 3)}
    assert [row[5] for row in found] == [
        "precision",
        "recall",
        "f1",
        "hit_rate",
        "ndcg",
        "map",
        "mrr",
        "catalog_coverage",
        "novelty",
        "intra_list_diversity",
        "gini",
        "serendipity",
        "average_popularity",
        "calibration",
    ]
    values = {row[5]: row[6:] for row in found}
    assert values["hit_rate"][0] > values["hit_rate"][1]
    assert [(row[5], *row[6:]) for row in found] == [
        (metric, pytest.approx(value), pytest.approx(popularity))
        for metric, value, popularity in rows(shop, "SELECT metric, value, popularity FROM metrics('graph', k := 3)")
    ]


@pytest.mark.core
def test_every_ranking_figure_is_that_of_the_lists(shop):
    found = numbers(shop, "evaluate(algorithm := 'graph', k := 4)")
    held = dict(rows(shop, "SELECT user_id, item_id FROM mmsql.holdout"))
    for algorithm, place in (("graph", "value"), ("popularity", "popularity")):
        ranks = {
            user: rank
            for user, rank, item in rows(
                shop, "SELECT user_id, rank, item_id FROM mmsql.evaluation_lists WHERE algorithm = ?", algorithm
            )
            if held[user] == item and rank <= 4
        }
        assert found["hit_rate", place] == pytest.approx(len(ranks) / 40)
        assert found["recall", place] == pytest.approx(len(ranks) / 40)
        assert found["precision", place] == pytest.approx(len(ranks) / 160)
        assert found["mrr", place] == pytest.approx(sum(1 / rank for rank in ranks.values()) / 40)
        assert found["ndcg", place] == pytest.approx(sum(1 / math.log2(rank + 1) for rank in ranks.values()) / 40)


def test_each_users_last_is_kept_back_and_only_that(shop):
    rows(shop, "CALL evaluate(algorithm := 'popularity')")
    assert rows(shop, "SELECT user_id, item_id FROM mmsql.holdout ORDER BY ALL") == rows(
        shop, "SELECT user_id, arg_max(item_id, ts) FROM mmsql.interactions GROUP BY ALL ORDER BY ALL"
    )
    ((users, events, depth),) = rows(shop, "SELECT training_users, training_events, depth FROM mmsql.evaluations")
    assert (users, events, depth) == (40, 119 - 40, evaluation.LIST_DEPTH)


def test_lists_do_not_hold_what_was_trained_on(shop):
    rows(shop, "CALL evaluate(algorithm := 'graph')")
    assert rows(
        shop,
        "SELECT count(*) FROM mmsql.evaluation_lists l SEMI JOIN (FROM "
        "mmsql.interactions i ANTI JOIN mmsql.holdout h "
        "USING (user_id, item_id)) t USING (user_id, item_id)",
    ) == [(0,)]


def test_comments_on_what_is_kept_back_are_not_read(shop, counting_encoder):
    shop.execute("DELETE FROM comments")
    shop.execute(
        "INSERT INTO comments SELECT i.item_id, i.user_id, i.user_id || ' about ' || "
        "i.item_id, 5, i.ts FROM interactions i"
    )
    shop.execute(
        "INSERT INTO comments VALUES ('i3', NULL, 'by nobody', 5, NULL), ('i3', "
        "'u0', 'on what was never bought', 5, NULL)"
    )
    rows(shop, "CALL evaluate(algorithm := 'graph')")
    held = {f"{user} about {item}" for user, item in rows(shop, "SELECT user_id, item_id FROM mmsql.holdout")}
    every = {body for (body,) in rows(shop, "SELECT body FROM comments")}
    assert len(held) == 40
    assert held.isdisjoint(counting_encoder.texts)
    assert every - held <= set(counting_encoder.texts)


def test_comments_from_the_cache_are_not_read_either(shop):
    shop.execute("DELETE FROM comments; DELETE FROM items")
    # Were they read, the words on the last item would tie it to whatever else the user wrote about.
    shop.execute("INSERT INTO comments SELECT i.item_id, i.user_id, 'word' || i.user_id, 5, i.ts FROM interactions i")
    fresh = figures(shop, "evaluate(algorithm := 'graph')")
    training.train(shop.cursor(), "graph")
    assert rows(shop, "SELECT count(*) FROM mmsql.embedding_cache") == [(40,)]
    assert numbers(shop, "evaluate(algorithm := 'graph')") == fresh


def test_comments_after_the_cut_are_not_read(shop, counting_encoder):
    spread(shop)
    shop.execute("DELETE FROM comments")
    shop.execute(
        "INSERT INTO comments SELECT i.item_id, i.user_id, i.user_id || ' about ' || "
        "i.item_id, 5, i.ts FROM interactions i"
    )
    shop.execute(
        "INSERT INTO comments VALUES ('i3', 'u0', 'at no time', 5, NULL), ('i3', 'u0', 'much later', 5, '2030-01-01')"
    )
    rows(shop, "CALL evaluate(algorithm := 'graph', split := 'time', test_share := 0.3)")
    ((cut,),) = rows(shop, "SELECT quantile_disc(ts, 0.7) FROM interactions")
    early = {body for (body,) in rows(shop, "SELECT body FROM comments WHERE ts < ?", cut)}
    late = {body for (body,) in rows(shop, "SELECT body FROM comments WHERE ts >= ?", cut)}
    assert early <= set(counting_encoder.texts)
    assert (late | {"at no time"}).isdisjoint(counting_encoder.texts)  # what has no time may be of the future
    assert len(late) > 30


def test_nothing_that_serves_is_touched(trained):
    spread(trained)
    tables = (*SERVING_TABLES, "training_log", "interactions", "items", "comments")
    before, answer = fingerprints(trained, tables), rows(trained, "FROM recommend('u0')")
    rows(trained, "CALL evaluate()")
    rows(trained, "CALL evaluate(algorithm := 'popularity', split := 'time', test_share := 0.3)")
    assert fingerprints(trained, tables) == before
    assert rows(trained, "FROM recommend('u0')") == answer


def test_a_model_is_trained_again_with_its_configuration(shop):
    training.train(shop.cursor(), "graph", options={"decay": 0.0, "history_length": 1})
    assert rows(shop, "SELECT DISTINCT model, algorithm FROM evaluate()") == [("graph-1", "graph")]
    of_the_model = figures(shop, "metrics('graph-1')")
    config = evaluation.EvaluationConfig()
    evaluation.evaluate(shop.cursor(), algorithm="graph", config=config, options={"decay": 0.0, "history_length": 1})
    assert numbers(shop, "metrics('graph')") == of_the_model


def test_the_latest_of_a_kind_is_kept(shop):
    spread(shop)
    for split in ("leave_last_out", "leave_last_out", "time"):
        rows(shop, f"CALL evaluate(algorithm := 'graph', split := '{split}', test_share := 0.4)")
    rows(shop, "CALL evaluate(algorithm := 'popularity')")
    assert rows(shop, "SELECT evaluation, model, split FROM mmsql.evaluations ORDER BY ALL") == [
        (2, "graph", "leave_last_out"),
        (3, "graph", "time"),
        (4, "popularity", "leave_last_out"),
    ]
    for table in EVALUATION_TABLES:
        assert rows(shop, f"SELECT DISTINCT evaluation FROM mmsql.{table} ORDER BY 1") == [(2,), (3,), (4,)]
    assert rows(shop, "SELECT DISTINCT algorithm FROM mmsql.evaluation_lists WHERE evaluation = 4") == [
        ("popularity",)
    ]


def test_same_seed_same_figures(shop):
    first = figures(shop, "evaluate(algorithm := 'graph', seed := 3)")
    assert numbers(shop, "evaluate(algorithm := 'graph', seed := 3)") == first
    shop.execute("UPDATE interactions SET ts = NULL")
    lasts = []
    for seed in (1, 2):
        rows(shop, f"CALL evaluate(algorithm := 'graph', seed := {seed})")
        lasts.append(rows(shop, "SELECT user_id, item_id FROM mmsql.holdout ORDER BY ALL"))
    assert lasts[0] != lasts[1]


@pytest.mark.parametrize("k", [1, 20, 50])
def test_lists_are_as_long_as_asked(shop, k):
    rows(shop, f"CALL evaluate(algorithm := 'graph', k := {k})")
    assert rows(shop, "SELECT depth FROM mmsql.evaluations") == [(max(k, evaluation.LIST_DEPTH),)]
    assert {row for (row,) in rows(shop, f"SELECT DISTINCT k FROM metrics('graph', k := {k})")} == {k}


def test_nobody_with_a_future(shop):
    shop.execute("DELETE FROM interactions WHERE item_id <> 'i1'")
    with pytest.raises(duckdb.Error, match="The split leave_last_out holds nothing out"):
        rows(shop, "CALL evaluate(algorithm := 'graph')")
    assert rows(shop, "SELECT count(*) FROM mmsql.evaluations") == [(0,)]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("evaluate()", "No model is deployed in this file"),
        ("evaluate(model := 'graph-9')", "There is no model 'graph-9'. There is: none yet"),
        ("evaluate(model := 9)", "There is no model 9"),
        ("evaluate(algorithm := 'best')", "Unknown algorithm 'best'. Allowed: "),
        (
            "evaluate(algorithm := 'graph', split := 'random')",
            "Unknown split 'random'. Allowed: leave_last_out, time, cold_items",
        ),
        (
            "evaluate(algorithm := 'graph', split := 'cold_items', cold_share := 1)",
            "cold_share must be a number from 0.001 to 0.9; 1 was given",
        ),
        ("evaluate(algorithm := 'graph', k := 0)", "k must be a whole number from 1 to 1000; 0 was given"),
        ("evaluate(algorithm := 'graph', k := 2.5)", "k must be a whole number"),
        (
            "evaluate(algorithm := 'graph', test_share := 1)",
            "test_share must be a number from 0.001 to 0.9; 1 was given",
        ),
    ],
)
def test_bad_options(shop, call, message):
    with pytest.raises(duckdb.Error, match=message):
        rows(shop, f"CALL {call}")


def test_an_option_the_algorithm_has_not(shop):
    with pytest.raises(OptionError, match="Unknown option of popularity: 'epochs'"):
        evaluation.evaluate(shop.cursor(), algorithm="popularity", options={"epochs": 3})


def test_a_failure_keeps_the_evaluation_there_was(trained, monkeypatch):
    before = figures(trained, "evaluate()")

    def broken(*_: object) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(evaluation.EvaluationRun, "item_rows", broken)
    with pytest.raises(duckdb.Error, match="disk is full"):
        rows(trained, "CALL evaluate()")
    assert numbers(trained, "metrics()") == before
