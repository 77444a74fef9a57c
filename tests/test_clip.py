"""CLIP models of sentence-transformers, tested with a tiny one that has random weights."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
from PIL import Image

import mmsql
from mmsql.encoders import images
from mmsql.encoders.images import load_image_encoder
from mmsql.jobs import training

COLOURS = {"red": (255, 0, 0), "green": (0, 255, 0), "blue": (0, 0, 255)}


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory) -> str:
    """Save a CLIP model with one small layer, in the format of the hub."""
    import torch
    import transformers as tf

    folder = tmp_path_factory.mktemp("clip")
    letters = [chr(code) for code in range(ord("a"), ord("z") + 1)]
    vocabulary = [*letters, *(letter + "</w>" for letter in letters), "<|startoftext|>", "<|endoftext|>"]
    (folder / "vocab.json").write_text(json.dumps({token: place for place, token in enumerate(vocabulary)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    tokenizer = tf.CLIPTokenizer(str(folder / "vocab.json"), str(folder / "merges.txt"), model_max_length=16)
    small = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
    last = len(vocabulary) - 1
    words = {"vocab_size": last + 1, "max_position_embeddings": 16, "eos_token_id": last, "pad_token_id": last}
    config = tf.CLIPConfig(
        text_config={**small, **words, "projection_dim": 8},
        vision_config={**small, "image_size": 32, "patch_size": 16, "projection_dim": 8},
        projection_dim=8,
    )
    torch.manual_seed(0)
    tf.CLIPModel(config).save_pretrained(folder / "model")
    pixels = tf.CLIPImageProcessor(size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32})
    tf.CLIPProcessor(pixels, tokenizer).save_pretrained(folder / "model")
    return str(folder / "model")


def png(colour: tuple[int, int, int], size: int = 40) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (size, size), colour).save(out, "PNG")
    return out.getvalue()


def with_pictures(con) -> None:
    for place in range(12):
        con.execute(
            "INSERT INTO images VALUES (?, ?)", [f"i{place}", png(list(COLOURS.values())[place % 3], 30 + place)]
        )


def test_a_checkpoint_by_path_embeds_pictures_and_words(checkpoint):
    encoder = load_image_encoder(checkpoint)
    pictures = encoder.encode([Image.new("RGB", (50, 30), "red"), Image.new("RGB", (9, 90), "blue")])
    words = encoder.encode_words(["red shoes"])
    assert (pictures.shape, words.shape, encoder.dimension) == ((2, 8), (1, 8), 8)
    np.testing.assert_allclose(np.linalg.norm(np.vstack([pictures, words]), axis=1), 1, atol=1e-5)
    assert pictures[0] @ pictures[1] < 0.9999


def test_a_shop_trained_with_it_remembers_it(checkpoint, tmp_path, shop, counting_encoder):
    with_pictures(shop)
    result = training.train(shop.cursor(), "graph", image_encoder=checkpoint, options={"search_steps": 0})
    assert result.rejects == 0
    cached = "SELECT count(*) FROM mmsql.embedding_cache WHERE encoder = ?"
    assert shop.execute(cached, [checkpoint]).fetchall() == [(12,)]
    vectors = "SELECT count(*), min(len(vector)), max(len(vector)) FROM mmsql.item_vectors WHERE modality = 'image'"
    assert shop.execute(vectors).fetchall() == [(12, 8, 8)]
    assert training.train(shop.cursor(), "graph", options={"search_steps": 0}).encoded == 0
    with pytest.raises(Exception, match=r"makes vectors of 8 numbers, this connection\s+was opened for 1384"):
        shop.execute("SELECT embed_image(image) FROM images").fetchall()
    path = shop.execute("SELECT path FROM duckdb_databases() WHERE path IS NOT NULL").fetchall()[0][0]
    shop.close()
    with mmsql.connect(path) as con:
        assert con.execute("SELECT DISTINCT typeof(embed_image(image)) FROM images").fetchall() == [("FLOAT[8]",)]
        assert len(con.execute("FROM search_items('red', k := 3)").fetchall()) == 3


class Colours:
    """A stand-in for a trained CLIP model: a picture is its mean colour, words are the colours they name."""

    name, dimension = "colours", 3

    def __init__(self) -> None:
        self.calls = 0

    def encode(self, pictures):
        self.calls += 1
        return self._unit(np.stack([np.asarray(picture).reshape(-1, 3).mean(axis=0) for picture in pictures]))

    def encode_words(self, texts):
        return self._unit(np.array([np.sum([COLOURS.get(w, (0, 0, 0)) for w in t.split()], axis=0) for t in texts]))

    @staticmethod
    def _unit(rows):
        length = np.linalg.norm(rows, axis=1, keepdims=True)
        return (rows / np.where(length > 0, length, 1)).astype(np.float32)


@pytest.fixture
def colours(monkeypatch) -> Colours:
    encoder = Colours()
    monkeypatch.setattr(images, "_loaded", {("colours", "auto"): encoder})
    return encoder


def test_words_find_pictures(shop, counting_encoder, colours):
    with_pictures(shop)
    shop.execute("UPDATE items SET title = NULL, description = NULL")
    shop.execute("DELETE FROM comments")
    training.train(shop.cursor(), "graph", image_encoder="colours", options={"search_steps": 0})
    for place, colour in enumerate(COLOURS):
        found = [item for _, item, *_ in shop.execute("FROM search_items(?, k := 4)", [f"{colour} shoes"]).fetchall()]
        assert sorted(found) == sorted(f"i{n}" for n in range(12) if n % 3 == place)
    assert shop.execute("FROM search_items('shoes', k := 4)").fetchall() == []
    with pytest.raises(Exception, match="k must be a whole number of at least 1, 0 was given"):
        shop.execute("FROM search_items('red', k := 0)").fetchall()


def test_texts_and_pictures_are_searched_together(shop, counting_encoder, colours):
    with_pictures(shop)
    shop.execute("UPDATE items SET title = NULL, description = NULL")
    shop.execute("DELETE FROM comments")
    shop.execute("UPDATE items SET title = 'red shoes' WHERE item_id IN ('i0', 'i1')")
    training.train(shop.cursor(), "graph", image_encoder="colours", options={"search_steps": 0})
    rows = shop.execute("FROM search_items('red shoes', k := 12)").fetchall()
    assert rows[0][1] == "i0"  # its text and its picture match
    assert "i1" in [row[1] for row in rows[:6]]
    assert rows[0][3] == pytest.approx(2 / 61, abs=1e-3)
    assert [row[3] for row in rows] == sorted((row[3] for row in rows), reverse=True)


def test_words_without_a_match(shop, counting_encoder, colours):
    with_pictures(shop)
    training.train(shop.cursor(), "graph", image_encoder="colours", options={"search_steps": 0})
    assert shop.execute("SELECT mmsql_embed_words(NULL), mmsql_embed_words('red')").fetchall() == [
        (None, [1.0, 0.0, 0.0])
    ]
    training.train(shop.cursor(), "graph", image_encoder="none", options={"search_steps": 0})
    assert shop.execute("SELECT mmsql_embed_words('red')").fetchall() == [(None,)]
    assert shop.execute("SELECT max(score) <= 1 FROM search_items('a story')").fetchall() == [(True,)]
