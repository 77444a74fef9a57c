"""The source images, end to end: what models make of pictures, what is cached, and what is rejected."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
from PIL import Image

import mmsql
from mmsql.data.content import Content, read_content
from mmsql.data.dataset import prepare
from mmsql.db.settings import get_setting
from mmsql.encoders import image_cache, images
from mmsql.encoders.encoder_choice import choose_encoder
from mmsql.encoders.images import DeferredImageEncoder, ImagesExtraError
from mmsql.encoders.names import DEFAULT_IMAGE_DIMENSION, DEFAULT_IMAGE_ENCODER
from mmsql.jobs import checks, training
from mmsql.store import versions

QUICK = {"search_steps": 0}


class CountingImageEncoder:
    """A stand-in for the packaged encoder: a vector has the mean colour of a few fields."""

    name, dimension = DEFAULT_IMAGE_ENCODER, DEFAULT_IMAGE_DIMENSION

    def __init__(self) -> None:
        self.batches: list[int] = []

    def encode(self, pictures):
        self.batches.append(len(pictures))
        rows = np.zeros((len(pictures), self.dimension), np.float32)
        for row, picture in enumerate(pictures):
            rows[row, :48] = np.asarray(picture.resize((4, 4)), np.float32).ravel() - 100
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.fixture
def counting(monkeypatch, counting_encoder) -> CountingImageEncoder:
    encoder = CountingImageEncoder()
    monkeypatch.setattr(images, "_loaded", {(DEFAULT_IMAGE_ENCODER, "auto"): encoder})
    return encoder


def png(seed: int, size: int = 24) -> bytes:
    """Draw a picture: even seeds are light above and dark below, odd ones the other way round."""
    pixels = np.random.default_rng(seed).integers(0, 60, (size, size, 3))
    pixels[: size // 2 if seed % 2 == 0 else size, :, 0] += 150
    pixels[size // 2 :] += 60 * (seed % 2)
    out = io.BytesIO()
    Image.fromarray(pixels.astype(np.uint8)).save(out, "PNG")
    return out.getvalue()


def fill(con, items: range = range(13), size: int = 24) -> None:
    con.executemany("INSERT INTO mmsql.images VALUES (?, ?)", [(f"i{n}", png(n, size)) for n in items])


def rejects(con) -> list[tuple[str, str]]:
    rows = con.execute("SELECT reason, \"row\" FROM mmsql.rejects WHERE source = 'images' ORDER BY ALL").fetchall()
    return [(reason, json.loads(row)["item_id"]) for reason, row in rows]


def content_of(con, encoder) -> Content:
    with prepare(con, seed=1) as dataset:
        return read_content(dataset, choose_encoder(con, None), encoder)


@pytest.mark.parametrize("size", [24, 60])  # below and above what may be a path
def test_a_second_train_encodes_nothing(shop, counting, size):
    fill(shop, size=size)
    assert len(png(1, 24)) < 4096 < len(png(1, 60))
    first = training.train(shop.cursor(), "graph")
    assert sum(counting.batches) == 13
    assert first.encoded == 13 + len(set(shop.execute("SELECT body FROM comments").fetchall())) + 13
    second = training.train(shop.cursor(), "graph")
    assert (second.encoded, sum(counting.batches)) == (0, 13)
    shop.execute("CALL evaluate()").fetchall()
    shop.execute("CALL refresh()").fetchall()
    assert sum(counting.batches) == 13
    shop.execute("INSERT INTO images VALUES ('i5', ?)", [png(99, size)])
    assert training.train(shop.cursor(), "graph").encoded == 1


def test_equal_pictures_are_encoded_once(shop, counting):
    shop.executemany(
        "INSERT INTO images VALUES (?, ?)", [(f"i{n}", png(0, size)) for n in range(13) for size in (24, 60)]
    )
    training.train(shop.cursor(), "graph", options=QUICK)
    assert sum(counting.batches) == 2


def test_interrupted_encoding_resumes(shop, counting, monkeypatch):
    fill(shop, size=60)
    monkeypatch.setattr(image_cache, "ENCODED_ROWS", 5)
    real = CountingImageEncoder.encode

    def interrupted(self, pictures):
        if len(self.batches) == 2:
            raise KeyboardInterrupt
        return real(self, pictures)

    monkeypatch.setattr(CountingImageEncoder, "encode", interrupted)
    with pytest.raises(KeyboardInterrupt):
        training.train(shop.cursor(), "graph", options=QUICK)
    monkeypatch.setattr(CountingImageEncoder, "encode", real)
    training.train(shop.cursor(), "graph", options=QUICK)
    assert counting.batches == [5, 5, 3]


def test_an_item_with_several_pictures_has_their_mean(shop, counting):
    fill(shop, range(2))
    shop.execute("INSERT INTO images VALUES ('i0', ?), ('i0', ?)", [png(7), png(7)])  # one of them twice
    content = content_of(shop, counting)
    assert content.image.shape == (13, DEFAULT_IMAGE_DIMENSION)
    assert content.image.dtype == np.float32
    pictures = [Image.open(io.BytesIO(png(seed))).convert("RGB") for seed in (0, 7, 1)]
    a, b, c = counting.encode(pictures)
    np.testing.assert_allclose(content.image[0], (a + b) / np.linalg.norm(a + b), atol=1e-5)
    np.testing.assert_allclose(content.image[1], c, atol=1e-5)
    assert not content.image[2:].any()


def test_without_pictures_or_with_none_wanted_there_is_no_image(shop, counting):
    assert content_of(shop, counting).image is None
    fill(shop)
    assert content_of(shop, None).image is None
    assert content_of(shop, images.NO_IMAGES).image is None
    assert training.train(shop.cursor(), "graph", image_encoder="none", options=QUICK).rejects == 0
    assert counting.batches == []
    assert training.train(shop.cursor(), "graph", options=QUICK).message == "As asked."
    assert counting.batches == []  # the file remembers


def test_paths_start_from_the_folder_of_the_file(tmp_path, shop_path, counting):
    (tmp_path / "shop.duckdb").write_bytes(shop_path.read_bytes())
    (tmp_path / "photos").mkdir()
    for n in range(12):
        (tmp_path / "photos" / f"{n}.png").write_bytes(png(n, 60))
    with mmsql.connect(tmp_path / "shop.duckdb") as con:
        con.execute("DROP TABLE mmsql.images")
        con.execute(
            "CREATE VIEW mmsql.images AS SELECT 'i' || n AS item_id, 'photos/' || n || '.png' AS image "
            "FROM range(13) t(n) UNION ALL SELECT 'i1', 'photos' UNION ALL SELECT 'i2', 'a\\xb\\.png'"
        )
        result = training.train(con.cursor(), "graph", options=QUICK)
        assert (sum(counting.batches), result.rejects) == (12, 3)
        assert rejects(con) == [
            ("image names a directory", "i1"),
            ("image names a file that is not there", "i12"),
            ("image names a file that is not there", "i2"),
        ]
        assert training.train(con.cursor(), "graph", options=QUICK).encoded == 0
        (tmp_path / "photos" / "3.png").write_bytes(png(33, 60))
        assert training.train(con.cursor(), "graph", options=QUICK).encoded == 1
        assert len(con.execute("SELECT embed_image('photos/3.png')").fetchall()[0][0]) == DEFAULT_IMAGE_DIMENSION


def test_the_table_takes_bytes_and_paths_side_by_side(shop, counting, tmp_path):
    (tmp_path / "a.png").write_bytes(png(3))
    shop.execute("INSERT INTO images VALUES ('i1', ?), ('i2', 'a.png')", [png(3)])
    content = content_of(shop, counting)
    np.testing.assert_array_equal(content.image[1], content.image[5])  # i1 and i2: ids are ordered as texts
    assert sum(counting.batches) == 1


def test_a_refresh_sees_that_a_file_has_changed(shop, counting, tmp_path):
    picture = tmp_path / "one.png"
    picture.write_bytes(png(1))
    shop.execute("INSERT INTO images VALUES ('i1', encode(?))", [str(picture)])
    shop.execute("CALL train('graph', search_steps := 0)")
    assert shop.execute("SELECT status FROM refresh()").fetchall() == [("unchanged",)]
    picture.write_bytes(png(2, 30))
    assert shop.execute("SELECT status, encoded FROM refresh()").fetchall() == [("refreshed", 1)]
    picture.unlink()
    assert shop.execute("SELECT status, rejects FROM refresh()").fetchall() == [("refreshed", 1)]


def test_a_database_that_may_not_read_files_reads_none(tmp_path, shop_path, counting):
    (tmp_path / "shop.duckdb").write_bytes(shop_path.read_bytes())
    (tmp_path / "a.png").write_bytes(png(3))
    with mmsql.connect(tmp_path / "shop.duckdb", config={"enable_external_access": "false"}) as con:
        con.execute("INSERT INTO images VALUES ('i2', 'a.png')")
        training.train(con.cursor(), "graph", options=QUICK)
        assert rejects(con) == [("image names a file, and enable_external_access is off", "i2")]
        assert con.execute("SELECT embed_image('a.png')").fetchall() == [(None,)]


def test_bad_pictures_are_rejected_with_a_reason_and_nothing_raises(shop, counting):
    fill(shop, range(3), 60)
    broken = png(5, 60)
    bad = {
        "i3": b"",
        "i4": None,
        "i5": broken[: len(broken) // 2],
        "i6": b"<svg></svg>",
        "i7": b"\x00" * 5000,
        "i8": b"no/such/file.png",
        None: png(6),
    }
    shop.executemany("INSERT INTO images VALUES (?, ?)", list(bad.items()))
    shop.execute("INSERT INTO images VALUES ('elsewhere', ?)", [png(8)])
    wanted = [
        ("image is NULL", "i4"),
        ("image is an SVG drawing: save it as PNG or JPEG", "i6"),
        ("image is empty", "i3"),
        ("image is not a picture in a known format", "i7"),
        ("image is truncated or damaged", "i5"),
        ("image names a file that is not there", "i8"),
        ("item_id is NULL", None),
    ]
    for _ in range(2):  # each reject is kept once
        assert training.train(shop.cursor(), "graph").rejects == 7
        assert rejects(shop) == wanted
    assert sum(counting.batches) == 3


def test_a_source_of_another_type_says_what_to_type(shop, counting):
    shop.execute("DROP TABLE images; CREATE TABLE mmsql.images AS SELECT 'i1' AS item_id, 7 AS image")
    with pytest.raises(Exception, match=r"image is INTEGER in mmsql.images and cannot be read as BLOB. Change it in"):
        training.train(shop.cursor(), "graph")
    shop.execute("DROP TABLE images; CREATE VIEW mmsql.images AS SELECT 'i1' AS item_id, NULL AS image")
    training.train(shop.cursor(), "graph", options=QUICK)
    assert rejects(shop) == [("image is NULL", "i1")]


def test_ids_that_are_numbers(counting):
    with mmsql.connect(":memory:") as con:
        for source in ("interactions", "items", "images"):
            con.execute(f"ALTER TABLE mmsql.{source} ALTER item_id TYPE BIGINT")
        con.execute(
            "INSERT INTO interactions "
            "SELECT 'u' || u, (u + s) % 6, 'buy', NULL, NULL FROM range(9) t(u), range(3) r(s)"
        )
        con.executemany("INSERT INTO images VALUES (?, ?)", [(n, png(n)) for n in range(6)])
        con.execute("INSERT INTO images VALUES (3, '')")
        training.train(con.cursor(), "graph", options=QUICK)
        assert rejects(con) == [("image is empty", 3)]
        assert con.execute("SELECT source FROM similar_items(2, modality := 'image', k := 1)").fetchall() == [
            ("image",)
        ]


def test_without_the_packages_a_shop_with_images_trains_and_says_so(shop, counting_encoder, monkeypatch):
    monkeypatch.setattr(images, "is_installed", lambda: False)
    monkeypatch.setattr("mmsql.encoders.cnn.is_installed", lambda: False)
    monkeypatch.setattr(images, "_loaded", {})
    fill(shop)
    result = training.train(shop.cursor(), "graph")
    assert result.message == (
        "As asked. Images are left out, because the packages that read them are not installed: "
        "run `pip install 'mmsql[images]'` and train again."
    )
    assert shop.execute("FROM recommend('u1', k := 2)").fetchall()
    shop.execute("INSERT INTO interactions VALUES ('u1', 'i9', 'view', 1, TIMESTAMP '2026-01-01')")
    assert shop.execute("SELECT status FROM refresh()").fetchall() == [("refreshed",)]
    assert shop.execute("SELECT count(*) FROM evaluate()").fetchall() != [(0,)]
    findings = [found for found in checks.check(shop) if found.source == "images"]
    assert [found.advice for found in findings] == ["", "Run `pip install 'mmsql[images]'`."]
    with pytest.raises(ImagesExtraError):
        training.train(shop.cursor(), "graph", image_encoder=DEFAULT_IMAGE_ENCODER)
    with pytest.raises(Exception, match=r"pip install 'mmsql\[images\]'"):
        shop.execute("SELECT embed_image(image) FROM images").fetchall()


def test_what_is_in_the_cache_needs_no_packages(shop, counting, monkeypatch):
    fill(shop)
    training.train(shop.cursor(), "graph", options=QUICK)
    monkeypatch.setattr(images, "is_installed", lambda: False)
    monkeypatch.setattr(images, "_loaded", {})
    result = training.train(shop.cursor(), "graph", options=QUICK)
    assert (result.encoded, result.message) == (0, "As asked.")
    assert shop.execute(
        "SELECT count(*) FROM item_edges WHERE model = ? AND modality = 'image'", [result.model]
    ).fetchall()
    assert shop.execute("SELECT count(embed_image(image)) FROM images").fetchall() == [(13,)]


def test_the_graph_connects_similar_pictures(shop, counting):
    fill(shop)
    training.train(shop.cursor(), "graph", options=QUICK | {"image_weight": 0.3})
    similar = shop.execute("SELECT item_id, source FROM similar_items('i4', k := 5, modality := 'image')").fetchall()
    assert {source for _, source in similar} == {"image"}
    assert all(int(item[1:]) % 2 == 0 for item, _ in similar)
    rows = shop.execute("SELECT DISTINCT evidence FROM explain('u1', 'i12') WHERE modality = 'image'").fetchall()
    assert rows
    assert all(text.startswith("looks like ") for (text,) in rows)
    training.train(shop.cursor(), "graph", options=QUICK | {"image_weight": 0})
    assert shop.execute("SELECT source FROM similar_items('i4', k := 1, modality := 'image')").fetchall() == [
        ("popular",)
    ]


def test_the_search_of_the_graph_finds_the_weight_of_images(counting):
    from mmsql.config import GraphConfig
    from mmsql.models.graph import search

    assert search.CONTENT_MODALITIES["image_weight"] == "image"
    assert GraphConfig().image_weight in search.GRIDS["image_weight"]


def test_an_item_with_only_a_picture_gets_cold_start_edges(shop, counting):
    shop.execute(
        "DELETE FROM comments; UPDATE items SET title = NULL, description = NULL, "
        "category = NULL, brand = NULL, price = NULL"
    )
    fill(shop)
    training.train(shop.cursor(), "graph", options=QUICK)
    predicted = "SELECT count(*) FROM item_edges e WHERE e.neighbor_id = 'i12' AND e.modality = 'alike'"
    assert shop.execute(predicted).fetchall()[0][0] > 0
    assert shop.execute("CALL evaluate(split := 'cold_items')").fetchall()  # pictures are content enough


def test_the_deep_model_reads_images_and_serves_without(shop, counting):
    from mmsql.models.fusion.embedding import load_towers

    fill(shop, range(9))
    small = {"epochs": 1, "embedding_size": 8, "layers": 1}
    result = training.train(shop.cursor(), "fusion", options=small)
    towers = load_towers(versions.load_weights(shop.cursor(), result.model))
    assert towers.shape.content["image"] == DEFAULT_IMAGE_DIMENSION
    shop.execute("INSERT INTO items (item_id) VALUES ('new')")
    shop.execute("INSERT INTO images VALUES ('new', ?)", [png(50)])
    shop.execute("CALL refresh()").fetchall()
    vectors = (
        "SELECT count(*) FROM mmsql.item_vectors WHERE model = 'fusion-2' AND modality = 'fused' AND item_id = 'new'"
    )
    assert shop.execute(vectors).fetchall() == [(1,)]
    shop.execute("DELETE FROM images")
    shop.execute("CALL refresh()").fetchall()
    assert len(shop.execute("FROM recommend('u1', k := 5)").fetchall()) == 5


def test_views_of_the_multi_view_model(shop, counting):
    fill(shop)
    result = training.train(shop.cursor(), "mvmf", options={"epochs": 2, "embedding_size": 4})
    weights = versions.load_weights(shop.cursor(), result.model)
    assert any(name.endswith("image") for name in weights)


def test_a_model_made_before_images_is_refreshed_without(shop, counting):
    fill(shop)
    result = training.train(shop.cursor(), "graph", options=QUICK)
    shop.execute("UPDATE mmsql.models SET config = json_merge_patch(config, '{\"image_encoder\": null}')")
    shop.execute("INSERT INTO interactions VALUES ('u1', 'i9', 'view', 1, TIMESTAMP '2026-01-01')")
    shop.execute("CALL refresh()").fetchall()
    edges = "SELECT model, count(*) > 0 FROM item_edges WHERE modality = 'image' GROUP BY model"
    assert shop.execute(edges).fetchall() == [(result.model, True)]
    assert get_setting(shop, "image_encoder") is None
    assert training.train(shop.cursor(), "graph", options=QUICK).encoded == 0
    assert len(shop.execute(edges).fetchall()) == 2


def test_embed_image_is_null_safe_and_cached(shop, counting):
    fill(shop, range(3))
    shop.execute("INSERT INTO images VALUES ('i4', NULL), ('i5', ''), ('i6', '<svg></svg>')")
    rows = shop.execute("SELECT item_id, embed_image(image) FROM images ORDER BY item_id").fetchall()
    assert [vector is None for _, vector in rows] == [False] * 3 + [True] * 3
    assert counting.batches == [3]
    np.testing.assert_allclose(np.linalg.norm(rows[0][1]), 1, atol=1e-5)
    assert shop.execute("SELECT typeof(embed_image(NULL))").fetchall() == [("FLOAT[1384]",)]
    training.train(shop.cursor(), "graph", options=QUICK)
    before = list(counting.batches)
    again = shop.execute("SELECT embed_image(image) FROM images WHERE item_id = 'i1'").fetchall()
    assert counting.batches == before
    np.testing.assert_allclose(again[0][0], rows[1][1], atol=1e-6)
    shop.execute("SELECT embed_image(image) FROM images, range(50)").fetchall()
    assert counting.batches == before
    assert len(again[0][0]) == DeferredImageEncoder().dimension


def test_check_counts_images(shop, counting):
    fill(shop, range(4))
    findings = checks.check(shop)
    assert [f.finding for f in findings if f.source == "images"] == ["4 images of 4 items (31 % of all items)."]
    assert any("images (31 %)" in f.finding for f in findings if f.source == "models")


@pytest.mark.skipif(not images.is_installed(), reason="the extra mmsql[images] is not installed")
def test_with_the_real_encoder(shop, counting_encoder):
    fill(shop, range(12))
    result = training.train(shop.cursor(), "graph", options=QUICK)
    assert result.rejects == 0
    near = shop.execute("SELECT item_id FROM similar_items('i4', k := 3, modality := 'image')").fetchall()
    assert all(int(item[1:]) % 2 == 0 for (item,) in near)
