"""Imports: torch is loaded only for training and encoding."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import mmsql

ROOT = Path(__file__).parent.parent
LOADED = """
import sys
{code}
print(*sorted(name for name in {names} if name in sys.modules))
"""
HEAVY = (
    "torch",
    "PIL",
    "sentence_transformers",
    "transformers",
    "sklearn",
    "scipy",
    "pandas",
    "numba",
    "ranx",
    "optuna",
)


def loaded_by(code: str, names: tuple[str, ...]) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", LOADED.format(code=code, names=names)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_import_mmsql_loads_next_to_nothing():
    assert loaded_by("import mmsql; mmsql.__version__", (*HEAVY, "duckdb", "numpy", "pyarrow", "typer")) == []


def test_the_command_line_loads_no_torch():
    assert loaded_by("import mmsql.cli", HEAVY) == []


@pytest.mark.parametrize(
    "use",
    [
        "",
        "con.execute('SELECT fused_score([1.0], [2.0]), embed_comment(NULL), embed_image(NULL)').fetchall()",
        "con.execute(\"INSERT INTO users VALUES ('u')\")",
    ],
)
def test_connect_loads_no_torch(use):
    assert (
        loaded_by(f"import mmsql; con = mmsql.connect(':memory:'); {use}", ("torch", "sentence_transformers")) == []
    )


def test_asking_a_trained_file_loads_no_torch(trained_path):
    code = (
        f"import mmsql; con = mmsql.connect({str(trained_path)!r}, read_only=True)\n"
        "con.execute(\"FROM recommend('u0')\").fetchall(); con.execute(\"FROM explain('u0', 'i2')\").fetchall()\n"
        "con.execute(\"SELECT embed_behavior(['i1'])\").fetchall()"
    )
    assert loaded_by(code, ("torch", "sentence_transformers")) == []


NUMERICAL = ("scipy", "sklearn", "torch", "transformers", "sentence_transformers")
ANSWERS = (
    "FROM recommend('u0')",
    "FROM recommend_each()",
    "FROM explain('u0', 'i2')",
    "FROM similar_items('i1')",
    "SELECT embed_behavior(['i1', 'i2'])",
    "SELECT fused_score([1.0], [2.0])",
)


@pytest.mark.parametrize("read_only", [True, False])
def test_plain_answers_load_no_numerical_library_but_numpy(trained_path, tmp_path, read_only):
    path = tmp_path / "shop.duckdb"
    path.write_bytes(trained_path.read_bytes())
    asked = "; ".join(f"con.execute({query!r}).fetchall()" for query in ANSWERS)
    code = f"import mmsql; con = mmsql.connect({str(path)!r}, read_only={read_only}); {asked}"
    assert loaded_by(code, NUMERICAL) == []


def contract_layers() -> list[list[str]]:
    """Give the layers of the import contract, without the parentheses of modules that may be missing."""
    (contract,) = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    assert contract["containers"] == ["mmsql"]
    assert contract["exhaustive"]
    return [[name.strip("() ") for name in layer.split("|")] for layer in contract["layers"]]


def test_the_architecture_shows_the_layers_of_the_import_contract():
    text = (ROOT / "ARCHITECTURE.md").read_text().partition("## The layers")[2]
    block = text.partition("```text\n")[2].partition("```")[0]
    shown = [re.match(r" *(\w+(?: \| \w+)*) +\S", line) for line in block.splitlines()]
    assert [line[1].split(" | ") for line in shown if line] == contract_layers()
    assert len(contract_layers()) == len(block.splitlines())


def test_a_name_that_is_not_there():
    with pytest.raises(AttributeError, match="module 'mmsql' has no attribute 'conect'"):
        mmsql.conect  # noqa: B018


def test_what_is_public_is_there():
    for name in mmsql.__all__:
        assert getattr(mmsql, name) is not None
