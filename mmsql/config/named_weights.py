"""Options with weights by name, as ``{'buy': 3, 'view': 0.5}`` in SQL or ``buy:3,view:0.5`` on the command line."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from mmsql.errors import OptionError


def weights_text(option: str, given: Any) -> str:
    """Return weights in their text form, in the order given; empty without weights.

    Raises
    ------
    OptionError
        When the form is wrong, or a weight is not a number of at least 0.
    """
    pairs = given.items() if isinstance(given, Mapping) else _pairs(option, given)
    return ",".join(f"{str(name).strip()}:{_weight(option, name, value):g}" for name, value in pairs)


def named_weights(text: str) -> dict[str, float]:
    """Return the weights of a text of :func:`weights_text`."""
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
