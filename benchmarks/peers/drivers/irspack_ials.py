"""iALS of irspack."""

from __future__ import annotations

import numpy as np
from driver import Job, Recommend, ranked_in_blocks, run
from irspack import IALSRecommender


def fit(job: Job, **options: float) -> Recommend:
    model = IALSRecommender(job.matrix, random_seed=job.seed, n_threads=job.threads, **options).learn()
    return lambda k: ranked_in_blocks(lambda users: np.asarray(model.get_score(users)), job, k)


if __name__ == "__main__":
    run("irspack", fit)
