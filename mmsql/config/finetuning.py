"""Options of fine-tuning, which the models that read texts share."""

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
        Whether the text encoder is adapted to the shop's own texts and histories before the training; ``lora`` adds
        low-rank matrices to its attention, or to its vectors where it has none, and leaves all else as it is.
    finetune_rank : int
        Rank of these matrices.
    finetune_steps : int
        Steps of the adaptation, at most.
    finetune_seconds : float
        Seconds that it may take: no step begins once they are spent. Where that cuts it short, the same seed may not
        give the same model.
    """

    finetune: str = choice("none", FINETUNINGS)
    finetune_rank: int = number(8, 1, 1024)
    finetune_steps: int = number(500, 1, 10_000_000)
    finetune_seconds: float = number(600.0, 1, 10**9)
