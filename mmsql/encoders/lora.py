"""LoRA on the attention of a sentence-transformers model, with peft (Hu et al., "LoRA", 2022)."""

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

# Query and value projections, as in the paper, under their names in the models of the library transformers.
ATTENTION = ("query", "value", "q_proj", "v_proj", "q_lin", "v_lin", "q", "v", "Wqkv", "qkv_proj")
MAX_TOKENS = 64  # tokens of a text in training; more cost time and add little


def attention_layers(encoder: Encoder) -> list[str]:
    """Return the names of the encoder's layers that LoRA adapts; none for an encoder without attention."""
    if not isinstance(encoder, SentenceEncoder):
        return []
    return [
        name
        for name, layer in encoder.model.named_modules()
        if isinstance(layer, nn.Linear) and name.rsplit(".", 1)[-1] in ATTENTION
    ]


class LoraTexts(nn.Module):
    """Texts, embedded by a copy of an encoder with new low-rank matrices.

    Parameters
    ----------
    encoder : SentenceEncoder
        Base encoder, which is not changed.
    texts : list of str
        Texts, addressed by index.
    rank : int
        Rank of the matrices.

    Raises
    ------
    EncoderError
        If the package peft is not installed.
    """

    def __init__(self, encoder: SentenceEncoder, texts: list[str], rank: int) -> None:
        super().__init__()
        self.texts = texts
        self.model, self.tuner = _add_lora(encoder, attention_layers(encoder), rank)
        self.model.max_seq_length = min(self.model.max_seq_length or MAX_TOKENS, MAX_TOKENS)

    def forward(self, rows: Tensor) -> Tensor:
        """Embed the texts with the given indices: float32, (rows, dimension), of length 1."""
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
        Base encoder, which is not changed.
    name : str
        Name of the copy.
    tensors : dict of str to ndarray
        Result of :meth:`LoraTexts.tensors`.

    Raises
    ------
    EncoderError
        If the matrices were trained for another model, or peft is not installed.
    """
    layers = attention_layers(base)
    ranks = {values.shape[0] for key, values in tensors.items() if "lora_A" in key}
    if not isinstance(base, SentenceEncoder) or 2 * len(layers) != len(tensors) or len(ranks) != 1:
        raise EncoderError(
            f"The adapter of {name!r} was trained for another model than the one that has this name now. "
            f"Run CALL train(finetune := 'lora') to train a new one."
        )
    model, tuner = _add_lora(base, layers, ranks.pop())
    from peft import set_peft_model_state_dict

    state = {key: torch.from_numpy(values.copy()) for key, values in tensors.items()}
    set_peft_model_state_dict(tuner, state, adapter_name="default")
    return SentenceEncoder(name, tuner.merge_and_unload() or model, base.batch_size)


def _add_lora(encoder: SentenceEncoder, layers: list[str], rank: int) -> tuple[Any, Any]:
    """Return a copy of an encoder's model with low-rank matrices, and the peft tuner that added them."""
    try:
        from peft import LoraConfig, LoraModel
    except ImportError as error:
        raise EncoderError(
            "Fine-tuning a Transformer needs the package peft. Run `pip install 'mmsql[finetune]'`, or type "
            "finetune := 'none'."
        ) from error
    model = copy.deepcopy(encoder.model)
    # The scale of the product, lora_alpha / r, is 1, so the tensors define the adapter completely.
    return model, LoraModel(model, LoraConfig(r=rank, lora_alpha=rank, target_modules=layers), "default")


def _tokenize(model: Any, texts: list[str]) -> dict[str, Tensor]:
    """Tokenize texts. The method is called ``preprocess`` since sentence-transformers 5.4."""
    prepare = getattr(model, "preprocess", None) or model.tokenize
    return {name: values for name, values in prepare(texts).items() if isinstance(values, Tensor)}
