"""Comments of the demo shop: true statements about a bought product, with a matching rating."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mmsql.demo.catalog import DAY, SPAN, Catalog, Item
from mmsql.demo.categories import Pair
from mmsql.demo.chooser import Chooser
from mmsql.demo.events import BUY, Events
from mmsql.demo.phrases import Phrases
from mmsql.demo.phrases_chinese import CHINESE
from mmsql.demo.phrases_english import ENGLISH
from mmsql.demo.product_features import COLOURS, LEVELS
from mmsql.demo.users import Users

COMMENTING = 0.66  # share of purchases with a comment
SHORT = 0.07  # share of comments of one to three words


@dataclass(frozen=True)
class Comments:
    """Comments, in the order of the purchases.

    Attributes
    ----------
    item, user : list of int
        Indices of items and users.
    body : list of str
        Text in the language of the user, English or Chinese.
    rating : list of float
        From 1 to 5.
    timestamp : list of int
        Seconds from the start of the simulation.
    """

    item: list[int]
    user: list[int]
    body: list[str]
    rating: list[float]
    timestamp: list[int]

    def __len__(self) -> int:
        return len(self.body)


def make_comments(catalog: Catalog, users: Users, events: Events, seed: int) -> Comments:
    """Generate comments on a part of the purchases.

    Parameters
    ----------
    catalog, users, events
        The items, the users and their purchases.
    seed : int
        Same seed and shop, same comments.
    """
    chooser = Chooser(np.random.default_rng([seed, 4]))
    comments = Comments([], [], [], [], [])
    preferences = _relative_preferences(catalog, users)
    for index in np.flatnonzero(events.event_type == BUY).tolist():
        user, number = int(events.user[index]), int(events.item[index])
        timestamp = int(events.timestamp[index]) + int(chooser.between(2, 40) * DAY)
        if timestamp >= SPAN or not chooser.chance(COMMENTING):
            continue
        item, suits = catalog.items[number], float(preferences[user, number])
        rating = _rating(item, suits, chooser)
        comments.item.append(number)
        comments.user.append(user)
        comments.body.append(_write(item, users.language[user], rating, suits, chooser))
        comments.rating.append(float(rating))
        comments.timestamp.append(timestamp)
    return comments


def _relative_preferences(catalog: Catalog, users: Users) -> np.ndarray:
    """Return preferences within each category: (users, items), with mean 0 and deviation 1 a category."""
    relative = np.zeros_like(users.preference)
    for shelf in catalog.shelves:
        if len(shelf):
            preference = users.preference[:, shelf]
            deviation = preference.std(axis=1, keepdims=True)
            relative[:, shelf] = (preference - preference.mean(axis=1, keepdims=True)) / np.maximum(deviation, 0.1)
    return relative


def _rating(item: Item, suits: float, chooser: Chooser) -> int:
    noise = sum(chooser.number() for _ in range(4)) - 2.0
    value = (0.25, 0.0, -0.15)[item.brand.level]  # a higher price raises expectations
    score = 3.8 + 3.2 * (item.quality - 0.6) + 0.35 * suits + value + 2.0 * noise
    return min(max(round(score), 1), 5)


def _write(item: Item, language: str, rating: int, suits: float, chooser: Chooser) -> str:
    """Compose a comment: context, strengths, faults and conclusion."""
    phrases = CHINESE if language == "zh" else ENGLISH
    mood = "good" if rating >= 4 else "mixed" if rating == 3 else "bad"
    fields = _fields(item, language)
    if chooser.chance(SHORT):
        return chooser.pick(phrases.short[mood]).format(**fields)
    body = _about_product(item, phrases, rating, chooser)
    if chooser.chance(0.45):
        body.insert(0, (chooser.pick(phrases.contexts[item.category.department]), None))
    if item.fit and chooser.chance(0.55):
        body.insert(chooser.below(len(body) + 1), (chooser.pick(phrases.fits[item.fit]), None))
    if mood != "mixed" and chooser.chance(0.25) and (suits > 0) == (mood == "good"):
        body.append((chooser.pick(phrases.colours[mood]), None))
    if mood != "mixed" and chooser.chance(0.25):
        body.append((chooser.pick(phrases.prices[f"{LEVELS[item.brand.level]} {mood}"]), None))
    if chooser.chance(0.65):
        body.insert(0, (chooser.pick(phrases.openers[mood]), None))
    body.append((chooser.pick(phrases.closers[mood]), None))
    translation = 1 if language == "zh" else 0
    sentences = [
        _filled(frame, statement[translation] if statement else "", fields) for frame, statement in body if frame
    ]
    return _in_style(sentences, language, mood, chooser)


Sentence = tuple[str, Pair | None]  # a frame, and the statement in it


def _about_product(item: Item, phrases: Phrases, rating: int, chooser: Chooser) -> list[Sentence]:
    """Draw statements about the product; all of them are true."""
    strengths = chooser.sample(item.strengths, 2)
    faults = chooser.sample(item.faults, 2)
    sentences: list[Sentence] = []
    if rating >= 3:
        sentences.append((chooser.pick(phrases.strengths), strengths[0]))
    if rating >= 4 and chooser.chance(0.5):
        sentences.append((chooser.pick(phrases.second_strengths), strengths[1]))
    if rating == 3 or (rating == 4 and chooser.chance(0.4)):
        sentences.append((chooser.pick(phrases.small_faults), faults[0]))
    if rating <= 2:
        sentences.extend((chooser.pick(phrases.faults), fault) for fault in faults)
        if chooser.chance(0.25):
            sentences.append((chooser.pick(phrases.strengths), strengths[0]))
    return sentences


def _fields(item: Item, language: str) -> dict[str, str]:
    plural = item.category.plural
    colour = COLOURS[item.colour][1] if language == "zh" else item.colour
    price = f"{item.price:.0f} 欧元" if language == "zh" else f"{item.price:.0f} euros"
    return {
        "noun": item.product.chinese if language == "zh" else item.product.noun,
        "brand": item.brand.name,
        "this": "these" if plural else "this",
        "it": "them" if plural else "it",
        "is": "are" if plural else "is",
        "does": "do" if plural else "does",
        "colour": colour,
        "Colour": colour.capitalize(),
        "style": item.style,
        "price": price,
    }


def _filled(frame: str, statement: str, fields: dict[str, str]) -> str:
    return frame.format(say=statement, Say=statement[:1].upper() + statement[1:], **fields)


def _in_style(sentences: list[str], language: str, mood: str, chooser: Chooser) -> str:
    """Join sentences in a writing style: lower case, exclamation marks, or without full stops in Chinese."""
    if language == "zh":
        joined = "".join(sentences)
        return joined.replace("。", " ").strip() if chooser.chance(0.12) else joined
    joined = " ".join(sentences)
    drawn = chooser.number()
    if drawn < 0.08:
        return joined.lower()
    if drawn < 0.13 and mood == "good":
        return joined.replace(".", "!")
    return joined
