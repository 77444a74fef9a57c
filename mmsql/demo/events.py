"""Events of the demo shop: simulated sessions over eighteen months."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate

import numpy as np

from mmsql.demo.assortment import ASSORTMENT
from mmsql.demo.catalog import DAY, SPAN, Catalog
from mmsql.demo.chooser import Chooser
from mmsql.demo.users import Users

START = datetime(2025, 4, 1)
VIEW, FAVOURITE, CART, BUY = range(4)
EVENTS = ("view", "favourite", "cart", "buy")
WEIGHTS = (1.0, 2.0, 3.0, 5.0)

# Weight of a category relative to its mean, by month from January.
SEASONS: dict[str, tuple[float, ...]] = {
    "": (1.0,) * 12,
    "spring": (0.7, 1.0, 1.6, 1.9, 1.6, 1.1, 0.8, 0.7, 0.7, 0.6, 0.5, 0.5),
    "summer": (0.5, 0.6, 0.8, 1.1, 1.6, 1.9, 1.8, 1.4, 0.8, 0.5, 0.4, 0.5),
    "autumn": (0.8, 0.7, 0.7, 0.7, 0.6, 0.5, 0.6, 1.1, 1.7, 1.9, 1.5, 1.2),
    "winter": (1.7, 1.4, 1.0, 0.7, 0.5, 0.4, 0.4, 0.5, 0.8, 1.2, 1.7, 1.9),
    "gift": (0.8, 0.8, 0.8, 0.8, 0.9, 0.8, 0.7, 0.7, 0.9, 1.1, 1.9, 2.2),
}
TRAFFIC = (0.9, 0.8, 0.9, 0.95, 1.0, 0.95, 0.9, 0.9, 1.0, 1.1, 1.5, 1.6)  # by month
HOURS = (1, 1, 0, 0, 0, 1, 2, 4, 5, 5, 5, 5, 6, 5, 4, 4, 5, 6, 8, 10, 11, 10, 7, 3)  # by hour of the day
CUMULATIVE_HOURS = list(accumulate(HOURS))
FOLLOW_UP = 0.95  # share of sessions that start with a planned follow-up purchase, where there is one
STAY = 0.22  # probability of viewing one more item
WINDOW_SHOPPING = 0.3  # share of sessions that start with an item of the front page
BUY_AFTER_FOLLOW_UP = 0.7
BUY_OTHERWISE = 0.5
SAME_LINE = 25.0  # gain in weight of an item with the brand and series of the last one
SAME_FEATURE = 1.0  # gain for each of style, price level and product
REMAINING_INTEREST = 0.03  # factor of the interest in a category after a purchase


@dataclass(frozen=True)
class Events:
    """All events, by user and time.

    Attributes
    ----------
    user, item : ndarray, int64, (events,)
        Indices of users and items.
    event_type : ndarray, int64, (events,)
        Index in ``EVENTS``.
    timestamp : ndarray, int64, (events,)
        Seconds from the start of the simulation; strictly increasing within a user.
    """

    user: np.ndarray
    item: np.ndarray
    event_type: np.ndarray
    timestamp: np.ndarray

    def __len__(self) -> int:
        return len(self.user)


def make_events(catalog: Catalog, users: Users, seed: int) -> Events:
    """Simulate the sessions of all users.

    Parameters
    ----------
    catalog, users
        The items and the users.
    seed : int
        Same seed, catalog and users: same events.
    """
    chooser = Chooser(np.random.default_rng([seed, 3]))
    shop = _Shop(catalog)
    rows: list[tuple[int, int, int, int]] = []
    for user in range(len(users)):
        simulated = _SimulatedUser(shop, users, user, chooser)
        rows.extend((user, item, event_type, timestamp) for item, event_type, timestamp in simulated.run())
    table = np.array(rows, dtype=np.int64).reshape(-1, 4)
    return Events(*(np.ascontiguousarray(column) for column in table.T))


def month_of(timestamp: int) -> int:
    """Return the month of a timestamp, January as 0."""
    return (START + timedelta(seconds=timestamp)).month - 1


class _Shop:
    """The state that all users share."""

    def __init__(self, catalog: Catalog) -> None:
        self.shelves = catalog.shelves
        self.codes = catalog.codes
        self.appeal = np.array([item.appeal for item in catalog.items])
        self.launched = np.array([item.launched for item in catalog.items])
        self.front_page = np.exp(self.appeal)
        index = {category.path: number for number, category in enumerate(ASSORTMENT)}
        self.leads_to = [
            [(index[path], probability) for path, probability in category.leads_to] for category in ASSORTMENT
        ]
        stocked = np.array([np.any(self.launched[shelf] == 0) for shelf in self.shelves], dtype=float)
        seasons = np.array([SEASONS[category.season] for category in ASSORTMENT])
        self.season = (seasons * stocked[:, None]).T  # (12, categories)


class _SimulatedUser:
    """One user, session by session."""

    def __init__(self, shop: _Shop, users: Users, user: int, chooser: Chooser) -> None:
        self.shop, self.chooser = shop, chooser
        self.interest = users.interest[user].copy()
        self.weight = np.exp(users.preference[user] + shop.appeal)
        self.joined, self.sessions = int(users.joined[user]), int(users.sessions[user])
        self.plans: list[tuple[int, int]] = []  # categories of follow-up purchases, each with the first item
        self.events: list[tuple[int, int, int]] = []
        self.bought: set[int] = set()
        self.clock = 0

    def run(self) -> list[tuple[int, int, int]]:
        """Return item, event type and timestamp of every event."""
        for start in self._session_starts():
            self.clock = max(start, self.clock + 600)
            self._session()
        return self.events

    def _session_starts(self) -> list[int]:
        timestamps: list[int] = []
        first, last = self.joined // DAY, SPAN // DAY - 1
        while len(timestamps) < max(self.sessions, 1):
            day = first + self.chooser.below(max(last - first, 1))
            if self.chooser.chance(TRAFFIC[month_of(day * DAY)] / max(TRAFFIC)):
                hour = self.chooser.weighted(CUMULATIVE_HOURS)
                timestamps.append(day * DAY + hour * 3600 + self.chooser.below(3600))
        return sorted(timestamps)

    def _session(self) -> None:
        if self.chooser.chance(WINDOW_SHOPPING) and self.sessions:
            weights = np.cumsum(self.shop.front_page * (self.shop.launched <= self.clock))
            self._add(self.chooser.weighted(weights), VIEW, 10, 90)
        source = -1
        if self.plans and self.chooser.chance(FOLLOW_UP):
            category, source = self.plans.pop(0)
        else:
            weights = np.cumsum(self.interest * self.shop.season[month_of(self.clock)])
            if weights[-1] <= 0:
                return
            category = self.chooser.weighted(weights)
        viewed = self._browse(category, source)
        if not viewed or self.sessions == 0:
            return
        self._decide(viewed, BUY_OTHERWISE if source < 0 else BUY_AFTER_FOLLOW_UP)

    def _browse(self, category: int, source: int) -> list[int]:
        """View items of a category one after another, and return them."""
        viewed: list[int] = []
        while True:
            item = self._choose(category, viewed[-1] if viewed else source, set(viewed))
            if item < 0:
                return viewed
            viewed.append(item)
            self._add(item, VIEW, 15, 240)
            if self.sessions and self.chooser.chance(0.06):
                self._add(item, FAVOURITE, 2, 30)
            if not self.sessions or not self.chooser.chance(STAY):
                return viewed

    def _choose(self, category: int, source: int, seen: set[int]) -> int:
        """Draw an item by preference and by its similarity to the last one; -1 if there is none."""
        shelf, codes = self.shop.shelves[category], self.shop.codes
        weights = self.weight[shelf] * (self.shop.launched[shelf] <= self.clock)
        if source >= 0:
            same_line = codes["line"][shelf] == codes["line"][source]
            same_style = codes["style"][shelf] == codes["style"][source]
            same_level = codes["level"][shelf] == codes["level"][source]
            same_product = codes["product"][shelf] == codes["product"][source]
            similarity = same_style + 1.0 * same_level + same_product
            weights = weights * (1.0 + SAME_LINE * same_line + SAME_FEATURE * similarity)
        for item in seen | self.bought:
            weights = np.where(shelf == item, 0.0, weights)
        running = np.cumsum(weights)
        if not len(running) or running[-1] <= 0:
            return -1
        return int(shelf[self.chooser.weighted(running)])

    def _decide(self, viewed: list[int], probability: float) -> None:
        """Buy the best viewed item, put it in the cart, or leave."""
        best = max(viewed, key=lambda item: self.weight[item] * self.chooser.between(0.5, 1.5))
        while self.chooser.chance(0.35):
            self._add(best, VIEW, 20, 400)
        if self.chooser.chance(probability):
            self._add(best, CART, 20, 200)
            self._add(best, BUY, 30, 400)
            self.bought.add(best)
            self.interest[self.shop.codes["category"][best]] *= REMAINING_INTEREST
            self._plan(best, 1.0)
        elif self.chooser.chance(0.2):
            self._add(best, CART, 20, 200)
            self._plan(best, 0.5)

    def _plan(self, item: int, share: float) -> None:
        category = int(self.shop.codes["category"][item])
        for target, probability in self.shop.leads_to[category]:
            if self.chooser.chance(probability * share):
                if self.chooser.chance(0.35):
                    viewed = self._browse(target, item)
                    if viewed:
                        self._decide(viewed, BUY_AFTER_FOLLOW_UP)
                else:
                    self.plans.append((target, item))

    def _add(self, item: int, event_type: int, least: int, most: int) -> None:
        self.events.append((item, event_type, self.clock))
        self.clock += least + self.chooser.below(most - least)
