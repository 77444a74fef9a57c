"""Options of fine-tuning, which models that read texts share."""

from __future__ import annotations

from dataclasses import dataclass

from mmsql.config.base import ModelConfig, choice, number

FINETUNINGS = ("none", "lora")


@dataclass(frozen=True, kw_only=True)
class TextConfig(ModelConfig):
    """Options of models that read texts.

    Attributes
    ----------
    finetune : {'none', 'lora'}
        Whether to adapt the text encoder to the shop's texts and histories before training; ``lora`` adds low-rank
        matrices to its attention layers, or to its vectors if it has none, and changes nothing else.
    finetune_rank : int
        Rank of these matrices.
    finetune_steps : int
        Largest number of steps of the adaptation.
    finetune_seconds : float
        Seconds for the adaptation, after which no step begins. If this limit applies, the same seed may not give the
        same model.
    """

    finetune: str = choice("none", FINETUNINGS)
    finetune_rank: int = number(8, 1, 1024)
    finetune_steps: int = number(500, 1, 10_000_000)
    finetune_seconds: float = number(600.0, 1, 10**9)
