"""Image encoders: the packaged one, CLIP models, and the choice that a file stores."""

from __future__ import annotations

import csv
import zipfile
from pathlib import PurePosixPath

import numpy as np
import pytest
from PIL import Image, ImageDraw
from static_model import save_static_model

from mmsql.db.settings import set_setting
from mmsql.encoders import cnn, images
from mmsql.encoders.image_reading import read_picture
from mmsql.encoders.images import choose_image_encoder, load_image_encoder
from mmsql.encoders.names import DEFAULT_IMAGE_DIMENSION
from mmsql.errors import EncoderError

needs_packages = pytest.mark.skipif(not cnn.is_installed(), reason="the extra mmsql[images] is not installed")


def drawn(shape: str, colour: tuple[int, int, int], shift: int = 0) -> Image.Image:
    picture = Image.new("RGB", (96, 96), (245, 245, 245))
    brush = ImageDraw.Draw(picture)
    box = (16 + shift, 20, 76 + shift, 80)
    if shape == "disc":
        brush.ellipse(box, fill=colour)
    else:
        for line in range(20, 80, 12):
            brush.line((16 + shift, line, 80 + shift, line + 20), fill=colour, width=4)
    return picture


@pytest.fixture(scope="module")
def packaged():
    return load_image_encoder()


@needs_packages
def test_vectors_have_length_one_and_the_declared_dimension(packaged):
    vectors = packaged.encode([drawn("disc", (200, 0, 0)), Image.new("RGB", (1, 1))])
    assert vectors.dtype == np.float32
    assert vectors.shape == (2, packaged.dimension) == (2, DEFAULT_IMAGE_DIMENSION)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


@needs_packages
def test_similar_shapes_and_colours_are_near(packaged):
    wanted = [drawn("disc", (200, 0, 0)), drawn("disc", (200, 0, 0), 8), drawn("disc", (0, 0, 200), 8)]
    a, shifted, blue, lines = packaged.encode([*wanted, drawn("lines", (200, 0, 0), 8)])
    assert a @ shifted > a @ blue > a @ lines


@needs_packages
def test_batches_do_not_change_the_answer(packaged, monkeypatch):
    pictures = [drawn("disc", (40 * n, 0, 100)) for n in range(5)]
    together = packaged.encode(pictures)
    monkeypatch.setattr(cnn, "BATCH", 2)
    np.testing.assert_allclose(packaged.encode(pictures), together, atol=1e-4)
    assert packaged.encode([]).shape == (0, DEFAULT_IMAGE_DIMENSION)


@needs_packages
def test_it_is_loaded_once():
    assert load_image_encoder() is load_image_encoder("efficientnet-lite0")


def test_the_histogram_by_hand():
    red = cnn.histogram(Image.new("RGB", (10, 10), (255, 0, 0)))
    assert red.shape == (104,)
    assert red[(0 * 2 + 1) * 4 + 3] == 1  # hue 0, saturated, bright
    white, black = (cnn.histogram(Image.new("RGB", (5, 9), colour)) for colour in ("white", "black"))
    assert white[103] == black[96] == 1
    half = Image.new("RGB", (64, 64), "white")
    half.paste((0, 255, 0), (0, 0, 64, 32))
    assert cnn.histogram(half)[(3 * 2 + 1) * 4 + 3] == pytest.approx(0.5, abs=0.02)


def test_without_the_packages(monkeypatch):
    monkeypatch.setattr(images, "is_installed", lambda: False)
    monkeypatch.setattr(images, "_loaded", {})
    with pytest.raises(
        EncoderError, match=r"not installed. Run `pip install 'mmsql\[images\]'`, or type image_encod"
    ):
        load_image_encoder()


@pytest.mark.parametrize("name", ["", "  ", 17])
def test_an_image_encoder_needs_a_name(name):
    with pytest.raises(
        EncoderError, match=r"is not the name of an image encoder. Type 'efficientnet-lite0', 'none', a hub"
    ):
        load_image_encoder(name)


def test_a_hub_out_of_reach_says_what_to_type(monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(EncoderError, match=r"^The image encoder 'nobody/no-clip' cannot be loaded: there is no such"):
        load_image_encoder("nobody/no-clip")


def test_a_text_encoder_is_no_image_encoder(tmp_path):
    from mmsql.encoders import load_encoder

    save_static_model(load_encoder(), tmp_path / "texts")
    with pytest.raises(EncoderError, match=r"cannot embed pictures: it is a text encoder"):
        load_image_encoder(str(tmp_path / "texts"))


def test_a_file_keeps_its_choice(shop, monkeypatch):
    assert choose_image_encoder(shop, None).name == "efficientnet-lite0"
    assert choose_image_encoder(shop, "none").name == "none"
    set_setting(shop, "image_encoder", "none")
    assert choose_image_encoder(shop, None).name == "none"
    set_setting(shop, "image_encoder", "a/clip")
    set_setting(shop, "image_encoder_dimension", "12")
    chosen = choose_image_encoder(shop, None)  # not loaded
    assert (chosen.name, chosen.dimension) == ("a/clip", 12)
    monkeypatch.setattr(images, "is_installed", lambda: False)
    monkeypatch.setattr(images, "_loaded", {})
    with pytest.raises(EncoderError, match=r"pip install 'mmsql\[images\]'"):
        choose_image_encoder(shop, "efficientnet-lite0")


def test_an_encoder_without_words_says_so(monkeypatch):
    monkeypatch.setattr(images, "_loaded", {("wordless", "auto"): object()})
    with pytest.raises(
        EncoderError, match=r"^The image encoder 'wordless' cannot embed words. Type image_encoder := "
    ):
        images.encode_words("wordless", ["a"])


def precision_at_5(vectors: np.ndarray, labels: np.ndarray) -> float:
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    near = unit @ unit.T
    np.fill_diagonal(near, -1)
    return float((labels[np.argsort(-near, axis=1)[:, :5]] == labels[:, None]).mean())


@needs_packages
@pytest.mark.data
def test_neighbours_on_real_product_pictures_are_of_the_same_kind(data_dir, packaged):
    folder = data_dir / "fashion_thumbnails"
    if not folder.is_dir():
        pytest.skip(f"no pictures: {folder} is not there")
    with (folder / "styles.csv").open(encoding="utf-8") as file, zipfile.ZipFile(folder / "images.zip") as archive:
        members = {PurePosixPath(name).stem: name for name in archive.namelist()}
        rows = [row for row in csv.DictReader(file) if row["id"] in members][:120]
        pictures = [read_picture(archive.read(members[row["id"]])) for row in rows]
    labels = np.array([row["articleType"] for row in rows])
    colours = np.stack([cnn.histogram(picture) for picture in pictures])
    assert precision_at_5(packaged.encode(pictures), labels) > 2 * precision_at_5(colours, labels)


@pytest.mark.data
def test_every_real_poster_can_be_read(data_dir):
    path = data_dir / "movielens_100k" / "posters.zip"
    if not path.is_file():
        pytest.skip(f"no posters: {path} is not there")
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist()[::20]:
            if name.endswith(".jpg"):
                assert read_picture(archive.read(name)).size == (128, 192)
