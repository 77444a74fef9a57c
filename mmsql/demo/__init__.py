"""A made-up shop to try things on: small, believable, and the same for the same seed."""

from __future__ import annotations

from mmsql.demo.catalog import make_catalog
from mmsql.demo.life import live
from mmsql.demo.pictures import draw_pictures
from mmsql.demo.shop import make_shop
from mmsql.demo.taste import make_people
from mmsql.demo.words import make_comments

__all__ = ["draw_pictures", "live", "make_catalog", "make_comments", "make_people", "make_shop"]
