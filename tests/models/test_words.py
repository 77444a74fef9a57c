"""Topic vectors of items from their words."""

from __future__ import annotations

import duckdb
import numpy as np
import pytest

from mmsql.data.content import drop_content_texts, make_content_texts
from mmsql.data.dataset import Dataset, prepare
from mmsql.db import sqlfiles
from mmsql.models.graph import words
from mmsql.models.graph.words import word_vectors


@pytest.fixture
def con(empty: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    empty.execute("INSERT INTO interactions VALUES ('u', 'a', 'view', 1, now()::TIMESTAMP)")
    return empty


def describe(con: duckdb.DuckDBPyConnection, **texts: str | None) -> None:
    for item, text in texts.items():
        con.execute("INSERT INTO items (item_id, title, available) VALUES (?, ?, true)", [item, text])


def weights(dataset: Dataset, least: int = 1) -> dict[tuple[int, int], float]:
    make_content_texts(dataset.con)
    given = {"letters": 2000, "texts": 50, "least_items": least}
    rows = dataset.con.execute(sqlfiles.query("training/texts", "item_words"), given).fetchall()
    drop_content_texts(dataset.con)
    return {(item, word): weight for item, word, weight in rows}


def test_weights_by_hand(con):
    describe(con, a="Blue, blue FISH of it", b="fish & café", c=None, d="blue sky")
    with prepare(con, seed=1) as dataset:
        blue, cafe, fish, sky = range(4)
        common, rare = np.log(4 / 3), np.log(4 / 2)
        assert weights(dataset) == pytest.approx(
            {
                (0, blue): (1 + np.log(2)) * common,
                (0, fish): common,
                (1, fish): common,
                (1, cafe): rare,
                (3, blue): common,
                (3, sky): rare,
            }
        )
        assert {word for _, word in weights(dataset, least=2)} == {0, 1}, "blue and fish"


def test_a_word_of_all_items_is_ignored(con):
    describe(con, a="same one", b="same two", c="same two")
    with prepare(con, seed=1) as dataset:
        assert len({word for _, word in weights(dataset)}) == 2


def test_chinese_and_japanese_need_no_spaces(con):
    describe(con, a="红色的鱼", b="红鞋", c="靴 ブツ")
    with prepare(con, seed=1) as dataset:
        found = weights(dataset, least=2)
        assert set(found) == {(0, 0), (1, 0)}, "the one character that two items share"
        assert max(word for _, word in weights(dataset)) + 1 == len(set("红色的鱼鞋靴ブツ"))


def test_texts_on_one_topic_are_similar(con):
    subjects = ("ship sail harbour storm captain", "castle knight sword dragon crown")
    draw = np.random.default_rng(0)
    for item in range(40):
        told = " and then the ".join(draw.choice(subjects[item % 2].split(), 3, replace=False))
        describe(con, **{f"i{item:02}": f"The story of the {told} number{item}"})
    describe(con, nothing=None)
    with prepare(con, seed=1) as dataset:
        found = word_vectors(dataset)
        assert found is not None
        assert found.dtype == np.float32
        assert found.shape[0] == dataset.items == 42
        assert not found[[0, 41]].any(), "items without a text"
        told, subject = found[1:41], np.arange(40) % 2
        near = np.argsort(-(told @ told.T), axis=1)[:, 1:6]
        assert (subject[near] == subject[:, None]).mean() > 0.9
        np.testing.assert_array_equal(word_vectors(dataset), found)


def test_comments_count_except_on_held_out_events(con):
    con.execute("INSERT INTO interactions SELECT 'u' || i, 'i' || i, 'view', 1, now()::TIMESTAMP FROM range(4) t(i)")
    con.execute("INSERT INTO comments SELECT 'i' || i, 'u' || i, 'lovely strings', 5, NULL FROM range(3) t(i)")
    describe(con, i3="drum")
    with prepare(con, seed=1) as dataset:
        assert {item for item, _ in weights(dataset, least=3)} == {1, 2, 3}
    with prepare(con, seed=1, holdout_query="SELECT 'u0' AS user_id, 'i0' AS item_id") as dataset:
        assert weights(dataset, least=3) == {}


def test_long_texts_and_many_comments_are_cut(con, monkeypatch):
    describe(con, a="alpha beta", b="alpha beta", c="alpha beta", d="other thing", e="beta")
    con.execute("INSERT INTO comments SELECT 'd', 'u' || i, 'alpha', 5, NULL FROM range(9) t(i)")
    with prepare(con, seed=1) as dataset:
        assert word_vectors(dataset).any(axis=1).tolist() == [True, True, True, True, True]
        monkeypatch.setattr(words, "MAX_TEXTS", 1)
        assert word_vectors(dataset).any(axis=1).tolist() == [True, True, True, False, True], "titles come first"
        monkeypatch.setattr(words, "MAX_LETTERS", 2)
        assert word_vectors(dataset) is None


@pytest.mark.parametrize("texts", [{}, {"a": None}, {"a": "once only", "b": "never again"}, {"a": "12 34", "b": "-"}])
def test_without_informative_words_there_are_no_vectors(con, texts):
    describe(con, **texts)
    with prepare(con, seed=1) as dataset:
        assert word_vectors(dataset) is None
        assert dataset.con.execute(
            "SELECT count(*) FROM duckdb_tables() WHERE table_name = 'content_texts'"
        ).fetchall() == [(0,)]
