"""The base of all configurations: frozen, keyword-only, checked when made."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass, field
from typing import Any, Self, TypeVar

from mmsql.config.attribute_kinds import kinds_text
from mmsql.errors import OptionError, unknown_option

DEVICES = ("auto", "cpu", "cuda", "mps")

AnyConfig = TypeVar("AnyConfig", bound="Config")


def number(
    default: float,
    low: float = -math.inf,
    high: float = math.inf,
    *,
    tune: tuple[float, float] | None = None,
    log: bool = False,
    step: int = 1,
) -> Any:
    """Declare a numeric option with its allowed range, both bounds included.

    Parameters
    ----------
    default : float
        The default; a whole number makes an option of whole numbers.
    low, high : float
        The allowed range.
    tune : (float, float), optional
        The range that ``tune`` searches: lowest and highest.
    log : bool
        Whether the search is on a logarithmic scale.
    step : int
        Distance of the whole numbers that it tries.
    """
    searched = {} if tune is None else {"tune": tune, "log": log, "step": step}
    return field(default=default, metadata={"low": low, "high": high, **searched})


def choice(default: str, allowed: tuple[str, ...], *, tune: tuple[str, ...] = ()) -> Any:
    """Declare an option with a fixed set of values, of which ``tune`` tries some."""
    return field(default=default, metadata={"allowed": allowed, **({"tune": tune} if tune else {})})


@dataclass(frozen=True, kw_only=True)
class Config:
    """Base of all configurations, which checks every field against its declaration.

    Raises
    ------
    OptionError
        When a value is outside its range, of another type, or not one of the allowed values.
    """

    @classmethod
    def options(cls) -> list[str]:
        """Return the names of the options that a user can set."""
        return [spec.name for spec in dataclasses.fields(cls) if not spec.metadata.get("internal")]

    @classmethod
    def of(cls, given: dict[str, Any]) -> Self:
        """Make a configuration from the options of a user."""
        return cls(**given)

    def __post_init__(self) -> None:
        for spec in dataclasses.fields(self):
            value = getattr(self, spec.name)
            if "allowed" in spec.metadata and value not in spec.metadata["allowed"]:
                raise unknown_option(spec.name, value, spec.metadata["allowed"])
            if "low" in spec.metadata:
                object.__setattr__(self, spec.name, _checked_number(spec, value))


def _checked_number(spec: dataclasses.Field[Any], value: Any) -> float | int:
    low, high, whole = spec.metadata["low"], spec.metadata["high"], isinstance(spec.default, int)
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if not is_number or not low <= value <= high or (whole and value != int(value)):
        kind = "a whole number" if whole else "a number"
        raise OptionError(f"{spec.name} must be {kind}{_range(low, high)}; {value!r} was given.")
    return int(value) if whole else float(value)


def _range(low: float, high: float) -> str:
    if math.isinf(high):
        return f" of at least {low:g}" if not math.isinf(low) else ""
    return f" from {low:g} to {high:g}"


@dataclass(frozen=True, kw_only=True)
class ModelConfig(Config):
    """Options that every algorithm has.

    Attributes
    ----------
    seed : int
        Random seed. Same seed, same data, same machine: same model.
    popularity_weight : float
        Height of the bias, relative to the strongest edge of a typical item.
    history_length : int
        Number of a user's latest items that count in the score.
    attribute_kinds : str
        Kinds of attributes, where the schema that `mmsql check` shows is wrong, such as
        {'sku': 'ignored', 'users.size': 'category'}: number, category, hierarchy, list, boolean, date or ignored.
    fixed : tuple of str
        Options that were given by name, which a search does not change. Not an option itself.
    """

    seed: int = number(42, 0, 2**31 - 1)
    popularity_weight: float = number(0.02, 0, 100, tune=(0.001, 1.0), log=True)
    history_length: int = number(50, 1, 10_000)
    attribute_kinds: str = ""
    fixed: tuple[str, ...] = field(default=(), compare=False, metadata={"internal": True})

    @classmethod
    def of(cls, given: dict[str, Any]) -> Self:
        """Make a configuration from the options of a user, and keep their names."""
        return cls(**given, fixed=tuple(given))

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "attribute_kinds", kinds_text("attribute_kinds", self.attribute_kinds))
        object.__setattr__(self, "fixed", tuple(self.fixed))


def configure(kind: type[AnyConfig], options: dict[str, Any], owner: str) -> AnyConfig:
    """Make a configuration from the options of a user.

    Parameters
    ----------
    kind : type
        The configuration to make.
    options : dict
        Option names and values; ``None`` means the default.
    owner : str
        The owner of the options, for the message.

    Raises
    ------
    OptionError
        When the configuration has no such option, or its value is not allowed.
    """
    names = kind.options()
    given = {name: value for name, value in options.items() if value is not None}
    for name in given:
        if name not in names:
            raise unknown_option(f"option of {owner}:", name, sorted(names))
    return kind.of(given)


def restore(kind: type[AnyConfig], stored: dict[str, Any]) -> AnyConfig:
    """Make a configuration from the fields in a file, which another version may have written.

    Parameters
    ----------
    kind : type
        The configuration to make.
    stored : dict
        The fields; unknown ones are ignored, and missing ones have their defaults.
    """
    names = {spec.name for spec in dataclasses.fields(kind)}
    return kind(**{name: value for name, value in stored.items() if name in names})


def option_names(*kinds: type[Config]) -> list[str]:
    """Return the names of all options of some configurations, in order, each once."""
    return list(dict.fromkeys(name for kind in kinds for name in kind.options()))
