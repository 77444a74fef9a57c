"""Options of the item graph."""

from __future__ import annotations

from dataclasses import dataclass

from mmsql.config.base import number
from mmsql.config.finetuning import TextConfig
from mmsql.config.weights import weights_text


@dataclass(frozen=True, kw_only=True)
class GraphConfig(TextConfig):
    """Options of ``graph``, the item graph.

    Attributes
    ----------
    decay : float
        What an event is worth against the one a moment of time later.
    window_size : int
        How many positions apart two items of one history may be to be joined by an edge.
    distance_decay : float
        What a pair is worth against one that is a position closer.
    session_gap : float
        Minutes after which a user's next event begins a new session; events without a time are a session.
    cross_session_weight : float
        What a pair of items of two sessions is worth against one within a session. Searched for where times are
        finer than a day and both kinds of pairs exist.
    reverse_share : float
        Share of an edge that also goes backward in time. Events of one moment count both ways in full.
    source_exponent : float
        Power of the degree of the item an edge leaves, which its weight is divided by.
    target_exponent : float
        Power of the degree of the item an edge enters, which its weight is divided by; damps popular items.
    neighbors : int
        Behaviour edges kept an item.
    behavior_weight : float
        Weight of the edges of what follows what; not searched for. With 0, and an ease_weight of 0, items are joined
        by nothing but what they are like.
    event_weights : str
        What event types count, such as {'buy': 3, 'view': 0.5}; others count 1. Searched for where there are
        several types and none is given.
    ease_weight : float
        Weight of the edges of the closed-form linear model, relative to behaviour.
    ease_regularization : float
        Regularisation of the linear model, on the scale of users an item.
    ease_items : int
        Catalog size up to which the search tries the linear model, whose time grows with the cube of the items.
    ease_content : float
        Share of that regularisation that pulls towards the similarity of content.
    comment_weight : float
        Weight of the edges between items whose comments read alike, relative to behaviour.
    text_weight : float
        Weight of the edges between items described alike, relative to behaviour.
    image_weight : float
        Weight of the edges between items that look alike, relative to behaviour.
    attribute_weight : float
        Weight of the edges between items that share attributes, relative to behaviour.
    relation_weight : float
        Weight of the edges between items that are related as the source relations says, relative to behaviour.
    content_neighbors : int
        Content edges an item has for its own nearest of each modality.
    fresh_weight : float
        Factor of the edges to items without events that are predicted from their content.
    search_steps : int
        How many settings of decay, exponents and weights are tried on each user's last event before training,
        beginning at what served before where there is a deployed model; 0 takes them as they are.
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
