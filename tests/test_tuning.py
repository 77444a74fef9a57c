"""Tuning: what it tries, what it writes, and that the options it tunes on are not tested on with holdout."""

from __future__ import annotations

import dataclasses
import json
import math

import duckdb
import numpy as np
import pytest

from mmsql.config import ALGORITHM_CONFIGS, GraphConfig, TuningConfig, configure, option_names
from mmsql.data.dataset import Holdout, prepare
from mmsql.errors import OptionError, SourceError
from mmsql.jobs import tuning
from mmsql.models.base import FittedModel, ScoreParameters, SearchResult
from mmsql.models.graph import Graph
from mmsql.models.scoring import holdout_metrics

pytestmark = pytest.mark.usefixtures("counting_encoder")
COLUMNS = ["study", "trial", "best", "ndcg", "recall", "seconds", "status", "error", "options", "command"]


def rows(con: duckdb.DuckDBPyConnection, query: str, *values: object) -> list[tuple]:
    return con.execute(query, list(values)).fetchall()


def tune(con: duckdb.DuckDBPyConnection, algorithm: str | None = "graph", trials: int = 3, **more: object):
    names = {spec.name for spec in dataclasses.fields(TuningConfig)}
    config = TuningConfig(trials=trials, **{name: more.pop(name) for name in names & set(more)})
    return tuning.tune(con.cursor(), algorithm, config=config, **more)


# --- search spaces


@pytest.mark.parametrize(("algorithm", "kind"), ALGORITHM_CONFIGS.items())
def test_every_algorithm_has_something_to_tune_around_its_defaults(algorithm, kind):
    space = tuning.search_space(kind)
    assert space
    for name, spec in space.items():
        if "allowed" in spec.metadata:
            assert spec.default in spec.metadata["tune"], name
            assert set(spec.metadata["tune"]) <= set(spec.metadata["allowed"]), name
        else:
            low, high = spec.metadata["tune"]
            assert spec.metadata["low"] <= low <= spec.default <= high <= spec.metadata["high"], name
            assert low > 0 or not spec.metadata["log"], name
            for value in (low, high):
                assert float(f"{value:.{tuning.DIGITS}g}") == value, f"{name}: rounding must not leave the range"


@pytest.mark.parametrize(("algorithm", "kind"), ALGORITHM_CONFIGS.items())
def test_the_ends_of_a_search_space_are_a_configuration(algorithm, kind):
    for end in (0, -1):
        options = {name: spec.metadata["tune"][end] for name, spec in tuning.search_space(kind).items()}
        made = dataclasses.asdict(configure(kind, options, algorithm))
        taken = {**made.get("fusion", {}), **made.get("graph", {}), **made}  # a blend keeps its members' in theirs
        assert {name: taken[name] for name in options} == options


# --- the answer


def test_the_answer_is_best_first_and_in_the_file(shop):
    relation = shop.sql("FROM tune(algorithm := 'graph', trials := 1)")
    assert relation.columns == COLUMNS
    found = rows(shop, "CALL tune(algorithm := 'graph', trials := 4, seed := 7)")
    study = found[0][0]
    assert [row[2] for row in found] == [True, False, False, False]
    assert sorted(row[1] for row in found) == [0, 1, 2, 3]
    assert [row[3] for row in found] == sorted((row[3] for row in found), reverse=True)
    stored = rows(
        shop,
        "SELECT study, trial, ndcg, recall, seconds, status, error, options FROM mmsql.trials "
        "WHERE study = ? AND algorithm = 'graph' AND seed = 7 AND NOT holdout AND created_at IS NOT NULL "
        "ORDER BY ndcg DESC, trial",
        study,
    )
    assert stored == [(*row[:2], *row[3:9]) for row in found]
    for _, _, _, ndcg, recall, seconds, status, error, _, _ in found:
        assert 0 <= ndcg <= recall <= 1
        assert (status, error) == ("done", None)
        assert seconds > 0


def test_the_first_trial_has_the_defaults(shop):
    first = min(tune(shop, trials=2), key=lambda trial: trial.trial)
    for name in tuning.search_space(GraphConfig):
        assert first.options[name] == getattr(GraphConfig(), name)


def test_the_second_trial_has_what_the_model_would_choose_itself(shop, monkeypatch):
    def search(self, dataset, content, config, held, log):
        assert (config.fixed, config.search_steps) == (("neighbors", "search_steps"), 7)
        return SearchResult(
            dataclasses.replace(config, decay=0.55, popularity_weight=0.0, event_weights="buy:3", neighbors=9)
        )

    monkeypatch.setattr(Graph, "search", search)
    found = tune(shop, trials=3, options={"neighbors": 9, "search_steps": 7})
    tried = {trial.trial: trial.options for trial in found}
    assert tried[0]["decay"] == 0.7
    assert "event_weights" not in tried[0]
    assert (tried[1]["decay"], tried[1]["event_weights"]) == (0.55, "buy:3")
    assert tried[1]["popularity_weight"] == 0.001  # the lowest that is searched
    assert tried[2]["event_weights"] == "buy:3"
    assert all((options["neighbors"], options["search_steps"]) == (9, 0) for options in tried.values())


def test_the_command_trains_with_the_options_of_the_trial(shop):
    (best, *_) = rows(shop, "CALL tune(algorithm := 'graph', trials := 2)")
    shop.execute(best[-1]).fetchall()
    ((config,),) = rows(shop, "SELECT config FROM mmsql.models")
    tried = json.loads(best[-2])
    assert {name: json.loads(config)[name] for name in tried} == tried


def test_a_text_is_quoted_in_the_command():
    trial = tuning.Trial(study=1, trial=0, algorithm="fusion", options={"behavior": "o'k", "alpha": 0.5}, seconds=1.0)
    assert trial.command == "CALL train(algorithm := 'fusion', behavior := 'o''k', alpha := 0.5)"


def test_the_same_seed_tries_the_same(shop):
    again = [tune(shop, trials=3, seed=seed) for seed in (5, 5, 6)]
    tried = [{trial.trial: trial.options for trial in trials} for trials in again]
    assert tried[0] == tried[1] != tried[2]
    assert [trial.ndcg for trial in again[0]] == pytest.approx([trial.ndcg for trial in again[1]])
    assert all(trial.options["seed"] == 6 for trial in again[2])


def test_options_given_are_the_same_in_every_trial(shop):
    found = rows(shop, "CALL tune(algorithm := 'graph', trials := 3, options := {'decay': 0.5, 'neighbors': 9})")
    for row in found:
        tried = json.loads(row[-2])
        assert (tried["decay"], tried["neighbors"]) == (0.5, 9)
    assert len({row[-2] for row in found}) == 3


@pytest.mark.parametrize("algorithm", [None, "popularity"])
def test_without_an_algorithm_it_is_the_one_that_serves_or_graph(shop, algorithm):
    if algorithm is not None:
        rows(shop, f"CALL train(algorithm := '{algorithm}')")
    assert tune(shop, None, trials=1)[0].algorithm == (algorithm or "graph")


@pytest.mark.parametrize(("algorithm", "kind"), ALGORITHM_CONFIGS.items())
def test_every_algorithm_is_tuned(shop, algorithm, kind):
    small = {"embedding_size": 8, "layers": 1, "epochs": 2, "device": "cpu", "search_steps": 2}
    given = {name: value for name, value in small.items() if name in option_names(kind)}
    found = tune(shop, algorithm, trials=2, options=given)
    assert [trial.error for trial in found] == [None, None]
    assert all(0 < trial.ndcg <= trial.recall <= 1 for trial in found)
    assert rows(shop, "SELECT count(*) FROM training_log()") == [(0,)]


# --- what is kept back


def train_pairs(con: duckdb.DuckDBPyConnection) -> set[tuple[str, str]]:
    return set(
        rows(
            con,
            "SELECT u.user_id, c.item_id FROM train_events e JOIN train_users u USING (user_index) "
            "JOIN train_catalog c USING (item_index)",
        )
    )


@pytest.fixture
def trained_on(monkeypatch):
    """Record which pairs graphs are trained on, and what they are measured on."""
    seen = {}
    fit, measured = Graph.fit, tuning.holdout_metrics

    def recording(self, dataset, *args):
        seen["trained"] = train_pairs(dataset.con)
        return fit(self, dataset, *args)

    def measuring(dataset, fitted, held, k):
        users = dict(rows(dataset.con, "SELECT user_index, user_id FROM train_users"))
        items = dict(rows(dataset.con, "SELECT item_index, item_id FROM train_catalog"))
        seen["held"] = {(users[u], items[i]) for u, i in zip(held.users, held.items, strict=True)}
        return measured(dataset, fitted, held, k)

    monkeypatch.setattr(Graph, "fit", recording)
    monkeypatch.setattr(tuning, "holdout_metrics", measuring)
    return seen


def kept_by_evaluation(con: duckdb.DuckDBPyConnection) -> set[tuple[str, str]]:
    """Give what an evaluation tests."""
    rows(con, "CALL evaluate(algorithm := 'popularity')")
    return set(rows(con, "SELECT user_id, item_id FROM mmsql.holdout"))


def test_it_tunes_on_each_users_last_item(shop, trained_on):
    last = kept_by_evaluation(shop)
    tune(shop, trials=1)
    assert trained_on["held"] == last
    assert not trained_on["trained"] & last


def test_with_holdout_what_an_evaluation_tests_is_not_seen(shop, trained_on):
    last = kept_by_evaluation(shop)
    tune(shop, trials=1, holdout=True)
    assert trained_on["held"]
    assert not trained_on["held"] & last
    assert not trained_on["trained"] & (last | trained_on["held"])
    assert rows(shop, "SELECT holdout FROM mmsql.trials") == [(True,)]


def test_recall_and_ndcg_of_items_kept_back(shop):
    # Popularity alone: the rank of an item is its place by bias, without what the user has had.
    with prepare(shop, seed=1) as dataset:
        had = {item for (item,) in rows(shop, "SELECT item_index FROM train_events WHERE user_index = 0")}
        bias = np.linspace(1, 0.1, dataset.items, dtype=np.float32)
        new = [item for item in range(dataset.items) if item not in had]
        fitted = FittedModel(serving=ScoreParameters(decay=1.0, history_length=50), bias=bias)
        for place, gain in ((0, 1.0), (2, 1 / math.log2(4)), (3, 0.0)):
            held = Holdout(np.array([0], np.int32), np.array([new[place]], np.int32))
            expected = pytest.approx((float(gain > 0), gain))
            assert holdout_metrics(dataset, fitted, held, 3) == expected
        nobody = Holdout(np.zeros(0, np.int32), np.zeros(0, np.int32))
        assert holdout_metrics(dataset, fitted, nobody, 3) == (0.0, 0.0)


# --- how it ends


@pytest.fixture
def breaks_at(monkeypatch):
    """Let the given trials of graph fail with an error."""
    fit = Graph.fit

    def arrange(error: BaseException, *places: int) -> None:
        calls = iter(range(1000))

        def fragile(self, *args):
            if next(calls) in places:
                raise error
            return fit(self, *args)

        monkeypatch.setattr(Graph, "fit", fragile)

    return arrange


def test_a_trial_that_fails_is_a_row_and_the_search_goes_on(shop, breaks_at):
    breaks_at(ValueError("no such edge"), 0, 2)
    found = tune(shop, trials=4)
    assert [trial.status for trial in found] == ["done", "done", "failed", "failed"]
    assert [trial.trial for trial in found][2:] == [0, 2]
    assert found[0].best
    assert rows(shop, "SELECT trial, ndcg, error FROM mmsql.trials WHERE status = 'failed' ORDER BY trial") == [
        (0, None, "ValueError: no such edge"),
        (2, None, "ValueError: no such edge"),
    ]


def test_where_all_fail_none_is_the_best(shop, breaks_at):
    breaks_at(MemoryError("too large"), *range(9))
    assert [(trial.best, trial.error) for trial in tune(shop, trials=2)] == [(False, "MemoryError: too large")] * 2


@pytest.mark.parametrize(
    "error",
    [KeyboardInterrupt(), duckdb.InterruptException("Interrupted!"), RuntimeError("Query interrupted")],
    ids=["python", "duckdb", "arrow"],
)
def test_an_interrupted_search_keeps_the_rows_it_has(shop, breaks_at, error):
    breaks_at(error, 2)
    with pytest.raises(KeyboardInterrupt, match="stopped by Ctrl-C"):
        tune(shop, trials=4)
    assert rows(shop, "SELECT trial, status FROM mmsql.trials ORDER BY trial") == [(0, "done"), (1, "done")]
    assert rows(shop, "SELECT table_name FROM duckdb_tables() WHERE temporary") == []
    assert [trial.study for trial in tune(shop, trials=1)] == [2]


def test_rows_are_there_for_another_connection_while_it_runs(shop):
    other, seen = shop.cursor(), []

    def look(trial: tuning.Trial) -> None:
        seen.append((trial.trial, rows(other, "SELECT count(*) FROM mmsql.trials")[0][0]))

    tune(shop, trials=3, report=look)
    assert seen == [(0, 1), (1, 2), (2, 3)]


def test_no_trial_begins_after_the_time(shop):
    assert len(tune(shop, trials=50, time_budget=0)) == 1


def test_nothing_that_serves_is_touched(trained):
    before = rows(trained, "SELECT model, status, deployed FROM models()")
    answer = rows(trained, "FROM recommend('u0')")
    tune(trained, trials=2)
    assert rows(trained, "SELECT model, status, deployed FROM models()") == before
    assert rows(trained, "FROM recommend('u0')") == answer


# --- what is refused


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("algorithm := 'grpah'", r"Unknown algorithm 'grpah'. Allowed: popularity, graph"),
        ("algorithm := 'auto'", r"Unknown algorithm 'auto'.*Tune the algorithms of auto one by one"),
        ("trials := 0", r"trials must be a whole number from 1 to 100000; 0 was given"),
        ("time_budget := -1", r"time_budget must be a number from 0 to 1e\+09; -1.* was given"),
        ("holdout := 3", r"holdout must be true or false; 3 was given"),
        ("options := 'decay'", r"options must be a struct, such as \{'history_length': 20\}; 'decay' was given"),
        ("algorithm := 'graph', options := {'decay': 2}", r"decay must be a number from 0 to 1; 2 was given"),
        ("algorithm := 'graph', options := {'epochs': 2}", r"Unknown option of graph: 'epochs'"),
        (
            "algorithm := 'popularity', options := {'popularity_weight': 0.5}",
            r"There is nothing left to tune: popularity_weight.* of popularity are given. Leave some of them out",
        ),
    ],
)
def test_what_is_not_allowed_is_said(shop, call, message):
    with pytest.raises(duckdb.Error, match=message):
        rows(shop, f"CALL tune({call})")
    assert rows(shop, "FROM mmsql.trials") == []


@pytest.mark.parametrize(("events", "holdout"), [(1, False), (2, True)])
def test_nobody_to_tune_on(shop, events, holdout):
    shop.execute("DELETE FROM interactions")
    shop.execute(
        "INSERT INTO interactions SELECT 'u' || u, 'i' || u || e, 'buy', 1, NULL FROM range(3) t(u), "
        f"range({events}) s(e)"
    )
    beside = " beside the last one" if holdout else ""
    with pytest.raises(SourceError, match=rf"There is nothing to tune on: no user has two different items{beside}\."):
        tune(shop, holdout=holdout)


def test_a_file_opened_read_only_is_not_tuned(served):
    with pytest.raises(duckdb.Error, match=r"is open read-only"):
        rows(served, "CALL tune()")


def test_the_library_refuses_what_sql_does(shop):
    with pytest.raises(OptionError, match="holdout must be true or false; 'yes' was given"):
        tune(shop, holdout="yes")
