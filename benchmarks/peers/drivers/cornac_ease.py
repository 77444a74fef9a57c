"""EASE of cornac."""

from __future__ import annotations

from cornac.models import EASE
from cornac_common import dataset, recommender
from driver import Job, Recommend, run


def fit(job: Job, **options: float) -> Recommend:
    return recommender(EASE(seed=job.seed, verbose=False, **options).fit(dataset(job)), job)


if __name__ == "__main__":
    run("cornac", fit)
