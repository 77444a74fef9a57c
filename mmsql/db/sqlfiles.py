"""SQL files of the package: one object a file, below a comment header.

The header is the documentation of the object. It becomes the object's ``COMMENT`` in the database and
its section in ``docs/sql.md``::

    -- The k items a user is most likely to want next.
    --
    -- Parameters
    --   target_user    a user id
    --   k              number of items, at least 1
    -- Returns
    --   rank           INTEGER, from 1
    -- Example
    --   FROM mmsql.recommend('u1', k := 5);
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache, cached_property
from graphlib import TopologicalSorter
from importlib.resources import files

SECTIONS = ("Parameters", "Returns", "Example", "Source")
SIGNATURE = re.compile(r"CREATE (?:OR REPLACE TEMP )?MACRO (?:mmsql\.)?(\w+\(.*?\)) AS\b", re.DOTALL)
REFERENCE = re.compile(r"\bmmsql\.(\w+)\(")


@dataclass(frozen=True, kw_only=True)
class SqlFile:
    """One SQL file, with its header parsed.

    Attributes
    ----------
    name : str
        Name of the object, which is the file's name.
    folder : str
        Folder of the file: ``schema``, ``macros``, ``metrics``, ``session``, ``training`` …
    summary : str
        First paragraph of the header.
    sections : dict of str to list of str
        The header's lines under ``Parameters``, ``Returns``, ``Example`` and ``Source``.
    statement : str
        The SQL after the header, without its closing semicolon.
    """

    name: str
    folder: str
    summary: str
    statement: str
    sections: dict[str, list[str]] = field(default_factory=dict)

    @property
    def example(self) -> str:
        """The example of the header, or an empty string."""
        return "\n".join(self.sections.get("Example", ()))

    @cached_property
    def comment(self) -> str:
        """The text that ``COMMENT ON`` stores: the summary, the parameters and an example."""
        titles = [title for title in ("Parameters", "Returns", "Example") if self.sections.get(title)]
        return "\n".join([self.summary, *(title + ":\n" + "\n".join(self.sections[title]) for title in titles)])

    @property
    def signature(self) -> str:
        """The name of a macro with its parameters and their defaults; an empty string for other objects."""
        found = SIGNATURE.match(self.statement)
        return re.sub(r"\s+", " ", found[1]).replace("( ", "(").replace(" )", ")") if found else ""

    @property
    def body(self) -> str:
        """The query or the expression of a macro, without its name and parameters."""
        return re.split(r"\) AS(?: TABLE)?\s", self.statement, maxsplit=1)[1]

    @property
    def references(self) -> set[str]:
        """The macros of the schema that a macro calls."""
        return set(REFERENCE.findall(self.statement)) - {self.name}


@cache
def read(folder: str, name: str) -> SqlFile:
    """Read ``sql/<folder>/<name>.sql``.

    Raises
    ------
    FileNotFoundError
        When the package has no such file.
    """
    text = files("mmsql.sql").joinpath(folder, f"{name}.sql").read_text(encoding="utf-8")
    header, body = _split(text)
    summary, sections = _sections(header)
    return SqlFile(name=name, folder=folder, summary=summary, sections=sections, statement=body.strip().rstrip(";"))


def query(folder: str, name: str) -> str:
    """Return the statement of a file, for ``con.execute``."""
    return read(folder, name).statement


def creation_order(sources: Iterable[SqlFile]) -> list[SqlFile]:
    """Return macros in an order in which each comes after the macros it calls.

    Raises
    ------
    ValueError
        When a macro calls one that is not given, or macros call each other in a cycle (``graphlib.CycleError``).
    """
    by_name = {source.name: source for source in sources}
    for source in by_name.values():
        for name in sorted(source.references - by_name.keys()):
            path = f"sql/{source.folder}/{source.name}.sql"
            raise ValueError(f"{path} calls mmsql.{name}(), which is in no list of macros.")
    order = TopologicalSorter({name: sorted(source.references) for name, source in sorted(by_name.items())})
    return [by_name[name] for name in order.static_order()]


def quote_identifier(name: str) -> str:
    """Quote a name as an SQL identifier, whatever it contains.

    >>> quote_identifier('a"b')
    '"a""b"'
    """
    return '"' + name.replace('"', '""') + '"'


def quote_literal(value: str) -> str:
    """Quote a text as an SQL literal, for statements that take no bound parameters.

    >>> quote_literal("it's")
    "'it''s'"
    """
    return "'" + value.replace("'", "''") + "'"


def _split(text: str) -> tuple[list[str], str]:
    lines = text.splitlines()
    end = next((n for n, line in enumerate(lines) if not line.startswith("--")), len(lines))
    return [re.sub(r"^-- ?", "", line) for line in lines[:end]], "\n".join(lines[end:])


def _sections(header: list[str]) -> tuple[str, dict[str, list[str]]]:
    summary: list[str] = []
    sections: dict[str, list[str]] = {}
    current = summary
    for line in header:
        if line.strip() in SECTIONS:
            current = sections.setdefault(line.strip(), [])
        elif line.strip():
            current.append(line.removeprefix("  ") if current is not summary else line.strip())
    return " ".join(summary), sections
