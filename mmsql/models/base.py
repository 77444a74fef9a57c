"""The interface of models: their parameters, their results, their capabilities."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

import numpy as np
import pyarrow as pa

from mmsql.config import ModelConfig
from mmsql.data.content import Content
from mmsql.data.dataset import Dataset, Holdout
from mmsql.errors import ModelError

EDGE_SCHEMA = pa.schema(
    [
        ("item_index", pa.int32()),
        ("neighbor_index", pa.int32()),
        ("modality", pa.dictionary(pa.int8(), pa.string())),
        ("weight", pa.float32()),
    ]
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
class ScoreParameters:
    """The constants of the score.

    Attributes
    ----------
    decay : float
        Factor of an event's weight for each later timestamp of its user.
    history_length : int
        Number of a user's latest items that are active.
    edge_weight : float
        Factor of the edges of events that the user's vector includes. 1 for models without user vectors. With 0,
        edges count only for events newer than the vector and for users without one.
    vector_weight : float
        The factor of ⟨user_vector, item_vector⟩.
    """

    decay: float
    history_length: int
    edge_weight: float = 1.0
    vector_weight: float = 0.0


@dataclass(frozen=True, kw_only=True)
class FittedModel:
    """A trained model, ready to be stored and served: its score is a sum that SQL can compute.

    Attributes
    ----------
    serving : ScoreParameters
        The constants of the score.
    bias : ndarray, float32, (items,)
        Small and not negative; orders items without other score terms.
    edges : pyarrow.Table
        Of :data:`EDGE_SCHEMA`; weights are positive.
    item_vectors : ndarray, float32, (items, size), optional
        The ``fused`` item vectors.
    user_vectors : ndarray, float32, (users, size), optional
        Of the training users, made of their full history.
    weights : dict of str to ndarray
        Weights of the towers; stored in safetensors form.
    event_weights : dict of str to float
        Weight of an event by its type; 1 for other types.
    """

    serving: ScoreParameters
    bias: np.ndarray
    edges: pa.Table = field(default_factory=EDGE_SCHEMA.empty_table)
    item_vectors: np.ndarray | None = None
    user_vectors: np.ndarray | None = None
    weights: dict[str, np.ndarray] = field(default_factory=dict)
    event_weights: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class SearchResult:
    """Result of a search for options.

    Attributes
    ----------
    config : ModelConfig
        The options chosen; fitting with them needs no further choice.
    fitted : FittedModel, optional
        The model of these options, fitted without the holdout, where the search has it at hand.
    """

    config: ModelConfig
    fitted: FittedModel | None = None


@dataclass(frozen=True, kw_only=True)
class TowerInputs:
    """The stored parts of a model that its user tower is loaded from.

    Attributes
    ----------
    config : ModelConfig
        The options of the model.
    weights : dict of str to ndarray
        Its stored weights.
    item_vectors : ndarray, float32, (items, size)
        Its ``fused`` item vectors, in the order of the catalog; zeros where an item has none.
    item_events : ndarray, int64, (items,)
        Training events of each item.
    users : int
        Training users.
    """

    config: ModelConfig
    weights: dict[str, np.ndarray]
    item_vectors: np.ndarray
    item_events: np.ndarray
    users: int


class UserTower(Protocol):
    """Embeds histories as a model embeds its users."""

    def __call__(self, histories: Sequence[Sequence[int]]) -> np.ndarray:
        """Embed lists of item indices, oldest first: float32, (histories, size)."""
        ...


def no_log(row: EpochLog) -> None:
    """Log nothing: for runs that have no row in ``models``."""


class Checkpoints(Protocol):
    """Storage for the state of an interrupted training, by stage of the training."""

    def load(self, stage: str) -> bytes | None:
        """Return what was saved last, if anything."""
        ...

    def save(self, stage: str, data: bytes) -> None:
        """Keep it in place of what was saved before."""
        ...

    def clear(self) -> None:
        """Drop what was saved: the training has ended."""
        ...


class NoCheckpoints:
    """Keep nothing."""

    def load(self, stage: str) -> bytes | None:  # noqa: ARG002
        """Return nothing."""
        return None

    def save(self, stage: str, data: bytes) -> None:
        """Forget it."""

    def clear(self) -> None:
        """Have nothing to drop."""


@dataclass(frozen=True)
class Run:
    """A log with a place for checkpoints. It is called as a log, and may be given wherever a model takes one.

    Attributes
    ----------
    log : callable
        Called once an epoch.
    checkpoints : Checkpoints
        Of this dataset, content and configuration, and of no other.
    seconds_between : float
        Checkpoints are this far apart at least; none is made of a shorter training.
    """

    log: Callable[[EpochLog], None] = no_log
    checkpoints: Checkpoints = field(default_factory=NoCheckpoints)
    seconds_between: float = 60.0

    def __call__(self, row: EpochLog) -> None:
        """Log."""
        self.log(row)


class Model(Protocol):
    """An algorithm: a name, its options, its capabilities, and how to fit it.

    Attributes
    ----------
    name : str
        The value of the option ``algorithm``.
    config_type : type
        The class of its options.
    has_user_tower : bool
        Whether it embeds a history of items into the space of its item vectors; see :meth:`user_tower`.
    has_weights : bool
        Whether a refresh needs stored weights. A model without them is computed anew from the data.
    is_deep : bool
        Whether it is trained by gradient steps, for minutes: its training leaves checkpoints and is not repeated
        only to compare a recipe.
    """

    name: ClassVar[str]
    config_type: ClassVar[type[ModelConfig]]
    has_user_tower: ClassVar[bool]
    has_weights: ClassVar[bool]
    is_deep: ClassVar[bool]

    def searches(self, config: Any) -> bool:
        """Tell whether there are options to choose by a holdout."""
        ...

    def search(
        self, dataset: Dataset, content: Content, config: Any, holdout: Holdout, log: Callable[[EpochLog], None]
    ) -> SearchResult:
        """Choose the options that ``config.fixed`` does not name, by a holdout.

        Parameters
        ----------
        dataset, content, config, log
            As for :meth:`fit`.
        holdout : Holdout
            Events that the dataset does not have.
        """
        ...

    def fit(self, dataset: Dataset, content: Content, config: Any, log: Callable[[EpochLog], None]) -> FittedModel:
        """Train on a dataset, all options being chosen.

        Parameters
        ----------
        dataset : Dataset
            Events, users and catalog.
        content : Content
            Vectors and attributes of the catalog's items.
        config : ModelConfig
            An instance of ``config_type``.
        log : callable
            Called once an epoch. A :class:`Run` has a place for checkpoints too.
        """
        ...

    def update(
        self, dataset: Dataset, content: Content, config: Any, weights: dict[str, np.ndarray], known: np.ndarray
    ) -> FittedModel:
        """Bring a trained model up to date with new events and items, without training it again.

        Parameters
        ----------
        dataset, content, config
            As for :meth:`fit`.
        weights : dict of str to ndarray
            Of the trained model.
        known : ndarray, int64, (items,)
            Index of each item in the trained model's catalog; -1 for new ones.
        """
        ...

    def user_tower(self, inputs: TowerInputs) -> UserTower:
        """Load the user tower of a stored model.

        The product of its vectors with ``inputs.item_vectors``, times ``vector_weight``, is the vector term of the
        score of a user with that history.

        Raises
        ------
        ModelError
            When the algorithm has no user tower.
        """
        ...


class WithoutUserTower:
    """A model that embeds no histories."""

    name: ClassVar[str]
    has_user_tower: ClassVar[bool] = False

    def user_tower(self, inputs: TowerInputs) -> UserTower:  # noqa: ARG002
        """Raise: there is no user tower to load."""
        raise ModelError(f"{self.name} has no user tower: it does not embed histories.")


class WithoutSearch:
    """A model that takes its options as they are."""

    def searches(self, config: Any) -> bool:  # noqa: ARG002
        """Tell that there is nothing to choose."""
        return False

    def search(
        self,
        dataset: Dataset,  # noqa: ARG002
        content: Content,  # noqa: ARG002
        config: Any,
        holdout: Holdout,  # noqa: ARG002
        log: Callable[[EpochLog], None],  # noqa: ARG002
    ) -> SearchResult:
        """Choose nothing."""
        return SearchResult(config)


class ClosedForm(WithoutSearch, WithoutUserTower, ABC):
    """A model that is computed directly from the data; an update computes it again."""

    has_weights: ClassVar[bool] = False
    is_deep: ClassVar[bool] = False

    @abstractmethod
    def fit(self, dataset: Dataset, content: Content, config: Any, log: Callable[[EpochLog], None]) -> FittedModel:
        """Compute the model."""

    def update(
        self,
        dataset: Dataset,
        content: Content,
        config: Any,
        weights: dict[str, np.ndarray],  # noqa: ARG002
        known: np.ndarray,  # noqa: ARG002
    ) -> FittedModel:
        """Compute the model again."""
        return self.fit(dataset, content, config, no_log)


def as_edges(item: Any, neighbor: Any, weight: Any, modality: str) -> pa.Table:
    """Make a table of :data:`EDGE_SCHEMA` of columns of equal length, all of one modality."""
    names = pa.DictionaryArray.from_arrays(pa.array(np.zeros(len(item), dtype=np.int8)), pa.array([modality]))
    return pa.Table.from_arrays([item, neighbor, names, weight], names=EDGE_SCHEMA.names).cast(EDGE_SCHEMA)


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
