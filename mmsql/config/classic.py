"""Options of the classic models."""

from __future__ import annotations

from dataclasses import dataclass

from mmsql.config.base import DEVICES, ModelConfig, choice, number


@dataclass(frozen=True, kw_only=True)
class PopularityConfig(ModelConfig):
    """Options of ``popularity``: none of its own."""


@dataclass(frozen=True, kw_only=True)
class EaseConfig(ModelConfig):
    """Options of ``ease``, the linear model. With decay 1 and content_weight 0 it is EASE as published.

    Attributes
    ----------
    regularization : float
        Weight of the squared weights, on the scale of users an item.
    content_weight : float
        Share of the regularisation that pulls towards what content says, rather than towards 0.
    neighbors : int
        Edges kept an item.
    decay : float
        What an event is worth against the one a moment of time later.
    """

    regularization: float = number(150.0, 1e-3, 1e9, tune=(10.0, 2000.0), log=True)
    content_weight: float = number(0.2, 0, 1, tune=(0.0, 0.8))
    neighbors: int = number(200, 1, 10_000)
    decay: float = number(0.95, 0, 1, tune=(0.6, 1.0))


@dataclass(frozen=True, kw_only=True)
class FactorConfig(ModelConfig):
    """Options that models of factors share.

    Attributes
    ----------
    embedding_size : int
        Width of item and user vectors.
    epochs : int
        How often users and items are solved for in turn.
    regularization : float
        Weight of the squared factors: in a user or an item with four times the events, of twice as much.
    unobserved_weight : float
        Weight of a pair of a user and an item without an event, against 1 of an event.
    decay : float
        What an event is worth against the one a moment of time later, when a user's vector is made.
    device : {'auto', 'cpu', 'cuda', 'mps'}
        Where it runs; ``auto`` takes CUDA, then MPS, then the CPU.
    """

    embedding_size: int = number(64, 1, 4096, tune=(16, 128), log=True)
    epochs: int = number(16, 1, 100_000)
    regularization: float = number(3.5, 1e-6, 1e6, tune=(1.0, 10.0), log=True)
    unobserved_weight: float = number(0.1, 0, 1, tune=(0.01, 1.0), log=True)
    decay: float = number(0.85, 0, 1, tune=(0.6, 1.0))
    device: str = choice("auto", DEVICES)


@dataclass(frozen=True, kw_only=True)
class IalsConfig(FactorConfig):
    """Options of ``ials``, implicit matrix factorisation: none of its own."""


@dataclass(frozen=True, kw_only=True)
class JmfConfig(FactorConfig):
    """Options of ``jmf``, joint matrix factorisation.

    Attributes
    ----------
    attribute_weight : float
        Weight of the attributes of items and users: those of one of them against one event.
    """

    attribute_weight: float = number(0.5, 0, 1000, tune=(0.05, 5.0), log=True)


@dataclass(frozen=True, kw_only=True)
class MvmfConfig(FactorConfig):
    """Options of ``mvmf``, multi-view matrix factorisation.

    Attributes
    ----------
    content_weight : float
        Weight of each view of content, and of the attributes of users: those of one of them against one event.
    consensus_weight : float
        Weight of how far the views of an item are from their consensus.
    """

    content_weight: float = number(0.7, 0, 1000, tune=(0.1, 5.0), log=True)
    consensus_weight: float = number(2.0, 1e-6, 1e6, tune=(0.1, 30.0), log=True)
