"""``mmsql evaluate``."""

from __future__ import annotations

from time import perf_counter
from typing import Annotated

import typer

from mmsql.cli.connections import writing
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
            help="Events to hold out: each user's last item, all events after a time, or all events on some items.",
        ),
    ] = "leave_last_out",
    k: Annotated[int, typer.Option("--k", "-k", help="List length, from 1 to 1000.")] = 10,
    model: Annotated[
        str | None,
        typer.Option(help="A model of the file.", show_default="the deployed one"),
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
        typer.Option(help="For the split time: share of the events that are held out.", show_default="0.1"),
    ] = None,
    cold_share: Annotated[
        float | None,
        typer.Option(
            help="For the split cold_items: share of the items with events that are held out.",
            show_default="0.1",
        ),
    ] = None,
    option: AlgorithmOptions = None,
    output_format: OutputFormat = Format.TABLE,
) -> None:
    """Measure recommendations against the events that users had next, with popularity as the baseline.

    The model in the file has seen all events, so its algorithm is trained again, with its configuration, on the
    earlier part only. Then the whole catalog is ranked for every user. The deployed model does not change. In SQL,
    `FROM mmsql.metrics()` shows the metrics again.

    The split leave_last_out needs little data, but it trains on events after the held-out ones. The split time does
    not, and its metrics are lower. Report both.

    The split cold_items measures recommendations of items without events: it holds out all events on some items, and
    ranks these items for the users who had them. The baseline is the popularity of their category. By chance, recall
    is k divided by the number of these items.

    Example: `mmsql evaluate shop.duckdb --split time --k 20`
    """
    if model is not None and algorithm is not None:
        raise typer.BadParameter("give --model or --algorithm, not both.", param_hint="--algorithm")
    given = {"split": split, "k": k, "seed": seed, "test_share": test_share, "cold_share": cold_share}
    config = configure(EvaluationConfig, given, "evaluate")
    options = algorithm_options(option, {})
    with writing(database) as con:
        say(f"Evaluating {model or algorithm or 'the deployed model'} on {database}, {split} …")
        started = perf_counter()
        from mmsql.jobs import evaluation

        label = evaluation.evaluate(con, model=model, algorithm=algorithm, config=config, options=options)
        rows = query(con, "FROM mmsql.metrics(model := $label, k := $k)", {"label": label, "k": k})
        emit(rows, output_format)
    say(f"{label} took {perf_counter() - started:.1f} s.")
