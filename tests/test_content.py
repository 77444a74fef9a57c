"""Content: pooled texts, attributes of any type, and nothing at all."""

from __future__ import annotations

import numpy as np

from mmsql.data.content import Content, read_content, unit_rows
from mmsql.data.dataset import prepare


def content(con, encoder) -> tuple[Content, list[str]]:
    cursor = con.cursor()
    with prepare(cursor, seed=1) as dataset:
        read = read_content(dataset, encoder)
        ids = [item for (item,) in cursor.execute("SELECT item_id FROM train_catalog ORDER BY item_index").fetchall()]
    return read, ids


def test_comments_are_pooled_to_the_mean_direction(shop, counting_encoder):
    shop.execute("DELETE FROM comments")
    shop.execute(
        "INSERT INTO comments VALUES ('i1', 'u', 'aaa', 5, NULL), ('i1', 'v', "
        "'bbb', 5, NULL), ('i2', 'u', 'ccc', 5, NULL)"
    )
    read, ids = content(shop, counting_encoder)
    a, b = counting_encoder.encode(["aaa", "bbb"])
    np.testing.assert_allclose(read.comment[ids.index("i1")], (a + b) / np.linalg.norm(a + b), atol=1e-6)
    assert read.comment[ids.index("i3")].any() == np.False_
    assert read.comment.dtype == np.float32


def test_a_comment_counts_half_as_much_as_one_four_years_younger(shop, counting_encoder):
    shop.execute("DELETE FROM comments")
    shop.execute(
        "INSERT INTO comments VALUES ('i1', 'u', 'aaa', 5, TIMESTAMP '2020-01-02'), ('i1', 'v', 'bbb', 5, "
        "TIMESTAMP '2024-01-01'), ('i2', 'u', 'aaa', 5, NULL), ('i2', 'v', 'bbb', 5, TIMESTAMP '2024-01-01'), "
        "('i3', 'u', 'aaa', 5, TIMESTAMP '2999-01-01'), ('i3', 'v', 'bbb', 5, TIMESTAMP '2024-01-01')"
    )
    read, ids = content(shop, counting_encoder)
    a, b = counting_encoder.encode(["aaa", "bbb"])
    for item, share in (("i1", 0.5), ("i2", 0.5), ("i3", 1)):  # without a time; ahead of the clock
        wanted = share * a + b
        np.testing.assert_allclose(read.comment[ids.index(item)], wanted / np.linalg.norm(wanted), atol=1e-6)


def test_comments_count_as_a_column_of_weights_says(shop, counting_encoder):
    shop.execute("DELETE FROM comments; ALTER TABLE mmsql.comments ADD COLUMN weight VARCHAR")
    shop.execute(
        "INSERT INTO comments VALUES ('i1', 'u', 'aaa', 5, NULL, '3'), ('i1', 'v', 'bbb', 5, NULL, 'many'), "
        "('i2', 'u', 'aaa', 5, NULL, '-1'), ('i2', 'v', 'bbb', 5, NULL, NULL), ('i3', 'u', 'aaa', 5, NULL, '0')"
    )
    read, ids = content(shop, counting_encoder)
    a, b = counting_encoder.encode(["aaa", "bbb"])
    np.testing.assert_allclose(read.comment[ids.index("i1")], (3 * a + b) / np.linalg.norm(3 * a + b), atol=1e-6)
    np.testing.assert_allclose(read.comment[ids.index("i2")], b, atol=1e-6)
    assert not read.comment[ids.index("i3")].any()


def test_texts_of_spaces_are_left_out_and_others_are_not(shop, counting_encoder):
    shop.execute("DELETE FROM comments; DELETE FROM items")
    texts = {"i1": "", "i2": " ", "i3": "\u00a0\u3000", "i4": "~~", "i5": "  x", "i6": "中文", "i7": "!"}
    shop.executemany("INSERT INTO comments (item_id, user_id, body) VALUES (?, 'u', ?)", list(texts.items()))
    read, ids = content(shop, counting_encoder)
    assert {item for item, vector in zip(ids, read.comment, strict=True) if vector.any()} == {"i4", "i5", "i6", "i7"}


def test_title_and_description_are_one_text(shop, counting_encoder):
    shop.execute("DELETE FROM comments; UPDATE items SET title = ' ', description = NULL WHERE item_id = 'i3'")
    shop.execute(
        "UPDATE items SET description = NULL WHERE item_id = 'i4'; UPDATE items SET title = NULL WHERE item_id = 'i5'"
    )
    read, ids = content(shop, counting_encoder)
    assert read.comment is None
    assert {"Game 1. About number 1", "Book 4", "About number 5"} <= set(counting_encoder.texts)
    assert not read.text[ids.index("i3")].any()


def test_pooled_is_the_sum_of_what_there_is(shop, counting_encoder):
    read, _ = content(shop, counting_encoder)
    np.testing.assert_allclose(read.pooled(), unit_rows(read.text + read.comment), atol=1e-6)
    assert Content().pooled() is None
    np.testing.assert_allclose(Content(text=read.text).pooled(), read.text, atol=1e-6)


def test_a_shop_without_any_content(shop, counting_encoder):
    shop.execute("DELETE FROM comments; DELETE FROM items")
    read, _ = content(shop, counting_encoder)
    assert (read.comment, read.text, read.attribute, read.encoded) == (None, None, None, 0)
    assert counting_encoder.batches == []


def test_texts_of_items_nobody_knows_are_not_encoded(shop, counting_encoder):
    shop.execute("INSERT INTO comments VALUES ('no such item', 'u', 'secret words', 5, NULL)")
    content(shop, counting_encoder)
    assert "secret words" not in counting_encoder.texts


def test_rows_of_length_one():
    rows = np.array([[3, 4], [0, 0], [1e-10, 0]], dtype=np.float32)
    assert unit_rows(rows).dtype == np.float32
    np.testing.assert_allclose(unit_rows(rows), [[0.6, 0.8], [0, 0], [1, 0]], atol=1e-6)
