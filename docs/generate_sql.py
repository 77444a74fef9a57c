"""Write docs/sql.md from the headers of the SQL files; with --check, only say whether it is stale."""

from __future__ import annotations

import re
import sys
import textwrap
from pathlib import Path

from mmsql.udfs import SESSION_MACROS

from mmsql.db import sqlfiles
from mmsql.db.schema import MACROS, TABLES, VIEWS

PAGE = Path(__file__).parent / "sql.md"
WIDTH = 100
INTRODUCTION = """\
# The SQL reference

Generated from the headers of the files in `sql/` by `make docs`. The same text stands in the database:
`SELECT function_name, comment FROM duckdb_functions() WHERE schema_name = 'mmsql'`.

After `mmsql.connect(path)` short names work: `FROM recommend('u1')`. Any other DuckDB client opens the file and
writes the schema: `FROM mmsql.recommend('u1')`. Parameters are given by name after the first:
`FROM mmsql.recommend('u1', k := 5, max_price := 100)`.
"""


def chapters() -> list[tuple[str, str, list[tuple[str, str]]]]:
    """List the chapters: title, introduction, and the files of each."""
    persisted = [name for name in MACROS if not name[1].startswith("_")]
    asking = [(folder, name) for folder, name in persisted if folder.startswith("macros/")]
    metrics = [(folder, name) for folder, name in persisted if folder == "metrics"]
    experiments = [(folder, name) for folder, name in persisted if folder == "experiments"]
    health = [(folder, name) for folder, name in persisted if folder == "health"]
    return [
        ("Asking", "In the file, pure SQL: any DuckDB client from 1.4 on, read-only, without Python.", asking),
        (
            "Training and embedding",
            "TEMP macros of a connection made by `mmsql.connect(path)`; they need Python.",
            [("session", name) for name in SESSION_MACROS],
        ),
        ("Metrics", "In the file, pure SQL. Each is one formula; `metrics` shows them together.", metrics),
        ("Experiments", "In the file, pure SQL, over `impressions`, which your shop fills.", experiments),
        ("Fairness and health", "In the file, pure SQL, over the lists that were stored at training.", health),
        ("Views", "For tools that only see tables; no vector columns.", [("views", name) for name in VIEWS]),
        ("Tables", "Sources and state.", [("schema", name) for name in TABLES]),
    ]


def page() -> str:
    """Return the whole page."""
    parts = [INTRODUCTION]
    for title, introduction, names in chapters():
        parts.append(f"## {title}\n\n{introduction}\n")
        parts += [section(sqlfiles.read(folder, name)) for folder, name in names]
    return "\n".join(parts)


def section(source: sqlfiles.SqlFile) -> str:
    """Return one object's section."""
    lines = [f"### {source.name}", "", source.summary, ""]
    if source.signature:
        lines += _fenced([_wrapped(source.signature)], "sql")
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


def _wrapped(signature: str) -> str:
    """Break a long signature into lines, none of them within a parameter."""
    if len(signature) <= WIDTH:
        return signature
    name, parameters = signature.split("(", 1)
    words = re.split(r", (?=\w+(?: :=|, |\)$))", parameters.removesuffix(")"))
    joined = ", ".join(word.replace(" ", "\0") for word in words)
    lines = textwrap.wrap(joined, WIDTH - 4, break_long_words=False, break_on_hyphens=False)
    return "\n".join([f"{name}(", *(f"    {line}" for line in lines), ")"]).replace("\0", " ")


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
