"""``mmsql train``."""

from __future__ import annotations

from typing import Annotated

import typer

from mmsql.cli.connections import writing
from mmsql.cli.options import AlgorithmOptions, Database, OutputFormat, Seed, algorithm_options, one_of
from mmsql.cli.output import Format, columns_of, emit, rows_of, say
from mmsql.config import ALGORITHMS, AUTO, BEHAVIOR_ENCODERS, DEVICES, FusionConfig
from mmsql.jobs.results import TrainResult

COLUMNS = columns_of(TrainResult, without=["message"])
DEEP = FusionConfig()


def train(
    database: Database,
    algorithm: Annotated[
        str,
        typer.Option(
            metavar="|".join(ALGORITHMS),
            callback=one_of(ALGORITHMS),
            help="The algorithm; auto compares the others on a part of the data and trains the best on all of it.",
        ),
    ] = AUTO,
    encoder: Annotated[
        str | None,
        typer.Option(
            metavar="NAME|PATH|auto",
            help="Text encoder: wordllama (English), multilingual, or any sentence-transformers model. auto "
            "chooses by the language of the texts. The file keeps the choice.",
            show_default="the file's, or auto",
        ),
    ] = None,
    image_encoder: Annotated[
        str | None,
        typer.Option(
            metavar="NAME|PATH|none",
            help="Image encoder: efficientnet-lite0, a CLIP model of sentence-transformers, or none.",
            show_default="the file's, or efficientnet-lite0",
        ),
    ] = None,
    seed: Seed = None,
    epochs: Annotated[
        int | None,
        typer.Option(help="Largest number of passes over the data (fusion).", show_default=str(DEEP.epochs)),
    ] = None,
    embedding_size: Annotated[
        int | None, typer.Option(help="Size of the vectors (fusion).", show_default=str(DEEP.embedding_size))
    ] = None,
    behavior: Annotated[
        str | None,
        typer.Option(
            metavar="|".join(BEHAVIOR_ENCODERS),
            callback=one_of(BEHAVIOR_ENCODERS),
            help="Encoder of a user's history (fusion).",
            show_default=DEEP.behavior,
        ),
    ] = None,
    alpha: Annotated[
        float | None, typer.Option(help="Weight of the diversity loss (fusion).", show_default=str(DEEP.alpha))
    ] = None,
    device: Annotated[
        str | None,
        typer.Option(
            metavar="|".join(DEVICES),
            callback=one_of(DEVICES),
            help="Device of the training (fusion).",
            show_default=DEEP.device,
        ),
    ] = None,
    option: AlgorithmOptions = None,
    deploy: Annotated[bool, typer.Option("--deploy/--no-deploy", help="Whether to deploy the new model.")] = True,
    output_format: OutputFormat = Format.TABLE,
) -> None:
    """Train a model on all data in the sources, and deploy it.

    A run that fails or is interrupted does not change the deployed model. Texts and images are encoded once, since
    their vectors stay in the file. An interrupted run continues where it stopped.

    Example: `mmsql train shop.duckdb --algorithm graph --option decay=0.8`
    """
    named = {"seed": seed, "epochs": epochs, "embedding_size": embedding_size, "behavior": behavior}
    options = algorithm_options(option, {**named, "alpha": alpha, "device": device})
    with writing(database) as con:
        say(f"Training {algorithm} on {database} …")
        from mmsql.jobs import training

        result = training.train(
            con, algorithm, encoder=encoder, image_encoder=image_encoder, deploy=deploy, options=options
        )
        emit(rows_of(COLUMNS, [result]), output_format)
    say(f"{result.model} took {result.seconds:.1f} s. {result.message}")
    if result.rejects:
        say(f"Rows that could not be used: {result.rejects:,}. `mmsql check {database}` lists the reasons.")
    if not deploy:
        say(f"It is not deployed. To deploy it: `mmsql deploy {database} {result.model}`.")
