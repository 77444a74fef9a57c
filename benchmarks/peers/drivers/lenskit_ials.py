"""Implicit matrix factorisation of LensKit."""

from __future__ import annotations

import numpy as np
import pandas as pd
from driver import Job, Recommend, ranked_in_blocks, run
from lenskit.als import ImplicitMFScorer
from lenskit.data import ItemList, RecQuery, from_interactions_df
from lenskit.training import TrainingOptions


def fit(job: Job, **options: float) -> Recommend:
    events = pd.DataFrame({"user_id": job.user, "item_id": job.item})
    data = from_interactions_df(events)
    model = ImplicitMFScorer(**options)
    model.train(data, TrainingOptions(rng=job.seed))
    known = np.sort(np.unique(job.item))
    wanted = ItemList(item_ids=known)

    def score(users: np.ndarray) -> np.ndarray:
        scores = np.full((len(users), job.items), -np.inf)
        for row, user in enumerate(users):
            history = data.user_row(user_id=user)
            scores[row, known] = model(RecQuery(user_id=user, user_items=history), wanted).scores()
        return scores

    return lambda k: ranked_in_blocks(score, job, k)


if __name__ == "__main__":
    run("lenskit", fit)
