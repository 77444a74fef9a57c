"""Images of the demo shop's products: shape by category, color and texture by attributes."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, ImageDraw

from mmsql.demo.catalog import Catalog, Item
from mmsql.demo.chooser import Chooser
from mmsql.demo.product_features import COLOURS, MATERIALS
from mmsql.demo.shapes import SHAPES, Mark

SIZE = 96
CANVAS = 2 * SIZE
Colour = tuple[int, int, int]

# Color of the background, by style.
BACKGROUNDS: dict[str, Colour] = {
    "classic": (226, 219, 205),
    "modern": (206, 215, 226),
    "minimal": (230, 230, 228),
    "rustic": (214, 199, 176),
    "sporty": (200, 222, 212),
    "playful": (242, 216, 202),
}
TRIMS: dict[str, Colour] = {
    "shine": (186, 192, 200),
    "wood": (150, 104, 66),
    "grain": (96, 72, 58),
    "glaze": (222, 218, 208),
    "weave": (120, 120, 116),
    "knit": (160, 140, 124),
    "quilt": (170, 170, 176),
    "plain": (84, 86, 92),
}
INK: Colour = (44, 44, 48)
METAL: Colour = (196, 202, 210)
LEAF: Colour = (96, 150, 84)


def draw_images(catalog: Catalog, seed: int) -> list[bytes]:
    """Draw an image of every product.

    Parameters
    ----------
    catalog : Catalog
        The products.
    seed : int
        Same seed and catalog, same images.

    Returns
    -------
    list of bytes
        One PNG of 96 × 96 pixels an item.
    """
    chooser = Chooser(np.random.default_rng([seed, 5]))
    return [_draw(item, chooser) for item in catalog.items]


def _draw(item: Item, chooser: Chooser) -> bytes:
    texture = MATERIALS[item.material].texture
    tones = _tones(COLOURS[item.colour][0], TRIMS[texture], chooser)
    marks = _placed(SHAPES[item.category.shape], item, chooser)
    picture = Image.new("RGB", (CANVAS, CANVAS), _shifted(BACKGROUNDS[item.style], chooser.between(-6, 6)))
    brush = ImageDraw.Draw(picture)
    brush.ellipse((26, 166, 166, 186), fill=_shifted(BACKGROUNDS[item.style], -28))
    for kind, tone, points in marks:
        _paint(brush, kind, points, tones[tone], _shifted(tones[tone], -55))
        if tone == "main" and texture != "plain" and kind != "line":
            _texture(picture, kind, points, texture, tones["main"])
    out = io.BytesIO()
    picture.reduce(2).quantize(64, method=Image.Quantize.FASTOCTREE).save(out, format="PNG", compress_level=6)
    return out.getvalue()


def _tones(colour: Colour, trim: Colour, chooser: Chooser) -> dict[str, Colour]:
    main = _shifted(colour, chooser.between(-10, 10))
    return {
        "main": main,
        "dark": _shifted(main, -40),
        "light": _shifted(main, 45),
        "trim": _shifted(trim, chooser.between(-12, 12)),
        "metal": METAL,
        "leaf": LEAF,
        "ink": INK,
    }


def _shifted(colour: Colour, amount: float) -> Colour:
    red, green, blue = (min(max(int(part + amount), 0), 255) for part in colour)
    return red, green, blue


def _placed(marks: tuple[Mark, ...], item: Item, chooser: Chooser) -> list[Mark]:
    """Scale a drawing by product and size, shift it a little, and mirror some drawings."""
    index = item.category.products.index(item.product)
    wide = (1.0, 0.86, 0.94, 0.78)[index % 4] * chooser.between(0.92, 1.02)
    tall = (0.96, 1.0, 0.8, 0.9)[index % 4] * chooser.between(0.92, 1.02)
    right, down = chooser.between(-3, 3), chooser.between(-3, 3)
    flip = -1.0 if chooser.chance(0.3) else 1.0
    scale = CANVAS / 100

    def moved(mark: Mark) -> Mark:
        kind, tone, points = mark
        across = [(50 + (x - 50) * wide * flip + right) * scale for x in points[::2]]
        along = [(52 + (y - 50) * tall + down) * scale for y in points[1::2]]
        if kind in ("box", "oval"):
            across.sort()
        return kind, tone, tuple(int(part) for point in zip(across, along, strict=True) for part in point)

    return [moved(mark) for mark in marks]


def _paint(brush: ImageDraw.ImageDraw, kind: str, points: tuple[int, ...], fill: Colour, edge: Colour) -> None:
    if kind == "box":
        brush.rounded_rectangle(points, radius=8, fill=fill, outline=edge, width=2)
    elif kind == "oval":
        brush.ellipse(points, fill=fill, outline=edge, width=2)
    elif kind == "area":
        brush.polygon(points, fill=fill, outline=edge, width=2)
    else:
        brush.line(points, fill=fill, width=7, joint="curve")


def _texture(picture: Image.Image, kind: str, points: tuple[int, ...], texture: str, main: Colour) -> None:
    """Draw the pattern of a material over a painted mark, inside its outline."""
    left, top, right, bottom = min(points[::2]), min(points[1::2]), max(points[::2]), max(points[1::2])
    width, height = right - left, bottom - top
    mask = Image.new("L", (width + 1, height + 1), 0)
    inner = tuple(value - (left if index % 2 == 0 else top) for index, value in enumerate(points))
    shape = ImageDraw.Draw(mask)
    if kind == "box":
        shape.rounded_rectangle(inner, radius=8, fill=255)
    elif kind == "oval":
        shape.ellipse(inner, fill=255)
    else:
        shape.polygon(inner, fill=255)
    lines = Image.new("L", mask.size, 0)
    _pattern(ImageDraw.Draw(lines), texture, width, height)
    tone = _shifted(main, 60 if texture in ("shine", "glaze") else -32)
    picture.paste(tone, (left, top), Image.composite(lines, Image.new("L", mask.size, 0), mask))


def _pattern(brush: ImageDraw.ImageDraw, texture: str, width: int, height: int) -> None:
    if texture == "shine":
        brush.polygon((width * 0.2, 0, width * 0.38, 0, width * 0.18, height, 0, height), fill=150)
        brush.line((width * 0.5, 0, width * 0.3, height), fill=110, width=3)
    elif texture == "glaze":
        brush.ellipse((width * 0.1, height * 0.1, width * 0.45, height * 0.4), fill=130)
    elif texture == "wood":
        for y in range(4, height, 9):
            bend = (y * 7) % 5 - 2
            brush.line((0, y, width * 0.5, y + bend, width, y - bend), fill=150, width=2)
    elif texture == "grain":
        for y in range(3, height, 8):
            for x in range((y * 5) % 11, width, 11):
                brush.ellipse((x, y, x + 2, y + 2), fill=140)
    elif texture == "weave":
        for x in range(0, width, 7):
            brush.line((x, 0, x, height), fill=90)
        for y in range(0, height, 7):
            brush.line((0, y, width, y), fill=90)
    elif texture == "knit":
        for y in range(0, height, 9):
            for x in range(0, width, 10):
                brush.line((x, y, x + 5, y + 6, x + 10, y), fill=140, width=2)
    elif texture == "quilt":
        for offset in range(-height, width, 24):
            brush.line((offset, 0, offset + height, height), fill=130, width=2)
            brush.line((offset + height, 0, offset, height), fill=130, width=2)
