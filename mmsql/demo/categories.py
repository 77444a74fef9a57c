"""Categories and products of the demo shop, and the text forms in which they are written."""

from __future__ import annotations

from dataclasses import dataclass

Pair = tuple[str, str]  # a statement in English and in Chinese


@dataclass(frozen=True)
class Product:
    """A product type within a category.

    Attributes
    ----------
    name, chinese : str
        Its name in titles, and its Chinese name.
    price_factor : float
        Price relative to that of the category.
    sizes : tuple of str
        Its sizes or versions; may be empty.
    """

    name: str
    chinese: str
    price_factor: float
    sizes: tuple[str, ...]

    @property
    def noun(self) -> str:
        """The name for the middle of a sentence.

        >>> Product("LED Desk Lamp, Set of 2", "台灯", 1.0, ()).noun
        'LED desk lamp'
        """
        return " ".join(word if word[:2].isupper() else word.lower() for word in self.name.split(",")[0].split())


@dataclass(frozen=True, kw_only=True)
class Category:
    """A category with its products, statements about them, and the categories that follow purchases.

    Attributes
    ----------
    path : str
        Value in ``items.category``: ``Department > Category``.
    shape : str
        Name of the shape, see :mod:`mmsql.demo.shapes`.
    price : float
        Typical price of a mid-level product.
    season : str
        Name of a season in :mod:`mmsql.demo.events`, or empty.
    entry : float
        Weight of the category among first purchases, before any follow-up.
    plural, fits : bool
        Whether sentences use the plural, and whether its products have a fit.
    materials, colours : tuple of str
        Possible materials and colours.
    products : tuple of Product
        The product types.
    use : str
        The use of its products, for descriptions.
    strengths, faults : tuple of Pair
        Three statements each that are true of some products. A strength and the fault with the same index may
        contradict each other, so that no product has both.
    leads_to : tuple of (str, float)
        Categories of follow-up purchases, with their probabilities.
    """

    path: str
    shape: str
    price: float
    season: str = ""
    entry: float = 1.0
    plural: bool = False
    fits: bool = False
    materials: tuple[str, ...]
    colours: tuple[str, ...]
    products: tuple[Product, ...]
    use: str
    strengths: tuple[Pair, ...]
    faults: tuple[Pair, ...]
    leads_to: tuple[tuple[str, float], ...] = ()

    @property
    def department(self) -> str:
        """The first part of the path."""
        return self.path.split(" > ")[0]


def words(text: str) -> tuple[str, ...]:
    """Parse a list with commas.

    >>> words("oak, walnut")
    ('oak', 'walnut')
    """
    return tuple(part.strip() for part in text.split(",") if part.strip())


def pairs(text: str) -> tuple[Pair, ...]:
    """Parse lines of ``English = Chinese``.

    >>> pairs("it glows = 会发光")
    (('it glows', '会发光'),)
    """
    split = [line.split(" = ") for line in text.strip().splitlines()]
    return tuple((english.strip(), chinese.strip()) for english, chinese in split)


def products(text: str) -> tuple[Product, ...]:
    """Parse lines of ``Name | Chinese | price factor | size, size``.

    >>> products("Paring Knife | 削皮刀 | 0.6 | 9 cm")[0].sizes
    ('9 cm',)
    """
    split = [[part.strip() for part in line.split("|")] for line in text.strip().splitlines()]
    return tuple(Product(name, chinese, float(factor), words(sizes)) for name, chinese, factor, sizes in split)
