"""RP3beta of irspack: a random walk of three steps over users and items, popular items damped."""

from __future__ import annotations

import numpy as np
from driver import Job, Recommend, ranked_in_blocks, run
from irspack import RP3betaRecommender


def fit(job: Job, **options: float) -> Recommend:
    model = RP3betaRecommender(job.matrix, n_threads=job.threads, **options).learn()
    return lambda k: ranked_in_blocks(lambda users: np.asarray(model.get_score(users)), job, k)


if __name__ == "__main__":
    run("irspack", fit)
