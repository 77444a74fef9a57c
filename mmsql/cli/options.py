"""Arguments and options that several commands share."""

from __future__ import annotations

import csv
import dataclasses
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated, Any

import typer

from mmsql.cli.output import Format
from mmsql.config import ALGORITHM_CONFIGS, ModelConfig

Database = Annotated[Path, typer.Argument(metavar="DB", help="The database file.", show_default=False)]
OutputFormat = Annotated[
    Format,
    typer.Option(
        "--format",
        help="Format of the rows on stdout; csv and json keep every digit. csv puts an apostrophe before a "
        "text that a spreadsheet would execute; csv-exact does not.",
    ),
]
ListLength = Annotated[int, typer.Option("--k", "-k", help="Number of items, at least 1.")]
Category = Annotated[
    str | None,
    typer.Option(
        help="Only this category and the categories below it: Kitchen finds Kitchen > Knives.", show_default=False
    ),
]
Brand = Annotated[str | None, typer.Option(help="Only this brand.", show_default=False)]
MinPrice = Annotated[float | None, typer.Option(help="Only from this price.", show_default=False)]
MaxPrice = Annotated[float | None, typer.Option(help="Only up to this price.", show_default=False)]
IncludeUnavailable = Annotated[
    bool, typer.Option("--include-unavailable", help="Include items that are not available.")
]
IncludeSeen = Annotated[bool, typer.Option("--include-seen", help="Include items that the user had before.")]
ExcludeEvents = Annotated[
    str | None,
    typer.Option(
        metavar="EVENT,EVENT,…",
        help="Exclude only items that the user had such an event with, such as buy.",
        show_default=False,
    ),
]
PerCategory = Annotated[int | None, typer.Option(help="Largest number of items of one category.", show_default=False)]
PerBrand = Annotated[int | None, typer.Option(help="Largest number of items of one brand.", show_default=False)]
Candidates = Annotated[
    str | None,
    typer.Option(
        metavar="ITEM,ITEM,…",
        help="Only these items; put an id with a comma in double quotes.",
        show_default=False,
    ),
]
Diversity = Annotated[float, typer.Option(help="From 0, ranking by score alone, to 1, the least similar items.")]
Seed = Annotated[
    int | None,
    typer.Option(help="Random seed: same seed, same data, same answer.", show_default="42"),
]


def _options_help() -> str:
    """Return help on the options of every algorithm, with their defaults."""
    common = {field.name for field in dataclasses.fields(ModelConfig)}
    parts = [
        "An option of the algorithm by name; may be repeated.",
        f"All algorithms have {_listed(ModelConfig, set())}.",
    ]
    for algorithm, config in ALGORITHM_CONFIGS.items():
        if own := _listed(config, common):
            parts.append(f"For {algorithm}: {own}.")
    return " ".join(parts)


def _listed(config: type[ModelConfig], without: set[str]) -> str:
    fields = [field for field in dataclasses.fields(config) if not field.metadata.get("internal")]
    return ", ".join(f"{field.name}={field.default}" for field in fields if field.name not in without)


AlgorithmOptions = Annotated[
    list[str] | None,
    typer.Option("--option", metavar="NAME=VALUE", help=_options_help(), show_default=False),
]


def summary(command: Callable[..., Any]) -> str:
    """Return the first line of a command's help. Typer's lists of commands would truncate it."""
    return str(command.__doc__).partition("\n")[0]


def one_of(allowed: Iterable[str]) -> Callable[[str | None], str | None]:
    """Return a callback that checks an option's value; its error lists the allowed values."""
    choices = tuple(allowed)

    def check(value: str | None) -> str | None:
        if value is not None and value not in choices:
            raise typer.BadParameter(f"{value!r} is not one of {', '.join(choices)}.")
        return value

    return check


def pairs(given: Iterable[str] | None, option: str, form: str) -> dict[str, str]:
    """Split ``name=value`` texts at their last ``=``.

    Parameters
    ----------
    given : iterable of str, optional
        The texts.
    option, form : str
        Name of the option and form of its values, for the message.
    """
    found: dict[str, str] = {}
    for text in given or ():
        name, equals, value = text.rpartition("=")
        if not (name and equals and value):
            raise typer.BadParameter(f"{text!r} is not of the form {form}.", param_hint=option)
        if name in found:
            raise typer.BadParameter(f"{name} is given twice.", param_hint=option)
        found[name] = value
    return found


def algorithm_options(given: Iterable[str] | None, named: dict[str, Any]) -> dict[str, Any]:
    """Merge ``--option name=value`` with the options that have a flag of their own.

    Parameters
    ----------
    given : iterable of str, optional
        The values of ``--option``.
    named : dict
        Options with a flag of their own; None where it was not used.
    """
    options = {name: value for name, value in named.items() if value is not None}
    for name, text in pairs(given, "--option", "NAME=VALUE").items():
        name = name.replace("-", "_")
        if name in options:
            raise typer.BadParameter(f"{name} is given twice.", param_hint="--option")
        options[name] = _number_or_text(text)
    return options


def _number_or_text(text: str) -> int | float | str:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def id_list(text: str | None) -> list[str] | None:
    """Split ids at commas; an id with a comma is in double quotes."""
    if text is None:
        return None
    return [name.strip() for name in next(csv.reader([text], skipinitialspace=True), []) if name.strip()]
