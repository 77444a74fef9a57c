"""Where the benchmarks keep what they make, all of it ignored by git, and how sections of the report are written."""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
from datasets import DATA, load

import mmsql
from mmsql import evaluation

ROOT = Path(__file__).parents[1]
BENCH = ROOT / ".bench"
SECTIONS = BENCH / "sections"
RESULTS = BENCH / "results"
SETS = ("amazon_gift_cards", "movielens_100k", "amazon_musical_instruments", "s3rec_beauty")
SEEDS = (42, 1, 2)
MADE_FROM = ("benchmarks/datasets.py", "mmsql/loading/*.py", "sql/loading/*.sql", "sql/schema/*.sql")


def database(name: str) -> Path:
    """Return a file with one set loaded and its texts encoded, made again when the loaders have changed."""
    path = BENCH / "sets" / f"{name}.duckdb"
    newest = max(found.stat().st_mtime for pattern in MADE_FROM for found in ROOT.glob(pattern))
    if path.exists() and path.stat().st_mtime > newest:
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"{name}_{os.getpid()}.duckdb")
    con = mmsql.connect(unfinished)
    load(con, DATA, name)
    evaluation.evaluate(con.cursor(), algorithm="popularity")  # fills the cache of text vectors
    con.close()
    os.replace(unfinished, path)
    return path


def write_json(path: Path, value: Any) -> None:
    """Write a JSON file, all of it or nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    unfinished.write_text(json.dumps(value, indent=1, default=float))
    os.replace(unfinished, path)


def write_section(name: str, title: str, body: str, threads: int | None = None) -> None:
    """Write one section of RESULTS.md: a heading, when and how it was made, and its text.

    Parameters
    ----------
    name : str
        Of the file in .bench/sections.
    title : str
        The heading.
    body : str
        Markdown.
    threads : int, optional
        Threads a process was given.
    """
    SECTIONS.mkdir(parents=True, exist_ok=True)
    command = " ".join(["python", f"benchmarks/{Path(sys.argv[0]).name}", *sys.argv[1:]])
    given = f", {threads} thread{'s' if threads > 1 else ''} a process" if threads else ""
    made = f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} CPU cores{given}. Command: `{command}`."
    (SECTIONS / f"{name}.md").write_text(f"## {title}\n\n{made}\n\n{body.strip()}\n")


def versions() -> dict[str, str]:
    """Return our own version and those of what the figures depend on."""
    names = ("mmsql", "duckdb", "numpy", "scipy", "torch")
    found = {name: importlib.metadata.version(name) for name in names}
    return {"Python": platform.python_version(), **found}


def table(heads: list[str], rows: list[list[str]]) -> str:
    """Return a Markdown table."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def peak_mib() -> float | None:
    """Return the most memory this process has had, in MiB, where the system tells.

    ``getrusage`` would do, but on Linux it starts with what the parent process had.
    """
    status = Path("/proc/self/status")
    if not status.exists():
        return None
    (line,) = [line for line in status.read_text().splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) / 1024


def connect(path: Path, threads: int, read_only: bool = False) -> duckdb.DuckDBPyConnection:
    """Open a file with a number of DuckDB threads."""
    return mmsql.connect(path, read_only=read_only, config={"threads": str(threads)})


def thread_settings(threads: int) -> dict[str, str]:
    """Return environment variables that keep numerical libraries to a number of threads."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS", "RAYON_NUM_THREADS")
    return {name: str(threads) for name in names}
