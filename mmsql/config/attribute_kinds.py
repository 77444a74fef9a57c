"""The option attribute_kinds, kinds by name: ``{'sku': 'ignored'}`` in SQL or ``sku:ignored`` on a command line."""

from __future__ import annotations

from typing import Any

from mmsql.config.named_values import given_values, read_values, values_text
from mmsql.errors import unknown_option

EXAMPLE = "sku:ignored,size:category"

NUMBER, CATEGORY, HIERARCHY, LIST, BOOLEAN, DATE, IGNORED = (
    "number",
    "category",
    "hierarchy",
    "list",
    "boolean",
    "date",
    "ignored",
)
KINDS = (NUMBER, CATEGORY, HIERARCHY, LIST, BOOLEAN, DATE, IGNORED)


def kinds_text(option: str, given: Any) -> str:
    """Return kinds in their text form, in the order given; empty without kinds.

    Raises
    ------
    OptionError
        When the form is wrong, or a kind is not one of :data:`KINDS`.
    """
    found = {name: str(kind).strip() for name, kind in given_values(option, given, EXAMPLE).items()}
    for name, kind in found.items():
        if kind not in KINDS:
            raise unknown_option(f"kind of {name} in {option}:", kind, KINDS)
    return values_text(found)


def named_kinds(text: str) -> dict[str, str]:
    """Return the kinds of a text of :func:`kinds_text`."""
    return read_values(text)
