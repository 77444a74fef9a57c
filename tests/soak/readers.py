"""Readers without mmsql: plain DuckDB of several releases, each in a process of its own, opening read-only."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).parent.parent.parent
READS = """
import json, sys
import duckdb
for line in sys.stdin:
    try:
        with duckdb.connect(line.strip(), read_only=True) as con:
            found = {
                "deployed": con.execute("SELECT model, status FROM mmsql.models() WHERE deployed").fetchall(),
                "listed": con.execute("SELECT count(*) FROM mmsql.recommend('u1')").fetchall()[0][0],
            }
    except Exception as error:
        found = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(found), flush=True)
"""


class Readers(AbstractContextManager["Readers"]):
    """One process for each release of DuckDB that is installed beside the environment."""

    def __init__(self) -> None:
        folders = sorted((REPOSITORY / ".duckdb").glob("[0-9]*"))
        self.processes = {
            folder.name: subprocess.Popen(
                [sys.executable, "-c", READS],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env={**os.environ, "PYTHONPATH": str(folder)},
            )
            for folder in folders
        }

    def read(self, path: Path) -> dict[str, dict[str, Any]]:
        """Return what each release reads in a file: the deployed models, and the length of a list; or its error."""
        for process in self.processes.values():
            process.stdin.write(f"{path}\n")
            process.stdin.flush()
        return {release: json.loads(process.stdout.readline()) for release, process in self.processes.items()}

    def __exit__(self, *_: object) -> None:
        for process in self.processes.values():
            process.stdin.close()
            process.wait(timeout=30)
            process.stdout.close()
