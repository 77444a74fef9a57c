"""Comments on an item: terms, aspects, typical and critical sentences; English and Chinese; read live."""

from __future__ import annotations

import importlib.util

import duckdb
import pytest

from mmsql.jobs import training
from mmsql.store import comment_terms as terms_module
from mmsql.store.comment_terms import comment_terms

pytestmark = pytest.mark.usefixtures("counting_encoder")

LAMP = [
    ("u1", 5.0, "The battery life is long. I like the light of the lamp. It reads 3.5 volts!"),
    ("u2", 5.0, "A good light, and the battery life is fine."),
    ("u3", 1.0, "The battery life is short, it was empty in a day. The light is weak."),
    ("u4", 4.0, "Bright light! The price is fair."),
    ("u5", 5.0, "The price was low. Bright light! My cat is asleep."),
    ("u6", 5.0, "Bright light! The price is good."),
]
OTHER = [(f"v{n}", 4.0, "The colour is nice and the shirt fits me well.") for n in range(12)]
NOODLES = [
    ("u1", 5.0, "味道很好，送餐速度很快。"),
    ("u2", 5.0, "味道不错！服务态度好。"),
    ("u3", 1.0, "味道太差。送餐速度太慢了！"),
    ("u4", 4.0, "送餐速度快；味道一般。"),
]
RICE = [(f"v{n}", 4.0, "颜色好看，面料舒服。") for n in range(8)]


def fill(con: duckdb.DuckDBPyConnection, item: str, rows: list[tuple[str, float, str]]) -> None:
    for user, rating, body in rows:
        con.execute(
            "INSERT INTO mmsql.comments (item_id, user_id, body, rating) VALUES (?, ?, ?, ?)",
            [item, user, body, rating],
        )
        con.execute("INSERT INTO mmsql.interactions VALUES (?, ?, 'buy', NULL, NULL)", [user, item])


@pytest.fixture
def shop_of_comments(empty):
    con = empty
    con.execute("INSERT INTO items (item_id, title) VALUES ('lamp', 'Reading lamp'), ('shirt', 'Shirt')")
    for item, rows in (("lamp", LAMP), ("shirt", OTHER), ("noodles", NOODLES), ("rice", RICE)):
        fill(con, item, rows)
    training.train(con.cursor(), "popularity")
    return con


def answers(con: duckdb.DuckDBPyConnection, query: str, *values: object) -> list[tuple]:
    return con.execute(query, list(values)).fetchall()


def test_aspects_of_english_comments(shop_of_comments):
    rows = answers(
        shop_of_comments, "SELECT aspect, mentions, share, rating, item_rating FROM aspects('lamp', k := 3)"
    )
    item = sum(rating for _, rating, _ in LAMP) / len(LAMP)
    assert {row[0]: row[1:] for row in rows} == {
        "bright light": (3, 0.5, pytest.approx(14 / 3), pytest.approx(item)),
        "battery life": (3, 0.5, pytest.approx(11 / 3), pytest.approx(item)),
        "price": (3, 0.5, pytest.approx(14 / 3), pytest.approx(item)),
    }
    said = answers(shop_of_comments, "SELECT typical, critical FROM aspects('lamp') WHERE aspect = 'battery life'")
    assert said[0][1] == "The battery life is short, it was empty in a day."
    assert "battery life" in said[0][0]
    assert not answers(
        shop_of_comments, "FROM aspects('lamp') WHERE aspect IN ('lamp', 'battery', 'cat', 'the', 'is')"
    )


@pytest.mark.parametrize("segmented", [True, False])
def test_aspects_of_chinese_comments(shop_of_comments, monkeypatch, segmented):
    if segmented and importlib.util.find_spec("rjieba") is None:
        pytest.skip("the package rjieba is not installed")
    if not segmented:
        monkeypatch.setattr(terms_module.importlib.util, "find_spec", lambda name: None)
        training.train(shop_of_comments.cursor(), "popularity")
    rows = answers(shop_of_comments, "SELECT aspect, mentions, rating, critical FROM aspects('noodles', k := 4)")
    found = {row[0]: row[1:] for row in rows}
    assert found["味道"] == (4, 3.75, "味道太差。")
    assert found["速度"] == (3, pytest.approx(10 / 3), "送餐速度太慢了！")


def test_typical_and_critical_sentences(shop_of_comments):
    rows = answers(shop_of_comments, "SELECT kind, rank, sentence, rating FROM comment_summary('lamp', k := 2)")
    assert [row[:2] for row in rows] == [("typical", 1), ("typical", 2), ("critical", 1), ("critical", 2)]
    sentences = [sentence for _, _, sentence, _ in rows]
    assert len(set(sentences[:2])) == 2
    assert sentences.count("Bright light!") <= 1
    assert set(sentences[2:]) <= {
        "The battery life is short, it was empty in a day.",
        "The light is weak.",
        "Bright light!",
        "The price is fair.",
    }
    assert sentences[2].startswith("The battery life is short")
    assert all(rating < 25 / 6 for *_, rating in rows[2:])


def test_quotation_marks_end_with_their_sentence(shop_of_comments):
    con = shop_of_comments
    fill(con, "lamp", [("u7", 5.0, 'He says "the battery life is long." The light is (a bright light.) The price')])
    fill(con, "noodles", [("u7", 5.0, "他说：“味道很好。”送餐速度快。")])
    found = answers(con, "SELECT sentence FROM mmsql._item_sentences(['lamp', 'noodles'], 100)")
    sentences = {sentence for (sentence,) in found}
    assert {'He says "the battery life is long."', "The light is (a bright light.)", "The price"} <= sentences
    assert {"他说：“味道很好。”", "送餐速度快。"} <= sentences


def test_a_forgotten_user_is_quoted_no_more(shop_of_comments):
    con = shop_of_comments
    query = (
        "SELECT sentence FROM comment_summary('lamp', k := 50) "
        "UNION ALL SELECT critical FROM aspects('lamp', k := 50)"
    )
    before = {sentence for (sentence,) in answers(con, query)}
    con.execute("CALL forget('u3')").fetchall()
    after = {sentence for (sentence,) in answers(con, query)}
    said = "The battery life is short, it was empty in a day."
    assert said in before
    assert said not in after
    assert answers(con, "SELECT mentions FROM aspects('lamp') WHERE aspect = 'battery life'") == [(2,)]


def test_new_comments_count_at_once(shop_of_comments):
    fill(shop_of_comments, "lamp", [("u9", 2.0, "The price is far too high.")])
    rows = answers(shop_of_comments, "SELECT mentions, critical FROM aspects('lamp') WHERE aspect = 'price'")
    assert rows == [(4, "The price is far too high.")]
    fill(shop_of_comments, "lamp", [(f"w{n}", 2.0, "The switch is loose.") for n in range(3)])
    assert not answers(shop_of_comments, "FROM aspects('lamp', k := 50) WHERE aspect = 'switch'")
    shop_of_comments.execute("CALL refresh(retrain := 9)").fetchall()
    assert answers(shop_of_comments, "SELECT mentions FROM aspects('lamp') WHERE aspect = 'switch'") == [(3,)]


@pytest.mark.parametrize("macro", ["aspects", "comment_summary"])
def test_items_without_comments_and_bad_options(shop_of_comments, macro):
    assert answers(shop_of_comments, f"FROM {macro}('nothing')") == []
    assert answers(shop_of_comments, f"FROM {macro}(NULL)") == []
    assert answers(shop_of_comments, f"FROM {macro}('lamp''; DROP TABLE items; --')") == []
    for k in (0, -1, 1.5):
        with pytest.raises(duckdb.Error, match="k must be a whole number of at least 1"):
            answers(shop_of_comments, f"FROM {macro}('lamp', k := {k})")


def test_comments_without_ratings(shop_of_comments):
    shop_of_comments.execute("UPDATE comments SET rating = NULL")
    rows = answers(shop_of_comments, "SELECT rating, item_rating, critical FROM aspects('lamp')")
    assert rows
    assert set(rows) == {(None, None, None)}
    assert {kind for (kind,) in answers(shop_of_comments, "SELECT kind FROM comment_summary('lamp')")} == {"typical"}


def test_a_term_takes_three_users():
    comments = [
        ("u1", "The zipper is stuck."),
        ("u2", "The zipper broke."),
        ("u2", "The zipper again."),
        ("u9", "Fine."),
    ]
    padding = [(f"p{n}", "It is what it is.") for n in range(8)]
    assert "zipper" not in comment_terms([*comments, *padding])
    assert comment_terms([*comments, *padding, ("u3", "A zipper.")])["zipper"] == pytest.approx(4 / 13)
    assert comment_terms([]) == {}


def test_languages_without_articles_keep_every_word():
    comments = [(f"u{n}", "Батарея слабая" if n < 4 else "Экран яркий") for n in range(10)]
    assert set(comment_terms(comments)) == {"батарея", "слабая"} | {"батарея слабая"} & set(comment_terms(comments))
