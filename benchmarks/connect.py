"""CPU of ``mmsql.connect`` on an existing file: the budget is 25 ms.

Run: .venv/bin/python benchmarks/connect.py [FILE]. Without FILE, a demo shop is made and trained for it.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb

import mmsql

BUDGET_SECONDS = 0.025
WARM_RUNS, COLD_RUNS = 20, 7
COLD = """
import sys, time, mmsql
mmsql.connect
begun = time.process_time()
con = mmsql.connect(sys.argv[1])
print(time.process_time() - begun)
"""


def warm_seconds(connect: Callable[[str], duckdb.DuckDBPyConnection], path: str) -> float:
    """Return the median CPU of connecting again and again in one process."""
    connect(path).close()
    seconds = []
    for _ in range(WARM_RUNS):
        begun = time.process_time()
        con = connect(path)
        seconds.append(time.process_time() - begun)
        con.close()
    return statistics.median(seconds)


def cold_seconds(path: str) -> float:
    """Return the median CPU of the first connect of a process; importing the package is not counted."""
    command = [sys.executable, "-c", COLD, path]
    runs = (subprocess.run(command, check=True, capture_output=True, text=True).stdout for _ in range(COLD_RUNS))
    return statistics.median(float(seconds) for seconds in runs)


def main() -> int:
    """Print the medians and tell whether the warm one stays within the budget."""
    with tempfile.TemporaryDirectory() as folder:
        path = sys.argv[1] if len(sys.argv) > 1 else str(Path(folder, "shop.duckdb"))
        if len(sys.argv) == 1:
            subprocess.run([sys.executable, "-m", "mmsql", "demo", path], check=True, stdout=subprocess.DEVNULL)
        warm = warm_seconds(mmsql.connect, path)
        print(f"connect, warm        {1000 * warm:6.1f} ms CPU, median of {WARM_RUNS}; the budget is 25 ms")
        print(f"connect, cold        {1000 * cold_seconds(path):6.1f} ms CPU, median of {COLD_RUNS} processes")
        print(f"duckdb.connect alone {1000 * warm_seconds(duckdb.connect, path):6.1f} ms CPU, median of {WARM_RUNS}")
    return int(warm > BUDGET_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
