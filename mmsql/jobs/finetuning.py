"""Fine-tuning: adapt a text encoder to the texts and histories of a shop before models are trained."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import duckdb
import numpy as np
from safetensors.numpy import save as pack

from mmsql.config import BlendConfig, ModelConfig, TextConfig
from mmsql.data.content import drop_content_texts, make_content_texts
from mmsql.data.dataset import Dataset
from mmsql.data.splits import hold_out_last
from mmsql.db import sqlfiles
from mmsql.db.queries import to_arrow, transaction
from mmsql.encoders import load_encoder
from mmsql.encoders.adapters import Adapter, adapted_encoder, find_recipe, store_adapter
from mmsql.encoders.base import Encoder
from mmsql.encoders.names import DEFAULT_ENCODER, MULTILINGUAL_ENCODER
from mmsql.encoders.text_cache import encode_missing
from mmsql.models.base import EpochLog
from mmsql.models.comparison import surely_better

if TYPE_CHECKING:
    from mmsql.encoders.contrast import MappedTexts, TextPairs, TrainingBudget, TrainingRound
    from mmsql.encoders.lora import LoraTexts

    Module = LoraTexts | MappedTexts

PAIRS = 20_000  # largest number of pairs of either kind
TEXTS = 8  # largest number of texts of an item
WINDOW = 3  # largest distance of two items in a history, in positions
STANDARD_ERRORS = 2.0  # smallest gain of an adapter over the encoder alone
MIN_PAIRS = 32  # smallest number of training pairs; a quarter of it for the held-out pairs
MAP_BATCH, MAP_STEP_SIZE = 256, 0.002
LORA_BATCH, LORA_STEP_SIZE = 32, 0.001


@dataclass(frozen=True)
class Adapted:
    """A text encoder after fine-tuning.

    Attributes
    ----------
    encoder : Encoder
        The encoder, with its adapter where fine-tuning made one.
    note : str
        The result of fine-tuning in one line; empty where none was asked for.
    encoded : int
        Number of texts that were encoded for it and put into the cache.
    """

    encoder: Encoder
    note: str = ""
    encoded: int = 0


def asked_for(config: ModelConfig) -> TextConfig | None:
    """Return the fine-tuning options of a configuration, or None where it asks for none."""
    of_text = config.graph if isinstance(config, BlendConfig) else config
    return of_text if isinstance(of_text, TextConfig) and of_text.finetune == "lora" else None


def adapt(
    dataset: Dataset, encoder: Encoder, config: ModelConfig, log: Callable[[EpochLog], None], *, whole: bool = True
) -> Adapted:
    """Adapt a text encoder by self-supervision, where the configuration asks for it.

    Fine-tuning trains low-rank matrices beside the encoder, on pairs of texts that should be near: of one item, and
    of items near each other in a history. It does not see the texts and events that the dataset holds out. Of a
    complete dataset, it also leaves out the last events on which options are chosen, so that one adapter serves the
    choice and the final model. The adapter is kept only where it places texts of unseen items significantly better
    than the encoder alone. It is stored in one step under the hash of its inputs, and is not trained twice.

    Parameters
    ----------
    dataset : Dataset
        The texts and histories to learn from.
    encoder : Encoder
        The encoder, without an adapter.
    config : ModelConfig
        The configuration of the model to train.
    log : callable
        Called at intervals of training steps.
    whole : bool
        False where the last events of users are already held out of the dataset.

    Raises
    ------
    EncoderError
        When the encoder cannot be loaded, or has attention layers and the package peft is not installed.
    """
    options = asked_for(config)
    if options is None:
        return Adapted(encoder)
    if not whole:
        return _adapt(dataset, encoder, options, log)
    with hold_out_last(dataset, seed=options.seed) as (part, _):
        return _adapt(part, encoder, options, log)


def _adapt(dataset: Dataset, encoder: Encoder, options: TextConfig, log: Callable[[EpochLog], None]) -> Adapted:
    con = dataset.con
    make_content_texts(con)
    try:
        bound = {"seed": options.seed, "pairs": PAIRS, "texts": TEXTS, "window": WINDOW}
        con.execute(sqlfiles.query("training/texts", "text_pairs"), bound)
        (held_out, pairs) = con.execute(
            "SELECT count(*) FILTER (p.is_held_out), count(*) FILTER (NOT p.is_held_out) FROM text_pairs p"
        ).fetchall()[0]
        if pairs < MIN_PAIRS or held_out < MIN_PAIRS // 4:
            return Adapted(encoder, "The text encoder is unchanged: there are too few texts to adapt it.")
        recipe = _recipe(con, encoder, options)
        if found := find_recipe(con, recipe):
            (adapter, note), encoded = found, 0
        else:
            adapter, note, encoded = _train(con, encoder, options, log)
            with transaction(con):
                store_adapter(con, recipe, adapter, note)
    finally:
        con.execute("DROP TABLE IF EXISTS temp.text_pairs")
        drop_content_texts(con)
    return Adapted(encoder if adapter is None else adapted_encoder(adapter, encoder), note, encoded)


def _recipe(con: duckdb.DuckDBPyConnection, encoder: Encoder, options: TextConfig) -> str:
    """Hash all inputs of an adapter."""
    rows = con.execute(
        "SELECT count(*), sum(hash(p.anchor, p.positive, p.anchor_item, p.positive_item, p.is_held_out)::HUGEINT) "
        "FROM text_pairs p"
    ).fetchall()
    own = {name: getattr(options, name) for name in TextConfig.options() if name.startswith("finetune")}
    inputs = json.dumps([encoder.name, options.seed, own, str(rows)], sort_keys=True)
    return hashlib.sha256(inputs.encode()).hexdigest()[:32]


def _train(
    con: duckdb.DuckDBPyConnection, encoder: Encoder, options: TextConfig, log: Callable[[EpochLog], None]
) -> tuple[Adapter | None, str, int]:
    """Train an adapter; return it, or None where the encoder alone is as good, with a note and the texts encoded."""
    import torch

    from mmsql.encoders.contrast import train_pairs

    con.execute(sqlfiles.query("training/texts", "pair_texts"))
    try:
        with torch.random.fork_rng():
            torch.manual_seed(options.seed)
            module, budget, encoded = _module(con, encoder, options)
            before, best = train_pairs(module, read_pairs(con), budget, _rounds(log))
    finally:
        con.execute("DROP TABLE IF EXISTS temp.pair_texts")
    measure = f"the NDCG of texts of unseen items, {before.mean():.4f} with the encoder alone"
    if not surely_better(np.asarray(best - before), STANDARD_ERRORS):
        return None, f"The text encoder is unchanged: no adapter significantly raises {measure}.", encoded
    sizes = [(weight.numel(), weight.requires_grad) for weight in module.parameters()]
    trained, total = sum(size for size, own in sizes if own), sum(size for size, _ in sizes)
    share = f" of {total:,} ({trained / total:.2%})" if total > trained else ""
    note = f"The text encoder was adapted by {trained:,} parameters{share}: {measure}, is {best.mean():.4f}."
    return Adapter(encoder.name, pack(module.tensors())), note, encoded


def _module(
    con: duckdb.DuckDBPyConnection, encoder: Encoder, options: TextConfig
) -> tuple[Module, TrainingBudget, int]:
    """Return the module to train, its budget and the texts encoded: attention layers, or a map of the vectors."""
    from mmsql.encoders.contrast import MappedTexts, TrainingBudget

    def budget(batch: int, step_size: float) -> TrainingBudget:
        return TrainingBudget(
            steps=options.finetune_steps,
            seconds=options.finetune_seconds,
            batch=batch,
            learning_rate=step_size,
            seed=options.seed,
        )

    loaded = load_encoder(encoder.name)
    if loaded.name not in (DEFAULT_ENCODER, MULTILINGUAL_ENCODER):  # these have no attention
        from mmsql.encoders.lora import LoraTexts, attention_layers
        from mmsql.encoders.sentence import SentenceEncoder

        if isinstance(loaded, SentenceEncoder) and attention_layers(loaded):
            found = to_arrow(con, "SELECT t.body FROM pair_texts t ORDER BY t.position")
            module = LoraTexts(loaded, found["body"].to_pylist(), options.finetune_rank)
            return module, budget(LORA_BATCH, LORA_STEP_SIZE), 0
    encoded = encode_missing(con, encoder)
    found = to_arrow(
        con,
        "SELECT e.vector FROM pair_texts t JOIN mmsql.embedding_cache e "
        "ON e.content_hash = t.content_hash AND e.encoder = $encoder ORDER BY t.position",
        {"encoder": encoder.name},
    )
    vectors = found["vector"].combine_chunks().flatten().to_numpy().reshape(found.num_rows, -1)
    return (
        MappedTexts(vectors, options.finetune_rank),
        budget(MAP_BATCH, MAP_STEP_SIZE),
        encoded,
    )


def read_pairs(con: duckdb.DuckDBPyConnection) -> TextPairs:
    """Read the text pairs as positions in ``pair_texts``, with their items."""
    from mmsql.encoders.contrast import TextPairs

    found = con.execute(
        "SELECT a.position AS anchor, b.position AS positive, p.anchor_item, p.positive_item, p.is_held_out "
        "FROM text_pairs p "
        "JOIN pair_texts a ON a.content_hash = p.anchor JOIN pair_texts b ON b.content_hash = p.positive "
        "ORDER BY hash(a.position, b.position), a.position, b.position, p.anchor_item, p.positive_item"
    ).fetchnumpy()
    return TextPairs(
        text_indices=np.stack([found["anchor"], found["positive"]], axis=1).astype(np.int64),
        items=np.stack([found["anchor_item"], found["positive_item"]], axis=1).astype(np.int64),
        held_out=found["is_held_out"].astype(bool),
    )


def _rounds(log: Callable[[EpochLog], None]) -> Callable[[TrainingRound], None]:
    """Return a log that writes rounds as epochs."""
    numbers = itertools.count(1)
    return lambda row: log(
        EpochLog(epoch=next(numbers), loss=row.loss, validation_ndcg=row.ndcg, seconds=row.seconds)
    )
