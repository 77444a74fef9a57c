"""Names of columns, each defined once."""

from __future__ import annotations

SCHEMA = "mmsql"

USER = "user_id"
ITEM = "item_id"
NEIGHBOR = "neighbor_id"
RELATED = "related_id"
RELATION = "relation"  # also a modality
EVENT = "event"
WEIGHT = "weight"
TS = "ts"
TITLE = "title"
DESCRIPTION = "description"
CATEGORY = "category"
BRAND = "brand"
PRICE = "price"
AVAILABLE = "available"
BODY = "body"
RATING = "rating"
IMAGE = "image"
MODEL = "model"
RANK = "rank"
SCORE = "score"
MODALITY = "modality"
VECTOR = "vector"

# The declared columns of each source, and its required ones.
SOURCES: dict[str, tuple[str, ...]] = {
    "interactions": (USER, ITEM, EVENT, WEIGHT, TS),
    "items": (ITEM, TITLE, DESCRIPTION, CATEGORY, BRAND, PRICE, AVAILABLE),
    "comments": (ITEM, USER, BODY, RATING, TS),
    "images": (ITEM, IMAGE),
    "users": (USER,),
    "relations": (ITEM, RELATED, RELATION, WEIGHT),
}
REQUIRED: dict[str, tuple[str, ...]] = {
    "interactions": (USER, ITEM),
    "items": (ITEM,),
    "comments": (ITEM, BODY),
    "images": (ITEM, IMAGE),
    "users": (USER,),
    "relations": (ITEM, RELATED),
}

# Modalities of edges and vectors; IMAGE and RELATION are modalities too.
BEHAVIOR = "behavior"
COMMENT = "comment"
TEXT = "text"
ATTRIBUTE = "attribute"
ALIKE = "alike"
EASE = "ease"
FUSED = "fused"
