"""Users of the demo shop: their attributes and preferences."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mmsql.demo.assortment import ASSORTMENT
from mmsql.demo.catalog import COLOUR_NAMES, MATERIAL_NAMES, SPAN, Catalog
from mmsql.demo.product_features import BRANDS, STYLES

AGE_GROUPS = ("18-24", "25-34", "35-44", "45-54", "55-64", "65+")
AGE_SHARES = (0.12, 0.27, 0.24, 0.17, 0.12, 0.08)
AGE_LEVELS = (0.3, 0.8, 1.1, 1.3, 1.3, 1.2)  # preferred price level by age group
CITIES = (
    "Berlin",
    "London",
    "Copenhagen",
    "Lisbon",
    "Vienna",
    "Dublin",
    "Toronto",
    "Melbourne",
    "Portland",
    "Ghent",
)
CHINESE_CITIES = ("Shanghai", "Beijing", "Chengdu", "Hangzhou", "Shenzhen", "Singapore")
CHINESE_EVERY = 20  # of so many users with similar activity, CHINESE_OF write in Chinese
CHINESE_OF = 3
ONE_EVENT = 0.04
MEAN_SESSIONS = 8.0


@dataclass(frozen=True)
class Users:
    """The users of the shop.

    Attributes
    ----------
    ids, age_group, city, language : list of str
        As in ``mmsql.users``; the language is ``en`` or ``zh``.
    interest : ndarray, float64, (users, categories)
        Weight of each category among the purchases of a user.
    preference : ndarray, float32, (users, items)
        Preference for each item; positive means above average.
    joined : ndarray, int64, (users,)
        Seconds from the start of the simulation to the first possible session.
    sessions : ndarray, int64, (users,)
        Number of sessions; 0 for users with a single event.
    """

    ids: list[str]
    age_group: list[str]
    city: list[str]
    language: list[str]
    interest: np.ndarray
    preference: np.ndarray
    joined: np.ndarray
    sessions: np.ndarray

    def __len__(self) -> int:
        return len(self.ids)


def make_users(catalog: Catalog, users: int, seed: int) -> Users:
    """Generate users and their preferences.

    Parameters
    ----------
    catalog : Catalog
        The products.
    users : int
        Number of users.
    seed : int
        Same seed and catalog, same users.
    """
    rng = np.random.default_rng([seed, 2])
    age = rng.choice(len(AGE_GROUPS), size=users, p=AGE_SHARES)
    joined = (SPAN * 0.93 * np.maximum(rng.random(users) * 1.15 - 0.15, 0.0) ** 0.8).astype(np.int64)
    stay = 0.35 + 0.65 * (1 - joined / SPAN)
    sessions = np.maximum(rng.lognormal(np.log(MEAN_SESSIONS), 0.75, users) * stay, 1.0).astype(np.int64)
    sessions[rng.random(users) < ONE_EVENT] = 0
    chinese = _draw_chinese(sessions, rng)
    city = np.where(chinese, rng.choice(CHINESE_CITIES, users), rng.choice(CITIES, users))
    width = max(len(str(users)), 4)
    return Users(
        ids=[f"U{number + 1:0{width}d}" for number in range(users)],
        age_group=[AGE_GROUPS[code] for code in age],
        city=city.tolist(),
        language=np.where(chinese, "zh", "en").tolist(),
        interest=_interests(age, rng),
        preference=_preferences(catalog, age, rng),
        joined=joined,
        sessions=sessions,
    )


def _draw_chinese(sessions: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw the users who write in Chinese, with the same share at every level of activity: (users,) bool."""
    order = np.argsort(sessions + rng.random(len(sessions)))
    chinese = np.zeros(len(sessions), dtype=bool)
    for start in range(0, len(order), CHINESE_EVERY):
        chinese[rng.permutation(order[start : start + CHINESE_EVERY])[:CHINESE_OF]] = True
    return chinese


def _interests(age: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw the interests of users in departments, by popularity of the department and by age."""
    departments = list(dict.fromkeys(category.department for category in ASSORTMENT))
    fashion = rng.dirichlet(np.full(len(departments), 16.0)) * len(departments)
    by_age = np.exp(rng.normal(0, 0.35, size=(len(AGE_GROUPS), len(departments))))
    drawn = rng.gamma(0.22 * fashion * by_age[age]) + 0.002
    drawn /= drawn.sum(axis=1, keepdims=True)
    index = np.array([departments.index(category.department) for category in ASSORTMENT])
    entry = np.array([category.entry for category in ASSORTMENT])
    return drawn[:, index] * entry


def _preferences(catalog: Catalog, age: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Sum the preferences for an item's brand, price level, style, color and material."""
    users, codes = len(age), catalog.codes
    level = np.clip(np.array(AGE_LEVELS)[age] + rng.normal(0, 0.65, users), 0, 2)
    brand = rng.normal(0, 0.7, (users, len(BRANDS))) + 1.6 * (rng.random((users, len(BRANDS))) < 0.2)
    style = rng.normal(0, 0.25, (users, len(STYLES))) + 1.2 * (rng.random((users, len(STYLES))) < 0.3)
    colour = rng.normal(0, 0.25, (users, len(COLOUR_NAMES))) + 0.8 * (rng.random((users, len(COLOUR_NAMES))) < 0.2)
    material = rng.normal(0, 0.4, (users, len(MATERIAL_NAMES)))
    preference = brand[:, codes["brand"]] + style[:, codes["style"]] + colour[:, codes["colour"]]
    preference += material[:, codes["material"]] - 1.1 * np.abs(level[:, None] - codes["level"])
    return preference.astype(np.float32)
