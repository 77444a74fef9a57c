"""Rows that jobs answer with: the fields of each class are the columns of its CALL and of its command.

This module loads nothing but the standard library, since every connection reads the columns from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

Integer = Annotated[int, "INTEGER"]


@dataclass(frozen=True, kw_only=True)
class TrainResult:
    """The row that ``CALL train()`` returns.

    Attributes
    ----------
    model, algorithm : str
        Name and algorithm of the new version.
    users, items, events : int
        Size of the training data; items without events count.
    encoded : int
        Texts and pictures that had to be encoded; the others came from the cache.
    rejects : int
        Rows of the sources that could not be used; see ``mmsql.rejects``.
    seconds : float
        Wall time.
    message : str
        The decisions of the run and their reasons, in one line.
    """

    model: str
    algorithm: str
    users: int
    items: int
    events: int
    encoded: int
    rejects: int
    seconds: float
    message: str


@dataclass(frozen=True, kw_only=True)
class RefreshResult(TrainResult):
    """The row that ``CALL refresh()`` returns: that of a training, and the changes since the version before.

    Attributes
    ----------
    status : str
        ``refreshed`` or ``retrained``; ``refused`` if the new version is not deployed; ``unchanged`` or ``held``
        without a new version.
    new_events, new_users, new_items : int
        Difference from the version before; negative where there are fewer.
    drift : float
        Share of today's events by which their number differs from that of the last training.
    overlap : float, optional
        Mean share of a list's first ten items that were in it before; None where nobody had a list.
    """

    status: str
    new_events: int
    new_users: int
    new_items: int
    drift: float
    overlap: float | None


@dataclass(frozen=True, kw_only=True)
class MetricRow:
    """A row that ``CALL evaluate()`` returns, as the macro ``metrics`` does.

    Attributes
    ----------
    model, algorithm : str
        The subject of the evaluation.
    split : str
        The kind of split.
    users : int
        Users who were evaluated.
    k : int
        Length of the lists.
    metric : str
        Name of the metric.
    value, popularity : float
        Of the subject, and of the popularity ranking on the same split.
    """

    model: str
    algorithm: str
    split: str
    users: int
    k: Integer
    metric: str
    value: float
    popularity: float


@dataclass(frozen=True, kw_only=True)
class TrialRow:
    """A row that ``CALL tune()`` returns: one trial of a study.

    Attributes
    ----------
    study, trial : int
        Number of the study in the file, and of the trial in the study, from 0.
    best : bool
        Whether no other trial of the study has a higher NDCG.
    ndcg, recall : float, optional
        NDCG@10 and Recall@10 on the held-out items; None where the trial failed.
    seconds : float
        Wall time.
    status : str
        ``done`` or ``failed``.
    error : str, optional
        Why it failed.
    options : str
        The options of the trial, as JSON.
    command : str
        The statement that trains with these options.
    """

    study: int
    trial: Integer
    best: bool
    ndcg: float | None
    recall: float | None
    seconds: float
    status: str
    error: str | None
    options: str
    command: str


@dataclass(frozen=True, kw_only=True)
class Forgotten:
    """A row that ``CALL forget()`` returns: the user's rows in one table.

    Attributes
    ----------
    table_name : str
        A table of the schema ``mmsql``.
    rows : int
        How many are the user's; of ``models``, how many learned from the user's events, among others.
    removed : bool
        Whether they were removed.
    note : str
        Why they stay, or what they are; may be empty.
    """

    table_name: str
    rows: int
    removed: bool
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class PublishResult:
    """The row that ``mmsql publish`` prints.

    Attributes
    ----------
    file : str
        The copy.
    model : str
        The model it serves.
    users, items : int
        Size of that model.
    bytes : int
        Size of the copy.
    external : str
        Sources that are views over files or URLs, whose rows are in the copy now; empty without such views.
    """

    file: str
    model: str
    users: int
    items: int
    bytes: int
    external: str = ""


@dataclass(frozen=True, kw_only=True)
class ListFileResult:
    """The row that ``mmsql recommend-all`` prints.

    Attributes
    ----------
    file : str
        The Parquet file.
    users : int
        Users with a list.
    rows : int
        Rows of the file.
    bytes : int
        Size of the file.
    """

    file: str
    users: int
    rows: int
    bytes: int
