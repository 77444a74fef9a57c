"""How many rounds there are, and what they share: the shop they begin with, the processes they kill, the readers."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from soak.readers import Readers
from soak.shop import make_soaked_shop
from soak.victims import Victims

# Rounds of `make test`, and of `make soak` with N = 500.
SUITE = {"kill": 12, "disk": 12, "permission": 12, "writers": 12, "tables": 12, "values": 24}
SHARE = {"kill": 1, "disk": 0.04, "permission": 0.04, "writers": 0.04, "tables": 2, "values": 18}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give a test with the argument ``<kind>_seed`` one seed a round."""
    for kind, few in SUITE.items():
        if f"{kind}_seed" in metafunc.fixturenames:
            wanted = int(os.environ.get("MMSQL_SOAK", "0"))
            first = int(os.environ.get("MMSQL_SOAK_SEED", "0"))
            rounds = max(few, int(wanted * SHARE[kind])) if wanted else few
            metafunc.parametrize(f"{kind}_seed", range(first, first + rounds))


@pytest.fixture(scope="session")
def soaked_shop(made_once: Callable[[str, Callable[[Path], object]], Path], shop_path: Path) -> Path:
    """Give the file that a round begins with: not to be written to."""
    return made_once("soaked", lambda path: make_soaked_shop(path, shop_path))


@pytest.fixture(scope="module")
def victims() -> Iterator[Victims]:
    """Give the process that acts, and may be killed."""
    with Victims() as process:
        yield process


@pytest.fixture(scope="module")
def second() -> Iterator[Victims]:
    """Give another one, to write at the same time."""
    with Victims() as process:
        yield process


@pytest.fixture(scope="module")
def readers() -> Iterator[Readers]:
    """Give the readers: one process for each release of DuckDB."""
    with Readers() as processes:
        yield processes
