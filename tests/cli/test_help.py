"""Help: complete, quick to load, and the same as docs/cli.md."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import typer

import mmsql
from mmsql.cli.app import COMMANDS, app
from mmsql.config import ALGORITHM_CONFIGS, option_names

DOCS = Path(__file__).parents[2] / "docs"
HEAVY = ("torch", "duckdb", "pyarrow", "numpy", "sentence_transformers", "sklearn", "scipy", "PIL", "optuna")

# Asks every command for its help, in one process, and names what was loaded on the way.
LOADED = f"""
import sys
from mmsql.cli.app import app
for arguments in {{arguments!r}}:
    try:
        app(arguments, prog_name="mmsql")
    except SystemExit as ended:
        assert not ended.code, arguments
print(*(name for name in {HEAVY!r} if name in sys.modules), file=sys.stderr)
"""


def every_command():
    """List the words that lead to each command, groups included."""
    found = [[]]
    for _, command in COMMANDS:
        if isinstance(command, typer.Typer):
            found += [
                [command.info.name],
                *([command.info.name, sub.name] for sub in command.registered_commands),
            ]
        else:
            found.append([command.__name__.replace("_", "-")])
    return found


def test_help_loads_nothing_heavy():
    asked = [["--version"], *([*words, "--help"] for words in every_command())]
    code = LOADED.format(arguments=asked)
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stderr.strip() == ""
    assert ended.stdout.count("Usage:") == len(asked) - 1


def test_the_documents_are_not_stale():
    ended = subprocess.run(
        [sys.executable, str(DOCS / "generate_cli.py"), "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, "")


def test_a_stale_document_is_noticed(tmp_path):
    script = tmp_path / "generate_cli.py"
    script.write_text((DOCS / "generate_cli.py").read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "cli.md").write_text("old", encoding="utf-8")
    ended = subprocess.run([sys.executable, str(script), "--check"], capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert "stale" in ended.stderr


def test_every_command_has_its_name_and_an_example(run):
    for words in every_command():
        text = run(*words, "--help").out
        assert f"mmsql {' '.join(words)}".strip() in text
        if words not in ([], ["load"]):
            assert "Example: mmsql" in text


def test_every_option_of_every_algorithm_is_named(run):
    text = (DOCS / "cli.md").read_text(encoding="utf-8")
    for name in option_names(*ALGORITHM_CONFIGS.values()):
        assert f" {name}=" in text


@pytest.mark.parametrize("entry", [["-m", "mmsql"], ["-c", "from mmsql.cli import main; main()"]])
def test_both_ways_in(entry):
    ended = subprocess.run([sys.executable, *entry, "--version"], capture_output=True, text=True, check=True)
    assert ended.stdout == f"mmsql {mmsql.__version__}\n"


def test_rows_are_utf8_whatever_the_locale(trained_copy):
    import duckdb

    with duckdb.connect(str(trained_copy)) as con:
        con.execute("UPDATE mmsql.items SET title = '雪山' WHERE item_id = 'i2'")
    ended = subprocess.run(
        [sys.executable, "-m", "mmsql", "recommend", str(trained_copy), "u0", "-k", "1", "--format", "csv"],
        capture_output=True,
        check=True,
        env={"PYTHONIOENCODING": "latin-1"},
    )
    assert "雪山" in ended.stdout.decode("utf-8")


def test_the_app_is_where_typer_finds_it():
    assert isinstance(app, typer.Typer)
