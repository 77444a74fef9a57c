"""What a model is given and what it gives back."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

import numpy as np
import pyarrow as pa

from mmsql.config import ModelConfig
from mmsql.content import Content
from mmsql.dataset import Dataset, Held

EDGE_SCHEMA = pa.schema(
    [("item_index", pa.int32()), ("neighbor_index", pa.int32()), ("modality", pa.string()), ("weight", pa.float32())]
)


@dataclass(frozen=True, kw_only=True)
class EpochLog:
    """One row of ``training_log``: losses are means over the epoch, seconds are the epoch's own."""

    epoch: int
    loss: float
    loss_precision: float | None = None
    loss_diversity: float | None = None
    validation_ndcg: float | None = None
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Serving:
    """The constants of the score.

    Attributes
    ----------
    decay : float
        What an event is worth against the one a moment later.
    history_length : int
        How many of the latest items of a user speak.
    edge_weight : float
        Share of the edges of events that the user's vector already knows. 1 for models without user
        vectors; 0 where the vector says it all, so that edges speak for newer events and unknown users only.
    vector_weight : float
        The factor of ⟨user_vector, item_vector⟩.
    """

    decay: float
    history_length: int
    edge_weight: float = 1.0
    vector_weight: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Fitted:
    """A trained model, ready to be stored and served: its score is a sum that SQL can compute.

    Attributes
    ----------
    serving : Serving
        The constants of the score.
    bias : ndarray, float32, (items,)
        Small and not negative; orders what nothing else speaks for.
    edges : pyarrow.Table
        Of :data:`EDGE_SCHEMA`; weights are positive.
    item_vectors : ndarray, float32, (items, size), optional
        The ``fused`` item vectors.
    user_vectors : ndarray, float32, (users, size), optional
        Of the training users, made of their full history.
    weights : dict of str to ndarray
        What the towers need to embed again; stored in safetensors form.
    """

    serving: Serving
    bias: np.ndarray
    edges: pa.Table = field(default_factory=EDGE_SCHEMA.empty_table)
    item_vectors: np.ndarray | None = None
    user_vectors: np.ndarray | None = None
    weights: dict[str, np.ndarray] = field(default_factory=dict)


@dataclass(frozen=True)
class Found:
    """What a search found.

    Attributes
    ----------
    config : ModelConfig
        The options chosen; fitting with them needs no further choice.
    fitted : Fitted, optional
        The model of these options, fitted without what was kept back, where the search has it at hand.
    """

    config: ModelConfig
    fitted: Fitted | None = None


def no_log(row: EpochLog) -> None:
    """Log nothing: for runs that have no row in ``models``."""


class Model(Protocol):
    """An algorithm: a name, its options, and how to fit it."""

    name: ClassVar[str]
    config_type: ClassVar[type[ModelConfig]]

    def search(
        self, dataset: Dataset, content: Content, config: Any, held: Held, log: Callable[[EpochLog], None]
    ) -> Found:
        """Choose options by what was kept back: those that ``config.fixed`` does not name.

        Parameters
        ----------
        dataset, content, config, log
            As for :meth:`fit`.
        held : Held
            What the dataset does not have.
        """
        ...

    def fit(self, dataset: Dataset, content: Content, config: Any, log: Callable[[EpochLog], None]) -> Fitted:
        """Train on a dataset, all options being chosen.

        Parameters
        ----------
        dataset : Dataset
            Events, users and catalog.
        content : Content
            What is known about the catalog's items.
        config : ModelConfig
            An instance of ``config_type``.
        log : callable
            Called once an epoch.
        """
        ...

    def update(
        self, dataset: Dataset, content: Content, config: Any, weights: dict[str, np.ndarray], known: np.ndarray
    ) -> Fitted:
        """Bring a trained model up to date with new events and items, without training it again.

        Parameters
        ----------
        dataset, content, config
            As for :meth:`fit`.
        weights : dict of str to ndarray
            Of the trained model.
        known : ndarray, int64, (items,)
            Where each item stood in the trained model's catalog; -1 for new ones.
        """
        ...


class Counted(ABC):
    """A model that is counted rather than learned: bringing it up to date is counting again."""

    def search(
        self,
        dataset: Dataset,  # noqa: ARG002
        content: Content,  # noqa: ARG002
        config: Any,
        held: Held,  # noqa: ARG002
        log: Callable[[EpochLog], None],  # noqa: ARG002
    ) -> Found:
        """Choose nothing: the options are taken as they are."""
        return Found(config)

    @abstractmethod
    def fit(self, dataset: Dataset, content: Content, config: Any, log: Callable[[EpochLog], None]) -> Fitted:
        """Count."""

    def update(
        self,
        dataset: Dataset,
        content: Content,
        config: Any,
        weights: dict[str, np.ndarray],  # noqa: ARG002
        known: np.ndarray,  # noqa: ARG002
    ) -> Fitted:
        """Count again."""
        return self.fit(dataset, content, config, no_log)


def popularity_bias(events: np.ndarray, weight: float) -> np.ndarray:
    """Turn event counts into a bias: ``weight`` for the most popular item, proportionally less for others.

    Parameters
    ----------
    events : ndarray, int, (items,)
        Training events an item.
    weight : float
        Bias of the most popular item.

    Returns
    -------
    ndarray, float32, (items,)
    """
    return (weight * events / max(int(events.max(initial=0)), 1)).astype(np.float32)
