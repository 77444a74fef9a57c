"""Write the parameters of sql/session/train.sql from the configurations; with --check, report whether it is stale."""

from __future__ import annotations

import dataclasses
import re
import sys
import textwrap
from pathlib import Path

from mmsql.config import ALGORITHM_CONFIGS, AUTO, Config, option_names

FILE = Path(__file__).parent.parent / "sql" / "session" / "train.sql"
WIDTH = 113
STATEMENT_WIDTH = 110

# Parameters that are not options of an algorithm: name, default in SQL, description.
FIXED = (
    (
        "algorithm",
        f"'{AUTO}'",
        "{auto} (compares the algorithms on a validation split), {others} or {last}; auto "
        "and blend have the options of graph and fusion",
    ),
    (
        "encoder",
        "NULL",
        "a text encoder: wordllama (English); multilingual, which comes with mmsql[multilingual]; auto, which "
        "chooses one of the two by the language of the texts; or a sentence-transformers model by hub name or path; "
        "by default the encoder of the file, and auto for its first model",
    ),
    (
        "image_encoder",
        "NULL",
        "an image encoder: efficientnet-lite0, which comes with mmsql[images]; a CLIP model of sentence-transformers "
        "by hub name or path; or none, to leave images out",
    ),
    ("deploy", "true", "whether to deploy the model"),
)


def page(text: str) -> str:
    """Return the text of the file with the parameters of the configurations."""
    head, rest = text.split("-- Parameters\n", 1)
    returns = rest[rest.index("-- Returns\n") : rest.index("CREATE ")]
    return f"{head}-- Parameters\n{header()}{returns}{statement()}"


def header() -> str:
    """Return the lines that describe the parameters."""
    *others, last = ALGORITHM_CONFIGS
    rows = [
        (name, description.format(auto=AUTO, others=", ".join(others), last=last)) for name, _, description in FIXED
    ]
    rows += [(name, described(name)) for name in options()]
    width = max(len(name) for name, _ in rows) + 3
    lines = []
    for name, description in rows:
        first, *more = textwrap.wrap(description, WIDTH - width - len("--   "), break_on_hyphens=False)
        lines += [f"--   {name.ljust(width)}{first}", *(f"--   {' ' * width}{line}" for line in more)]
    return "\n".join(lines) + "\n"


def statement() -> str:
    """Return the macro."""
    parameters = [f"{name} := {default}" for name, default, _ in FIXED]
    parameters += [f"{name} := NULL" for name in options()]
    names = [name for name, _, _ in FIXED] + options()
    pairs = [f"'{name}', {name}" for name in names]
    return (
        f"CREATE OR REPLACE TEMP MACRO train(\n{_filled(parameters, 4)}\n) AS TABLE\n"
        f"SELECT unnest(mmsql_train(CAST(json_object(\n{_filled(pairs, 8)}\n    ) AS VARCHAR)), recursive := true);\n"
    )


def options() -> list[str]:
    """Return the options of all algorithms, each once."""
    return option_names(*ALGORITHM_CONFIGS.values())


def described(option: str) -> str:
    """Return the description of an option with its algorithms and its default; all of them if they differ."""
    found: dict[str, dict[str, str]] = {}
    for name, kind in ALGORITHM_CONFIGS.items():
        for spec in dataclasses.fields(kind):
            if spec.name == option:
                default = "" if spec.default in (None, dataclasses.MISSING) else str(spec.default)
                found.setdefault(_as_clause(descriptions(kind)[option]), {})[name] = default
    clauses = []
    for text, defaults in found.items():
        names = [] if list(defaults) == list(ALGORITHM_CONFIGS) else list(defaults)
        values = set(defaults.values())
        if len(values) > 1:
            notes = [", ".join(f"{name} {value}" for name, value in defaults.items())]
        else:
            notes = [", ".join(names)] * bool(names) + [f"default {value}" for value in values if value]
        clauses.append(f"{text} ({'; '.join(notes)})" if notes else text)
    return "; ".join(clauses)


def _as_clause(sentence: str) -> str:
    """Turn a sentence into a clause: no full stop, a small first letter unless it begins an abbreviation."""
    text = sentence.rstrip(".")
    return text if text[:2].isupper() else text[0].lower() + text[1:]


def descriptions(kind: type[Config]) -> dict[str, str]:
    """Read the descriptions of the fields of a configuration from its docstring and those of its bases.

    Raises
    ------
    ValueError
        When a field has no description.
    """
    found: dict[str, str] = {}
    for base in reversed(kind.__mro__):
        for name, lines in re.findall(r"^    (\w+) : .*\n((?:        .*\n)+)", base.__doc__ or "", re.MULTILINE):
            found[name] = " ".join(lines.split())
    for spec in dataclasses.fields(kind):
        if spec.name not in found:
            raise ValueError(f"{kind.__name__} does not describe {spec.name} under Attributes in its docstring.")
    return found


def _filled(words: list[str], indent: int) -> str:
    """Wrap words to lines without breaking a word."""
    joined = ", ".join(word.replace(" ", "\0") for word in words)
    margin = " " * indent
    lines = textwrap.wrap(
        joined,
        STATEMENT_WIDTH,
        initial_indent=margin,
        subsequent_indent=margin,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return "\n".join(lines).replace("\0", " ")


def main() -> int:
    """Write the file, or compare it."""
    text = FILE.read_text(encoding="utf-8")
    if "--check" in sys.argv:
        stale = text != page(text)
        if stale:
            print("sql/session/train.sql is stale: run `make docs`.", file=sys.stderr)
        return int(stale)
    FILE.write_text(page(text), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
