"""The demo shop: a small synthetic data set, equal for equal seeds."""

from __future__ import annotations

from mmsql.demo.catalog import make_catalog
from mmsql.demo.comments import make_comments
from mmsql.demo.events import make_events
from mmsql.demo.images import draw_images
from mmsql.demo.shop import make_shop
from mmsql.demo.users import make_users

__all__ = ["draw_images", "make_catalog", "make_comments", "make_events", "make_shop", "make_users"]
