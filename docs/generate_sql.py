"""Write docs/sql.md from the headers of the SQL files; with --check, only report whether it is stale."""

from __future__ import annotations

import re
import sys
import textwrap
from pathlib import Path

from mmsql.udfs import SESSION_MACROS

from mmsql import sqlfiles, store

PAGE = Path(__file__).parent / "sql.md"
WIDTH = 110
INTRODUCTION = """\
# The SQL reference

`make docs` generates this page from the headers of the files in `sql/`. The database has the same text:
`SELECT function_name, comment FROM duckdb_functions() WHERE schema_name = 'mmsql'`.

In any DuckDB client, write the schema: `FROM mmsql.recommend('u1')`. In a connection of `mmsql.connect(path)`, short
names work, too: `FROM recommend('u1')`. Give parameters after the first by name:
`FROM mmsql.recommend('u1', k := 5, max_price := 100)`.
"""


def chapters() -> list[tuple[str, str, list[tuple[str, str]]]]:
    """List the chapters: title, introduction, and the files of each."""
    persisted = [name for name in store.MACROS if not name[1].startswith("_")]
    asking = [(folder, name) for folder, name in persisted if folder == "macros"]
    metrics = [(folder, name) for folder, name in persisted if folder == "metrics"]
    experiments = [(folder, name) for folder, name in persisted if folder == "experiments"]
    health = [(folder, name) for folder, name in persisted if folder == "health"]
    return [
        (
            "Asking",
            "Stored in the file, pure SQL. They run in any DuckDB client from version 1.4, also read-only.",
            asking,
        ),
        (
            "Training and embedding",
            "TEMP macros of a connection of `mmsql.connect(path)`; they need Python.",
            [("session", name) for name in SESSION_MACROS],
        ),
        ("Metrics", "Stored in the file, pure SQL. Each is one formula; `metrics` shows them together.", metrics),
        ("Experiments", "Stored in the file, pure SQL. They read `impressions`, which your shop fills.", experiments),
        ("Fairness and health", "Stored in the file, pure SQL. They read the lists that training stored.", health),
        (
            "Views",
            "For tools that only see tables. They have no vector columns.",
            [("views", name) for name in store.VIEWS],
        ),
        ("Tables", "Sources and state.", [("schema", name) for name in store.TABLES]),
    ]


def page() -> str:
    """Return the whole page."""
    parts = [INTRODUCTION]
    for title, introduction, names in chapters():
        parts.append(f"## {title}\n\n{introduction}\n")
        parts += [section(sqlfiles.read(folder, name)) for folder, name in names]
    return "\n".join(parts)


def section(source: sqlfiles.SqlFile) -> str:
    """Return the section of one object."""
    lines = [f"### {source.name}", "", source.summary, ""]
    if "MACRO" in source.statement.split(source.name)[0]:
        unbroken = signature(source).replace(" := ", "\0:=\0")
        wrapped = textwrap.wrap(
            unbroken, WIDTH, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False
        )
        lines += _fenced([line.replace("\0", " ") for line in wrapped], "text")
    for title in ("Parameters", "Returns"):
        if source.sections.get(title):
            lines += [f"{title}:", "", *_fenced(source.sections[title], "text")]
    if source.sections.get("Source"):
        lines += [" ".join(line.strip() for line in source.sections["Source"]), ""]
    if source.example:
        lines += _fenced([source.example], "sql")
    if source.folder == "schema":
        lines += _fenced([source.statement + ";"], "sql")
    return "\n".join(lines)


def signature(source: sqlfiles.SqlFile) -> str:
    """Return the name of a macro with its parameters and their defaults.

    Raises
    ------
    ValueError
        When the file creates no macro of its name.
    """
    begin = re.search(rf"MACRO (?:mmsql\.)?{source.name}\s*\(", source.statement)
    if not begin:
        raise ValueError(f"sql/{source.folder}/{source.name}.sql creates no macro {source.name}.")
    depth, quoted = 1, False
    for end in range(begin.end(), len(source.statement)):
        mark = source.statement[end]
        quoted ^= mark == "'"
        depth += 0 if quoted else (mark in "([") - (mark in ")]")
        if depth == 0:
            return f"{source.name}({' '.join(source.statement[begin.end() : end].split())})"
    raise ValueError(f"sql/{source.folder}/{source.name}.sql does not close the parameters of {source.name}.")


def _fenced(lines: list[str], language: str) -> list[str]:
    return [f"```{language}", *lines, "```", ""]


def main() -> int:
    """Write the page, or compare it."""
    if "--check" in sys.argv:
        stale = not PAGE.exists() or PAGE.read_text(encoding="utf-8") != page()
        if stale:
            print("docs/sql.md is stale: run `make docs`.", file=sys.stderr)
        return int(stale)
    PAGE.write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
