"""The glossary's words: each term once, its names exist, and the words it excludes do not occur."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parent.parent
GLOSSARY = REPOSITORY / "docs" / "glossary.md"
CODE = ("mmsql", "udfs", "sql")
TERMS, EXCLUSIONS = GLOSSARY.read_text(encoding="utf-8").split("## Words not used\n")


def rows(text: str, first_column: str) -> list[list[str]]:
    """Return the rows of all tables whose first column has this name."""
    found = []
    for table in re.findall(r"(?:^\|.*\|\n)+", text, re.MULTILINE):
        head, _, *body = ([cell.strip() for cell in line.strip("|\n").split("|")] for line in table.splitlines())
        if head[0] == first_column:
            found += body
    return found


NAMES = [name.strip("`") for name, _ in rows(EXCLUSIONS, "name not used")]
PHRASES = [phrase for phrase, _ in rows(EXCLUSIONS, "phrase not used")]
NAME_PATTERN = re.compile(rf"(?<![A-Za-z0-9])(?:{'|'.join(NAMES)})(?![A-Za-z0-9])")
PHRASE_PATTERN = re.compile(rf"\b(?:{'|'.join(PHRASES)})\b", re.IGNORECASE)


@cache
def texts(*endings: str) -> dict[str, str]:
    """Return the project's files with these endings, without the glossary's list of excluded words."""
    places = [*CODE, "docs", "examples", "benchmarks"]
    paths = [path for place in places for path in (REPOSITORY / place).rglob("*")] + list(REPOSITORY.glob("*.md"))
    found = {str(path.relative_to(REPOSITORY)): path for path in sorted(paths) if path.suffix in endings}
    read = {name: path.read_text(encoding="utf-8") for name, path in found.items()}
    if "docs/glossary.md" in read:
        read["docs/glossary.md"] = TERMS
    return read


def identifiers(source: str) -> Iterator[tuple[int, str]]:
    """Give the identifiers of a Python file, each with its line."""
    for node in ast.walk(ast.parse(source)):
        for field in ("id", "name", "attr", "arg", "asname"):
            name = getattr(node, field, None)
            if isinstance(name, str):
                yield getattr(node, "lineno", 0), name


def statements(text: str) -> str:
    """Return a SQL file without its comments and string literals; lines stay where they are."""
    return re.sub(r"--.*|'(?:[^'\n]|'')*'", "", text)


def prose(text: str) -> str:
    """Return a text in one line, without the marks of comments and of emphasis."""
    return " ".join(re.sub(r"^\s*(?:--|#:?|>)|[`*]", " ", text, flags=re.MULTILINE).split())


def test_each_term_stands_once_with_its_chinese_term_and_its_meaning():
    terms = rows(TERMS, "term")
    names = [term for term, *_ in terms]
    assert len(terms) > 80
    assert sorted(set(names)) == sorted(names)
    for term, chinese, meaning, _ in terms:
        assert re.search("[一-鿿]", chinese), term
        assert re.fullmatch(r"(?:[^.]|\.\S)+\.(?: (?:[^.]|\.\S)+\.){0,2}", meaning), term


def test_the_names_in_code_exist():
    words = set(re.findall(r"\w+", "\n".join(texts(".py", ".sql").values())))
    named = {name for *_, names in rows(TERMS, "term") for name in re.findall("`(.*?)`", names)}
    assert not named - words, sorted(named - words)


def test_the_pattern_finds_whole_words():
    assert len(NAMES) > 20
    assert len(PHRASES) > 10
    assert all(NAME_PATTERN.search(name) for name in ("heard", "_heard", "still_heard_", "Held", "by_edges"))
    assert not any(NAME_PATTERN.search(name) for name in ("unheard", "held", "Held2", "tornado", "nearby_edges"))
    assert PHRASE_PATTERN.search(prose("-- What was kept\n--   back"))
    assert not PHRASE_PATTERN.search("The shopkeeper kept backing up")


@pytest.mark.parametrize("kind", [".py", ".sql"])
def test_excluded_names_do_not_occur(kind: str):
    hits = []
    for path, text in texts(kind).items():
        if kind == ".py":
            hits += [f"{path}:{line}: {name}" for line, name in identifiers(text) if NAME_PATTERN.search(name)]
        else:
            lines = enumerate(statements(text).splitlines(), start=1)
            hits += [f"{path}:{number}: {found[0]}" for number, line in lines if (found := NAME_PATTERN.search(line))]
    assert not hits, "\n".join(hits)


def test_excluded_phrases_do_not_occur():
    hits = []
    for path, text in texts(".py", ".sql", ".md").items():
        plain = prose(text)
        hits += [f"{path}: …{plain[max(0, m.start() - 30) : m.end() + 30]}…" for m in PHRASE_PATTERN.finditer(plain)]
    assert not hits, "\n".join(hits)
