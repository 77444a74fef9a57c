"""From our indices to cornac's and back."""

from __future__ import annotations

import numpy as np
from cornac.data import Dataset
from cornac.models import Recommender
from driver import Job, Recommend, ranked_in_blocks


def dataset(job: Job) -> Dataset:
    """Return the events as a cornac data set, all of rating 1."""
    pairs = zip(job.user.tolist(), job.item.tolist(), np.ones(len(job.user)).tolist(), strict=True)
    return Dataset.from_uir(list(pairs), seed=job.seed)


def recommender(model: Recommender, job: Job) -> Recommend:
    """Rank with a fitted model; items that it does not know are not listed."""
    theirs = np.array([model.uid_map[user] for user in range(job.users)])
    known = np.array(list(model.iid_map), dtype=np.int64)
    columns = np.array([model.iid_map[item] for item in known])

    def score(users: np.ndarray) -> np.ndarray:
        scores = np.full((len(users), job.items), -np.inf)
        for row, user in enumerate(theirs[users]):
            scores[row, known] = np.asarray(model.score(user)).ravel()[columns]
        return scores

    return lambda k: ranked_in_blocks(score, job, k)
