"""Options of the deep model."""

from __future__ import annotations

from dataclasses import dataclass

from mmsql.config.base import DEVICES, choice, number
from mmsql.config.finetuning import TextConfig
from mmsql.errors import OptionError

BEHAVIOR_ENCODERS = ("transformer", "gru", "mean")
DIVERSITIES = ("similarity", "literal")
LOSSES = ("softmax", "gbce")


@dataclass(frozen=True, kw_only=True)
class FusionConfig(TextConfig):
    """Options of ``fusion``, the deep model.

    Attributes
    ----------
    behavior : {'transformer', 'gru', 'mean'}
        The behavior encoder of the user tower: transformer, gru or mean.
    embedding_size : int
        Size of item and user vectors.
    layers : int
        Number of Transformer layers.
    heads : int
        Number of attention heads.
    pretrain_epochs : int
        Passes over the catalog before training, which contrast the modalities of items. 0 by default, since it
        brought no significant gain on the data sets that the defaults were tuned on.
    epochs : int
        Passes over the data. If a search chooses the number for the final training, this is its upper limit.
    batch_size : int
        Histories per step. The batch is smaller if histories have more than 8 events on average, or if an epoch would
        otherwise have fewer than 16 steps.
    learning_rate : float
        Step size of AdamW.
    regularization : float
        Weight decay of AdamW.
    dropout : float
        Share of activations that training drops.
    id_dropout : float
        Share of id embeddings that training drops, so that the model learns to score cold items by content.
    loss : {'softmax', 'gbce'}
        Precision loss. softmax: cross-entropy over the next item. gbce: the generalized binary cross-entropy of
        gSASRec.
    gbce_t : float
        Calibration of gbce. 0: plain binary cross-entropy. 1: the probabilities are those of a training that uses all
        items as negatives.
    alpha : float
        Weight of the diversity loss beside the precision loss.
    diversity : {'similarity', 'literal'}
        Form of the diversity loss. similarity: items of one list should differ in content, and lists should differ
        between users. literal: all items should have more equal probabilities.
    negatives : int
        Negative items drawn per step. A catalog of at most twice as many items is used as a whole.
    patience : int
        Epochs without a better validation NDCG before the search stops.
    time_budget : float
        Seconds of the search for the best epoch, after which no epoch begins. If this limit applies, the same seed
        may not give the same model.
    decay : float
        Weight of an event relative to an event at the next later timestamp. It applies only to events that are not in
        the user's vector, which count through edges.
    device : {'auto', 'cpu', 'cuda', 'mps'}
        Device of the training; ``auto`` takes CUDA, then MPS, then the CPU.
    """

    behavior: str = choice("transformer", BEHAVIOR_ENCODERS)
    embedding_size: int = number(64, 2, 4096, tune=(32, 128), step=32)
    layers: int = number(2, 1, 24, tune=(1, 3))
    heads: int = number(2, 1, 64)
    pretrain_epochs: int = number(0, 0, 100_000)
    epochs: int = number(100, 1, 100_000)
    batch_size: int = number(128, 1, 1_000_000)
    learning_rate: float = number(0.002, 1e-8, 10, tune=(0.0003, 0.01), log=True)
    regularization: float = number(0.1, 0, 10, tune=(0.001, 1.0), log=True)
    dropout: float = number(0.3, 0, 0.95, tune=(0.0, 0.6))
    id_dropout: float = number(0.1, 0, 0.95, tune=(0.0, 0.5))
    loss: str = choice("softmax", LOSSES)
    gbce_t: float = number(0.75, 0, 1)
    alpha: float = number(0.05, 0, 100)
    diversity: str = choice("similarity", DIVERSITIES)
    negatives: int = number(1024, 1, 10_000_000)
    patience: int = number(5, 1, 100_000)
    time_budget: float = number(1800.0, 1, 10**9)
    decay: float = number(0.7, 0, 1)
    device: str = choice("auto", DEVICES)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.behavior == "transformer" and self.embedding_size % self.heads:
            raise OptionError(
                f"embedding_size must be a multiple of heads; {self.embedding_size} and {self.heads} were given. "
                f"Type embedding_size := {self.embedding_size + -self.embedding_size % self.heads}."
            )
