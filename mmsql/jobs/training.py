"""Training: from the sources to a stored and deployed model."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import duckdb
import pyarrow as pa

from mmsql.attributes import AttributeSchema, infer_schema
from mmsql.config import AUTO, ModelConfig
from mmsql.data import id_types, sources
from mmsql.data.content import Content, read_content
from mmsql.data.dataset import Dataset, prepare
from mmsql.encoders import Encoder
from mmsql.encoders.encoder_choice import choose_base_encoder
from mmsql.encoders.image_cache import picture_files
from mmsql.encoders.images import ImageEncoder, choose_image_encoder, reads_words
from mmsql.errors import ModelError, OptionError
from mmsql.jobs.finetuning import Adapted, adapt
from mmsql.jobs.results import TrainResult
from mmsql.jobs.selection import Choice, Deployed, choose, config_for
from mmsql.jobs.selection import fit as fit_choice
from mmsql.models.base import Checkpoints, FittedModel, NoCheckpoints, Run
from mmsql.models.registry import find_model
from mmsql.models.scoring import rank_all
from mmsql.store import versions
from mmsql.store.checkpoints import checkpoints_of

STORED_DEPTH = 20  # length of the precomputed lists


@versions.one_at_a_time
def train(
    con: duckdb.DuckDBPyConnection,
    algorithm: str = AUTO,
    *,
    encoder: str | None = None,
    image_encoder: str | None = None,
    deploy: bool = True,
    options: dict[str, Any] | None = None,
) -> TrainResult:
    """Train a model on all data in the sources, store it, and deploy it.

    A run that fails or is killed does not change the deployed model.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        A connection of its own, outside a transaction.
    algorithm : str
        One of :data:`~mmsql.config.ALGORITHMS`. ``auto`` compares the families on a validation split and trains the
        best one on all data.
    encoder : str, optional
        A text encoder. It becomes the encoder of the file when the model is deployed. By default the encoder of the
        file, or ``auto``, which chooses by the language of the texts.
    image_encoder : str, optional
        An image encoder, likewise; ``none`` leaves images out.
    deploy : bool
        Whether to deploy the model.
    options : dict, optional
        Options of the algorithm, such as ``epochs``; None means the default.

    Raises
    ------
    OptionError, SourceError, EncoderError
        When an option, a source or the encoder is not usable.
    """
    started = perf_counter()
    config = config_for(algorithm, options or {})
    if not isinstance(deploy, bool):
        raise OptionError(f"deploy must be true or false; {deploy!r} was given.")
    rejects = prepare_sources(con)
    if not deploy:
        versions.check_id_types(con)
    job = Job(
        algorithm=algorithm,
        config=config,
        encoder=choose_base_encoder(con, encoder),
        finetunes=True,
        images=choose_image_encoder(con, image_encoder),
        rejects=rejects,
        sources=sources.fingerprint(con, picture_files(con)),
        deploy=deploy,
        deployed=_deployed(con, compared=algorithm == AUTO and deploy),
        resumes=algorithm == AUTO or find_model(algorithm).is_deep,
    )
    return train_job(con, job, started)


@dataclass(frozen=True, kw_only=True)
class Job:
    """The settings of one training run, for sources with this fingerprint."""

    algorithm: str
    config: ModelConfig
    encoder: Encoder
    images: ImageEncoder | None
    rejects: int
    sources: str
    finetunes: bool = False  # whether to adapt the encoder first, where the configuration asks for it
    deploy: bool = True
    may_deploy: Callable[[str], bool] | None = None  # asked, with the stored model, before it is deployed
    deployed: Deployed | None = None
    schema: AttributeSchema | None = None  # the schema of the attributes; inferred where it is None
    terms_of: str | None = None  # a model of the same comments, whose comment terms are copied
    resumes: bool = False  # whether to continue from checkpoints; their fingerprint costs a pass over the sources


def train_job(con: duckdb.DuckDBPyConnection, job: Job, started: float) -> TrainResult:
    """Choose the options of a job, or its algorithm, fit and store it."""

    def fit(dataset: Dataset, content: Content, run: Run) -> tuple[Choice, FittedModel]:
        encoder = content.encoder or job.encoder
        choice = choose(dataset, encoder, job.algorithm, job.config, run, job.deployed, job.images, content.schema)
        return choice, fit_choice(dataset, content, choice, run)

    return run(con, job, fit, started)


def _deployed(con: duckdb.DuckDBPyConnection, compared: bool) -> Deployed | None:
    """Return the deployed model for comparison; None where there is none, or ids have changed their type."""
    if id_types.id_type_changes(con):
        return None
    try:
        record = versions.find(con, None)
    except ModelError:  # no model is deployed, or the deployed one was removed
        return None
    return Deployed(record.model, record.algorithm, versions.config_of(record), compared)


def prepare_sources(con: duckdb.DuckDBPyConnection) -> int:
    """Check the sources and write their unusable rows to ``mmsql.rejects``; return the number of these rows."""
    sources.check_sources(con)
    return sources.reject_unusable(con)


def run(
    con: duckdb.DuckDBPyConnection,
    job: Job,
    fit: Callable[[Dataset, Content, Run], tuple[Choice, FittedModel]],
    started: float,
) -> TrainResult:
    """Read the sources, choose and fit a model, and store it. A failure is written to the row of the model."""
    with prepare(con, seed=job.config.seed) as dataset:
        model = versions.begin(con, job.algorithm, job.config, job.encoder, job.images)
        try:
            epochs, adapted = versions.EpochCounter(con, model), Adapted(job.encoder)
            if job.finetunes:
                adapted = adapt(dataset, job.encoder, job.config, epochs)
                job = dataclasses.replace(job, encoder=adapted.encoder)
            schema = job.schema or infer_schema(con, job.config.attribute_kinds)
            content = read_content(dataset, job.encoder, job.images, schema)
            logged = Run(epochs, _checkpoints(con, dataset, job))
            choice, fitted = fit(dataset, content, logged)
            deploy, message = _verdict(job, choice)
            versions.decide(con, model, choice.algorithm, choice.config, job.encoder, job.images)
            _save(con, model, dataset, content, fitted, dataclasses.replace(job, deploy=deploy))
            logged.checkpoints.clear()
        except BaseException as error:
            versions.fail(con, model, error)
            raise
        return TrainResult(
            model=model,
            algorithm=choice.algorithm,
            users=dataset.users,
            items=dataset.items,
            events=dataset.events,
            encoded=adapted.encoded + content.encoded,
            rejects=job.rejects + content.rejects,
            seconds=round(perf_counter() - started, 2),
            message=" ".join(filter(None, [message, adapted.note, content.note])),
        )


def _checkpoints(con: duckdb.DuckDBPyConnection, dataset: Dataset, job: Job) -> Checkpoints:
    return checkpoints_of(con, dataset, job.config, job.encoder, job.images) if job.resumes else NoCheckpoints()


def _verdict(job: Job, choice: Choice) -> tuple[bool, str]:
    """Decide whether to deploy: what is compared must be as good as the deployed model on the same split."""
    if job.deployed is None or "deployed" not in choice.figures:
        return job.deploy, choice.message
    deployed, found = choice.figures["deployed"], choice.figures[choice.algorithm]
    if found >= deployed:
        return True, f"{choice.message} {job.deployed.model}, deployed before, has {deployed:.4f}."
    why = "could not be compared in the time" if math.isnan(deployed) else f"has {deployed:.4f} and stays deployed"
    return False, f"{choice.message} It is not deployed: {job.deployed.model} {why}."


def _save(
    con: duckdb.DuckDBPyConnection,
    model: str,
    dataset: Dataset,
    content: Content,
    fitted: FittedModel,
    job: Job,
) -> None:
    """Rank the catalog for every user, and store the model with its lists."""
    blocks = [ranked.to_arrow() for ranked in rank_all(dataset, fitted, STORED_DEPTH)]
    versions.save(
        con,
        model,
        dataset,
        fitted,
        text_vectors=content.pooled(),
        image_vectors=content.image if job.images is not None and reads_words(job.images.name) else None,
        recommendations=pa.concat_tables(blocks),
        schema=content.schema,
        sources=job.sources,
        deploy_it=job.deploy,
        may_deploy=job.may_deploy,
        terms_of=job.terms_of,
    )
