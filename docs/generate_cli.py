"""Write docs/cli.md from the help of the commands; with --check, only report whether it is stale."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import typer
from typer.cli import get_docs_for_click

from mmsql.cli.app import app

PAGE = Path(__file__).parent / "cli.md"
INTRODUCTION = """\
# The command line

`make docs` generates this page from the commands. `mmsql COMMAND --help` shows the same text.

"""


def page() -> str:
    """Return the whole page."""
    command = typer.main.get_command(app)
    text = get_docs_for_click(obj=command, ctx=typer.Context(command), name="mmsql", indent=1)
    return INTRODUCTION + re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def main() -> int:
    """Write the page, or compare it."""
    if "--check" in sys.argv:
        stale = not PAGE.exists() or PAGE.read_text(encoding="utf-8") != page()
        if stale:
            print("docs/cli.md is stale: run `make docs`.", file=sys.stderr)
        return int(stale)
    PAGE.write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
