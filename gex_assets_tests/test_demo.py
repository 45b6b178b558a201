"""The demo may use its own lake a second time, and no lake with other files."""

from __future__ import annotations

import shlex
from datetime import date
from pathlib import Path

import pytest

from gex_assets.cli.main import gex
from gex_assets.demo import commands_to_go_on, keep_settings, page_to_open, refuse_foreign_files
from gex_assets.errors import LakeError
from gex_assets.lake.tables import Lake
from gex_assets.settings import load
from gex_assets_tests.conftest import DAY


def test_the_demos_own_lake_may_be_used_again(delivered):
    """The sample also delivers statistics of the day before its first, a day without any truth of its own."""
    assert list(delivered.rglob("*.statistics.dbn.zst"))
    refuse_foreign_files(Lake(delivered), "ES")


def test_files_that_no_sample_made_are_not_mixed_with_made_up_ones(delivered, fresh):
    (truth,) = (fresh / "truth" / "product=ES").iterdir()
    truth.rename(truth.with_name("date=2020-01-02"))
    with pytest.raises(LakeError, match="Expected a lake of its own for the demo"):
        refuse_foreign_files(Lake(fresh), "ES")
    assert Path(delivered, "truth").is_dir()


def test_the_demo_writes_its_settings_into_its_lake_once(tmp_path):
    lake = tmp_path / "lake"
    said = keep_settings(lake)
    assert str(lake / "gex.toml") in said
    found = load(lake=lake)
    assert (found.max_dte, found.expirations) == (100, "all")
    assert found.option_families == ("quarterly", "weekly", "daily", "eom")
    (lake / "gex.toml").write_text("max_dte = 7\n")
    assert "stays" in keep_settings(lake)
    assert load(lake=lake).max_dte == 7
    assert [path.name for path in lake.iterdir()] == ["gex.toml"]


def test_what_to_type_next_is_of_the_demos_lake_and_fits_a_terminal(tmp_path):
    elsewhere = commands_to_go_on(" --lake 'my lake'", lake=Path("my lake"), day=date(2026, 1, 6))
    own = ".venv/bin/gex ingest PATH… --lake DIR"  # real files do not come into a lake of made-up ones
    assert [command for command, _ in elsewhere if "my lake" not in command] == [own]
    at_home = commands_to_go_on("", lake=Path("data"), day=date(2026, 1, 6))
    assert [command for command, _ in at_home if "lake" in command.lower()] == [own]
    assert max(len(text) + 6 for pair in at_home for text in pair) <= 80


@pytest.mark.parametrize("given", ["", " --lake my_lake"])
def test_what_to_type_next_is_understood(given):
    """Each command is known, with its options; nothing is run."""
    for command, _ in commands_to_go_on(given, lake=Path("my_lake"), day=date(2026, 1, 6)):
        program, *words = shlex.split(command.split(".venv/bin/")[1].replace("PATH…", "."))
        if program == "gex":
            name, one, rest = gex.resolve_command(gex.make_context("gex", [words[0]]), words)
            assert one is not None
            one.make_context(name, rest)


def test_the_file_of_the_days_page_is_named(published):
    assert page_to_open(published, product="ES", day=DAY).read_bytes().startswith(b"<!doctype html>")
