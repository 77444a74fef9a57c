"""Options of the deep model."""

from __future__ import annotations

from dataclasses import dataclass

from mmsql.config.base import DEVICES, ModelConfig, choice, number
from mmsql.errors import OptionError

BEHAVIOR_ENCODERS = ("transformer", "gru", "mean")
DIVERSITIES = ("similarity", "literal")


@dataclass(frozen=True, kw_only=True)
class FusionConfig(ModelConfig):
    """Options of ``fusion``, the deep model.

    Attributes
    ----------
    behavior : {'transformer', 'gru', 'mean'}
        The behaviour encoder of the user tower.
    embedding_size : int
        Width of item and user vectors.
    layers : int
        Layers of the Transformer.
    heads : int
        Attention heads of the Transformer.
    epochs : int
        Passes over the data at most.
    batch_size : int
        Users a step.
    learning_rate : float
        Step size of AdamW.
    regularization : float
        Weight decay of AdamW.
    dropout : float
        Share of activations dropped in training.
    id_dropout : float
        Share of id embeddings dropped whole in training, so that content alone must do for cold items.
    alpha : float
        Weight of the diversity loss beside the precision loss.
    diversity : {'similarity', 'literal'}
        Form of the diversity loss.
    negatives : int
        Items drawn a step to compare with, where the catalog is too large to compare with all of it.
    patience : int
        Epochs without a better validation NDCG before training stops.
    time_budget : float
        Seconds that training may take: no epoch begins once half of them are spent, since the last training on
        everything takes about as long again. Where it cuts training short, the same seed may not give the same model.
    decay : float
        For users the model has no vector of: what an event is worth against the one after it.
    device : {'auto', 'cpu', 'cuda', 'mps'}
        Where it runs; ``auto`` takes CUDA, then MPS, then the CPU.
    """

    behavior: str = choice("transformer", BEHAVIOR_ENCODERS)
    embedding_size: int = number(64, 2, 4096)
    layers: int = number(2, 1, 24)
    heads: int = number(2, 1, 64)
    epochs: int = number(30, 1, 100_000)
    batch_size: int = number(64, 1, 1_000_000)
    learning_rate: float = number(0.002, 1e-8, 10)
    regularization: float = number(0.1, 0, 10)
    dropout: float = number(0.3, 0, 0.95)
    id_dropout: float = number(0.1, 0, 0.95)
    alpha: float = number(0.05, 0, 100)
    diversity: str = choice("similarity", DIVERSITIES)
    negatives: int = number(4096, 1, 10_000_000)
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
