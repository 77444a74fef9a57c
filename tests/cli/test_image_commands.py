"""Images on the command line: train with them or without, ask for what looks alike, check."""

from __future__ import annotations

import io

import pytest
from PIL import Image

import mmsql
from mmsql.encoders import cnn


@pytest.fixture
def pictured(trained_copy):
    """Give the trained small shop with a picture of each item: books are red, games blue."""
    with mmsql.connect(trained_copy) as con:
        for place in range(12):
            out = io.BytesIO()
            colour = (200 + place, 20, 20) if place % 2 == 0 else (20, 20, 200 + place)
            Image.new("RGB", (20, 20), colour).save(out, "PNG")
            con.execute("INSERT INTO images VALUES (?, ?)", [f"i{place}", out.getvalue()])
    return trained_copy


@pytest.mark.skipif(not cnn.is_installed(), reason="the extra mmsql[images] is not installed")
def test_train_and_ask_for_what_looks_alike(run, pictured):
    trained = run("train", pictured, "--algorithm", "graph", "--option", "search_steps=0", "--format", "json").rows
    assert trained[0]["encoded"] == 12
    rows = run("similar", pictured, "i4", "-k", 5, "--modality", "image", "--format", "json").rows
    assert [row["source"] for row in rows] == ["image"] * 5
    assert {int(row["item_id"][1:]) % 2 for row in rows} == {0}


def test_train_without_images(run, pictured):
    given = ("--algorithm", "graph", "--image-encoder", "none", "--option", "search_steps=0", "--format", "json")
    assert run("train", pictured, *given).rows[0]["encoded"] == 0


def test_an_image_encoder_that_is_not_there(run, pictured, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    answer = run("train", pictured, "--image-encoder", "nobody/no-clip")
    assert answer.code != 0
    assert "The image encoder 'nobody/no-clip' cannot be loaded" in answer.flat_talk
    assert "Type image_encoder := 'efficientnet-lite0'" in answer.flat_talk


def test_check_says_how_many_there_are(run, pictured):
    found = run("check", pictured, "--format", "json").rows
    assert "12 images of 12 items (92 % of all items)." in [row["finding"] for row in found]


def test_an_unknown_modality_names_those_there_are(run, pictured):
    answer = run("similar", pictured, "i4", "--modality", "sound")
    assert answer.code != 0
    assert "fused, behavior, comment, text, image, attribute" in answer.flat_talk
