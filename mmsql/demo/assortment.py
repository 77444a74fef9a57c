"""The complete assortment of the demo shop."""

from __future__ import annotations

from mmsql.demo.assortment_home import HOME
from mmsql.demo.assortment_leisure import LEISURE
from mmsql.demo.assortment_outdoor import OUTDOOR

ASSORTMENT = (*HOME, *OUTDOOR, *LEISURE)
