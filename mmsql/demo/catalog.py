"""The products of the demo shop."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mmsql.demo.assortment import ASSORTMENT
from mmsql.demo.dice import Dice
from mmsql.demo.kinds import Category, Pair, Product
from mmsql.demo.lexicon import BRANDS, COLOURS, LEVELS, MATERIALS, SERIES, STYLES, Brand

DAY = 86_400
SPAN = 548 * DAY  # the life of the shop, in seconds: about eighteen months
LEVEL_FACTORS = (0.62, 1.0, 1.65)
SERIES_PER_BRAND = 3
OUT_OF_STOCK = 0.04
BRAND_NEW = 0.03  # share of items that nobody has seen yet
FITS = ("runs small", "is true to size", "runs large")
COLOUR_NAMES = tuple(COLOURS)
MATERIAL_NAMES = tuple(MATERIALS)


@dataclass(frozen=True, kw_only=True)
class Item:
    """A product, with what only the shop's maker knows about it.

    Attributes
    ----------
    item_id, title, description, price, available
        As in ``mmsql.items``; the description may be missing.
    category, kind : Category, Product
        What it is.
    brand, series, size, colour, material, style : str or Brand
        Its visible features. ``size`` may be empty.
    quality : float
        From 0 to 1; decides ratings.
    appeal : float
        Logarithm of how much attention it draws.
    launched : int
        Seconds into the shop's life when it appeared; ``SPAN`` for those nobody has seen yet.
    fit : str
        One of ``FITS``, or empty where nothing has to fit.
    strengths, faults : tuple of Pair
        What is true about it.
    """

    item_id: str
    title: str
    description: str | None
    price: float
    available: bool
    category: Category
    kind: Product
    brand: Brand
    series: str
    size: str
    colour: str
    material: str
    style: str
    quality: float
    appeal: float
    launched: int
    fit: str
    strengths: tuple[Pair, ...]
    faults: tuple[Pair, ...]


@dataclass(frozen=True)
class Catalog:
    """All products, as objects and as arrays of codes.

    Attributes
    ----------
    items : tuple of Item
        In the order of their ids.
    """

    items: tuple[Item, ...]

    def __len__(self) -> int:
        return len(self.items)

    @cached_property
    def codes(self) -> dict[str, np.ndarray]:
        """Codes of the features, (items,) int64 each; ``line`` is brand and series."""
        kinds = [kind for category in ASSORTMENT for kind in category.products]
        lines = sorted({(item.brand.name, item.series) for item in self.items})
        features = {
            "category": [ASSORTMENT.index(item.category) for item in self.items],
            "kind": [kinds.index(item.kind) for item in self.items],
            "brand": [BRANDS.index(item.brand) for item in self.items],
            "line": [lines.index((item.brand.name, item.series)) for item in self.items],
            "style": [STYLES.index(item.style) for item in self.items],
            "level": [item.brand.level for item in self.items],
            "colour": [COLOUR_NAMES.index(item.colour) for item in self.items],
            "material": [MATERIAL_NAMES.index(item.material) for item in self.items],
        }
        return {name: np.array(values, dtype=np.int64) for name, values in features.items()}

    @cached_property
    def shelves(self) -> list[np.ndarray]:
        """Positions of the items of each category of the assortment, by the category's position."""
        category = self.codes["category"]
        return [np.flatnonzero(category == number) for number in range(len(ASSORTMENT))]


def make_catalog(items: int, seed: int) -> Catalog:
    """Invent products.

    Parameters
    ----------
    items : int
        How many.
    seed : int
        Same seed, same products.

    Returns
    -------
    Catalog
        With ids ``P0001`` and on, in an order that mixes categories.
    """
    rng = np.random.default_rng([seed, 1])
    dice = Dice(rng)
    lines = _make_lines(dice)
    shares = rng.dirichlet(np.full(len(ASSORTMENT), 12.0))
    counts = rng.multinomial(max(items - len(ASSORTMENT), 0), shares) + 1
    places = np.repeat(np.arange(len(ASSORTMENT)), counts)
    rng.shuffle(places)
    appeals = rng.normal(0.0, 0.7, size=items)
    taken: set[str] = set()
    width = max(len(str(items)), 4)
    return Catalog(
        tuple(
            _make_item(f"P{number + 1:0{width}d}", ASSORTMENT[place], float(appeals[number]), lines, taken, dice)
            for number, place in enumerate(places[:items])
        )
    )


def _make_lines(dice: Dice) -> dict[str, list[tuple[str, str]]]:
    """Give each brand its series, each with a style."""
    return {
        brand.name: [(name, dice.pick(STYLES)) for name in dice.sample(SERIES, SERIES_PER_BRAND)] for brand in BRANDS
    }


def _make_item(
    item_id: str,
    category: Category,
    appeal: float,
    lines: dict[str, list[tuple[str, str]]],
    taken: set[str],
    dice: Dice,
) -> Item:
    brand = dice.pick([brand for brand in BRANDS if category.department in brand.departments])
    series, style = dice.pick(lines[brand.name])
    kind, colour, material = (
        dice.pick(category.products),
        dice.pick(category.colours),
        dice.pick(category.materials),
    )
    size = dice.pick(kind.sizes) if kind.sizes else ""
    quality = min(max(brand.quality + dice.between(-0.3, 0.25), 0.05), 0.98)
    strengths, faults = _traits(category, material, 3 if quality > 0.6 else 2, dice)
    return Item(
        item_id=item_id,
        title=_title(brand, series, kind, size, colour, material, taken, dice),
        description=_description(category, kind, brand, series, colour, material, style, strengths, dice),
        price=_price(category.price * kind.price_factor * LEVEL_FACTORS[brand.level], brand.level, dice),
        available=not dice.chance(OUT_OF_STOCK),
        category=category,
        kind=kind,
        brand=brand,
        series=series,
        size=size,
        colour=colour,
        material=material,
        style=style,
        quality=quality,
        appeal=appeal + quality - 0.6,
        launched=_launch(dice),
        fit=dice.pick(("runs small", "is true to size", "is true to size", "runs large")) if category.fits else "",
        strengths=tuple(strengths),
        faults=tuple(faults),
    )


def _traits(category: Category, material: str, good: int, dice: Dice) -> tuple[list[Pair], list[Pair]]:
    """Share out what could be said: where there is a strength, the fault at its place is not."""
    strengths = (*category.strengths, MATERIALS[material].strength)
    faults = (*category.faults, MATERIALS[material].fault)
    order = dice.sample(range(len(strengths)), len(strengths))
    return [strengths[place] for place in order[:good]], [faults[place] for place in order[good:]]


def _launch(dice: Dice) -> int:
    drawn = dice.number()
    if drawn < BRAND_NEW:
        return SPAN
    return 0 if drawn < 0.6 else dice.below(SPAN - 30 * DAY)


def _title(
    brand: Brand,
    series: str,
    kind: Product,
    size: str,
    colour: str,
    material: str,
    taken: set[str],
    dice: Dice,
) -> str:
    name = f"{brand.name} {series} {kind.name}"
    stuff, shade = material.capitalize(), colour.title()
    candidates = [
        f"{name}, {size}, {shade}" if size else f"{name}, {shade}",
        f"{name} – {stuff}, {shade}",
        f"{name} {size}, {stuff}, {shade}".replace(" ,", ","),
        f"{name}, {stuff}" + (f", {size}" if size else ""),
    ]
    drawn = dice.below(len(candidates))
    ordered = candidates[drawn:] + candidates[:drawn]
    number = 2
    while ordered[0] in taken:
        ordered = ordered[1:] or [f"{candidates[2]}, No. {number}"]
        number += 1
    taken.add(ordered[0])
    return ordered[0]


def _price(typical: float, level: int, dice: Dice) -> float:
    spread = sum(dice.number() for _ in range(4)) - 2.0  # near normal, standard deviation 0.58
    price = typical * float(np.exp(0.25 * spread))
    if level == 2 and price > 40:
        return float(round(price / 5) * 5)
    return max(float(int(price)), 2.0) + dice.pick((0.99, 0.95, 0.9, 0.49, 0.99))


def _description(
    category: Category,
    kind: Product,
    brand: Brand,
    series: str,
    colour: str,
    material: str,
    style: str,
    strengths: list[Pair],
    dice: Dice,
) -> str | None:
    if dice.chance(0.03):
        return None
    noun = kind.noun
    level = LEVELS[brand.level]
    openings = (
        f"{kind.name} from the {series} series by {brand.name}, made with {material}, in {colour}.",
        f"The {series} by {brand.name}: {style} lines, {material}, {colour}.",
        f"{style.capitalize()} in look, {material} in substance: {brand.name}'s {series} {noun} in {colour}.",
        f"{brand.name} makes the {series} {noun} with {material}. Colour: {colour}.",
    )
    closings = {
        "budget": ("Honest value for small budgets.", "Everything you need, nothing you pay extra for."),
        "mid": ("A sound choice for every day.", "Made to be used, not to be saved."),
        "premium": ("Made in small batches and built to last.", "For those who buy once and keep it."),
    }
    middle = [category.use, f"What customers say: {strengths[0][0]}."]
    if dice.chance(0.6):
        middle.append(dice.pick(closings[level]))
    return " ".join([dice.pick(openings), *middle])
