"""All commands, in one tuple."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import typer

from mmsql import __version__
from mmsql.cli import load
from mmsql.cli.check import check
from mmsql.cli.demo import demo
from mmsql.cli.deploy import deploy
from mmsql.cli.error_messages import CommandGroup
from mmsql.cli.evaluate import evaluate
from mmsql.cli.explain import explain
from mmsql.cli.forget import forget
from mmsql.cli.init import init
from mmsql.cli.log import log
from mmsql.cli.models import models
from mmsql.cli.options import summary
from mmsql.cli.publish import publish
from mmsql.cli.recommend import recommend
from mmsql.cli.recommend_all import recommend_all
from mmsql.cli.refresh import refresh
from mmsql.cli.rollback import rollback
from mmsql.cli.similar import similar
from mmsql.cli.sql import sql
from mmsql.cli.train import train
from mmsql.cli.tune import tune

DATA, MODEL, ANSWERS = "Data", "Model", "Answers"
COMMANDS: tuple[tuple[str, Callable[..., Any] | typer.Typer], ...] = (
    (DATA, demo),
    (DATA, init),
    (DATA, load.app),
    (DATA, check),
    (DATA, forget),
    (MODEL, train),
    (MODEL, refresh),
    (MODEL, evaluate),
    (MODEL, tune),
    (MODEL, models),
    (MODEL, log),
    (MODEL, deploy),
    (MODEL, rollback),
    (ANSWERS, recommend),
    (ANSWERS, recommend_all),
    (ANSWERS, similar),
    (ANSWERS, explain),
    (ANSWERS, sql),
    (ANSWERS, publish),
)
HELP = """\
A recommender inside a DuckDB file: load events, train a model, and ask for recommendations, here or in SQL.

Stdout has rows only; messages and progress go to stderr. Exit codes: 0 done, 1 not possible, with the reason on
stderr, 2 wrong command line, 130 interrupted, 141 the reader of stdout is gone.

To see an example without data of your own: `mmsql demo`.
"""


class Commands(CommandGroup):
    """The commands in the order of typical use."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002
        """Return the names of all commands."""
        return [_name(command) for _, command in COMMANDS]


def _name(command: Callable[..., Any] | typer.Typer) -> str:
    return str(command.info.name) if isinstance(command, typer.Typer) else command.__name__.replace("_", "-")


app = typer.Typer(
    name="mmsql",
    cls=Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["--help", "-h"]},
)


def _show_version(asked: bool) -> None:
    if asked:
        print(f"mmsql {__version__}")
        raise typer.Exit()


@app.callback(help=HELP)
def mmsql(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit."),
    ] = False,
    debug: Annotated[
        bool,
        typer.Option("--debug", envvar="MMSQL_DEBUG", help="Show Python's traceback with every error."),
    ] = False,
) -> None:
    """Read the options before a command."""


for panel, command in COMMANDS:
    if isinstance(command, typer.Typer):
        app.add_typer(command, rich_help_panel=panel)
    else:
        app.command(rich_help_panel=panel, short_help=summary(command))(command)
