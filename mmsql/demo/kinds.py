"""What a category of the demo shop is, and how one is written down."""

from __future__ import annotations

from dataclasses import dataclass

Pair = tuple[str, str]  # the same thing said in English and in Chinese


@dataclass(frozen=True)
class Product:
    """A kind of product within a category.

    Attributes
    ----------
    name, chinese : str
        Its name as in a title, and in Chinese.
    price_factor : float
        Price relative to the category's.
    sizes : tuple of str
        The sizes or versions it comes in; may be empty.
    """

    name: str
    chinese: str
    price_factor: float
    sizes: tuple[str, ...]

    @property
    def noun(self) -> str:
        """Its name within a sentence.

        >>> Product("LED Desk Lamp, Set of 2", "台灯", 1.0, ()).noun
        'LED desk lamp'
        """
        return " ".join(word if word[:2].isupper() else word.lower() for word in self.name.split(",")[0].split())


@dataclass(frozen=True, kw_only=True)
class Category:
    """A category: what is sold in it, what is good and bad about that, and what people buy next.

    Attributes
    ----------
    path : str
        As it stands in ``items.category``: ``Department > Category``.
    shape : str
        Name of the drawing, see :mod:`mmsql.demo.pictures`.
    price : float
        Typical price of a mid-level product.
    season : str
        Name of a season in :mod:`mmsql.demo.life`, or empty.
    entry : float
        How often people come for it without having bought something that leads to it.
    plural, fits : bool
        Whether one speaks of it in the plural, and whether it has to fit the body.
    materials, colours : tuple of str
        What it may be made of, and its possible colours.
    products : tuple of Product
        The kinds of product.
    use : str
        What it is for, for descriptions.
    strengths, faults : tuple of Pair
        Clauses that are true of some products of it, three each. A strength and the fault at its place
        may contradict each other, so that no product has both.
    leads_to : tuple of (str, float)
        Categories people turn to after buying here, with the probability.
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
    """Read a list written with commas.

    >>> words("oak, walnut")
    ('oak', 'walnut')
    """
    return tuple(part.strip() for part in text.split(",") if part.strip())


def pairs(text: str) -> tuple[Pair, ...]:
    """Read lines of ``English = Chinese``.

    >>> pairs("it glows = 会发光")
    (('it glows', '会发光'),)
    """
    split = [line.split(" = ") for line in text.strip().splitlines()]
    return tuple((english.strip(), chinese.strip()) for english, chinese in split)


def products(text: str) -> tuple[Product, ...]:
    """Read lines of ``Name | Chinese | price factor | size, size``.

    >>> products("Paring Knife | 削皮刀 | 0.6 | 9 cm")[0].sizes
    ('9 cm',)
    """
    split = [[part.strip() for part in line.split("|")] for line in text.strip().splitlines()]
    return tuple(Product(name, chinese, float(factor), words(sizes)) for name, chinese, factor, sizes in split)
