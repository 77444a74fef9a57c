"""Options of the factor models: ials, jmf and mvmf."""

from __future__ import annotations

from dataclasses import dataclass

from mmsql.config.base import DEVICES, ModelConfig, choice, number


@dataclass(frozen=True, kw_only=True)
class FactorConfig(ModelConfig):
    """Options that the factor models share.

    Attributes
    ----------
    embedding_size : int
        Size of item and user vectors.
    epochs : int
        Number of alternations between solving for users and for items.
    regularization : float
        Weight of the squared factors. It grows with the root of the number of events of the user or item.
    unobserved_weight : float
        Weight of a user–item pair without an event, relative to 1 for an event.
    decay : float
        In the computation of a user's vector: weight of an event relative to an event at the next later timestamp.
    device : {'auto', 'cpu', 'cuda', 'mps'}
        Device of the training; ``auto`` takes CUDA, then MPS, then the CPU.
    """

    embedding_size: int = number(64, 1, 4096, tune=(16, 128), log=True)
    epochs: int = number(16, 1, 100_000)
    regularization: float = number(3.5, 1e-6, 1e6, tune=(1.0, 10.0), log=True)
    unobserved_weight: float = number(0.1, 0, 1, tune=(0.01, 1.0), log=True)
    decay: float = number(0.85, 0, 1, tune=(0.6, 1.0))
    device: str = choice("auto", DEVICES)


@dataclass(frozen=True, kw_only=True)
class IalsConfig(FactorConfig):
    """Options of ``ials``, implicit matrix factorization, which has none of its own."""


@dataclass(frozen=True, kw_only=True)
class JmfConfig(FactorConfig):
    """Options of ``jmf``, joint matrix factorization.

    Attributes
    ----------
    attribute_weight : float
        Weight of the attributes of an item or a user, relative to one event.
    """

    attribute_weight: float = number(0.5, 0, 1000, tune=(0.05, 5.0), log=True)


@dataclass(frozen=True, kw_only=True)
class MvmfConfig(FactorConfig):
    """Options of ``mvmf``, multi-view matrix factorization.

    Attributes
    ----------
    content_weight : float
        Weight of each content view of an item, and of the attributes of a user, relative to one event.
    consensus_weight : float
        Weight of the distance between the views of an item and their consensus.
    """

    content_weight: float = number(0.7, 0, 1000, tune=(0.1, 5.0), log=True)
    consensus_weight: float = number(2.0, 1e-6, 1e6, tune=(0.1, 30.0), log=True)
