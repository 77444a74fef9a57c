"""The virtual environments of the peers: one for each group of libraries whose pins agree."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from workspace import BENCH

HERE = Path(__file__).parent
GROUPS = ("A", "B", "D")


class PeerError(Exception):
    """A peer that could not be installed or run, with the reason."""


def python(group: str) -> Path:
    """Return the interpreter of a group's environment, making it where it is not there or its pins have changed.

    Raises
    ------
    PeerError
        When it cannot be installed, with the last line of pip.
    """
    folder, wanted = BENCH / "venvs" / group, HERE / f"requirements-{group}.txt"
    interpreter, installed = folder / "bin" / "python", folder / "installed"
    if installed.exists() and installed.read_text() == wanted.read_text():
        return interpreter
    if not interpreter.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    command = [str(interpreter), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", str(wanted)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.strip()] or ["pip said nothing"]
        raise PeerError(f"group {group} cannot be installed: {said[-1].strip()}")
    installed.write_text(wanted.read_text())
    return interpreter
