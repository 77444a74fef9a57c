"""What the people of the demo shop do in it: sessions over eighteen months."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate

import numpy as np

from mmsql.demo.assortment import ASSORTMENT
from mmsql.demo.catalog import DAY, SPAN, Catalog
from mmsql.demo.dice import Dice
from mmsql.demo.taste import People

START = datetime(2025, 4, 1)
VIEW, FAVOURITE, CART, BUY = range(4)
EVENTS = ("view", "favourite", "cart", "buy")
WEIGHTS = (1.0, 2.0, 3.0, 5.0)

# By month, January first: what a category of that season is worth against its average.
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
FOLLOW_UP = 0.95  # how often a session starts with what an earlier purchase asks for
STAY = 0.22  # how often one more item is looked at
WINDOW_SHOPPING = 0.3  # how often a session starts with something from the front page
BUY_AFTER_FOLLOW_UP = 0.7
BUY_OTHERWISE = 0.5
SAME_LINE = 25.0  # how much more people like what matches the last item in brand and series
ALIKE = 1.0  # the same for style, price level and kind, each
ENOUGH = 0.03  # interest left in a category once something of it is at home


@dataclass(frozen=True)
class Events:
    """Everything that happened, by user and time.

    Attributes
    ----------
    user, item : ndarray, int64, (events,)
        Positions in people and catalog.
    kind : ndarray, int64, (events,)
        Position in ``EVENTS``.
    moment : ndarray, int64, (events,)
        Seconds into the shop's life; grows strictly within a user.
    """

    user: np.ndarray
    item: np.ndarray
    kind: np.ndarray
    moment: np.ndarray

    def __len__(self) -> int:
        return len(self.user)


def live(catalog: Catalog, people: People, seed: int) -> Events:
    """Let everybody visit the shop.

    Parameters
    ----------
    catalog, people
        Who meets what.
    seed : int
        Same seed, catalog and people: same events.
    """
    dice = Dice(np.random.default_rng([seed, 3]))
    world = _World(catalog)
    rows: list[tuple[int, int, int, int]] = []
    for user in range(len(people)):
        visitor = _Visitor(world, people, user, dice)
        rows.extend((user, item, kind, moment) for item, kind, moment in visitor.live())
    table = np.array(rows, dtype=np.int64).reshape(-1, 4)
    return Events(*(np.ascontiguousarray(column) for column in table.T))


def month_of(moment: int) -> int:
    """Return the month of a moment, January as 0."""
    return (START + timedelta(seconds=moment)).month - 1


class _World:
    """What is the same for every visitor."""

    def __init__(self, catalog: Catalog) -> None:
        self.shelves = catalog.shelves
        self.codes = catalog.codes
        self.appeal = np.array([item.appeal for item in catalog.items])
        self.launched = np.array([item.launched for item in catalog.items])
        self.front_page = np.exp(self.appeal)
        position = {category.path: number for number, category in enumerate(ASSORTMENT)}
        self.leads_to = [
            [(position[path], probability) for path, probability in category.leads_to] for category in ASSORTMENT
        ]
        stocked = np.array([np.any(self.launched[shelf] == 0) for shelf in self.shelves], dtype=float)
        seasons = np.array([SEASONS[category.season] for category in ASSORTMENT])
        self.season = (seasons * stocked[:, None]).T  # (12, categories)


class _Visitor:
    """One user, session after session."""

    def __init__(self, world: _World, people: People, user: int, dice: Dice) -> None:
        self.world, self.dice = world, dice
        self.interest = people.interest[user].copy()
        self.pull = np.exp(people.taste[user] + world.appeal)
        self.joined, self.sessions = int(people.joined[user]), int(people.sessions[user])
        self.plans: list[tuple[int, int]] = []  # categories to turn to, with the item that led there
        self.done: list[tuple[int, int, int]] = []
        self.bought: set[int] = set()
        self.clock = 0

    def live(self) -> list[tuple[int, int, int]]:
        """Return item, kind and moment of everything the user did."""
        for moment in self._visits():
            self.clock = max(moment, self.clock + 600)
            self._session()
        return self.done

    def _visits(self) -> list[int]:
        timestamps: list[int] = []
        first, last = self.joined // DAY, SPAN // DAY - 1
        while len(timestamps) < max(self.sessions, 1):
            day = first + self.dice.below(max(last - first, 1))
            if self.dice.chance(TRAFFIC[month_of(day * DAY)] / max(TRAFFIC)):
                hour = self.dice.weighted(CUMULATIVE_HOURS)
                timestamps.append(day * DAY + hour * 3600 + self.dice.below(3600))
        return sorted(timestamps)

    def _session(self) -> None:
        if self.dice.chance(WINDOW_SHOPPING) and self.sessions:
            shown = np.cumsum(self.world.front_page * (self.world.launched <= self.clock))
            self._do(self.dice.weighted(shown), VIEW, 10, 90)
        source = -1
        if self.plans and self.dice.chance(FOLLOW_UP):
            category, source = self.plans.pop(0)
        else:
            weights = np.cumsum(self.interest * self.world.season[month_of(self.clock)])
            if weights[-1] <= 0:
                return
            category = self.dice.weighted(weights)
        looked = self._browse(category, source)
        if not looked or self.sessions == 0:
            return
        self._decide(looked, BUY_OTHERWISE if source < 0 else BUY_AFTER_FOLLOW_UP)

    def _browse(self, category: int, source: int) -> list[int]:
        """Look at one item after another on a shelf; return what was seen."""
        looked: list[int] = []
        while True:
            item = self._choose(category, looked[-1] if looked else source, set(looked))
            if item < 0:
                return looked
            looked.append(item)
            self._do(item, VIEW, 15, 240)
            if self.sessions and self.dice.chance(0.06):
                self._do(item, FAVOURITE, 2, 30)
            if not self.sessions or not self.dice.chance(STAY):
                return looked

    def _choose(self, category: int, source: int, seen: set[int]) -> int:
        """Choose an item by taste and by how it goes with the last one; -1 if there is none."""
        shelf, codes = self.world.shelves[category], self.world.codes
        weights = self.pull[shelf] * (self.world.launched[shelf] <= self.clock)
        if source >= 0:
            same_line = codes["line"][shelf] == codes["line"][source]
            same_style = codes["style"][shelf] == codes["style"][source]
            same_level = codes["level"][shelf] == codes["level"][source]
            same_kind = codes["kind"][shelf] == codes["kind"][source]
            weights = weights * (1.0 + SAME_LINE * same_line + ALIKE * (same_style + 1.0 * same_level + same_kind))
        for item in seen | self.bought:
            weights = np.where(shelf == item, 0.0, weights)
        running = np.cumsum(weights)
        if not len(running) or running[-1] <= 0:
            return -1
        return int(shelf[self.dice.weighted(running)])

    def _decide(self, looked: list[int], eagerness: float) -> None:
        """Buy the best of what was seen, put it in the cart, or leave."""
        best = max(looked, key=lambda item: self.pull[item] * self.dice.between(0.5, 1.5))
        while self.dice.chance(0.35):
            self._do(best, VIEW, 20, 400)
        if self.dice.chance(eagerness):
            self._do(best, CART, 20, 200)
            self._do(best, BUY, 30, 400)
            self.bought.add(best)
            self.interest[self.world.codes["category"][best]] *= ENOUGH
            self._plan(best, 1.0)
        elif self.dice.chance(0.2):
            self._do(best, CART, 20, 200)
            self._plan(best, 0.5)

    def _plan(self, item: int, share: float) -> None:
        category = int(self.world.codes["category"][item])
        for target, probability in self.world.leads_to[category]:
            if self.dice.chance(probability * share):
                if self.dice.chance(0.35):
                    looked = self._browse(target, item)
                    if looked:
                        self._decide(looked, BUY_AFTER_FOLLOW_UP)
                else:
                    self.plans.append((target, item))

    def _do(self, item: int, kind: int, least: int, most: int) -> None:
        self.done.append((item, kind, self.clock))
        self.clock += least + self.dice.below(most - least)
