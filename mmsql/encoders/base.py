"""The one protocol of encoders: texts in, vectors out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np


class Encoder(Protocol):
    """Makes embeddings of texts.

    Attributes
    ----------
    name : str
        What the cache knows its vectors by: a packaged encoder, a hub name or a path.
    dimension : int
        Length of a vector.
    """

    @property
    def name(self) -> str: ...  # noqa: D102

    @property
    def dimension(self) -> int: ...  # noqa: D102

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Embed texts.

        Returns
        -------
        ndarray, float32, (texts, dimension)
            Vectors of length 1; zeros for a text without any known token.
        """
        ...
