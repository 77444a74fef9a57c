"""Options of the item graph."""

from __future__ import annotations

from dataclasses import dataclass

from mmsql.config.base import number
from mmsql.config.finetuning import TextConfig
from mmsql.config.named_weights import weights_text


@dataclass(frozen=True, kw_only=True)
class GraphConfig(TextConfig):
    """Options of ``graph``, the item graph.

    Attributes
    ----------
    decay : float
        Weight of an event relative to an event at the next later timestamp.
    window_size : int
        Largest distance of two items in a history that form a pair, in positions.
    distance_decay : float
        Weight of a pair relative to a pair one position closer.
    session_gap : float
        Minutes after which the next event begins a new session; events without a timestamp are one session.
    cross_session_weight : float
        Weight of a pair across two sessions relative to a pair within one. Searched if timestamps are finer than a
        day and both kinds of pairs exist.
    reverse_share : float
        Weight of a pair backward in time relative to forward. Pairs with the same timestamp count fully both ways.
    source_exponent : float
        The weight of an edge is divided by the degree of the item that it leaves, to this power.
    target_exponent : float
        The weight of an edge is divided by the degree of the item that it enters, to this power; this damps popular
        items.
    neighbors : int
        Number of behavior edges of an item.
    behavior_weight : float
        Weight of the behavior edges; not searched. With 0 and an ease_weight of 0, only content and relations give
        edges.
    event_weights : str
        Weights of event types, such as {'buy': 3, 'view': 0.5}; others weigh 1. Searched if there are several types
        and no weight is given.
    ease_weight : float
        Weight of the edges of the closed-form linear model, relative to behavior.
    ease_regularization : float
        Regularization of the linear model, in users per item.
    ease_items : int
        Largest catalog for which the search tries the linear model, whose time grows with the cube of the items.
    ease_content : float
        Share of ease_regularization that pulls weights towards content similarity; the rest pulls towards 0.
    comment_weight : float
        Weight of the edges between items with similar comments, relative to behavior.
    text_weight : float
        Weight of the edges between items with similar titles and descriptions, relative to behavior.
    image_weight : float
        Weight of the edges between items with similar images, relative to behavior.
    attribute_weight : float
        Weight of the edges between items with similar attributes, relative to behavior.
    relation_weight : float
        Weight of the edges of the source relations, relative to behavior.
    content_neighbors : int
        Number of content edges to the nearest items of an item in each modality.
    fresh_weight : float
        Factor of the predicted edges to items without events.
    search_steps : int
        Number of settings of decay, exponents and weights that a search tries before training. Each is measured on
        the last event of each user. The search starts at the settings of the deployed model, if there is one. 0 keeps
        the given settings.
    """

    decay: float = number(0.7, 0, 1, tune=(0.3, 1.0))
    window_size: int = number(10, 1, 1000, tune=(2, 30), log=True)
    distance_decay: float = number(0.8, 0, 1, tune=(0.3, 1.0))
    session_gap: float = number(30.0, 0, 1e9)
    cross_session_weight: float = number(1.0, 0, 100)
    reverse_share: float = number(0.5, 0, 1, tune=(0.0, 1.0))
    source_exponent: float = number(0.3, 0, 1, tune=(0.0, 0.9))
    target_exponent: float = number(0.15, 0, 1, tune=(0.0, 0.8))
    neighbors: int = number(200, 1, 10_000)
    behavior_weight: float = number(1.0, 0, 10)
    event_weights: str = ""
    ease_weight: float = number(0.0, 0, 100)
    ease_regularization: float = number(200.0, 1e-3, 1e9)
    ease_items: int = number(3000, 0, 15_000)
    ease_content: float = number(0.5, 0, 1)
    comment_weight: float = number(0.15, 0, 10, tune=(0.0, 1.0))
    text_weight: float = number(0.1, 0, 10, tune=(0.0, 1.0))
    image_weight: float = number(0.1, 0, 10, tune=(0.0, 1.0))
    attribute_weight: float = number(0.1, 0, 10, tune=(0.0, 1.0))
    relation_weight: float = number(0.2, 0, 10, tune=(0.0, 1.0))
    content_neighbors: int = number(20, 1, 1000)
    fresh_weight: float = number(1.0, 0, 10)
    search_steps: int = number(32, 0, 10_000)

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "event_weights", weights_text("event_weights", self.event_weights))
