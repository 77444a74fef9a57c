"""embed_comment, embed_behavior, fused_score and search_items, as SQL sees them."""

from __future__ import annotations

import threading

import duckdb
import numpy as np
import pytest
from mmsql.udfs import SESSION_MACROS, embed_comment, fused_score

import mmsql
from mmsql.db import sqlfiles
from mmsql.db.session import Session
from mmsql.db.udf import result_columns
from mmsql.encoders import load_encoder
from mmsql.jobs import results, training

pytestmark = pytest.mark.core


def rows(con: duckdb.DuckDBPyConnection, query: str, *values: object) -> list[tuple]:
    return con.execute(query, list(values)).fetchall()


def vector(con: duckdb.DuckDBPyConnection, query: str, *values: object) -> np.ndarray:
    ((found,),) = rows(con, query, *values)
    return np.array(found, dtype=np.float32)


def matrix(con: duckdb.DuckDBPyConnection, query: str) -> np.ndarray:
    return np.stack(con.sql(query).to_arrow_table().column(0).to_pylist()).astype(np.float32)


# --- columns of results


@pytest.mark.parametrize(
    ("call", "result"),
    [
        ("train()", results.TrainResult),
        ("refresh()", results.RefreshResult),
        ("evaluate()", results.MetricRow),
        ("tune()", results.TrialRow),
        ("forget('u0')", results.Forgotten),
    ],
)
def test_columns_are_the_fields_of_the_result_and_the_header_documents_them(served, call, result):
    name = call.partition("(")[0]
    relation = served.sql(f"FROM {call}")  # is bound and not run
    assert dict(zip(relation.columns, map(str, relation.types), strict=True)) == result_columns(result)
    header = [line.split() for line in sqlfiles.read("session", name).sections["Returns"] if line[0] != " "]
    assert [line[0] for line in header] == relation.columns
    assert [line[1].rstrip(",:") for line in header] == list(map(str, relation.types))


def test_every_function_that_returns_rows_has_a_result():
    assert {name for name in SESSION_MACROS if " AS TABLE" in sqlfiles.read("session", name).statement} == {
        *("train", "refresh", "evaluate", "tune", "forget"),
        *("deploy", "rollback", "search_items"),
    }


# --- embed_comment


def test_null_in_null_out(served):
    assert rows(served, "SELECT embed_comment(NULL)") == [(None,)]
    assert rows(served, "SELECT embed_comment(x) IS NULL FROM (VALUES (NULL), ('a'), (NULL)) v(x)") == [
        (True,),
        (False,),
        (True,),
    ]
    assert rows(served, "SELECT typeof(embed_comment('a'))") == [("FLOAT[256]",)]


def test_no_row_in_no_row_out(served):
    assert rows(served, "SELECT embed_comment(x::VARCHAR) FROM range(3) t(x) WHERE x > 5") == []


@pytest.mark.parametrize(
    "text", ["", "  ", "🙂", "很好吃，下次再来", "x" * 100_000, 'it\'s "quoted"; DROP TABLE x', "a\x00b"]
)
def test_any_text_equals_the_encoder_called_directly(served, text):
    found = vector(served, "SELECT embed_comment(?)", text)
    assert np.array_equal(found, load_encoder().encode([text])[0])


def test_ten_thousand_rows_at_once(served):
    texts = [f"text number {n % 7000} of them" for n in range(10_000)]
    found = matrix(served, "SELECT embed_comment('text number ' || (n % 7000) || ' of them') FROM range(10000) t(n)")
    np.testing.assert_allclose(found, load_encoder().encode(texts), atol=1e-6)


def test_rows_keep_their_places_among_nulls(served):
    found = rows(
        served,
        "SELECT n, embed_comment(CASE WHEN n % 3 > 0 THEN 'number ' || n END) AS v FROM range(5000) t(n) ORDER BY n",
    )
    assert [n for n, v in found if v is None] == list(range(0, 5000, 3))
    for n in (1, 2047, 2048, 4999):
        np.testing.assert_allclose(found[n][1], load_encoder().encode([f"number {n}"])[0], atol=1e-6)


def test_several_row_groups_run_in_several_threads(served):
    ((count, different),) = rows(
        served,
        "SELECT count(v), count(DISTINCT v) FROM (SELECT embed_comment('text ' || "
        "(n % 5)) AS v FROM range(260000) t(n))",
    )
    assert (count, different) == (260_000, 5)


def test_many_threads_ask_at_once(trained_path, tmp_path):
    copy = tmp_path / "shop.duckdb"
    copy.write_bytes(trained_path.read_bytes())
    wanted = load_encoder().encode(["a fine story"])[0]
    failures: list[object] = []
    start = threading.Barrier(6)

    def work(number: int) -> None:
        try:
            with mmsql.connect(copy) as con:
                start.wait()
                for _ in range(5):
                    assert np.array_equal(vector(con, "SELECT embed_comment('a fine story')"), wanted)
                    assert len(rows(con, "FROM search_items(?, k := 3)", f"story {number}")) == 3
                    assert rows(con, "SELECT len(embed_behavior(['i1', 'i2']))") == [(256,)]
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_it_stays_a_plain_function(tmp_path):
    import pyarrow as pa

    with mmsql.connect(tmp_path / "shop.duckdb") as con:
        session = Session(con, tmp_path / "shop.duckdb", read_only=False, config={})
        session.cache["encoder_dimension"] = 256
        found = embed_comment(session, pa.array(["a", None, "a"]))
    assert found.to_pylist()[1] is None
    assert found.to_pylist()[0] == found.to_pylist()[2]
    assert fused_score(session, pa.array([[1.0, 2.0], None]), pa.array([[3.0, 4.0], [1.0, 1.0]])).to_pylist() == [
        11.0,
        None,
    ]


def test_an_encoder_of_another_dimension_asks_to_connect_again(shop, counting_encoder, monkeypatch):
    from mmsql import encoders

    monkeypatch.setitem(encoders._loaded, ("small", "auto"), type(counting_encoder)("small", 16))
    shop.execute("CALL train('graph', encoder := 'small')").fetchall()
    with pytest.raises(
        duckdb.Error,
        match=r"The file's encoder 'small' makes vectors of 16 numbers, this connection "
        r"was opened for 256. Close it and connect again",
    ):
        rows(shop, "SELECT embed_comment('a')")
    path = rows(shop, "SELECT path FROM duckdb_databases() WHERE database_name = current_database()")[0][0]
    shop.close()
    with mmsql.connect(path) as con:
        assert rows(con, "SELECT typeof(embed_comment('a'))") == [("FLOAT[16]",)]
        assert rows(con, "FROM search_items('a story', k := 2)")


# --- fused_score


@pytest.mark.parametrize(
    ("arguments", "score"),
    [
        ("[1.0, 2.0], [3.0, 4.0]", 11.0),
        ("[1, 2], [3, 4]", 11.0),
        ("[1.0, 2.0]::FLOAT[2], [3.0, 4.0]::FLOAT[]", 11.0),
        ("NULL, [1.0]", None),
        ("[1.0], NULL", None),
        ("NULL, NULL", None),
        ("[]::FLOAT[], []::FLOAT[]", 0.0),
        ("[1e38]::FLOAT[], [1e38]::FLOAT[]", 1e76),
    ],
)
def test_fused_score(served, arguments, score):
    ((found,),) = rows(served, f"SELECT fused_score({arguments})")
    assert found == (score if score is None else pytest.approx(score, rel=1e-6))


def test_fused_score_of_many_rows(served):
    found = rows(
        served,
        "SELECT n, fused_score(CASE WHEN n % 5 > 0 THEN [n, 1.0::FLOAT] END, "
        "[2.0, n]) FROM range(6000) t(n) ORDER BY n",
    )
    assert found == [(n, 3.0 * n if n % 5 else None) for n in range(6000)]


def test_fused_score_of_different_lengths(served):
    with pytest.raises(duckdb.Error, match="fused_score needs vectors of one length; 1 and 2 were given"):
        rows(served, "SELECT fused_score([1.0, 2.0], [1.0])")


# --- embed_behavior


def text_vectors(con: duckdb.DuckDBPyConnection) -> dict[str, np.ndarray]:
    found = rows(
        con,
        "SELECT item_id, vector FROM mmsql.item_vectors WHERE modality = 'text' AND model = "
        "(SELECT model FROM mmsql.models() WHERE deployed)",
    )
    return {item: np.array(v, dtype=np.float32) for item, v in found}


def test_a_history_is_the_mean_of_its_items_by_recency(served):
    vectors = text_vectors(served)
    total = 0.7 * vectors["i1"] + vectors["i2"]
    found = vector(served, "SELECT embed_behavior(['i1', 'i2'])")
    np.testing.assert_allclose(found, total / np.linalg.norm(total), atol=1e-6)
    with_strangers = vector(served, "SELECT embed_behavior(['i1', NULL, 'never seen', 'i2'])")
    np.testing.assert_allclose(with_strangers, found, atol=1e-6)


@pytest.mark.parametrize("history", ["NULL", "NULL::VARCHAR[]", "[]", "[NULL]", "['never seen']", "[1, 2]"])
def test_a_history_without_anything_known_is_null(served, history):
    assert rows(served, f"SELECT embed_behavior({history})") == [(None,)]


def test_histories_of_a_table(served):
    found = rows(
        served,
        "SELECT i.user_id, embed_behavior(list(i.item_id ORDER BY i.ts)) AS v FROM mmsql.interactions i GROUP BY ALL",
    )
    assert len(found) == 40
    assert {len(v) for _, v in found} == {256}


def test_it_follows_the_deployed_model(trained, counting_encoder):
    before = vector(trained, "SELECT embed_behavior(['i1', 'i5'])")
    trained.execute("CALL train('graph', decay := 0)").fetchall()
    np.testing.assert_allclose(
        vector(trained, "SELECT embed_behavior(['i1', 'i5'])"), text_vectors(trained)["i5"], atol=1e-6
    )
    trained.execute("CALL rollback()").fetchall()
    np.testing.assert_allclose(vector(trained, "SELECT embed_behavior(['i1', 'i5'])"), before, atol=1e-6)


def test_without_a_model(shop):
    assert rows(shop, "SELECT embed_behavior(NULL)") == [(None,)]
    with pytest.raises(duckdb.Error, match=r"No model is deployed in this file. Run CALL train\(\)"):
        rows(shop, "SELECT embed_behavior(['i1'])")
    with pytest.raises(duckdb.Error, match=r"No model is deployed in this file. Run CALL train\(\)"):
        rows(shop, "FROM search_items('a story')")


def test_a_shop_without_texts_has_no_behaviour_vectors(shop, counting_encoder):
    shop.execute("DELETE FROM items; DELETE FROM comments")
    training.train(shop.cursor(), "graph")
    assert rows(shop, "SELECT embed_behavior(['i1'])") == [(None,)]
    assert rows(shop, "FROM search_items('a story')") == []


# --- search_items


def test_search_ranks_by_cosine(served):
    relation = served.sql("FROM search_items('reading a story', k := 4)")
    assert relation.columns == ["rank", "item_id", "title", "score"]
    found = relation.fetchall()
    assert [rank for rank, *_ in found] == [1, 2, 3, 4]
    query = load_encoder().encode(["reading a story"])[0]
    expected = sorted(
        ((float(v @ query), item) for item, v in text_vectors(served).items()), key=lambda row: (-row[0], row[1])
    )
    assert [item for _, item, _, _ in found] == [item for _, item in expected[:4]]
    assert [score for *_, score in found] == pytest.approx([score for score, _ in expected[:4]], abs=1e-5)
    assert {title.split()[0] for _, _, title, _ in found} == {"Book"}


@pytest.mark.parametrize("query", ["''", "NULL", "NULL::VARCHAR"])
def test_a_query_without_a_word_finds_nothing(served, query):
    assert rows(served, f"FROM search_items({query})") == []


@pytest.mark.parametrize("query", ["🙂", "很好吃", "x" * 100_000, "it's; DROP TABLE x"])
def test_any_query_is_answered(served, query):
    assert len(rows(served, "FROM search_items(?, k := 100)", query)) == 13


@pytest.mark.parametrize("k", ["0", "-1", "1.5"])
def test_search_needs_a_whole_k(served, k):
    with pytest.raises(duckdb.Error, match="k must be a whole number of at least 1"):
        rows(served, f"FROM search_items('a', k := {k})")


def test_search_over_a_table_of_queries(served):
    found = rows(
        served,
        "SELECT q.words, s.item_id FROM (VALUES ('a story'), ('children play')) q(words), "
        "LATERAL (FROM search_items(q.words, k := 1)) s ORDER BY ALL",
    )
    assert found == [
        (words, rows(served, "SELECT item_id FROM search_items(?, k := 1)", words)[0][0])
        for words in ("a story", "children play")
    ]
