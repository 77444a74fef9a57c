"""Texts that cannot steer a terminal or a spreadsheet."""

from __future__ import annotations

import re

# Characters that move the cursor, start an escape sequence, or turn the direction of the text around them.
CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
CONTROLS_BUT_LINES = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]+")
DIRECTIONS = re.compile("[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]")
FORMULA = re.compile(r"\s*[=+\-@＝＋－＠]|[\t\r]")  # beginnings of a text that a spreadsheet would execute
NUMBER = re.compile(r"[+-]?[0-9]*[.,]?[0-9]+([eE][+-]?[0-9]+)?%?")


def one_line(text: str) -> str:
    r"""Return a text on one line, without what a terminal would obey.

    >>> one_line("red\x1b[31m alert\nnext")
    'red [31m alert next'
    """
    return DIRECTIONS.sub("", CONTROLS.sub(" ", text))


def lines(text: str) -> str:
    """Return a message that may have several lines, without what a terminal would obey."""
    return DIRECTIONS.sub("", CONTROLS_BUT_LINES.sub(" ", text))


def visible(text: str) -> str:
    r"""Return JSON in which control and direction characters are escaped, as in ``\u202e``."""
    return re.sub("[\x7f-\x9f\u2028\u2029\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]", _escaped, text)


def _escaped(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"


def inert(text: str) -> str:
    """Return a text that a spreadsheet shows and does not execute: with an apostrophe before a formula.

    Numbers stay as they are.

    References
    ----------
    OWASP: CSV Injection.

    >>> inert("=1+2"), inert("-5"), inert("a=b")
    ("'=1+2", '-5', 'a=b')
    """
    return f"'{text}" if FORMULA.match(text) and not NUMBER.fullmatch(text) else text
