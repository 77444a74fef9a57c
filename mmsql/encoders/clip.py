"""Image encoders from sentence-transformers, such as CLIP, which embed pictures and words in one space."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from sentence_transformers import SentenceTransformer

from mmsql.errors import EncoderError

if TYPE_CHECKING:
    from PIL import Image

BATCH = 32


class ClipEncoder:
    """A sentence-transformers model that embeds pictures and words.

    Parameters
    ----------
    name : str
        Name of the encoder. The cache stores vectors under this name.
    model : SentenceTransformer
        Model whose ``encode`` takes RGB pictures and texts.

    Raises
    ------
    EncoderError
        If the model does not take pictures.
    """

    def __init__(self, name: str, model: SentenceTransformer) -> None:
        from PIL import Image

        self.name, self.model = name, model
        try:
            self.dimension = self.encode([Image.new("RGB", (32, 32))]).shape[1]
        except Exception as error:
            raise EncoderError(
                f"{name!r} cannot embed pictures: it is a text encoder, or was saved without its image processor. "
                f"Type image_encoder := 'efficientnet-lite0', or name a CLIP model. ({_reason(error)})"
            ) from error

    def encode(self, pictures: Sequence[Image.Image]) -> np.ndarray:
        """Embed RGB pictures: float32, (pictures, dimension), of length 1."""
        return self._embed(list(pictures))

    def encode_words(self, texts: Sequence[str]) -> np.ndarray:
        """Embed texts in the space of the pictures: float32, (texts, dimension), of length 1."""
        return self._embed(list(texts))

    def _embed(self, what: list[Any]) -> np.ndarray:
        with torch.inference_mode():
            vectors = self.model.encode(
                what, batch_size=BATCH, normalize_embeddings=True, convert_to_numpy=True, show_progress_bar=False
            )
        return np.asarray(vectors, dtype=np.float32).reshape(len(what), -1)


def load_clip(name: str, device: str) -> ClipEncoder:
    """Load a sentence-transformers model for pictures by hub name or path.

    Raises
    ------
    EncoderError
        If there is no such model, the hub is out of reach, or the model does not take pictures.
    """
    try:
        model = SentenceTransformer(name, device=device)
    except Exception as error:
        raise EncoderError(
            f"The image encoder {name!r} cannot be loaded: there is no such folder, or the model hub has no model "
            f"of that name or is out of reach. Type image_encoder := 'efficientnet-lite0' for the one that needs no "
            f"network, or the path of a CLIP model saved with SentenceTransformer.save. ({_reason(error)})"
        ) from error
    return ClipEncoder(name, model)


def _reason(error: Exception) -> str:
    return str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__
