"""CPU seconds of the help of each command, each in a process of its own. The budget is half a second."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys

BUDGET_SECONDS = 0.5
RUNS = 7
COMMANDS = (["--help"], ["train", "--help"], ["load", "file", "--help"], ["--version"])


def cpu_seconds(arguments: list[str]) -> float:
    """Run one command and return its user and system time."""
    before = os.times()
    subprocess.run([sys.executable, "-m", "mmsql", *arguments], check=True, stdout=subprocess.DEVNULL)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def main() -> int:
    """Measure every command; return 1 where one exceeds the budget."""
    worst = 0.0
    for arguments in COMMANDS:
        seconds = statistics.median(cpu_seconds(arguments) for _ in range(RUNS))
        worst = max(worst, seconds)
        print(
            f"{'mmsql ' + ' '.join(arguments):<28}{seconds:6.2f} s CPU, "
            f"median of {RUNS}; the budget is {BUDGET_SECONDS} s"
        )
    return int(worst > BUDGET_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
