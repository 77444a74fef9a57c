"""LoRA on the attention of a sentence-transformers model, by peft (Hu et al., "LoRA", 2022)."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from mmsql.encoders.base import Encoder
from mmsql.encoders.sentence import SentenceEncoder
from mmsql.errors import EncoderError

# Query and value projections, as in the paper, by the names that models of the library transformers give them.
ATTENTION = ("query", "value", "q_proj", "v_proj", "q_lin", "v_lin", "q", "v", "Wqkv", "qkv_proj")
TOKENS = 64  # of a text in training, at most: what comes after costs more than it says


def attention_layers(encoder: Encoder) -> list[str]:
    """Return the names of the layers of an encoder that LoRA adapts; none for one without attention."""
    if not isinstance(encoder, SentenceEncoder):
        return []
    return [
        name
        for name, layer in encoder.model.named_modules()
        if isinstance(layer, nn.Linear) and name.rsplit(".", 1)[-1] in ATTENTION
    ]


class LoraTexts(nn.Module):
    """The texts of a training, embedded by a copy of an encoder with new low-rank matrices.

    Parameters
    ----------
    encoder : SentenceEncoder
        It stays as it is.
    texts : list of str
        What is embedded, by place.
    rank : int
        Of the matrices.

    Raises
    ------
    EncoderError
        When the package peft is not installed.
    """

    def __init__(self, encoder: SentenceEncoder, texts: list[str], rank: int) -> None:
        super().__init__()
        self.texts = texts
        self.model, self.tuner = _tuned(encoder, attention_layers(encoder), rank)
        self.model.max_seq_length = min(self.model.max_seq_length or TOKENS, TOKENS)

    def forward(self, rows: Tensor) -> Tensor:
        """Embed the texts at some places: float32, (rows, dimension), of length 1."""
        batch = [self.texts[row] for row in rows.tolist()]
        device = next(self.model.parameters()).device
        tokens = {name: values.to(device) for name, values in _tokenize(self.model, batch).items()}
        return F.normalize(self.model(tokens)["sentence_embedding"].float(), dim=-1)

    def tensors(self) -> dict[str, np.ndarray]:
        """Return the low-rank matrices: float32."""
        from peft import get_peft_model_state_dict

        state = get_peft_model_state_dict(self.tuner, state_dict=self.tuner.state_dict(), adapter_name="default")
        return {name: values.detach().float().cpu().numpy() for name, values in state.items()}


def with_adapter(base: Encoder, name: str, tensors: dict[str, np.ndarray]) -> SentenceEncoder:
    """Return a copy of an encoder with low-rank matrices added to its weights.

    Parameters
    ----------
    base : SentenceEncoder
        It stays as it is.
    name : str
        Of the copy.
    tensors : dict of str to ndarray
        Of :meth:`LoraTexts.tensors`.

    Raises
    ------
    EncoderError
        When the base is another one than that the matrices were made for, or peft is not installed.
    """
    layers = attention_layers(base)
    ranks = {values.shape[0] for key, values in tensors.items() if "lora_A" in key}
    if not isinstance(base, SentenceEncoder) or 2 * len(layers) != len(tensors) or len(ranks) != 1:
        raise EncoderError(
            f"The adapter of {name!r} was made for another model than the one of that name now. "
            f"Run CALL train(finetune := 'lora') to make a new one."
        )
    model, tuner = _tuned(base, layers, ranks.pop())
    from peft import set_peft_model_state_dict

    state = {key: torch.from_numpy(values.copy()) for key, values in tensors.items()}
    set_peft_model_state_dict(tuner, state, adapter_name="default")
    return SentenceEncoder(name, tuner.merge_and_unload() or model, base.batch_size)


def _tuned(encoder: SentenceEncoder, layers: list[str], rank: int) -> tuple[Any, Any]:
    """Return a copy of an encoder's model, and the tuner that has put its matrices into it."""
    try:
        from peft import LoraConfig, LoraModel
    except ImportError as error:
        raise EncoderError(
            "Fine-tuning a Transformer needs the package peft. Run `pip install 'mmsql[finetune]'`, or type "
            "finetune := 'none'."
        ) from error
    model = copy.deepcopy(encoder.model)
    # The factor of the product, lora_alpha / r, is 1: the tensors say everything.
    return model, LoraModel(model, LoraConfig(r=rank, lora_alpha=rank, target_modules=layers), "default")


def _tokenize(model: Any, texts: list[str]) -> dict[str, Tensor]:
    """Make the input of a model: sentence-transformers calls it preprocess from 5.4 on."""
    prepare = getattr(model, "preprocess", None) or model.tokenize
    return {name: values for name, values in prepare(texts).items() if isinstance(values, Tensor)}
