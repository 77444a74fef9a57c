"""RecBole as a library: its data set from our events, training with a limit of time, scores for all users."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from driver import Job, Recommend, ranked_in_blocks
from recbole.config import Config
from recbole.data import create_dataset
from recbole.data.interaction import Interaction
from recbole.data.utils import create_samplers, get_dataloader
from recbole.utils import get_model, get_trainer, init_seed

EVENTS = "data"


@dataclass
class Trained:
    """A trained model, and where our items stand in its tables (row 0 is padding)."""

    model: Any
    users: np.ndarray
    items: np.ndarray
    known: np.ndarray
    config: Config


def train(job: Job, name: str, epochs: int, options: dict[str, Any]) -> Trained:
    """Train a model for a number of epochs, or until the time is over."""
    started = time.process_time()
    torch.set_num_threads(job.threads)
    config = Config(model=name, dataset=EVENTS, config_dict=_settings(job, epochs, options))
    init_seed(config["seed"], reproducibility=True)
    data = create_dataset(config)
    items, users = data.field2token_id["item_id"], data.field2token_id["user_id"]
    known = np.unique(job.item)
    parts = data.build()
    sampler, *_ = create_samplers(config, data, parts)
    batches = get_dataloader(config, "train")(config, parts[0], sampler, shuffle=True)
    model = get_model(name)(config, batches.dataset)
    trainer = get_trainer(config["MODEL_TYPE"], name)(config, model)
    done = 0
    while done < epochs and (done == 0 or time.process_time() - started < job.seconds):
        trainer._train_epoch(batches, done, show_progress=False)
        done += 1
    job.note = f"{done} epochs" + (f", stopped after {job.seconds:.0f} s of CPU" if done < epochs else "")
    model.eval()
    return Trained(
        model=model,
        users=np.array([users[str(user)] for user in range(job.users)]),
        items=np.array([items.get(str(item), 0) for item in range(job.items)]),
        known=known,
        config=config,
    )


def recommender(trained: Trained, job: Job, question: Callable[[np.ndarray], Interaction]) -> Recommend:
    """Rank all items for all users, with what the model is asked for some of them."""

    def score(users: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            found = trained.model.full_sort_predict(question(users)).reshape(len(users), -1).numpy()
        scores = np.full((len(users), job.items), -np.inf)
        scores[:, trained.known] = found[:, trained.items[trained.known]]
        return scores

    return lambda k: ranked_in_blocks(score, job, k)


def _settings(job: Job, epochs: int, options: dict[str, Any]) -> dict[str, Any]:
    folder = job.out / EVENTS
    _write_events(job, folder)
    return {
        "data_path": str(job.out),
        "load_col": {"inter": ["user_id", "item_id", "timestamp"]},
        "eval_args": {"split": {"RS": [1, 0, 0]}, "order": "TO", "group_by": "user", "mode": "full"},
        "use_gpu": False,
        "seed": job.seed,
        "epochs": epochs,
        "show_progress": False,
        "save_dataset": False,
        "state": "ERROR",
        **options,
    }


def _write_events(job: Job, folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    rows = zip(job.user.tolist(), job.item.tolist(), job.position.tolist(), strict=True)
    lines = ["user_id:token\titem_id:token\ttimestamp:float", *(f"{u}\t{i}\t{p}" for u, i, p in rows)]
    (folder / f"{EVENTS}.inter").write_text("\n".join(lines) + "\n")
