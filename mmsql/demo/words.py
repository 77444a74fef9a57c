"""What buyers write: comments that are true about the product, with a rating to match."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mmsql.demo.catalog import DAY, SPAN, Catalog, Item
from mmsql.demo.dice import Dice
from mmsql.demo.kinds import Pair
from mmsql.demo.lexicon import COLOURS, LEVELS
from mmsql.demo.life import BUY, Events
from mmsql.demo.phrases import Phrases
from mmsql.demo.phrases_chinese import CHINESE
from mmsql.demo.phrases_english import ENGLISH
from mmsql.demo.taste import People

COMMENTING = 0.66  # share of purchases that are written about
SHORT = 0.07  # share of comments of a word or three


@dataclass(frozen=True)
class Comments:
    """Comments, in the order of the purchases they are about.

    Attributes
    ----------
    item, user : list of int
        Positions in catalog and people.
    body : list of str
        English, or Chinese where that is the user's language.
    rating : list of float
        From 1 to 5.
    moment : list of int
        Seconds into the shop's life.
    """

    item: list[int]
    user: list[int]
    body: list[str]
    rating: list[float]
    moment: list[int]

    def __len__(self) -> int:
        return len(self.body)


def make_comments(catalog: Catalog, people: People, events: Events, seed: int) -> Comments:
    """Write comments about some of what was bought.

    Parameters
    ----------
    catalog, people, events
        What was bought by whom.
    seed : int
        Same seed and shop, same comments.
    """
    dice = Dice(np.random.default_rng([seed, 4]))
    comments = Comments([], [], [], [], [])
    liking = _liking(catalog, people)
    for place in np.flatnonzero(events.kind == BUY).tolist():
        user, number = int(events.user[place]), int(events.item[place])
        moment = int(events.moment[place]) + int(dice.between(2, 40) * DAY)
        if moment >= SPAN or not dice.chance(COMMENTING):
            continue
        item, suits = catalog.items[number], float(liking[user, number])
        rating = _rating(item, suits, dice)
        comments.item.append(number)
        comments.user.append(user)
        comments.body.append(_write(item, people.language[user], rating, suits, dice))
        comments.rating.append(float(rating))
        comments.moment.append(moment)
    return comments


def _liking(catalog: Catalog, people: People) -> np.ndarray:
    """Return tastes relative to what else is on the shelf: (users, items), mean 0 and deviation 1 a shelf."""
    liking = np.zeros_like(people.taste)
    for shelf in catalog.shelves:
        if len(shelf):
            taste = people.taste[:, shelf]
            spread = taste.std(axis=1, keepdims=True)
            liking[:, shelf] = (taste - taste.mean(axis=1, keepdims=True)) / np.maximum(spread, 0.1)
    return liking


def _rating(item: Item, suits: float, dice: Dice) -> int:
    luck = sum(dice.number() for _ in range(4)) - 2.0
    value = (0.25, 0.0, -0.15)[item.brand.level]  # who pays more expects more
    score = 3.8 + 3.2 * (item.quality - 0.6) + 0.35 * suits + value + 2.0 * luck
    return min(max(round(score), 1), 5)


def _write(item: Item, language: str, rating: int, suits: float, dice: Dice) -> str:
    """Put a comment together: what happened, what is good, what is not, and what follows."""
    phrases = CHINESE if language == "zh" else ENGLISH
    mood = "good" if rating >= 4 else "mixed" if rating == 3 else "bad"
    fields = _fields(item, language)
    if dice.chance(SHORT):
        return dice.pick(phrases.short[mood]).format(**fields)
    body = _about_product(item, phrases, rating, dice)
    if dice.chance(0.45):
        body.insert(0, (dice.pick(phrases.contexts[item.category.department]), None))
    if item.fit and dice.chance(0.55):
        body.insert(dice.below(len(body) + 1), (dice.pick(phrases.fits[item.fit]), None))
    if mood != "mixed" and dice.chance(0.25) and (suits > 0) == (mood == "good"):
        body.append((dice.pick(phrases.colours[mood]), None))
    if mood != "mixed" and dice.chance(0.25):
        body.append((dice.pick(phrases.prices[f"{LEVELS[item.brand.level]} {mood}"]), None))
    if dice.chance(0.65):
        body.insert(0, (dice.pick(phrases.openers[mood]), None))
    body.append((dice.pick(phrases.closers[mood]), None))
    place = 1 if language == "zh" else 0
    sentences = [_filled(frame, clause[place] if clause else "", fields) for frame, clause in body if frame]
    return _in_voice(sentences, language, mood, dice)


Sentence = tuple[str, Pair | None]  # a frame, and the clause that goes into it


def _about_product(item: Item, phrases: Phrases, rating: int, dice: Dice) -> list[Sentence]:
    """Choose what is said about the product itself; it is always something true."""
    strengths = dice.sample(item.strengths, 2)
    faults = dice.sample(item.faults, 2)
    said: list[Sentence] = []
    if rating >= 3:
        said.append((dice.pick(phrases.strengths), strengths[0]))
    if rating >= 4 and dice.chance(0.5):
        said.append((dice.pick(phrases.second_strengths), strengths[1]))
    if rating == 3 or (rating == 4 and dice.chance(0.4)):
        said.append((dice.pick(phrases.small_faults), faults[0]))
    if rating <= 2:
        said.extend((dice.pick(phrases.faults), fault) for fault in faults)
        if dice.chance(0.25):
            said.append((dice.pick(phrases.strengths), strengths[0]))
    return said


def _fields(item: Item, language: str) -> dict[str, str]:
    plural = item.category.plural
    colour = COLOURS[item.colour][1] if language == "zh" else item.colour
    price = f"{item.price:.0f} 欧元" if language == "zh" else f"{item.price:.0f} euros"
    return {
        "noun": item.kind.chinese if language == "zh" else item.kind.noun,
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


def _filled(frame: str, clause: str, fields: dict[str, str]) -> str:
    return frame.format(say=clause, Say=clause[:1].upper() + clause[1:], **fields)


def _in_voice(sentences: list[str], language: str, mood: str, dice: Dice) -> str:
    """Join sentences the way this writer does."""
    if language == "zh":
        joined = "".join(sentences)
        return joined.replace("。", " ").strip() if dice.chance(0.12) else joined
    joined = " ".join(sentences)
    drawn = dice.number()
    if drawn < 0.08:
        return joined.lower()
    if drawn < 0.13 and mood == "good":
        return joined.replace(".", "!")
    return joined
