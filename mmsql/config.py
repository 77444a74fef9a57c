"""Configuration of training and evaluation: frozen, keyword-only, checked when made."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass, field
from typing import Any, TypeVar

from mmsql.errors import OptionError, unknown_option

DEVICES = ("auto", "cpu", "cuda", "mps")
BEHAVIOR_ENCODERS = ("transformer", "gru", "mean")
DIVERSITIES = ("similarity", "literal")
SPLITS = ("leave_last_out", "time")


def number(default: float, low: float = -math.inf, high: float = math.inf) -> Any:
    """Declare a numeric option with its allowed range, both ends included."""
    return field(default=default, metadata={"low": low, "high": high})


def choice(default: str, allowed: tuple[str, ...]) -> Any:
    """Declare an option that is one of a few names."""
    return field(default=default, metadata={"allowed": allowed})


@dataclass(frozen=True, kw_only=True)
class Config:
    """Base of all configurations: checks every field against its declaration.

    Raises
    ------
    OptionError
        When a value is outside its range, not of its type, or not one of the allowed names.
    """

    def __post_init__(self) -> None:
        for spec in dataclasses.fields(self):
            value = getattr(self, spec.name)
            if "allowed" in spec.metadata and value not in spec.metadata["allowed"]:
                raise unknown_option(spec.name, value, spec.metadata["allowed"])
            if "low" in spec.metadata:
                object.__setattr__(self, spec.name, _checked_number(spec, value))


def _checked_number(spec: dataclasses.Field[Any], value: Any) -> float | int:
    low, high, whole = spec.metadata["low"], spec.metadata["high"], isinstance(spec.default, int)
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if not is_number or not low <= value <= high or (whole and value != int(value)):
        kind = "a whole number" if whole else "a number"
        raise OptionError(f"{spec.name} must be {kind}{_range(low, high)}; {value!r} was given.")
    return int(value) if whole else float(value)


def _range(low: float, high: float) -> str:
    if math.isinf(high):
        return f" of at least {low:g}" if not math.isinf(low) else ""
    return f" from {low:g} to {high:g}"


@dataclass(frozen=True, kw_only=True)
class ModelConfig(Config):
    """Options every algorithm has.

    Attributes
    ----------
    seed : int
        Seed of everything random. Same seed, same data, same machine: same model.
    popularity_weight : float
        Height of the bias, relative to the strongest edge of a typical item.
    history_length : int
        How many of a user's latest items speak for recommendations.
    """

    seed: int = number(42, 0, 2**31 - 1)
    popularity_weight: float = number(0.02, 0, 100)
    history_length: int = number(50, 1, 10_000)


@dataclass(frozen=True, kw_only=True)
class PopularityConfig(ModelConfig):
    """Options of ``popularity``: none of its own."""


@dataclass(frozen=True, kw_only=True)
class GraphConfig(ModelConfig):
    """Options of ``graph``, the item graph.

    Attributes
    ----------
    decay : float
        What an event is worth against the one a moment of time later.
    window_size : int
        How many positions apart two items of one history may be to be joined by an edge.
    distance_decay : float
        What a pair is worth against one that is a position closer.
    reverse_share : float
        Share of an edge that also goes backward in time. Events of one moment count both ways in full.
    source_exponent : float
        Power of the degree of the item an edge leaves, which its weight is divided by.
    target_exponent : float
        Power of the degree of the item an edge enters, which its weight is divided by; damps popular items.
    neighbors : int
        Behaviour edges kept an item.
    comment_weight : float
        Weight of the edges between items whose comments read alike, relative to behaviour.
    text_weight : float
        Weight of the edges between items described alike, relative to behaviour.
    attribute_weight : float
        Weight of the edges between items that share attributes, relative to behaviour.
    content_neighbors : int
        Content edges kept an item and modality.
    """

    decay: float = number(0.7, 0, 1)
    window_size: int = number(10, 1, 1000)
    distance_decay: float = number(0.8, 0, 1)
    reverse_share: float = number(0.5, 0, 1)
    source_exponent: float = number(0.3, 0, 1)
    target_exponent: float = number(0.15, 0, 1)
    neighbors: int = number(200, 1, 10_000)
    comment_weight: float = number(0.15, 0, 10)
    text_weight: float = number(0.1, 0, 10)
    attribute_weight: float = number(0.1, 0, 10)
    content_neighbors: int = number(20, 1, 1000)


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


@dataclass(frozen=True, kw_only=True)
class EvaluationConfig(Config):
    """Options of an evaluation.

    Attributes
    ----------
    split : {'leave_last_out', 'time'}
        Keep back each user's last item, or everything after a moment in time.
    k : int
        Length of the lists the returned figures are for.
    seed : int
        Breaks ties in time, and seeds training.
    test_share : float
        For ``time``: the share of events after the moment.
    """

    split: str = choice("leave_last_out", SPLITS)
    k: int = number(10, 1, 1000)
    seed: int = number(42, 0, 2**31 - 1)
    test_share: float = number(0.1, 0.001, 0.9)


ALGORITHM_CONFIGS: dict[str, type[ModelConfig]] = {
    "popularity": PopularityConfig,
    "graph": GraphConfig,
    "fusion": FusionConfig,
}
AUTO = "auto"
ALGORITHMS = (AUTO, *ALGORITHM_CONFIGS)

AnyConfig = TypeVar("AnyConfig", bound=Config)


def configure(kind: type[AnyConfig], options: dict[str, Any], owner: str) -> AnyConfig:
    """Make a configuration from the options a user gave.

    Parameters
    ----------
    kind : type
        The configuration to make.
    options : dict
        Option names and values; ``None`` means the default.
    owner : str
        What the options belong to, for the message.

    Raises
    ------
    OptionError
        When an option is not one of the configuration's, or its value is not allowed.
    """
    names = [spec.name for spec in dataclasses.fields(kind)]
    given = {name: value for name, value in options.items() if value is not None}
    for name in given:
        if name not in names:
            raise unknown_option(f"option of {owner}:", name, sorted(names))
    return kind(**given)


def option_names(*kinds: type[Config]) -> list[str]:
    """Return the names of all options of some configurations, in order, each once."""
    return list(dict.fromkeys(spec.name for kind in kinds for spec in dataclasses.fields(kind)))
