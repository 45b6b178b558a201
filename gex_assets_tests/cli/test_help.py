"""What every command says of itself: examples that can be typed, in the order of work."""

from __future__ import annotations

import shlex

import click
import pytest
from click.testing import CliRunner

from gex_assets.cli.main import gex

COMMANDS = {
    **{(name,): command for name, command in gex.commands.items() if not isinstance(command, click.Group)},
    ("study", "truth"): gex.commands["study"].commands["truth"],  # type: ignore[attr-defined]
}


def help_of(*words: str) -> str:
    return CliRunner().invoke(gex, [*words, "--help"]).output


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_help_has_examples_of_its_own_options(words: tuple[str, ...]) -> None:
    text = help_of(*words)
    examples = [line.strip() for line in text.partition("Examples:")[2].splitlines() if "gex " in line]
    assert examples
    known = {option for parameter in COMMANDS[words].params for option in parameter.opts}
    for example in examples:
        typed = shlex.split(example[example.index("gex ") :].partition("|")[0].partition(">")[0].partition("#")[0])
        assert tuple(typed[1 : 1 + len(words)]) == words, example
        assert {word.partition("=")[0] for word in typed if word.startswith("--")} <= known, example
    assert max(map(len, text.partition("Examples:")[0].splitlines())) <= 80


def test_commands_stand_in_the_order_of_work() -> None:
    listed = [line.split()[0] for line in help_of().partition("Commands:")[2].splitlines() if line.strip()]
    assert listed[:8] == ["demo", "ingest", "sample", "run", "refresh", "history", "status", "lineage"]
    assert listed == list(gex.commands)


@pytest.mark.parametrize("group", [(), ("study",)], ids=str)
def test_no_summary_is_cut(group: tuple[str, ...]) -> None:
    summaries = [line for line in help_of(*group).partition("Commands:")[2].splitlines() if line.strip()]
    assert summaries
    assert not [line for line in summaries if line.endswith("...")]
