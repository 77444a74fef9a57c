"""Weights by name, as one option: ``{'buy': 3, 'view': 0.5}`` in SQL, ``buy:3,view:0.5`` on a command line."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from mmsql.errors import OptionError


def weights_text(option: str, given: Any) -> str:
    """Bring weights into one form of text, in the order given; empty where there are none.

    Raises
    ------
    OptionError
        When it is not of the form, or a weight is not a number from 0 on.
    """
    pairs = given.items() if isinstance(given, Mapping) else _pairs(option, given)
    return ",".join(f"{str(name).strip()}:{_weight(option, name, value):g}" for name, value in pairs)


def named_weights(text: str) -> dict[str, float]:
    """Return the weights that :func:`weights_text` wrote."""
    return {name: float(value) for name, _, value in (pair.rpartition(":") for pair in text.split(",")) if value}


def _pairs(option: str, given: Any) -> list[tuple[str, str]]:
    if not isinstance(given, str):
        raise OptionError(f"{option} must be weights by name; {given!r} was given. Type {option} := {{'buy': 3}}.")
    found = [pair.rpartition(":") for pair in given.split(",") if pair.strip()]
    for name, colon, _ in found:
        if not (colon and name.strip()):
            raise OptionError(f"{option} must be of the form buy:3,view:0.5; {given!r} was given.")
    return [(name, value) for name, _, value in found]


def _weight(option: str, name: object, value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not 0 <= number < math.inf:
        raise OptionError(f"{option} must be numbers of at least 0; {value!r} was given for {name}.")
    return number
