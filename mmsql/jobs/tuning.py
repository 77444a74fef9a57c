"""Tuning: search for better options of an algorithm, measured on the last items of users."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Any

import duckdb

from mmsql.attributes import infer_schema
from mmsql.config import ALGORITHM_CONFIGS, ModelConfig, TuningConfig, configure, option_names
from mmsql.config.attribute_kinds import kinds_text
from mmsql.data import sources
from mmsql.data.content import Content, read_content
from mmsql.data.dataset import Dataset, Holdout, prepare
from mmsql.data.splits import hold_out_last, split
from mmsql.db import serving
from mmsql.db.sqlfiles import quote_literal
from mmsql.encoders.encoder_choice import choose_base_encoder
from mmsql.encoders.images import choose_image_encoder
from mmsql.errors import OptionError, SourceError, unknown_option
from mmsql.interrupts import is_interrupt
from mmsql.jobs.finetuning import adapt
from mmsql.jobs.results import TrialRow
from mmsql.models.base import FittedModel, no_log
from mmsql.models.registry import find_model
from mmsql.models.scoring import holdout_metrics
from mmsql.store import versions

if TYPE_CHECKING:
    import optuna

LIST_LENGTH = 10  # of the measured lists
DIGITS = 3  # significant digits of a drawn number, since people type it
DONE, FAILED = "done", "failed"
STARTUP_TRIALS = 5  # random trials before the sampler uses their results
OWN_SEARCH = "search_steps"  # option of models that search for options before they train
EARLY_STOPPING = "patience"  # option of models whose search determines when training stops


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One trial of a search: a row of ``mmsql.trials``.

    Attributes
    ----------
    study, trial : int
        Number of the search in the file, and of the trial in it, from 0.
    algorithm : str
        The trained algorithm.
    options : dict
        All options of the trial, given and drawn.
    ndcg, recall : float, optional
        NDCG@10 and Recall@10 on the held-out items; None where the trial failed.
    seconds : float
        Wall time.
    status : {'done', 'failed'}
        The result.
    error : str, optional
        Reason of the failure.
    best : bool
        Whether no other trial of the search has a higher NDCG.
    """

    study: int
    trial: int
    algorithm: str
    options: dict[str, Any]
    seconds: float
    ndcg: float | None = None
    recall: float | None = None
    status: str = DONE
    error: str | None = None
    best: bool = False

    @property
    def command(self) -> str:
        """The statement that trains with these options."""
        given = {"algorithm": self.algorithm, **self.options}
        return f"CALL train({', '.join(f'{name} := {_literal(value)}' for name, value in given.items())})"

    def row(self) -> TrialRow:
        """Return the row that ``CALL tune()`` and ``mmsql tune`` show."""
        return TrialRow(
            study=self.study,
            trial=self.trial,
            best=self.best,
            ndcg=self.ndcg,
            recall=self.recall,
            seconds=self.seconds,
            status=self.status,
            error=self.error,
            options=json.dumps(self.options),
            command=self.command,
        )


def no_report(trial: Trial) -> None:
    """Do nothing with a trial."""


@versions.one_at_a_time
def tune(
    con: duckdb.DuckDBPyConnection,
    algorithm: str | None = None,
    *,
    config: TuningConfig | None = None,
    holdout: bool = False,
    options: dict[str, Any] | None = None,
    report: Callable[[Trial], None] = no_report,
) -> list[Trial]:
    """Train with different options, measure each on held-out items, and write a row of ``mmsql.trials`` for each.

    Optuna's tree-structured Parzen estimator draws options from the ranges in the configurations. The first trial has
    the defaults. Where the model has a search of its own before training, the second trial has its result. The
    trained models are not stored.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        A connection of its own, outside a transaction.
    algorithm : str, optional
        The algorithm to tune; by default that of the deployed model, or ``graph``.
    config : TuningConfig, optional
        Number of trials, seed and time budget.
    holdout : bool
        Whether to hold out each user's last item, which an evaluation with the same seed tests, and tune on the item
        before it. Otherwise options are tuned on the items that such an evaluation tests.
    options : dict, optional
        Options that are equal in every trial.
    report : callable
        Called with each trial at its end.

    Returns
    -------
    list of Trial
        Best first, failed ones last.

    Raises
    ------
    OptionError
        When the algorithm or an option is unknown, a value is not allowed, or no option is left to tune.
    SourceError
        When a source is not usable, or no user has two different items.

    References
    ----------
    Bergstra, Bardenet, Bengio, Kégl: Algorithms for Hyper-Parameter Optimization. NIPS 2011.
    """
    chosen = config or TuningConfig()
    if not isinstance(holdout, bool):
        raise OptionError(f"holdout must be true or false; {holdout!r} was given.")
    search = _search(con, algorithm, chosen, options or {})
    sources.check_sources(con)
    base = choose_base_encoder(con, None)
    with _holdout(con, chosen.seed, holdout) as (part, validation):
        encoder = adapt(
            part, base, configure(search.kind, search.given, search.algorithm), no_log, whole=False
        ).encoder
        schema = infer_schema(con, kinds_text("attribute_kinds", search.given.get("attribute_kinds") or ""))
        content = read_content(part, encoder, choose_image_encoder(con, None), schema)
        task = TuningTask(part=part, content=content, validation=validation, search=search)
        trials = []
        for trial in _trials(task, chosen):
            _store(con, trial, chosen.seed, holdout)
            report(trial)
            trials.append(trial)
    return ranked(trials)


@dataclass(frozen=True, kw_only=True)
class Search:
    """The subject of a search: an algorithm, the options given for all trials, and the fields to draw.

    ``own_steps`` limits the model's own search, where it has one. Trials have no such search.
    """

    study: int
    algorithm: str
    kind: type[ModelConfig]
    given: dict[str, Any]
    own_steps: int
    space: dict[str, dataclasses.Field[Any]]


@dataclass(frozen=True, kw_only=True)
class TuningTask:
    """The data of the trials: a dataset without the held-out items, its content, and the search."""

    part: Dataset
    content: Content
    validation: Holdout
    search: Search

    def measure(self, options: dict[str, Any]) -> tuple[float, float]:
        """Train with options and return recall and NDCG."""
        fitted = self._fit(configure(self.search.kind, options, self.search.algorithm))
        return holdout_metrics(self.part, fitted, self.validation, LIST_LENGTH)

    def _fit(self, config: ModelConfig) -> FittedModel:
        """Train with the options as they are; a model that stops early does so on the held-out items."""
        model = find_model(self.search.algorithm)
        if EARLY_STOPPING not in option_names(self.search.kind):
            return model.fit(self.part, self.content, config, no_log)
        found = model.search(self.part, self.content, config, self.validation, no_log)
        if found.fitted is not None:
            return found.fitted
        return model.fit(self.part, self.content, found.config, no_log)

    def own_choice(self) -> dict[str, Any]:
        """Return the options that the model's own search chooses; empty where it has none."""
        kind, algorithm = self.search.kind, self.search.algorithm
        if not self.search.own_steps:
            return {}
        config = configure(kind, {**self.search.given, OWN_SEARCH: self.search.own_steps}, algorithm)
        found = find_model(algorithm).search(self.part, self.content, config, self.validation, no_log).config
        chosen = {name: getattr(found, name) for name in option_names(kind)}
        return {name: value for name, value in chosen.items() if value != getattr(config, name)}


def search_space(kind: type[ModelConfig]) -> dict[str, dataclasses.Field[Any]]:
    """Return the options of a configuration that declare a range for tuning.

    Options of its members count too, where a member has no search of its own.
    """
    made = kind()
    members = [value for value in vars(made).values() if isinstance(value, ModelConfig)]
    unsearched = [member for member in members if OWN_SEARCH not in option_names(type(member))]
    fields = [spec for config in (made, *unsearched) for spec in dataclasses.fields(config)]
    return {spec.name: spec for spec in fields if "tune" in spec.metadata}


def ranked(trials: list[Trial]) -> list[Trial]:
    """Order trials by NDCG, failed ones last, and mark the best; of equal trials the earlier is better."""
    order = sorted(trials, key=lambda trial: (trial.status != DONE, -(trial.ndcg or 0.0), trial.trial))
    return [dataclasses.replace(trial, best=rank == 0 and trial.status == DONE) for rank, trial in enumerate(order)]


def _search(
    con: duckdb.DuckDBPyConnection, algorithm: str | None, chosen: TuningConfig, options: dict[str, Any]
) -> Search:
    if algorithm is None:
        deployed = serving.deployed_model(con)
        algorithm = "graph" if deployed is None else versions.find(con, deployed).algorithm
    if not isinstance(algorithm, str) or algorithm not in ALGORITHM_CONFIGS:
        raise unknown_option("algorithm", algorithm, ALGORITHM_CONFIGS, "Tune the algorithms of auto one by one.")
    if not isinstance(options, dict):
        raise OptionError(f"options must be a struct, such as {{'history_length': 20}}; {options!r} was given.")
    kind = ALGORITHM_CONFIGS[algorithm]
    given = {name: value for name, value in options.items() if value is not None}
    made = configure(kind, given, algorithm)
    space = {name: spec for name, spec in search_space(kind).items() if name not in given}
    if not space:
        raise OptionError(
            f"There is nothing left to tune: {', '.join(search_space(kind))} of {algorithm} are given. "
            f"Leave some of them out."
        )
    if chosen.seed != kind().seed:
        given.setdefault("seed", chosen.seed)
    own_steps = getattr(made, OWN_SEARCH, 0)
    if own_steps:
        given[OWN_SEARCH] = 0
    (study,) = con.execute("SELECT coalesce(max(t.study), 0) + 1 FROM mmsql.trials t").fetchall()[0]
    return Search(study=study, algorithm=algorithm, kind=kind, given=given, own_steps=own_steps, space=space)


@contextmanager
def _holdout(con: duckdb.DuckDBPyConnection, seed: int, holdout: bool) -> Iterator[tuple[Dataset, Holdout]]:
    """Hold out the items that trials are measured on; with ``holdout``, also those that an evaluation tests."""
    whole = split(con, "leave_last_out", seed=seed) if holdout else prepare(con, seed=seed)
    with whole as dataset, hold_out_last(dataset, seed=seed) as (part, validation):
        if not len(validation.users):
            raise SourceError(
                "There is nothing to tune on: no user has two different items"
                f"{' beside the last one' if holdout else ''}. See `mmsql check DB`."
            )
        yield part, validation


def _trials(task: TuningTask, chosen: TuningConfig) -> Iterator[Trial]:
    """Run trials until their number or the time is used up: the defaults, the model's own choice, then drawn ones."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    sampler = optuna.samplers.TPESampler(n_startup_trials=STARTUP_TRIALS, seed=chosen.seed)
    study = optuna.create_study(direction="maximize", sampler=sampler)
    search, begun = task.search, perf_counter()
    study.enqueue_trial({name: spec.default for name, spec in search.space.items()})
    always = search.given
    for number in range(chosen.trials):
        if number and perf_counter() - begun > chosen.time_budget:
            return
        if number == 1 and (own := task.own_choice()):
            study.enqueue_trial(
                {name: _within(own.get(name, spec.default), spec) for name, spec in search.space.items()}
            )
            always = {**{name: value for name, value in own.items() if name not in search.space}, **always}
        asked = study.ask()
        options = {**always, **{name: _drawn(asked, spec) for name, spec in search.space.items()}}
        begin = Trial(study=search.study, trial=number, algorithm=search.algorithm, options=options, seconds=0.0)
        trial = _run_trial(begin, task.measure)
        if trial.ndcg is None:
            study.tell(asked, state=optuna.trial.TrialState.FAIL)
        else:
            study.tell(asked, trial.ndcg)
        yield trial


def _within(value: Any, spec: dataclasses.Field[Any]) -> Any:
    """Limit a value to the range of the search."""
    tune = spec.metadata["tune"]
    if "allowed" in spec.metadata:
        return value if value in tune else spec.default
    return min(max(value, tune[0]), tune[1])


def _drawn(asked: optuna.Trial, spec: dataclasses.Field[Any]) -> float | int | str:
    """Draw a value of an option, with few digits."""
    tune = spec.metadata["tune"]
    if "allowed" in spec.metadata:
        return str(asked.suggest_categorical(spec.name, tune))
    (low, high), log = tune, spec.metadata["log"]
    if isinstance(spec.default, int):
        return asked.suggest_int(spec.name, low, high, log=log, step=spec.metadata["step"])
    return float(f"{asked.suggest_float(spec.name, low, high, log=log):.{DIGITS}g}")


def _run_trial(trial: Trial, measure: Callable[[dict[str, Any]], tuple[float, float]]) -> Trial:
    """Run one trial. A failure becomes its error, except an interrupt, which is raised."""
    started = perf_counter()
    try:
        recall, ndcg = measure(trial.options)
    except Exception as error:
        if is_interrupt(error):
            raise
        text = f"{type(error).__name__}: {error}"
        return dataclasses.replace(trial, status=FAILED, error=text, seconds=perf_counter() - started)
    return dataclasses.replace(trial, recall=recall, ndcg=ndcg, seconds=perf_counter() - started)


def _store(con: duckdb.DuckDBPyConnection, trial: Trial, seed: int, holdout: bool) -> None:
    """Write a row, committed at once, so that other connections see it."""
    con.execute(
        "INSERT INTO mmsql.trials VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, now()::TIMESTAMP, ?, ?)",
        [
            trial.study,
            trial.trial,
            trial.algorithm,
            json.dumps(trial.options),
            trial.ndcg,
            trial.recall,
            trial.seconds,
            trial.status,
            trial.error,
            seed,
            holdout,
        ],
    )


def _literal(value: object) -> str:
    return quote_literal(value) if isinstance(value, str) else str(value)
