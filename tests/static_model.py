"""The packaged encoder as a model of sentence-transformers."""

from __future__ import annotations

from pathlib import Path

from mmsql.encoders.static import StaticEncoder


def save_static_model(encoder: StaticEncoder, folder: Path) -> str:
    """Save the token table for ``SentenceTransformer`` to load, and return the path."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding

    table = StaticEmbedding(encoder.tokenizer, embedding_weights=encoder.table.weight.numpy())
    SentenceTransformer(modules=[table], device="cpu").save(str(folder))
    return str(folder)
