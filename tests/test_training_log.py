"""The training log: seen while training runs, and as event files that TensorBoard reads."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

import mmsql
from mmsql.errors import ModelError, OptionError
from mmsql.jobs.tensorboard import SCALARS, write_events
from mmsql.models.base import EpochLog
from mmsql.models.graph import Graph

SHOP = Path(__file__).parent / "fixtures" / "shop-v1.duckdb"


@pytest.fixture
def logged(tmp_path):
    """Give a connection to a file with the training logs of a graph and a deep model."""
    copy = tmp_path / "shop.duckdb"
    shutil.copy(SHOP, copy)
    with mmsql.connect(copy) as con:
        yield con


def test_rows_are_there_for_another_connection_while_training_runs(shop, tmp_path, monkeypatch, counting_encoder):
    other, seen, fit = mmsql.connect(tmp_path / "shop.duckdb"), [], Graph.fit

    def slow(self, dataset, content, config, log):
        for epoch in (1, 2):
            log(EpochLog(epoch=epoch, loss=1 / epoch, validation_ndcg=0.1 * epoch, seconds=0.5))
            seen.append(other.execute("SELECT epoch, loss, validation_ndcg FROM training_log('graph-1')").fetchall())
            seen.append(other.execute("SELECT status FROM models()").fetchall())
        return fit(self, dataset, content, config, lambda row: None)

    monkeypatch.setattr(Graph, "fit", slow)
    shop.execute("CALL train(algorithm := 'graph', search_steps := 0)").fetchall()
    assert seen == [
        [(1, 1.0, 0.1)],
        [("training",)],
        [(1, 1.0, 0.1), (2, 0.5, 0.2)],
        [("training",)],
    ]
    other.close()


def events(folder: Path, model: str) -> EventAccumulator:
    (file,) = (folder / model).iterdir()
    found = EventAccumulator(str(file))
    found.Reload()
    return found


def test_event_files_hold_the_figures_of_each_epoch(logged, tmp_path):
    assert write_events(logged, tmp_path / "runs") == ["graph-1", "fusion-2"]
    found = events(tmp_path / "runs", "fusion-2")
    for name in SCALARS:
        rows = logged.execute(
            f"SELECT epoch, {name} FROM training_log('fusion-2') WHERE {name} IS NOT NULL ORDER BY epoch"
        ).fetchall()
        assert [(event.step, pytest.approx(event.value)) for event in found.Scalars(name)] == rows
        assert rows
    assert found.Scalars("best/validation_ndcg")[0].value == max(
        event.value for event in found.Scalars("validation_ndcg")
    )


def test_event_files_hold_the_configuration(logged, tmp_path):
    write_events(logged, tmp_path / "runs", "fusion-2")
    assert [folder.name for folder in (tmp_path / "runs").iterdir()] == ["fusion-2"]
    found = events(tmp_path / "runs", "fusion-2")
    ((config,),) = logged.execute("SELECT config FROM mmsql.models WHERE model = 'fusion-2'").fetchall()
    text = found.Tensors("config/text_summary")[0].tensor_proto.string_val[0].decode()
    for name, value in json.loads(config).items():
        assert f"    {name}: {value}\n" in text + "\n"
    assert "_hparams_/session_start_info" in found.summary_metadata


def test_what_was_never_measured_has_no_curve(logged, tmp_path):
    write_events(logged, tmp_path / "runs", "graph-1")
    assert events(tmp_path / "runs", "graph-1").Tags()["scalars"] == ["loss"]


def test_a_second_call_replaces_the_files_of_the_first_and_no_others(logged, tmp_path):
    place = tmp_path / "runs" / "graph-1"
    place.mkdir(parents=True)
    (place / "notes.txt").write_text("mine", encoding="utf-8")
    for _ in range(2):
        write_events(logged, tmp_path / "runs", "graph-1")
    assert sorted(path.suffix for path in place.iterdir()) == [".mmsql", ".txt"]


def test_a_model_that_is_not_there(logged, tmp_path):
    with pytest.raises(ModelError, match=r"There is no model 'x'. There is: fusion-2, graph-1"):
        write_events(logged, tmp_path / "runs", "x")


def test_a_file_in_the_place_of_the_folder(logged, tmp_path):
    with pytest.raises(OptionError, match=r"shop.duckdb is a file. Name a directory for the event files"):
        write_events(logged, tmp_path / "shop.duckdb")


def test_without_the_package_it_says_what_to_install(logged, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(OptionError, match=r"Type pip install 'mmsql\[tensorboard\]'"):
        write_events(logged, tmp_path / "runs")
    assert not (tmp_path / "runs").exists()
