"""The training log as TensorBoard event files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from mmsql.errors import OptionError
from mmsql.store import versions

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter

SCALARS = ("loss", "loss_precision", "loss_diversity", "validation_ndcg")
SUFFIX = ".mmsql"  # of the event files of mmsql, which a second call replaces
BEST = "best/validation_ndcg"


def write_events(con: duckdb.DuckDBPyConnection, folder: str | Path, model: str | None = None) -> list[str]:
    """Write the training log of models as TensorBoard event files, one folder a model.

    Each file has the losses and the validation NDCG by epoch, and the configuration as text and as hyperparameters.
    It replaces the files of an earlier call for the same model.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        A connection to the database.
    folder : str or Path
        Folder of the event files; created where it does not exist.
    model : str, optional
        A model of the file; by default all models with a training log.

    Returns
    -------
    list of str
        Names of the models.

    Raises
    ------
    ModelError
        When there is no model of that name.
    OptionError
        When the package tensorboard is not installed, or the folder is a file.
    """
    make = _writer_type()
    if model is not None:
        versions.find(con, model)
    if Path(folder).exists() and not Path(folder).is_dir():
        raise OptionError(f"{folder} is a file. Name a directory for the event files, such as runs.")
    logged = con.execute(
        "SELECT l.model, any_value(m.config) FROM mmsql.training_log l JOIN mmsql.models m ON m.model = l.model "
        "WHERE $model IS NULL OR l.model = $model GROUP BY l.model ORDER BY min(l.ts), l.model",
        {"model": model},
    ).fetchall()
    for name, config in logged:
        target = Path(folder) / name
        for old in target.glob(f"*{SUFFIX}"):
            old.unlink()
        with make(str(target), filename_suffix=SUFFIX) as writer:
            _write(writer, con, name, json.loads(config))
    return [name for name, _ in logged]


def _writer_type() -> type[SummaryWriter]:
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise OptionError(
            "Event files need the package tensorboard, which is not installed. Type pip install 'mmsql[tensorboard]'."
        ) from error
    return SummaryWriter


def _write(writer: SummaryWriter, con: duckdb.DuckDBPyConnection, model: str, config: dict[str, Any]) -> None:
    from torch.utils.tensorboard.summary import hparams

    rows = con.execute(
        f"SELECT l.epoch, l.ts, {', '.join(f'l.{name}' for name in SCALARS)} FROM mmsql.training_log(model := ?) l",
        [model],
    ).fetchall()
    for epoch, ts, *values in rows:
        for name, value in zip(SCALARS, values, strict=True):
            if value is not None:
                writer.add_scalar(name, value, epoch, walltime=ts.timestamp())
    writer.add_text("config", "\n".join(f"    {name}: {value}" for name, value in config.items()))
    figures = [row[-1] for row in rows if row[-1] is not None]
    best = {BEST: max(figures)} if figures else {}
    for name, value in best.items():
        writer.add_scalar(name, value)
    shown = {name: value for name, value in config.items() if isinstance(value, int | float | str)}
    for summary in hparams(shown, best):
        writer.file_writer.add_summary(summary)  # type: ignore[attr-defined]  # set by the constructor
