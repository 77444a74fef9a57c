"""The protocol of text encoders."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np


class Encoder(Protocol):
    """An encoder of texts.

    Attributes
    ----------
    name : str
        A packaged encoder, a hub name or a path. The cache stores vectors under this name.
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
            Vectors of length 1; zeros for a text without a known token.
        """
        ...
