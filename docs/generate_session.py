"""Write the parameters of sql/session/train.sql from the configurations; with --check, say whether it is stale."""

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

# What is no option of an algorithm: name, default in SQL, description.
FIXED = (
    (
        "algorithm",
        f"'{AUTO}'",
        "{auto} (tries the families on a validation split), {others} or {last}; auto "
        "and blend have the options of graph and fusion",
    ),
    (
        "encoder",
        "NULL",
        "a text encoder: wordllama (English); multilingual, which comes with mmsql[multilingual]; auto, which takes "
        "the one or the other by the language of the texts; or a sentence-transformers model by hub name or path; "
        "by default the file's own, and for its first model auto",
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
    """Return the file's text with its parameters as the configurations have them."""
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
    """Return what an option is, with the algorithms that have it; where these say different things, all of them."""
    said: dict[str, list[str]] = {}
    for name, kind in ALGORITHM_CONFIGS.items():
        if option in {spec.name for spec in dataclasses.fields(kind)}:
            said.setdefault(_as_part(descriptions(kind)[option]), []).append(name)
    if list(said.values()) == [list(ALGORITHM_CONFIGS)]:
        return next(iter(said))
    return "; ".join(f"{text} ({', '.join(names)})" for text, names in said.items())


def _as_part(sentence: str) -> str:
    """Turn a sentence into a part of one; an abbreviation at its start stays in capitals."""
    text = sentence.rstrip(".")
    return text if text[:2].isupper() else text[0].lower() + text[1:]


def descriptions(kind: type[Config]) -> dict[str, str]:
    """Read the descriptions of a configuration's fields from its docstring and those of its bases.

    Raises
    ------
    ValueError
        When a field has none.
    """
    found: dict[str, str] = {}
    for base in reversed(kind.__mro__):
        for name, lines in re.findall(r"^    (\w+) : .*\n((?:        .*\n)+)", base.__doc__ or "", re.MULTILINE):
            found[name] = " ".join(lines.split())
    for spec in dataclasses.fields(kind):
        if spec.name not in found:
            raise ValueError(f"{kind.__name__} does not say what {spec.name} is, under Attributes of its docstring.")
    return found


def _filled(words: list[str], indent: int) -> str:
    """Set words in lines; none is broken within itself."""
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
