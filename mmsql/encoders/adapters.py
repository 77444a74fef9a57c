"""Adapted encoders: a base encoder plus low-rank tensors that are stored in the file.

The name of an adapted encoder is the name of its base and the hash of its adapter, such as
``wordllama+lora:0123456789abcdef``. The cache stores vectors under this name, so vectors of another adapter are never
read.
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
    """Return the name of an encoder without its adapter. Values other than text are returned unchanged."""
    match = ADAPTED.fullmatch(name) if isinstance(name, str) else None
    return match[1] if match else name


def adapter_hash(name: str) -> str | None:
    """Return the hash of the adapter in an encoder's name, or None."""
    match = ADAPTED.fullmatch(name) if isinstance(name, str) else None
    return match[2] if match else None


@dataclass(frozen=True)
class Adapter:
    """The result of fine-tuning an encoder.

    Attributes
    ----------
    base : str
        Name of the base encoder.
    weights : bytes
        Tensors in safetensors form: ``map.down`` and ``map.up`` (rank, dimension) of a linear map of vectors, or the
        tensors of peft for the layers of a Transformer.
    """

    base: str
    weights: bytes

    @property
    def hash(self) -> str:
        """Return the hash of the weights: 16 hexadecimal digits."""
        return hashlib.sha256(self.weights).hexdigest()[:16]

    @property
    def name(self) -> str:
        """Return the name of the adapted encoder."""
        return f"{self.base}+lora:{self.hash}"


@dataclass(frozen=True)
class MappedEncoder:
    """An encoder that maps the vectors v of its base to v + (v Dᵀ) U, scaled to length 1.

    Attributes
    ----------
    name : str
        Name of the adapted encoder.
    base : Encoder
        Base encoder.
    down, up : ndarray, float32, (rank, dimension)
        D and U.
    """

    name: str
    base: Encoder
    down: np.ndarray
    up: np.ndarray

    @property
    def dimension(self) -> int:
        """Return the dimension of the base."""
        return self.base.dimension

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Embed texts: float32, (texts, dimension), of length 1; zeros where the base returns zeros."""
        return self.mapped(self.base.encode(texts))

    def mapped(self, vectors: np.ndarray) -> np.ndarray:
        """Map vectors of the base: float32, (texts, dimension)."""
        mapped = vectors + (vectors @ self.down.T) @ self.up
        length = np.linalg.norm(mapped, axis=1, keepdims=True)
        return (mapped / np.where(length > 0, length, 1)).astype(np.float32)


@dataclass(frozen=True)
class LoraEncoder:
    """A Transformer with low-rank matrices in its attention. It is loaded once, when the first text needs it."""

    adapter: Adapter
    dimension: int

    @property
    def name(self) -> str:
        """Return the name of the adapted encoder."""
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
    """Return a base encoder with an adapter that was trained for it."""
    tensors = unpack(adapter.weights)
    if DOWN in tensors:
        return MappedEncoder(adapter.name, base, tensors[DOWN], tensors[UP])
    return LoraEncoder(adapter, base.dimension)


def read_adapter(con: duckdb.DuckDBPyConnection, name: str) -> Adapter:
    """Read the adapter of an adapted encoder from the file.

    Raises
    ------
    EncoderError
        If the file does not have it.
    """
    rows = con.execute(
        "SELECT a.encoder, a.weights FROM mmsql.adapters a WHERE a.adapter = ?", [adapter_hash(name)]
    ).fetchall()
    if not rows:
        raise EncoderError(
            f"The adapter of the encoder {name!r} is not in this file. Run CALL train(finetune := 'lora') to train "
            f"one, or CALL train() for a model without an adapter."
        )
    return Adapter(*rows[0])


def find_recipe(con: duckdb.DuckDBPyConnection, recipe: str) -> tuple[Adapter | None, str] | None:
    """Return the adapter and the note that a recipe produced; None for a new recipe."""
    rows = con.execute(
        "SELECT a.encoder, a.weights, a.note FROM mmsql.adapters a WHERE a.recipe = ?", [recipe]
    ).fetchall()
    if not rows:
        return None
    base, weights, note = rows[0]
    return (None if weights is None else Adapter(base, weights)), note


def store_adapter(con: duckdb.DuckDBPyConnection, recipe: str, adapter: Adapter | None, note: str) -> None:
    """Store the result of a recipe, and remove the results that no model in the file uses.

    Vectors of removed adapters are removed from the cache.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        Connection in a transaction.
    recipe : str
        Hash of the texts, histories and options.
    adapter : Adapter, optional
        None if the base encoder was better.
    note : str
        One line that tells the user about the result.
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
