"""From our indices to the frames of RecTools and back."""

from __future__ import annotations

import numpy as np
import pandas as pd
from driver import Job, Recommend
from rectools import Columns
from rectools.dataset import Dataset
from rectools.models.base import ModelBase


def dataset(job: Job) -> Dataset:
    """Return the events as a RecTools data set; the order within a moment is that of the positions."""
    moment = pd.Timestamp("2000-01-01") + pd.to_timedelta(job.position, unit="min")
    return Dataset.construct(
        pd.DataFrame(
            {
                Columns.User: job.user,
                Columns.Item: job.item,
                Columns.Weight: np.ones(len(job.user)),
                Columns.Datetime: moment,
            }
        )
    )


def recommender(model: ModelBase, data: Dataset, job: Job) -> Recommend:
    """Rank with a fitted model for all users."""

    def recommend(k: int) -> np.ndarray:
        users = np.arange(job.users)
        found = model.recommend(users=users, dataset=data, k=k, filter_viewed=True, on_unsupported_targets="ignore")
        lists = np.full((job.users, k), -1, dtype=np.int32)
        lists[found[Columns.User].to_numpy(), found[Columns.Rank].to_numpy() - 1] = found[Columns.Item].to_numpy()
        return lists

    return recommend
