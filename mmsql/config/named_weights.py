"""Weights by name, as ``{'buy': 3, 'view': 0.5}`` in SQL or ``buy:3,view:0.5`` on the command line."""

from __future__ import annotations

import math
from typing import Any

from mmsql.config.named_values import given_values, read_values, values_text
from mmsql.errors import OptionError

EXAMPLE = "buy:3,view:0.5"


def weights_text(option: str, given: Any) -> str:
    """Return weights in their text form, in the order given; empty without weights.

    Raises
    ------
    OptionError
        When the form is wrong, or a weight is not a number of at least 0.
    """
    weights = given_values(option, given, EXAMPLE)
    return values_text({name: _weight(option, name, value) for name, value in weights.items()})


def named_weights(text: str) -> dict[str, float]:
    """Return the weights of a text of :func:`weights_text`."""
    return {name: float(value) for name, value in read_values(text).items()}


def _weight(option: str, name: str, value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not 0 <= number < math.inf:
        raise OptionError(f"{option} must be numbers of at least 0; {value!r} was given for {name}.")
    return number
