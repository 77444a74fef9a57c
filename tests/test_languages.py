"""Languages: recognised, encoded by the multilingual extra, and the choice that a file stores."""

from __future__ import annotations

import csv

import duckdb
import numpy as np
import pytest

import mmsql
from mmsql import encoders
from mmsql.db.settings import get_setting
from mmsql.encoders import encoder_choice, languages, load_encoder, multilingual
from mmsql.encoders.encoder_choice import choose_encoder
from mmsql.encoders.languages import non_english_share
from mmsql.errors import EncoderError
from mmsql.jobs import checks, training

ENGLISH = ["Men's hiking boots", "The tent is light and it keeps the rain out", "USB-C charger 65W", "Toy Story"]
GERMAN = [
    "Wanderschuhe Herren wasserdicht",
    "Das Zelt ist leicht und hält den Regen ab",
    "Ladegerät 65W",
    "Gerne wieder",
]
SPANISH = ["Guitarra española clásica", "Muy bueno, llegó rápido", "Tienda de campaña para dos personas"]
CHINESE = ["味道很好，下次还会再来", "送餐太慢了，菜都凉了", "很好吃", "手机屏幕很清晰"]
RUSSIAN = ["Очень хорошая палатка", "Доставили быстро"]
COMMENTS = {
    "zh": ["帐篷很轻，下雨也不漏水", "帐篷不漏水，很轻便", "电池不耐用，充电太慢", "充电很慢，电池质量差"],
    "de": [
        "Leichtes Zelt, dicht bei Regen",
        "Das Zelt ist leicht und hält dicht",
        "Akku hält nicht lange",
        "Der Akku lädt langsam",
    ],
}


@pytest.mark.parametrize(
    ("texts", "share"),
    [
        (ENGLISH * 20, 0),
        (GERMAN * 20, 1),
        (SPANISH * 20, 1),
        (CHINESE, 1),
        (RUSSIAN, 1),
        (["Cat litter", "Drum sticks", "Lip balm"], 0),
        (["Tent pole"], 0),
        (["帐篷很轻"], 1),
        ([], 0),
        (["12", "★ !", ""], 0),
    ],
    ids=["en", "de", "es", "zh", "ru", "three titles", "one title", "one zh", "none", "no letters"],
)
def test_english_is_recognised(texts, share):
    assert non_english_share(texts) == share


def test_mixed_languages_give_a_share():
    assert non_english_share([*ENGLISH * 3, *CHINESE]) == 0.25
    assert non_english_share(["iPhone 手机壳", "the very long English text with a 手机壳"]) == 0.0


def test_english_reviews_need_no_language_model(monkeypatch):
    monkeypatch.setattr(languages, "_identifier", None)
    assert non_english_share(["This tent is what you need, and the bag that comes with it is fine"] * 50) == 0


def shop_of(path, language: str) -> duckdb.DuckDBPyConnection:
    con = mmsql.connect(path)
    for n, body in enumerate(COMMENTS[language]):
        con.execute("INSERT INTO interactions VALUES (?, ?, 'buy', NULL, NULL)", [f"u{n % 3}", f"i{n}"])
        con.execute("INSERT INTO comments (item_id, user_id, body) VALUES (?, ?, ?)", [f"i{n}", f"u{n % 3}", body])
    return con


def test_the_multilingual_encoder():
    encoder = load_encoder("multilingual")
    assert (encoder.name, encoder.dimension) == ("multilingual", 512)
    vectors = encoder.encode(["帐篷很轻", "The tent is light", "Das Zelt ist leicht", "税法", "", "🙂"])
    assert (vectors.shape, vectors.dtype) == ((6, 512), np.float32)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), [1, 1, 1, 1, 0, 0], atol=1e-5)
    near = vectors @ vectors[0]
    assert min(near[1], near[2]) > near[3] + 0.2
    assert np.array_equal(encoder.encode(["好" * 9_000]), encoder.encode(["好" * multilingual.MAX_LETTERS]))
    assert encoder.encode([]).shape == (0, 512)


@pytest.mark.parametrize("language", ["zh", "de"])
def test_it_is_chosen_automatically_and_kept(tmp_path, language):
    with shop_of(tmp_path / "shop.duckdb", language) as con:
        assert any("will be read by multilingual" in f.finding for f in checks.check(con))
        (row,) = con.execute("CALL train('graph')").fetchall()
        assert row[-1].endswith("The texts are mostly not English: the multilingual encoder reads them.")
        assert row[5] == len(COMMENTS[language])
        assert any("are read by multilingual" in f.finding for f in checks.check(con))
        near = con.execute("SELECT item_id FROM similar_items('i0', k := 1, modality := 'comment')").fetchall()
        assert near == [("i1",)]
        query = "a tent that keeps the rain out"
        assert {
            item for (item,) in con.execute("SELECT item_id FROM search_items(?, k := 2)", [query]).fetchall()
        } == {
            "i0",
            "i1",
        }
        with pytest.raises(duckdb.Error, match=r"vectors of 512 numbers, this connection\s+was opened for 256"):
            con.execute("SELECT embed_comment('a')").fetchall()
        con.execute(
            "INSERT INTO comments (item_id, body) SELECT 'i0', 'This is what they say ' || n FROM range(99) t(n)"
        )
        con.execute("CALL refresh()").fetchall()
        assert get_setting(con, "encoder") == "multilingual"
        assert con.execute("SELECT DISTINCT encoder FROM mmsql.embedding_cache").fetchall() == [("multilingual",)]
    with mmsql.connect(tmp_path / "shop.duckdb") as con:
        assert con.sql("SELECT typeof(embed_comment('a'))").fetchall() == [("FLOAT[512]",)]
        assert choose_encoder(con, None).name == "multilingual"
        assert choose_encoder(con, "auto").name == "wordllama"


def test_without_the_extra_the_note_appears_once(tmp_path, monkeypatch, counting_encoder):
    expected = "run `pip install 'mmsql[multilingual]'` and train with encoder := 'auto'"
    monkeypatch.setattr(encoder_choice, "is_installed", lambda: False)
    with shop_of(tmp_path / "shop.duckdb", "zh") as con:
        (found,) = [f for f in checks.check(con) if "will be read by" in f.finding]
        assert (found.level, "by wordllama" in found.finding, expected in found.finding) == ("note", True, True)
        assert expected in training.train(con.cursor(), "graph").message
        assert "mmsql[multilingual]" not in training.train(con.cursor(), "graph").message
        monkeypatch.setattr(encoder_choice, "is_installed", lambda: True)
        monkeypatch.setitem(encoders._loaded, ("multilingual", "auto"), type(counting_encoder)("multilingual", 512))
        assert choose_encoder(con, None).name == "wordllama"
        training.train(con.cursor(), "graph", encoder="auto")
        assert choose_encoder(con, None).name == "multilingual"


def test_asked_for_without_the_extra(monkeypatch):
    monkeypatch.setattr(encoders, "_loaded", {})
    monkeypatch.setattr(multilingual, "is_installed", lambda: False)
    with pytest.raises(
        EncoderError, match=r"Run `pip install 'mmsql\[multilingual\]'`, or type encoder := 'wordllama'"
    ):
        load_encoder("multilingual")


@pytest.mark.data
def test_real_texts(data_dir, tmp_path):
    path = data_dir / "chinese_reviews" / "waimai_10k.csv"
    with path.open(encoding="utf-8-sig") as file:
        bodies = [row["review"] for row in csv.DictReader(file)]
    assert non_english_share(bodies[:500]) > 0.98
