"""Shops whose comments say what an item is about, and a tiny Transformer."""

from __future__ import annotations

import importlib
import importlib.util
import shutil

import pytest
from adapters import LORA

import mmsql
from mmsql.jobs import finetuning, training

TOPICS = ("camp tent stove", "read novel page", "bake flour oven", "paint brush easel")


SAID = ("slept dry hill", "could stop chapter", "crust rose warm", "colour wet canvas")


def make_topics(path):
    """Make a shop of four kinds of items, which titles and comments name in different words, one kind a user."""
    with mmsql.connect(path) as con:
        items, comments = [], []
        for item in range(60):
            kind = item % 4
            items.append([f"i{item}", f"{TOPICS[kind]} {item}"])
            for n in range(3):
                told = [f"i{item}", f"u{(item + 4 * n) % 40}", f"{SAID[kind]} {item} {n}", 5, f"2025-02-0{n + 1}"]
                comments.append(told)
        con.executemany("INSERT INTO items (item_id, title) VALUES (?, ?)", items)
        con.executemany("INSERT INTO comments VALUES (?, ?, ?, ?, ?)", comments)
        con.execute(
            "INSERT INTO interactions SELECT 'u' || u, 'i' || ((u + 4 * n) % 60), 'buy', NULL, "
            "TIMESTAMP '2025-01-01' + to_days(n::INTEGER) FROM range(40) t(u), range(6) s(n)"
        )


@pytest.fixture
def topics(made_once, tmp_path, counting_encoder):
    """Give a connection to a copy of the shop of topics."""
    with mmsql.connect(shutil.copyfile(made_once("topics", make_topics), tmp_path / "topics.duckdb")) as con:
        yield con


@pytest.fixture
def adapted(made_once, tmp_path, counting_encoder):
    """Give a connection to a copy of the shop of topics with a model, graph-1, whose encoder is adapted."""

    def make(path):
        with mmsql.connect(shutil.copyfile(made_once("topics", make_topics), path)) as con:
            training.train(con.cursor(), "graph", options=LORA)
        counting_encoder.batches.clear()

    with mmsql.connect(shutil.copyfile(made_once("adapted", make), tmp_path / "topics.duckdb")) as con:
        yield con


@pytest.fixture(scope="session")
def tiny_transformer(tmp_path_factory):
    """Save an untrained Transformer with 2 layers of width 32."""
    import torch
    from sentence_transformers import SentenceTransformer
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Whitespace
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    folder = tmp_path_factory.mktemp("tiny")
    words = ["[PAD]", "[UNK]", *" ".join((*TOPICS, *SAID)).split(), *(str(n) for n in range(60))]
    tokens = Tokenizer(WordLevel({word: place for place, word in enumerate(words)}, unk_token="[UNK]"))
    tokens.pre_tokenizer = Whitespace()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=tokens, pad_token="[PAD]", unk_token="[UNK]")
    tokenizer.save_pretrained(folder / "parts")
    config = BertConfig(
        vocab_size=len(words),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=80,
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)  # independent of the tests before this one
        BertModel(config).save_pretrained(folder / "parts")
    try:
        models = importlib.import_module("sentence_transformers.sentence_transformer.modules")
    except ImportError:  # sentence-transformers 5.1 and earlier
        models = importlib.import_module("sentence_transformers.models")
    part = models.Transformer(str(folder / "parts"))
    SentenceTransformer(modules=[part, models.Pooling(32)], device="cpu").save(str(folder / "whole"))
    return str(folder / "whole")


@pytest.fixture
def learned(monkeypatch):
    """Record the training data of every adaptation: texts, and pairs of items."""
    seen = []
    read = finetuning.read_pairs

    def noted(con):
        texts = {body for (body,) in con.execute("SELECT t.body FROM pair_texts t").fetchall()}
        items = con.execute(
            "SELECT DISTINCT a.item_id, b.item_id FROM text_pairs p "
            "JOIN train_catalog a ON a.item_index = p.anchor_item "
            "JOIN train_catalog b ON b.item_index = p.positive_item WHERE p.anchor_item <> p.positive_item"
        ).fetchall()
        seen.append((texts, set(items)))
        return read(con)

    monkeypatch.setattr(finetuning, "read_pairs", noted)
    return seen
