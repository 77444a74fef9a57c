"""Configurations refuse what is not allowed, and say what is."""

from __future__ import annotations

import dataclasses
import math
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmsql import config
from mmsql.config import GraphConfig
from mmsql.config.named_weights import named_weights, weights_text
from mmsql.errors import MmsqlError, OptionError, unknown_option

KINDS = [*config.ALGORITHM_CONFIGS.values(), config.EvaluationConfig]


@pytest.mark.parametrize("kind", KINDS)
def test_defaults_are_allowed_and_of_their_type(kind):
    made = kind()
    for spec in dataclasses.fields(kind):
        factory = spec.default_factory
        default = spec.default if factory is dataclasses.MISSING else factory()
        assert type(getattr(made, spec.name)) is type(default)


@pytest.mark.parametrize("kind", KINDS)
def test_every_option_is_described(kind):
    described = {
        name for base in kind.__mro__ for name in re.findall(r"^    (\w+) : ", base.__doc__ or "", re.MULTILINE)
    }
    assert {spec.name for spec in dataclasses.fields(kind)} <= described


@pytest.mark.parametrize(
    ("kind", "spec"),
    [(kind, spec) for kind in KINDS for spec in dataclasses.fields(kind) if "low" in spec.metadata],
    ids=lambda value: getattr(value, "name", getattr(value, "__name__", None)),
)
def test_the_ends_of_a_range_are_allowed_and_what_is_beyond_is_not(kind, spec):
    low, high = spec.metadata["low"], spec.metadata["high"]
    for end, beyond in ((low, math.nextafter(low, -math.inf)), (high, math.nextafter(high, math.inf))):
        assert getattr(kind(**{spec.name: end}), spec.name) == end
        with pytest.raises(OptionError, match=rf"^{spec.name} must be a"):
            kind(**{spec.name: beyond})


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, True, "1", [1], {}, b"1", 1j])
def test_what_is_no_number_is_refused(value):
    with pytest.raises(OptionError, match="decay must be a number from 0 to 1"):
        config.GraphConfig(decay=value)
    with pytest.raises(OptionError, match="epochs must be a whole number from 1 to 100000"):
        config.FusionConfig(epochs=value)


def test_messages_give_the_range_and_the_value():
    with pytest.raises(OptionError) as caught:
        config.GraphConfig(neighbors=1.5)
    assert str(caught.value) == "neighbors must be a whole number from 1 to 10000; 1.5 was given."
    with pytest.raises(OptionError) as caught:
        config.FusionConfig(behavior="lstm")
    assert str(caught.value) == "Unknown behavior 'lstm'. Allowed: transformer, gru, mean."


def test_a_whole_number_may_come_as_a_float():
    assert config.GraphConfig(neighbors=20.0).neighbors == 20
    assert type(config.GraphConfig(neighbors=20.0).neighbors) is int
    assert type(config.GraphConfig(decay=1).decay) is float


def test_configurations_are_frozen_and_keyword_only():
    with pytest.raises(dataclasses.FrozenInstanceError):
        config.GraphConfig().decay = 0.5  # type: ignore[misc]
    with pytest.raises(TypeError):
        config.GraphConfig(1)  # type: ignore[misc]


def test_none_stands_for_the_default():
    made = config.configure(config.GraphConfig, {"decay": None, "seed": 7}, "graph")
    assert made == config.GraphConfig(seed=7)


def test_an_unknown_option_is_answered_with_the_known_ones():
    with pytest.raises(
        OptionError,
        match=r"Unknown option of graph: 'epochs'. Allowed: attribute_kinds, attribute_weight, behavior_weight",
    ):
        config.configure(config.GraphConfig, {"epochs": 3}, "graph")


def test_an_option_that_is_none_need_not_be_known():
    # CALL train(algorithm := 'graph') hands over every option of every algorithm, most of them NULL.
    assert config.configure(config.GraphConfig, {"epochs": None}, "graph") == config.GraphConfig()


def test_option_names_are_in_order_and_different():
    names = config.option_names(config.GraphConfig, config.FusionConfig)
    assert names[:3] == ["seed", "popularity_weight", "history_length"]
    assert len(names) == len(set(names))
    assert {"neighbors", "epochs", "decay"} <= set(names)


def test_an_option_error_is_an_error_of_this_package_and_of_the_value():
    error = unknown_option("split", "x", ("a", "b"), "Type split := 'a'.")
    assert isinstance(error, MmsqlError)
    assert isinstance(error, ValueError)
    assert str(error) == "Unknown split 'x'. Allowed: a, b. Type split := 'a'."


@settings(deadline=None)
@given(st.one_of(st.integers(), st.floats(), st.text(), st.booleans(), st.none()))
def test_any_seed_is_taken_or_refused_with_a_message(value):
    try:
        made = config.configure(config.PopularityConfig, {"seed": value}, "popularity")
    except OptionError as error:
        assert "seed must be a whole number from 0 to" in str(error)  # noqa: PT017
    else:
        assert 0 <= made.seed < 2**31


@pytest.mark.parametrize(
    ("weights", "text"),
    [
        ({"buy": 3, "view": 0.5}, "buy:3,view:0.5"),
        ("buy:3, view :0.50", "buy:3,view:0.5"),
        ({"": 2}, '{"": 2.0}'),
        ({"add,to cart": 2, "页面:浏览": 1, ' "x"': 0}, '{"add,to cart": 2.0, "页面:浏览": 1.0, " \\"x\\"": 0.0}'),
        ('{"a,b": 3}', '{"a,b": 3.0}'),
        ('{"buy": 3}', "buy:3"),
        ("page:view:3", '{"page:view": 3.0}'),
        ({}, ""),
        ("", ""),
    ],
)
def test_weights_of_any_names_survive_as_text(weights, text):
    assert weights_text("event_weights", weights) == text
    assert weights_text("event_weights", text) == text
    assert GraphConfig.of({"event_weights": weights}).event_weights == text
    if isinstance(weights, dict):
        assert named_weights(text) == weights


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ("buy", "event_weights must be of the form buy:3,view:0.5; 'buy' was given."),
        (":2", "event_weights must be of the form buy:3,view:0.5; ':2' was given."),
        ("{buy: 3", "event_weights must be of the form buy:3,view:0.5 or JSON; '{buy: 3' was given."),
        ("{}x", "event_weights must be of the form buy:3,view:0.5 or JSON; '{}x' was given."),
        (5, "event_weights must be values by name; 5 was given. Type event_weights := {'buy': 3, 'view': 0.5}."),
        ({"buy": -1}, "event_weights must be numbers of at least 0; -1 was given for buy."),
        ('{"buy": "x"}', "event_weights must be numbers of at least 0; 'x' was given for buy."),
    ],
)
def test_wrong_weights_are_told(weights, message):
    with pytest.raises(OptionError) as raised:
        weights_text("event_weights", weights)
    assert str(raised.value) == message
