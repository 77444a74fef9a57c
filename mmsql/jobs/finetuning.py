"""Fine-tuning: a text encoder adapted to a shop's own texts and histories, before models are trained on it."""

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
from mmsql.encoders.cache import encode_missing
from mmsql.models.base import EpochLog
from mmsql.models.comparison import surely_better

if TYPE_CHECKING:
    from mmsql.encoders.contrast import Budget, MappedTexts, Round, TextPairs
    from mmsql.encoders.lora import LoraTexts

    Module = LoraTexts | MappedTexts

PAIRS = 20_000  # of either kind, at most
TEXTS = 8  # of an item, at most
WINDOW = 3  # positions of a history that two items are apart, at most
STANDARD_ERRORS = 2.0  # by which an adapter must be better than the encoder alone
FEWEST = 32  # pairs to train on, and a quarter as many to measure by
MAP_BATCH, MAP_STEP_SIZE = 256, 0.002
LORA_BATCH, LORA_STEP_SIZE = 32, 0.001


@dataclass(frozen=True)
class Adapted:
    """A text encoder to go on with.

    Attributes
    ----------
    encoder : Encoder
        With its adapter, where one was asked for and found.
    note : str
        In one line, what became of it; empty where nothing was asked.
    encoded : int
        Texts that were encoded and put into the cache for it.
    """

    encoder: Encoder
    note: str = ""
    encoded: int = 0


def asked_for(config: ModelConfig) -> TextConfig | None:
    """Return the options of fine-tuning where a configuration asks for it, or None."""
    of_text = config.graph if isinstance(config, BlendConfig) else config
    return of_text if isinstance(of_text, TextConfig) and of_text.finetune == "lora" else None


def adapt(
    dataset: Dataset, encoder: Encoder, config: ModelConfig, log: Callable[[EpochLog], None], *, whole: bool = True
) -> Adapted:
    """Adapt a text encoder by self-supervision, where a configuration asks for it.

    Trained are matrices of low rank beside the encoder, by pairs of texts that should be near: of one item, and of
    items that stand near each other in a history. Texts and events that the dataset keeps back are not seen. Nor
    are, of a whole dataset, the last events that options are chosen by, so that one adapter does for the choice
    and for the final model. It is kept only where it places texts of items it has not seen better than the encoder
    alone, by more than chance. It is stored in one step when it is complete, under the hash of what it was made of,
    and is not made twice.

    Parameters
    ----------
    dataset : Dataset
        Whose texts and histories are learned from.
    encoder : Encoder
        Without an adapter.
    config : ModelConfig
        Of the model that is to be trained.
    log : callable
        Called every some steps.
    whole : bool
        False where the last events of users are kept back from the dataset already.

    Raises
    ------
    EncoderError
        When the encoder cannot be loaded, or has attention and the package peft is not installed.
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
        (held, pairs) = con.execute(
            "SELECT count(*) FILTER (p.is_held), count(*) FILTER (NOT p.is_held) FROM text_pairs p"
        ).fetchall()[0]
        if pairs < FEWEST or held < FEWEST // 4:
            return Adapted(encoder, "The text encoder is as it was: there are too few texts to adapt it by.")
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
    """Hash everything that an adapter comes from."""
    rows = con.execute(
        "SELECT count(*), sum(hash(p.anchor, p.positive, p.anchor_item, p.positive_item, p.is_held)::HUGEINT) "
        "FROM text_pairs p"
    ).fetchall()
    own = {name: getattr(options, name) for name in TextConfig.options() if name.startswith("finetune")}
    told = json.dumps([encoder.name, options.seed, own, str(rows)], sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()[:32]


def _train(
    con: duckdb.DuckDBPyConnection, encoder: Encoder, options: TextConfig, log: Callable[[EpochLog], None]
) -> tuple[Adapter | None, str, int]:
    """Train an adapter; None where the encoder alone does better. With it, what is to be told, and texts encoded."""
    import torch

    from mmsql.encoders.contrast import train_pairs

    con.execute(sqlfiles.query("training/texts", "pair_texts"))
    try:
        with torch.random.fork_rng():
            torch.manual_seed(options.seed)
            module, budget, encoded = _module(con, encoder, options)
            before, best = train_pairs(module, _read_pairs(con), budget, _rounds(log))
    finally:
        con.execute("DROP TABLE IF EXISTS temp.pair_texts")
    rose = f"the NDCG of texts of items it has not seen, {before.mean():.4f} by the encoder alone"
    gain = np.asarray(best - before)
    if not surely_better(gain, STANDARD_ERRORS):
        return None, f"The text encoder is as it was: nothing was found that surely raises {rose}.", encoded
    sizes = [(weight.numel(), weight.requires_grad) for weight in module.parameters()]
    free, whole = sum(size for size, own in sizes if own), sum(size for size, _ in sizes)
    share = f" of {whole:,} ({free / whole:.2%})" if whole > free else ""
    note = f"The text encoder was adapted by {free:,} parameters{share}: {rose}, is {best.mean():.4f}."
    return Adapter(encoder.name, pack(module.tensors())), note, encoded


def _module(con: duckdb.DuckDBPyConnection, encoder: Encoder, options: TextConfig) -> tuple[Module, Budget, int]:
    """Return what is trained, how, and texts encoded: the attention of an encoder, or a map of its vectors."""
    from mmsql.encoders.contrast import Budget, MappedTexts
    from mmsql.encoders.lora import LoraTexts, attention_layers
    from mmsql.encoders.sentence import SentenceEncoder

    def budget(batch: int, step_size: float) -> Budget:
        return Budget(
            steps=options.finetune_steps,
            seconds=options.finetune_seconds,
            batch=batch,
            learning_rate=step_size,
            seed=options.seed,
        )

    loaded = load_encoder(encoder.name)
    if isinstance(loaded, SentenceEncoder) and attention_layers(loaded):
        found = to_arrow(con, "SELECT t.body FROM pair_texts t ORDER BY t.place")
        module = LoraTexts(loaded, found["body"].to_pylist(), options.finetune_rank)
        return module, budget(LORA_BATCH, LORA_STEP_SIZE), 0
    encoded = encode_missing(con, encoder)
    found = to_arrow(
        con,
        "SELECT e.vector FROM pair_texts t JOIN mmsql.embedding_cache e "
        "ON e.content_hash = t.content_hash AND e.encoder = $encoder ORDER BY t.place",
        {"encoder": encoder.name},
    )
    vectors = found["vector"].combine_chunks().flatten().to_numpy().reshape(found.num_rows, -1)
    return (
        MappedTexts(vectors, options.finetune_rank),
        budget(MAP_BATCH, MAP_STEP_SIZE),
        encoded,
    )


def _read_pairs(con: duckdb.DuckDBPyConnection) -> TextPairs:
    from mmsql.encoders.contrast import TextPairs

    found = con.execute(
        "SELECT a.place AS anchor, b.place AS positive, p.anchor_item, p.positive_item, p.is_held FROM text_pairs p "
        "JOIN pair_texts a ON a.content_hash = p.anchor JOIN pair_texts b ON b.content_hash = p.positive "
        "ORDER BY hash(a.place, b.place), a.place, b.place, p.anchor_item, p.positive_item"
    ).fetchnumpy()
    return TextPairs(
        places=np.stack([found["anchor"], found["positive"]], axis=1).astype(np.int64),
        items=np.stack([found["anchor_item"], found["positive_item"]], axis=1).astype(np.int64),
        held=found["is_held"].astype(bool),
    )


def _rounds(log: Callable[[EpochLog], None]) -> Callable[[Round], None]:
    """Return a log of rounds that writes them down as epochs."""
    numbers = itertools.count(1)
    return lambda row: log(
        EpochLog(epoch=next(numbers), loss=row.loss, validation_ndcg=row.ndcg, seconds=row.seconds)
    )
