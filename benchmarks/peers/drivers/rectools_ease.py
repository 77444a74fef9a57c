"""EASE of RecTools."""

from __future__ import annotations

from driver import Job, Recommend, run
from rectools.models import EASEModel
from rectools_common import dataset, recommender


def fit(job: Job, **options: float) -> Recommend:
    data = dataset(job)
    model = EASEModel(recommend_n_threads=job.threads, recommend_use_gpu_ranking=False, **options).fit(data)
    return recommender(model, data, job)


if __name__ == "__main__":
    run("RecTools", fit)
