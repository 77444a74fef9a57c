"""Options that give names a value: ``{'buy': 3}`` in SQL, ``buy:3,view:0.5`` or JSON on a command line.

A configuration keeps them as text: the short form, or JSON where a name would not survive the short form.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from mmsql.errors import OptionError

# A name that the short form can carry: not empty, no separator or quotes in it, no blank around it.
SHORT = re.compile(r"""[^\s,:"'{}](?:[^,:"'{}\r\n]*[^\s,:"'{}])?""")


def given_values(option: str, given: Any, example: str) -> dict[str, Any]:
    """Return the values by name of what a user gave.

    Parameters
    ----------
    option : str
        Name of the option, for the message.
    given : dict or str
        Values by name, or a text in one of the two forms.
    example : str
        A text of the short form, for the message.

    Raises
    ------
    OptionError
        When it has neither form.
    """
    if isinstance(given, Mapping):
        return {str(name): value for name, value in given.items()}
    if not isinstance(given, str):
        sql = ", ".join(f"'{name}': {_sql(value)}" for name, value in read_values(example).items())
        raise OptionError(f"{option} must be values by name; {given!r} was given. Type {option} := {{{sql}}}.")
    if given.lstrip().startswith("{"):
        try:
            return dict(json.loads(given))
        except ValueError as error:
            raise OptionError(f"{option} must be of the form {example} or JSON; {given!r} was given.") from error
    found = [pair.rpartition(":") for pair in given.split(",") if pair.strip()]
    for name, colon, _ in found:
        if not (colon and name.strip()):
            raise OptionError(f"{option} must be of the form {example}; {given!r} was given.")
    return {name.strip(): value.strip() for name, _, value in found}


def values_text(values: Mapping[str, str | float]) -> str:
    """Return values by name as a text, in the order given; an empty text for none."""
    if all(SHORT.fullmatch(name) for name in values):
        return ",".join(
            f"{name}:{value if isinstance(value, str) else format(value, 'g')}" for name, value in values.items()
        )
    return json.dumps(dict(values), ensure_ascii=False)


def read_values(text: str) -> dict[str, Any]:
    """Return the values by name of a text of :func:`values_text`; numbers of the short form are texts."""
    if text.startswith("{"):
        return dict(json.loads(text))
    return {name: value for name, colon, value in (pair.rpartition(":") for pair in text.split(",")) if colon}


def _sql(value: str) -> str:
    return value if value.replace(".", "").isdigit() else f"'{value}'"
