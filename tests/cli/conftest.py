"""Fixtures: running commands in this process, on copies of the small trained shop."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from mmsql.cli.app import app


class Answer:
    """The output of a command, and its exit code."""

    def __init__(self, arguments: tuple[object, ...]) -> None:
        result = CliRunner().invoke(app, [str(argument) for argument in arguments], prog_name="mmsql")
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        self.code = result.exit_code
        self.out = result.stdout
        self.talk = result.stderr

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The rows of a command that was run with --format json and went well."""
        assert self.code == 0, self.talk
        return json.loads(self.out)

    @property
    def flat_talk(self) -> str:
        """The text on stderr, without the box and the line breaks of usage errors."""
        return " ".join(self.talk.replace("│", " ").split())


@pytest.fixture
def run() -> Callable[..., Answer]:
    """Give a function that runs one command."""
    return lambda *arguments: Answer(arguments)


@pytest.fixture
def trained_copy(trained_path: Path, tmp_path: Path) -> Path:
    """Give a copy of the trained small shop, free to be changed."""
    copy = tmp_path / "shop.duckdb"
    copy.write_bytes(trained_path.read_bytes())
    return copy
