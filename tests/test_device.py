from __future__ import annotations

import subprocess
import sys

import pytest

from mmsql import device
from mmsql.device import resolve_device
from mmsql.errors import OptionError


def pretend(monkeypatch: pytest.MonkeyPatch, *, cuda: bool, mps: bool) -> None:
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)


@pytest.mark.parametrize(
    ("cuda", "mps", "taken"), [(True, True, "cuda"), (False, True, "mps"), (False, False, "cpu")]
)
def test_auto_takes_the_fastest(monkeypatch: pytest.MonkeyPatch, cuda: bool, mps: bool, taken: str) -> None:
    pretend(monkeypatch, cuda=cuda, mps=mps)
    assert resolve_device("auto").type == taken
    assert resolve_device("cpu").type == "cpu"
    assert device.available_devices()[-1] == "cpu"


def test_a_device_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, cuda=False, mps=True)
    with pytest.raises(OptionError, match=r"'cuda' was given.*Available: mps, cpu\. Use device := 'auto'"):
        resolve_device("cuda")


def test_an_unknown_device() -> None:
    with pytest.raises(OptionError, match=r"Unknown device 'gpu'\. Allowed: auto, cpu, cuda, mps"):
        resolve_device("gpu")


def test_the_module_loads_no_torch() -> None:
    code = "import sys, mmsql.device, mmsql.models.neighbors; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
