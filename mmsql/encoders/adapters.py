"""Adapted encoders: low-rank tensors in the file beside an encoder that stays as it is.

The name of an adapted encoder is that of its base with the hash of its adapter, such as
``wordllama+lora:0123456789abcdef``: vectors in the cache are known by it, so that nothing stale is read.
"""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass

import duckdb
import numpy as np
from safetensors.numpy import load as unpack

from mmsql.encoders import load_encoder
from mmsql.encoders.base import Encoder
from mmsql.errors import EncoderError

ADAPTED = re.compile(r"(.+)\+lora:([0-9a-f]{16})", re.DOTALL)
DOWN, UP = "map.down", "map.up"

_loaded: dict[str, Encoder] = {}
_lock = threading.Lock()


def base_name(name: str) -> str:
    """Return the name of an encoder without its adapter; what is no text is left to who loads it."""
    found = ADAPTED.fullmatch(name) if isinstance(name, str) else None
    return found[1] if found else name


def adapter_hash(name: str) -> str | None:
    """Return the hash of the adapter that an encoder's name says it has, or None."""
    found = ADAPTED.fullmatch(name) if isinstance(name, str) else None
    return found[2] if found else None


@dataclass(frozen=True)
class Adapter:
    """What fine-tuning has learned.

    Attributes
    ----------
    base : str
        Name of the encoder it belongs to.
    weights : bytes
        Tensors in safetensors form: ``map.down``, ``map.up`` (rank, dimension) of a map of vectors, or those that
        peft has for the layers of a Transformer.
    """

    base: str
    weights: bytes

    @property
    def hash(self) -> str:
        """Of the content: 16 hexadecimal digits."""
        return hashlib.sha256(self.weights).hexdigest()[:16]

    @property
    def name(self) -> str:
        """Of the adapted encoder."""
        return f"{self.base}+lora:{self.hash}"


@dataclass(frozen=True)
class MappedEncoder:
    """An encoder whose vectors v become v + (v Dᵀ) U, scaled to length 1: the identity plus a map of low rank.

    Attributes
    ----------
    name : str
        With the adapter.
    base : Encoder
        Whose vectors are mapped.
    down, up : ndarray, float32, (rank, dimension)
        D and U.
    """

    name: str
    base: Encoder
    down: np.ndarray
    up: np.ndarray

    @property
    def dimension(self) -> int:
        """Length of a vector: that of the base."""
        return self.base.dimension

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Embed texts: float32, (texts, dimension), of length 1, or zeros where the base gives zeros."""
        return self.mapped(self.base.encode(texts))

    def mapped(self, vectors: np.ndarray) -> np.ndarray:
        """Map vectors of the base: float32, (texts, dimension), to the same shape."""
        moved = vectors + (vectors @ self.down.T) @ self.up
        length = np.linalg.norm(moved, axis=1, keepdims=True)
        return (moved / np.where(length > 0, length, 1)).astype(np.float32)


@dataclass(frozen=True)
class LoraEncoder:
    """A Transformer with low-rank matrices in its attention, loaded when the first text needs it, once a process."""

    adapter: Adapter
    dimension: int

    @property
    def name(self) -> str:
        """With the adapter."""
        return self.adapter.name

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Embed texts: float32, (texts, dimension), of length 1."""
        from mmsql.encoders.lora import with_adapter

        with _lock:
            if self.name not in _loaded:
                _loaded[self.name] = with_adapter(
                    load_encoder(self.adapter.base), self.name, unpack(self.adapter.weights)
                )
        return _loaded[self.name].encode(texts)


def adapted_encoder(adapter: Adapter, base: Encoder) -> Encoder:
    """Return an encoder with an adapter that was made for it."""
    tensors = unpack(adapter.weights)
    if DOWN in tensors:
        return MappedEncoder(adapter.name, base, tensors[DOWN], tensors[UP])
    return LoraEncoder(adapter, base.dimension)


def read_adapter(con: duckdb.DuckDBPyConnection, name: str) -> Adapter:
    """Return the adapter of an adapted encoder from the file.

    Raises
    ------
    EncoderError
        When the file does not hold it.
    """
    rows = con.execute(
        "SELECT a.encoder, a.weights FROM mmsql.adapters a WHERE a.adapter = ?", [adapter_hash(name)]
    ).fetchall()
    if not rows:
        raise EncoderError(
            f"The adapter of the encoder {name!r} is not in this file. Run CALL train(finetune := 'lora') to make "
            f"one, or CALL train() for a model of the encoder as it is."
        )
    return Adapter(*rows[0])


def find_recipe(con: duckdb.DuckDBPyConnection, recipe: str) -> tuple[Adapter | None, str] | None:
    """Return the adapter that was made of a recipe with what is to be told about it; None for a new recipe."""
    rows = con.execute(
        "SELECT a.encoder, a.weights, a.note FROM mmsql.adapters a WHERE a.recipe = ?", [recipe]
    ).fetchall()
    if not rows:
        return None
    base, weights, note = rows[0]
    return (None if weights is None else Adapter(base, weights)), note


def store_adapter(con: duckdb.DuckDBPyConnection, recipe: str, adapter: Adapter | None, note: str) -> None:
    """Store what came of a recipe; of what no model in the file has, nothing else stays.

    Vectors of adapters that go are removed from the cache.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        In a transaction.
    recipe : str
        Hash of the texts, histories and options.
    adapter : Adapter, optional
        None where the encoder as it is is better.
    note : str
        What is to be told about it.
    """
    con.execute(
        "DELETE FROM mmsql.adapters a WHERE a.adapter IS NULL OR NOT EXISTS (FROM mmsql.models m "
        "WHERE m.status = 'ready' AND (m.config ->> 'encoder') = a.encoder || '+lora:' || a.adapter)"
    )
    con.execute(
        "INSERT OR REPLACE INTO mmsql.adapters VALUES (?, ?, ?, ?, ?, now()::TIMESTAMP)",
        [recipe, *((adapter.hash, adapter.base, adapter.weights) if adapter else (None, None, None)), note],
    )
    con.execute(
        "DELETE FROM mmsql.embedding_cache e WHERE regexp_full_match(e.encoder, '.+\\+lora:[0-9a-f]{16}', 's') "
        "AND NOT EXISTS (FROM mmsql.adapters a WHERE e.encoder = a.encoder || '+lora:' || a.adapter)"
    )
