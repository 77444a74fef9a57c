"""Fine-tuning: the training data, the stored adapter, and its use by everything that embeds."""

from __future__ import annotations

import re

import numpy as np
import pytest
from adapters import LORA, encoder_of
from safetensors.numpy import load as unpack

import mmsql
from mmsql import encoders
from mmsql.config import EvaluationConfig, TuningConfig
from mmsql.db.settings import get_setting
from mmsql.encoders import adapters, encoder_choice
from mmsql.errors import EncoderError, OptionError
from mmsql.jobs import evaluation, finetuning, refreshing, training, tuning
from mmsql.jobs.publishing import publish


def cached(con):
    return dict(con.execute("SELECT encoder, count(*) FROM mmsql.embedding_cache GROUP BY ALL").fetchall())


def test_vectors_without_attention_are_mapped(topics, counting_encoder):
    result = training.train(topics.cursor(), "graph", options=LORA)
    name = encoder_of(topics, result.model)
    assert re.fullmatch(r"wordllama\+lora:[0-9a-f]{16}", name)
    before, after = re.search(
        r"by 4,096 parameters: .* (0\.\d+) with the encoder alone, is (0\.\d+)\.", result.message
    ).groups()
    assert float(after) > float(before) + 0.1
    assert len(counting_encoder.texts) == len(set(counting_encoder.texts)) == result.encoded == 240
    assert cached(topics) == {"wordllama": 240, name: 240}
    tensors = unpack(topics.execute("SELECT weights FROM mmsql.adapters").fetchall()[0][0])
    assert {key: (values.dtype, values.shape) for key, values in tensors.items()} == {
        "map.down": (np.float32, (8, 256)),
        "map.up": (np.float32, (8, 256)),
    }
    plain = counting_encoder.encode(["bake flour"])[0]
    moved = plain + (plain @ tensors["map.down"].T) @ tensors["map.up"]
    found = topics.execute("SELECT embed_comment('bake flour')").fetchall()[0][0]
    np.testing.assert_allclose(found, moved / np.linalg.norm(moved), atol=1e-6)
    rounds = topics.execute(
        "SELECT loss, validation_ndcg FROM mmsql.training_log WHERE validation_ndcg > 0"
    ).fetchall()
    assert len(rounds) >= 4
    assert rounds[-1][0] < rounds[0][0]


def test_a_second_training_encodes_nothing_and_adapts_nothing(adapted, counting_encoder, learned):
    second = training.train(adapted.cursor(), "graph", options=LORA)
    assert second.encoded == 0
    assert counting_encoder.batches == []
    assert learned == []
    assert encoder_of(adapted, second.model) == encoder_of(adapted, "graph-1")
    assert adapted.execute("SELECT note FROM mmsql.adapters").fetchall()[0][0] in second.message


def test_other_data_seed_or_options_give_another_adapter(adapted):
    names = {encoder_of(adapted, "graph-1")}
    names.add(encoder_of(adapted, training.train(adapted.cursor(), "graph", options={**LORA, "seed": 7}).model))
    names.add(
        encoder_of(adapted, training.train(adapted.cursor(), "graph", options={**LORA, "finetune_rank": 4}).model)
    )
    adapted.execute("UPDATE comments SET body = 'camp again ' || body WHERE item_id = 'i0'")
    names.add(encoder_of(adapted, training.train(adapted.cursor(), "graph", options=LORA).model))
    assert len(names) == 4
    assert adapted.execute("SELECT count(*) FROM mmsql.adapters").fetchall() == [(4,)]


def test_a_refresh_embeds_new_texts_with_the_adapter(adapted, counting_encoder, learned):
    name = encoder_of(adapted, "graph-1")
    adapted.execute("INSERT INTO comments VALUES ('i1', 'u1', 'a page more', 5, '2025-03-01')")
    result = refreshing.refresh(adapted.cursor())
    assert (result.status, result.encoded, encoder_of(adapted, result.model)) == ("refreshed", 1, name)
    assert counting_encoder.texts == ["a page more"]
    assert cached(adapted)[name] == 241
    assert learned == []


def test_a_refresh_that_trains_again_adapts_the_encoder_again(adapted, learned):
    name = encoder_of(adapted, "graph-1")
    adapted.execute(
        "INSERT INTO interactions SELECT 'v' || u, 'i' || ((u * n) % 60), 'buy', NULL, NULL "
        "FROM range(1, 60) t(u), range(1, 5) s(n)"
    )
    result = refreshing.refresh(adapted.cursor())
    assert result.status == "retrained"
    assert len(learned) == 1
    again = encoder_of(adapted, result.model)
    assert re.fullmatch(r"wordllama\+lora:[0-9a-f]{16}", again)
    assert again != name


def test_without_finetuning_the_encoder_is_as_it_is(adapted, learned):
    result = training.train(adapted.cursor(), "graph", options={"search_steps": 0})
    assert encoder_of(adapted, result.model) == get_setting(adapted, "encoder") == "wordllama"
    assert result.encoded == 0
    assert adapted.execute("CALL rollback()").fetchall() == [("graph-1",)]
    assert get_setting(adapted, "encoder").startswith("wordllama+lora:")


def test_search_items_asks_with_the_adapter(adapted):
    encoder = encoder_choice.choose_encoder(adapted, None)
    asked = encoder.encode(["crust rose"])[0]
    best, score = adapted.execute("SELECT item_id, score FROM search_items('crust rose', k := 1)").fetchall()[0]
    stored = adapted.execute(
        "SELECT vector FROM mmsql.item_vectors WHERE modality = 'text' AND item_id = ?", [best]
    ).fetchall()[0][0]
    assert score == pytest.approx(float(asked @ np.array(stored)), abs=1e-5)


def test_a_published_copy_has_the_adapter(adapted, tmp_path):
    training.train(adapted.cursor(), "graph", options={**LORA, "seed": 7})
    wanted = adapted.execute("SELECT embed_comment('bake flour')").fetchall()
    adapted.close()
    publish(tmp_path / "topics.duckdb", tmp_path / "copy.duckdb")
    with mmsql.connect(tmp_path / "copy.duckdb", read_only=True) as con:
        assert con.execute("SELECT count(*) FROM mmsql.adapters").fetchall() == [(1,)]
        assert con.execute("SELECT embed_comment('bake flour')").fetchall() == wanted


def test_a_file_without_its_adapter_says_so(adapted):
    adapted.execute("DELETE FROM mmsql.adapters")
    with pytest.raises(EncoderError, match=r"not in this file. Run CALL train\(finetune := 'lora'\)"):
        encoder_choice.choose_encoder(adapted, None)
    assert training.train(adapted.cursor(), "graph", options={"search_steps": 0}).model == "graph-2"


def comments_of_last(con, place):
    """Return the comments on each user's event at a position counted from the last."""
    rows = con.execute(
        "SELECT c.body FROM comments c JOIN (SELECT user_id, item_id FROM interactions "
        "QUALIFY row_number() OVER (PARTITION BY user_id ORDER BY ts DESC) = ?) e USING (user_id, item_id)",
        [place],
    ).fetchall()
    return {body for (body,) in rows}


def test_held_out_events_are_not_learned_from(topics, learned):
    """Check that the texts and items of held-out events are not trained on; only u0 has the items new and newer."""
    topics.execute("INSERT INTO interactions VALUES ('u0', 'i58', 'buy', NULL, '2025-05-01')")
    topics.execute("INSERT INTO items (item_id, title) VALUES ('new', 'oven new'), ('newer', 'oven newer')")
    topics.execute(
        "INSERT INTO interactions VALUES ('u0', 'new', 'buy', NULL, '2025-06-01'), "
        "('u0', 'newer', 'buy', NULL, '2025-06-02')"
    )
    topics.execute(
        "INSERT INTO comments SELECT item_id, user_id, 'mine ' || user_id || item_id, 5, ts FROM interactions"
    )
    last, before = comments_of_last(topics, 1), comments_of_last(topics, 2)
    training.train(topics.cursor(), "graph", options=LORA)
    evaluation.evaluate(topics.cursor(), algorithm="graph", options=LORA)
    tuning.tune(
        topics.cursor(),
        "graph",
        config=TuningConfig(trials=1, seed=7),
        holdout=True,
        options={**LORA, "search_steps": 0},
    )
    (trained, joined), (tested, of_test), (tuned, of_tuning) = learned
    assert not trained & {body for body in last if body.startswith("mine")}
    assert trained & before
    for texts, pairs in ((tested, of_test), (tuned, of_tuning)):
        assert not texts & {body for body in last | before if body.startswith("mine")}
        assert not any("new" in item or "newer" in item for pair in pairs for item in pair)
    assert ("i58", "new") in joined
    assert not any("newer" in pair for pair in joined)


def test_cold_items_contribute_no_event(topics, learned):
    evaluation.evaluate(topics.cursor(), algorithm="graph", config=EvaluationConfig(split="cold_items"), options=LORA)
    cold = {item for (item,) in topics.execute("SELECT DISTINCT item_id FROM mmsql.holdout").fetchall()}
    ((_, pairs),) = learned
    assert cold
    assert not any(item in cold for pair in pairs for item in pair)


def test_only_the_latest_unused_adapter_stays(adapted):
    first = encoder_of(adapted, "graph-1")
    for seed in (1, 2):
        evaluation.evaluate(adapted.cursor(), algorithm="graph", config=EvaluationConfig(seed=seed), options=LORA)
    names = [
        name for (name,) in adapted.execute("SELECT encoder || '+lora:' || adapter FROM mmsql.adapters").fetchall()
    ]
    assert first in names
    assert len(names) == 2
    assert set(cached(adapted)) == {"wordllama", *names}


def test_an_adapter_that_is_no_better_is_not_used(topics, monkeypatch, learned):
    monkeypatch.setattr(finetuning, "MAP_STEP_SIZE", 0.0)
    for number in (1, 2):
        result = training.train(topics.cursor(), "graph", options=LORA)
        assert "The text encoder is unchanged: no adapter significantly raises" in result.message
        assert encoder_of(topics, f"graph-{number}") == "wordllama"
    assert topics.execute("SELECT adapter, weights FROM mmsql.adapters").fetchall() == [(None, None)]
    assert len(learned) == 1


def test_too_few_texts(shop, counting_encoder):
    shop.execute("DELETE FROM comments")
    shop.execute("DELETE FROM items WHERE item_id > 'i2'")
    result = training.train(shop.cursor(), "graph", options=LORA)
    assert "there are too few texts to adapt it" in result.message
    assert get_setting(shop, "encoder") == "wordllama"


def test_a_failed_adaptation_leaves_the_deployed_model(topics, monkeypatch):
    training.train(topics.cursor(), "graph", options={"search_steps": 0})
    monkeypatch.setattr(finetuning, "read_pairs", lambda con: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        training.train(topics.cursor(), "graph", options=LORA)
    assert topics.execute("SELECT model, status FROM mmsql.models ORDER BY model").fetchall() == [
        ("graph-1", "ready"),
        ("graph-2", "failed"),
    ]
    assert get_setting(topics, "encoder") == "wordllama"
    assert topics.execute("SELECT count(*) FROM mmsql.adapters").fetchall() == [(0,)]


def test_training_ends_with_the_time_budget(topics, monkeypatch):
    monkeypatch.setattr(encoders, "_loaded", dict(encoders._loaded))
    from mmsql.encoders import contrast

    clock = iter(range(10**6))
    monkeypatch.setattr(contrast, "perf_counter", lambda: float(next(clock)))
    training.train(topics.cursor(), "graph", options={**LORA, "finetune_seconds": 10})
    rounds = topics.execute("SELECT count(*) FROM mmsql.training_log WHERE validation_ndcg > 0").fetchall()
    assert rounds == [(1,)]


@pytest.mark.parametrize("algorithm", ["fusion", "blend"])
def test_the_deep_model_reads_the_adapted_vectors(topics, algorithm):
    options = {**LORA, "epochs": 1, "embedding_size": 8, "layers": 1, "finetune_steps": 50}
    if algorithm == "fusion":
        del options["search_steps"]
    model = training.train(topics.cursor(), algorithm, options=options).model
    assert encoder_of(topics, model).startswith("wordllama+lora:")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"finetune": "full"}, "Unknown finetune 'full'. Allowed: none, lora"),
        ({"finetune": True}, "Unknown finetune True"),
        ({"finetune_rank": 0}, "finetune_rank must be a whole number from 1 to 1024; 0 was given"),
        ({"finetune_seconds": 0}, "finetune_seconds must be a number"),
    ],
)
def test_bad_options(topics, options, message):
    with pytest.raises(OptionError, match=re.escape(message)):
        training.train(topics.cursor(), "graph", options=options)


def test_names_of_adapted_encoders():
    assert adapters.base_name("a/b+lora:0123456789abcdef") == "a/b"
    assert adapters.adapter_hash("a/b+lora:0123456789abcdef") == "0123456789abcdef"
    for name in ("wordllama", "my+lora:short", "my+lora:0123456789ABCDEF"):
        assert adapters.base_name(name) == name
        assert adapters.adapter_hash(name) is None
