"""``mmsql evaluate``."""

from __future__ import annotations

from time import perf_counter
from typing import Annotated

import typer

from mmsql.cli.opening import writing
from mmsql.cli.options import AlgorithmOptions, Database, OutputFormat, Seed, algorithm_options, one_of
from mmsql.cli.output import Format, emit, query, say
from mmsql.config import ALGORITHMS, SPLITS, EvaluationConfig, configure


def evaluate(
    database: Database,
    split: Annotated[
        str,
        typer.Option(
            metavar="|".join(SPLITS),
            callback=one_of(SPLITS),
            help="Keep back each user's last item, everything after a moment in time, or some items altogether.",
        ),
    ] = "leave_last_out",
    k: Annotated[int, typer.Option("--k", "-k", help="Length of the lists, from 1 to 1000.")] = 10,
    model: Annotated[
        str | None,
        typer.Option(help="A model of the file.", show_default="the one that serves"),
    ] = None,
    algorithm: Annotated[
        str | None,
        typer.Option(
            metavar="|".join(ALGORITHMS),
            callback=one_of(ALGORITHMS),
            help="Evaluate this algorithm instead of a model of the file.",
            show_default=False,
        ),
    ] = None,
    seed: Seed = None,
    test_share: Annotated[
        float | None,
        typer.Option(help="For the split by time: the share of events after the moment.", show_default="0.1"),
    ] = None,
    cold_share: Annotated[
        float | None,
        typer.Option(
            help="For the split by items: the share of the items with events that training does not see.",
            show_default="0.1",
        ),
    ] = None,
    option: AlgorithmOptions = None,
    output_format: OutputFormat = Format.TABLE,
) -> None:
    """Measure how well recommendations hit what users did next, with popularity beside it.

    A model has seen everything, so its algorithm is trained again, with its configuration, on the earlier
    part only; then the whole catalog is ranked for every user. The model that serves is not touched, and
    SQL shows the figures again: `FROM mmsql.metrics()`.

    The leave_last_out split tells models apart on little data, but trains on what happened after the items
    kept back; the split by time does not, and its figures are lower. Report both.

    The cold_items split tells how items are recommended that nobody has touched yet: some items are left out of
    training altogether, and ranked among themselves for the users who had them. What stands beside is how popular
    their category is; any order has a recall of k divided by the number of these items by chance.

    Example: `mmsql evaluate shop.duckdb --split time --k 20`
    """
    if model is not None and algorithm is not None:
        raise typer.BadParameter("give --model or --algorithm, not both.", param_hint="--algorithm")
    given = {"split": split, "k": k, "seed": seed, "test_share": test_share, "cold_share": cold_share}
    config = configure(EvaluationConfig, given, "evaluate")
    options = algorithm_options(option, {})
    with writing(database) as con:
        say(f"Evaluating {model or algorithm or 'the model that serves'} on {database}, {split} …")
        started = perf_counter()
        from mmsql.jobs import evaluation

        label = evaluation.evaluate(con, model=model, algorithm=algorithm, config=config, options=options)
        rows = query(con, "FROM mmsql.metrics(model := $label, k := $k)", {"label": label, "k": k})
        emit(rows, output_format)
    say(f"{label} took {perf_counter() - started:.1f} s.")
