"""HTML in texts: tags and entities become the text that a reader would see."""

from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser

import duckdb
import pyarrow as pa

FUNCTION = "mmsql_plain_text"
MARKUP = "<[A-Za-z/!]|&#?[A-Za-z0-9]+;"  # texts with it are read
TAG = re.compile("<[A-Za-z/!]")
ROUNDS = 3  # texts may be escaped several times
SKIPPED = frozenset(("script", "style", "head", "template"))
LINES = re.compile(
    "address|article|blockquote|br|d[dlt]|div|h[1-6r]|li|ol|p|pre|section|table|tr|ul"  # that begin and end lines
)
INLINE = re.compile(
    "a|abbr|acronym|b|big|body|center|cite|code|del|dfn|em|embed|figcaption|figure|font|footer|form|header|html|i|iframe"
    "|img|input|ins|kbd|label|link|main|mark|meta|nobr|object|param|s|samp|small|source|span|strike|strong|su[bp]|svg"
    "|t[dht]|tbody|tfoot|thead|u|var|video|wbr"
)
BLANKS = re.compile(r"[ \t\r\f\v\u00a0]+")
LINE_ENDS = re.compile(r" ?\n[ \n]*")


class _Text(HTMLParser):
    """Collect the visible text of HTML. Tags with unknown names, such as ``<3``, stay as they are."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._skipping = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a line, skip what is not shown, or keep what is no tag of HTML, such as ``<b but c>``."""
        if attrs and all(value is None for _, value in attrs):
            self.parts.append(self.get_starttag_text() or "")
        elif tag in SKIPPED:
            self._skipping += 1
        elif LINES.fullmatch(tag):
            self.parts.append("\n")
        elif not INLINE.fullmatch(tag):
            self.parts.append(self.get_starttag_text() or "")

    def handle_endtag(self, tag: str) -> None:
        """End a line, or what is skipped."""
        if tag in SKIPPED:
            self._skipping = max(0, self._skipping - 1)
        elif LINES.fullmatch(tag):
            self.parts.append("\n")
        elif not INLINE.fullmatch(tag):
            self.parts.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        """Keep text that is shown."""
        if not self._skipping:
            self.parts.append(data)


def plain_text(text: str) -> str:
    r"""Return the text that a reader of HTML sees: tags removed, line breaks kept, entities decoded.

    >>> plain_text("Great sound!<br /><br />Tom &amp; Ann said &quot;buy it&quot; &lt;3")
    'Great sound!\nTom & Ann said "buy it" <3'
    """
    for _ in range(ROUNDS):
        before = text
        if TAG.search(text):
            parser = _Text()
            parser.feed(text)
            parser.close()
            text = "".join(parser.parts)
        else:
            text = unescape(text)
        if text == before:
            break
    return LINE_ENDS.sub("\n", BLANKS.sub(" ", text)).strip()


def plain_texts(texts: pa.Array) -> pa.Array:
    """Return the plain text of each text of an Arrow array."""
    return pa.array([None if text is None else plain_text(text) for text in texts.to_pylist()], pa.string())


def register(con: duckdb.DuckDBPyConnection) -> None:
    """Make :func:`plain_texts` callable as ``mmsql_plain_text``; outside of a transaction."""
    try:
        con.create_function(FUNCTION, plain_texts, ["VARCHAR"], "VARCHAR", type="arrow")  # type: ignore[call-overload]
    except duckdb.Error as error:
        if "already" not in str(error):  # another connection of this database has done so
            raise


def without_markup(expression: str, *, inline: bool) -> str:
    """Return SQL for a text without its markup; on one line if ``inline``."""
    text = f"{FUNCTION}({expression})"
    if inline:
        text = f"replace({text}, chr(10), ' ')"
    return f"CASE WHEN regexp_matches({expression}, '{MARKUP}') THEN {text} ELSE {expression} END"
