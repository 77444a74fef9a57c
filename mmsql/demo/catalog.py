"""Products of the demo shop."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mmsql.demo.assortment import ASSORTMENT
from mmsql.demo.categories import Category, Pair, Product
from mmsql.demo.chooser import Chooser
from mmsql.demo.product_features import BRANDS, COLOURS, LEVELS, MATERIALS, SERIES, STYLES, Brand

DAY = 86_400
SPAN = 548 * DAY  # duration of the simulation in seconds: about eighteen months
LEVEL_FACTORS = (0.62, 1.0, 1.65)
SERIES_PER_BRAND = 3
OUT_OF_STOCK = 0.04
NEW_SHARE = 0.03  # share of items without events
FITS = ("runs small", "is true to size", "runs large")
COLOUR_NAMES = tuple(COLOURS)
MATERIAL_NAMES = tuple(MATERIALS)


@dataclass(frozen=True, kw_only=True)
class Item:
    """A product, with the hidden properties that drive the simulation.

    Attributes
    ----------
    item_id, title, description, price, available
        As in ``mmsql.items``; the description may be missing.
    category, product : Category, Product
        Its category and its product type.
    brand, series, size, colour, material, style : str or Brand
        Its visible features. ``size`` may be empty.
    quality : float
        From 0 to 1; determines ratings.
    appeal : float
        Logarithm of its attractiveness.
    launched : int
        Seconds from the start of the simulation to its launch; ``SPAN`` for items without events.
    fit : str
        One of ``FITS``, or empty for products without a fit.
    strengths, faults : tuple of Pair
        Statements that are true about it.
    """

    item_id: str
    title: str
    description: str | None
    price: float
    available: bool
    category: Category
    product: Product
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
        products = [product for category in ASSORTMENT for product in category.products]
        lines = sorted({(item.brand.name, item.series) for item in self.items})
        features = {
            "category": [ASSORTMENT.index(item.category) for item in self.items],
            "product": [products.index(item.product) for item in self.items],
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
        """Indices of the items of each category, in the order of the assortment."""
        category = self.codes["category"]
        return [np.flatnonzero(category == number) for number in range(len(ASSORTMENT))]


def make_catalog(items: int, seed: int) -> Catalog:
    """Generate products.

    Parameters
    ----------
    items : int
        Number of products.
    seed : int
        Same seed, same products.

    Returns
    -------
    Catalog
        Products with ids from ``P0001``, in an order that mixes categories.
    """
    rng = np.random.default_rng([seed, 1])
    chooser = Chooser(rng)
    lines = _make_lines(chooser)
    shares = rng.dirichlet(np.full(len(ASSORTMENT), 12.0))
    counts = rng.multinomial(max(items - len(ASSORTMENT), 0), shares) + 1
    categories = np.repeat(np.arange(len(ASSORTMENT)), counts)
    rng.shuffle(categories)
    appeals = rng.normal(0.0, 0.7, size=items)
    taken: set[str] = set()
    width = max(len(str(items)), 4)
    return Catalog(
        tuple(
            _make_item(
                f"P{number + 1:0{width}d}", ASSORTMENT[category], float(appeals[number]), lines, taken, chooser
            )
            for number, category in enumerate(categories[:items])
        )
    )


def _make_lines(chooser: Chooser) -> dict[str, list[tuple[str, str]]]:
    """Draw the series of each brand, each with a style."""
    return {
        brand.name: [(name, chooser.pick(STYLES)) for name in chooser.sample(SERIES, SERIES_PER_BRAND)]
        for brand in BRANDS
    }


def _make_item(
    item_id: str,
    category: Category,
    appeal: float,
    lines: dict[str, list[tuple[str, str]]],
    taken: set[str],
    chooser: Chooser,
) -> Item:
    brand = chooser.pick([brand for brand in BRANDS if category.department in brand.departments])
    series, style = chooser.pick(lines[brand.name])
    product, colour, material = (
        chooser.pick(category.products),
        chooser.pick(category.colours),
        chooser.pick(category.materials),
    )
    size = chooser.pick(product.sizes) if product.sizes else ""
    quality = min(max(brand.quality + chooser.between(-0.3, 0.25), 0.05), 0.98)
    strengths, faults = _traits(category, material, 3 if quality > 0.6 else 2, chooser)
    return Item(
        item_id=item_id,
        title=_title(brand, series, product, size, colour, material, taken, chooser),
        description=_description(category, product, brand, series, colour, material, style, strengths, chooser),
        price=_price(category.price * product.price_factor * LEVEL_FACTORS[brand.level], brand.level, chooser),
        available=not chooser.chance(OUT_OF_STOCK),
        category=category,
        product=product,
        brand=brand,
        series=series,
        size=size,
        colour=colour,
        material=material,
        style=style,
        quality=quality,
        appeal=appeal + quality - 0.6,
        launched=_launch(chooser),
        fit=chooser.pick(("runs small", "is true to size", "is true to size", "runs large")) if category.fits else "",
        strengths=tuple(strengths),
        faults=tuple(faults),
    )


def _traits(category: Category, material: str, good: int, chooser: Chooser) -> tuple[list[Pair], list[Pair]]:
    """Draw strengths and faults. Of each strength and the fault with its index, an item has only one."""
    strengths = (*category.strengths, MATERIALS[material].strength)
    faults = (*category.faults, MATERIALS[material].fault)
    order = chooser.sample(range(len(strengths)), len(strengths))
    return [strengths[index] for index in order[:good]], [faults[index] for index in order[good:]]


def _launch(chooser: Chooser) -> int:
    drawn = chooser.number()
    if drawn < NEW_SHARE:
        return SPAN
    return 0 if drawn < 0.6 else chooser.below(SPAN - 30 * DAY)


def _title(
    brand: Brand,
    series: str,
    product: Product,
    size: str,
    colour: str,
    material: str,
    taken: set[str],
    chooser: Chooser,
) -> str:
    name = f"{brand.name} {series} {product.name}"
    stuff, shade = material.capitalize(), colour.title()
    candidates = [
        f"{name}, {size}, {shade}" if size else f"{name}, {shade}",
        f"{name} – {stuff}, {shade}",
        f"{name} {size}, {stuff}, {shade}".replace(" ,", ","),
        f"{name}, {stuff}" + (f", {size}" if size else ""),
    ]
    drawn = chooser.below(len(candidates))
    ordered = candidates[drawn:] + candidates[:drawn]
    number = 2
    while ordered[0] in taken:
        ordered = ordered[1:] or [f"{candidates[2]}, No. {number}"]
        number += 1
    taken.add(ordered[0])
    return ordered[0]


def _price(typical: float, level: int, chooser: Chooser) -> float:
    spread = sum(chooser.number() for _ in range(4)) - 2.0  # near normal, standard deviation 0.58
    price = typical * float(np.exp(0.25 * spread))
    if level == 2 and price > 40:
        return float(round(price / 5) * 5)
    return max(float(int(price)), 2.0) + chooser.pick((0.99, 0.95, 0.9, 0.49, 0.99))


def _description(
    category: Category,
    product: Product,
    brand: Brand,
    series: str,
    colour: str,
    material: str,
    style: str,
    strengths: list[Pair],
    chooser: Chooser,
) -> str | None:
    if chooser.chance(0.03):
        return None
    noun = product.noun
    level = LEVELS[brand.level]
    openings = (
        f"{product.name} from the {series} series by {brand.name}, made with {material}, in {colour}.",
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
    if chooser.chance(0.6):
        middle.append(chooser.pick(closings[level]))
    return " ".join([chooser.pick(openings), *middle])
