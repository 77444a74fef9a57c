"""The actions of a round, by name: each opens the file, does one thing and closes it, as a command does."""

from __future__ import annotations

import contextlib
import io
import shlex
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

Asked = dict[str, Any]


def _call(statement: str) -> Callable[[Asked], None]:
    """Return an action that runs a statement; its parameters stand in the request under the same names."""

    def action(asked: Asked) -> None:
        import mmsql

        values = {name: value for name, value in asked.items() if f"${name}" in statement}
        with closing(mmsql.connect(asked["path"])) as con:
            con.execute(statement, values).fetchall()

    return action


def _load(asked: Asked) -> None:
    import mmsql
    from mmsql.loading.single_file import load_file

    with closing(mmsql.connect(asked["path"])) as con:
        load_file(con, asked["source"], Path(asked["file"]))


def _publish(asked: Asked) -> None:
    from mmsql.jobs.publishing import publish

    publish(asked["path"], asked["target"], without=asked.get("without", ()), anonymous=asked.get("anonymous", False))


def _hold(asked: Asked) -> None:
    """Hold the file as a writer for a while."""
    import time

    import mmsql

    with closing(mmsql.connect(asked["path"])):
        time.sleep(asked["seconds"])


def _pipeline(asked: Asked) -> str:
    from soak.pipelines import run_pipeline

    return run_pipeline(asked)


def _values(asked: Asked) -> str:
    from soak.values import run_values

    return run_values(asked)


def _command(asked: Asked) -> dict[str, Any]:
    """Run a command of the command line; return its exit code and the end of what it printed to stderr."""
    from typer.testing import CliRunner

    from mmsql.cli.app import app

    with contextlib.redirect_stdout(io.StringIO()):
        done = CliRunner().invoke(app, asked["words"], input="")
    bare = None if done.exception is None or isinstance(done.exception, SystemExit) else repr(done.exception)
    return {"code": done.exit_code, "stderr": done.stderr[-2000:], "bare": bare, "line": shlex.join(asked["words"])}


ACTIONS: dict[str, Callable[[Asked], Any]] = {
    "load": _load,
    "train": _call("CALL train($algorithm)"),
    "refresh": _call("CALL refresh(retrain := $retrain)"),
    "publish": _publish,
    "deploy": _call("CALL deploy($model)"),
    "rollback": _call("CALL rollback()"),
    "forget": _call("CALL forget($user)"),
    "tune": _call("CALL tune('graph', trials := 2)"),
    "evaluate": _call("CALL evaluate()"),
    "hold": _hold,
    "pipeline": _pipeline,
    "values": _values,
    "command": _command,
}
