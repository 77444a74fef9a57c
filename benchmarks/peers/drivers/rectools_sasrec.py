"""SASRec of RecTools, on the CPU."""

from __future__ import annotations

from time import process_time
from typing import Any

import torch
from driver import Job, Recommend, run
from pytorch_lightning import Callback, Trainer, seed_everything
from rectools.models import SASRecModel
from rectools_common import dataset, recommender


class Limit(Callback):
    """Stop when the process has had its seconds of CPU: on a busy machine the clock on the wall is unfair."""

    def __init__(self, seconds: float) -> None:
        self.end = process_time() + seconds

    def on_train_batch_end(self, trainer: Trainer, *_: Any) -> None:
        if process_time() > self.end:
            trainer.should_stop = True


def fit(job: Job, epochs: int, **options: float) -> Recommend:
    torch.set_num_threads(job.threads)
    seed_everything(job.seed, verbose=False)

    def trainer() -> Trainer:
        return Trainer(
            max_epochs=epochs,
            callbacks=[Limit(job.seconds)],
            accelerator="cpu",
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
        )

    data = dataset(job)
    model = SASRecModel(
        get_trainer_func=trainer, recommend_torch_device="cpu", recommend_n_threads=job.threads, **options
    )
    model.fit(data)
    done = model.fit_trainer.current_epoch
    job.note = f"{done} epochs" + (f", stopped after {job.seconds:.0f} s of CPU" if done < epochs else "")
    return recommender(model, data, job)


if __name__ == "__main__":
    run("RecTools", fit)
