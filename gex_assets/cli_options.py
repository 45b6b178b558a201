"""What the commands share: the terminal, the types of their arguments, the options for lake and product."""

from __future__ import annotations

import sys
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import click
from rich.console import Console

__all__ = ["Day", "Score", "Session", "lake_option", "out", "product_option"]

PIPE_WIDTH = 160

# Without a terminal (in a pipe) there is no width to ask for.
out = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else PIPE_WIDTH)


class Day(click.ParamType[date]):
    """A date as YYYY-MM-DD."""

    name = "YYYY-MM-DD"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Parse one argument."""
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(value)
        except ValueError:
            self.fail(f"Expected a date as YYYY-MM-DD, was {value!r}", param, ctx)


class Session(click.ParamType[tuple[time, time]]):
    """A part of a UTC day as HH:MM-HH:MM."""

    name = "HH:MM-HH:MM"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[time, time]:
        """Parse one argument."""
        try:
            first, last = (datetime.strptime(part, "%H:%M").time() for part in str(value).split("-"))  # noqa: DTZ007
        except ValueError:
            self.fail(f"Expected HH:MM-HH:MM in UTC, was {value!r}", param, ctx)
        return first, last


class Score(click.ParamType[tuple[str, float]]):
    """A strategy and its score as NAME=VALUE."""

    name = "NAME=VALUE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, float]:
        """Parse one argument."""
        name, _, number = str(value).partition("=")
        try:
            return name.strip(), float(number)
        except ValueError:
            self.fail(f"Expected NAME=VALUE, e.g. Vertical=60, was {value!r}", param, ctx)


lake_option = click.option("--lake", type=click.Path(path_type=Path), help="Folder of the lake. [default: GEX_LAKE or data]")
product_option = click.option("--product", help="Product, e.g. ES. [default: the settings' first]")
