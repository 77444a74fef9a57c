"""Training: what it writes, once, and what it leaves alone when it fails."""

from __future__ import annotations

import json
import threading

import duckdb
import pytest

import mmsql
from mmsql.config import GraphConfig
from mmsql.errors import EncoderError, ModelError, SourceError
from mmsql.jobs import selection, training
from mmsql.models.graph import Graph
from mmsql.store import versions


def rows(con: duckdb.DuckDBPyConnection, query: str, *values: object) -> list[tuple]:
    return con.execute(query, list(values)).fetchall()


def models(con: duckdb.DuckDBPyConnection) -> list[tuple[str, str, bool]]:
    return rows(con, "SELECT model, status, deployed FROM mmsql.models() ORDER BY created_at, model")


def deployed(con: duckdb.DuckDBPyConnection) -> str:
    return rows(con, "SELECT model FROM mmsql.models() WHERE deployed")[0][0]


def state(con: duckdb.DuckDBPyConnection) -> list[tuple]:
    """Give what the deployed model consists of, in a form that can be compared."""
    return [
        (
            table,
            *rows(con, f"SELECT count(*), sum(hash(t)::HUGEINT) FROM mmsql.{table} t WHERE model = ?", deployed(con))[
                0
            ],
        )
        for table in versions.STATE_TABLES
    ]


def train(con: duckdb.DuckDBPyConnection, algorithm: str = "graph", **options: object) -> training.TrainResult:
    fixed = {name: options.pop(name) for name in ("deploy", "encoder") if name in options}
    return training.train(con.cursor(), algorithm, **fixed, options=options)


@pytest.fixture(autouse=True)
def quick(counting_encoder):
    """Encode without torch."""


# --- what it writes


@pytest.mark.core
def test_one_row_comes_back(shop):
    relation = shop.sql("CALL train('graph')")
    assert relation.columns == [
        "model",
        "algorithm",
        "users",
        "items",
        "events",
        "encoded",
        "rejects",
        "seconds",
        "message",
    ]
    ((model, algorithm, users, items, events, encoded, rejects, seconds, message),) = rows(
        shop, "CALL train('graph')"
    )
    assert (algorithm, users, items, events, rejects, message) == ("graph", 40, 13, 119, 0, "As asked.")
    assert model == deployed(shop)
    assert encoded == 0
    assert 0 < seconds < 60


def test_the_models_row_says_how_it_was_made(shop):
    train(shop, seed=7, decay=0.5)
    ((config, made_with, *row),) = rows(
        shop,
        "SELECT config, versions, model, algorithm, status, seed, users, items, events, decay, history_length, "
        "edge_weight, vector_weight, error, finished_at >= created_at FROM mmsql.models",
    )
    assert row == ["graph-1", "graph", "ready", 7, 40, 13, 119, 0.5, 50, 1, 0, None, True]
    stored = json.loads(config)
    assert (stored["seed"], stored["decay"], stored["window_size"], stored["encoder"]) == (7, 0.5, 10, "wordllama")
    assert set(json.loads(made_with)) == set(versions.LIBRARIES)
    assert rows(shop, "SELECT model, epoch FROM training_log()") == [("graph-1", 1)]
    assert rows(shop, "SELECT model, epoch FROM training_log('graph-1')") == [("graph-1", 1)]
    assert rows(shop, "FROM training_log('graph-2')") == []


@pytest.mark.core
@pytest.mark.parametrize(
    "statement",
    [
        "CALL train(algorithm := 'popularity')",
        "CALL train('popularity')",
        "FROM train('popularity')",
        "SELECT model, seconds, message FROM train(algorithm := 'popularity')",
        "SELECT t.* FROM train('popularity') t ORDER BY t.model",
        "CREATE TABLE main.result AS FROM train('popularity')",
        "INSERT INTO main.log SELECT model FROM train('popularity')",
        "WITH t AS MATERIALIZED (FROM train('popularity')) SELECT * FROM t a JOIN t b USING (model)",
    ],
)
def test_every_way_of_calling_trains_once(shop, statement):
    shop.execute("CREATE TABLE main.log (model VARCHAR)")
    rows(shop, statement)
    assert models(shop) == [("popularity-1", "ready", True)]


def test_options_may_be_bound(shop):
    shop.execute("CALL train($algorithm, seed := $seed)", {"algorithm": "popularity", "seed": 3}).fetchall()
    assert rows(shop, "SELECT seed FROM mmsql.models") == [(3,)]


@pytest.mark.core
@pytest.mark.parametrize("statement", ["EXPLAIN FROM train('popularity')", "DESCRIBE FROM train('popularity')"])
def test_explaining_does_not_train(shop, statement):
    rows(shop, statement)
    assert models(shop) == []


def test_not_deployed_when_not_asked_for(shop):
    train(shop, "popularity")
    assert rows(shop, "SELECT model FROM train('popularity', deploy := false)") == [("popularity-2",)]
    assert models(shop) == [("popularity-1", "ready", True), ("popularity-2", "ready", False)]
    assert train(shop, "popularity", deploy=False).model == "popularity-3"
    assert deployed(shop) == "popularity-1"


def test_the_fingerprint_is_of_the_data_and_not_of_its_order(shop, tmp_path):
    def fingerprint(con: duckdb.DuckDBPyConnection) -> str:
        train(con, "popularity")
        return rows(con, "SELECT fingerprint FROM mmsql.models WHERE model = ?", deployed(con))[0][0]

    before = fingerprint(shop)
    shop.execute("CREATE TABLE main.copy AS FROM mmsql.interactions ORDER BY hash(user_id || item_id)")
    shop.execute("DELETE FROM mmsql.interactions; INSERT INTO mmsql.interactions FROM main.copy")
    assert fingerprint(shop) == before
    shop.execute("INSERT INTO mmsql.interactions VALUES ('u0', 'i9', 'view', 1, NULL)")
    assert fingerprint(shop) != before


def test_same_seed_same_model(shop):
    train(shop)
    first = state(shop)
    train(shop)
    assert [row[:2] for row in state(shop)] == [row[:2] for row in first]
    for table in versions.STATE_TABLES:
        assert rows(
            shop,
            f"SELECT count(*) FROM (SELECT * EXCLUDE (model) FROM mmsql.{table} WHERE model = 'graph-1' EXCEPT ALL "
            f"SELECT * EXCLUDE (model) FROM mmsql.{table} WHERE model = 'graph-2')",
        ) == [(0,)]


def test_old_versions_are_retired(shop, monkeypatch):
    monkeypatch.setattr(versions, "KEPT_VERSIONS", 2)
    for _ in range(5):
        train(shop, "popularity")
    found = models(shop)  # the deployed one and the one before it stay, and two more
    assert [status for _, status, _ in found] == ["retired", "ready", "ready", "ready", "ready"]
    kept = {model for model, status, _ in found if status == "ready"}
    assert {model for (model,) in rows(shop, "SELECT DISTINCT model FROM mmsql.catalog")} == kept
    with pytest.raises(ModelError, match=r"popularity-1 cannot be deployed: its status is retired. FROM models\(\)"):
        versions.deploy(shop, "popularity-1")
    for _ in range(3):
        train(shop, "popularity", deploy=False)
    assert deployed(shop) == "popularity-5"
    assert len(rows(shop, "FROM recommend('u0')")) == 10


def test_ids_of_another_type_take_over(shop):
    train(shop)
    rows(shop, "CALL evaluate()")
    shop.execute("ALTER TABLE mmsql.interactions RENAME TO old; ALTER TABLE mmsql.items RENAME TO old_items")
    shop.execute(
        "CREATE VIEW mmsql.interactions AS SELECT ltrim(o.user_id, 'u')::BIGINT AS user_id, "
        "ltrim(o.item_id, 'i')::INTEGER AS item_id, o.event, o.weight, o.ts FROM mmsql.old o"
    )
    shop.execute(
        "CREATE VIEW mmsql.items AS SELECT o.* REPLACE (ltrim(o.item_id, "
        "'i')::INTEGER AS item_id) FROM mmsql.old_items o"
    )
    shop.execute("DELETE FROM mmsql.comments")
    train(shop)
    relation = shop.sql("FROM recommend_each(k := 1)")
    assert [str(kind) for kind in relation.types][::2] == ["BIGINT", "INTEGER"]
    assert rows(shop, "SELECT item_id FROM recommend(0, k := 1)") == [(2,)]
    assert rows(shop, "SELECT count(*) FROM mmsql.top_recommendations") > [(0,)]
    assert len(rows(shop, "CALL evaluate()")) == 14


@pytest.mark.parametrize("sql_type", ["UUID", "HUGEINT", "SMALLINT", "UBIGINT", "ENUM"])
def test_ids_of_rarer_types(tmp_path, sql_type):
    number = {"UUID": "'00000000-0000-0000-0000-' || lpad(n::VARCHAR, 12, '0')", "ENUM": "'i' || n"}.get(
        sql_type, "n"
    )
    con = mmsql.connect(tmp_path / "shop.duckdb")
    if sql_type == "ENUM":
        con.execute("CREATE TYPE mmsql.item_code AS ENUM (SELECT 'i' || n FROM range(7) t(n))")
        sql_type = "mmsql.item_code"
    con.execute("DROP TABLE mmsql.interactions")
    con.execute(
        f"CREATE TABLE mmsql.interactions AS SELECT u AS user_id, "
        f"({number})::{sql_type} AS item_id, 'view' AS event, "
        "1.0 AS weight, NULL::TIMESTAMP AS ts FROM range(7) a(u), range(7) b(n) WHERE u <> n"
    )
    train(con)
    each = rows(con, "FROM recommend_each(k := 3)")
    assert len(each) == 7
    user, _, item, score = each[0]
    assert rows(con, "SELECT item_id, score FROM recommend(?, k := 3)", user) == [(item, pytest.approx(score))]
    assert rows(con, "SELECT item_id FROM recommend(?, k := 3)", str(user)) == [(item,)]
    assert len(rows(con, "FROM mmsql.top_recommendations")) == 7
    con.close()


# --- what it refuses


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            "train('grpah')",
            r"Unknown algorithm 'grpah'. Allowed: auto, popularity, graph, fusion, .*Type algorithm := 'auto'",
        ),
        ("train('')", "Unknown algorithm ''"),
        ("train(17)", "Unknown algorithm 17"),
        (
            "train('graph', epochs := 3)",
            "Unknown option of graph: 'epochs'. Allowed: attribute_kinds, attribute_weight, behavior_weight",
        ),
        ("train('graph', decay := 2)", "decay must be a number from 0 to 1; 2 was given"),
        ("train('graph', decay := 'x')", "decay must be a number from 0 to 1; 'x' was given"),
        ("train('graph', seed := -1)", "seed must be a whole number from 0 to"),
        ("train('graph', neighbors := 1.5)", "neighbors must be a whole number from 1 to 10000; 1.5 was given"),
        ("train('graph', deploy := 'no')", "deploy must be true or false; 'no' was given"),
        ("train('graph', encoder := '')", "'' is not the name of an encoder. Type 'wordllama'"),
        ("train('graph', encoder := 17)", "17 is not the name of an encoder"),
        ("train('fusion', behavior := 'lstm')", "Unknown behavior 'lstm'. Allowed: transformer, gru, mean"),
        ("deploy('graph-1')", "There is no model 'graph-1'. There is: none yet."),
        ("rollback()", r"There is no earlier deployment to go back to. FROM models\(\)"),
        ("refresh()", r"No model is deployed in this file. Run CALL train\(\)"),
        ("train(nonsense := 1)", "Macro train"),
    ],
)
def test_a_bad_option_is_an_error_that_helps_and_trains_nothing(shop, call, message):
    with pytest.raises(duckdb.Error, match=message):
        rows(shop, f"CALL {call}")
    assert models(shop) == []


def test_an_empty_shop(tmp_path):
    con = mmsql.connect(tmp_path / "empty.duckdb")
    for algorithm in ("graph", "popularity"):
        with pytest.raises(SourceError, match=r"mmsql.interactions has no usable row to train on"):
            train(con, algorithm)
    assert models(con) == []
    con.close()


# --- what it leaves alone


class Broken(Graph):
    """A model that fails in the middle."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def fit(self, dataset, content, config, log):
        fitted = super().fit(dataset, content, config, log)
        if fitted.edges.num_rows:
            raise self.error
        return fitted


@pytest.mark.parametrize("error", [RuntimeError("out of luck"), MemoryError(), KeyboardInterrupt()])
def test_a_fit_that_fails_leaves_the_deployed_model(trained, monkeypatch, error):
    before, answer = state(trained), rows(trained, "FROM recommend('u0')")
    monkeypatch.setattr(selection, "find_model", lambda name: Broken(error))
    with pytest.raises(type(error)):
        train(trained)
    status = "interrupted" if isinstance(error, KeyboardInterrupt) else "failed"
    assert models(trained) == [("graph-1", "ready", True), ("graph-2", status, False)]
    assert rows(trained, "SELECT error FROM models() WHERE model = 'graph-2'") == [
        (f"{type(error).__name__}: {error}".removesuffix(": "),)
    ]
    assert state(trained) == before
    assert rows(trained, "FROM recommend('u0')") == answer
    monkeypatch.undo()
    assert train(trained, "popularity").model == "popularity-3"


def test_the_error_reaches_sql(trained, monkeypatch):
    monkeypatch.setattr(selection, "find_model", lambda name: Broken(RuntimeError("out of luck")))
    with pytest.raises(duckdb.Error, match="RuntimeError: out of luck"):
        rows(trained, "CALL train('graph')")
    assert rows(trained, "SELECT status, error FROM models() WHERE NOT deployed") == [
        ("failed", "RuntimeError: out of luck")
    ]


@pytest.mark.parametrize("step", ["insert_state", "_deploy", "_prune"])
def test_saving_is_all_or_nothing(trained, monkeypatch, step):
    before, answer = state(trained), rows(trained, "FROM recommend('u0')")
    real = getattr(versions, step)

    def broken(*arguments, **named):
        real(*arguments, **named)
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(versions, step, broken)
    with pytest.raises(RuntimeError, match="disk is full"):
        train(trained)
    assert models(trained) == [("graph-1", "ready", True), ("graph-2", "failed", False)]
    assert state(trained) == before
    assert rows(trained, "FROM recommend('u0')") == answer
    assert rows(trained, "SELECT count(*) FROM mmsql.catalog WHERE model = 'graph-2'") == [(0,)]


def test_an_encoder_that_fails_leaves_the_deployed_model(trained, counting_encoder, monkeypatch):
    before = state(trained)
    trained.execute("INSERT INTO comments VALUES ('i1', 'u1', 'something new', 5, NULL)")

    def broken(self, texts):
        raise EncoderError("The encoder is out of order.")

    monkeypatch.setattr(type(counting_encoder), "encode", broken)
    with pytest.raises(EncoderError, match="out of order"):
        train(trained)
    assert state(trained) == before
    assert deployed(trained) == "graph-1"


def test_a_run_that_never_ended_is_called_interrupted(trained, counting_encoder):
    assert versions.begin(trained, "graph", GraphConfig(), counting_encoder) == "graph-2"
    with pytest.raises(ModelError, match="graph-2 cannot be deployed: its status is training"):
        versions.deploy(trained, "graph-2")
    train(trained, "popularity")
    assert models(trained) == [
        ("graph-1", "ready", False),
        ("graph-2", "interrupted", False),
        ("popularity-3", "ready", True),
    ]


def test_trainings_at_once_wait_for_each_other(trained):
    path = rows(trained, "SELECT path FROM duckdb_databases() WHERE database_name = current_database()")[0][0]
    failures = []

    def work() -> None:
        try:
            with mmsql.connect(path) as con:
                con.execute("CALL train('popularity')").fetchall()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert [status for _, status, _ in models(trained)] == ["ready"] * 5


def test_failed_models_cannot_be_deployed(trained, monkeypatch):
    monkeypatch.setattr(selection, "find_model", lambda name: Broken(RuntimeError("x")))
    with pytest.raises(RuntimeError):
        train(trained)
    with pytest.raises(duckdb.Error, match="graph-2 cannot be deployed: its status is failed"):
        rows(trained, "CALL deploy('graph-2')")


def test_models_show_their_encoders_at_the_end(trained):
    encoders = "SELECT COLUMNS('encoder') FROM models() ORDER BY model"
    assert rows(trained, encoders) == [("wordllama", "efficientnet-lite0")]
    assert [name for name, *_ in trained.execute("FROM models()").description][-3:] == [
        "error",
        "encoder",
        "image_encoder",
    ]
    trained.execute("UPDATE mmsql.models SET config = '{}'")
    assert rows(trained, encoders) == [(None, None)]
