"""Selects the device that a model runs on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mmsql.config import DEVICES
from mmsql.errors import OptionError, unknown_option

if TYPE_CHECKING:
    import torch


def available_devices() -> list[str]:
    """Return the names of the available devices, the fastest first; the CPU is always last."""
    import torch

    found = []
    if torch.cuda.is_available():
        found.append("cuda")
    if torch.backends.mps.is_available():
        found.append("mps")
    return [*found, "cpu"]


def resolve_device(name: str) -> torch.device:
    """Return the device of the option ``device``.

    Parameters
    ----------
    name : {'auto', 'cpu', 'cuda', 'mps'}
        ``auto`` takes CUDA, then MPS, then the CPU.

    Raises
    ------
    OptionError
        If the name is unknown, or the machine does not have the device.
    """
    import torch

    if name not in DEVICES:
        raise unknown_option("device", name, DEVICES)
    available = available_devices()
    if name != "auto" and name not in available:
        raise OptionError(
            f"device := '{name}' was given, but torch {torch.__version__} finds no such device on this machine. "
            f"Available: {', '.join(available)}. Use device := 'auto' to take the fastest."
        )
    return torch.device(available[0] if name == "auto" else name)
