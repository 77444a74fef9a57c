"""The peers and the configurations each may be tried with: one small table, read before it is believed."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from itertools import product
from typing import Any

Options = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Peer:
    """One model of one library.

    Attributes
    ----------
    name : str
        Also of its driver in ``drivers``.
    library, model : str
        As the report shows them.
    group : str
        Its environment.
    grid : dict
        Values of each option. The first of each make the first configuration, and the others are drawn.
    random : bool
        Whether its figures depend on a seed, beside the split that does.
    deep : bool
        Whether it learns by epochs: then a fit has a limit of time, and it is run with one seed.
    left_out : dict
        Sets that it is not run on, and why.
    fewer : dict
        Sets where one training takes minutes, and how many configurations are tried there at most.
    """

    name: str
    library: str
    model: str
    group: str
    grid: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    random: bool = True
    deep: bool = False
    left_out: dict[str, str] = field(default_factory=dict)
    fewer: dict[str, int] = field(default_factory=dict)


# An epoch takes minutes of CPU there, and dozens are needed.
SLOW = {"s3rec_beauty": "left out: an epoch takes minutes on the CPU; see the published figures below"}

PEERS: tuple[Peer, ...] = (
    Peer(
        name="implicit_als",
        library="implicit",
        model="ALS",
        group="D",
        grid={
            "factors": (64, 16, 32, 128),
            "regularization": (0.05, 0.01, 0.5, 2.0, 10.0),
            "alpha": (10.0, 1.0, 4.0, 40.0),
            "iterations": (15,),
        },
    ),
    Peer(
        name="implicit_knn",
        library="implicit",
        model="item neighbours",
        group="D",
        grid={"kind": ("bm25", "tfidf", "cosine"), "K": (50, 20, 100, 200)},
        random=False,
    ),
    Peer(
        name="irspack_ials",
        library="irspack",
        model="iALS",
        group="D",
        grid={
            "n_components": (64, 16, 32, 128),
            "alpha0": (0.1, 0.03, 0.3, 1.0),
            "reg": (0.01, 0.001, 0.003, 0.03),
            "train_epochs": (16,),
        },
    ),
    Peer(
        name="irspack_rp3beta",
        library="irspack",
        model="RP3beta",
        group="D",
        grid={"alpha": (1.0, 0.6, 1.4), "beta": (0.6, 0.2, 0.4, 0.8), "top_k": (200, 50, 1000)},
        random=False,
    ),
    Peer(
        name="cornac_ease",
        library="cornac",
        model="EASE",
        group="D",
        grid={"lamb": (300, 30, 100, 200, 500, 1000, 2000, 5000), "posB": (False,)},
        random=False,
        left_out={"s3rec_beauty": "left out: the same model as EASE of RecTools, in twice the memory"},
    ),
    Peer(
        name="cornac_bpr",
        library="cornac",
        model="BPR",
        group="D",
        grid={
            "k": (64, 16, 32, 128),
            "learning_rate": (0.01, 0.003, 0.03),
            "lambda_reg": (0.01, 0.001, 0.003),
            "max_iter": (200, 100, 400),
        },
    ),
    Peer(
        name="lenskit_ials",
        library="lenskit",
        model="implicit MF",
        group="D",
        grid={
            "embedding_size": (64, 16, 32, 128),
            "weight": (40.0, 4.0, 10.0, 100.0),
            "regularization": (0.1, 0.01, 1.0, 5.0),
            "epochs": (15,),
        },
    ),
    Peer(
        name="rectools_ease",
        library="rectools",
        model="EASE",
        group="A",
        grid={"regularization": (300.0, 30.0, 100.0, 200.0, 500.0, 1000.0, 2000.0, 5000.0)},
        random=False,
        fewer={"s3rec_beauty": 3},
    ),
    Peer(
        name="rectools_sasrec",
        library="rectools",
        model="SASRec",
        group="A",
        grid={
            "loss": ("softmax", "sampled_softmax"),
            "n_negatives": (256,),
            "n_factors": (64, 128),
            "n_blocks": (2, 1),
            "n_heads": (2, 1),
            "dropout_rate": (0.2, 0.5),
            "lr": (0.001, 0.003),
            "session_max_len": (50,),
            "epochs": (40, 80),
        },
        deep=True,
        left_out=SLOW,
    ),
    Peer(
        name="recbole_sasrec",
        library="recbole",
        model="SASRec",
        group="B",
        grid={
            "hidden_size": (64,),
            "inner_size": (256,),
            "n_layers": (2, 1),
            "n_heads": (2, 1),
            "dropout": (0.5, 0.2),
            "learning_rate": (0.001, 0.003),
            "length": (20, 50),
            "train_batch_size": (512,),
            "epochs": (40,),
        },
        deep=True,
        left_out=SLOW,
    ),
    Peer(
        name="recbole_lightgcn",
        library="recbole",
        model="LightGCN",
        group="B",
        grid={
            "embedding_size": (64,),
            "n_layers": (2, 3, 1),
            "reg_weight": (1e-4, 1e-5, 1e-3),
            "learning_rate": (0.003, 0.001, 0.01),
            "epochs": (60,),
        },
        deep=True,
        left_out=SLOW,
    ),
)


def configurations(peer: Peer, trials: int) -> list[Options]:
    """Return the configurations a peer is tried with: the first values, then others drawn without putting back.

    The draw is the same in every run, so that a row of the cache says which configurations it has seen.
    """
    every = [dict(zip(peer.grid, values, strict=True)) for values in product(*peer.grid.values())]
    first, others = every[0], every[1:]
    random.Random(peer.name).shuffle(others)
    return [first, *others][:trials]
