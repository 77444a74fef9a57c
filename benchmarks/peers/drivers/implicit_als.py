"""Alternating least squares of implicit."""

from __future__ import annotations

import numpy as np
from driver import Job, Recommend, run
from implicit.als import AlternatingLeastSquares


def fit(job: Job, **options: float) -> Recommend:
    matrix = job.matrix
    model = AlternatingLeastSquares(random_state=job.seed, num_threads=job.threads, **options)
    model.fit(matrix, show_progress=False)
    return lambda k: model.recommend(np.arange(job.users), matrix, N=k)[0]


if __name__ == "__main__":
    run("implicit", fit)
