"""Wrong values for the parameters of every macro, function and command: each is answered, or told in words."""

from __future__ import annotations

import os
import random
import re
import shutil
from pathlib import Path
from typing import Any

import duckdb
import typer

import mmsql
from mmsql.cli.app import app
from mmsql.cli.error_messages import message_of
from soak.invariants import must, read_sources

SQL_VALUES = (
    "NULL", "''", "' '", "'x'", "'''; DROP TABLE mmsql.items; --'", "'中文 🙂'", "repeat('x', 100000)", "chr(0)",
    "'\u202eabc'", "0", "-1", "1", "7", "1e300", "'nan'::DOUBLE", "'-inf'::DOUBLE", "2.5", "9223372036854775807",
    "true", "false", "[]", "[NULL]", "['i1', 'i1']", "[1, 2]", "['u1', 'nobody']", "[['i1']]", "range(2000)",
    "{}", "{'a': 1}", "MAP {'a': -1}", "MAP {'': NULL}", "DATE '2025-01-01'", "TIMESTAMP 'infinity'",
    "INTERVAL 3 DAY", "'\\xAA'::BLOB", "'i1'", "'u1'", "'graph-1'",
)  # fmt: skip
WORDS = (
    "", " ", "x", "-1", "0", "1", "1e300", "nan", "2.5", "NULL", "'; DROP TABLE mmsql.items; --", "中文 🙂",
    "\u202eabc", "\x1b[31m", "x" * 5000, "i1", "u1", "graph-1", "..", "missing/../..", "missing.csv", "[]", "a=b",
    "=", "--", "-", "10m", "99999999999999999999",
)  # fmt: skip
RIGHT = {
    "target_user": "'u1'",
    "target_item": "'i1'",
    "model": "'graph-1'",
    "item_ids": "['i1', 'i3']",
    "word": "'list'",
}
RIGHT |= {"experiment": "'shelf'", "user": "'u1'", "inactive_days": "30", "attribute": "'brand'", "value": "'Acme'"}
RIGHT |= {"min_share": "0.5", "a": "'graph-1'", "b": "'popularity-2'"}
# What makes a function that trains quick, and what a command needs besides its file.
QUICK = {"train": {"algorithm": "'popularity'"}, "tune": {"algorithm": "'graph'", "trials": "1"}}
WORDS_OF_COMMANDS = {"train": ["popularity"], "tune": ["graph", "--trials", "1"], "refresh": ["--runs", "1"]}
NOT_RUN = {"demo"}  # makes a shop of its own, and takes its time
OURS = ("OptionError", "SourceError", "ModelError", "DatabaseError", "EncoderError")
UDF_ERROR = re.compile(r"executing the UDF: (\w+)")
BARE = ("INTERNAL", "FATAL", "Traceback", "InternalException", "Assertion")


def run_values(asked: dict[str, Any]) -> str:
    """Give one function or command wrong values; return what was asked and whether it was answered."""
    draw = random.Random(asked["seed"])
    path = Path(shutil.copyfile(asked["shop"], asked["path"]))
    os.chdir(path.parent)  # what a command writes stays there
    before = read_sources(path)
    outcome = _command(draw, path) if draw.random() < 0.25 else _function(draw, path)
    if not outcome.startswith(("forget", "load")):
        must(read_sources(path) == before, f"{outcome} has changed a source")
    return outcome


def _function(draw: random.Random, path: Path) -> str:
    with mmsql.connect(path) as con:
        name, parameters, kind = draw.choice(_functions(con))
        statement = _statement(draw, name, parameters, kind)
        try:
            con.execute(statement).fetchmany(100)
        except duckdb.Error as error:
            told = UDF_ERROR.search(str(error))
            must(told is None or told[1] in OURS, f"{statement[:500]} fails with {error}")
            must(
                not any(word in f"{type(error).__name__} {message_of(error)}" for word in BARE),
                f"{statement[:500]}: {error}",
            )
            return f"{name} told"
        return f"{name} answered"


def _functions(con: duckdb.DuckDBPyConnection) -> list[tuple[str, list[str], str]]:
    """List name, parameters and type of what a user can ask."""
    return con.execute(
        "SELECT DISTINCT f.function_name, f.parameters, f.function_type FROM duckdb_functions() f "
        "WHERE (f.schema_name = 'mmsql' OR f.database_name = 'temp') AND f.function_name NOT LIKE '\\_%' ESCAPE '\\' "
        "AND f.function_type IN ('macro', 'table_macro') AND len(f.parameters) > 0 ORDER BY ALL"
    ).fetchall()


def _statement(draw: random.Random, name: str, parameters: list[str], kind: str) -> str:
    """Write a call with one to three wrong values; what has to be given and is not drawn is right."""
    given = {name: value for name, value in RIGHT.items() if name in parameters}
    given |= {name: value for name, value in QUICK.get(name, {}).items() if name in parameters}
    drawn = draw.sample(parameters, min(len(parameters), draw.choice((1, 1, 2, 3))))
    given |= {parameter: draw.choice(SQL_VALUES) for parameter in drawn if parameter not in QUICK.get(name, {})}
    named = ", ".join(f"{parameter} := {value}" for parameter, value in given.items())
    call = f"{name}({named})"
    if kind == "macro":
        return f"SELECT mmsql.{call}"
    return f"FROM {call}" if name in QUICK or draw.random() < 0.5 else f"FROM (FROM {call}) LIMIT 100"


def _command(draw: random.Random, path: Path) -> str:
    from typer.testing import CliRunner

    root = typer.main.get_command(app)
    name, command = draw.choice([(name, found) for name, found in root.commands.items() if name not in NOT_RUN])
    words = [name]
    while getattr(command, "commands", None):
        part, command = draw.choice(list(command.commands.items()))
        words.append(part)
    for parameter in command.params:
        if parameter.param_type_name == "argument":
            is_file = parameter.name in ("db", "database", "path", "source", "file")
            words.append(str(path) if is_file and draw.random() < 0.95 else draw.choice(WORDS))
    words += WORDS_OF_COMMANDS.get(name, [])
    options = [found for found in command.params if found.param_type_name == "option" and "--help" not in found.opts]
    for option in draw.sample(options, min(len(options), draw.choice((0, 1, 1, 2)))):
        words += [option.opts[0]] if option.is_flag else [option.opts[0], draw.choice(WORDS)]
    done = CliRunner().invoke(app, words, input="")
    line = " ".join(words)[:500]
    bare = done.exception is not None and not isinstance(done.exception, SystemExit)
    must(not bare and "Traceback" not in done.stderr, f"mmsql {line}: {done.exception!r} {done.stderr[-500:]}")
    must(done.exit_code in (0, 1, 2), f"mmsql {line} ends with {done.exit_code}")
    must(
        done.exit_code == 0 or done.stderr.strip() != "", f"mmsql {line} ends with {done.exit_code} and says nothing"
    )
    must("\x1b[31m" not in done.output and "\u202e" not in done.output, f"mmsql {line} prints escapes")
    return f"{name} {done.exit_code}"
