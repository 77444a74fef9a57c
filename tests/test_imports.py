"""What is loaded when: torch only where something is trained or encoded."""

from __future__ import annotations

import subprocess
import sys

import pytest

import mmsql

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


def test_a_name_that_is_not_there():
    with pytest.raises(AttributeError, match="module 'mmsql' has no attribute 'conect'"):
        mmsql.conect  # noqa: B018


def test_what_is_public_is_there():
    for name in mmsql.__all__:
        assert getattr(mmsql, name) is not None
