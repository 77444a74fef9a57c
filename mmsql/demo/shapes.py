"""Shapes of the demo shop's products: the marks of each shape, from back to front.

A mark is a kind, a tone, and coordinates on a grid from 0 to 100, x before y, from the top left.
Kinds are ``box`` and ``oval`` (left, top, right, bottom), ``area`` (corners) and ``line`` (points).
Tones are ``main`` (the product's colour, with the texture of its material), ``dark`` and ``light`` of it,
``trim`` (the material's own colour), ``metal``, ``leaf`` and ``ink``.
"""

from __future__ import annotations

Mark = tuple[str, str, tuple[int, ...]]


def _marks(text: str) -> tuple[Mark, ...]:
    split = [part.split() for part in text.split(";")]
    return tuple((kind, tone, tuple(int(number) for number in rest)) for kind, tone, *rest in split)


def _shapes(text: str) -> dict[str, tuple[Mark, ...]]:
    lines = " ".join(text.split()).split(" / ")
    named = [line.strip().split(": ") for line in lines]
    return {name: _marks(marks) for name, marks in named}


SHAPES = _shapes("""
    knife: area metal 36 40 92 42 94 52 72 60 36 60; box main 6 42 38 58; oval ink 12 47 17 52;
        oval ink 26 47 31 52 /
    board: box main 18 22 90 78; box main 4 42 20 58; oval dark 7 46 14 54;
        line dark 26 30 82 30 82 70 26 70 26 30 /
    pot: box main 20 38 80 78; box dark 16 32 84 40; oval trim 44 20 56 32; box trim 4 44 20 50;
        box trim 80 44 96 50 /
    plate: oval main 8 22 92 84; oval light 22 33 78 73; oval main 30 39 70 67 /
    brewer: area main 30 24 66 24 74 82 22 82; area dark 30 24 66 24 60 12 36 12; oval trim 44 5 54 14;
        line ink 68 32 88 36 86 66 72 66; line light 26 54 70 54 /
    grinder: area main 32 36 68 36 72 90 28 90; oval dark 30 28 70 42; line trim 50 30 50 14 82 14;
        oval ink 78 8 90 20 /
    cup: box main 22 30 66 76; oval light 22 24 66 38; line main 66 40 82 42 82 60 66 64;
        oval trim 12 76 78 86 /
    duvet: box main 8 26 92 80; line dark 8 44 92 44; line dark 8 62 92 62; line dark 36 26 36 80;
        line dark 64 26 64 80 /
    linen: box main 10 58 90 78; box light 10 40 90 58; box dark 10 26 90 40; line trim 20 32 80 32 /
    pillow: area main 8 30 50 24 92 30 88 50 92 74 50 80 8 74 12 50; line light 22 40 50 36 78 40 /
    chair: box main 32 10 68 48; box dark 26 50 74 60; line trim 50 60 50 80; line trim 28 92 50 78 72 92;
        line ink 24 38 24 54; line ink 76 38 76 54 /
    lamp: area main 18 36 52 12 66 34 36 50; line trim 56 28 82 52 60 84; box dark 40 84 82 92;
        oval light 24 38 38 48 /
    keyboard: box main 6 32 94 72; box light 12 38 88 44; box light 12 47 88 53; box light 12 56 28 62;
        box trim 32 56 68 62; box light 72 56 88 62 /
    pen: area main 16 70 62 24 72 34 26 80; area trim 16 70 26 80 8 88; area dark 62 24 78 8 88 18 72 34;
        line trim 60 26 70 36 /
    bottle: box trim 40 12 60 28; area main 24 40 40 28 60 28 76 40 76 86 24 86; box light 32 52 68 74 /
    book: box main 22 12 80 88; box dark 22 12 30 88; line trim 70 12 70 88; box light 40 28 64 40 /
    turntable: box main 6 20 94 86; oval ink 12 26 68 82; oval dark 32 46 48 62; oval light 38 52 42 56;
        line trim 84 30 82 60 62 66 /
    speaker: box main 14 10 46 90; box main 54 10 86 90; oval ink 18 48 42 76; oval ink 58 48 82 76;
        oval trim 24 20 36 32; oval trim 64 20 76 32 /
    headphones: line trim 20 60 22 30 40 14 60 14 78 30 80 60; oval main 10 48 34 86;
        oval main 66 48 90 86; oval dark 16 56 28 78; oval dark 72 56 84 78 /
    planter: oval leaf 34 8 50 36; oval leaf 50 6 66 36; box dark 18 34 82 44;
        area main 22 44 78 44 68 90 32 90 /
    packet: box main 26 10 74 90; box light 32 44 68 80; oval trim 40 52 60 72; line dark 26 20 74 20 /
    trowel: area metal 50 92 34 66 38 44 62 44 66 66; line metal 50 44 50 34; box main 43 6 57 36;
        oval ink 47 9 53 15 /
    dog_bed: oval main 6 36 94 84; oval light 20 42 80 70; oval dark 26 46 74 66 /
    lead: line main 16 84 20 40 46 18 74 30 80 56 60 74 40 62; oval trim 8 78 24 94; line dark 40 62 36 48 /
    ball: oval main 20 20 80 80; line light 24 38 50 50 76 38; line light 24 62 50 50 76 62;
        oval dark 46 46 54 54 /
    suitcase: line trim 40 22 40 6 60 6 60 22; box main 22 22 78 86; line dark 36 24 36 84;
        line dark 50 24 50 84; line dark 64 24 64 84; oval ink 26 86 36 94; oval ink 64 86 74 94 /
    cubes: box main 8 48 52 88; box dark 48 56 92 88; box light 26 18 76 50; line trim 32 24 70 24;
        line trim 14 54 46 54 /
    tent: area main 50 16 94 82 6 82; area dark 50 36 66 82 34 82; line trim 50 16 50 82;
        line ink 6 82 2 90; line ink 94 82 98 90 /
    sleeping_bag: area main 30 14 70 14 80 40 66 92 34 92 20 40; oval dark 34 14 66 38;
        line trim 66 40 56 90; line light 24 52 74 52; line light 28 68 72 68 /
    stove: box trim 42 44 58 60; box main 30 60 70 90; line trim 24 34 76 34; line trim 30 34 42 46;
        line trim 70 34 58 46; area light 50 14 58 32 42 32 /
    boot: area main 26 10 56 10 58 48 84 60 90 76 26 76; box ink 22 76 92 86; line light 36 22 56 22;
        line light 36 34 58 34; line light 40 46 60 46 /
    backpack: box main 24 16 76 88; box dark 32 52 68 80; box light 24 16 76 32;
        line trim 40 16 42 6 58 6 60 16; line trim 34 60 66 60 /
    headlamp: line main 8 44 30 34 70 34 92 44; line main 8 50 30 40 70 40 92 50; box ink 34 32 66 64;
        oval light 40 38 60 58 /
    shoe: area main 8 46 30 30 44 48 74 56 94 66 94 74 8 74; area light 8 74 94 74 90 84 10 84;
        line trim 36 42 50 38; line trim 42 48 56 44; line dark 20 66 60 62 /
    sock: area main 36 8 62 8 62 56 88 74 84 90 58 88 36 66; line light 36 18 62 18;
        area dark 76 68 88 74 84 90 72 89; line light 36 26 62 26 /
    helmet: area main 8 62 14 38 34 20 60 18 84 34 94 62; line dark 30 26 24 58; line dark 50 20 48 58;
        line dark 68 24 74 58; line ink 22 62 46 88 72 62 /
    light: box main 22 34 70 66; oval light 62 28 84 72; box trim 36 66 54 82; line ink 28 42 28 58 /
    lock: line trim 28 50 28 24 40 12 60 12 72 24 72 50; box main 18 48 82 90; oval ink 44 60 56 72;
        line ink 50 70 50 80 /
    jacket: area main 32 14 68 14 78 30 74 90 26 90 22 30; area dark 22 28 32 16 28 60 14 74 6 66;
        area dark 78 28 68 16 72 60 86 74 94 66; line trim 50 16 50 90; area light 40 14 60 14 50 28 /
    sweater: area main 30 20 70 20 78 34 74 86 26 86 22 34; area main 22 32 30 22 28 60 14 78 6 70;
        area main 78 32 70 22 72 60 86 78 94 70; oval dark 40 14 60 28; line light 26 80 74 80 /
    scarf: area main 20 12 80 12 76 32 24 32; area dark 28 30 48 30 44 88 22 88;
        area main 50 30 70 30 78 80 56 80; line light 24 76 46 76; line light 54 70 76 70
""")
