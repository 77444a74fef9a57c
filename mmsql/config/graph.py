"""Options of the item graph."""

from __future__ import annotations

from dataclasses import dataclass

from mmsql.config.base import ModelConfig, number


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
