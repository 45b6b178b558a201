"""What the commands share: the terminal, the types of their arguments, the options for lake and product."""

from __future__ import annotations

import math
import re
import shlex
import sys
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from contextvars import ContextVar
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
from click.core import ParameterSource
from rich.console import Console

from gex_assets.escaping import visible
from gex_assets.process.garbage import left_lying
from gex_assets.process.terminal import folded, width_of
from gex_assets.settings import Settings, load

__all__ = [
    "Clock",
    "CommandWithExamples",
    "Day",
    "Number",
    "Score",
    "Session",
    "Zone",
    "asked_lake",
    "complain",
    "echo",
    "lake_option",
    "lines_for_people",
    "out",
    "product_option",
    "say",
    "say_if_typed",
    "say_of",
    "shared_instance",
    "time_source",
]

PIPE_WIDTH = 160

_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?", re.ASCII)

# Without a terminal (in a pipe) there is no width to ask for, unless COLUMNS says it. Text from files may hold brackets and
# colons: no markup, no emoji.
_IS_WIDTH_KNOWN = width_of(sys.stdout) is not None
out = Console(highlight=False, markup=False, emoji=False, soft_wrap=True, width=None if _IS_WIDTH_KNOWN else PIPE_WIDTH)


_COMMAND = re.compile(
    r"\bgex (?:brief|heatmap|history|ingest|levels|notices|pages|query|refresh|replay|run|sample|serve|status)\b(?! --lake)"
)
time_source = ContextVar[Callable[[], datetime]]("time_source", default=lambda: datetime.now(UTC))
"""The clock by which a command knows which UTC day is running."""

asked_lake = ContextVar[str]("lake", default="")
"""The option `--lake` as it was typed for the command of this process; empty without one."""


def say(line: str) -> None:
    """Print a line for people, as `lines_for_people` has it."""
    for part in lines_for_people(line, width=out.width if _IS_WIDTH_KNOWN else None):
        out.print(part)


def complain(text: str) -> None:
    """Say what is wrong or to be known next to the answer, on standard error."""
    for part in lines_for_people(f"gex: {text}", width=width_of(sys.stderr)):
        click.echo(part, err=True)


def lines_for_people(line: str, *, width: int | None) -> list[str]:
    """A line as people see it: no wider than the terminal, with words, paths and options whole.

    What could steer the terminal is written as an escape. Commands that are named carry the `--lake` that was given.

    Parameters
    ----------
    width : of the terminal; None where there is none: a pipe has lines of any length.

    Examples
    --------
    >>> lines_for_people("  ok  data/lake is there: gex status says more", width=30)
    ['  ok  data/lake is there: gex', '    status says more']
    """
    said = visible(_COMMAND.sub(lambda found: f"{found[0]}{asked_lake.get()}", line))
    return folded(said, width=width)


def say_of(file: Path) -> Callable[[str], None]:
    """How to speak of a page that was written to a file. Where it went to standard output, words go to standard error."""
    return say if str(file) != "-" else lambda line: click.echo(visible(line), err=True)


def say_if_typed(path: Path | str) -> None:
    """Say that standard input is read, where a person would have to type it: else the command seems to hang."""
    if str(path) == "-" and sys.stdin.isatty():
        click.echo("gex: reading standard input until Ctrl-D", err=True)


def echo(text: str) -> None:
    """Print an answer that a program may read; line breaks in a cell stay."""
    click.echo(visible(text, line_breaks=True))


class CommandWithExamples(click.Command):
    """A command whose help ends with examples.

    Parameters
    ----------
    examples : command lines as they are typed, each with what it does behind a #, where that is not clear.
    is_brief : whether it ends soon, so that most of its time goes into imports: garbage is left lying.
    """

    def __init__(self, *args: Any, examples: Sequence[str] = (), is_brief: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.examples = tuple(examples)
        self.is_brief = is_brief

    def invoke(self, ctx: click.Context) -> Any:
        """Run it."""
        given = ctx.params.get("lake") if ctx.get_parameter_source("lake") == ParameterSource.COMMANDLINE else None
        asked_lake.set("" if given is None else f" --lake {shlex.quote(str(given))}")
        with left_lying() if self.is_brief else nullcontext():
            return super().invoke(ctx)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples as they are: wrapped, they could not be copied."""
        super().format_epilog(ctx, formatter)
        if self.examples:
            with formatter.section("Examples"):
                for example in self.examples:
                    formatter.write(f"{'':>{formatter.current_indent}}{example}\n")


class Day(click.ParamType[date]):
    """A date as YYYY-MM-DD, or `today` or `yesterday` in UTC, as the calendar of partitions."""

    name = "YYYY-MM-DD"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Parse one argument."""
        if isinstance(value, date):
            return value
        today = time_source.get()().date()
        words = {"today": today, "yesterday": today - timedelta(days=1)}
        if str(value).lower() in words:
            return words[str(value).lower()]
        try:
            return date.fromisoformat(value)
        except ValueError:
            self.fail(f"Expected a date as YYYY-MM-DD, today or yesterday, was {value!r}", param, ctx)


class Clock(click.ParamType[str]):
    """A time of day as HH:MM or HH:MM:SS, as it was written."""

    name = "HH:MM"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Check one argument."""
        if _CLOCK.fullmatch(str(value)) is None:
            self.fail(f"Expected HH:MM, was {value}", param, ctx)
        return str(value)


class Session(click.ParamType[tuple[time, time]]):
    """A part of a UTC day as HH:MM-HH:MM."""

    name = "HH:MM-HH:MM"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[time, time]:
        """Parse one argument."""
        try:
            first, last = (datetime.strptime(part, "%H:%M").replace(tzinfo=UTC).time() for part in str(value).split("-"))
        except ValueError:
            self.fail(f"Expected HH:MM-HH:MM in UTC, was {value!r}", param, ctx)
        return first, last


class Zone(click.ParamType[ZoneInfo]):
    """A time zone by its name in the IANA database."""

    name = "ZONE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> ZoneInfo:
        """Parse one argument."""
        if isinstance(value, ZoneInfo):
            return value
        try:
            return ZoneInfo(value)
        except (KeyError, ValueError, OSError):
            self.fail(f"Expected a time zone such as America/New_York or UTC, was {value!r}", param, ctx)


class Number(click.ParamType[float]):
    """A number with a decimal point.

    Parameters
    ----------
    is_share : whether 5% may be written for 0.05.
    least : the least that is taken.
    """

    name = "N"

    def __init__(self, *, is_share: bool = False, least: float = -math.inf) -> None:
        self.is_share, self.least = is_share, least

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Parse one argument."""
        text = str(value).strip()
        is_percent = self.is_share and text.endswith("%")
        try:
            number = float(text.removesuffix("%") if is_percent else text)
        except ValueError:
            such = "0.05 or 5%" if self.is_share else "6012.5"
            self.fail(f"Expected a number such as {such}, was {value!r}", param, ctx)
        number = number / 100.0 if is_percent else number
        if number < self.least:
            self.fail(f"Expected at least {self.least:g}, was {value}", param, ctx)
        return number


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


def shared_instance(settings: Settings) -> bool:
    """Whether runs are kept in the instance that the UI shows: only those in the lake that the UI shows too. Says what is odd."""
    from gex_assets.defs.execution.home import use_home_of

    said = use_home_of(Path.cwd())
    if said is not None:
        complain(said)
    own = load().lake
    if settings.lake.resolve() == own.resolve():
        return True
    say(f"The lake is {settings.lake}, not {own} of the settings: its runs are not kept in the instance that `dg dev` shows.")
    return False


lake_option = click.option("--lake", type=click.Path(path_type=Path), help="Folder of the lake. [default: GEX_LAKE or data]")
product_option = click.option("--product", help="Product, e.g. ES. [default: the settings' first]")
