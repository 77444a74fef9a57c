"""Item neighbours of implicit, weighed by tf-idf, BM25 or cosine."""

from __future__ import annotations

import numpy as np
from driver import Job, Recommend, run
from implicit.nearest_neighbours import BM25Recommender, CosineRecommender, TFIDFRecommender

KINDS = {"tfidf": TFIDFRecommender, "bm25": BM25Recommender, "cosine": CosineRecommender}


def fit(job: Job, kind: str, K: int) -> Recommend:  # noqa: N803 - implicit's name
    matrix = job.matrix
    model = KINDS[kind](K=K, num_threads=job.threads)
    model.fit(matrix, show_progress=False)

    def recommend(k: int) -> np.ndarray:
        lists, scores = model.recommend(np.arange(job.users), matrix, N=k)
        return np.where(scores > 0, lists, -1)  # what has no neighbour in the history is filled in with score 0

    return recommend


if __name__ == "__main__":
    run("implicit", fit)
