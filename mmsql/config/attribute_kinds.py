"""The option attribute_kinds, kinds by name: ``{'sku': 'ignored'}`` in SQL or ``sku:ignored`` on a command line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mmsql.errors import OptionError, unknown_option

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
    if not isinstance(given, str | Mapping):
        raise OptionError(
            f"{option} must be kinds by name; {given!r} was given. Type {option} := {{'sku': 'ignored'}}."
        )
    pairs = given.items() if isinstance(given, Mapping) else _pairs(option, given)
    found = {str(name).strip(): str(kind).strip() for name, kind in pairs}
    for name, kind in found.items():
        if kind not in KINDS:
            raise unknown_option(f"kind of {name} in {option}:", kind, KINDS)
    return ",".join(f"{name}:{kind}" for name, kind in found.items())


def named_kinds(text: str) -> dict[str, str]:
    """Return the kinds of a text of :func:`kinds_text`."""
    return {name: kind for name, colon, kind in (pair.rpartition(":") for pair in text.split(",")) if colon}


def _pairs(option: str, given: str) -> list[tuple[str, str]]:
    found = [pair.rpartition(":") for pair in given.split(",") if pair.strip()]
    for name, colon, _ in found:
        if not (colon and name.strip()):
            raise OptionError(f"{option} must be of the form sku:ignored,size:category; {given!r} was given.")
    return [(name, kind) for name, _, kind in found]
