"""The documents cannot lie: reference pages are fresh, the READMEs' blocks run."""

from __future__ import annotations

import dataclasses
import gzip
import re
import runpy
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

import mmsql
from mmsql.config import PopularityConfig

REPOSITORY = Path(__file__).parent.parent
READMES = ("README.md", "README.zh-CN.md")


def blocks(readme: str) -> list[tuple[str, str]]:
    """Return the fenced blocks of a README: language and text."""
    text = (REPOSITORY / readme).read_text(encoding="utf-8")
    return re.findall(r"^```(\w+)\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("generator", ["generate_session.py", "generate_sql.py", "generate_cli.py"])
def test_reference_pages_are_fresh(generator: str):
    script = REPOSITORY / "docs" / generator
    done = subprocess.run([sys.executable, script, "--check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_an_option_without_a_description_is_noticed():
    @dataclasses.dataclass(frozen=True, kw_only=True)
    class Undescribed(PopularityConfig):
        """Options of nothing."""

        width: int = 3

    script = runpy.run_path(str(REPOSITORY / "docs" / "generate_session.py"))
    with pytest.raises(ValueError, match="Undescribed does not say what width is, under Attributes of its docstring"):
        script["descriptions"](Undescribed)
    assert script["descriptions"](PopularityConfig)["history_length"].startswith("How many of a user's latest items")


@pytest.fixture
def folder(demo_path: Path, tmp_path: Path, data_files: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a working folder as the README supposes it: the demo file, and files to load."""
    shutil.copy(demo_path, tmp_path / "mmsql-demo.duckdb")
    for name, text in data_files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        content = text.encode()
        (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def data_files() -> dict[str, str]:
    """Give small files of the names the README loads."""
    reviews = '{"reviewerID": "A1", "asin": "B1", "reviewText": "Good", "overall": 5.0, "unixReviewTime": 1393545600}'
    return {
        "orders.csv": "customer,sku,at\n7,00123,2026-01-02 10:00:00\n8,00124,2026-01-03 11:30:00\n",
        "Musical_Instruments_5.json.gz": reviews + "\n",
        "ml-100k/ml-100k.inter": "user_id:token\titem_id:token\trating:float\ttimestamp:float\n1\t2\t3\t881250949\n",
    }


def put_views_in_place(text: str) -> None:
    """Run the block that brings tables of one's own, on such tables, and train on them."""
    con = mmsql.connect(":memory:")
    con.execute("CREATE SCHEMA sales")
    con.execute(
        "CREATE TABLE sales.orders AS SELECT c AS customer, (c + s) % 7 AS sku, "
        "TIMESTAMP '2026-01-01' + to_hours(c * 4 + s) AS ordered_at FROM range(20) t(c), range(3) r(s)"
    )
    con.execute(text)
    con.execute("CALL train(algorithm := 'graph')").fetchall()
    assert con.execute("FROM recommend(3, k := 2)").fetchall()
    con.close()


@pytest.mark.parametrize("readme", READMES)
def test_no_placeholder_is_left(readme: str):
    assert not re.findall(r"^[A-Z]+(?:_[A-Z]+)+$", (REPOSITORY / readme).read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize("readme", READMES)
def test_the_readmes_blocks_run(readme: str, folder: Path):
    from mmsql.cli.app import app

    kinds = [kind for kind, _ in blocks(readme)]
    assert {"console", "sql", "python"} <= set(kinds)
    for kind, text in blocks(readme):
        if kind == "sql" and "sales.orders" in text:
            put_views_in_place(text)
        elif kind == "sql":
            with duckdb.connect("mmsql-demo.duckdb") as con:
                for statement in con.extract_statements(text):
                    assert con.execute(statement).fetchall(), statement.query
        elif kind == "python":
            exec(compile(text, readme, "exec"), {})
        elif kind == "console":
            for line in text.splitlines():
                if line.startswith("mmsql "):
                    result = CliRunner().invoke(app, shlex.split(line)[1:])
                    assert result.exit_code == 0, f"{line}\n{result.output}"
                else:
                    assert line in ("make demo", "make test", ""), line


def test_the_readmes_show_the_same_blocks():
    assert [kind for kind, _ in blocks(READMES[0])] == [kind for kind, _ in blocks(READMES[1])]
    for (kind, english), (_, chinese) in zip(blocks(READMES[0]), blocks(READMES[1]), strict=True):
        if kind == "console":
            assert english == chinese


def test_links_in_the_documents_lead_somewhere():
    for name in (*READMES, "ARCHITECTURE.md"):
        for target in re.findall(r"\]\(([^)#:]+)\)", (REPOSITORY / name).read_text(encoding="utf-8")):
            assert (REPOSITORY / target).exists(), f"{name}: {target}"


def test_the_version_is_the_projects():
    import tomllib

    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["version"] == mmsql.__version__
