"""Text encoders from sentence-transformers, by hub name or path."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from sentence_transformers import SentenceTransformer

from mmsql.errors import EncoderError

BATCH = 64


class SentenceEncoder:
    """A sentence-transformers model behind the :class:`~mmsql.encoders.base.Encoder` protocol.

    sentence-transformers encodes the longest texts first, in batches of similar length, to reduce padding.
    """

    def __init__(self, name: str, model: SentenceTransformer, batch_size: int) -> None:
        self.name = name
        self.model = model
        self.batch_size = batch_size
        self.dimension = len(self.encode(["a"])[0])

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Embed texts: float32, (texts, dimension), of length 1."""
        with torch.inference_mode():
            vectors = self.model.encode(
                list(texts),
                batch_size=self.batch_size,
                normalize_embeddings=True,
                convert_to_numpy=True,
                show_progress_bar=False,
            )
        return np.asarray(vectors, dtype=np.float32)


def load_by_name(name: str, device: str) -> SentenceEncoder:
    """Load a sentence-transformers model by hub name or path.

    Raises
    ------
    EncoderError
        If there is no such model, or the hub is out of reach.
    """
    try:
        model = SentenceTransformer(name, device=device)
    except Exception as error:
        reason = str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__
        raise EncoderError(
            f"The encoder {name!r} cannot be loaded: there is no such folder, or the model hub has no model of that "
            f"name or is out of reach. Type encoder := 'wordllama' for the one that needs no network, or the path "
            f"of a model saved with SentenceTransformer.save. ({reason})"
        ) from error
    return SentenceEncoder(name, model, BATCH)
