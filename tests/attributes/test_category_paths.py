"""Texts that hold more than one value, and paths that contradict each other."""

from __future__ import annotations

import pytest

from mmsql.attributes.category_paths import SEPARATORS, contradictions, lists_are_paths, parts_of, split_kind

DEPARTMENTS = [
    f"{top}{{0}}{middle}{{0}}{low}"
    for top in ("Men", "Women")
    for middle in ("Shoes", "Coats")
    for low in ("Summer", "Winter", "Rain")
]


def kind(values: list[str]) -> tuple[str, str] | None:
    return split_kind(values, {sep: sum(sep in value for value in values) / len(values) for sep in SEPARATORS})


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([path.format(" > ") for path in DEPARTMENTS], ("hierarchy", ">")),
        ([path.format(">") for path in DEPARTMENTS], ("hierarchy", ">")),
        ([path.format("/") for path in DEPARTMENTS], ("hierarchy", "/")),
        *(
            ([path.format(form) for path in DEPARTMENTS], ("hierarchy", form.strip()))
            for form in (" » ", "›", "→", "::", "\\", " / ")
        ),
        ([f">{n} kg" for n in range(20)], None),
        ([path.format(" - ") for path in DEPARTMENTS], None),
        ([path.format(" / ") for path in [*DEPARTMENTS, "Men", "Women"]], ("hierarchy", "/")),
        ([f"Goods|{group}|{group}{n}" for group in "abc" for n in range(4)], ("hierarchy", "|")),
        (["Drama", "Comedy|Drama", "Drama|Romance", "Comedy|Romance", "Action|Comedy"], ("list", "|")),
        (["red; green", "green; blue", "red; blue", "blue"], ("list", ";")),
        (["tea, milk", "tea, sugar", "milk, sugar", "tea, milk, sugar", "milk, tea"], ("list", ",")),
        (["Smith, John", "Miller, Anna", "Brown, Eve"], None),
        (["I like it, though not much", "Well, it is good, and cheap", "No, never"], None),
        (["AC/DC", "Iron Maiden", "Queen"], None),
        (["1/2", "3/4", "5/8", "1/4"], None),
        (["24/7", "9/5"], None),
        (["https://a.example/x", "https://a.example/y", "https://a.example/z"], None),
        (["Tea/Coffee", "Coffee/Tea", "Tea/Milk", "Milk/Coffee"], None),
        (["a"], None),
        (["", " "], None),
        ([], None),
    ],
)
def test_a_text_is_split_where_it_is_safe(values, expected):
    assert (kind(values) if values else split_kind([], {})) == expected


def test_parts_have_no_spaces_and_are_not_empty():
    assert parts_of(" > A >> B > ", ">") == ["A", "B"]


@pytest.mark.parametrize(
    ("lists", "expected"),
    [
        ([["Toys", f"Toy {n}"] for n in range(8)], True),
        ([["Toys", f"Toy {n}"] for n in range(7)], False),  # too few to tell
        ([[f"Toy {n}", "Toys"] for n in range(8)], False),
        ([["red", size] for size in "abcd"] + [["blue", size] for size in "abcd"], False),
        ([["Toys", f"Toy {n}"] for n in range(8)] + [["Toy 1"]], False),
        ([], False),
    ],
)
def test_lists_that_are_paths(lists, expected):
    assert lists_are_paths(lists) is expected


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        (["A > B", "A > C", "D"], []),
        (["A > A", "A > B"], []),
        (["A > B", "B > A"], [("A", "B")]),
        (["A > B", "B > C", "C > A", "X > Y", "Y > X", "Z"], [("A", "B"), ("X", "Y")]),
        (["A > B > A"], [("A", "B")]),
        ([], []),
    ],
)
def test_paths_that_contradict_each_other(paths, expected):
    assert contradictions(path.split(" > ") for path in paths) == expected


def test_a_cycle_of_many_names_is_found_without_recursion():
    ring = [(str(n), str((n + 1) % 50_000)) for n in range(50_000)]
    assert len(contradictions(ring)) == 1
