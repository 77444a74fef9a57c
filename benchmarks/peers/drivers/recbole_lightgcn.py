"""LightGCN of RecBole."""

from __future__ import annotations

import numpy as np
import torch
from driver import Job, Recommend, run
from recbole.data.interaction import Interaction
from recbole_common import recommender, train


def fit(job: Job, epochs: int, **options: float) -> Recommend:
    trained = train(job, "LightGCN", epochs, options)

    def question(users: np.ndarray) -> Interaction:
        return Interaction({"user_id": torch.from_numpy(trained.users[users])})

    return recommender(trained, job, question)


if __name__ == "__main__":
    run("recbole", fit)
