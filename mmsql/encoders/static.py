"""The packaged encoder: the mean of static token vectors."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from itertools import chain
from pathlib import Path

import numpy as np
import torch
from torch.nn import EmbeddingBag
from torch.nn.functional import normalize

from mmsql.encoders.names import DEFAULT_ENCODER
from mmsql.errors import EncoderError

BATCH = 1024
WEIGHTS = Path("weights", "l2_supercat_256.safetensors")
TOKENIZER = Path("tokenizers", "l2_supercat_tokenizer_config.json")


class StaticEncoder:
    """The token table of WordLlama (Miller, 2024), 32,000 tokens of 256 numbers; a text is the mean of its tokens.

    It needs no network, and neither transformers nor sentence-transformers, whose import takes seconds.

    Parameters
    ----------
    device : str
        Device of the table.

    Raises
    ------
    EncoderError
        If the package wordllama is not installed.
    """

    name = DEFAULT_ENCODER

    def __init__(self, device: str) -> None:
        spec = importlib.util.find_spec("wordllama")
        if spec is None or not spec.submodule_search_locations:
            raise EncoderError("The package wordllama is not installed. Run `pip install wordllama`.")
        root = Path(next(iter(spec.submodule_search_locations)))
        from safetensors.numpy import load_file
        from tokenizers import Tokenizer

        table = load_file(root / WEIGHTS)["embedding.weight"].astype(np.float32)
        self.tokenizer = Tokenizer.from_file(str(root / TOKENIZER))
        self.tokenizer.no_padding()
        self.table = EmbeddingBag.from_pretrained(torch.from_numpy(table), mode="mean").to(device)
        self.device = device
        self.dimension = table.shape[1]

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Embed texts: float32, (texts, dimension), of length 1; zeros for a text without a token."""
        batches = [self._encode(texts[start : start + BATCH]) for start in range(0, len(texts), BATCH)]
        return np.concatenate(batches) if batches else np.zeros((0, self.dimension), np.float32)

    def _encode(self, texts: Sequence[str]) -> np.ndarray:
        tokens = [text.ids for text in self.tokenizer.encode_batch(list(texts), add_special_tokens=False)]
        ends = np.cumsum([len(ids) for ids in tokens])
        flat = torch.tensor(list(chain.from_iterable(tokens)), dtype=torch.long, device=self.device)
        starts = torch.from_numpy(np.concatenate([[0], ends[:-1]])).to(self.device)
        with torch.inference_mode():
            return normalize(self.table(flat, starts)).cpu().numpy()
