"""``mmsql tune``."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Annotated

import typer

from mmsql.cli.connections import writing
from mmsql.cli.options import AlgorithmOptions, Database, OutputFormat, Seed, algorithm_options, one_of
from mmsql.cli.output import Format, columns_of, emit, rows_of, say
from mmsql.config import ALGORITHM_CONFIGS, TuningConfig, configure
from mmsql.errors import ModelError
from mmsql.jobs.results import TrialRow

if TYPE_CHECKING:
    from mmsql.jobs.tuning import Trial

COLUMNS = columns_of(TrialRow, without=["options"])


def tune(
    database: Database,
    algorithm: Annotated[
        str | None,
        typer.Argument(
            metavar="[" + "|".join(ALGORITHM_CONFIGS) + "]",
            callback=one_of(ALGORITHM_CONFIGS),
            help="The algorithm to tune.",
            show_default="that of the deployed model, or graph",
        ),
    ] = None,
    trials: Annotated[int, typer.Option(help="Number of trials; the first one has the default options.")] = 20,
    time_budget: Annotated[
        float | None, typer.Option(help="Seconds after which no trial begins.", show_default="3600")
    ] = None,
    holdout: Annotated[
        bool,
        typer.Option(
            "--holdout", help="Hold out each user's last item, which evaluate tests, and tune on the item before it."
        ),
    ] = False,
    seed: Seed = None,
    option: AlgorithmOptions = None,
    output_format: OutputFormat = Format.TABLE,
) -> None:
    """Search for better options of an algorithm: train with different ones, and measure each on users' last items.

    Every trial becomes a row of `mmsql.trials` at its end, so that an interrupted search keeps its results. The
    deployed model does not change: train with the command of the best trial.

    Without `--holdout`, the search has seen the items that `mmsql evaluate` tests, so that the metrics of its options
    are too high. Options of `--option` are the same in every trial.

    Example: `mmsql tune shop.duckdb graph --trials 20`
    """
    given = {"trials": trials, "seed": seed, "time_budget": time_budget}
    config = configure(TuningConfig, given, "tune")
    options = algorithm_options(option, {})
    with writing(database) as con:
        from mmsql.jobs import tuning

        say(f"Tuning {algorithm or 'the deployed algorithm'} on {database}, {config.trials} trials …")
        found = tuning.tune(con, algorithm, config=config, holdout=holdout, options=options, report=_say_trial)
        emit(rows_of(COLUMNS, [trial.row() for trial in found]), output_format)
    best = found[0]
    if not best.best:
        raise ModelError(f"No trial succeeded. The first one: {best.error}")
    typed = shlex.join(word for name, value in best.options.items() for word in ("--option", f"{name}={value}"))
    say(f"Trial {best.trial} is the best. To train with its options: ")
    say(f"mmsql train {database} --algorithm {best.algorithm} {typed}")


def _say_trial(trial: Trial) -> None:
    result = trial.error if trial.ndcg is None else f"NDCG@10 {trial.ndcg:.4f}"
    say(f"Trial {trial.trial}: {result}, {trial.seconds:.1f} s")
