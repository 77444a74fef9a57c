"""SASRec of RecBole, with cross-entropy over the whole catalog."""

from __future__ import annotations

import numpy as np
import torch
from driver import Job, Recommend, run
from recbole.data.interaction import Interaction
from recbole_common import recommender, train


def fit(job: Job, epochs: int, length: int, dropout: float, **options: float) -> Recommend:
    settings = {
        "train_neg_sample_args": None,
        "loss_type": "CE",
        "MAX_ITEM_LIST_LENGTH": length,
        "hidden_dropout_prob": dropout,
        "attn_dropout_prob": dropout,
        **options,
    }
    trained = train(job, "SASRec", epochs, settings)
    ends = np.searchsorted(job.user, np.arange(job.users + 1))

    def question(users: np.ndarray) -> Interaction:
        sequences = torch.zeros(len(users), length, dtype=torch.long)
        lengths = torch.zeros(len(users), dtype=torch.long)
        for row, user in enumerate(users):
            latest = trained.items[job.item[ends[user] : ends[user + 1]][-length:]]
            sequences[row, : len(latest)] = torch.from_numpy(latest)
            lengths[row] = len(latest)
        return Interaction({"item_id_list": sequences, "item_length": lengths})

    return recommender(trained, job, question)


if __name__ == "__main__":
    run("recbole", fit)
