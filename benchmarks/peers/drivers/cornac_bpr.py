"""BPR of cornac."""

from __future__ import annotations

from cornac.models import BPR
from cornac_common import dataset, recommender
from driver import Job, Recommend, run


def fit(job: Job, **options: float) -> Recommend:
    return recommender(BPR(seed=job.seed, num_threads=job.threads, **options).fit(dataset(job)), job)


if __name__ == "__main__":
    run("cornac", fit)
